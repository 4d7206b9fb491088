//! What others build on: names, codes of the wire and hashes. A changed snapshot is a breaking change and says so in the
//! changelog.

use crate::{a_job_is_bid_for_proven_and_paid::*, chain::*, sends_move_coins_and_keep_the_supply::send};
use aliquot_client::TxBuilder;
use aliquot_proto::{
    cosmos::{bank::v1beta1::MsgSend, base::abci::v1beta1::TxMsgData},
    market::v1 as market,
};
use prost::Message;
use serde_json::{Value, json};
use tendermint_proto::v0_38::abci::{Event, ExecTxResult};

#[test]
fn messages_and_queries_keep_their_names() {
    let chain = TestChain::new();
    let msgs: Vec<&str> = chain.app.routes().msg_urls().collect();
    let queries: Vec<&str> = chain.app.routes().query_paths().collect();
    insta::assert_json_snapshot!("routes", (msgs, queries));
}

/// Ten blocks of every kind of work: the same genesis and transactions give the same app hashes on every build.
#[test]
fn ten_fixed_blocks_keep_their_app_hashes() {
    let mut chain = TestChain::new();
    let mut hashes = Vec::new();
    let mut note = |chain: &TestChain| hashes.push(hex::encode(&chain.last.app_hash));
    chain.run(&key("alice"), &send("alice", "bob", 1_000));
    note(&chain);
    let device = register(&mut chain, "provider", 10_000_000);
    note(&chain);
    chain.run(&key("tenant"), &create_deployment(1));
    note(&chain);
    chain.run(&key("provider"), &create_bid("provider", 1, &device, PRICE));
    note(&chain);
    let id = lease_id("provider", 1);
    chain.run(
        &key("tenant"),
        &market::MsgCreateLease { owner: id.owner.clone(), id: Some(id.clone()), ..Default::default() },
    );
    note(&chain);
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    note(&chain);
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    note(&chain);
    for _ in 0..3 {
        chain.blocks(2);
        note(&chain);
    }
    assert_eq!(hashes.len(), 10);
    insta::assert_json_snapshot!("app_hashes", (sampled, hashes));
}

fn shown_events(events: &[Event]) -> Vec<String> {
    let attributes = |event: &Event| -> Vec<String> {
        let shown = event.attributes.iter().filter(|a| a.key != "signature");
        shown.map(|a| format!("{}={}", a.key, a.value)).collect()
    };
    events.iter().map(|event| format!("{} {}", event.r#type, attributes(event).join(" "))).collect()
}

/// A result as clients see it: what it is, whose it is, in which words, and what it left behind.
fn shown(result: &ExecTxResult) -> Value {
    let data = TxMsgData::decode(result.data.clone()).unwrap();
    let responses: Vec<_> = data.msg_responses.iter().map(|any| any.type_url.clone()).collect();
    json!({
        "code": result.code, "codespace": result.codespace, "log": result.log, "gas_used": result.gas_used,
        "responses": responses, "events": shown_events(&result.events),
    })
}

#[test]
fn a_send_leaves_the_events_of_the_cosmos_sdk_in_their_order() {
    let mut chain = TestChain::new();
    let done = chain.run(&key("alice"), &send("alice", "bob", 1_000));
    let (alice, bob) = (key("alice").address().to_string(), key("bob").address().to_string());
    let fees = aliquot_sdk::Address::module("fee_collector");
    let moved = |from: &str, to: &str, amount: &str, index: &str| {
        [
            format!("coin_spent spender={from} amount={amount}{index}"),
            format!("coin_received receiver={to} amount={amount}{index}"),
            format!("transfer recipient={to} sender={from} amount={amount}{index}"),
            format!("message sender={from}{index}"),
        ]
    };
    let url = "/cosmos.bank.v1beta1.MsgSend";
    let mut expected = moved(&alice, &fees.to_string(), "5000ualq", "").to_vec();
    expected.push(format!("tx fee=5000ualq fee_payer={alice}"));
    expected.push(format!("tx acc_seq={alice}/0"));
    expected.push("tx ".into());
    expected.push(format!("message action={url} sender={alice} module=bank msg_index=0"));
    expected.extend(moved(&alice, &bob, "1000ualq", " msg_index=0"));
    assert_eq!(shown_events(&done.events), expected);
}

/// Results of what succeeds and what is refused, of every part of the chain that clients read events of.
#[test]
fn results_and_events_keep_their_words() {
    let mut chain = TestChain::new();
    let mut told = Vec::new();
    let mut tell = |chain: &mut TestChain, what: &str, from: &str, builder: TxBuilder| {
        let tx = chain.tx(&key(from), builder);
        let result = chain.block(vec![tx]).remove(0);
        told.push(json!({"what": what, "result": shown(&result), "block": shown_events(&chain.last.events)}));
    };
    let msg = |msg: &dyn Fn(TxBuilder) -> TxBuilder| msg(TxBuilder::new());
    tell(&mut chain, "two sends", "alice", msg(&|b| b.msg(&send("alice", "bob", 1)).msg(&send("alice", "new", 2))));
    tell(&mut chain, "more than there is", "alice", msg(&|b| b.msg(&send("alice", "bob", FUNDS * 2))));
    tell(&mut chain, "no coins", "alice", msg(&|b| b.msg(&MsgSend { amount: vec![], ..send("alice", "bob", 1) })));
    let short = TxBuilder::new().msg(&send("alice", "bob", 1)).gas_limit(60_000).fee(coin(60));
    tell(&mut chain, "too little gas", "alice", short);
    let device = register(&mut chain, "provider", 10_000_000);
    tell(&mut chain, "a deployment", "tenant", msg(&|b| b.msg(&create_deployment(1))));
    tell(&mut chain, "it again", "tenant", msg(&|b| b.msg(&create_deployment(1))));
    tell(&mut chain, "a bid", "provider", msg(&|b| b.msg(&create_bid("provider", 1, &device, PRICE))));
    let id = lease_id("provider", 1);
    let lease = market::MsgCreateLease { owner: id.owner.clone(), id: Some(id.clone()), ..Default::default() };
    tell(&mut chain, "a lease", "tenant", msg(&|b| b.msg(&lease)));
    tell(&mut chain, "a second lease", "tenant", msg(&|b| b.msg(&lease)));
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    told.push(json!({"what": "sampled", "block": shown_events(&chain.last.events)}));
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    told.push(json!({"what": "verified", "block": shown_events(&chain.last.events)}));
    for _ in 0..10 {
        chain.blocks(1);
        if !chain.last.events.is_empty() {
            told.push(json!({"what": "later", "block": shown_events(&chain.last.events)}));
        }
    }
    insta::assert_json_snapshot!("results", told);
}
