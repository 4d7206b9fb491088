//! `wasm`: upload, instantiate, execute and query through ABCI, with a token contract as wallets know it and a probe that
//! does one observable thing per message.

use crate::chain::*;
use aliquot_client::TxBuilder;
use aliquot_proto::{cosmwasm::wasm::v1 as wasm, prost::Message};
use aliquot_sdk::Address;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{io::Write, path::Path};
use tendermint_proto::v0_38::abci::ExecTxResult;

fn artifact(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts").join(name)).unwrap()
}

/// A chain on which alice may upload.
fn chain() -> TestChain {
    let mut state = genesis();
    state["wasm"] = json!({"params": {
        "code_upload_access": {"permission": "ACCESS_TYPE_ANY_OF_ADDRESSES", "addresses": [key("alice").address()]},
        "instantiate_default_permission": "ACCESS_TYPE_EVERYBODY"}});
    TestChain::from_genesis(&state)
}

fn store(sender: &str, wasm_byte_code: Vec<u8>) -> wasm::MsgStoreCode {
    wasm::MsgStoreCode { sender: key(sender).address().into(), wasm_byte_code, ..Default::default() }
}

fn upload(chain: &mut TestChain, name: &str) -> u64 {
    let result = chain.run(&key("alice"), &store("alice", artifact(name)));
    response::<wasm::MsgStoreCodeResponse>(&result).code_id
}

fn instantiate(chain: &mut TestChain, code_id: u64, msg: Value) -> String {
    let msg = wasm::MsgInstantiateContract {
        sender: key("alice").address().into(),
        code_id,
        label: "test".into(),
        msg: msg.to_string().into_bytes(),
        ..Default::default()
    };
    response::<wasm::MsgInstantiateContractResponse>(&chain.run(&key("alice"), &msg)).address
}

fn probe(chain: &mut TestChain) -> String {
    let code = upload(chain, "probe.wasm");
    instantiate(chain, code, json!({}))
}

fn execute(contract: &str, msg: &Value) -> wasm::MsgExecuteContract {
    wasm::MsgExecuteContract {
        sender: key("alice").address().into(),
        contract: contract.into(),
        msg: msg.to_string().into_bytes(),
        ..Default::default()
    }
}

fn run(chain: &mut TestChain, contract: &str, msg: Value) -> ExecTxResult {
    chain.run(&key("alice"), &execute(contract, &msg))
}

fn ask(chain: &TestChain, contract: &str, msg: Value) -> Value {
    let request =
        wasm::QuerySmartContractStateRequest { address: contract.into(), query_data: msg.to_string().into_bytes() };
    let answer: wasm::QuerySmartContractStateResponse =
        chain.query("/cosmwasm.wasm.v1.Query/SmartContractState", &request);
    serde_json::from_slice(&answer.data).unwrap()
}

fn get(chain: &TestChain, contract: &str, key: &str) -> Value {
    ask(chain, contract, json!({"get": {"key": key}}))["value"].clone()
}

fn raw(chain: &TestChain, contract: &str, key: &str) -> Vec<u8> {
    let request = wasm::QueryRawContractStateRequest { address: contract.into(), query_data: key.into() };
    let answer: wasm::QueryRawContractStateResponse = chain.query("/cosmwasm.wasm.v1.Query/RawContractState", &request);
    answer.data
}

fn b64(msg: &Value) -> String {
    STANDARD.encode(msg.to_string())
}

/// Kinds of events that contracts and their module emitted.
fn kinds(result: &ExecTxResult) -> Vec<&str> {
    let of_contracts = |kind: &&str| !["tx", "message", "transfer", "coin_spent", "coin_received"].contains(kind);
    result.events.iter().map(|event| event.r#type.as_str()).filter(of_contracts).collect()
}

fn attribute<'a>(result: &'a ExecTxResult, kind: &str, key: &str) -> Vec<&'a str> {
    let events = result.events.iter().filter(|event| event.r#type == kind);
    events.flat_map(|event| &event.attributes).filter(|a| a.key == key).map(|a| a.value.as_str()).collect()
}

#[test]
fn a_token_contract_moves_tokens() {
    let mut chain = chain();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&artifact("cw20_base.wasm")).unwrap();
    let stored = chain.run(&key("alice"), &store("alice", gzip.finish().unwrap()));
    let code: wasm::MsgStoreCodeResponse = response(&stored);
    assert_eq!(kinds(&stored), ["store_code"]);
    assert_eq!(attribute(&stored, "store_code", "code_id"), ["1"]);
    let back: wasm::QueryCodeResponse =
        chain.query("/cosmwasm.wasm.v1.Query/Code", &wasm::QueryCodeRequest { code_id: code.code_id });
    assert!(back.data == artifact("cw20_base.wasm"), "code is kept as it was before gzip");
    let (alice, bob) = (key("alice").address().to_string(), key("bob").address().to_string());
    let token = instantiate(
        &mut chain,
        code.code_id,
        json!({
        "name": "Share of device 7", "symbol": "GPUSH", "decimals": 6,
        "initial_balances": [{"address": alice, "amount": "1000000"}]}),
    );
    assert_eq!(token.parse_address().as_bytes().len(), 32);
    let moved = run(&mut chain, &token, json!({"transfer": {"recipient": bob, "amount": "10"}}));
    assert_eq!(kinds(&moved), ["execute", "wasm"]);
    assert_eq!(attribute(&moved, "wasm", "_contract_address"), [token.as_str()]);
    assert_eq!(attribute(&moved, "wasm", "action"), ["transfer"]);
    let balance = |who: &str| ask(&chain, &token, json!({"balance": {"address": who}}))["balance"].clone();
    assert_eq!((balance(&bob), balance(&alice)), (json!("10"), json!("999990")));
    let too_much = execute(&token, &json!({"transfer": {"recipient": bob, "amount": "99999999"}}));
    assert_eq!(chain.fails(&key("alice"), &too_much), ("wasm".into(), 5));
    let request = wasm::QueryContractInfoRequest { address: token.clone() };
    let info: wasm::QueryContractInfoResponse = chain.query("/cosmwasm.wasm.v1.Query/ContractInfo", &request);
    assert_eq!(info.contract_info.unwrap().creator, alice);
}

#[test]
fn only_those_named_upload() {
    let mut chain = chain();
    assert_eq!(chain.fails(&key("bob"), &store("bob", artifact("probe.wasm"))), ("sdk".into(), 4));
    assert_eq!(chain.fails(&key("alice"), &store("alice", b"\0asm\x01\0\0\0".to_vec())), ("wasm".into(), 2));
    let mut closed = TestChain::new();
    assert_eq!(closed.fails(&key("alice"), &store("alice", artifact("probe.wasm"))), ("sdk".into(), 4));
}

#[test]
fn a_nested_query_sees_what_the_contract_has_just_written() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    let msg = json!({"write_then_query": {"contract": probe, "key": "a", "value": "fresh"}});
    let result = run(&mut chain, &probe, msg);
    let data = response::<wasm::MsgExecuteContractResponse>(&result).data;
    assert_eq!(serde_json::from_slice::<Value>(&data).unwrap(), json!({"value": "fresh"}));
    assert_eq!(raw(&chain, &probe, "a"), b"fresh", "stored exactly as written");
    assert_eq!(ask(&chain, &probe, json!({"ask": {"contract": probe, "key": "a"}})), json!({"value": "fresh"}));
}

#[test]
fn iterators_walk_both_ways() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    for key in ["b", "a", "c"] {
        run(&mut chain, &probe, json!({"set": {"key": key, "value": format!("v{key}")}}));
    }
    run(&mut chain, &probe, json!({"remove": {"key": "c"}}));
    let list = |start: Value, end: Value, descending: bool| {
        let msg = json!({"list": {"start": start, "end": end, "descending": descending, "limit": null}});
        ask(&chain, &probe, msg)["entries"].clone()
    };
    assert_eq!(list(json!(null), json!(null), false), json!([["a", "va"], ["b", "vb"]]));
    assert_eq!(list(json!(null), json!(null), true), json!([["b", "vb"], ["a", "va"]]));
    assert_eq!(list(json!("a"), json!("b"), true), json!([["a", "va"]]));
    assert_eq!(list(json!("b"), json!("a"), false), json!([]));
}

#[test]
fn a_failing_submessage_is_undone_and_the_caller_goes_on() {
    let mut chain = chain();
    let (outer, inner) = (probe(&mut chain), probe(&mut chain));
    let fails = json!({"fail_after_write": {"key": "lost", "value": "1"}});
    let call = json!({"call": {"contract": inner, "msg": b64(&fails), "on_error": true}});
    let result = run(&mut chain, &outer, call);
    assert_eq!(get(&chain, &inner, "lost"), json!(null));
    assert_eq!(get(&chain, &outer, "last_reply"), json!("failed: codespace: wasm, code: 5"), "told without the text");
    assert_eq!(kinds(&result), ["execute", "wasm", "reply", "wasm"]);
    assert!(attribute(&result, "execute", "_contract_address").iter().all(|address| *address == outer));
    // The same without a reply fails with all it did.
    let dispatch = json!({"dispatch": {"reply_on": "never", "record": "k", "gas_limit": null,
        "msg": {"wasm": {"execute": {"contract_addr": inner, "msg": b64(&fails), "funds": []}}}}});
    assert_eq!(chain.fails(&key("alice"), &execute(&outer, &dispatch)), ("wasm".into(), 5));
}

#[test]
fn a_submessage_that_succeeds_is_replied_to_when_asked() {
    let mut chain = chain();
    let (outer, inner) = (probe(&mut chain), probe(&mut chain));
    for (reply_on, told) in
        [("always", json!("ok")), ("success", json!("ok")), ("error", json!(null)), ("never", json!(null))]
    {
        let set = json!({"set": {"key": reply_on, "value": "kept"}});
        let dispatch = json!({"dispatch": {"reply_on": reply_on, "record": format!("r-{reply_on}"), "gas_limit": null,
            "msg": {"wasm": {"execute": {"contract_addr": inner, "msg": b64(&set), "funds": []}}}}});
        run(&mut chain, &outer, dispatch);
        assert_eq!(get(&chain, &inner, reply_on), json!("kept"));
        assert_eq!(get(&chain, &outer, &format!("r-{reply_on}")), told, "{reply_on}");
    }
}

#[test]
fn an_endless_loop_costs_its_fee_and_all_its_gas() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    let before = chain.balance(key("alice").address());
    let tx = chain.tx(&key("alice"), TxBuilder::new().msg(&execute(&probe, &json!({"loop": {}}))));
    let result = chain.block(vec![tx]).remove(0);
    assert_eq!((result.codespace.as_str(), result.code), ("sdk", 11), "{}", result.log);
    assert_eq!((result.gas_used, result.gas_wanted), (GAS as i64, GAS as i64));
    assert_eq!(chain.balance(key("alice").address()), before - FEE);
    assert!(kinds(&result).is_empty());
    let query = wasm::QuerySmartContractStateRequest { address: probe.clone(), query_data: br#"{"loop":{}}"#.to_vec() };
    let answer = chain.try_query("/cosmwasm.wasm.v1.Query/SmartContractState", &query, 0);
    assert_eq!((answer.codespace.as_str(), answer.code), ("sdk", 11));
}

#[test]
fn a_submessage_with_a_gas_limit_spends_no_more() {
    let mut chain = chain();
    let (outer, inner) = (probe(&mut chain), probe(&mut chain));
    let dispatch = |limit: Value| {
        json!({"dispatch": {"reply_on": "error", "record": "k", "gas_limit": limit,
        "msg": {"wasm": {"execute": {"contract_addr": inner, "msg": b64(&json!({"loop": {}})), "funds": []}}}}})
    };
    let result = run(&mut chain, &outer, dispatch(json!(1_000_000)));
    assert_eq!(get(&chain, &outer, "k"), json!("failed: codespace: sdk, code: 11"));
    assert!((1_000_000..2_000_000).contains(&result.gas_used), "{}", result.gas_used);
    // Without a limit there is nothing left for a reply.
    assert_eq!(chain.fails(&key("alice"), &execute(&outer, &dispatch(json!(null)))), ("sdk".into(), 11));
}

#[test]
fn contracts_hold_and_pay_coins() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    let funded = wasm::MsgExecuteContract {
        funds: vec![coin(100)],
        ..execute(&probe, &json!({"set": {"key": "a", "value": "1"}}))
    };
    chain.run(&key("alice"), &funded);
    assert_eq!(chain.balance(&probe), 100);
    let pay = |to: &str| json!({"pay": {"to": to, "amount": [{"denom": "ualq", "amount": "30"}]}});
    run(&mut chain, &probe, pay(key("bob").address()));
    assert_eq!((chain.balance(&probe), chain.balance(key("bob").address())), (70, FUNDS + 30));
    let burn = json!({"dispatch": {"reply_on": "always", "record": "burnt", "gas_limit": null,
        "msg": {"bank": {"burn": {"amount": [{"denom": "ualq", "amount": "20"}]}}}}});
    run(&mut chain, &probe, burn);
    assert_eq!(chain.balance(&probe), 50);
    assert_eq!(get(&chain, &probe, "burnt"), json!("ok"));
    let escrow = Address::module("escrow").to_string();
    assert_eq!(chain.fails(&key("alice"), &execute(&probe, &pay(&escrow))), ("sdk".into(), 4));
    let vote = json!({"dispatch": {"reply_on": "error", "record": "vote", "gas_limit": null,
        "msg": {"gov": {"vote": {"proposal_id": 1, "option": "yes"}}}}});
    run(&mut chain, &probe, vote);
    assert_eq!(get(&chain, &probe, "vote"), json!("failed: codespace: wasm, code: 20"));
}

#[test]
fn contracts_ask_the_chain_what_it_allows() {
    use aliquot_proto::cosmos::bank::v1beta1 as bank;
    let mut chain = chain();
    let probe = probe(&mut chain);
    let request = bank::QueryBalanceRequest { address: key("bob").address().into(), denom: "ualq".into() };
    let data = STANDARD.encode(request.encode_to_vec());
    let msg = json!({"grpc": {"path": "/cosmos.bank.v1beta1.Query/Balance", "data": data}});
    let answer = STANDARD.decode(ask(&chain, &probe, msg)["data"].as_str().unwrap()).unwrap();
    let answer = bank::QueryBalanceResponse::decode(answer.as_slice()).unwrap();
    assert_eq!(answer.balance.unwrap().amount, FUNDS.to_string());
    let msg = json!({"grpc": {"path": "/aliquot.escrow.v1.Query/Audit", "data": ""}}).to_string().into_bytes();
    let query = wasm::QuerySmartContractStateRequest { address: probe.clone(), query_data: msg };
    let answer = chain.try_query("/cosmwasm.wasm.v1.Query/SmartContractState", &query, 0);
    assert_eq!((answer.codespace.as_str(), answer.code), ("wasm", 9), "{}", answer.log);
}

#[test]
fn a_contract_s_events_carry_its_name() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    let result = run(&mut chain, &probe, json!({"emit": {"name": "seen", "key": "k", "value": "v"}}));
    assert_eq!(kinds(&result), ["execute", "wasm", "wasm-seen"]);
    let seen = result.events.iter().find(|event| event.r#type == "wasm-seen").unwrap();
    assert_eq!(
        (seen.attributes[0].key.as_str(), seen.attributes[0].value.as_str()),
        ("_contract_address", probe.as_str())
    );
    let lie = json!({"emit": {"name": "seen", "key": "_contract_address", "value": "v"}});
    assert_ne!(chain.fails(&key("alice"), &execute(&probe, &lie)).1, 0);
}

#[test]
fn a_restart_changes_nothing_that_contracts_compute() {
    let (mut stays, mut restarts) = (chain(), chain());
    let probes = [probe(&mut stays), probe(&mut restarts)];
    assert_eq!(probes[0], probes[1], "addresses follow from order alone");
    let mut restarts = restarts.reopen();
    for (number, chain) in [&mut stays, &mut restarts].into_iter().enumerate() {
        let probe = &probes[number];
        let set = run(chain, probe, json!({"set": {"key": "a", "value": "1"}}));
        assert!(set.gas_used > 0);
        let call = json!({"call": {"contract": probe, "msg": b64(&json!({"set": {"key": "b", "value": "2"}})), "on_error": false}});
        run(chain, probe, call);
    }
    assert_eq!(stays.last, restarts.last, "results, gas and app hash");
    assert_eq!(get(&restarts, &probes[1], "b"), json!("2"));
}

#[test]
fn contracts_move_with_an_export() {
    let mut chain = chain();
    let probe = probe(&mut chain);
    run(&mut chain, &probe, json!({"set": {"key": "a", "value": "1"}}));
    let exported = chain.export();
    let mut copy = TestChain::from_genesis(&exported);
    copy.force(&[]);
    assert_eq!(copy.export()["wasm"], exported["wasm"]);
    assert_eq!(get(&copy, &probe, "a"), json!("1"));
}

/// As wallets ask: the message in base64 in the path, escaped or not, and the answer as the JSON that it is.
#[test]
fn contracts_are_asked_by_rest() {
    let mut chain = chain();
    let contract = probe(&mut chain);
    run(&mut chain, &contract, json!({"set": {"key": "a", "value": "1"}}));
    let house = crate::doors::House::new(chain);
    let asked = json!({"get": {"key": "a"}}).to_string();
    let standard = STANDARD.encode(&asked);
    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&asked);
    let expected = ask(&house.chain, &contract, json!({"get": {"key": "a"}}));
    for query in [standard.replace('=', "%3D"), standard, url_safe] {
        let heard = house.get(&format!("/cosmwasm/wasm/v1/contract/{contract}/smart/{query}"));
        assert_eq!((heard.status, &heard.json()["data"]), (200, &expected), "{}", heard.text);
    }
    let missing = Address::module("no contract").to_string();
    let heard = house.get(&format!("/cosmwasm/wasm/v1/contract/{missing}"));
    assert_eq!((heard.status, &heard.json()["code"]), (404, &json!(5)), "{}", heard.text);
}
