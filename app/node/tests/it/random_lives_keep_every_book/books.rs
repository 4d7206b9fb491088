//! The books of the whole chain as running sums: each changed key takes its old value out and brings its new one in, and
//! after every block the laws must hold between the sums. Recomputed from the whole state they must be the same.
//!
//! What grows by itself is kept as lines over heights: a payee's counter is a rate and where it starts, revenue that is
//! about to be verified is a change of rate at a height. So a sum costs what changed, not what exists.

use super::{
    cast::EARNINGS_LAG,
    mirror::{Change, decode, key_of},
};
use aliquot::ids::{LeaseKey, OrderKey};
use aliquot_proto::{
    compute::v1::{Device, Job, Lock},
    escrow::v1::{Account, Deposit, Earnings, Hold, Payment, Remainder, Turn},
    market::v1::{Bid, BidState, OpenBids},
};
use aliquot_sdk::{Address, Ctx};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::LazyLock,
};

const SUB: i128 = 1_000_000;

/// Everything of one denom. Amounts named `sub` are sub-units.
#[derive(Debug, Default, Clone, PartialEq)]
struct Denom {
    balances: i128,
    supply: i128,
    escrow: i128,
    market: i128,
    compute: i128,
    /// Deposits of bids that were accepted.
    bid_deposits: i128,
    bonds: i128,
    deposits_sub: i128,
    holds_sub: i128,
    /// Earned and not withdrawn, as far as it is written down, and remainders of refunds.
    unpaid_sub: i128,
    remainders_sub: i128,
    /// Rates of counters, and the sum of each rate times the height it counts from.
    rates_sub: i128,
    rates_from: i128,
    /// Changes of counters' rates that are still to come.
    turns_sub: i128,
    /// Rates of payments that run, and of what flows out of accounts.
    running_sub: i128,
    flowing_sub: i128,
    /// Changes of flows' rates, by the height above which they hold.
    steps: BTreeMap<u64, i128>,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub struct Books {
    denoms: BTreeMap<String, Denom>,
    /// Deposits of bids that were never accepted nor closed. Those that orders list are open, the others are lost.
    waiting: BTreeMap<LeaseKey, Option<aliquot_proto::Coin>>,
    listed: BTreeSet<LeaseKey>,
    locked: i128,
    locks: i128,
}

static MODULES: LazyLock<[Address; 3]> = LazyLock::new(|| ["escrow", "market", "compute"].map(Address::module));

fn number(text: &str) -> i128 {
    text.parse().unwrap()
}

/// What each collection brings into the books; others hold no money.
fn counts(store: &str, tag: u8) -> bool {
    matches!((store, tag), ("bank", 0 | 1) | ("escrow", 1..=6) | ("market", 3 | 7) | ("compute", 2 | 4 | 11))
}

impl Books {
    pub fn follow(&mut self, change: &Change) {
        if !counts(change.store, change.key[0]) {
            return;
        }
        for (sign, value) in [(-1, &change.old), (1, &change.new)] {
            if let Some(value) = value {
                self.count(sign, change.store, &change.key, value);
            }
        }
    }

    /// From the whole state.
    pub fn of(ctx: &Ctx) -> Self {
        let mut books = Books::default();
        for store in ["bank", "escrow", "market", "compute"] {
            for entry in ctx.range(store, Bound::Unbounded, Bound::Unbounded, false) {
                let (key, value) = entry.unwrap();
                if counts(store, key[0]) {
                    books.count(1, store, &key, &value);
                }
            }
        }
        books
    }

    fn denom(&mut self, denom: &str) -> &mut Denom {
        if !self.denoms.contains_key(denom) {
            self.denoms.insert(denom.into(), Denom::default());
        }
        self.denoms.get_mut(denom).unwrap()
    }

    fn count(&mut self, sign: i128, store: &str, key: &[u8], value: &[u8]) {
        match (store, key[0]) {
            ("bank", tag) => self.count_coins(sign, tag, key, value),
            ("escrow", 1) => self.count_account(sign, &decode(value)),
            ("escrow", 2) => {
                for Deposit { denom, amount_sub, .. } in decode::<Hold>(value).parts {
                    self.denom(&denom).holds_sub += sign * number(&amount_sub);
                }
            }
            ("escrow", 3) => {
                let earnings: Earnings = decode(value);
                let (rate, at) = (number(&earnings.rate_sub), i128::from(earnings.at));
                let books = self.denom(&earnings.denom);
                books.unpaid_sub += sign * (number(&earnings.earned_sub) - number(&earnings.withdrawn_sub));
                books.rates_sub += sign * rate;
                books.rates_from += sign * rate * at;
            }
            ("escrow", 4) => {
                let remainder: Remainder = decode(value);
                self.denom(&remainder.denom).remainders_sub += sign * number(&remainder.amount_sub);
            }
            ("escrow", 5) => {
                let payment: Payment = decode(value);
                let runs = i128::from(payment.since > 0);
                self.denom(&payment.denom).running_sub += sign * runs * number(&payment.rate_sub);
            }
            ("escrow", _) => {
                let turn: Turn = decode(value);
                self.denom(&turn.denom).turns_sub += sign * (number(&turn.up_sub) - number(&turn.down_sub));
            }
            ("market", 7) => {
                let order: OrderKey = key_of(key);
                for bid in decode::<OpenBids>(value).bids {
                    let key = LeaseKey { order, provider: Address::from_bytes(&bid[16..]).unwrap() };
                    let fresh = if sign > 0 { self.listed.insert(key) } else { self.listed.remove(&key) };
                    assert!(fresh, "{key} is listed twice");
                }
            }
            ("market", _) => {
                let bid: Bid = decode(value);
                if bid.state() == BidState::Open {
                    match sign {
                        1 => self.waiting.insert(key_of(key), bid.deposit),
                        _ => self.waiting.remove(&key_of(key)),
                    };
                } else if let Some(deposit) = bid.deposit {
                    self.denom(&deposit.denom).bid_deposits += sign * number(&deposit.amount);
                }
            }
            ("compute", 2) => {
                let device: Device = decode(value);
                let bond = device.bond.unwrap();
                assert!(number(&device.locked) <= number(&bond.amount), "a device locks more than its bond: {bond:?}");
                self.locked += sign * number(&device.locked);
                self.denom(&bond.denom).bonds += sign * number(&bond.amount);
            }
            ("compute", 4) => {
                let job: Job = decode(value);
                self.locks += sign * i128::from(job.ended_at == 0) * number(&job.locked);
            }
            _ => self.locks += sign * number(&decode::<Lock>(value).amount),
        }
    }

    fn count_coins(&mut self, sign: i128, tag: u8, key: &[u8], value: &[u8]) {
        let amount = sign * number(&decode::<String>(value));
        if tag == 1 {
            self.denom(&key_of::<String>(key)).supply += amount;
            return;
        }
        let (address, denom): (Address, String) = key_of(key);
        let books = self.denom(&denom);
        books.balances += amount;
        let [escrow, market, compute] = *MODULES;
        match address {
            _ if address == escrow => books.escrow += amount,
            _ if address == market => books.market += amount,
            _ if address == compute => books.compute += amount,
            _ => {}
        }
    }

    fn count_account(&mut self, sign: i128, account: &Account) {
        for deposit in &account.deposits {
            self.denom(&deposit.denom).deposits_sub += sign * number(&deposit.amount_sub);
        }
        for flow in &account.flows {
            let books = self.denom(&flow.denom);
            let mut before = 0;
            for step in &flow.steps {
                let rate = number(&step.rate_sub);
                let change = books.steps.entry(step.height.max(flow.verified_at)).or_default();
                *change += sign * (rate - before);
                before = rate;
            }
            books.flowing_sub += sign * before;
        }
    }

    /// The laws that hold after every block.
    pub fn check(&mut self, height: u64) {
        let verified = height.saturating_sub(EARNINGS_LAG);
        let mut open: BTreeMap<&str, i128> = BTreeMap::new();
        for bid in &self.listed {
            let deposit = self.waiting.get(bid).unwrap_or_else(|| panic!("{bid} is listed at {height}, not open"));
            let deposit = deposit.as_ref().unwrap_or_else(|| panic!("{bid} is open at {height} without a deposit"));
            *open.entry(&deposit.denom).or_default() += number(&deposit.amount);
        }
        for (denom, books) in &mut self.denoms {
            let bid_deposits = books.bid_deposits + open.get(denom.as_str()).unwrap_or(&0);
            books.steps.retain(|_, change| *change != 0);
            let passed = |(from, change): (&u64, &i128)| change * i128::from(verified - from);
            let spent: i128 = books.steps.range(..=verified).map(passed).sum();
            let deposits = books.deposits_sub - spent;
            let counters = books.unpaid_sub + books.rates_sub * i128::from(height) - books.rates_from;
            let owed = deposits + books.holds_sub + counters + books.remainders_sub;
            let laws = [
                ("the supply is the sum of balances", books.supply, books.balances),
                ("escrow holds deposits, holds and what is unpaid", books.escrow * SUB, owed),
                ("market holds the deposits of bids", books.market, bid_deposits),
                ("compute holds the bonds", books.compute, books.bonds),
                ("what flows out of accounts is what payments take", books.flowing_sub, books.running_sub),
                ("counters come to the rates of payments", books.rates_sub + books.turns_sub, books.running_sub),
            ];
            for (law, left, right) in laws {
                assert_eq!(left, right, "{law}, at {height} in {denom}: {books:?}");
            }
            assert!(deposits >= 0 && books.holds_sub >= 0, "negative books at {height} in {denom}: {books:?}");
        }
        assert_eq!(self.locked, self.locks, "devices lock what leases lock, at {height}");
    }
}
