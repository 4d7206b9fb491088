//! Queries of `market`, with Akash's filters: a filter holds on every page.

use super::{Error, open_bids, order, state::*};
use crate::ids::{LeaseKey, OrderKey};
use aliquot_proto::market::v1::{self as pb, BidState};
use aliquot_sdk::{Address, Ctx, Key, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(orders).query(query_order).query(bids).query(bid).query(leases).query(lease).query(query_params);
    r.query(super::matching::matches).query(super::quote::quote);
}

/// The leading part of a key that `owner` and `dseq` fix.
struct Part {
    owner: Option<Address>,
    dseq: u64,
}

impl Part {
    fn parse(owner: &str, dseq: u64) -> Result<Self> {
        let owner = if owner.is_empty() { None } else { Some(Address::parse(owner)?) };
        Ok(Part { owner, dseq })
    }
    fn fits(&self, key: &OrderKey) -> bool {
        self.owner.is_none_or(|owner| owner == key.owner) && (self.dseq == 0 || self.dseq == key.dseq)
    }
}

impl Key for Part {
    fn write(&self, out: &mut Vec<u8>, last: bool) {
        match (self.owner, self.dseq) {
            (None, _) => {}
            (Some(owner), 0) => owner.write(out, last),
            (Some(owner), dseq) => (owner, dseq).write(out, last),
        }
    }
    /// Only ever written, as a prefix.
    fn read(_: &mut &[u8], _: bool) -> Option<Self> {
        None
    }
}

fn orders(ctx: &Ctx, q: pb::QueryOrdersRequest) -> Result<pb::QueryOrdersResponse> {
    let f = q.filters.unwrap_or_default();
    let part = Part::parse(&f.owner, f.dseq)?;
    let list = match (part.owner, f.state) {
        (None, state) if state != 0 => ORDERS_BY_STATE.listed(ORDERS.map(), &state.unsigned_abs()),
        _ => ORDERS.map().listed(&part),
    };
    let page = paginate(ctx, q.pagination, list, |(key, order)| {
        let fits = part.fits(&key) && (f.state == 0 || order.state == f.state);
        if fits { counted(ctx, &key, order).map(Some) } else { Ok(None) }
    })?;
    Ok(pb::QueryOrdersResponse { orders: page.items, pagination: page.response })
}

fn query_order(ctx: &Ctx, q: pb::QueryOrderRequest) -> Result<pb::QueryOrderResponse> {
    let key = OrderKey::parse(&q.id)?;
    Ok(pb::QueryOrderResponse { order: Some(counted(ctx, &key, order(ctx, &key)?)?) })
}

/// With the number of its open bids, which stands beside the order.
fn counted(ctx: &Ctx, key: &OrderKey, order: pb::Order) -> Result<pb::Order> {
    let open_bids = open_bids::list(ctx, key)?.len();
    Ok(pb::Order { open_bids: u32::try_from(open_bids).unwrap_or(u32::MAX), ..order })
}

fn bids(ctx: &Ctx, q: pb::QueryBidsRequest) -> Result<pb::QueryBidsResponse> {
    let f = q.filters.unwrap_or_default();
    let part = Part::parse(&f.owner, f.dseq)?;
    let provider = if f.provider.is_empty() { None } else { Some(Address::parse(&f.provider)?) };
    let list = match (part.owner, provider) {
        (None, Some(provider)) => BIDS_BY_PROVIDER.listed(BIDS.map(), &provider),
        _ => BIDS.map().listed(&part),
    };
    let page = paginate(ctx, q.pagination, list, |(key, bid)| {
        if !part.fits(&key.order) || provider.is_some_and(|p| p != key.provider) {
            return Ok(None);
        }
        let bid = open_bids::as_it_stands(ctx, &key, bid)?;
        Ok((f.state == 0 || bid.state == f.state).then(|| without_returned(bid)))
    })?;
    Ok(pb::QueryBidsResponse { bids: page.items, pagination: page.response })
}

/// What was returned is not shown.
fn without_returned(bid: pb::Bid) -> pb::Bid {
    let held = bid.state() != BidState::Lost;
    pb::Bid { deposit: bid.deposit.filter(|_| held), ..bid }
}

fn bid(ctx: &Ctx, q: pb::QueryBidRequest) -> Result<pb::QueryBidResponse> {
    let key = LeaseKey::parse(&q.id)?;
    Ok(pb::QueryBidResponse { bid: Some(without_returned(open_bids::load(ctx, &key)?)) })
}

fn leases(ctx: &Ctx, q: pb::QueryLeasesRequest) -> Result<pb::QueryLeasesResponse> {
    let f = q.filters.unwrap_or_default();
    let part = Part::parse(&f.owner, f.dseq)?;
    let provider = if f.provider.is_empty() { None } else { Some(Address::parse(&f.provider)?) };
    let list = match (part.owner, provider) {
        (None, Some(provider)) if f.state != 0 => {
            LEASES_BY_PROVIDER.listed(LEASES.map(), &(provider, f.state.unsigned_abs()))
        }
        (None, Some(provider)) => LEASES_BY_PROVIDER.listed(LEASES.map(), &provider),
        _ => LEASES.map().listed(&part),
    };
    let page = paginate(ctx, q.pagination, list, |(key, lease)| {
        let fits = part.fits(&key.order) && provider.is_none_or(|p| p == key.provider);
        Ok((fits && (f.state == 0 || lease.state == f.state)).then_some(lease))
    })?;
    Ok(pb::QueryLeasesResponse { leases: page.items, pagination: page.response })
}

fn lease(ctx: &Ctx, q: pb::QueryLeaseRequest) -> Result<pb::QueryLeaseResponse> {
    let key = LeaseKey::parse(&q.id)?;
    Ok(pb::QueryLeaseResponse { lease: Some(LEASES.get(ctx, &key)?.ok_or(Error::LeaseNotFound(key))?) })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(PARAMS.load_or_default(ctx)?) })
}
