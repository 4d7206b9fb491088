//! The end of an order's bid window, of the order, and of its records: by height, from a queue.

use super::{end_bids, end_order, lease, open_bids, params, state::*};
use crate::{
    ids::{LeaseKey, OrderKey},
    isolate::isolate,
    modules::{compute, provider},
};
use aliquot_proto::{
    deployment::v1::Award,
    market::v1::{self as pb, BidState, OrderState},
};
use aliquot_sdk::{Ctx, Result};

/// Orders that one block awards, lets expire or removes; more wait for the next.
const MAX_ORDERS: usize = 200;
/// Bids of one order whose records one block removes.
const MAX_REMOVED: usize = 64;

pub fn run_due(ctx: &mut Ctx) -> Result<()> {
    for (_, key) in ORDERS_DUE.take_due(ctx, MAX_ORDERS)? {
        isolate(ctx, format!("market/{key}"), |ctx| fall_due(ctx, &key))?;
    }
    Ok(())
}

/// The bid window of an order ended, or its time did.
fn fall_due(ctx: &mut Ctx, key: &OrderKey) -> Result<()> {
    let mut order = super::order(ctx, key)?;
    match order.state() {
        OrderState::Open => {}
        OrderState::Closed | OrderState::Expired => return remove(ctx, key, order),
        _ => return Ok(()),
    }
    let expires = order.created_at.saturating_add(u64::from(params(ctx)?.order_ttl_blocks));
    let award = order.spec.as_ref().map_or(Award::Manual, |spec| spec.award());
    if award != Award::Manual && award_best(ctx, key, award)? {
        return Ok(());
    }
    if ctx.block.height >= expires {
        return expire(ctx, key);
    }
    order.due_height = expires;
    ORDERS.set(ctx, key, &order)?;
    ORDERS_DUE.insert(ctx, expires, *key)
}

/// Tries the bids from the best on until one becomes a lease.
fn award_best(ctx: &mut Ctx, order: &OrderKey, award: Award) -> Result<bool> {
    let keys = open_bids::list(ctx, order)?;
    let mut bids = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(bid) = BIDS.get(ctx, &key)? else { continue };
        bids.push(Candidate { price: price_of(&bid), score: provider::score(ctx, &key.provider)?, bid, key });
    }
    match award {
        Award::Score => bids.sort_by(Candidate::by_score),
        _ => bids.sort_by(Candidate::by_price),
    }
    for Candidate { key, .. } in bids {
        match ctx.atomic(|ctx| lease::create(ctx, &key, None)) {
            Ok(_) => return Ok(true),
            Err(error) if error.is_io() => return Err(error),
            Err(error) => tracing::debug!(%key, %error, "a bid cannot become a lease"),
        }
    }
    Ok(false)
}

struct Candidate {
    price: u128,
    /// 0 to 10000.
    score: u32,
    bid: pb::Bid,
    key: LeaseKey,
}

impl Candidate {
    /// Lower price, then more reliable, then earlier; the key makes the order total.
    fn by_price(a: &Self, b: &Self) -> std::cmp::Ordering {
        let rank = |c: &Self| (c.price, std::cmp::Reverse(c.score), c.bid.created_at, c.key);
        rank(a).cmp(&rank(b))
    }

    /// Lower price per reliability, compared by cross multiplication.
    fn by_score(a: &Self, b: &Self) -> std::cmp::Ordering {
        let weighed = |price: u128, score: u32| price.saturating_mul(u128::from(score.max(1)));
        weighed(a.price, b.score).cmp(&weighed(b.price, a.score)).then_with(|| Self::by_price(a, b))
    }
}

fn expire(ctx: &mut Ctx, key: &OrderKey) -> Result<()> {
    end_bids(ctx, key, BidState::Closed)?;
    end_order(ctx, key, OrderState::Expired, None)
}

/// Removes the records of an order that ended: its bids, leases and jobs; what one block does not reach, the next does.
fn remove(ctx: &mut Ctx, key: &OrderKey, mut order: pb::Order) -> Result<()> {
    let keys = BIDS.under(ctx, key).take(MAX_REMOVED).map(|e| e.map(|(key, _)| key)).collect::<Result<Vec<_>>>()?;
    for bid in &keys {
        compute::forget(ctx, bid)?;
        LEASES.remove(ctx, bid)?;
        BIDS.remove(ctx, bid)?;
    }
    if keys.len() < MAX_REMOVED {
        return ORDERS.remove(ctx, key);
    }
    order.due_height = ctx.block.height.saturating_add(1);
    ORDERS_DUE.insert(ctx, order.due_height, *key)?;
    ORDERS.set(ctx, key, &order)
}
