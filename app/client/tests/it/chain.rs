//! A small chain behind a real RPC port on loopback: it checks signatures and sequences as a node does, makes blocks,
//! and misbehaves on request. One account, whose first sequence is 0.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use aliquot_client::{Key, any, tx::hash};
use aliquot_proto::cosmos::{
    auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
    base::abci::v1beta1::GasInfo,
    tx::v1beta1::{AuthInfo, Fee, SignDoc, SimulateRequest, SimulateResponse, TxBody, TxRaw},
};
use async_tungstenite::tungstenite;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use cosmrs::bip32::secp256k1::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use futures_util::{SinkExt, StreamExt};
use prost::Message;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

pub const CHAIN_ID: &str = "aliquot-test-1";

#[derive(Default)]
pub struct State {
    pub height: u64,
    /// Events of each block, from height 1.
    pub blocks: Vec<Value>,
    /// Next sequence of the account: as committed, and as CheckTx sees it.
    pub committed: u64,
    pub pending: u64,
    mempool: Vec<(String, u64, Vec<u8>)>,
    cache: BTreeSet<String>,
    /// Results of `tx` by hash, and who used a sequence.
    txs: BTreeMap<String, Value>,
    by_sequence: BTreeMap<u64, String>,
    /// Memos in the order in which their transactions took effect.
    pub executed: Vec<String>,
    /// This many of the next accepted transactions are dropped from the mempool afterwards, with the cache.
    pub drop_next: usize,
    /// This many of the next blocks also hold a transaction of another program with the same key.
    pub intrude_next: usize,
    /// The lowest height whose results are still held.
    pub lowest: u64,
    pub requests: BTreeMap<String, usize>,
    /// Of every transaction that came to CheckTx.
    pub fees: Vec<Fee>,
}

pub struct Chain {
    pub url: String,
    pub state: Arc<Mutex<State>>,
    heights: watch::Sender<u64>,
    address: std::net::SocketAddr,
    server: Mutex<Option<AbortHandle>>,
    key: Key,
}

impl Chain {
    pub async fn start(key: &Key) -> Arc<Chain> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heights, _) = watch::channel(0);
        let chain = Arc::new(Chain {
            url: format!("http://{address}"),
            state: Arc::default(),
            heights,
            address,
            server: Mutex::default(),
            key: key.clone(),
        });
        chain.state().lowest = 1;
        chain.serve(listener);
        chain
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(self: &Arc<Self>, listener: TcpListener) {
        let chain = self.clone();
        let task = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let chain = chain.clone();
                connections.spawn(async move { chain.connection(stream).await });
            }
        });
        *self.server.lock().unwrap() = Some(task.abort_handle());
    }

    /// Breaks every connection and answers none for a while.
    pub async fn restart(self: &Arc<Self>, away: Duration) {
        self.server.lock().unwrap().take().unwrap().abort();
        sleep(away).await;
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        };
        self.serve(listener);
    }

    /// Makes a block every `every` until the handle is dropped by the end of the test's runtime.
    pub fn produce(self: &Arc<Self>, every: Duration) {
        let chain = self.clone();
        tokio::spawn(async move {
            loop {
                sleep(every).await;
                chain.block(json!([]));
            }
        });
    }

    /// Makes one block with what is in the mempool and these events of its own.
    pub fn block(&self, events: Value) {
        let mut state = self.state();
        state.height += 1;
        let height = state.height;
        if state.intrude_next > 0 {
            state.intrude_next -= 1;
            let sequence = state.committed;
            state.by_sequence.insert(sequence, "00".repeat(32));
            state.committed += 1;
        }
        let mut results = Vec::new();
        for (hash, sequence, bytes) in std::mem::take(&mut state.mempool) {
            if sequence != state.committed {
                state.cache.remove(&hash);
                continue;
            }
            state.committed += 1;
            let raw = TxRaw::decode(&bytes[..]).unwrap();
            let memo = TxBody::decode(&raw.body_bytes[..]).unwrap().memo;
            let fails = memo == "fails";
            let event = json!({ "type": "tx", "attributes": [{ "key": "memo", "value": memo, "index": true }] });
            let result = json!({
                "code": if fails { 5 } else { 0 }, "codespace": if fails { "bank" } else { "" },
                "data": BASE64.encode(memo.as_bytes()), "log": if fails { "insufficient funds" } else { "" }, "info": "",
                "gas_wanted": "100", "gas_used": "60", "events": [event],
            });
            let index = results.len();
            results.push(result.clone());
            state.executed.push(memo);
            state.by_sequence.insert(sequence, hash.clone());
            let tx = json!({ "hash": hash, "height": height.to_string(), "index": index, "tx_result": result, "tx": BASE64.encode(&bytes) });
            state.txs.insert(hash, tx);
        }
        state.pending = state.committed;
        state.blocks.push(json!({
            "height": height.to_string(), "txs_results": results, "finalize_block_events": events,
            "validator_updates": null, "consensus_param_updates": null, "app_hash": "",
        }));
        drop(state);
        let _ = self.heights.send(height);
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let mut head = [0; 3];
        if stream.peek(&mut head).await.is_ok() && &head == b"GET" {
            let _ = self.websocket(stream).await;
        } else {
            let _ = self.http(stream).await;
        }
    }

    async fn http(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                let line = line.to_ascii_lowercase();
                if let Some(n) = line.strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let request: Value = serde_json::from_slice(&body).unwrap();
            let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
            match self.answer(request["method"].as_str().unwrap(), &request["params"]) {
                Ok(result) => answer["result"] = result,
                Err(data) => answer["error"] = json!({ "code": -32603, "message": "Internal error", "data": data }),
            }
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            stream.write_all((head + &answer).as_bytes()).await?;
        }
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, String> {
        let mut state = self.state();
        *state.requests.entry(method.into()).or_default() += 1;
        match method {
            "status" => Ok(status(state.height)),
            "abci_info" => Ok(json!({ "response": { "data": "", "version": "", "app_version": "1",
                "last_block_height": state.height.to_string(), "last_block_app_hash": "" } })),
            "abci_query" => Ok(json!({ "response": self.query(&state, params) })),
            "broadcast_tx_sync" => self.check_tx(&mut state, params),
            "tx" => {
                let bytes = BASE64.decode(params["hash"].as_str().unwrap()).unwrap();
                let hash = hex::encode_upper(bytes);
                state.txs.get(&hash).cloned().ok_or_else(|| format!("tx ({hash}) not found"))
            }
            "tx_search" => {
                let query = params["query"].as_str().unwrap();
                let sequence = query.trim_end_matches('\'').rsplit('/').next().unwrap().parse().unwrap();
                let used = state.by_sequence.get(&sequence);
                let txs: Vec<Value> = used
                    .map(|hash| match state.txs.get(hash) {
                        Some(tx) => tx.clone(),
                        None => json!({ "hash": hash, "height": "1", "index": 0, "tx_result": {}, "tx": "" }),
                    })
                    .into_iter()
                    .collect();
                Ok(json!({ "total_count": txs.len().to_string(), "txs": txs }))
            }
            "block_results" => {
                let height: u64 = params["height"].as_str().unwrap().parse().unwrap();
                if height < state.lowest {
                    return Err(format!("height {height} is not available, lowest height is {}", state.lowest));
                }
                state
                    .blocks
                    .get(height as usize - 1)
                    .cloned()
                    .ok_or_else(|| format!("could not find results for height #{height}"))
            }
            other => Err(format!("no method {other}")),
        }
    }

    fn query(&self, state: &State, params: &Value) -> Value {
        let data = hex::decode(params["data"].as_str().unwrap()).unwrap();
        let (code, log, value) = match params["path"].as_str().unwrap() {
            "/cosmos.auth.v1beta1.Query/Account" => {
                let address = QueryAccountRequest::decode(&data[..]).unwrap().address;
                let account = BaseAccount {
                    address: address.clone(),
                    pub_key: None,
                    account_number: 7,
                    sequence: state.committed,
                };
                let found = QueryAccountResponse { account: Some(any(&account)) };
                match address == self.key.address() {
                    true => (0, String::new(), found.encode_to_vec()),
                    false => (
                        22,
                        format!("rpc error: code = NotFound desc = account {address} not found: key not found"),
                        vec![],
                    ),
                }
            }
            "/cosmos.tx.v1beta1.Service/Simulate" => {
                let tx = SimulateRequest::decode(&data[..]).unwrap().tx_bytes;
                let raw = TxRaw::decode(&tx[..]).unwrap();
                assert_eq!(raw.signatures, [Vec::<u8>::new()]);
                let memo = TxBody::decode(&raw.body_bytes[..]).unwrap().memo;
                let gas_info = Some(GasInfo { gas_wanted: 0, gas_used: 1001 });
                match memo == "would fail" {
                    true => (5, "insufficient funds".into(), vec![]),
                    false => (0, String::new(), SimulateResponse { gas_info, result: None }.encode_to_vec()),
                }
            }
            path => (6, format!("unknown query path {path}"), vec![]),
        };
        json!({ "code": code, "codespace": if code == 0 { "" } else { "sdk" }, "log": log, "info": "", "index": "0",
            "key": null, "value": BASE64.encode(value), "proofOps": null, "height": state.height.to_string() })
    }

    fn check_tx(&self, state: &mut State, params: &Value) -> Result<Value, String> {
        let bytes = BASE64.decode(params["tx"].as_str().unwrap()).unwrap();
        let hash = hash(&bytes);
        if state.cache.contains(&hash) {
            return Err("tx already exists in cache".into());
        }
        let raw = TxRaw::decode(&bytes[..]).unwrap();
        let auth = AuthInfo::decode(&raw.auth_info_bytes[..]).unwrap();
        let sequence = auth.signer_infos[0].sequence;
        state.fees.extend(auth.fee);
        let answer = |code: u32, log: String| {
            Ok(
                json!({ "code": code, "codespace": if code == 0 { "" } else { "sdk" }, "data": "", "log": log, "hash": hash }),
            )
        };
        if sequence != state.pending {
            let log = format!(
                "account sequence mismatch, expected {}, got {sequence}: incorrect account sequence",
                state.pending
            );
            return answer(32, log);
        }
        let doc = SignDoc {
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
            chain_id: CHAIN_ID.into(),
            account_number: 7,
        };
        let verifying = VerifyingKey::from_sec1_bytes(&self.key.public_key()).unwrap();
        if verifying.verify(&doc.encode_to_vec(), &Signature::from_slice(&raw.signatures[0]).unwrap()).is_err() {
            return answer(4, "signature verification failed".into());
        }
        if state.drop_next > 0 {
            state.drop_next -= 1;
            state.pending = state.committed;
            state.mempool.iter().map(|(hash, ..)| hash.clone()).collect::<Vec<_>>().iter().for_each(|h| {
                state.cache.remove(h);
            });
            state.mempool.clear();
        } else {
            state.pending += 1;
            state.cache.insert(hash.clone());
            state.mempool.push((hash.clone(), sequence, bytes));
        }
        answer(0, String::new())
    }

    async fn websocket(&self, stream: TcpStream) -> Result<(), tungstenite::Error> {
        let mut socket = async_tungstenite::tokio::accept_async(stream).await?;
        let Some(Ok(tungstenite::Message::Text(text))) = socket.next().await else {
            return Ok(());
        };
        let request: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(request["method"], "subscribe");
        let mut heights = self.heights.subscribe();
        let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": {} });
        socket.send(tungstenite::Message::Text(answer.to_string())).await?;
        *self.state().requests.entry("subscribe".into()).or_default() += 1;
        while heights.changed().await.is_ok() {
            let parts = json!({ "total": 0, "hash": "" });
            let value =
                json!({ "block": null, "block_id": { "hash": "", "parts": parts }, "result_finalize_block": null });
            let event = json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "query": request["params"]["query"],
                "data": { "type": "tendermint/event/NewBlock", "value": value }, "events": {} } });
            socket.send(tungstenite::Message::Text(event.to_string())).await?;
        }
        Ok(())
    }
}

fn status(height: u64) -> Value {
    let hash = "AB".repeat(32);
    let time = "2026-01-01T00:00:00Z";
    json!({
        "node_info": {
            "protocol_version": { "p2p": "8", "block": "11", "app": "1" },
            "id": "cf4a66aa29e5123abfdfbdf485da6788bb8e46d1", "listen_addr": "tcp://0.0.0.0:26656", "network": CHAIN_ID,
            "version": "0.38.26", "channels": "40202122233038606100", "moniker": "test",
            "other": { "tx_index": "on", "rpc_address": "tcp://0.0.0.0:26657" },
        },
        "sync_info": {
            "latest_block_hash": hash, "latest_app_hash": "", "latest_block_height": height.to_string(), "latest_block_time": time,
            "earliest_block_hash": hash, "earliest_app_hash": "", "earliest_block_height": "1", "earliest_block_time": time,
            "catching_up": false,
        },
        "validator_info": {
            "address": "2DD9F44FD9067555C322243C3C913BA7B51D2BE0", "voting_power": "10",
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": "bNNlGls5R25wC3Sd8720F/3+7IZBhXcD22MNFtPk/v0=" },
        },
    })
}
