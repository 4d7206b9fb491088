//! Messages of `market`.

use super::{Error, address, close_order, end_bid, end_bids, order, state::*};
use crate::{
    ids::{LeaseKey, OrderKey},
    modules::{bank, compute, escrow, provider},
};
use aliquot_proto::{
    deployment::v1::GroupSpec,
    market::v1::{self as pb, BidState, LeaseState, OrderState},
    provider::v1::Provider,
};
use aliquot_sdk::{Coin, Ctx, Result, Routes, Sdk, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(create_bid).msg(close_bid).msg(create_lease).msg(close_lease).msg(withdraw_lease);
}

fn open_order(ctx: &Ctx, key: &OrderKey) -> Result<pb::Order> {
    let order = order(ctx, key)?;
    ensure(order.state() == OrderState::Open, || Error::OrderNotOpen(*key))?;
    Ok(order)
}

fn create_bid(ctx: &mut Ctx, msg: pb::MsgCreateBid) -> Result<pb::MsgCreateBidResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    let provider = provider::load_for(ctx, &key.provider, &msg.signer)?;
    ensure(key.provider != key.order.owner, || Error::OwnOrder)?;
    let mut order = open_order(ctx, &key.order)?;
    let params = PARAMS.load_or_default(ctx)?;
    ensure(order.open_bids < params.order_max_bids, || Error::OrderFull(key.order))?;
    let standing = BIDS.get(ctx, &key)?.is_some_and(|bid| bid.state() == BidState::Open);
    ensure(!standing, || Error::BidExists(key.order))?;
    let price = Coin::parse_positive(&msg.price)?;
    check_offer(order.spec.as_ref(), &provider, &price)?;
    compute::check_bid(ctx, &key.provider, &msg.device_id, &price)?;
    let deposit = Coin::parse_positive(&msg.deposit)?;
    check_deposit(&params, &deposit)?;
    bank::send(ctx, &key.provider, &address(), &deposit)?;
    let bid = pb::Bid {
        id: msg.id.clone(),
        state: BidState::Open.into(),
        price: msg.price.clone(),
        device_id: msg.device_id,
        deposit: Some(deposit.into()),
        created_at: ctx.block.height,
    };
    BIDS.set(ctx, &key, &bid)?;
    order.open_bids = order.open_bids.saturating_add(1);
    ORDERS.set(ctx, &key.order, &order)?;
    ctx.emit(&pb::EventBidCreated { id: msg.id, price: msg.price })?;
    Ok(pb::MsgCreateBidResponse {})
}

fn check_offer(spec: Option<&GroupSpec>, provider: &Provider, price: &Coin) -> Result<()> {
    let spec = spec.ok_or_else(|| Sdk::Logic("an order without spec".into()))?;
    let most = Coin::parse_positive(&spec.max_price)?;
    ensure(price.denom == most.denom && price.amount <= most.amount, || Error::PriceTooHigh(price.clone(), most))?;
    let required = spec.requirements.iter().flat_map(|r| &r.attributes);
    match required.into_iter().find(|attribute| !provider.attributes.contains(attribute)) {
        Some(missing) => Err(Error::AttributeMissing(missing.key.clone(), missing.value.clone()).into()),
        None => Ok(()),
    }
}

fn check_deposit(params: &pb::Params, deposit: &Coin) -> Result<()> {
    let least = params.min_bid_deposits.iter().find(|c| c.denom == deposit.denom);
    let least = Coin::parse(least.ok_or_else(|| Error::DepositDenom(deposit.denom.clone()))?)?;
    ensure(deposit.amount >= least.amount, || Error::DepositTooSmall(deposit.clone(), least))
}

fn close_bid(ctx: &mut Ctx, msg: pb::MsgCloseBid) -> Result<pb::MsgCloseBidResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    provider::load_for(ctx, &key.provider, &msg.signer)?;
    let bid = BIDS.get(ctx, &key)?.ok_or(Error::BidNotFound(key))?;
    ensure(bid.state() == BidState::Open, || Error::BidNotOpen(key))?;
    let mut order = order(ctx, &key.order)?;
    order.open_bids = order.open_bids.saturating_sub(1);
    ORDERS.set(ctx, &key.order, &order)?;
    end_bid(ctx, &key, bid, BidState::Closed)?;
    Ok(pb::MsgCloseBidResponse {})
}

fn owned(msg_owner: &str, key: &LeaseKey) -> Result<()> {
    ensure(msg_owner == key.order.owner.to_string(), || Error::ForeignOrder(msg_owner.into()))
}

fn create_lease(ctx: &mut Ctx, msg: pb::MsgCreateLease) -> Result<pb::MsgCreateLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    owned(&msg.owner, &key)?;
    let mut order = open_order(ctx, &key.order)?;
    let mut bid = BIDS.get(ctx, &key)?.ok_or(Error::BidNotFound(key))?;
    ensure(bid.state() == BidState::Open, || Error::BidNotOpen(key))?;
    let price = Coin::parse_positive(&bid.price)?;
    escrow::hold(ctx, &key, &price)?;
    let spec = order.spec.as_ref().and_then(|spec| spec.job.as_ref());
    let spec = spec.ok_or_else(|| Sdk::Logic("an order without job".into()))?;
    compute::start(ctx, &key, &bid.device_id, spec, &price)?;
    let lease = pb::Lease {
        id: msg.id.clone(),
        state: LeaseState::Active.into(),
        price: bid.price.clone(),
        device_id: bid.device_id.clone(),
        created_at: ctx.block.height,
        ..pb::Lease::default()
    };
    LEASES.set(ctx, &key, &lease)?;
    bid.state = BidState::Active.into();
    BIDS.set(ctx, &key, &bid)?;
    end_bids(ctx, &key.order, BidState::Lost)?;
    order.state = OrderState::Active.into();
    order.open_bids = 0;
    ORDERS.set(ctx, &key.order, &order)?;
    ctx.emit(&pb::EventLeaseCreated { id: msg.id, price: lease.price })?;
    Ok(pb::MsgCreateLeaseResponse {})
}

fn close_lease(ctx: &mut Ctx, msg: pb::MsgCloseLease) -> Result<pb::MsgCloseLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    owned(&msg.owner, &key)?;
    let lease = LEASES.get(ctx, &key)?.ok_or(Error::LeaseNotFound(key))?;
    ensure(lease.state() == LeaseState::Active, || Error::LeaseNotActive(key))?;
    let closed = close_order(ctx, &key.order)?;
    ensure(closed, || Error::AlreadyCommitted(key))?;
    Ok(pb::MsgCloseLeaseResponse {})
}

fn withdraw_lease(ctx: &mut Ctx, msg: pb::MsgWithdrawLease) -> Result<pb::MsgWithdrawLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    let provider = provider::load_for(ctx, &key.provider, &msg.signer)?;
    let lease = LEASES.get(ctx, &key)?.ok_or(Error::LeaseNotFound(key))?;
    let price = Coin::parse_positive(&lease.price)?;
    let coin = escrow::withdraw(ctx, &key.provider, &price.denom, &provider::payout(&provider)?)?;
    Ok(pb::MsgWithdrawLeaseResponse { amount: Some(coin.into()) })
}
