//! A node whose state the test writes, so that a lease can be held in each of its states for as long as containers
//! need. It keeps what it is sent, and checks nothing of it: the real chain is in `localnet`.

use std::sync::{Arc, Mutex, MutexGuard};

use aliquot_client::{Client, GasPrice};
use aliquot_proto::{
    Any,
    compute::v1 as compute,
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
        tx::v1beta1::{TxBody, TxRaw},
    },
    deployment::v1 as deployment,
    market::v1 as market,
    prost::{Message, Name},
    provider::v1 as provider,
};
use aliquot_runner::chain::Chain;
use axum::{Json, Router, extract::State, routing::post};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Default)]
pub struct Ledger {
    pub height: u64,
    pub leases: Vec<market::Lease>,
    pub orders: Vec<market::Order>,
    pub bids: Vec<market::Bid>,
    /// Every message of every transaction.
    pub sent: Vec<Any>,
}

#[derive(Clone, Default)]
pub struct Node {
    ledger: Arc<Mutex<Ledger>>,
}

impl Node {
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Starts it; gives a connection of the provider whose key is `n`.
    pub async fn start(&self, n: u8) -> Chain {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = crate::tokens_are_checked::key(n);
        Chain::new(Client::new(&url).unwrap(), key, "", GasPrice::default())
    }

    pub fn set_state(&self, state: market::LeaseState) {
        for lease in &mut self.ledger().leases {
            lease.state = state.into();
        }
    }

    /// The messages of a kind that were sent.
    pub fn sent<M: Message + Name + Default>(&self) -> Vec<M> {
        let url = format!("/{}", M::full_name());
        let ledger = self.ledger();
        let own = ledger.sent.iter().filter(|any| any.type_url == url);
        own.map(|any| M::decode(any.value.as_slice()).unwrap()).collect()
    }

    fn query(&self, path: &str, data: &[u8]) -> Result<Vec<u8>, u32> {
        let ledger = self.ledger();
        let bytes = match path {
            "/aliquot.market.v1.Query/Lease" => {
                let id = market::QueryLeaseRequest::decode(data).unwrap().id;
                let lease = ledger.leases.iter().find(|lease| lease.id == id).cloned().ok_or(13_u32)?;
                market::QueryLeaseResponse { lease: Some(lease) }.encode_to_vec()
            }
            "/aliquot.market.v1.Query/Leases" => {
                let state = market::QueryLeasesRequest::decode(data).unwrap().filters.unwrap().state;
                let leases = ledger.leases.iter().filter(|lease| lease.state == state).cloned().collect();
                market::QueryLeasesResponse { leases, pagination: None }.encode_to_vec()
            }
            "/aliquot.market.v1.Query/Bids" => {
                market::QueryBidsResponse { bids: ledger.bids.clone(), pagination: None }.encode_to_vec()
            }
            "/aliquot.market.v1.Query/Order" => {
                let id = market::QueryOrderRequest::decode(data).unwrap().id;
                let order = ledger.orders.iter().find(|order| order.id == id).cloned().ok_or(2_u32)?;
                market::QueryOrderResponse { order: Some(order) }.encode_to_vec()
            }
            "/aliquot.provider.v1.Query/Provider" => {
                provider::QueryProviderResponse { provider: Some(Default::default()) }.encode_to_vec()
            }
            "/aliquot.market.v1.Query/Params" => {
                let params = market::Params { max_reclamation_blocks: 5_000, ..Default::default() };
                market::QueryParamsResponse { params: Some(params) }.encode_to_vec()
            }
            "/aliquot.compute.v1.Query/Params" => {
                let params = compute::Params { service_lock_blocks: 100, ..Default::default() };
                compute::QueryParamsResponse { params: Some(params) }.encode_to_vec()
            }
            "/aliquot.provider.v1.Query/Params" => {
                let params = provider::Params { heartbeat_blocks: 20, ..Default::default() };
                provider::QueryParamsResponse { params: Some(params) }.encode_to_vec()
            }
            "/aliquot.deployment.v1.Query/Params" => {
                let params = deployment::Params { block_ms: 2_000, ..Default::default() };
                deployment::QueryParamsResponse { params: Some(params) }.encode_to_vec()
            }
            "/cosmos.auth.v1beta1.Query/Account" => {
                let address = QueryAccountRequest::decode(data).unwrap().address;
                let account = BaseAccount { address, ..Default::default() };
                let url = format!("/{}", BaseAccount::full_name());
                let account = Some(Any { type_url: url, value: account.encode_to_vec() });
                QueryAccountResponse { account }.encode_to_vec()
            }
            other => panic!("{other} is not in the script"),
        };
        Ok(bytes)
    }

    fn take(&self, tx: &[u8]) {
        let raw = TxRaw::decode(tx).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        self.ledger().sent.extend(body.messages);
    }
}

async fn answer(State(node): State<Node>, Json(asked): Json<Value>) -> Json<Value> {
    let params = &asked["params"];
    let height = node.ledger().height.to_string();
    let result = match asked["method"].as_str().unwrap() {
        "abci_query" => {
            let data = hex::decode(params["data"].as_str().unwrap()).unwrap();
            let (code, value) = match node.query(params["path"].as_str().unwrap(), &data) {
                Ok(bytes) => (0, bytes),
                Err(code) => (code, Vec::new()),
            };
            json!({ "response": { "code": code, "codespace": "market", "log": "", "info": "", "index": "0",
                "key": null, "value": STANDARD.encode(value), "proofOps": null, "height": height } })
        }
        "abci_info" => json!({ "response": { "data": "aliquot", "version": "1", "app_version": "1",
            "last_block_height": height, "last_block_app_hash": "" } }),
        "broadcast_tx_sync" => {
            let tx = STANDARD.decode(params["tx"].as_str().unwrap()).unwrap();
            node.take(&tx);
            let hash = hex::encode_upper(Sha256::digest(&tx));
            json!({ "code": 0, "data": "", "log": "", "codespace": "", "hash": hash })
        }
        "tx" => {
            let hash = params["hash"].as_str().map(|text| STANDARD.decode(text).unwrap()).unwrap_or_default();
            json!({ "hash": hex::encode_upper(hash), "height": height, "index": 0, "tx": "", "tx_result":
                { "code": 0, "data": "", "log": "", "info": "", "gas_wanted": "0", "gas_used": "0", "events": [],
                "codespace": "" } })
        }
        "status" => status(&height),
        other => panic!("{other} is not in the script"),
    };
    Json(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }))
}

fn status(height: &str) -> Value {
    let (hash, time) = ("0".repeat(64), "2026-01-01T00:00:00Z");
    json!({
        "node_info": {
            "protocol_version": { "p2p": "8", "block": "11", "app": "1" },
            "id": "0".repeat(40), "listen_addr": "tcp://0.0.0.0:26656", "network": "aliquot-test-1",
            "version": "0.38.26", "channels": "4020", "moniker": "scripted",
            "other": { "tx_index": "on", "rpc_address": "tcp://0.0.0.0:26657" }
        },
        "sync_info": {
            "latest_block_hash": hash, "latest_app_hash": "", "latest_block_height": height,
            "latest_block_time": time, "earliest_block_hash": hash, "earliest_app_hash": "",
            "earliest_block_height": "1", "earliest_block_time": time, "catching_up": false
        },
        "validator_info": {
            "address": "0".repeat(40), "voting_power": "10",
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" }
        }
    })
}
