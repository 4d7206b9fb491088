//! The one who draws: a generator of pseudo-random numbers, what the chain holds, and who acts on it.

use super::{
    authority, cast::Cast, contracts, everyday, fees, grants, jobs, mirror::Mirror, offers, providers, tenants,
};
use aliquot_client::any;
use aliquot_proto::{Any, Coin};
use prost::Name;
use rand::{
    Rng, SeedableRng,
    distributions::uniform::{SampleRange, SampleUniform},
    rngs::StdRng,
    seq::SliceRandom,
};
use std::{collections::BTreeSet, fmt::Display};

pub const GAS: u64 = 6_000_000;

/// A message that should succeed as things stand, with its signer.
#[derive(Clone)]
pub struct Draft {
    pub signer: String,
    pub msg: Any,
    pub gas: u64,
}

impl Draft {
    pub fn of<M: Name>(signer: &str, msg: &M) -> Option<Self> {
        Some(Draft { signer: signer.into(), msg: any(msg), gas: GAS })
    }

    pub fn gas(self, gas: u64) -> Option<Self> {
        Some(Draft { gas, ..self })
    }
}

/// Gives a message if there is something for it to act on.
type Maker = fn(&mut Life) -> Option<Draft>;

/// How often each is tried, against the others.
const MAKERS: &[(u32, Maker)] = &[
    (60, tenants::create_deployment),
    (8, tenants::update_deployment),
    (5, tenants::close_deployment),
    (8, tenants::close_group),
    (8, tenants::pause_group),
    (30, tenants::start_group),
    (50, tenants::account_deposit),
    (70, tenants::create_lease),
    (15, tenants::close_lease),
    (160, offers::create_bid),
    (15, offers::close_bid),
    (10, offers::leave_lease),
    (10, offers::start_reclaim),
    (35, offers::amend_lease),
    (30, offers::withdraw_lease),
    (25, offers::withdraw),
    (60, jobs::commit_result),
    (60, jobs::open_samples),
    (20, providers::create_provider),
    (6, providers::update_provider),
    (2, providers::delete_provider),
    (60, providers::heartbeat),
    (20, providers::unjail),
    (8, providers::register_device),
    (12, providers::update_bond),
    (20, everyday::send),
    (10, everyday::multi_send),
    (8, everyday::sign_attributes),
    (5, everyday::delete_attributes),
    (20, grants::grant),
    (5, grants::revoke),
    (3, grants::exec_for_oneself),
    (8, fees::grant),
    (2, fees::revoke),
    (1, fees::prune),
    (1, contracts::store_code),
    (2, contracts::instantiate),
    (8, contracts::execute),
    (1, authority::market_params),
    (1, authority::deployment_params),
    (1, authority::escrow_params),
    (1, authority::compute_params),
    (1, authority::provider_params),
    (2, authority::update_validators),
    (2, authority::replace_vrf_key),
    (2, authority::unserved),
];

pub struct Life {
    pub rng: StdRng,
    pub mirror: Mirror,
    pub cast: Cast,
    pub next_dseq: u64,
    /// Whether gas limits must not decide what becomes of a message.
    pub ample_gas: bool,
    /// Objects that a message of this block acts on already.
    claimed: BTreeSet<String>,
}

impl Life {
    pub fn new(seed: u64, cast: Cast) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Life { rng, mirror: Mirror::default(), cast, next_dseq: 1, ample_gas: false, claimed: BTreeSet::new() }
    }

    /// What was claimed for the block before may be acted on again.
    pub fn next_block(&mut self) {
        self.claimed.clear();
    }

    /// Whether nothing in this block acts on an object yet; now something does.
    pub fn claim(&mut self, what: impl Display) -> bool {
        self.claimed.insert(what.to_string()) || self.chance(3)
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.gen_range(0..100) < percent
    }

    pub fn number<T: SampleUniform, R: SampleRange<T>>(&mut self, range: R) -> T {
        self.rng.gen_range(range)
    }

    pub fn one<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        list.choose(&mut self.rng).cloned()
    }

    pub fn denom(&mut self) -> String {
        if self.chance(75) { "ualq" } else { "utest" }.into()
    }

    pub fn anyone(&mut self) -> String {
        self.cast.anyone(&mut self.rng)
    }

    /// A message that finds something to act on; most makers do, so this ends soon.
    pub fn draft(&mut self) -> Draft {
        loop {
            let (_, maker) = MAKERS.choose_weighted(&mut self.rng, |(weight, _)| *weight).unwrap();
            if let Some(draft) = maker(self) {
                return draft;
            }
        }
    }
}

pub fn coin(denom: &str, amount: u128) -> Option<Coin> {
    Some(Coin { denom: denom.into(), amount: amount.to_string() })
}
