//! The same blocks on several instances: one that runs through, one that is stopped, opened again and rolled back, and for
//! a while one that was imported from the first's export. All must answer the same.

use crate::chain::{CHAIN_ID, TestChain, time_of};
use aliquot::runtime;
use aliquot_sdk::{Block, Ctx, Mode};
use aliquot_store::Snapshot;
use prost::bytes::Bytes;
use serde_json::Value;
use std::{collections::BTreeSet, ops::Bound};
use tendermint_proto::v0_38::abci::ResponseFinalizeBlock;

/// What happens to the second instance around a block.
#[derive(Clone, Copy, PartialEq)]
pub enum Disturbance {
    Nothing,
    /// Stopped between FinalizeBlock and Commit.
    Stop,
    /// Stopped after Commit.
    Restart,
    /// One height back, and the block once more.
    RollBack,
}

/// Heights of history that an instance keeps.
const RETAIN: u64 = 120;
/// Blocks for which an imported chain goes along.
const ALONG: u64 = 80;

pub struct Pair {
    pub first: TestChain,
    second: Option<TestChain>,
    /// The imported one, and its last height.
    heir: Option<(TestChain, u64)>,
}

impl Pair {
    pub fn new(genesis: &Value) -> Self {
        let chain = || TestChain::from_genesis_keeping(genesis, 1, Some(RETAIN));
        Pair { first: chain(), second: Some(chain()), heir: None }
    }

    /// Whether both find the same about a proposal, and what.
    pub fn accepts(&self, txs: &[Bytes]) -> bool {
        let accepted = self.first.accepts(txs);
        assert_eq!(self.second.as_ref().unwrap().accepts(txs), accepted, "one instance rejects what the other takes");
        accepted
    }

    /// Runs a block everywhere; the first instance keeps the answer.
    pub fn block(&mut self, txs: &[Bytes], disturbance: Disturbance) {
        let answer = self.first.finalize(txs);
        self.second = self.second.take().map(|chain| disturbed(chain, txs, disturbance, &answer));
        self.first.commit();
        self.first.last = answer;
        if let Some((heir, last)) = &mut self.heir {
            let answer = heir.finalize(txs);
            heir.commit();
            let expected = as_inherited(&self.first.last, &answer);
            let is_first = heir.height + ALONG == *last + 1;
            // What the states differ in says more than what came of it.
            if is_first || heir.height >= *last || expected != answer {
                assert_inherited(&self.first, heir);
            }
            assert_same(&expected, &answer, "an imported chain");
            if heir.height >= *last {
                self.heir = None;
            }
        }
    }

    /// Exports, imports to the same export, and lets the imported chain go along for some blocks.
    pub fn inherit(&mut self) {
        let exported = self.first.export();
        let height = self.first.height;
        let block = Block { chain_id: CHAIN_ID.into(), height, time: time_of(height), ..Block::default() };
        let mut ctx = Ctx::new(Snapshot::empty(), block, Mode::Deliver);
        runtime::init(&mut ctx, &exported).unwrap();
        let again = runtime::export(&ctx).unwrap();
        for (module, state) in exported.as_object().unwrap() {
            let (before, after) = (state.to_string(), again[module].to_string());
            assert!(before == after, "{module} is not exported as it was imported");
        }
        runtime::check_invariants(&ctx).unwrap();
        let heir = TestChain::from_genesis_keeping(&exported, height + 1, Some(RETAIN));
        self.heir = Some((heir, height + ALONG));
    }

    pub fn has_heir(&self) -> bool {
        self.heir.is_some()
    }
}

fn disturbed(mut chain: TestChain, txs: &[Bytes], how: Disturbance, expected: &ResponseFinalizeBlock) -> TestChain {
    let check = |chain: &TestChain, when: &str| assert_same(expected, &chain.finalize(txs), when);
    check(&chain, "the second instance");
    if how == Disturbance::Stop {
        let height = chain.height;
        chain = chain.reopen();
        assert_eq!(chain.height, height, "a block that was not committed is there");
        check(&chain, "after a stop before Commit");
    }
    chain.commit();
    if how == Disturbance::RollBack {
        chain.app.db().rollback().unwrap();
    }
    if matches!(how, Disturbance::RollBack | Disturbance::Restart) {
        chain = chain.reopen();
    }
    if how == Disturbance::RollBack {
        check(&chain, "after a rollback");
        chain.commit();
    }
    chain
}

/// What the heir answers; its hash alone differs as long as something is overdue.
fn as_inherited(first: &ResponseFinalizeBlock, heir: &ResponseFinalizeBlock) -> ResponseFinalizeBlock {
    ResponseFinalizeBlock { app_hash: heir.app_hash.clone(), ..first.clone() }
}

/// Both states must be the same, entry by entry, queues and indexes too.
fn assert_inherited(first: &TestChain, heir: &TestChain) {
    let (first, heir) = (first.app.state_at(0).unwrap(), heir.app.state_at(0).unwrap());
    let mut different = BTreeSet::new();
    for store in runtime::stores() {
        let all = |ctx: &Ctx| -> BTreeSet<(Vec<u8>, Vec<u8>)> {
            ctx.range(store, Bound::Unbounded, Bound::Unbounded, false).map(Result::unwrap).collect()
        };
        for (key, value) in all(&first).symmetric_difference(&all(&heir)) {
            let value = hex::encode(&value[..value.len().min(80)]);
            different.insert(format!("{store} {}: {value}", hex::encode(key)));
        }
    }
    assert!(different.is_empty(), "an imported chain is in another state: {different:#?}");
}

fn assert_same(expected: &ResponseFinalizeBlock, found: &ResponseFinalizeBlock, whose: &str) {
    for (place, (a, b)) in expected.tx_results.iter().zip(&found.tx_results).enumerate() {
        assert_eq!(a, b, "transaction {place}: {whose} differs");
    }
    assert_eq!(expected.events, found.events, "{whose} differs in events of the block");
    assert_eq!(expected, found, "{whose} differs");
}
