//! Clients on connections that stay open, who ask as fast as they are answered or at a rate.

use crate::doors::Addresses;
use aliquot::serve::BytesCodec;
use aliquot_proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use prost::{Message, bytes::Bytes};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    task::JoinHandle,
    time::{interval, sleep},
};
use tonic::{Request, client::Grpc, transport::Channel};

/// Who ask at the same time.
const CLIENTS: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Grpc,
    Rest,
}

impl Door {
    pub fn name(self) -> &'static str {
        match self {
            Door::Grpc => "gRPC",
            Door::Rest => "REST",
        }
    }
}

/// One client on one connection, with what it asks in turn.
pub enum Client {
    Grpc(Channel, Arc<Vec<Bytes>>),
    Rest(reqwest::Client, Arc<Vec<reqwest::Url>>),
}

impl Client {
    pub fn connect(door: Door, at: Addresses, accounts: &[String]) -> Self {
        let denom = "ualq".to_string();
        match door {
            Door::Grpc => {
                let request = |address: &String| QueryBalanceRequest { address: address.clone(), denom: denom.clone() };
                let requests = accounts.iter().map(|address| request(address).encode_to_vec().into());
                Client::Grpc(channel(at), Arc::new(requests.collect()))
            }
            Door::Rest => {
                let url = |address: &String| {
                    format!("http://{}/cosmos/bank/v1beta1/balances/{address}/by_denom?denom={denom}", at.rest)
                };
                let urls = accounts.iter().map(|address| url(address).parse().unwrap());
                Client::Rest(http(), Arc::new(urls.collect()))
            }
        }
    }

    /// Asks for the balance of one account; gives the answer as it came.
    pub async fn ask(&self, turn: usize) -> Bytes {
        match self {
            Client::Grpc(channel, requests) => {
                let request = requests[turn % requests.len()].clone();
                unary(channel.clone(), "/cosmos.bank.v1beta1.Query/Balance", request).await
            }
            Client::Rest(http, urls) => get(http, urls[turn % urls.len()].clone()).await,
        }
    }
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub fn channel(at: Addresses) -> Channel {
    Channel::from_shared(format!("http://{}", at.grpc)).unwrap().tcp_nodelay(true).connect_lazy()
}

pub async fn unary(channel: Channel, path: &'static str, request: Bytes) -> Bytes {
    let mut client = Grpc::new(channel).max_decoding_message_size(100_000_000);
    client.ready().await.unwrap();
    let path = axum::http::uri::PathAndQuery::from_static(path);
    client.unary(Request::new(request), path, BytesCodec).await.unwrap().into_inner()
}

pub async fn get(http: &reqwest::Client, url: reqwest::Url) -> Bytes {
    let answer = http.get(url).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.bytes().await.unwrap()
}

/// Whether an answer is a balance that somebody holds.
pub fn is_balance(door: Door, answer: &[u8]) -> bool {
    let amount = match door {
        Door::Grpc => QueryBalanceResponse::decode(answer).unwrap().balance.unwrap().amount,
        Door::Rest => {
            serde_json::from_slice::<serde_json::Value>(answer).unwrap()["balance"]["amount"].as_str().unwrap().into()
        }
    };
    amount.parse::<u128>().unwrap() > 0
}

/// What clients saw.
pub struct Seen {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    begun: Instant,
    tasks: Vec<JoinHandle<Vec<Duration>>>,
}

impl Load {
    /// All clients begin: as fast as they can, or `rate` queries a second together.
    pub fn start(clients: &Runtime, door: Door, at: Addresses, accounts: &[String], rate: Option<f64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let spread = accounts.len() / CLIENTS;
        let start = |number: usize| {
            let _inside = clients.enter();
            let client = Client::connect(door, at, accounts);
            let stop = stop.clone();
            clients.spawn(async move {
                let mut took = Vec::new();
                let mut ticks = rate.map(|rate| interval(Duration::from_secs_f64(CLIENTS as f64 / rate)));
                // Not all at the same moment.
                if let Some(rate) = rate {
                    sleep(Duration::from_secs_f64(number as f64 / rate)).await;
                }
                for turn in number * spread.. {
                    if stop.load(Relaxed) {
                        break;
                    }
                    if let Some(ticks) = &mut ticks {
                        ticks.tick().await;
                    }
                    let begun = Instant::now();
                    client.ask(turn).await;
                    took.push(begun.elapsed());
                }
                took
            })
        };
        let tasks = (0..CLIENTS).map(start).collect();
        Load { stop, begun: Instant::now(), tasks }
    }

    pub fn stop(self, clients: &Runtime) -> Seen {
        self.stop.store(true, Relaxed);
        let seconds = self.begun.elapsed().as_secs_f64();
        let mut took: Vec<Duration> = self.tasks.into_iter().flat_map(|task| clients.block_on(task).unwrap()).collect();
        took.sort();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        Seen { per_second: took.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) }
    }
}
