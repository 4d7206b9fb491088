//! The account of a deployment: deposits, what flows out of them, and the height at which they run dry.
//!
//! Deposits of a denom stand in a row; verified revenue is taken from the first. What accrued and is not verified yet is
//! *reserved*: it still lies in the first deposits and nothing else may touch it. The rest is *free*. The account is
//! written only by [`save`], which keeps its places in the queues: `DUE` at the height where the first denom cannot pay
//! another whole block, `LOW` some blocks before it, `FINALS` where a closing account's last revenue is verified.

use super::{Error, earnings::lag, flow, overflow, params, plus, state::*};
use crate::ids::LeaseKey;
use aliquot_proto::escrow::v1::{self as pb, AccountState};
use aliquot_sdk::{Address, Ctx, Result, Sdk, ensure, parse_amount};

/// Owner and dseq of the deployment.
pub type Key = (Address, u64);

/// Deposits that one account may hold apart.
const MAX_DEPOSITS: usize = 64;

pub fn key_of(lease: &LeaseKey) -> Key {
    (lease.order.owner, lease.order.dseq)
}

/// Whatever its state.
pub fn load(ctx: &Ctx, key: &Key) -> Result<pb::Account> {
    let mut account = ACCOUNTS.get(ctx, key)?.ok_or(Error::NotOpen(key.0, key.1))?;
    verify(ctx, &mut account)?;
    Ok(account)
}

pub fn open_account(ctx: &Ctx, key: &Key) -> Result<pb::Account> {
    let account = load(ctx, key)?;
    ensure(account.state() == AccountState::Open, || Error::NotOpen(key.0, key.1))?;
    Ok(account)
}

/// Takes the revenue that is verified by now from the deposits.
pub fn verify(ctx: &Ctx, account: &mut pb::Account) -> Result<()> {
    let height = ctx.block.height.saturating_sub(lag(ctx)?);
    for flow in &mut account.flows {
        let spent = flow::verify(flow, height)?;
        let left = take(&mut account.deposits, &flow.denom, spent)?;
        ensure(left == 0, overflow)?;
    }
    account.deposits.retain(|deposit| deposit.amount_sub != "0");
    Ok(())
}

/// Takes `amount_sub` from the first deposits of a denom; gives what was missing.
fn take(deposits: &mut [pb::Deposit], denom: &str, amount_sub: u128) -> Result<u128> {
    let mut open = amount_sub;
    for deposit in deposits.iter_mut().filter(|deposit| deposit.denom == denom) {
        let have = parse_amount(&deposit.amount_sub)?;
        let taken = have.min(open);
        deposit.amount_sub = have.saturating_sub(taken).to_string();
        open = open.saturating_sub(taken);
    }
    Ok(open)
}

pub fn flow_mut<'a>(ctx: &Ctx, account: &'a mut pb::Account, denom: &str) -> Result<&'a mut pb::Flow> {
    if account.flows.iter().all(|flow| flow.denom != denom) {
        let verified_at = ctx.block.height.saturating_sub(lag(ctx)?);
        account.flows.push(pb::Flow { denom: denom.into(), verified_at, steps: vec![] });
    }
    let flow = account.flows.iter_mut().find(|flow| flow.denom == denom);
    Ok(flow.ok_or_else(|| Sdk::Logic("a flow that was just added".into()))?)
}

pub fn rate(account: &pb::Account, denom: &str) -> Result<u128> {
    account.flows.iter().find(|flow| flow.denom == denom).map_or(Ok(0), flow::rate)
}

fn deposited(account: &pb::Account, denom: &str) -> Result<u128> {
    let of_denom = account.deposits.iter().filter(|deposit| deposit.denom == denom);
    of_denom
        .map(|deposit| parse_amount(&deposit.amount_sub))
        .try_fold(0u128, |sum, amount| Ok(sum.checked_add(amount?).ok_or_else(overflow)?))
}

/// What accrued and is not verified.
pub fn reserved(ctx: &Ctx, account: &pb::Account, denom: &str) -> Result<u128> {
    let flow = account.flows.iter().find(|flow| flow.denom == denom);
    flow.map_or(Ok(0), |flow| flow::accrued(flow, flow.verified_at, ctx.block.height))
}

/// What is neither paid nor reserved.
pub fn free(ctx: &Ctx, account: &pb::Account, denom: &str) -> Result<u128> {
    let free = deposited(account, denom)?.checked_sub(reserved(ctx, account, denom)?);
    Ok(free.ok_or_else(overflow)?)
}

/// Adds a deposit behind the others.
pub fn add(ctx: &Ctx, account: &mut pb::Account, depositor: &Address, denom: &str, amount_sub: u128) -> Result<()> {
    let (who, height) = (depositor.to_string(), ctx.block.height);
    let last = account.deposits.iter_mut().rev().find(|deposit| deposit.denom == denom);
    match last.filter(|deposit| deposit.depositor == who) {
        Some(last) => last.amount_sub = plus(&last.amount_sub, amount_sub)?,
        None => {
            ensure(account.deposits.len() < MAX_DEPOSITS, || Error::TooManyDeposits)?;
            let (denom, amount_sub) = (denom.into(), amount_sub.to_string());
            account.deposits.push(pb::Deposit { depositor: who, denom, amount_sub, height });
        }
    }
    Ok(())
}

/// The last height whose block every denom can pay in full; 0 when nothing flows.
fn dry_height(ctx: &Ctx, account: &pb::Account) -> Result<u64> {
    let mut first = 0u64;
    for flow in &account.flows {
        let Some(blocks) = free(ctx, account, &flow.denom)?.checked_div(flow::rate(flow)?) else { continue };
        let height = ctx.block.height.saturating_add(u64::try_from(blocks).unwrap_or(u64::MAX));
        first = if first == 0 { height } else { first.min(height) };
    }
    Ok(first)
}

/// Writes an account and its places in the queues.
pub fn save(ctx: &mut Ctx, key: &Key, mut account: pb::Account) -> Result<()> {
    let dry = dry_height(ctx, &account)?;
    if dry != account.dry_height {
        unqueue(ctx, key, &mut account)?;
        account.dry_height = if dry == 0 { 0 } else { enqueue(ctx, key, dry)? };
        queue_low(ctx, key, &mut account)?;
    }
    ACCOUNTS.set(ctx, key, &account)
}

fn unqueue(ctx: &mut Ctx, key: &Key, account: &mut pb::Account) -> Result<()> {
    if account.dry_height > 0 {
        DUE.remove(ctx, account.dry_height, *key)?;
    }
    if account.low_height > 0 {
        LOW.remove(ctx, account.low_height, *key)?;
        account.low_height = 0;
    }
    Ok(())
}

/// Takes a place at `height`, or at the nearest earlier one that is free: an entry is never late, and what it does not
/// use stays with the depositors. Gives the height.
fn enqueue(ctx: &mut Ctx, key: &Key, height: u64) -> Result<u64> {
    let (most, mut at) = (params(ctx)?.max_due.max(1), height);
    loop {
        if DUE.count(ctx, at)? < most || at <= ctx.block.height.saturating_add(1) {
            DUE.insert(ctx, at, *key)?;
            return Ok(at);
        }
        at = at.saturating_sub(1);
    }
}

fn queue_low(ctx: &mut Ctx, key: &Key, account: &mut pb::Account) -> Result<()> {
    let low = account.dry_height.saturating_sub(u64::from(account.low_funds_blocks));
    if account.low_funds_blocks > 0 && low > ctx.block.height {
        account.low_height = low;
        LOW.insert(ctx, low, *key)?;
    }
    Ok(())
}

/// Takes an account out of the queue of those that run dry.
pub fn ran_dry(ctx: &mut Ctx, key: &Key) -> Result<()> {
    let mut account = load(ctx, key)?;
    unqueue(ctx, key, &mut account)?;
    (account.dry_height, account.paused) = (0, true);
    ACCOUNTS.set(ctx, key, &account)
}

/// From genesis: as it was exported, its places in the queues too.
pub fn import(ctx: &mut Ctx, key: &Key, account: &pb::Account) -> Result<()> {
    if account.dry_height > 0 {
        DUE.insert(ctx, account.dry_height, *key)?;
    }
    if account.low_height > 0 {
        LOW.insert(ctx, account.low_height, *key)?;
    }
    if account.final_height > 0 {
        FINALS.insert(ctx, account.final_height, *key)?;
    }
    ACCOUNTS.set(ctx, key, account)
}
