//! Market: orders, bids and leases.
//!
//! Each group of a deployment has an order. Providers bid on it, at most at its `max_price`, with a device whose free
//! bond covers the lease; a provider has one open bid per order. The owner accepts one bid: in that transaction the
//! price moves into the lease's hold, the device's bond is locked, every other bid is lost, and all deposits of losers
//! return. A bid's deposit is against spam alone and always returns. A job's phases live in `compute`; its lease stays
//! active until the job ends, and closes with the reason of what really happened.

mod msgs;
mod query;
mod state;

use crate::{
    hooks,
    ids::{LeaseKey, OrderKey},
    modules::{bank, compute},
};
use aliquot_proto::{
    deployment::v1::GroupSpec,
    market::v1::{self as pb, BidState, LeaseClosedReason, LeaseState, OrderState},
};
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, ModuleError, Result, Routes, ensure};
use state::{BIDS, LEASES, ORDERS, PARAMS};

pub struct Market;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no order {0}")]
    OrderNotFound(OrderKey),
    #[error("order {0} is not open")]
    OrderNotOpen(OrderKey),
    #[error("no bid {0}")]
    BidNotFound(LeaseKey),
    #[error("bid {0} is not open")]
    BidNotOpen(LeaseKey),
    #[error("provider has a bid on order {0} already: close it first")]
    BidExists(OrderKey),
    #[error("order {0} has as many bids as it takes")]
    OrderFull(OrderKey),
    #[error("price {0} is not in the order's denom or above its maximum of {1}")]
    PriceTooHigh(Coin, Coin),
    #[error("deposit {0} is below the minimum of {1}")]
    DepositTooSmall(Coin, Coin),
    #[error("{0} is not a denom that bid deposits may be in")]
    DepositDenom(String),
    #[error("the owner cannot bid on its own order")]
    OwnOrder,
    #[error("the provider lacks attribute {0}={1}, which the order requires")]
    AttributeMissing(String, String),
    #[error("no lease {0}")]
    LeaseNotFound(LeaseKey),
    #[error("lease {0} is not active")]
    LeaseNotActive(LeaseKey),
    #[error("the result of lease {0} is committed: it settles by itself")]
    AlreadyCommitted(LeaseKey),
    #[error("the message names owner {0}, the id another")]
    ForeignOrder(String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "market";
    fn code(&self) -> u32 {
        match self {
            Error::OrderNotFound(_) => 2,
            Error::OrderNotOpen(_) => 3,
            Error::BidNotFound(_) => 4,
            Error::BidNotOpen(_) => 5,
            Error::BidExists(_) => 6,
            Error::OrderFull(_) => 7,
            Error::PriceTooHigh(..) => 8,
            Error::DepositTooSmall(..) => 9,
            Error::DepositDenom(_) => 10,
            Error::OwnOrder => 11,
            Error::AttributeMissing(..) => 12,
            Error::LeaseNotFound(_) => 13,
            Error::LeaseNotActive(_) => 14,
            Error::AlreadyCommitted(_) => 15,
            Error::ForeignOrder(_) => 16,
        }
    }
}

impl Module for Market {
    const NAME: &'static str = "market";
    const SCHEMA: &'static [At] = state::SCHEMA;
    const INVARIANTS: &'static [Invariant] = &[
        ("market/bid deposits are what the module holds", deposits_are_held),
        ("market/orders count their open bids", orders_count_their_bids),
    ];
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        let params = genesis.params.unwrap_or_default();
        Coin::parse_list(&params.min_bid_deposits)?;
        PARAMS.set(ctx, &params)?;
        for order in &genesis.orders {
            ORDERS.set(ctx, &OrderKey::parse(&order.id)?, order)?;
        }
        for bid in &genesis.bids {
            BIDS.set(ctx, &LeaseKey::parse(&bid.id)?, bid)?;
        }
        for lease in &genesis.leases {
            LEASES.set(ctx, &LeaseKey::parse(&lease.id)?, lease)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        Ok(pb::GenesisState {
            params: PARAMS.get(ctx)?,
            orders: ORDERS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            bids: BIDS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            leases: LEASES.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        })
    }
}

/// The account of the module in `bank`: holds the deposits of bids.
fn address() -> Address {
    Address::module("market")
}

/// Opens the order of a group.
pub fn create_order(ctx: &mut Ctx, key: &OrderKey, spec: GroupSpec) -> Result<()> {
    let (id, state) = (Some(key.id()), OrderState::Open.into());
    let order = pb::Order { id: id.clone(), state, spec: Some(spec), created_at: ctx.block.height, open_bids: 0 };
    ORDERS.set(ctx, key, &order)?;
    ctx.emit(&pb::EventOrderCreated { id })
}

pub fn order(ctx: &Ctx, key: &OrderKey) -> Result<pb::Order> {
    Ok(ORDERS.get(ctx, key)?.ok_or(Error::OrderNotFound(*key))?)
}

/// Closes an order at its owner's wish. An open one ends with its bids; a job not yet committed is cancelled; a
/// committed one goes on to settle. Returns whether the order is closed now.
pub fn close_order(ctx: &mut Ctx, key: &OrderKey) -> Result<bool> {
    let order = order(ctx, key)?;
    match order.state() {
        OrderState::Open => {
            end_bids(ctx, key, BidState::Closed)?;
            finish_order(ctx, key)?;
            Ok(true)
        }
        OrderState::Active => match active_lease(ctx, key)? {
            Some(lease) => compute::cancel(ctx, &lease),
            None => Ok(false),
        },
        _ => Ok(true),
    }
}

fn active_lease(ctx: &Ctx, key: &OrderKey) -> Result<Option<LeaseKey>> {
    for entry in LEASES.under(ctx, key) {
        let (key, lease) = entry?;
        if lease.state() == LeaseState::Active {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// The job of a lease ended: closes lease, bid and order.
pub fn end_lease(ctx: &mut Ctx, key: &LeaseKey, reason: LeaseClosedReason) -> Result<()> {
    let mut lease = LEASES.get(ctx, key)?.ok_or(Error::LeaseNotFound(*key))?;
    ensure(lease.state() == LeaseState::Active, || Error::LeaseNotActive(*key))?;
    lease.state = LeaseState::Closed.into();
    lease.closed_at = ctx.block.height;
    lease.reason = reason.into();
    LEASES.set(ctx, key, &lease)?;
    ctx.emit(&pb::EventLeaseClosed { id: Some(key.id()), reason: reason.into() })?;
    let bid = BIDS.get(ctx, key)?.ok_or(Error::BidNotFound(*key))?;
    end_bid(ctx, key, bid, BidState::Closed)?;
    finish_order(ctx, &key.order)
}

fn finish_order(ctx: &mut Ctx, key: &OrderKey) -> Result<()> {
    let mut order = order(ctx, key)?;
    order.state = OrderState::Closed.into();
    order.open_bids = 0;
    ORDERS.set(ctx, key, &order)?;
    ctx.emit(&pb::EventOrderClosed { id: Some(key.id()) })?;
    hooks::order_closed(ctx, key)
}

/// Ends every open bid of an order; there are never more than `order_max_bids`.
fn end_bids(ctx: &mut Ctx, key: &OrderKey, state: BidState) -> Result<()> {
    let open = BIDS.under(ctx, key).filter(|e| e.as_ref().map_or(true, |(_, bid)| bid.state() == BidState::Open));
    for (key, bid) in open.collect::<Result<Vec<_>>>()? {
        end_bid(ctx, &key, bid, state)?;
    }
    Ok(())
}

/// Ends one bid and returns its deposit.
fn end_bid(ctx: &mut Ctx, key: &LeaseKey, mut bid: pb::Bid, state: BidState) -> Result<()> {
    if let Some(deposit) = &bid.deposit {
        bank::send(ctx, &address(), &key.provider, &Coin::parse(deposit)?)?;
    }
    bid.deposit = None;
    bid.state = state.into();
    BIDS.set(ctx, key, &bid)?;
    match state {
        BidState::Lost => ctx.emit(&pb::EventBidLost { id: Some(key.id()) }),
        _ => ctx.emit(&pb::EventBidClosed { id: Some(key.id()) }),
    }
}

fn deposits_are_held(ctx: &Ctx) -> Result<(), String> {
    let mut sums = std::collections::BTreeMap::<String, u128>::new();
    for entry in BIDS.under(ctx, &()) {
        let (_, bid) = entry.map_err(|e| e.to_string())?;
        if let Some(deposit) = &bid.deposit {
            let coin = Coin::parse(deposit).map_err(|e| e.to_string())?;
            let sum = sums.entry(coin.denom).or_default();
            *sum = sum.saturating_add(coin.amount);
        }
    }
    for (denom, sum) in sums {
        let held = bank::balance(ctx, &address(), &denom).map_err(|e| e.to_string())?;
        if held != sum {
            return Err(format!("the module holds {held}{denom}, the deposits sum to {sum}"));
        }
    }
    Ok(())
}

fn orders_count_their_bids(ctx: &Ctx) -> Result<(), String> {
    for entry in ORDERS.under(ctx, &()) {
        let (key, order) = entry.map_err(|e| e.to_string())?;
        let bids = BIDS.under(ctx, &key).collect::<Result<Vec<_>>>().map_err(|e| e.to_string())?;
        let open = bids.iter().filter(|(_, bid)| bid.state() == BidState::Open).count();
        if order.open_bids as usize != open {
            return Err(format!("order {key} counts {} open bids, there are {open}", order.open_bids));
        }
    }
    Ok(())
}
