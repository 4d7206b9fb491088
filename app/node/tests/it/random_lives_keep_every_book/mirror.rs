//! What the chain holds now, followed by the keys that each block changed: from it the next operations are drawn.

use aliquot::ids::{LeaseKey, OrderKey};
use aliquot_proto::{
    audit::v1::Attestation,
    compute::v1::{Device, Job},
    cosmos::{auth::v1beta1::BaseAccount, authz::v1beta1::Grant, feegrant::v1beta1::Grant as Allowance},
    cosmwasm::wasm::v1::{CodeInfo, ContractInfo},
    deployment::v1::{Deployment, DeploymentState, Group, GroupState},
    escrow::v1::Earnings,
    market::v1::{Bid, BidState, Lease, LeaseState, OpenBids, Order, OrderState},
    provider::v1::Provider,
    validator::v1::Validator,
};
use aliquot_sdk::{Address, Key};
use prost::Message;
use std::collections::{BTreeMap, VecDeque};

/// A key of the state that a block changed: its store, its bytes with the tag of the collection first, and its values.
pub struct Change {
    pub store: &'static str,
    pub key: Vec<u8>,
    pub old: Option<Vec<u8>>,
    pub new: Option<Vec<u8>>,
}

/// Ids of leases that ended, kept to be tried again.
const PAST: usize = 50;

#[derive(Default)]
pub struct Mirror {
    pub height: u64,
    pub accounts: BTreeMap<String, BaseAccount>,
    pub providers: BTreeMap<String, Provider>,
    pub devices: BTreeMap<Vec<u8>, Device>,
    pub deployments: BTreeMap<(Address, u64), Deployment>,
    pub groups: BTreeMap<(Address, u64, u32), Group>,
    pub orders: BTreeMap<OrderKey, Order>,
    pub bids: BTreeMap<LeaseKey, Bid>,
    pub leases: BTreeMap<LeaseKey, Lease>,
    pub jobs: BTreeMap<LeaseKey, Job>,
    pub earnings: BTreeMap<(Address, String), Earnings>,
    /// By granter, grantee and type of message.
    pub grants: BTreeMap<(Address, Address, String), Grant>,
    /// By grantee and granter.
    pub allowances: BTreeMap<(Address, Address), Allowance>,
    pub attestations: BTreeMap<(Address, Address), Attestation>,
    pub validators: BTreeMap<[u8; 20], Validator>,
    pub codes: BTreeMap<u64, CodeInfo>,
    pub contracts: BTreeMap<Address, ContractInfo>,
    /// Params as genesis set them, encoded, by store.
    pub params: BTreeMap<&'static str, Vec<u8>>,
    pub past: VecDeque<LeaseKey>,
}

/// A stored value: a format byte and a message.
pub fn decode<M: Message + Default>(raw: &[u8]) -> M {
    M::decode(&raw[1..]).unwrap()
}

/// The key behind its tag.
pub fn key_of<K: Key>(raw: &[u8]) -> K {
    K::read(&mut &raw[1..], true).unwrap()
}

/// Keeps the entry of a map as the state has it, as long as it is of interest. Gives what left the map.
fn keep<K: Key + Ord + Clone, V: Message + Default>(
    map: &mut BTreeMap<K, V>,
    change: &Change,
    of_interest: impl Fn(&V) -> bool,
) -> Option<K> {
    let key: K = key_of(&change.key);
    match change.new.as_deref().map(decode::<V>).filter(|value| of_interest(value)) {
        Some(value) => {
            map.insert(key, value);
            None
        }
        None => map.remove(&key).map(|_| key),
    }
}

impl Mirror {
    /// Bids that an order lists no more are lost, unless they were accepted.
    fn drop_lost(&mut self, change: &Change) {
        let order: OrderKey = key_of(&change.key);
        let listed = |raw: &Option<Vec<u8>>| raw.as_deref().map(decode::<OpenBids>).unwrap_or_default().bids;
        let now = listed(&change.new);
        for bid in listed(&change.old).into_iter().filter(|bid| !now.contains(bid)) {
            let key = LeaseKey { order, provider: Address::from_bytes(&bid[16..]).unwrap() };
            if self.bids.get(&key).is_some_and(|bid| bid.state() == BidState::Open)
                && !now.iter().any(|other| other[16..] == bid[16..])
            {
                self.bids.remove(&key);
            }
        }
    }

    pub fn follow(&mut self, change: &Change) {
        match (change.store, change.key[0]) {
            ("auth", 2) => {
                let account: BaseAccount = decode(change.new.as_ref().unwrap());
                self.accounts.insert(account.address.clone(), account);
            }
            ("provider", 0) => {
                let key = key_of::<Address>(&change.key).to_string();
                match &change.new {
                    Some(raw) => self.providers.insert(key, decode(raw)),
                    None => self.providers.remove(&key),
                };
            }
            ("compute", 2) => {
                let key = change.key[1..].to_vec();
                match &change.new {
                    Some(raw) => self.devices.insert(key, decode(raw)),
                    None => self.devices.remove(&key),
                };
            }
            ("compute", 4) => _ = keep(&mut self.jobs, change, |job| job.ended_at == 0),
            ("deployment", 1) => _ = keep(&mut self.deployments, change, |d| d.state() != DeploymentState::Closed),
            ("deployment", 3) => _ = keep(&mut self.groups, change, |g| g.state() != GroupState::Closed),
            ("market", 1) => _ = keep(&mut self.orders, change, |order| order.state() == OrderState::Open),
            ("market", 3) => {
                _ = keep(&mut self.bids, change, |bid| matches!(bid.state(), BidState::Open | BidState::Active));
            }
            ("market", 7) => self.drop_lost(change),
            ("market", 5) => {
                if let Some(ended) = keep(&mut self.leases, change, |lease| lease.state() != LeaseState::Closed) {
                    self.past.push_back(ended);
                    self.past.drain(..self.past.len().saturating_sub(PAST));
                }
            }
            ("escrow", 3) => _ = keep(&mut self.earnings, change, |_| true),
            ("authz", 0) => _ = keep(&mut self.grants, change, |_| true),
            ("feegrant", 0) => _ = keep(&mut self.allowances, change, |_| true),
            ("audit", 0) => _ = keep(&mut self.attestations, change, |_| true),
            ("validator", 1) => _ = keep(&mut self.validators, change, |_| true),
            ("wasm", 1) => _ = keep(&mut self.codes, change, |_| true),
            ("wasm", 3) => _ = keep(&mut self.contracts, change, |_| true),
            ("provider", 1) | (_, 0) if change.old.is_none() => {
                if matches!(change.store, "provider" | "escrow" | "compute" | "market" | "deployment") {
                    self.params.insert(change.store, change.new.clone().unwrap()[1..].to_vec());
                }
            }
            _ => {}
        }
    }
}
