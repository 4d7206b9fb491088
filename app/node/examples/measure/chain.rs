//! A chain in this process on a real database, and the sends that benches run on it.

use super::{coin, key};
use aliquot::app::{App, BlockInput, Options};
use aliquot_client::{Key, TxBuilder, tx::SignerData};
use aliquot_proto::{Timestamp, cosmos::bank::v1beta1::MsgSend};
use prost::bytes::Bytes;
use serde_json::{Value, json};
use std::path::Path;

pub const CHAIN_ID: &str = "aliquot-bench-1";

/// A chain of accounts with funds that send each other coins.
pub struct Bench {
    pub app: App,
    height: i64,
    sequences: Vec<u64>,
    keys: Vec<Key>,
    numbers: Vec<u64>,
}

impl Bench {
    pub fn new(dir: &Path, accounts: usize) -> Self {
        let app = App::open(dir, Options::default()).unwrap();
        let keys: Vec<Key> = (0..accounts).map(key).collect();
        let balances: Vec<_> = keys
            .iter()
            .map(|k| json!({"address": k.address(), "coins": [{"denom": "ualq", "amount": "1000000000000"}]}))
            .collect();
        let state = genesis(&balances);
        app.init_chain(CHAIN_ID, 1, &state).unwrap();
        let mut bench = Bench { app, height: 0, sequences: vec![0; accounts], numbers: Vec::new(), keys };
        bench.block(&[]);
        let ctx = bench.app.state_at(0).unwrap();
        let number = |k: &Key| {
            let address = aliquot_sdk::Address::parse(k.address()).unwrap();
            aliquot::modules::auth::account(&ctx, &address).unwrap().unwrap().account_number
        };
        bench.numbers = bench.keys.iter().map(number).collect();
        bench
    }

    pub fn addresses(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.address().to_string()).collect()
    }

    /// Signed sends, spread over all accounts.
    pub fn sends(&mut self, count: usize) -> Vec<Bytes> {
        let all = self.keys.len();
        (0..count)
            .map(|i| {
                let (from, to) = (i % all, (i * 7 + 1) % all);
                let msg = MsgSend {
                    from_address: self.keys[from].address().into(),
                    to_address: self.keys[to].address().into(),
                    amount: vec![coin(1)],
                };
                let signer = SignerData {
                    chain_id: CHAIN_ID.into(),
                    account_number: self.numbers[from],
                    sequence: self.sequences[from],
                };
                self.sequences[from] += 1;
                TxBuilder::new()
                    .msg(&msg)
                    .gas_limit(100_000)
                    .fee(coin(1_000))
                    .sign(&self.keys[from], &signer)
                    .bytes
                    .into()
            })
            .collect()
    }

    fn input<'a>(&self, txs: &'a [Bytes]) -> BlockInput<'a> {
        BlockInput { height: (self.height + 1) as u64, time: Timestamp::default(), proposer: &[], txs }
    }

    /// How many of them a proposer takes.
    pub fn propose(&self, txs: &[Bytes]) -> usize {
        self.app.prepare_proposal(&self.input(txs), 20_000_000).unwrap().len()
    }

    pub fn finalize(&mut self, txs: &[Bytes]) {
        let out = self.app.finalize_block(&self.input(txs)).unwrap();
        for outcome in &out.outcomes {
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
        }
    }

    pub fn commit(&mut self) {
        self.app.commit().unwrap();
        self.height += 1;
    }

    pub fn block(&mut self, txs: &[Bytes]) {
        self.finalize(txs);
        self.commit();
    }
}

pub fn genesis(balances: &[Value]) -> Value {
    json!({
        "bank": {"balances": balances}, "validator": {"params": {"epoch_blocks": "60"}}, "beacon": {"params": {"retain_blocks": "100"}},
        "compute": {"params": {"min_bonds": [{"denom": "ualq", "amount": "1"}], "sample_delay_blocks": 3, "open_blocks": 5,
            "challenge_blocks": 4, "commit_blocks": 10, "default_samples": 16, "verify_gas_per_block": "1280000000", "max_chunk_cost": "20000000"}},
        "escrow": {"params": {"max_due": 2000}},
        "market": {"params": {"order_max_bids": 4, "bid_window_blocks": 5, "order_ttl_blocks": 200, "provider_max_leases": 1000}},
        "deployment": {"params": {"block_ms": 1000, "max_groups": 4, "max_inline_input": 65536}},
    })
}
