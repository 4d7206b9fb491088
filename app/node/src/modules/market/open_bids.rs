//! The open bids of an order: one short list, the best first, so that the worst is found however many came and went.

use super::{params, state::*};
use crate::ids::{LeaseKey, OrderKey};
use aliquot_proto::market::v1::OpenBid;
use aliquot_sdk::{Address, Ctx, Result, Sdk, parse_amount};

fn rank(bid: &OpenBid) -> Result<(u128, &[u8])> {
    Ok((parse_amount(&bid.price)?, bid.provider.as_slice()))
}

fn key(order: &OrderKey, bid: &OpenBid) -> Result<LeaseKey> {
    let provider = Address::from_bytes(&bid.provider);
    Ok(LeaseKey {
        order: *order,
        provider: provider.ok_or_else(|| Sdk::Logic("a listed bid names no provider".into()))?,
    })
}

pub fn list(ctx: &Ctx, order: &OrderKey) -> Result<Vec<LeaseKey>> {
    let open = OPEN_BIDS.get(ctx, order)?.unwrap_or_default();
    open.bids.iter().map(|bid| key(order, bid)).collect()
}

/// The worst open bid of an order that takes no more; none while there is room.
pub fn worst_if_full(ctx: &Ctx, order: &OrderKey) -> Result<Option<LeaseKey>> {
    let open = OPEN_BIDS.get(ctx, order)?.unwrap_or_default();
    if open.bids.len() < params(ctx)?.order_max_bids as usize {
        return Ok(None);
    }
    open.bids.last().map(|worst| key(order, worst)).transpose()
}

pub fn add(ctx: &mut Ctx, bid: &LeaseKey, price: u128) -> Result<()> {
    let mut open = OPEN_BIDS.get(ctx, &bid.order)?.unwrap_or_default();
    let fresh = OpenBid { provider: bid.provider.as_bytes().to_vec(), price: price.to_string() };
    let mut at = open.bids.len();
    for (i, other) in open.bids.iter().enumerate().rev() {
        if rank(other)? < rank(&fresh)? {
            break;
        }
        at = i;
    }
    open.bids.insert(at, fresh);
    OPEN_BIDS.set(ctx, &bid.order, &open)
}

pub fn remove(ctx: &mut Ctx, bid: &LeaseKey) -> Result<()> {
    let mut open = OPEN_BIDS.get(ctx, &bid.order)?.unwrap_or_default();
    open.bids.retain(|other| other.provider != bid.provider.as_bytes());
    match open.bids.is_empty() {
        true => OPEN_BIDS.remove(ctx, &bid.order),
        false => OPEN_BIDS.set(ctx, &bid.order, &open),
    }
}
