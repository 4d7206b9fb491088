//! The books, added up from scratch.

use super::{account, address, earnings, overflow, params, state::*, to_sub};
use crate::modules::bank;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Coin, Ctx, Result, parse_amount};
use std::collections::BTreeMap;

#[derive(Default)]
struct Books {
    deposits: u128,
    holds: u128,
    unpaid: u128,
}

fn add(sum: &mut u128, text: &str) -> Result<()> {
    *sum = sum.checked_add(parse_amount(text)?).ok_or_else(overflow)?;
    Ok(())
}

/// One row for each denom that escrow takes or holds. Walks every account.
pub fn books(ctx: &Ctx) -> Result<Vec<pb::Audit>> {
    let mut all: BTreeMap<String, Books> = BTreeMap::new();
    for coin in params(ctx)?.min_deposits {
        all.entry(coin.denom).or_default();
    }
    for entry in ACCOUNTS.under(ctx, &()) {
        let mut account = entry?.1;
        account::verify(ctx, &mut account)?;
        for deposit in account.deposits {
            add(&mut all.entry(deposit.denom).or_default().deposits, &deposit.amount_sub)?;
        }
    }
    for entry in HOLDS.under(ctx, &()) {
        for part in entry?.1.parts {
            add(&mut all.entry(part.denom).or_default().holds, &part.amount_sub)?;
        }
    }
    for entry in EARNINGS.under(ctx, &()) {
        let (_, earnings) = entry?;
        let unpaid =
            earnings::counter(&earnings, ctx.block.height)?.checked_sub(parse_amount(&earnings.withdrawn_sub)?);
        let unpaid = unpaid.ok_or_else(overflow)?.to_string();
        add(&mut all.entry(earnings.denom).or_default().unpaid, &unpaid)?;
    }
    for entry in REMAINDERS.under(ctx, &()) {
        let (_, remainder) = entry?;
        add(&mut all.entry(remainder.denom).or_default().unpaid, &remainder.amount_sub)?;
    }
    all.into_iter().map(|(denom, books)| row(ctx, denom, &books)).collect()
}

fn row(ctx: &Ctx, denom: String, books: &Books) -> Result<pb::Audit> {
    let held = to_sub(&Coin::new(&denom, bank::balance(ctx, &address(), &denom)?))?;
    let owed = books.deposits.checked_add(books.holds).and_then(|sum| sum.checked_add(books.unpaid));
    Ok(pb::Audit {
        denom,
        module_balance_sub: held.to_string(),
        deposits_sub: books.deposits.to_string(),
        holds_sub: books.holds.to_string(),
        unpaid_sub: books.unpaid.to_string(),
        balanced: owed == Some(held),
    })
}

pub fn invariant(ctx: &Ctx) -> Result<(), String> {
    let rows = books(ctx).map_err(|e| e.to_string())?;
    match rows.iter().find(|row| !row.balanced) {
        Some(row) => Err(format!("{row:?}")),
        None => Ok(()),
    }
}
