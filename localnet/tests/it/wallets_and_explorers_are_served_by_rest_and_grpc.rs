//! REST and gRPC on a real network: what only CometBFT knows, and sending transactions.

use crate::MACHINE;
use aliquot_client::{TxBuilder, tx::SignerData};
use aliquot_localnet::{Net, Options, address};
use aliquot_proto::cosmos::{
    bank::v1beta1::MsgSend,
    base::tendermint::v1beta1::{GetNodeInfoRequest, GetNodeInfoResponse},
    tx::v1beta1::{BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use prost::{
    Message,
    bytes::{Buf, BufMut, Bytes},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tonic::{
    Request, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

struct Rest(reqwest::Client, String);

impl Rest {
    async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.0.get(format!("{}{path}", self.1)).send().await.unwrap();
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}")))
    }

    async fn ok(&self, path: &str) -> Value {
        let (status, json) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    async fn broadcast(&self, raw: &[u8]) -> Value {
        let body = json!({ "tx_bytes": BASE64.encode(raw), "mode": "BROADCAST_MODE_SYNC" }).to_string();
        let sent = self.0.post(format!("{}/cosmos/tx/v1beta1/txs", self.1)).header("content-type", "application/json");
        let response = sent.body(body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap()["tx_response"].take()
    }

    /// The answer to a path, asked until it is 200.
    async fn wait(&self, path: &str) -> Value {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match self.get(path).await {
                (200, json) => return json,
                (404, _) if Instant::now() < end => sleep(Duration::from_millis(300)).await,
                (status, json) => panic!("{path}: {status}: {json}"),
            }
        }
    }
}

async fn grpc<Q: Message, R: Message + Default>(
    channel: &Channel,
    path: &'static str,
    request: &Q,
) -> Result<R, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
    let request = Request::new(Bytes::from(request.encode_to_vec()));
    let answer = client.unary(request, tonic::codegen::http::uri::PathAndQuery::from_static(path), Plain).await?;
    Ok(R::decode(answer.into_inner()).unwrap())
}

fn send(net: &Net, amount: &str, number: u64, sequence: u64) -> Vec<u8> {
    let msg = MsgSend {
        from_address: address("tenant").unwrap(),
        to_address: address("provider").unwrap(),
        amount: vec![aliquot_proto::Coin { denom: "ualq".into(), amount: amount.into() }],
    };
    let fee = aliquot_proto::Coin { denom: "ualq".into(), amount: "5000".into() };
    let signer = SignerData { chain_id: net.chain_id.clone(), account_number: number, sequence };
    TxBuilder::new().msg(&msg).gas_limit(300_000).fee(fee).sign(&net.key("tenant").unwrap(), &signer).bytes
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // one network, asked everything
async fn wallets_and_explorers_are_served_by_rest_and_grpc() {
    let _turn = MACHINE.read().await;
    let mut net = Net::start(1, Options::default()).await.unwrap();
    let rest = Rest(reqwest::Client::builder().no_proxy().build().unwrap(), net.nodes[0].api_url());
    let channel = Channel::from_shared(net.nodes[0].grpc_url()).unwrap().connect_lazy();
    let tenant = address("tenant").unwrap();

    // The node, as wallets check it and explorers choose their dialect by it.
    let info = rest.ok("/cosmos/base/tendermint/v1beta1/node_info").await;
    assert_eq!(info["default_node_info"]["network"], net.chain_id);
    assert!(info["default_node_info"]["version"].as_str().unwrap().starts_with("0.38."));
    assert_eq!(info["default_node_info"]["other"]["tx_index"], "on");
    assert!(info["application_version"]["cosmos_sdk_version"].as_str().unwrap().starts_with("v0.50."));
    let same: GetNodeInfoResponse =
        grpc(&channel, "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo", &GetNodeInfoRequest {}).await.unwrap();
    let deps = same.application_version.unwrap().build_deps;
    assert!(deps.iter().any(|m| m.path == "github.com/cometbft/cometbft" && m.version.starts_with("v0.38.")));
    assert_eq!(rest.ok("/cosmos/base/tendermint/v1beta1/syncing").await["syncing"], false);
    let config = rest.ok("/cosmos/base/node/v1beta1/config").await;
    assert_eq!(config["minimum_gas_price"], "0.001000ualq");

    // One transaction by REST, the next by gRPC.
    let account = rest.ok(&format!("/cosmos/auth/v1beta1/accounts/{tenant}")).await;
    let number: u64 = account["account"]["account_number"].as_str().unwrap().parse().unwrap();
    let by_rest = rest.broadcast(&send(&net, "11", number, 0)).await;
    assert_eq!(
        (&by_rest["code"], &by_rest["height"], &by_rest["tx"]),
        (&json!(0), &json!("0"), &json!(null)),
        "{by_rest}"
    );
    let hash = by_rest["txhash"].as_str().unwrap();
    let found = rest.wait(&format!("/cosmos/tx/v1beta1/txs/{hash}")).await;
    let response = &found["tx_response"];
    assert_eq!((&response["txhash"], &response["code"]), (&json!(hash), &json!(0)), "{found}");
    assert_eq!(found["tx"]["body"]["messages"][0]["amount"], json!([{"denom": "ualq", "amount": "11"}]));
    assert_eq!(response["tx"]["@type"], "/cosmos.tx.v1beta1.Tx");
    assert!(response["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(!response["data"].as_str().unwrap().is_empty());
    let kinds: Vec<&str> = response["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert!(["tx", "message", "transfer", "coin_spent"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");

    let request = BroadcastTxRequest { tx_bytes: send(&net, "12", number, 1), mode: BroadcastMode::Sync as i32 };
    let sent: BroadcastTxResponse = grpc(&channel, "/cosmos.tx.v1beta1.Service/BroadcastTx", &request).await.unwrap();
    let by_grpc = sent.tx_response.unwrap();
    assert_eq!(by_grpc.code, 0, "{}", by_grpc.raw_log);
    rest.wait(&format!("/cosmos/tx/v1beta1/txs/{}", by_grpc.txhash)).await;
    let request = GetTxRequest { hash: by_grpc.txhash.to_lowercase() };
    let found: GetTxResponse = grpc(&channel, "/cosmos.tx.v1beta1.Service/GetTx", &request).await.unwrap();
    assert_eq!(found.tx_response.unwrap().txhash, by_grpc.txhash);

    // The mempool's refusals are answers: what it has seen, and what CheckTx says no to.
    let again = rest.broadcast(&send(&net, "12", number, 1)).await;
    assert_eq!((&again["code"], &again["codespace"]), (&json!(19), &json!("sdk")), "{again}");
    let wrong = rest.broadcast(&send(&net, "13", number, 9)).await;
    assert_eq!(wrong["code"], 32, "{wrong}");
    assert!(wrong["raw_log"].as_str().unwrap().starts_with("account sequence mismatch, expected 2, got 9"), "{wrong}");
    let (status, missing) = rest.get(&format!("/cosmos/tx/v1beta1/txs/{}", "0".repeat(64))).await;
    assert_eq!((status, &missing["code"]), (404, &json!(5)), "{missing}");

    // Searches in both dialects, newest first and page by page.
    let condition = format!("message.sender%3D%27{tenant}%27");
    for dialect in ["query", "events"] {
        let path = format!(
            "/cosmos/tx/v1beta1/txs?order_by=2&{dialect}={condition}&order_by=ORDER_BY_DESC&pagination.limit=20"
        );
        let found = rest.ok(&path).await;
        assert_eq!(found["total"], "2", "{found}");
        assert_eq!(found["tx_responses"][0]["txhash"], by_grpc.txhash);
        assert_eq!((found["txs"].as_array().unwrap().len(), found["tx_responses"].as_array().unwrap().len()), (2, 2));
    }
    let second = rest.ok(&format!("/cosmos/tx/v1beta1/txs?query={condition}&page=2&limit=1")).await;
    assert_eq!(second["tx_responses"][0]["txhash"], by_grpc.txhash);
    let beyond = rest.ok(&format!("/cosmos/tx/v1beta1/txs?query={condition}&page=9&limit=1")).await;
    assert_eq!((&beyond["txs"], &beyond["total"]), (&json!([]), &json!("2")));
    let both = rest.ok(&format!("/cosmos/tx/v1beta1/txs?events={condition}&events=tx.height%3C1")).await;
    assert_eq!(both["total"], "0");
    for bad in ["query=", "query=this%20is%20no%20query"] {
        let (status, error) = rest.get(&format!("/cosmos/tx/v1beta1/txs?{bad}")).await;
        assert_eq!((status, &error["code"]), (400, &json!(3)), "{bad}: {error}");
    }

    // Blocks and validators.
    let height = response["height"].as_str().unwrap();
    let block = rest.ok(&format!("/cosmos/base/tendermint/v1beta1/blocks/{height}")).await;
    assert_eq!(
        (&block["block"]["header"]["height"], &block["sdk_block"]["header"]["chain_id"]),
        (&json!(height), &json!(net.chain_id))
    );
    assert!(block["sdk_block"]["header"]["proposer_address"].as_str().unwrap().starts_with("aliquotvalcons1"));
    let txs = rest.ok(&format!("/cosmos/tx/v1beta1/txs/block/{height}")).await;
    let sends = txs["txs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tx| tx["body"]["messages"][0]["@type"] == "/cosmos.bank.v1beta1.MsgSend");
    assert!(sends.count() >= 1, "{txs}");
    let latest = rest.ok("/cosmos/base/tendermint/v1beta1/blocks/latest").await;
    assert!(latest["block"]["header"]["height"].as_str().unwrap().parse::<u64>().unwrap() >= height.parse().unwrap());
    let (status, error) = rest.get("/cosmos/base/tendermint/v1beta1/blocks/99999999").await;
    assert_eq!((status, &error["code"]), (400, &json!(3)), "{error}");
    for path in ["latest", height] {
        let set = rest.ok(&format!("/cosmos/base/tendermint/v1beta1/validatorsets/{path}")).await;
        assert_eq!(set["validators"][0]["pub_key"]["@type"], "/cosmos.crypto.ed25519.PubKey", "{set}");
        assert!(set["validators"][0]["voting_power"].as_str().unwrap().parse::<u64>().unwrap() > 0);
        assert_eq!(set["pagination"]["total"], "1");
    }
    let params = rest.ok("/cosmos/consensus/v1/params").await;
    assert!(params["params"]["block"]["max_bytes"].is_string(), "{params}");

    // The state of a height that has passed.
    let old =
        rest.0.get(format!("{}/cosmos/bank/v1beta1/balances/{tenant}", rest.1)).header("x-cosmos-block-height", "1");
    let old: Value = serde_json::from_str(&old.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(old["balances"][0]["amount"], "1000000000000", "{old}");

    // CometBFT's own door to the same handlers, those that ask CometBFT again too.
    let asked = GetNodeInfoRequest {}.encode_to_vec();
    let path = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo";
    let answer = net.client(0).unwrap().query_bytes(path, asked, None).await.unwrap();
    let nested = GetNodeInfoResponse::decode(answer.as_slice()).unwrap();
    assert_eq!(nested.default_node_info.unwrap().network, net.chain_id);

    // Without CometBFT, what it alone knows is unavailable; the state machine ends with it or goes on answering.
    net.kill(0, aliquot_localnet::Part::Comet).unwrap();
    let (status, error) = rest.get("/cosmos/base/tendermint/v1beta1/node_info").await;
    assert_eq!((status, &error["code"]), (503, &json!(14)), "{error}");
    assert!(error["message"].as_str().unwrap().contains("CometBFT does not answer"), "{error}");
    assert_eq!(rest.get(&format!("/cosmos/bank/v1beta1/balances/{tenant}")).await.0, 200);
}

/// Messages as bytes.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        *self
    }
    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}
