//! Crashes, replays and moves of the state: nothing is lost, nothing half-written, nothing different.

use crate::{a_job_is_bid_for_proven_and_paid::*, chain::*, sends_move_coins_and_keep_the_supply::send};
use aliquot_client::TxBuilder;
use aliquot_proto::market::v1 as market;

#[test]
fn a_stop_between_finalize_and_commit_leaves_the_block_before() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &send("alice", "bob", 5));
    let before = chain.info();
    let tx = chain.tx(&key("alice"), TxBuilder::new().msg(&send("alice", "bob", 6)));
    let proposal = chain.propose(vec![tx]);
    let lost = chain.finalize(&proposal);
    let mut chain = chain.reopen();
    assert_eq!(chain.info(), before);
    assert_eq!(chain.balance(key("bob").address()), FUNDS + 5);
    // CometBFT replays the block: the same answer, to the byte.
    assert_eq!(chain.finalize(&proposal), lost);
    assert_eq!(chain.finalize(&proposal), lost, "finalizing twice gives the same");
    chain.commit();
    assert_eq!(chain.info().last_block_app_hash, lost.app_hash);
    assert_eq!(chain.balance(key("bob").address()), FUNDS + 11);
}

#[test]
fn genesis_that_was_never_committed_is_run_again() {
    let mut chain = TestChain::new().reopen();
    assert_eq!(chain.info().last_block_height, 0);
    chain.init(&genesis());
    chain.blocks(2);
    assert_eq!(chain.info().last_block_height, 2);
}

#[test]
fn a_rolled_back_block_runs_again_to_the_same_hash() {
    let (mut chain, id) = leased(1);
    commit_and_sample(&mut chain, &id, &OUTPUTS);
    let before = chain.info();
    let tx = chain.tx(&key("alice"), TxBuilder::new().msg(&send("alice", "bob", 6)));
    let proposal = chain.propose(vec![tx]);
    chain.force(&proposal);
    let after = chain.info();
    chain.app.db().rollback().unwrap();
    let mut chain = chain.reopen();
    assert_eq!(chain.info(), before);
    chain.force(&proposal);
    assert_eq!(chain.info(), after);
}

#[test]
fn an_exported_chain_imports_to_the_same_export() {
    let (mut chain, id) = leased(1);
    commit_and_sample(&mut chain, &id, &OUTPUTS);
    let exported = chain.export();
    let mut copy = TestChain::from_genesis(&exported);
    copy.force(&[]);
    let mut again = copy.export();
    // The block that commits genesis moves the beacon on; everything else is as it was.
    let mut expected = exported;
    for state in [&mut again, &mut expected] {
        state["beacon"] = serde_json::Value::Null;
    }
    assert_eq!(again, expected);
}

#[test]
fn an_order_with_more_bids_than_are_taken_by_now_is_imported() {
    let mut chain = TestChain::new();
    chain.run(&key("tenant"), &create_deployment(1));
    for name in ["provider", "rival"] {
        let device = register(&mut chain, name, 10_000_000);
        chain.run(&key(name), &create_bid(name, 1, &device, PRICE));
    }
    let mut exported = chain.export();
    exported["market"]["params"]["order_max_bids"] = 1.into();
    let mut copy = TestChain::from_genesis(&exported);
    copy.force(&[]);
    assert_eq!(copy.export()["market"], exported["market"]);
    let request = market::QueryBidsRequest::default();
    let answer: market::QueryBidsResponse = copy.query("/aliquot.market.v1.Query/Bids", &request);
    assert!(answer.bids.len() == 2 && answer.bids.iter().all(|bid| bid.state() == market::BidState::Open));
}

#[test]
fn queries_answer_for_past_heights() {
    let mut chain = TestChain::new();
    for _ in 0..3 {
        chain.run(&key("alice"), &send("alice", "bob", 10));
    }
    let ctx = |height| chain.app.state_at(height).unwrap();
    let bob = key("bob").address().parse_address();
    for height in 1..=3u64 {
        assert_eq!(
            aliquot::modules::bank::balance(&ctx(height), &bob, "ualq").unwrap(),
            FUNDS + 10 * u128::from(height)
        );
        assert_eq!(ctx(height).block.time, time_of(height));
    }
    assert!(chain.app.state_at(99).is_err());
}
