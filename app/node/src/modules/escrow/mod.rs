//! Escrow: what tenants deposited, what is set aside for jobs, and what was earned, exact to the sub-unit.
//!
//! A sub-unit is a millionth of a base unit; all books here are in sub-units, only deposits and payouts are whole units.
//! An account belongs to a deployment and may have several depositors, used first in, first out. A job's price moves
//! from the account into the **hold** of its lease, which remembers the depositors; it ends paid out or back with them.
//! A payment is split once: the protocol fee is floored, its parts are floored, the insurance takes the rest of the fee
//! and the payee everything else. Earnings are counters per (payee, denom) that only grow.
//!
//! Law: for every denom, coins of the module == deposits + holds + (earned - withdrawn) + remainders.

mod audit;
mod msgs;
mod query;
mod settle;
mod state;

use crate::{ids::LeaseKey, modules::bank};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, ModuleError, Result, Routes, Sdk, ensure, parse_amount};
use state::{ACCOUNTS, EARNINGS, HOLDS, PARAMS, REMAINDERS};

pub use settle::{close, hold, release, settle, withdraw};

pub struct Escrow;

/// Sub-units in one base unit.
pub const SUB: u128 = 1_000_000;
const BPS: u128 = 10_000;
/// Deposits that one account may hold apart.
const MAX_DEPOSITS: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("deployment {0}/{1} has no open escrow account")]
    NotOpen(Address, u64),
    #[error("{0} is not a denom that escrow takes: use one of {1}")]
    DenomNotAllowed(String, String),
    #[error("deposit {0} is below the minimum of {1}")]
    BelowMinimum(Coin, Coin),
    #[error("the account holds {have_sub} sub-units of {denom}, {need_sub} are needed: deposit more")]
    Insufficient { denom: String, have_sub: u128, need_sub: u128 },
    #[error("{0} is too large to be counted in sub-units")]
    TooLarge(Coin),
    #[error("the account already holds {MAX_DEPOSITS} deposits apart")]
    TooManyDeposits,
    #[error("lease {0} has no hold")]
    NoHold(LeaseKey),
    #[error("an escrow account of {0}/{1} exists already")]
    Exists(Address, u64),
    #[error("invalid params: {0}")]
    InvalidParams(String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "escrow";
    fn code(&self) -> u32 {
        match self {
            Error::NotOpen(..) => 2,
            Error::DenomNotAllowed(..) => 3,
            Error::BelowMinimum(..) => 4,
            Error::Insufficient { .. } => 5,
            Error::TooLarge(_) => 6,
            Error::TooManyDeposits => 7,
            Error::NoHold(_) => 8,
            Error::Exists(..) => 9,
            Error::InvalidParams(_) => 10,
        }
    }
}

impl Module for Escrow {
    const NAME: &'static str = "escrow";
    const SCHEMA: &'static [At] = state::SCHEMA;
    const INVARIANTS: &'static [Invariant] = &[("escrow/the books balance", audit::invariant)];
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        let params = genesis.params.unwrap_or_default();
        check_params(&params)?;
        PARAMS.set(ctx, &params)?;
        for account in &genesis.accounts {
            ACCOUNTS.set(ctx, &(Address::parse(&account.owner)?, account.dseq), account)?;
        }
        for hold in &genesis.holds {
            HOLDS.set(ctx, &LeaseKey::parse(&hold.id)?, hold)?;
        }
        for earnings in &genesis.earnings {
            EARNINGS.set(ctx, &(Address::parse(&earnings.payee)?, earnings.denom.clone()), earnings)?;
        }
        for remainder in &genesis.remainders {
            REMAINDERS.set(ctx, &(Address::parse(&remainder.depositor)?, remainder.denom.clone()), remainder)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        Ok(pb::GenesisState {
            params: Some(params(ctx)?),
            accounts: ACCOUNTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            holds: HOLDS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            earnings: EARNINGS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            remainders: REMAINDERS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        })
    }
}

fn check_params(params: &pb::Params) -> Result<()> {
    Coin::parse_list(&params.min_deposits)?;
    let parts = params.fee_stakers_bps.saturating_add(params.fee_community_bps);
    ensure(params.fee_bps <= 10_000 && parts <= 10_000, || {
        Error::InvalidParams("fees and the parts of a fee are at most 10000 basis points".into())
    })
}

pub fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

/// The account of the module in `bank`.
pub fn address() -> Address {
    Address::module("escrow")
}

/// `amount * bps / 10000`, floored, without overflow for any amount.
pub fn part(amount: u128, bps: u32) -> u128 {
    let (bps, whole, rest) = (u128::from(bps), amount / BPS, amount % BPS);
    whole.saturating_mul(bps).saturating_add(rest.saturating_mul(bps) / BPS)
}

fn to_sub(coin: &Coin) -> Result<u128> {
    Ok(coin.amount.checked_mul(SUB).ok_or_else(|| Error::TooLarge(coin.clone()))?)
}

fn overflow() -> Sdk {
    Sdk::Logic("sub-units pass 128 bits".into())
}

/// Refuses denoms that escrow does not take; gives the least first deposit of the others.
pub fn allowed(ctx: &Ctx, denom: &str) -> Result<Coin> {
    let params = params(ctx)?;
    let list = || params.min_deposits.iter().map(|c| c.denom.as_str()).collect::<Vec<_>>().join(", ");
    let found = params.min_deposits.iter().find(|c| c.denom == denom);
    Coin::parse(found.ok_or_else(|| Error::DenomNotAllowed(denom.into(), list()))?)
}

/// Opens the account of a deployment with its first deposit.
pub fn open(ctx: &mut Ctx, owner: &Address, dseq: u64, coin: &Coin) -> Result<()> {
    ensure(!ACCOUNTS.has(ctx, &(*owner, dseq))?, || Error::Exists(*owner, dseq))?;
    let least = allowed(ctx, &coin.denom)?;
    ensure(coin.amount >= least.amount, || Error::BelowMinimum(coin.clone(), least))?;
    let state = pb::AccountState::Open.into();
    let account = pb::Account { owner: owner.to_string(), dseq, state, deposits: vec![] };
    ACCOUNTS.set(ctx, &(*owner, dseq), &account)?;
    deposit(ctx, owner, dseq, owner, coin)
}

/// Adds to an open account; what is left of it returns to `depositor`.
pub fn deposit(ctx: &mut Ctx, owner: &Address, dseq: u64, depositor: &Address, coin: &Coin) -> Result<()> {
    let mut account = open_account(ctx, owner, dseq)?;
    allowed(ctx, &coin.denom)?;
    let amount_sub = to_sub(coin)?;
    let (who, height) = (depositor.to_string(), ctx.block.height);
    let last = account.deposits.last_mut().filter(|d| d.depositor == who && d.denom == coin.denom);
    match last.filter(|d| d.height == height) {
        Some(last) => last.amount_sub = plus(&last.amount_sub, amount_sub)?,
        None => {
            ensure(account.deposits.len() < MAX_DEPOSITS, || Error::TooManyDeposits)?;
            let denom = coin.denom.clone();
            account.deposits.push(pb::Deposit { depositor: who, denom, amount_sub: amount_sub.to_string(), height });
        }
    }
    ACCOUNTS.set(ctx, &(*owner, dseq), &account)?;
    bank::send(ctx, depositor, &address(), coin)?;
    let (owner, depositor, amount) = (owner.to_string(), depositor.to_string(), Some(coin.into()));
    ctx.emit(&pb::EventDeposited { owner, dseq, depositor, amount })
}

fn open_account(ctx: &Ctx, owner: &Address, dseq: u64) -> Result<pb::Account> {
    let account = ACCOUNTS.get(ctx, &(*owner, dseq))?;
    let open = account.filter(|a| a.state == i32::from(pb::AccountState::Open));
    Ok(open.ok_or(Error::NotOpen(*owner, dseq))?)
}

fn plus(text: &str, amount: u128) -> Result<String> {
    Ok(parse_amount(text)?.checked_add(amount).ok_or_else(overflow)?.to_string())
}
