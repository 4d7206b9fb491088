//! What breaks wallets and clients on other chains, as far as it is of every message and every answer. The fifteen known
//! pitfalls, one by one and with the clients themselves, are in `app/sdk-js/test/network/pitfalls.test.ts`.

use crate::{
    chain::{CHAIN_ID, TestChain, key},
    doors::House,
    sends_move_coins_and_keep_the_supply::send,
};
use aliquot::chain_info;
use aliquot_client::TxBuilder;
use aliquot_proto::{
    Any, amino,
    cosmos::{
        auth::v1beta1 as auth,
        bank::v1beta1 as bank,
        tx::v1beta1::{AuthInfo, Fee, TxRaw},
    },
};
use prost::Message;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn house() -> House {
    let mut chain = TestChain::new();
    chain.blocks(2);
    House::new(chain)
}

#[test]
fn json_is_in_snake_case_with_texts_for_large_numbers_and_nothing_left_out() {
    let house = house();
    let params = house.get("/aliquot/compute/v1/params").json()["params"].clone();
    assert!(params["verify_gas_per_block"].is_string(), "64 bits: {params}");
    let page = house.get("/aliquot/market/v1/bids/list").json();
    assert_eq!(page, json!({"bids": [], "pagination": {"next_key": null, "total": "0"}}));
    let document = house.get("/openapi.json").text;
    let camel = |name: &str| name.chars().any(char::is_uppercase);
    let served: Value = serde_json::from_str(&document).unwrap();
    for (name, schema) in served["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten();
        fields.for_each(|(field, _)| assert!(!camel(field), "{name}.{field}"));
    }
}

#[test]
fn every_answer_tells_its_height() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let request = bank::QueryTotalSupplyRequest::default();
    assert_eq!(chain.try_query("/cosmos.bank.v1beta1.Query/TotalSupply", &request, 0).height, 1);
    let missing = auth::QueryAccountRequest { address: key("nobody").address().into() };
    assert!(chain.try_query("/cosmos.auth.v1beta1.Query/Account", &missing, 0).height > 0);
    assert!(chain.try_query("/no.such.Query/Thing", &missing, 0).height > 0);
}

/// Wallets decode a transaction and encode it again, so nothing may hang on fields that they do not know.
#[test]
fn nothing_hangs_on_fields_that_wallets_drop() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let tx = chain.tx_at(&key("alice"), TxBuilder::new().msg(&send("alice", "bob", 1)), 0);
    let mut raw = TxRaw::decode(tx.as_slice()).unwrap();
    // Fields 4 and 5 of a body: `unordered` and `timeout_timestamp` of the Cosmos SDK 0.53.
    for (what, field) in [("unordered", vec![0x20, 1]), ("timeout_timestamp", vec![0x2a, 2, 8, 1])] {
        let body_bytes = [raw.body_bytes.clone(), field].concat();
        let changed = TxRaw { body_bytes, ..raw.clone() };
        let refused = chain.check_tx(&changed.encode_to_vec());
        assert_eq!((refused.codespace.as_str(), refused.code), ("sdk", 2), "{what}: {}", refused.log);
    }
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    raw.auth_info_bytes = auth.encode_to_vec();
    assert_eq!(raw.encode_to_vec(), tx);
}

#[test]
fn ledgers_sign_every_message() {
    let chain = TestChain::new();
    let info = chain_info::keplr(CHAIN_ID, "Aliquot", "http://a", "http://b", chain_info::gas_prices(""));
    assert_eq!(info["bip44"]["coinType"], 118);
    let mut seen = BTreeSet::new();
    for url in chain.app.routes().msg_urls() {
        let any = Any { type_url: url.into(), value: vec![] };
        let fee = Fee::default();
        let (account_number, sequence, timeout_height) = (1, 1, 0);
        let msgs = [any];
        let document = amino::SignDoc {
            chain_id: "c",
            account_number,
            sequence,
            fee: &fee,
            msgs: &msgs,
            memo: "",
            timeout_height,
        };
        let document: Value = serde_json::from_slice(&document.bytes().unwrap()).unwrap();
        let name = document["msgs"][0]["type"].as_str().unwrap().to_string();
        let prunes = url.ends_with(".MsgPruneAllowances") || url.ends_with(".MsgBeacon");
        assert!(prunes || (!name.starts_with('/') && name.len() <= 39), "{url}: {name}");
        assert!(seen.insert(name), "{url} has the amino name of another");
    }
}

#[test]
fn the_page_is_served_with_a_policy_that_lets_no_other_script_in() {
    let house = house();
    for (path, kind) in [("/", "text/html"), ("/page.js", "text/javascript"), ("/style.css", "text/css")] {
        let heard = house.get(path);
        assert_eq!(heard.status, 200, "{path}");
        assert!(heard.header("content-type").starts_with(kind), "{path}");
        assert!(heard.header("content-security-policy").contains("script-src 'self'"), "{path}");
    }
    let closed = House::with(TestChain::new(), |config| config.page.enable = false);
    assert_eq!(closed.get("/").status, 501);
}
