//! `Vault`: a model of a vault whose holders share what a counter of the chain brings in.
//!
//! An index of revenue per share grows; what the division leaves over is carried on, and so is what a holder's shares
//! leave below one unit. Fees are one leg with its remainder kept, pooled, and split among the legs when they are paid.
//! So everything is conserved exactly, and nobody gains or loses by how often anyone looks.

use cosmwasm_std::{Uint128, Uint256, Uint512};
use std::collections::BTreeMap;

/// Parts of one unit of revenue per share.
const SCALE: u128 = 10u128.pow(24);
const BPS: u128 = 10_000;

type Name = &'static str;

#[derive(Clone, Debug, Default)]
struct Holder {
    shares: u128,
    /// The index up to which `owed` and `rest` are counted.
    index: Uint256,
    owed: u128,
    /// Less than one unit.
    rest: Uint256,
}

#[derive(Clone, Debug, Default)]
pub struct Vault {
    holders: BTreeMap<Name, Holder>,
    supply: u128,
    index: Uint256,
    carry: Uint256,
    /// Revenue from before there were shares.
    undistributed: u128,
    fees: Vec<(Name, u128)>,
    fee_rest: u128,
    pub fee_pool: u128,
    pub fees_paid: BTreeMap<Name, u128>,
    received: u128,
    claimed: u128,
    /// The counter as it was seen last.
    seen: u128,
}

/// How many whole units are in it, and the rest.
fn units(amount: Uint512) -> (u128, Uint256) {
    let scale = Uint512::from(SCALE);
    let rest = Uint256::try_from(amount % scale).unwrap();
    (Uint128::try_from(amount / scale).unwrap().u128(), rest)
}

impl Holder {
    /// What it is owed at `index`.
    fn at(&self, index: Uint256) -> (u128, Uint256) {
        let grown = (index - self.index).full_mul(self.shares);
        let (whole, rest) = units(grown + Uint512::from(self.rest));
        (self.owed + whole, rest)
    }
}

impl Vault {
    /// Fees by name, in basis points of revenue.
    pub fn new(fees: &[(Name, u128)]) -> Self {
        Vault { fees: fees.to_vec(), ..Vault::default() }
    }

    fn settle(&mut self, who: Name) -> &mut Holder {
        let index = self.index;
        let holder = self.holders.entry(who).or_insert_with(|| Holder { index, ..Holder::default() });
        (holder.owed, holder.rest) = holder.at(index);
        holder.index = index;
        holder
    }

    pub fn mint(&mut self, who: Name, shares: u128) {
        self.settle(who).shares += shares;
        self.supply += shares;
    }

    pub fn burn(&mut self, who: Name, shares: u128) {
        let holder = self.settle(who);
        holder.shares = holder.shares.checked_sub(shares).expect("too few shares");
        self.supply -= shares;
    }

    pub fn transfer(&mut self, from: Name, to: Name, shares: u128) {
        let holder = self.settle(from);
        holder.shares = holder.shares.checked_sub(shares).expect("too few shares");
        self.settle(to).shares += shares;
    }

    pub fn shares(&self, who: Name) -> u128 {
        self.holders.get(who).map_or(0, |holder| holder.shares)
    }

    /// The fee of some revenue, and what is left of it below one unit.
    fn fee(&self, revenue: u128) -> (u128, u128) {
        let bps: u128 = self.fees.iter().map(|(_, bps)| bps).sum();
        let parts = revenue * bps + self.fee_rest;
        (parts / BPS, parts % BPS)
    }

    /// The index and the carry once `net` more is shared out.
    fn grown(&self, net: u128) -> (Uint256, Uint256) {
        let parts = Uint256::from(net + self.undistributed) * Uint256::from(SCALE) + self.carry;
        let supply = Uint256::from(self.supply);
        (self.index + parts / supply, parts % supply)
    }

    pub fn revenue(&mut self, revenue: u128) {
        self.received += revenue;
        let (fee, rest) = self.fee(revenue);
        (self.fee_pool, self.fee_rest) = (self.fee_pool + fee, rest);
        if self.supply == 0 {
            self.undistributed += revenue - fee;
            return;
        }
        (self.index, self.carry) = self.grown(revenue - fee);
        self.undistributed = 0;
    }

    /// Takes in what a counter has grown by since it was seen last.
    pub fn sync(&mut self, counter: u128) {
        let grown = counter - self.seen;
        self.seen = counter;
        self.revenue(grown);
    }

    /// What `who` could claim if the vault took in the counter first.
    pub fn claimable(&self, who: Name, counter: u128) -> u128 {
        let pending = counter - self.seen;
        let index = if self.supply == 0 { self.index } else { self.grown(pending - self.fee(pending).0).0 };
        self.holders.get(who).map_or(0, |holder| holder.at(index).0)
    }

    pub fn claim(&mut self, who: Name) -> u128 {
        let owed = std::mem::take(&mut self.settle(who).owed);
        self.claimed += owed;
        owed
    }

    /// Splits the pool in the order of the fees, each from what those before it left.
    pub fn pay_fees(&mut self) {
        let mut bps_left: u128 = self.fees.iter().map(|(_, bps)| bps).sum();
        for (name, bps) in self.fees.iter().filter(|(_, bps)| *bps > 0) {
            let paid = self.fee_pool * bps / bps_left;
            *self.fees_paid.entry(name).or_default() += paid;
            (self.fee_pool, bps_left) = (self.fee_pool - paid, bps_left - bps);
        }
    }

    /// Everything that holders have and that waits for them is all that came in, less fees and claims: exactly.
    pub fn is_conserved(&self) -> bool {
        let scaled = |units: u128| Uint256::from(units).full_mul(SCALE);
        let mut has = Uint512::from(self.carry) + scaled(self.undistributed);
        for holder in self.holders.values() {
            let (owed, rest) = holder.at(self.index);
            has += scaled(owed) + Uint512::from(rest);
        }
        let fees = self.fee_pool + self.fees_paid.values().sum::<u128>();
        has == scaled(self.received - fees - self.claimed)
    }
}
