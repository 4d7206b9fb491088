//! The end of an order's bid window, and of the order: by height, from a queue.

use super::{end_bids, end_order, lease, params, state::*};
use crate::{
    ids::{LeaseKey, OrderKey},
    isolate::isolate,
    modules::provider,
};
use aliquot_proto::{
    deployment::v1::Award,
    market::v1::{self as pb, BidState, OrderState},
};
use aliquot_sdk::{Ctx, Result};

/// Orders that one block awards or lets expire; more wait for the next.
const MAX_ORDERS: usize = 200;

pub fn run_due(ctx: &mut Ctx) -> Result<()> {
    let now = ctx.block.height;
    let due = ORDERS_DUE.under(ctx, &()).take(MAX_ORDERS);
    let due = due.take_while(|e| e.as_ref().map_or(true, |(height, _)| *height <= now));
    for (height, key) in due.collect::<Result<Vec<_>>>()? {
        ORDERS_DUE.remove(ctx, &(height, key))?;
        isolate(ctx, format!("market/{key}"), |ctx| fall_due(ctx, &key))?;
    }
    Ok(())
}

/// The bid window of an order ended, or its time did.
fn fall_due(ctx: &mut Ctx, key: &OrderKey) -> Result<()> {
    let mut order = super::order(ctx, key)?;
    if order.state() != OrderState::Open {
        return Ok(());
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
    ORDERS_DUE.insert(ctx, &(expires, *key))
}

/// Tries the bids from the best on until one becomes a lease.
fn award_best(ctx: &mut Ctx, order: &OrderKey, award: Award) -> Result<bool> {
    let open = i32::from(BidState::Open).unsigned_abs();
    let keys = BIDS_BY_PRICE.under(ctx, &(*order, open)).collect::<Result<Vec<LeaseKey>>>()?;
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
