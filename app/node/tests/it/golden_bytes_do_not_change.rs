//! What others build on: names, codes of the wire and hashes. A changed snapshot is a breaking change and says so in the
//! changelog.

use crate::{a_job_is_bid_for_proven_and_paid::*, chain::*, sends_move_coins_and_keep_the_supply::send};
use aliquot_proto::market::v1 as market;

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
