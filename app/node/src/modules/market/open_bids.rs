//! Which bids of an order are open: one short list, the best first, so that the worst is found however many came and went.
//!
//! The list alone says it. A bid that another pushes out, or that loses when the order is awarded, leaves the list and its
//! record stands as it was made; read through [`load`] it is lost.

use super::{Error, params, state::*};
use crate::ids::{LeaseKey, OrderKey};
use aliquot_proto::market::v1::{Bid, BidState, OpenBids};
use aliquot_sdk::{Address, Ctx, Result, Sdk, ensure};

const PRICE: usize = size_of::<u128>();

/// Sorts as price and provider do.
fn entry(price: u128, provider: &Address) -> Vec<u8> {
    [&price.to_be_bytes(), provider.as_bytes()].concat()
}

fn read(entry: &[u8]) -> Result<(u128, Address)> {
    let parts = entry.split_first_chunk::<PRICE>();
    let read = parts.and_then(|(price, rest)| Some((u128::from_be_bytes(*price), Address::from_bytes(rest)?)));
    Ok(read.ok_or_else(|| Sdk::Logic("an order lists what is no bid".into()))?)
}

fn place(open: &OpenBids, provider: &Address) -> Option<usize> {
    open.bids.iter().position(|entry| entry.get(PRICE..) == Some(provider.as_bytes()))
}

/// The open bids of an order, the best first.
pub fn list(ctx: &Ctx, order: &OrderKey) -> Result<Vec<LeaseKey>> {
    let open = OPEN_BIDS.get(ctx, order)?.unwrap_or_default();
    let key = |entry: &Vec<u8>| Ok(LeaseKey { order: *order, provider: read(entry)?.1 });
    open.bids.iter().map(key).collect()
}

/// A bid as it stands.
pub fn load(ctx: &Ctx, key: &LeaseKey) -> Result<Bid> {
    let bid = BIDS.get(ctx, key)?.ok_or(Error::BidNotFound(*key))?;
    as_it_stands(ctx, key, bid)
}

/// Says of a record whether it is still open.
pub fn as_it_stands(ctx: &Ctx, key: &LeaseKey, bid: Bid) -> Result<Bid> {
    let open = || Ok::<_, aliquot_sdk::Error>(OPEN_BIDS.get(ctx, &key.order)?.unwrap_or_default());
    if bid.state() != BidState::Open || place(&open()?, &key.provider).is_some() {
        return Ok(bid);
    }
    Ok(Bid { state: BidState::Lost.into(), ..bid })
}

/// Lists a bid, and gives the one that had to go for it: the provider's own higher one, or the worst of a full order.
pub fn enter(ctx: &mut Ctx, bid: &LeaseKey, price: u128) -> Result<Option<LeaseKey>> {
    let mut open = OPEN_BIDS.get(ctx, &bid.order)?.unwrap_or_default();
    let (out, error) = match place(&open, &bid.provider) {
        Some(own) => (Some(open.bids.remove(own)), Error::BidExists(bid.order)),
        None if open.bids.len() < params(ctx)?.order_max_bids as usize => (None, Error::OrderFull(bid.order)),
        None => (open.bids.pop(), Error::OrderFull(bid.order)),
    };
    let out = out.map(|entry| read(&entry)).transpose()?;
    ensure(out.is_none_or(|(highest, _)| price < highest), || error)?;
    add(ctx, open, bid, price)?;
    Ok(out.map(|(_, provider)| LeaseKey { provider, ..*bid }))
}

fn add(ctx: &mut Ctx, mut open: OpenBids, bid: &LeaseKey, price: u128) -> Result<()> {
    let fresh = entry(price, &bid.provider);
    open.bids.insert(open.bids.partition_point(|other| *other < fresh), fresh);
    OPEN_BIDS.set(ctx, &bid.order, &open)
}

/// Lists a bid that was open on the chain it comes from, where the limit may have been lowered since.
pub fn import(ctx: &mut Ctx, bid: &LeaseKey, price: u128) -> Result<()> {
    let open = OPEN_BIDS.get(ctx, &bid.order)?.unwrap_or_default();
    ensure(place(&open, &bid.provider).is_none(), || Error::BidExists(bid.order))?;
    add(ctx, open, bid, price)
}

pub fn leave(ctx: &mut Ctx, bid: &LeaseKey) -> Result<()> {
    let mut open = OPEN_BIDS.get(ctx, &bid.order)?.unwrap_or_default();
    let Some(place) = place(&open, &bid.provider) else { return Ok(()) };
    open.bids.remove(place);
    match open.bids.is_empty() {
        true => OPEN_BIDS.remove(ctx, &bid.order),
        false => OPEN_BIDS.set(ctx, &bid.order, &open),
    }
}

/// Takes all open bids of an order off its list.
pub fn take_all(ctx: &mut Ctx, order: &OrderKey) -> Result<Vec<LeaseKey>> {
    let all = list(ctx, order)?;
    if !all.is_empty() {
        OPEN_BIDS.remove(ctx, order)?;
    }
    Ok(all)
}
