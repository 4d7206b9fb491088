//! Where escrowed money goes: into holds, to payees, back to depositors.

use super::{
    Error, SUB, account, address,
    earnings::{earn, lag},
    fee_legs, overflow, part, plus,
    state::*,
    to_sub,
};
use crate::{ids::LeaseKey, isolate::isolate, modules::bank};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Sdk, ensure, parse_amount};

/// Closing accounts that one block finishes; more wait for the next, their amounts are fixed.
const MAX_FINALS: usize = 2_000;

/// Moves a job's price from the free part of its deployment's account into the hold of its lease, oldest deposits
/// first. What the account pays per block must last for one more.
pub fn hold(ctx: &mut Ctx, lease: &LeaseKey, price: &Coin) -> Result<()> {
    let key = account::key_of(lease);
    let mut account = account::open_account(ctx, &key)?;
    let need_sub = to_sub(price)?;
    let denom = price.denom.as_str();
    let have_sub = account::free(ctx, &account, denom)?.saturating_sub(account::rate(&account, denom)?);
    ensure(have_sub >= need_sub, || Error::Insufficient { denom: denom.into(), have_sub, need_sub })?;
    let mut reserved = account::reserved(ctx, &account, denom)?;
    let mut parts = Vec::new();
    let mut open_sub = need_sub;
    for deposit in account.deposits.iter_mut().filter(|deposit| deposit.denom == denom) {
        let have = parse_amount(&deposit.amount_sub)?;
        let skipped = have.min(reserved);
        reserved = reserved.saturating_sub(skipped);
        let taken = have.saturating_sub(skipped).min(open_sub);
        if taken > 0 {
            parts.push(pb::Deposit { amount_sub: taken.to_string(), ..deposit.clone() });
        }
        deposit.amount_sub = have.saturating_sub(taken).to_string();
        open_sub = open_sub.saturating_sub(taken);
    }
    account.deposits.retain(|deposit| deposit.amount_sub != "0");
    account::save(ctx, &key, account)?;
    HOLDS.set(ctx, lease, &pb::Hold { id: Some(lease.id()), parts })
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

/// Puts what is not spent of `parts` in front of the account's deposits, where it was taken from. An account that ran
/// dry may go on with it.
fn give_back(ctx: &mut Ctx, lease: &LeaseKey, parts: Vec<pb::Deposit>, mut spent_sub: u128) -> Result<()> {
    let key = account::key_of(lease);
    let mut account = account::open_account(ctx, &key)?;
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
    account::save(ctx, &key, account)?;
    super::resume(ctx, &key)
}

/// Pays at once what is verified, split once: fees floored, all else to the payee. Gives what the payee earned.
fn pay(ctx: &mut Ctx, payee: &Address, denom: &str, gross: u128) -> Result<u128> {
    let fees = fee_legs(ctx, gross)?;
    let net = fees.iter().fold(gross, |net, (_, fee)| net.saturating_sub(*fee));
    earn(ctx, payee, denom, net)?;
    for (account, fee) in fees {
        earn(ctx, &account, denom, fee)?;
    }
    Ok(net)
}

/// Closes an account whose payments have ended: everything free returns to its depositors now, and what is not
/// verified yet goes its way `earnings_lag` later.
pub fn close(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let key = (*owner, dseq);
    let mut account = account::open_account(ctx, &key)?;
    account.state = pb::AccountState::Closed.into();
    account.paused = false;
    refund_free(ctx, &key, &mut account)?;
    if !account.deposits.is_empty() {
        account.final_height = ctx.block.height.saturating_add(lag(ctx)?);
        FINALS.insert(ctx, account.final_height, key)?;
    }
    account::save(ctx, &key, account)
}

/// Accounts whose last revenue is verified by now: what is still left goes back.
pub fn run_finals(ctx: &mut Ctx) -> Result<()> {
    for (_, (owner, dseq)) in FINALS.take_due(ctx, MAX_FINALS)? {
        isolate(ctx, format!("escrow/final/{owner}/{dseq}"), |ctx| finish(ctx, &(owner, dseq)))?;
    }
    Ok(())
}

fn finish(ctx: &mut Ctx, key: &account::Key) -> Result<()> {
    let mut account = account::load(ctx, key)?;
    refund_free(ctx, key, &mut account)?;
    account.final_height = 0;
    account.flows.clear();
    account::save(ctx, key, account)
}

/// Removes the record of an account that is closed and empty.
pub fn forget(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let key = (*owner, dseq);
    let account = account::load(ctx, &key)?;
    let empty = account.state() == pb::AccountState::Closed && account.deposits.is_empty() && account.final_height == 0;
    ensure(empty, || Sdk::Logic(format!("the escrow account of {owner}/{dseq} is not done")))?;
    ACCOUNTS.remove(ctx, &key)
}

/// Returns what is not reserved, the newest deposits first, since revenue is taken from the oldest.
fn refund_free(ctx: &mut Ctx, key: &account::Key, account: &mut pb::Account) -> Result<()> {
    let mut reserved: Vec<(String, u128)> = Vec::new();
    for flow in &account.flows {
        reserved.push((flow.denom.clone(), account::reserved(ctx, account, &flow.denom)?));
    }
    for deposit in &mut account.deposits {
        let have = parse_amount(&deposit.amount_sub)?;
        let kept = match reserved.iter_mut().find(|(denom, _)| *denom == deposit.denom) {
            Some((_, left)) => {
                let kept = have.min(*left);
                *left = left.saturating_sub(kept);
                kept
            }
            None => 0,
        };
        let back = pb::Deposit { amount_sub: have.saturating_sub(kept).to_string(), ..deposit.clone() };
        deposit.amount_sub = kept.to_string();
        refund(ctx, &key.0, key.1, &back)?;
    }
    account.deposits.retain(|deposit| deposit.amount_sub != "0");
    Ok(())
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
