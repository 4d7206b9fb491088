//! Escrow: what tenants deposited, what is set aside for jobs, what flows to services, and what was earned, exact to
//! the sub-unit.
//!
//! A sub-unit is a millionth of a base unit; all books here are in sub-units, only deposits and payouts are whole units.
//! An account belongs to a deployment and may have several depositors, used first in, first out. A job's price moves
//! from the account into the **hold** of its lease, which remembers the depositors; it ends paid out or back with them.
//! A service lease is paid by a **payment**, per block, in full or not at all. Nothing is touched per block: an account
//! knows the height at which it runs dry, is settled in that very block and paused; a deposit that pays one more block
//! lets it go on. A rate or a price is split once into fee and payees; earnings are counters per (payee, denom) that
//! only grow, and show service revenue `earnings_lag` blocks after it accrued, so that a fault can still stop it.
//!
//! Law: for every denom, coins of the module == deposits + holds + (earned - withdrawn) + remainders.

mod account;
mod audit;
mod earnings;
mod flow;
mod genesis;
mod msgs;
mod query;
mod settle;
mod state;
mod stream;

use crate::{
    hooks,
    ids::LeaseKey,
    isolate::isolate,
    modules::{auth, bank},
};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, ModuleError, Result, Routes, Sdk, ensure, parse_amount};
use state::{ACCOUNTS, DUE, LOW, PARAMS};

pub use earnings::{earned, withdraw};
pub use settle::{close, forget, hold, settle};
pub use stream::{
    amend, close as close_payment, hold_back, open as open_payment, release as release_payment,
    take_over as take_over_payment,
};

pub struct Escrow;

/// Sub-units in one base unit.
pub const SUB: u128 = 1_000_000;
const BPS: u128 = 10_000;
/// Accounts that one block warns of low funds.
const MAX_LOW: usize = 2_000;

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
    #[error("the account holds as many deposits apart as it may")]
    TooManyDeposits,
    #[error("lease {0} has no hold")]
    NoHold(LeaseKey),
    #[error("an escrow account of {0}/{1} exists already")]
    Exists(Address, u64),
    #[error("invalid params: {0}")]
    InvalidParams(String),
    #[error("lease {0} has no payment")]
    NoPayment(LeaseKey),
    #[error("the payments of this account changed too often: wait until older changes are verified")]
    TooManyChanges,
    #[error("the funds of deployment {0}/{1} ran dry: deposit more first")]
    Paused(Address, u64),
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
            Error::NoPayment(_) => 11,
            Error::TooManyChanges => 12,
            Error::Paused(..) => 13,
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
        genesis::init(ctx, genesis)
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        genesis::export(ctx)
    }

    fn begin_block(ctx: &mut Ctx) -> Result<()> {
        earnings::run_turns(ctx)
    }

    fn end_block(ctx: &mut Ctx) -> Result<()> {
        run_due(ctx)?;
        warn_low(ctx)?;
        settle::run_finals(ctx)
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

/// The whole protocol fee of an amount.
pub fn fee(ctx: &Ctx, gross: u128) -> Result<u128> {
    Ok(part(gross, params(ctx)?.fee_bps))
}

/// The protocol fee of an amount or a rate: floored, its parts floored, what is left of it to the insurance.
fn fee_legs(ctx: &Ctx, gross: u128) -> Result<[(Address, u128); 3]> {
    let params = params(ctx)?;
    let fee = part(gross, params.fee_bps);
    let (stakers, community) = (part(fee, params.fee_stakers_bps), part(fee, params.fee_community_bps));
    let insurance = fee.saturating_sub(stakers).saturating_sub(community);
    let named = |name| Address::module(name);
    Ok([(named(auth::FEE_STAKERS), stakers), (named(auth::COMMUNITY), community), (named(auth::INSURANCE), insurance)])
}

/// Opens the account of a deployment with its first deposit.
pub fn open(ctx: &mut Ctx, owner: &Address, dseq: u64, coin: &Coin, low_funds_blocks: u32) -> Result<()> {
    ensure(!ACCOUNTS.has(ctx, &(*owner, dseq))?, || Error::Exists(*owner, dseq))?;
    let least = allowed(ctx, &coin.denom)?;
    ensure(coin.amount >= least.amount, || Error::BelowMinimum(coin.clone(), least))?;
    let state = pb::AccountState::Open.into();
    let owner_text = owner.to_string();
    let account = pb::Account { owner: owner_text, dseq, state, low_funds_blocks, ..pb::Account::default() };
    ACCOUNTS.set(ctx, &(*owner, dseq), &account)?;
    deposit(ctx, owner, dseq, owner, coin)
}

/// Adds to an open account; what is left of it returns to `depositor`. An account that ran dry goes on if it can.
pub fn deposit(ctx: &mut Ctx, owner: &Address, dseq: u64, depositor: &Address, coin: &Coin) -> Result<()> {
    let key = (*owner, dseq);
    let mut account = account::open_account(ctx, &key)?;
    allowed(ctx, &coin.denom)?;
    account::add(ctx, &mut account, depositor, &coin.denom, to_sub(coin)?)?;
    account::save(ctx, &key, account)?;
    bank::send(ctx, depositor, &address(), coin)?;
    let (owner, depositor, amount) = (owner.to_string(), depositor.to_string(), Some(coin.into()));
    ctx.emit(&pb::EventDeposited { owner, dseq, depositor, amount })?;
    resume(ctx, &key)
}

/// Lets an account that ran dry go on if it can pay one more block in every denom.
fn resume(ctx: &mut Ctx, key: &account::Key) -> Result<()> {
    let mut account = account::open_account(ctx, key)?;
    if !account.paused {
        return Ok(());
    }
    for (denom, need) in stream::needs(ctx, key)? {
        if account::free(ctx, &account, &denom)? < need {
            return Ok(());
        }
    }
    account.paused = false;
    account::save(ctx, key, account)?;
    stream::resume_all(ctx, key)?;
    hooks::funds_came(ctx, key)
}

/// Accounts that cannot pay another block, at the end of the last one that they can.
fn run_due(ctx: &mut Ctx) -> Result<()> {
    // `max_due` bounds them, so that none waits.
    for (height, (owner, dseq)) in DUE.take_due(ctx, usize::MAX)? {
        isolate(ctx, format!("escrow/{owner}/{dseq}"), |ctx| run_dry(ctx, &(owner, dseq), height))?;
    }
    Ok(())
}

/// Stops every payment of an account above `height` and tells its deployment.
fn run_dry(ctx: &mut Ctx, key: &account::Key, height: u64) -> Result<()> {
    stream::pause_all(ctx, key, height)?;
    account::ran_dry(ctx, key)?;
    hooks::ran_dry(ctx, key)
}

fn warn_low(ctx: &mut Ctx) -> Result<()> {
    let now = ctx.block.height;
    for (_, (owner, dseq)) in LOW.take_due(ctx, MAX_LOW)? {
        isolate(ctx, format!("escrow/low/{owner}/{dseq}"), |ctx| {
            let mut account = account::load(ctx, &(owner, dseq))?;
            account.low_height = 0;
            let blocks_left = account.dry_height.saturating_sub(now);
            ACCOUNTS.set(ctx, &(owner, dseq), &account)?;
            ctx.emit(&pb::EventLowFunds { owner: owner.to_string(), dseq, blocks_left })
        })?;
    }
    Ok(())
}

fn plus(text: &str, amount: u128) -> Result<String> {
    Ok(parse_amount(text)?.checked_add(amount).ok_or_else(overflow)?.to_string())
}
