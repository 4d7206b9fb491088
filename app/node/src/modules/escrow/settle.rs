//! Where escrowed money goes: into holds, to payees, back to depositors.

use super::{Error, SUB, address, open_account, overflow, params, part, plus, state::*, to_sub};
use crate::{
    ids::LeaseKey,
    modules::{auth, bank},
};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, parse_amount};

/// Moves a job's price from the account of its deployment into the hold of its lease, oldest deposits first.
pub fn hold(ctx: &mut Ctx, lease: &LeaseKey, price: &Coin) -> Result<()> {
    let (owner, dseq) = (lease.order.owner, lease.order.dseq);
    let mut account = open_account(ctx, &owner, dseq)?;
    let need_sub = to_sub(price)?;
    let mut open_sub = need_sub;
    let mut parts = Vec::new();
    for deposit in account.deposits.iter_mut().filter(|d| d.denom == price.denom) {
        let have = parse_amount(&deposit.amount_sub)?;
        let taken = have.min(open_sub);
        if taken > 0 {
            parts.push(pb::Deposit { amount_sub: taken.to_string(), ..deposit.clone() });
        }
        deposit.amount_sub = have.saturating_sub(taken).to_string();
        open_sub = open_sub.saturating_sub(taken);
    }
    if open_sub > 0 {
        let (denom, have_sub) = (price.denom.clone(), need_sub.saturating_sub(open_sub));
        return Err(Error::Insufficient { denom, have_sub, need_sub }.into());
    }
    account.deposits.retain(|d| d.amount_sub != "0");
    ACCOUNTS.set(ctx, &(owner, dseq), &account)?;
    HOLDS.set(ctx, lease, &pb::Hold { id: Some(lease.id()), parts })
}

/// Returns a hold, whole, to the depositors it came from.
pub fn release(ctx: &mut Ctx, lease: &LeaseKey) -> Result<()> {
    settle(ctx, lease, &lease.provider, 0).map(|_| ())
}

/// Pays `bps` basis points of a hold to `payee`, less the protocol fee, and returns the rest to its depositors. Gives
/// the sub-units that the payee earned.
pub fn settle(ctx: &mut Ctx, lease: &LeaseKey, payee: &Address, bps: u32) -> Result<u128> {
    let hold = HOLDS.get(ctx, lease)?.ok_or(Error::NoHold(*lease))?;
    HOLDS.remove(ctx, lease)?;
    let Some(denom) = hold.parts.first().map(|part| part.denom.clone()) else { return Ok(0) };
    let mut total = 0u128;
    for deposit in &hold.parts {
        total = total.checked_add(parse_amount(&deposit.amount_sub)?).ok_or_else(overflow)?;
    }
    let gross = part(total, bps);
    give_back(ctx, lease, hold.parts, gross)?;
    pay(ctx, payee, &denom, gross)
}

/// Puts what is not spent of `parts` in front of the account's deposits, where it was taken from.
fn give_back(ctx: &mut Ctx, lease: &LeaseKey, parts: Vec<pb::Deposit>, mut spent_sub: u128) -> Result<()> {
    let (owner, dseq) = (lease.order.owner, lease.order.dseq);
    let mut account = open_account(ctx, &owner, dseq)?;
    let mut front: Vec<pb::Deposit> = Vec::new();
    for mut deposit in parts {
        let have = parse_amount(&deposit.amount_sub)?;
        let gone = have.min(spent_sub);
        spent_sub = spent_sub.saturating_sub(gone);
        let left = have.saturating_sub(gone);
        if left == 0 {
            continue;
        }
        let same = |d: &&mut pb::Deposit| {
            d.depositor == deposit.depositor && d.denom == deposit.denom && d.height == deposit.height
        };
        match account.deposits.iter_mut().find(same) {
            Some(rest) => rest.amount_sub = plus(&rest.amount_sub, left)?,
            None => {
                deposit.amount_sub = left.to_string();
                front.push(deposit);
            }
        }
    }
    front.append(&mut account.deposits);
    account.deposits = front;
    ACCOUNTS.set(ctx, &(owner, dseq), &account)
}

/// Splits a payment, once: fee floored, its parts floored, the rest of it to the insurance, all else to the payee.
fn pay(ctx: &mut Ctx, payee: &Address, denom: &str, gross: u128) -> Result<u128> {
    let params = params(ctx)?;
    let fee = part(gross, params.fee_bps);
    let (stakers, community) = (part(fee, params.fee_stakers_bps), part(fee, params.fee_community_bps));
    let insurance = fee.saturating_sub(stakers).saturating_sub(community);
    let net = gross.saturating_sub(fee);
    earn(ctx, payee, denom, net)?;
    for (name, amount) in [(auth::FEE_STAKERS, stakers), (auth::COMMUNITY, community), (auth::INSURANCE, insurance)] {
        earn(ctx, &Address::module(name), denom, amount)?;
    }
    Ok(net)
}

fn earn(ctx: &mut Ctx, payee: &Address, denom: &str, amount_sub: u128) -> Result<()> {
    if amount_sub == 0 {
        return Ok(());
    }
    let key = (*payee, denom.to_string());
    let fresh = || pb::Earnings {
        payee: payee.to_string(),
        denom: denom.into(),
        earned_sub: "0".into(),
        withdrawn_sub: "0".into(),
    };
    let mut earnings = EARNINGS.get(ctx, &key)?.unwrap_or_else(fresh);
    earnings.earned_sub = plus(&earnings.earned_sub, amount_sub)?;
    EARNINGS.set(ctx, &key, &earnings)?;
    let (payee, denom) = (earnings.payee, earnings.denom);
    ctx.emit(&pb::EventEarned { payee, denom, amount_sub: amount_sub.to_string() })
}

/// Pays out what `payee` earned and has not withdrawn, in whole base units; the rest stays and counts on.
pub fn withdraw(ctx: &mut Ctx, payee: &Address, denom: &str, to: &Address) -> Result<Coin> {
    let key = (*payee, denom.to_string());
    let Some(mut earnings) = EARNINGS.get(ctx, &key)? else { return Ok(Coin::new(denom, 0)) };
    let withdrawn = parse_amount(&earnings.withdrawn_sub)?;
    let open = parse_amount(&earnings.earned_sub)?.saturating_sub(withdrawn);
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

/// Closes an account: everything left returns to its depositors.
pub fn close(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let mut account = open_account(ctx, owner, dseq)?;
    for deposit in std::mem::take(&mut account.deposits) {
        refund(ctx, owner, dseq, &deposit)?;
    }
    account.state = pb::AccountState::Closed.into();
    ACCOUNTS.set(ctx, &(*owner, dseq), &account)
}

/// Whole units go to the depositor's balance; what is below one unit waits for the next refund.
fn refund(ctx: &mut Ctx, owner: &Address, dseq: u64, deposit: &pb::Deposit) -> Result<()> {
    let depositor = Address::parse(&deposit.depositor)?;
    let key = (depositor, deposit.denom.clone());
    let waiting = REMAINDERS.get(ctx, &key)?.map_or(Ok(0), |r| parse_amount(&r.amount_sub))?;
    let sum = parse_amount(&deposit.amount_sub)?.checked_add(waiting).ok_or_else(overflow)?;
    let (coin, rest) = (Coin::new(&deposit.denom, sum / SUB), sum % SUB);
    match rest {
        0 => REMAINDERS.remove(ctx, &key)?,
        _ => {
            let (depositor, denom) = (deposit.depositor.clone(), deposit.denom.clone());
            REMAINDERS.set(ctx, &key, &pb::Remainder { depositor, denom, amount_sub: rest.to_string() })?;
        }
    }
    if coin.amount > 0 {
        bank::send(ctx, &address(), &depositor, &coin)?;
        let (owner, depositor, amount) = (owner.to_string(), deposit.depositor.clone(), Some(coin.into()));
        ctx.emit(&pb::EventRefunded { owner, dseq, depositor, amount })?;
    }
    Ok(())
}
