//! Payments of service leases: per block, from a deployment's account to the payees of the lease.
//!
//! A payment's rate is split once, when the lease is made or amended: the protocol fee floored, the payees floored by
//! weight in their order, what is left over to the first payee. From then on counters add these legs and nothing ever
//! divides. A payment that starts or stops changes the account's flow at that height and its payees' counters
//! `earnings_lag` later; until then the revenue lies in the account and a stop can reach back to it.

use super::{
    Error,
    account::{self, Key},
    earnings::{self, lag},
    fee_legs, flow,
    flow::Change,
    overflow, plus,
    state::*,
};
use crate::ids::LeaseKey;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, ensure, parse_amount};

/// Steps of one flow beyond which nothing new starts until older ones are verified; stops always have room.
const MAX_STEPS: usize = 256;

/// Begins to pay a lease `rate_sub` per block of `denom`; the account must have at least one block of it.
pub fn open(ctx: &mut Ctx, lease: &LeaseKey, denom: &str, rate_sub: u128, payees: &[(Address, u32)]) -> Result<()> {
    let runs = take_over(ctx, lease, denom, rate_sub, payees)?;
    ensure(runs, || Error::Paused(lease.order.owner, lease.order.dseq))
}

/// As [`open`]; but while the account is paused the payment waits with the others for funds. Gives whether it runs.
pub fn take_over(
    ctx: &mut Ctx,
    lease: &LeaseKey,
    denom: &str,
    rate_sub: u128,
    payees: &[(Address, u32)],
) -> Result<bool> {
    let paused = account::load(ctx, &account::key_of(lease))?.paused;
    let legs = split(ctx, rate_sub, payees)?;
    let denom = denom.to_string();
    let (id, rate_sub, paid_sub) = (Some(lease.id()), rate_sub.to_string(), "0".into());
    let payment = pb::Payment { id, denom, rate_sub, legs, paid_sub, ..Default::default() };
    PAYMENTS.set(ctx, lease, &payment)?;
    if !paused {
        start(ctx, lease, payment)?;
    }
    Ok(!paused)
}

/// Legs that add up to the rate.
fn split(ctx: &Ctx, rate_sub: u128, payees: &[(Address, u32)]) -> Result<Vec<pb::Leg>> {
    let fees = fee_legs(ctx, rate_sub)?;
    let net = fees.iter().try_fold(rate_sub, |net, (_, fee)| net.checked_sub(*fee)).ok_or_else(overflow)?;
    let weights = payees.iter().try_fold(0u128, |sum, (_, weight)| sum.checked_add(u128::from(*weight)));
    let weights = weights.filter(|sum| *sum > 0).ok_or_else(overflow)?;
    let mut legs = Vec::with_capacity(payees.len().saturating_add(3));
    let mut left = net;
    for (payee, weight) in payees {
        let share = net.checked_mul(u128::from(*weight)).ok_or_else(overflow)?.checked_div(weights).unwrap_or(0);
        left = left.saturating_sub(share);
        legs.push((*payee, share));
    }
    if let Some((_, first)) = legs.first_mut() {
        *first = first.saturating_add(left);
    }
    legs.extend(fees);
    let leg = |(payee, rate): (Address, u128)| pb::Leg { payee: payee.to_string(), rate_sub: rate.to_string() };
    Ok(legs.into_iter().filter(|(_, rate)| *rate > 0).map(leg).collect())
}

pub fn load(ctx: &Ctx, lease: &LeaseKey) -> Result<pb::Payment> {
    Ok(PAYMENTS.get(ctx, lease)?.ok_or(Error::NoPayment(*lease))?)
}

/// Pays from the next block on. Refused when the account cannot pay that block to this lease and all others.
fn start(ctx: &mut Ctx, lease: &LeaseKey, mut payment: pb::Payment) -> Result<()> {
    let key = account::key_of(lease);
    let mut account = account::open_account(ctx, &key)?;
    let rate = parse_amount(&payment.rate_sub)?;
    let flow = account::flow_mut(ctx, &mut account, &payment.denom)?;
    ensure(flow.steps.len() < MAX_STEPS, || Error::TooManyChanges)?;
    flow::change(flow, ctx.block.height, Change::Up(rate))?;
    let (have_sub, need_sub) =
        (account::free(ctx, &account, &payment.denom)?, account::rate(&account, &payment.denom)?);
    let denom = payment.denom.clone();
    ensure(have_sub >= need_sub, || Error::Insufficient { denom, have_sub, need_sub })?;
    turn_legs(ctx, &payment, ctx.block.height, Change::Up)?;
    payment.since = ctx.block.height;
    PAYMENTS.set(ctx, lease, &payment)?;
    account::save(ctx, &key, account)
}

/// Stops paying for blocks above `at`, which may lie back as far as revenue is not verified: what is, stays paid.
fn stop(ctx: &mut Ctx, lease: &LeaseKey, payment: &mut pb::Payment, at: u64) -> Result<()> {
    if payment.since == 0 {
        return Ok(());
    }
    let verified = ctx.block.height.saturating_sub(lag(ctx)?);
    let (key, at) = (account::key_of(lease), at.max(payment.since).max(verified));
    let mut account = account::load(ctx, &key)?;
    let rate = parse_amount(&payment.rate_sub)?;
    flow::change(account::flow_mut(ctx, &mut account, &payment.denom)?, at, Change::Down(rate))?;
    turn_legs(ctx, payment, at, Change::Down)?;
    let paid = rate.checked_mul(u128::from(at.saturating_sub(payment.since))).ok_or_else(overflow)?;
    payment.paid_sub = plus(&payment.paid_sub, paid)?;
    payment.since = 0;
    PAYMENTS.set(ctx, lease, payment)?;
    account::save(ctx, &key, account)
}

fn turn_legs(ctx: &mut Ctx, payment: &pb::Payment, at: u64, change: fn(u128) -> Change) -> Result<()> {
    let height = at.saturating_add(lag(ctx)?);
    for leg in &payment.legs {
        let (payee, rate) = (Address::parse(&leg.payee)?, parse_amount(&leg.rate_sub)?);
        earnings::turn(ctx, &payee, &payment.denom, height, change(rate))?;
    }
    Ok(())
}

/// Ends a payment: blocks up to and with `at` are paid. Gives all that it came to, fees included.
pub fn close(ctx: &mut Ctx, lease: &LeaseKey, at: u64) -> Result<u128> {
    let mut payment = load(ctx, lease)?;
    stop(ctx, lease, &mut payment, at)?;
    PAYMENTS.remove(ctx, lease)?;
    parse_amount(&payment.paid_sub)
}

/// Another rate or other payees, from the next block on.
pub fn amend(ctx: &mut Ctx, lease: &LeaseKey, rate_sub: u128, payees: &[(Address, u32)]) -> Result<()> {
    let mut payment = load(ctx, lease)?;
    let running = payment.since > 0;
    stop(ctx, lease, &mut payment, ctx.block.height)?;
    payment.legs = split(ctx, rate_sub, payees)?;
    payment.rate_sub = rate_sub.to_string();
    PAYMENTS.set(ctx, lease, &payment)?;
    if running { start(ctx, lease, payment) } else { Ok(()) }
}

/// The provider is silent: blocks above `at` are not paid until [`release`].
pub fn hold_back(ctx: &mut Ctx, lease: &LeaseKey, at: u64) -> Result<()> {
    let mut payment = load(ctx, lease)?;
    stop(ctx, lease, &mut payment, at)?;
    payment.held = true;
    PAYMENTS.set(ctx, lease, &payment)
}

/// The provider is back: pays from the next block on. Without funds for that block the account runs dry now.
pub fn release(ctx: &mut Ctx, lease: &LeaseKey) -> Result<()> {
    let mut payment = load(ctx, lease)?;
    payment.held = false;
    PAYMENTS.set(ctx, lease, &payment)?;
    let key = account::key_of(lease);
    if payment.since > 0 || account::load(ctx, &key)?.paused {
        return Ok(());
    }
    match ctx.atomic(|ctx| start(ctx, lease, payment)) {
        Err(error) if error.is_io() => Err(error),
        Err(_) => super::run_dry(ctx, &key, ctx.block.height),
        Ok(()) => Ok(()),
    }
}

/// The account ran dry at `height`: every payment of it stops, of all denoms.
pub fn pause_all(ctx: &mut Ctx, key: &Key, height: u64) -> Result<()> {
    for (lease, mut payment) in PAYMENTS.under(ctx, key).collect::<Result<Vec<_>>>()? {
        stop(ctx, &lease, &mut payment, height)?;
    }
    Ok(())
}

/// What all payments of an account would need for one block, per denom; those held back do not count.
pub fn needs(ctx: &Ctx, key: &Key) -> Result<Vec<(String, u128)>> {
    let mut needs: Vec<(String, u128)> = Vec::new();
    for entry in PAYMENTS.under(ctx, key) {
        let (_, payment) = entry?;
        let rate = if payment.held { 0 } else { parse_amount(&payment.rate_sub)? };
        match needs.iter_mut().find(|(denom, _)| *denom == payment.denom) {
            Some((_, sum)) => *sum = sum.checked_add(rate).ok_or_else(overflow)?,
            None => needs.push((payment.denom, rate)),
        }
    }
    Ok(needs)
}

/// Funds came: every payment that is not held back goes on from the next block.
pub fn resume_all(ctx: &mut Ctx, key: &Key) -> Result<()> {
    for (lease, payment) in PAYMENTS.under(ctx, key).collect::<Result<Vec<_>>>()? {
        if payment.since == 0 && !payment.held {
            start(ctx, &lease, payment)?;
        }
    }
    Ok(())
}
