//! What payees earned: counters that grow along a line, and the heights at which the line turns.
//!
//! A counter at height h is `earned_sub + rate_sub * (h - at)`: verified revenue alone, so nothing of it is ever taken
//! back. A change of a lease's pay above height x turns the counters of its payees at `x + earnings_lag`; turns of one
//! payee at one height are one entry, and a block costs what turns in it.

use super::{SUB, address, flow::Change, overflow, params, plus, state::*, to_sub};
use crate::{isolate::isolate, modules::bank};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Sdk, ensure, parse_amount};

/// The counter of one payee and denom at this height, in sub-units.
pub fn earned(ctx: &Ctx, payee: &Address, denom: &str) -> Result<u128> {
    match EARNINGS.get(ctx, &(*payee, denom.to_string()))? {
        Some(earnings) => counter(&earnings, ctx.block.height),
        None => Ok(0),
    }
}

pub fn counter(earnings: &pb::Earnings, height: u64) -> Result<u128> {
    let grown = parse_amount(&earnings.rate_sub)?.checked_mul(u128::from(height.saturating_sub(earnings.at)));
    let sum = grown.and_then(|grown| parse_amount(&earnings.earned_sub).ok()?.checked_add(grown));
    Ok(sum.ok_or_else(overflow)?)
}

fn load(ctx: &Ctx, payee: &Address, denom: &str) -> Result<pb::Earnings> {
    let fresh = || pb::Earnings {
        payee: payee.to_string(),
        denom: denom.into(),
        earned_sub: "0".into(),
        withdrawn_sub: "0".into(),
        rate_sub: "0".into(),
        at: 0,
    };
    Ok(EARNINGS.get(ctx, &(*payee, denom.to_string()))?.unwrap_or_else(fresh))
}

/// Counts a payment that is verified now.
pub fn earn(ctx: &mut Ctx, payee: &Address, denom: &str, amount_sub: u128) -> Result<()> {
    if amount_sub == 0 {
        return Ok(());
    }
    let mut earnings = load(ctx, payee, denom)?;
    earnings.earned_sub = plus(&earnings.earned_sub, amount_sub)?;
    EARNINGS.set(ctx, &(*payee, denom.to_string()), &earnings)?;
    let (payee, denom) = (earnings.payee, earnings.denom);
    ctx.emit(&pb::EventEarned { payee, denom, amount_sub: amount_sub.to_string() })
}

/// Turns the verified rate of a payee for every block above `height`.
pub fn turn(ctx: &mut Ctx, payee: &Address, denom: &str, height: u64, change: Change) -> Result<()> {
    if height <= ctx.block.height {
        return apply(ctx, payee, denom, height, &[change]);
    }
    let key = (height, *payee, denom.to_string());
    let fresh =
        || pb::Turn { height, payee: payee.to_string(), denom: denom.into(), up_sub: "0".into(), down_sub: "0".into() };
    let mut turn = TURNS.get(ctx, &key)?.unwrap_or_else(fresh);
    TURNS_DUE.insert(ctx, height, (*payee, denom.to_string()))?;
    match change {
        Change::Up(by) => turn.up_sub = plus(&turn.up_sub, by)?,
        Change::Down(by) => turn.down_sub = plus(&turn.down_sub, by)?,
    }
    TURNS.set(ctx, &key, &turn)
}

fn apply(ctx: &mut Ctx, payee: &Address, denom: &str, height: u64, changes: &[Change]) -> Result<()> {
    let mut earnings = load(ctx, payee, denom)?;
    ensure(height >= earnings.at, || {
        Sdk::Logic(format!("revenue up to height {} is verified, not only to {height}", earnings.at))
    })?;
    earnings.earned_sub = counter(&earnings, height)?.to_string();
    earnings.at = height;
    let rate = changes.iter().try_fold(parse_amount(&earnings.rate_sub)?, |rate, change| change.apply(rate))?;
    earnings.rate_sub = rate.to_string();
    EARNINGS.set(ctx, &(*payee, denom.to_string()), &earnings)
}

/// Makes the turns that are due. Runs before the transactions of a block, so that nobody sees a line past its turn.
pub fn run_turns(ctx: &mut Ctx) -> Result<()> {
    // What nobody changes any more cannot wait: counters are lines between their turns.
    for (height, (payee, denom)) in TURNS_DUE.take_due(ctx, usize::MAX)? {
        let key = (height, payee, denom);
        let Some(turn) = TURNS.get(ctx, &key)? else { continue };
        let (height, payee, denom) = &key;
        let changes = [Change::Up(parse_amount(&turn.up_sub)?), Change::Down(parse_amount(&turn.down_sub)?)];
        isolate(ctx, format!("escrow/turn/{payee}/{denom}"), |ctx| apply(ctx, payee, denom, *height, &changes))?;
        TURNS.remove(ctx, &key)?;
    }
    Ok(())
}

/// Pays out what `payee` earned and has not withdrawn, in whole base units; the rest stays and counts on.
pub fn withdraw(ctx: &mut Ctx, payee: &Address, denom: &str, to: &Address) -> Result<Coin> {
    let key = (*payee, denom.to_string());
    let Some(mut earnings) = EARNINGS.get(ctx, &key)? else { return Ok(Coin::new(denom, 0)) };
    let open = counter(&earnings, ctx.block.height)?.saturating_sub(parse_amount(&earnings.withdrawn_sub)?);
    let coin = Coin::new(denom, open / SUB);
    if coin.amount == 0 {
        return Ok(coin);
    }
    earnings.withdrawn_sub = plus(&earnings.withdrawn_sub, to_sub(&coin)?)?;
    EARNINGS.set(ctx, &key, &earnings)?;
    bank::send(ctx, &address(), to, &coin)?;
    let amount = Some((&coin).into());
    ctx.emit(&pb::EventWithdrawn { payee: payee.to_string(), to: to.to_string(), amount })?;
    Ok(coin)
}

/// Blocks between accrual and verification.
pub fn lag(ctx: &Ctx) -> Result<u64> {
    Ok(u64::from(params(ctx)?.earnings_lag))
}
