//! Random lives of leases that pay one payee, run dry, and end by the fault of their providers: in every block the
//! payee's counter is that of a model, and so is what each tenant has back at the end.
//!
//! The model keeps one sum, one rate and a queue of starts and ends, each `lag` blocks late. It knows a fault as the
//! last block that is paid; the chain finds it by a heartbeat that stays away, or without a lag by a provider that
//! leaves. Every tenant has an account of its own, so that its refund shows in its balance.

use crate::{
    bare::{Chain, SUB, address, bid, coin, service, text},
    chain::genesis,
};
use aliquot::{modules::bank, runtime};
use aliquot_proto::{
    deployment::v1 as deployment,
    market::v1::{self as market, LeaseId},
    provider::v1 as provider,
};
use aliquot_sdk::Ctx;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const PROVIDERS: [&str; 3] = ["provider", "rival", "alice"];
const PAYEE: &str = "bob";
const FUNDS: u128 = 1_000;
/// A history is at most this many leases long; each has a tenant of its own.
const LENGTH: usize = 40;

#[derive(Clone, Debug)]
enum Event {
    None,
    Open { provider: usize, rate_sub: u128, deposit: u128 },
    Fail { provider: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let open = (0..PROVIDERS.len(), 1..5 * SUB, 6..500u128);
    prop_oneof![
        5 => open.prop_map(|(provider, rate_sub, deposit)| Event::Open { provider, rate_sub, deposit }),
        2 => (0..PROVIDERS.len()).prop_map(|provider| Event::Fail { provider }),
        3 => Just(Event::None),
    ]
}

/// A lease as the model knows it; amounts are sub-units.
#[derive(Clone, Debug)]
struct Lease {
    rate: u128,
    start: u64,
    end: u64,
    deposit: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Start,
    End,
}

/// The counter of one payee.
#[derive(Default)]
struct Model {
    lag: u64,
    sum: u128,
    rate: u128,
    at: u64,
    queue: BTreeSet<(u64, Turn, usize)>,
    leases: BTreeMap<usize, Lease>,
    refunds: BTreeMap<usize, u128>,
}

impl Model {
    fn grow(&mut self, height: u64) {
        self.sum += self.rate * u128::from(height - self.at);
        self.at = height;
    }

    fn roll(&mut self, height: u64) {
        while let Some(due) = self.queue.first().copied().filter(|due| due.0 <= height) {
            self.queue.remove(&due);
            let (at, turn, name) = due;
            self.grow(at);
            match turn {
                Turn::Start => self.rate += self.leases[&name].rate,
                Turn::End => {
                    let lease = self.leases.remove(&name).unwrap();
                    self.rate -= lease.rate;
                    self.refunds.insert(name, lease.deposit - lease.rate * u128::from(lease.end - lease.start));
                }
            }
        }
        self.grow(height);
    }

    /// Gives the last block that the deposit pays.
    fn open(&mut self, height: u64, name: usize, rate: u128, deposit: u128) -> u64 {
        self.roll(height);
        let end = height + (deposit / rate) as u64;
        self.leases.insert(name, Lease { rate, start: height, end, deposit });
        self.queue.insert((height + self.lag, Turn::Start, name));
        self.queue.insert((end + self.lag, Turn::End, name));
        self.roll(height);
        end
    }

    /// Nothing above `paid_to` is paid, which is not before what the counter shows.
    fn fail(&mut self, height: u64, name: usize, paid_to: u64) {
        self.roll(height);
        let Some(lease) = self.leases.remove(&name) else { return };
        self.queue.retain(|(_, _, other)| *other != name);
        if self.at >= lease.start + self.lag {
            self.rate -= lease.rate;
        }
        let shown = height.saturating_sub(self.lag).min(lease.end).saturating_sub(lease.start);
        let more = paid_to - lease.start - shown;
        self.sum += lease.rate * u128::from(more);
        self.refunds.insert(name, lease.deposit - lease.rate * u128::from(paid_to - lease.start));
    }

    fn counter(&mut self, height: u64) -> u128 {
        self.roll(height);
        self.sum
    }
}

fn tenant(name: usize) -> String {
    format!("tenant {name}")
}

/// Heartbeats are asked for as often as revenue is verified, so that a fault is found when it is still unpaid.
fn state(lag: u32) -> Value {
    let mut state = genesis();
    let escrow = &mut state["escrow"]["params"];
    (escrow["earnings_lag"], escrow["fee_bps"]) = (json!(lag), json!(0));
    escrow["min_deposits"] = json!([{"denom": "ualq", "amount": "1"}]);
    state["deployment"]["params"]["grace_blocks"] = json!(0);
    // What providers lose is not what this is about.
    (state["market"]["params"]["early_exit_bps"], state["compute"]["params"]["service_fault_bps"]) =
        (json!(0), json!(0));
    let heartbeats = &mut state["provider"]["params"];
    (heartbeats["heartbeat_blocks"], heartbeats["jail_after"]) = (json!(lag), json!(1));
    let balances = state["bank"]["balances"].as_array_mut().unwrap();
    let coins = json!([{"denom": "ualq", "amount": FUNDS.to_string()}]);
    balances.extend((0..LENGTH).map(|name| json!({"address": text(&tenant(name)), "coins": coins})));
    state
}

/// A deployment of its own and the lease of it, which pays the payee.
fn lease(chain: &mut Chain, id: &LeaseId, device: usize, rate_sub: u128, deposit: u128) {
    let owner = id.owner.clone();
    let create = deployment::MsgCreateDeployment {
        owner: owner.clone(),
        dseq: id.dseq,
        groups: vec![service(rate_sub)],
        hash: vec![1; 32],
        deposit: coin(deposit),
        ..Default::default()
    };
    chain.run(&create).unwrap();
    let payees = vec![market::Payee { address: text(PAYEE), weight: 1 }];
    chain.run(&market::MsgCreateBid { payees, ..bid(id, &chain.devices[device], rate_sub) }).unwrap();
    chain.run(&market::MsgCreateLease { owner, id: Some(id.clone()), standby: String::new() }).unwrap();
}

/// What the test knows of a provider: whether it still beats, and when it last did with a lease to beat for.
#[derive(Clone, Copy, Default)]
struct Beat {
    last: Option<u64>,
    silent: bool,
}

struct World {
    chain: Chain,
    model: Model,
    beats: [Beat; PROVIDERS.len()],
    /// Of every lease, in units.
    deposits: BTreeMap<usize, u128>,
    /// Leases that run: provider, first and last block.
    live: BTreeMap<usize, (usize, u64, u64)>,
    /// Leases that failed, and providers that were jailed for it, in the last block.
    failed: Vec<usize>,
    jailed: Vec<usize>,
}

impl World {
    fn new(lag: u32) -> Self {
        let mut chain = Chain::new(&state(lag));
        PROVIDERS.iter().for_each(|name| chain.register(name));
        let model = Model { lag: lag.into(), at: chain.height(), ..Model::default() };
        let (beats, deposits, live, failed, jailed) = Default::default();
        World { chain, model, beats, deposits, live, failed, jailed }
    }

    fn id(&self, name: usize, provider: usize) -> LeaseId {
        LeaseId { owner: text(&tenant(name)), dseq: 1, gseq: 1, oseq: 1, provider: text(PROVIDERS[provider]) }
    }

    fn compare(&mut self) {
        let height = self.chain.height();
        assert_eq!(self.chain.earned(&address(PAYEE)), self.model.counter(height), "at {height}");
    }

    fn open(&mut self, name: usize, provider: usize, rate_sub: u128, deposit: u128) {
        let (height, id) = (self.chain.height(), self.id(name, provider));
        lease(&mut self.chain, &id, provider, rate_sub, deposit);
        let end = self.model.open(height, name, rate_sub, deposit * SUB);
        self.live.insert(name, (provider, height, end));
        self.deposits.insert(name, deposit);
        self.beats[provider].last.get_or_insert(height);
    }

    fn leases_of(&self, provider: usize) -> Vec<(usize, u64)> {
        let of_it = self.live.iter().filter(|(_, lease)| lease.0 == provider);
        of_it.map(|(name, (_, start, _))| (*name, *start)).collect()
    }

    fn fail(&mut self, provider: usize) {
        if self.model.lag > 0 {
            self.beats[provider].silent |= self.beats[provider].last.is_some();
            return;
        }
        let height = self.chain.height();
        for (name, _) in self.leases_of(provider) {
            let id = self.id(name, provider);
            self.chain.run(&market::MsgCloseBid { signer: id.provider.clone(), id: Some(id), reason: 0 }).unwrap();
            self.end(name, height, height);
        }
    }

    fn end(&mut self, name: usize, height: u64, paid_to: u64) {
        self.model.fail(height, name, paid_to);
        self.live.remove(&name);
        self.failed.push(name);
    }

    /// Faults are found before deposits end in a block.
    fn end_block(&mut self) {
        let height = self.chain.height();
        self.chain.end_block();
        for provider in 0..PROVIDERS.len() {
            let last = self.beats[provider].last;
            let Some(last) = last.filter(|last| self.model.lag > 0 && last + self.model.lag <= height) else {
                continue;
            };
            for (name, start) in self.leases_of(provider) {
                self.end(name, height, last.max(start));
            }
            self.jailed.push(provider);
        }
        self.live.retain(|_, (_, _, end)| *end > height);
        for provider in 0..PROVIDERS.len() {
            if self.leases_of(provider).is_empty() {
                self.beats[provider] = Beat::default();
            }
        }
    }

    fn begin_block(&mut self) {
        self.chain.begin_block();
        self.compare();
        for provider in std::mem::take(&mut self.jailed) {
            self.chain.run(&provider::MsgUnjail { owner: text(PROVIDERS[provider]) }).unwrap();
        }
        // A group that its provider left waits; its tenant has had enough.
        for name in std::mem::take(&mut self.failed) {
            let close = deployment::MsgCloseDeployment { owner: text(&tenant(name)), dseq: 1 };
            self.chain.run(&close).unwrap();
        }
        for (name, beat) in PROVIDERS.iter().zip(&mut self.beats) {
            if beat.last.is_some() && !beat.silent && self.model.lag > 0 {
                let msg = provider::MsgHeartbeat { signer: text(name), provider: text(name) };
                self.chain.run(&msg).unwrap();
                beat.last = Some(self.chain.height());
            }
        }
    }

    fn next_block(&mut self) {
        self.end_block();
        self.begin_block();
    }

    /// Every provider fails, and what is left is verified; then every tenant has its refund, to the unit.
    fn finish(mut self) {
        (0..PROVIDERS.len()).for_each(|provider| self.fail(provider));
        while !self.live.is_empty() || !self.failed.is_empty() || !self.model.leases.is_empty() {
            self.next_block();
        }
        (0..=self.model.lag).for_each(|_| self.next_block());
        for (name, deposit) in self.deposits {
            let has = bank::balance(&self.chain.ctx, &address(&tenant(name)), "ualq").unwrap();
            assert_eq!(has, FUNDS - deposit + self.model.refunds[&name] / SUB, "refund of lease {name}");
        }
        runtime::check_invariants(&self.chain.ctx).unwrap();
    }
}

fn cases() -> u32 {
    std::env::var("ALIQUOT_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn every_history_counts_the_same_in_every_block(
        events in prop::collection::vec((0..20u64, event()), 1..=LENGTH), lag in prop::sample::select(vec![0u32, 1, 20]),
    ) {
        let mut world = World::new(lag);
        for (name, (blocks, event)) in events.iter().enumerate() {
            (0..*blocks).for_each(|_| world.next_block());
            match *event {
                Event::Open { provider, rate_sub, deposit } => world.open(name, provider, rate_sub, deposit),
                Event::Fail { provider } => world.fail(provider),
                Event::None => {}
            }
            world.compare();
        }
        world.finish();
    }
}

#[test]
fn providers_that_fall_silent_together_are_all_found_though_not_in_one_block() {
    let mut state = state(20);
    let names: Vec<String> = (0..70).map(|n| format!("host {n}")).collect();
    let coins = json!([{"denom": "ualq", "amount": "1000000000000"}]);
    let hosts = names.iter().map(|name| json!({"address": text(name), "coins": coins}));
    state["bank"]["balances"].as_array_mut().unwrap().extend(hosts);
    let mut chain = Chain::new(&state);
    let mut ids = Vec::new();
    for (n, name) in names.iter().enumerate() {
        chain.register(name);
        let id = LeaseId { owner: text(&tenant(0)), dseq: n as u64 + 1, gseq: 1, oseq: 1, provider: text(name) };
        lease(&mut chain, &id, n, SUB / 10, 6);
        ids.push(id);
    }
    (0..=21).for_each(|_| chain.next_block());
    for id in ids {
        let request = market::QueryLeaseRequest { id: Some(id) };
        let lease: market::QueryLeaseResponse = chain.query("/aliquot.market.v1.Query/Lease", &request);
        assert_eq!(lease.lease.unwrap().reason(), market::LeaseClosedReason::ProviderSilent);
    }
    // 64 are found when nothing is verified; one block of the other six is by then.
    (0..21).for_each(|_| chain.next_block());
    assert_eq!(chain.earned(&address(PAYEE)), 6 * SUB / 10);
    runtime::check_invariants(&chain.ctx).unwrap();
}

#[test]
fn a_genesis_whose_heartbeats_are_missed_too_late_is_refused() {
    let mut state = state(20);
    state["provider"]["params"]["heartbeat_blocks"] = json!(21);
    let refused = runtime::init(&mut Ctx::test(), &state).unwrap_err();
    assert!(refused.text.contains("earnings_lag must be at least"), "{}", refused.text);
}

/// The acceptance table's rows with a lag: a fault found at 160 that was verified up to 140, and a deposit that ends.
#[test]
fn the_model_itself_is_right_where_the_table_says_so() {
    let mut model = Model { lag: 20, ..Model::default() };
    model.open(100, 0, 15 * SUB, 15_000 * SUB);
    assert_eq!([110, 140, 160].map(|height| model.counter(height) / SUB), [0, 300, 600]);
    model.fail(160, 0, 140);
    assert_eq!((model.counter(1_000_000) / SUB, model.refunds[&0] / SUB), (600, 14_400));
    let mut model = Model { lag: 20, ..Model::default() };
    assert_eq!(model.open(100, 0, 15 * SUB, 1_000 * SUB), 166);
    assert_eq!([166, 185, 186, 500].map(|height| model.counter(height) / SUB), [690, 975, 990, 990]);
    assert_eq!(model.refunds[&0] / SUB, 10);
    let mut model = Model::default();
    model.open(100, 0, 15 * SUB, 1_000 * SUB);
    model.open(110, 1, 5 * SUB, 10_000 * SUB);
    assert_eq!(model.counter(200) / SUB, 1_440);
}
