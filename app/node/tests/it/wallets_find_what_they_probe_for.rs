//! The requests that wallets, explorers and tools were seen to make, with the statuses and shapes they go by.

use crate::{
    chain::{TestChain, coin, key},
    doors::{House, drain},
};
use aliquot_client::TxBuilder;
use aliquot_proto::cosmos::{
    bank::v1beta1::MsgSend,
    tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxRaw, mode_info},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use prost::Message;
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};
use tonic::codegen::tokio_stream::iter as requests;
use tonic_reflection::pb::{v1, v1alpha};

fn house() -> House {
    let mut chain = TestChain::new();
    chain.blocks(2);
    House::new(chain)
}

#[test]
fn keplr_finds_what_a_chain_has_and_lacks() {
    let house = house();
    let alice = key("alice").address().to_string();
    let fresh = key("unfunded").address().to_string();
    for (path, status, code) in [
        ("/ibc/apps/transfer/v1/params", 501, 12),
        ("/cosmwasm/wasm/v1/contract/test/smart/test", 400, 3),
        ("/cosmos/bank/v1beta1/spendable_balances/test", 400, 3),
        ("/feemarket/v1/params", 501, 12),
        ("/ibc/apps/transfer/v1/denoms/test", 501, 12),
        (&format!("/cosmos/staking/v1beta1/delegations/{alice}?pagination.limit=1000"), 501, 12),
        (&format!("/cosmos/staking/v1beta1/delegators/{alice}/unbonding_delegations?pagination.limit=1000"), 501, 12),
        (&format!("/cosmos/distribution/v1beta1/delegators/{alice}/rewards"), 501, 12),
        (&format!("/cosmos/auth/v1beta1/accounts/{fresh}"), 404, 5),
    ] {
        let heard = house.get(path);
        assert_eq!((heard.status, heard.json()["code"].as_i64()), (status, Some(code)), "{path}: {}", heard.text);
        assert_eq!(heard.json()["details"], json!([]));
    }
    let missing = house.get(&format!("/cosmos/auth/v1beta1/accounts/{fresh}")).json();
    let text = format!("rpc error: code = NotFound desc = account {fresh} not found: key not found");
    assert_eq!(missing["message"], text);
    assert_eq!(
        house.get("/feemarket/v1/params").json(),
        json!({"code": 12, "message": "Not Implemented", "details": []})
    );

    let held = house.get(&format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.limit=1000")).json();
    assert_eq!(held["balances"][0]["denom"], "ualq");
    assert!(held["balances"][0]["amount"].is_string());
    assert_eq!(held["pagination"], json!({"next_key": null, "total": "0"}));
    let none = house.get(&format!("/cosmos/bank/v1beta1/balances/{fresh}?pagination.limit=1000"));
    assert_eq!((none.status, &none.json()["balances"]), (200, &json!([])));
    let account = house.get(&format!("/cosmos/auth/v1beta1/accounts/{alice}")).json();
    assert_eq!(account["account"]["@type"], "/cosmos.auth.v1beta1.BaseAccount");
    assert_eq!(account["account"]["sequence"], "0");
    assert_eq!(account["account"]["pub_key"], json!(null));
    assert!(account["account"]["account_number"].is_string());
}

/// As Keplr makes it: no public key, no gas, a signature of zeros, a fee that is really deducted.
#[test]
fn keplr_simulates_without_key_gas_or_signature() {
    let house = house();
    let send = MsgSend {
        from_address: key("alice").address().into(),
        to_address: key("bob").address().into(),
        amount: vec![coin(1)],
    };
    let unsigned = TxBuilder::new().msg(&send);
    let body_bytes = {
        let signed = house.chain.tx_at(&key("alice"), unsigned, 0);
        TxRaw::decode(signed.as_slice()).unwrap().body_bytes
    };
    let single = mode_info::Single { mode: 127 };
    let signer = SignerInfo {
        public_key: None,
        mode_info: Some(ModeInfo { sum: Some(mode_info::Sum::Single(single)) }),
        sequence: 0,
    };
    let fee = Some(Fee { amount: vec![coin(9000)], ..Fee::default() });
    let auth = AuthInfo { signer_infos: vec![signer], fee, ..AuthInfo::default() };
    let tx = TxRaw { body_bytes, auth_info_bytes: auth.encode_to_vec(), signatures: vec![vec![0; 64]] };
    let body = json!({ "tx_bytes": BASE64.encode(tx.encode_to_vec()) });
    let heard = house.post("/cosmos/tx/v1beta1/simulate", body.to_string());
    assert_eq!(heard.status, 200, "{}", heard.text);
    let gas: u64 = heard.json()["gas_info"]["gas_used"].as_str().unwrap().parse().unwrap();
    assert!(gas > 10_000);
    // Nothing was kept of it.
    let account = house.get(&format!("/cosmos/auth/v1beta1/accounts/{}", key("alice").address())).json();
    assert_eq!(account["account"]["sequence"], "0");
}

#[test]
fn what_only_cometbft_knows_is_unavailable_without_it() {
    let house = house();
    for path in ["/cosmos/base/tendermint/v1beta1/node_info", "/cosmos/base/tendermint/v1beta1/blocks/latest"] {
        let heard = house.get(path);
        assert_eq!((heard.status, heard.json()["code"].as_i64()), (503, Some(14)), "{}", heard.text);
    }
}

#[test]
fn a_page_of_another_origin_may_ask() {
    let house = house();
    let preflight = house
        .http
        .request(reqwest::Method::OPTIONS, house.url("/cosmos/tx/v1beta1/txs"))
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-cosmos-block-height,x-grpc-web");
    let heard = house.send(preflight);
    assert_eq!(heard.status, 200);
    assert_eq!(heard.header("access-control-allow-origin"), "*");
    assert_eq!(heard.header("access-control-allow-methods"), "POST");
    assert!(heard.header("access-control-allow-headers").contains("x-cosmos-block-height"));
    let asked = house.http.get(house.url("/cosmos/auth/v1beta1/params")).header("origin", "https://app.example");
    let heard = house.send(asked);
    assert_eq!((heard.status, heard.header("access-control-allow-origin")), (200, "*"));
    assert!(heard.header("access-control-expose-headers").contains("x-cosmos-block-height"));

    let closed = House::with(TestChain::new(), |config| config.api.enabled_unsafe_cors = false);
    let heard = closed.send(closed.http.get(closed.url("/health")).header("origin", "https://app.example"));
    assert_eq!(heard.header("access-control-allow-origin"), "");
}

#[test]
fn grpc_web_is_answered_on_both_ports() {
    let house = house();
    let request = aliquot_proto::cosmos::bank::v1beta1::QueryBalanceRequest {
        address: key("alice").address().into(),
        denom: "ualq".into(),
    };
    let raw = request.encode_to_vec();
    let mut framed = vec![0u8];
    framed.extend((raw.len() as u32).to_be_bytes());
    framed.extend(&raw);
    for address in [house.doors.api.unwrap(), house.doors.grpc.unwrap()] {
        let url = format!("http://{address}/cosmos.bank.v1beta1.Query/Balance");
        let sent = house.http.post(url).header("content-type", "application/grpc-web+proto").body(framed.clone());
        let body = house.runtime.block_on(async {
            let response = sent.send().await.unwrap();
            assert_eq!(response.status(), 200);
            response.bytes().await.unwrap()
        });
        let len = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
        let answer = aliquot_proto::cosmos::bank::v1beta1::QueryBalanceResponse::decode(&body[5..5 + len]).unwrap();
        assert_eq!(answer.balance.unwrap().amount, crate::chain::FUNDS.to_string());
        let trailers = String::from_utf8_lossy(&body[5 + len + 5..]).into_owned();
        assert!(trailers.contains("grpc-status:0"), "{trailers}");
    }
}

#[test]
fn reflection_lists_the_services_in_both_versions() {
    let house = house();
    let (channel, expected) =
        (house.channel(), ["cosmos.bank.v1beta1.Query", "cosmos.tx.v1beta1.Service", "aliquot.market.v1.Query"]);
    house.runtime.block_on(async {
        use v1::{
            server_reflection_request::MessageRequest as Ask, server_reflection_response::MessageResponse as Said,
        };
        let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
        let ask = |request| v1::ServerReflectionRequest { host: String::new(), message_request: Some(request) };
        let asks = requests(vec![
            ask(Ask::ListServices(String::new())),
            ask(Ask::FileContainingSymbol("aliquot.market.v1.MsgCreateBid".into())),
        ]);
        let mut answers = client.server_reflection_info(asks).await.unwrap().into_inner();
        let Some(Said::ListServicesResponse(list)) = answers.message().await.unwrap().unwrap().message_response else {
            panic!("no list")
        };
        let names: Vec<String> = list.service.into_iter().map(|s| s.name).collect();
        assert!(expected.iter().all(|name| names.contains(&name.to_string())), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("staking")), "what is not served is not listed");
        let second = answers.message().await.unwrap().unwrap().message_response;
        assert!(matches!(second, Some(Said::FileDescriptorResponse(_))), "{second:?}");
    });
    house.runtime.block_on(async {
        use v1alpha::{
            server_reflection_request::MessageRequest as Ask, server_reflection_response::MessageResponse as Said,
        };
        let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel.clone());
        let request = v1alpha::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(Ask::ListServices(String::new())),
        };
        let mut answers = client.server_reflection_info(requests(vec![request])).await.unwrap().into_inner();
        let Some(Said::ListServicesResponse(list)) = answers.message().await.unwrap().unwrap().message_response else {
            panic!("no list")
        };
        assert!(expected.iter().all(|name| list.service.iter().any(|s| s.name == *name)));
    });
}

#[test]
fn health_metrics_and_openapi_are_served() {
    let house = house();
    assert_eq!(house.get("/health").json(), json!({"status": "ok", "height": "2"}));
    let healthy = house.grpc(&house.channel(), "/grpc.health.v1.Health/Check", vec![], 0).unwrap();
    assert_eq!(healthy.get_ref().as_ref(), [8, 1]);
    house.get("/cosmos/auth/v1beta1/params");
    house.get("/cosmos/auth/v1beta1/accounts/test");
    let metrics = house.send(house.http.get(format!("http://{}/metrics", house.doors.telemetry.unwrap())));
    assert_eq!(metrics.status, 200);
    for line in [
        "aliquot_height 2",
        "aliquot_block_time_seconds 1700000002",
        "aliquot_blocks_total 2",
        r#"aliquot_queries_total{door="rest",status="ok"} 1"#,
        r#"aliquot_queries_total{door="rest",status="invalid_argument"} 1"#,
        r#"aliquot_query_seconds_count{door="rest"} 2"#,
    ] {
        assert!(metrics.text.lines().any(|l| l == line), "{line} is not in\n{}", metrics.text);
    }
    let document = house.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.0.3");
    let balances = &document["paths"]["/cosmos/bank/v1beta1/balances/{address}"]["get"];
    assert_eq!(balances["operationId"], "cosmos.bank.v1beta1.Query.AllBalances");
    let names: Vec<&str> =
        balances["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"address") && names.contains(&"pagination.limit"), "{names:?}");
    // Every reference leads somewhere.
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[test]
fn large_answers_are_compressed_for_those_who_ask() {
    let house = house();
    let mut stream = TcpStream::connect(house.doors.api.unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET /openapi.json HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut head = vec![0u8; 1024];
    let count = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..count]).into_owned();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    drain(&mut stream);
}
