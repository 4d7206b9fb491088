//! Random lives of service leases on two chains without blocks of their own, against a model that pays block by block.
//!
//! The model knows no rates over heights, no queues and no lag arithmetic: it keeps a list of what was paid to whom in
//! which block. One chain is touched in every block (its payees withdraw), the other only when a message comes.

use crate::{
    bare::{Chain, SUB, address, bid, coin, rate, service, text},
    chain::{NAMES, genesis},
};
use aliquot::{modules::bank, runtime};
use aliquot_proto::{
    deployment::v1 as deployment,
    escrow::v1 as pb,
    market::v1::{self as mk, LeaseId},
};
use aliquot_sdk::Address;
use proptest::prelude::*;
use prost::Name;
use serde_json::json;
use std::collections::BTreeMap;

const GROUPS: usize = 2;
const FEE_BPS: u128 = 333;
const GRACE: u64 = 7;
const PROVIDERS: [&str; 2] = ["provider", "rival"];

#[derive(Debug, Clone)]
enum Op {
    Advance(u64),
    Create { d: usize, deposit: u128 },
    Deposit { d: usize, from: usize, amount: u128 },
    Open { d: usize, g: usize, p: usize, rate_sub: u128 },
    Amend { d: usize, g: usize, rate_sub: u128 },
    CloseLease { d: usize, g: usize },
    CloseDeployment { d: usize },
}

fn op() -> impl Strategy<Value = Op> {
    let (d, g, rate) = (0..3usize, 0..GROUPS, 1..60 * SUB);
    prop_oneof![
        4 => (1..25u64).prop_map(Op::Advance),
        2 => (d.clone(), 20..600u128).prop_map(|(d, deposit)| Op::Create { d, deposit }),
        2 => (d.clone(), 0..3usize, 1..300u128).prop_map(|(d, from, amount)| Op::Deposit { d, from, amount }),
        4 => (d.clone(), g.clone(), 0..2usize, rate.clone()).prop_map(|(d, g, p, rate_sub)| Op::Open { d, g, p, rate_sub }),
        1 => (d.clone(), g.clone(), rate).prop_map(|(d, g, rate_sub)| Op::Amend { d, g, rate_sub }),
        1 => (d.clone(), g).prop_map(|(d, g)| Op::CloseLease { d, g }),
        1 => d.prop_map(|d| Op::CloseDeployment { d }),
    ]
}

fn chain(lag: u32) -> Chain {
    let mut state = genesis();
    state["escrow"]["params"]["earnings_lag"] = json!(lag);
    state["escrow"]["params"]["min_deposits"] = json!([{"denom": "ualq", "amount": "1"}]);
    let params = &mut state["deployment"]["params"];
    (params["grace_blocks"], params["max_groups"]) = (json!(GRACE), json!(4));
    state["market"]["params"]["order_ttl_blocks"] = json!(100_000);
    state["market"]["params"]["bid_window_blocks"] = json!(100_000);
    let mut chain = Chain::new(&state);
    PROVIDERS.iter().for_each(|name| chain.register(name));
    chain
}

#[derive(Clone, Debug)]
struct Lease {
    provider: usize,
    rate_sub: u128,
}

#[derive(Clone, Debug, PartialEq)]
enum Life {
    Active,
    Paused { closes_at: u64 },
    Closed,
}

/// One deployment as the model sees it.
#[derive(Clone, Debug)]
struct Deployment {
    dseq: u64,
    life: Life,
    free_sub: u128,
    oseq: [u32; GROUPS],
    /// What each provider asked for last on a group's order; it never rises.
    asked: [[Option<u128>; PROVIDERS.len()]; GROUPS],
    leases: [Option<Lease>; GROUPS],
}

#[derive(Default)]
struct Model {
    height: u64,
    lag: u64,
    deployments: BTreeMap<usize, Deployment>,
    next_dseq: u64,
    /// What was paid in each block that is not verified yet, and all that is.
    paid: BTreeMap<u64, Vec<(Address, u128)>>,
    verified: BTreeMap<Address, u128>,
}

/// The legs of a rate, written down again.
fn legs(lease: &Lease) -> Vec<(Address, u128)> {
    let fee = lease.rate_sub * FEE_BPS / 10_000;
    let (stakers, community) = (fee * 4_000 / 10_000, fee * 3_333 / 10_000);
    let named = |name| Address::module(name);
    vec![
        (address(PROVIDERS[lease.provider]), lease.rate_sub - fee),
        (named("fee_stakers"), stakers),
        (named("community"), community),
        (named("insurance"), fee - stakers - community),
    ]
}

impl Deployment {
    fn need(&self) -> u128 {
        self.leases.iter().flatten().map(|lease| lease.rate_sub).sum()
    }
    fn close(&mut self) {
        self.life = Life::Closed;
        self.leases = Default::default();
    }
}

impl Model {
    fn next_block(&mut self) {
        for deployment in self.deployments.values_mut() {
            let need = deployment.need();
            if deployment.life == Life::Active && need > 0 && deployment.free_sub < need {
                deployment.life = Life::Paused { closes_at: self.height + GRACE };
            }
            if deployment.life == (Life::Paused { closes_at: self.height }) {
                deployment.close();
            }
        }
        self.height += 1;
        for deployment in self.deployments.values_mut().filter(|deployment| deployment.life == Life::Active) {
            for lease in deployment.leases.iter().flatten() {
                deployment.free_sub -= lease.rate_sub;
                self.paid.entry(self.height).or_default().extend(legs(lease));
            }
        }
        while let Some(block) = self.paid.first_entry().filter(|block| block.key() + self.lag <= self.height) {
            for (payee, leg) in block.remove() {
                *self.verified.entry(payee).or_default() += leg;
            }
        }
    }

    fn earned(&self, payee: &Address) -> u128 {
        self.verified.get(payee).copied().unwrap_or(0)
    }
}

struct World {
    chains: [Chain; 2],
    model: Model,
}

impl World {
    fn new(lag: u32) -> Self {
        let chains = [chain(lag), chain(lag)];
        let height = chains[0].height();
        World { chains, model: Model { height, lag: lag.into(), next_dseq: 1, ..Model::default() } }
    }

    /// Runs a message on both; they and the model must agree on whether it may be.
    fn run<M: Name>(&mut self, msg: &M, expected: bool) {
        for chain in &mut self.chains {
            let done = chain.run(msg);
            assert_eq!(done.is_ok(), expected, "{}: {:?} at {}", M::full_name(), done.err(), self.model.height);
        }
    }

    fn lease_id(&self, d: usize, g: usize, p: usize) -> LeaseId {
        let deployment = &self.model.deployments[&d];
        let (gseq, oseq) = (g as u32 + 1, deployment.oseq[g]);
        LeaseId { owner: text("tenant"), dseq: deployment.dseq, gseq, oseq, provider: text(PROVIDERS[p]) }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Advance(blocks) => (0..blocks).for_each(|_| self.next_block()),
            Op::Create { d, deposit } => self.create(d, deposit),
            Op::Deposit { d, from, amount } => self.deposit(d, ["tenant", "alice", "bob"][from], amount),
            Op::Open { d, g, p, rate_sub } => self.open(d, g, p, rate_sub),
            Op::Amend { d, g, rate_sub } => self.amend(d, g, rate_sub),
            Op::CloseLease { d, g } => self.close_lease(d, g),
            Op::CloseDeployment { d } => {
                let Some(deployment) = self.model.deployments.get_mut(&d) else { return };
                let open = deployment.life != Life::Closed;
                let msg = deployment::MsgCloseDeployment { owner: text("tenant"), dseq: deployment.dseq };
                deployment.close();
                self.run(&msg, open);
            }
        }
    }

    fn next_block(&mut self) {
        self.model.next_block();
        self.chains.iter_mut().for_each(Chain::next_block);
        // The first chain's payees look and withdraw all the time.
        for name in PROVIDERS {
            let withdraw = pb::MsgWithdraw { payee: text(name), denom: "ualq".into() };
            self.chains[0].run(&withdraw).unwrap();
        }
        self.compare();
    }

    fn compare(&self) {
        let payees =
            PROVIDERS.map(address).into_iter().chain(["fee_stakers", "community", "insurance"].map(Address::module));
        for payee in payees {
            let expected = self.model.earned(&payee);
            for chain in &self.chains {
                assert_eq!(chain.earned(&payee), expected, "{payee} at {}", self.model.height);
            }
        }
        for deployment in self.model.deployments.values().filter(|deployment| deployment.life == Life::Active) {
            let request = pb::QueryBlocksRemainingRequest { owner: text("tenant"), dseq: deployment.dseq };
            let answer: pb::QueryBlocksRemainingResponse =
                self.chains[1].query("/aliquot.escrow.v1.Query/BlocksRemaining", &request);
            let free = answer.denoms.first().map(|row| row.free_sub.parse::<u128>().unwrap());
            assert_eq!(free, (deployment.need() > 0).then_some(deployment.free_sub), "at {}", self.model.height);
        }
    }

    fn create(&mut self, d: usize, deposit: u128) {
        if self.model.deployments.get(&d).is_some_and(|deployment| deployment.life != Life::Closed) {
            return;
        }
        let dseq = self.model.next_dseq;
        self.model.next_dseq += 1;
        let msg = deployment::MsgCreateDeployment {
            owner: text("tenant"),
            dseq,
            groups: vec![service(1_000 * SUB); GROUPS],
            hash: vec![1; 32],
            deposit: coin(deposit),
            ..Default::default()
        };
        self.run(&msg, true);
        let fresh = Deployment {
            dseq,
            life: Life::Active,
            free_sub: deposit * SUB,
            oseq: [1; GROUPS],
            asked: Default::default(),
            leases: Default::default(),
        };
        self.model.deployments.insert(d, fresh);
    }

    fn deposit(&mut self, d: usize, from: &str, amount: u128) {
        let Some(deployment) = self.model.deployments.get_mut(&d) else { return };
        let open = deployment.life != Life::Closed;
        if open {
            deployment.free_sub += amount * SUB;
        }
        let need = deployment.need();
        if matches!(deployment.life, Life::Paused { .. }) && deployment.free_sub >= need {
            deployment.life = Life::Active;
        }
        let dseq = deployment.dseq;
        let msg = pb::MsgAccountDeposit { depositor: text(from), owner: text("tenant"), dseq, amount: coin(amount) };
        self.run(&msg, open);
    }

    fn open(&mut self, d: usize, g: usize, p: usize, rate_sub: u128) {
        let Some(deployment) = self.model.deployments.get_mut(&d) else { return };
        if deployment.life == Life::Closed || deployment.leases[g].is_some() {
            return;
        }
        let asked = &mut deployment.asked[g][p];
        let taken = asked.is_none_or(|asked| rate_sub <= asked);
        if taken {
            *asked = Some(rate_sub);
        }
        let (id, device_id) = (self.lease_id(d, g, p), self.chains[0].devices[p].clone());
        self.run(&bid(&id, &device_id, rate_sub), taken);
        if !taken {
            return;
        }
        let (signer, id) = (id.provider.clone(), Some(id));
        let deployment = self.model.deployments.get_mut(&d).unwrap();
        let pays = deployment.life == Life::Active && deployment.free_sub >= deployment.need() + rate_sub;
        if pays {
            deployment.leases[g] = Some(Lease { provider: p, rate_sub });
        }
        self.run(&mk::MsgCreateLease { owner: text("tenant"), id: id.clone(), standby: String::new() }, pays);
        if !pays {
            self.run(&mk::MsgCloseBid { signer, id, reason: 0 }, true);
        }
    }

    fn amend(&mut self, d: usize, g: usize, rate_sub: u128) {
        let Some(deployment) = self.model.deployments.get_mut(&d) else { return };
        let Some(lease) = deployment.leases[g].clone() else { return };
        let active = deployment.life == Life::Active;
        let pays = active && deployment.free_sub >= deployment.need() - lease.rate_sub + rate_sub;
        if pays {
            deployment.leases[g] = Some(Lease { rate_sub, ..lease });
        }
        let id = Some(self.lease_id(d, g, lease.provider));
        let amend =
            |signer: String| mk::MsgAmendLease { signer, id: id.clone(), rate: rate(rate_sub), resources: vec![] };
        self.run(&amend(text("tenant")), active);
        self.run(&amend(text(PROVIDERS[lease.provider])), pays);
    }

    fn close_lease(&mut self, d: usize, g: usize) {
        let Some(deployment) = self.model.deployments.get_mut(&d) else { return };
        let Some(lease) = deployment.leases[g].take() else { return };
        let id = self.lease_id(d, g, lease.provider);
        self.run(&mk::MsgCloseLease { owner: text("tenant"), id: Some(id) }, true);
        let deployment = self.model.deployments.get_mut(&d).unwrap();
        deployment.oseq[g] += 1;
        deployment.asked[g] = Default::default();
    }

    /// Closes everything, waits out the lag, and compares every coin.
    fn finish(mut self) {
        let live: Vec<usize> = self.model.deployments.keys().copied().collect();
        live.into_iter().for_each(|d| self.apply(&Op::CloseDeployment { d }));
        (0..=self.model.lag).for_each(|_| self.next_block());
        for chain in &mut self.chains {
            for name in PROVIDERS {
                chain.run(&pb::MsgWithdraw { payee: text(name), denom: "ualq".into() }).unwrap();
            }
            runtime::check_invariants(&chain.ctx).unwrap();
        }
        let balance = |chain: &Chain, name: &str| bank::balance(&chain.ctx, &address(name), "ualq").unwrap();
        let balances = |chain: &Chain| NAMES.iter().map(|name| balance(chain, name)).collect::<Vec<_>>();
        assert_eq!(balances(&self.chains[0]), balances(&self.chains[1]));
    }
}

fn cases() -> u32 {
    std::env::var("ALIQUOT_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn every_history_comes_to_the_same_to_the_sub_unit(
        ops in prop::collection::vec(op(), 1..40), lag in prop::sample::select(vec![0u32, 1, 5, 20]),
    ) {
        let mut world = World::new(lag);
        for op in &ops {
            world.apply(op);
        }
        world.finish();
    }
}
