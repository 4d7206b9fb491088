//! What this process has done since it started: counted without locks, for metrics alone. Nothing reads it to decide.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

#[derive(Debug, Default)]
pub struct Stats {
    pub checks_passed: AtomicU64,
    pub checks_refused: AtomicU64,
    pub txs_succeeded: AtomicU64,
    pub txs_failed: AtomicU64,
    pub blocks: AtomicU64,
    pub abci_queries_answered: AtomicU64,
    pub abci_queries_failed: AtomicU64,
    pub abci_query_micros: AtomicU64,
}

fn count(yes: bool, when_yes: &AtomicU64, when_no: &AtomicU64) {
    if yes { when_yes } else { when_no }.fetch_add(1, Relaxed);
}

impl Stats {
    /// A transaction that CheckTx looked at.
    pub fn checked(&self, passed: bool) {
        count(passed, &self.checks_passed, &self.checks_refused);
    }

    /// A block that was run, as whether each of its transactions succeeded. A block may be run more than once.
    pub fn finalized(&self, succeeded: impl Iterator<Item = bool>) {
        self.blocks.fetch_add(1, Relaxed);
        succeeded.for_each(|yes| count(yes, &self.txs_succeeded, &self.txs_failed));
    }

    /// A query over ABCI.
    pub fn asked(&self, took: Duration, answered: bool) {
        count(answered, &self.abci_queries_answered, &self.abci_queries_failed);
        self.abci_query_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
}
