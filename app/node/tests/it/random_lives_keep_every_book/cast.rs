//! Who acts: tenants, providers with operators and payees, auditors, the authority; and the genesis that funds them.

use crate::chain::{genesis, key};
use aliquot_client::Key;
use rand::{rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const DENOMS: [&str; 2] = ["ualq", "utest"];
const FUNDS: u128 = 1_000_000_000_000_000;

/// Blocks after which closed objects leave the state: short, so that a long run does not end in a walk over its past.
pub const RETAIN_BLOCKS: u64 = 60;
pub const EARNINGS_LAG: u64 = 12;
pub const HEARTBEAT_BLOCKS: u64 = 8;

/// Addresses by part, and the keys of all.
pub struct Cast {
    keys: BTreeMap<String, Key>,
    pub all: Vec<String>,
    pub tenants: Vec<String>,
    pub providers: Vec<String>,
    pub operators: Vec<String>,
    pub payees: Vec<String>,
    pub auditors: Vec<String>,
    pub authority: String,
    /// The one who may upload contracts.
    pub uploader: String,
}

impl Cast {
    pub fn new() -> Self {
        let mut keys = BTreeMap::new();
        let mut people = |part: &str, count: usize| -> Vec<String> {
            let named = (0..count).map(|i| key(&format!("{part} {i}")));
            let added = named.map(|key| {
                let address = key.address().to_string();
                keys.insert(address.clone(), key);
                address
            });
            added.collect()
        };
        let (tenants, providers, operators) = (people("tenant", 6), people("provider", 7), people("operator", 7));
        let (payees, auditors) = (people("payee", 4), people("auditor", 2));
        let (authority, uploader) = (key("authority"), key("uploader"));
        for key in [&authority, &uploader] {
            keys.insert(key.address().into(), key.clone());
        }
        let (authority, uploader) = (authority.address().into(), uploader.address().into());
        let all = keys.keys().cloned().collect();
        Cast { keys, all, tenants, providers, operators, payees, auditors, authority, uploader }
    }

    pub fn key(&self, address: &str) -> &Key {
        &self.keys[address]
    }

    pub fn anyone(&self, rng: &mut StdRng) -> String {
        self.all.choose(rng).unwrap().clone()
    }

    /// Short spans and small limits: what takes days on a real chain falls due within dozens of blocks.
    pub fn genesis(&self) -> Value {
        let mut state = genesis();
        let coins: Vec<Value> = DENOMS.iter().map(|d| json!({"denom": d, "amount": FUNDS.to_string()})).collect();
        let account = |address: &String| json!({"address": address, "coins": coins});
        state["bank"]["balances"] = self.all.iter().map(account).collect();
        let least = |amount: &str| -> Value { DENOMS.iter().map(|d| json!({"denom": d, "amount": amount})).collect() };
        let tune = |part: &mut Value, with: Value| {
            for (name, value) in with.as_object().unwrap() {
                part["params"][name] = value.clone();
            }
        };
        tune(&mut state["escrow"], json!({"min_deposits": least("1000"), "earnings_lag": EARNINGS_LAG, "max_due": 3}));
        tune(&mut state["provider"], json!({"heartbeat_blocks": HEARTBEAT_BLOCKS, "half_life_blocks": 100}));
        tune(
            &mut state["market"],
            json!({"min_bid_deposits": least("500000"), "bid_window_blocks": 10, "order_ttl_blocks": 30,
                "provider_max_leases": 40, "max_reclamation_blocks": 10}),
        );
        tune(&mut state["deployment"], json!({"retain_blocks": RETAIN_BLOCKS, "grace_blocks": 6}));
        // A tenth of what is opened at once: queues of verification come to be.
        tune(&mut state["compute"], json!({"service_lock_blocks": 100, "default_samples": 8}));
        state["wasm"] = json!({"params": {
            "code_upload_access": {"permission": "ACCESS_TYPE_ANY_OF_ADDRESSES", "addresses": [self.uploader]},
            "instantiate_default_permission": "ACCESS_TYPE_EVERYBODY"}});
        state
    }
}
