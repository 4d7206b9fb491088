//! A `TestChain` with its doors open, and clients for each: HTTP, gRPC, and ABCI.

use crate::chain::TestChain;
use aliquot::serve::{self, BytesCodec, Config, Doors};
use axum::body::Bytes;
use serde_json::Value;
use std::{io, net::SocketAddr};
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery, request::Value as In, response::Value as Out};
use tokio::runtime::Runtime;
use tonic::{Request, Response, Status, client::Grpc, codec::CompressionEncoding, transport::Channel};

pub struct House {
    pub chain: TestChain,
    pub doors: Doors,
    pub runtime: Runtime,
    pub http: reqwest::Client,
}

/// What an HTTP door answered.
pub struct Heard {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub fn new(chain: TestChain) -> Self {
        Self::with(chain, |_| {})
    }

    /// Every door on a port of its own, set further by `change`.
    pub fn with(chain: TestChain, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.grpc.address = "127.0.0.1:0".into();
        config.api.address = "tcp://127.0.0.1:0".into();
        config.telemetry.address = "127.0.0.1:0".into();
        config.telemetry.enabled = true;
        config.api.enabled_unsafe_cors = true;
        change(&mut config);
        let runtime = serve::runtime().unwrap();
        let doors = runtime.block_on(serve::start(&chain.app, &config)).unwrap();
        House { chain, doors, runtime, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.doors.api.unwrap())
    }

    pub fn send(&self, request: reqwest::RequestBuilder) -> Heard {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Heard { status, headers, text: response.text().await.unwrap() }
        })
    }

    pub fn get(&self, path: &str) -> Heard {
        self.send(self.http.get(self.url(path)))
    }

    pub fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Heard {
        self.send(self.http.post(self.url(path)).header("content-type", "application/json").body(body))
    }

    /// A connection to the gRPC door.
    pub fn channel(&self) -> Channel {
        let _inside = self.runtime.enter();
        channel(self.doors.grpc.unwrap())
    }

    pub fn grpc(
        &self,
        channel: &Channel,
        path: &str,
        raw: Vec<u8>,
        height: u64,
    ) -> Result<Response<Bytes>, Box<Status>> {
        let mut request = Request::new(Bytes::from(raw));
        if height > 0 {
            request.metadata_mut().insert("x-cosmos-block-height", height.into());
        }
        self.runtime.block_on(unary(channel.clone(), path, request)).map_err(Box::new)
    }

    pub fn abci(&self, path: &str, raw: Vec<u8>, height: u64) -> ResponseQuery {
        let query = RequestQuery { data: raw.into(), path: path.into(), height: height as i64, prove: false };
        match self.chain.ask(In::Query(query)) {
            Out::Query(response) => response,
            other => panic!("{other:?}"),
        }
    }
}

pub fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

pub async fn unary(channel: Channel, path: &str, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
    let mut client =
        Grpc::new(channel).accept_compressed(CompressionEncoding::Gzip).max_decoding_message_size(100_000_000);
    client.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
    client.unary(request, path.parse().unwrap(), BytesCodec).await
}

/// Reads from a socket whatever comes until it closes.
pub fn drain(stream: &mut impl io::Read) -> String {
    let mut out = Vec::new();
    let _ = stream.read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}
