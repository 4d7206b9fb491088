//! Market: orders, bids and leases.
//!
//! Each group of a deployment has an order. Providers bid on it, at most at its maximum price, with a device whose free
//! bond covers the lease; a provider has one open bid per order and may replace it by a lower one. When an order has all
//! the bids it takes, a better one replaces the worst. Bids are collected in a window; then the chain awards the order
//! if its tenant chose so, else the tenant accepts a bid while the order lasts. In that transaction a job's price moves
//! into the lease's hold, or a service's pay begins; the device's bond is locked; every other bid is lost, and all
//! deposits of losers return. A bid's deposit is against spam alone and always returns. A second bid may be accepted as
//! a standby: its bond is locked and it is paid nothing until it takes over from a provider that left or failed.
//!
//! A job's phases live in `compute`; its lease stays active until the job ends. A service lease ends at once when its
//! tenant closes it, and by its provider after the notice agreed in the bid, or sooner for a part of its locked bond.
//! Every lease closes with the reason of what really happened.

mod amend;
mod award;
mod lease;
mod matching;
mod msgs;
mod offer;
mod open_bids;
mod query;
mod quote;
mod state;

use crate::{
    hooks,
    ids::{LeaseKey, OrderKey},
    isolate::isolate,
    modules::{
        bank,
        compute::{self, Slash},
        escrow,
    },
};
use aliquot_proto::{
    deployment::v1::GroupSpec,
    market::v1::{self as pb, BidState, LeaseClosedReason, LeaseState, OrderState},
};
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, ModuleError, Result, Routes, ensure};
use state::{BIDS, LEASES, OPEN_BIDS, ORDERS, ORDERS_DUE, PARAMS, QUOTES, price_of};

pub use lease::set_paused;
pub use offer::check_service;

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
    #[error("the provider's open bid on order {0} is not higher: a bid is replaced by a lower one alone")]
    BidExists(OrderKey),
    #[error("the provider bid less on order {0} before: what it asks for never rises")]
    BidRaised(OrderKey),
    #[error("order {0} has as many bids as it takes, and none is worse")]
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
    #[error("a service needs a rate of more than zero per block")]
    NoRate,
    #[error("all prices of a group must be in one denom")]
    OneDenom,
    #[error("rate {0} {1} is not in the order's denom or above its maximum of {2} {3} sub-units per block")]
    RateTooHigh(u128, String, u128, String),
    #[error("the items must price each resource unit once and add up to the rate")]
    ItemsDiffer,
    #[error("the provider lists none of the GPUs asked for: {0}")]
    GpuMissing(String),
    #[error("invalid resources: {0}")]
    InvalidResources(String),
    #[error("payees must be at most eight, each once, with a weight of more than zero")]
    InvalidPayees,
    #[error("provider {0} has {1} service leases, as many as one may have")]
    TooManyLeases(Address, u32),
    #[error("this is for service leases, not for jobs")]
    NotForJobs,
    #[error("the notice must be {0} to {1} blocks")]
    InvalidReclamation(u32, u32),
    #[error("a provider's reason must be one of 10000 to 10003")]
    InvalidReason,
    #[error("the amendment changes nothing, or what it changes is not allowed: {0}")]
    InvalidAmendment(String),
    #[error("{0} is neither the tenant nor the provider of the lease")]
    NotParty(String),
    #[error("invalid params: {0}")]
    InvalidParams(String),
    #[error("the provider has no device with free bond")]
    NoFreeDevice,
    #[error("the auditors that the order names have not signed for the provider")]
    NotSigned,
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
            Error::NoRate => 17,
            Error::OneDenom => 18,
            Error::RateTooHigh(..) => 19,
            Error::ItemsDiffer => 20,
            Error::GpuMissing(_) => 21,
            Error::InvalidResources(_) => 22,
            Error::InvalidPayees => 23,
            Error::TooManyLeases(..) => 24,
            Error::NotForJobs => 25,
            Error::InvalidReclamation(..) => 26,
            Error::InvalidReason => 27,
            Error::InvalidAmendment(_) => 28,
            Error::NotParty(_) => 29,
            Error::InvalidParams(_) => 30,
            Error::NotSigned => 31,
            Error::NoFreeDevice => 32,
            Error::BidRaised(_) => 33,
        }
    }
}

impl Module for Market {
    const NAME: &'static str = "market";
    const SCHEMA: &'static [At] = state::SCHEMA;
    const INVARIANTS: &'static [Invariant] = &[
        ("market/bid deposits are what the module holds", deposits_are_held),
        ("market/orders list their open bids", orders_list_their_bids),
    ];
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        let params = genesis.params.unwrap_or_default();
        check_params(&params)?;
        PARAMS.set(ctx, &params)?;
        for order in &genesis.orders {
            let key = OrderKey::parse(&order.id)?;
            ORDERS.set(ctx, &key, order)?;
            if order.due_height > 0 {
                ORDERS_DUE.insert(ctx, order.due_height, key)?;
            }
        }
        for quote in &genesis.quotes {
            QUOTES.set(ctx, &(quote.class.clone(), quote.denom.clone()), quote)?;
        }
        for bid in &genesis.bids {
            let key = LeaseKey::parse(&bid.id)?;
            match bid.state() {
                BidState::Lost => BIDS.set(ctx, &key, &pb::Bid { state: BidState::Open.into(), ..bid.clone() })?,
                _ => BIDS.set(ctx, &key, bid)?,
            }
            if bid.state() == BidState::Open {
                open_bids::import(ctx, &key, price_of(bid))?;
            }
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
            bids: bids(ctx).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            leases: LEASES.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            quotes: QUOTES.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        })
    }

    fn end_block(ctx: &mut Ctx) -> Result<()> {
        award::run_due(ctx)
    }
}

fn check_params(params: &pb::Params) -> Result<()> {
    Coin::parse_list(&params.min_bid_deposits)?;
    let invalid = |what: &str| Error::InvalidParams(what.into());
    ensure((1..=500).contains(&params.order_max_bids), || invalid("order_max_bids must be 1 to 500"))?;
    ensure((1..=params.order_ttl_blocks).contains(&params.bid_window_blocks), || {
        invalid("bid_window_blocks must be more than zero and at most order_ttl_blocks")
    })?;
    ensure(params.min_reclamation_blocks <= params.max_reclamation_blocks, || {
        invalid("min_reclamation_blocks must be at most max_reclamation_blocks")
    })?;
    ensure(params.early_exit_bps <= 10_000 && params.provider_max_leases > 0, || {
        invalid("early_exit_bps is at most 10000, and provider_max_leases more than zero")
    })
}

fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

/// The account of the module in `bank`: holds the deposits of bids.
fn address() -> Address {
    Address::module("market")
}

/// Refuses a notice that no bid may give.
pub fn check_notice(ctx: &Ctx, blocks: u32) -> Result<()> {
    let params = params(ctx)?;
    let (least, most) = (params.min_reclamation_blocks, params.max_reclamation_blocks);
    ensure(blocks <= most, || Error::InvalidReclamation(least, most))
}

/// Opens the order of a group.
pub fn create_order(ctx: &mut Ctx, key: &OrderKey, spec: GroupSpec) -> Result<()> {
    let window = match spec.bid_window_blocks {
        0 => params(ctx)?.bid_window_blocks,
        asked => asked,
    };
    let (id, created_at) = (Some(key.id()), ctx.block.height);
    let due_height = created_at.saturating_add(u64::from(window));
    let (state, spec) = (OrderState::Open.into(), Some(spec));
    ORDERS.set(ctx, key, &pb::Order { id: id.clone(), state, spec, created_at, open_bids: 0, due_height })?;
    ORDERS_DUE.insert(ctx, due_height, *key)?;
    ctx.emit(&pb::EventOrderCreated { id })
}

pub fn order(ctx: &Ctx, key: &OrderKey) -> Result<pb::Order> {
    Ok(ORDERS.get(ctx, key)?.ok_or(Error::OrderNotFound(*key))?)
}

/// Lets the records of an order that ended be removed at a height.
pub fn remove_at(ctx: &mut Ctx, key: &OrderKey, height: u64) -> Result<()> {
    let mut order = order(ctx, key)?;
    order.due_height = height;
    ORDERS.set(ctx, key, &order)?;
    ORDERS_DUE.insert(ctx, height, *key)
}

fn unqueue(ctx: &mut Ctx, key: &OrderKey, order: &mut pb::Order) -> Result<()> {
    ORDERS_DUE.remove(ctx, order.due_height, *key)?;
    order.due_height = 0;
    Ok(())
}

/// Closes an order for its owner or the network. An open one ends with its bids, a service lease ends at once; a job not
/// yet committed is cancelled, a committed one goes on to settle. Returns whether the order is closed now.
pub fn close_order(ctx: &mut Ctx, key: &OrderKey, reason: LeaseClosedReason) -> Result<bool> {
    let order = order(ctx, key)?;
    match order.state() {
        OrderState::Open => {
            end_bids(ctx, key, BidState::Closed)?;
            finish_order(ctx, key, reason)?;
            Ok(true)
        }
        OrderState::Active if order.spec.as_ref().is_some_and(|spec| spec.service.is_some()) => {
            lease::end_all(ctx, key, reason)?;
            Ok(true)
        }
        OrderState::Active => match lease::live(ctx, key)?.pop() {
            Some((lease, _)) => compute::cancel(ctx, &lease),
            None => Ok(false),
        },
        _ => Ok(true),
    }
}

/// The job of a lease ended: closes lease, bid and order.
pub fn end_lease(ctx: &mut Ctx, key: &LeaseKey, reason: LeaseClosedReason) -> Result<()> {
    let mut lease = lease::load(ctx, key)?;
    ensure(lease.state() == LeaseState::Active, || Error::LeaseNotActive(*key))?;
    lease::close_record(ctx, key, &mut lease, reason)?;
    finish_order(ctx, &key.order, reason)
}

fn finish_order(ctx: &mut Ctx, key: &OrderKey, reason: LeaseClosedReason) -> Result<()> {
    end_order(ctx, key, OrderState::Closed, Some(reason))
}

/// Ends an order and tells its group why; no reason means that it expired.
fn end_order(ctx: &mut Ctx, key: &OrderKey, state: OrderState, reason: Option<LeaseClosedReason>) -> Result<()> {
    let mut order = order(ctx, key)?;
    unqueue(ctx, key, &mut order)?;
    order.state = state.into();
    ORDERS.set(ctx, key, &order)?;
    let id = Some(key.id());
    match state {
        OrderState::Expired => ctx.emit(&pb::EventOrderExpired { id })?,
        _ => ctx.emit(&pb::EventOrderClosed { id })?,
    }
    hooks::order_ended(ctx, key, reason)
}

/// A provider is silent: its service leases are not paid above `last_heartbeat`.
pub fn hold_back(ctx: &mut Ctx, provider: &Address, last_heartbeat: u64) -> Result<()> {
    for (key, _) in serving(ctx, provider)? {
        isolate(ctx, format!("market/{key}"), |ctx| escrow::hold_back(ctx, &key, last_heartbeat))?;
    }
    Ok(())
}

/// A provider is back: its service leases are paid again.
pub fn release(ctx: &mut Ctx, provider: &Address) -> Result<()> {
    for (key, _) in serving(ctx, provider)? {
        isolate(ctx, format!("market/{key}"), |ctx| escrow::release_payment(ctx, &key))?;
    }
    Ok(())
}

fn serving(ctx: &Ctx, provider: &Address) -> Result<Vec<(LeaseKey, pb::Lease)>> {
    let all = lease::of_provider(ctx, provider)?;
    Ok(all.into_iter().filter(|(_, lease)| lease.state() != LeaseState::Standby).collect())
}

/// A provider failed: its service leases close by its fault, nothing above `paid_to` is paid, standbys take over.
pub fn fail_provider(ctx: &mut Ctx, provider: &Address, paid_to: u64) -> Result<()> {
    let slash = Slash::Fault(compute::params(ctx)?.service_fault_bps);
    let reason = LeaseClosedReason::ProviderSilent;
    for (key, _) in lease::of_provider(ctx, provider)? {
        let ending = lease::Ending { reason, slash, paid_to };
        isolate(ctx, format!("market/{key}"), |ctx| lease::leave(ctx, &key, ending))?;
    }
    Ok(())
}

/// Whether a provider has open bids or leases of any kind.
pub fn is_tied(ctx: &Ctx, provider: &Address) -> Result<bool> {
    for key in state::BIDS_BY_PROVIDER.under(ctx, provider) {
        if matches!(open_bids::load(ctx, &key?)?.state(), BidState::Open | BidState::Active) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends every open bid of an order; there are never more than `order_max_bids`.
fn end_bids(ctx: &mut Ctx, key: &OrderKey, state: BidState) -> Result<()> {
    open_bids::take_all(ctx, key)?.iter().try_for_each(|bid| end_bid(ctx, bid, state))
}

/// Ends one bid, which no list holds any more, and returns its deposit.
fn end_bid(ctx: &mut Ctx, key: &LeaseKey, state: BidState) -> Result<()> {
    let mut bid = BIDS.get(ctx, key)?.ok_or(Error::BidNotFound(*key))?;
    if let Some(deposit) = bid.deposit.take() {
        bank::send(ctx, &address(), &key.provider, &Coin::parse(&deposit)?)?;
    }
    let id = Some(key.id());
    if state == BidState::Lost {
        return ctx.emit(&pb::EventBidLost { id });
    }
    bid.state = state.into();
    BIDS.set(ctx, key, &bid)?;
    ctx.emit(&pb::EventBidClosed { id })
}

/// Every bid as it stands. A lost one still says what its deposit was.
fn bids(ctx: &Ctx) -> impl Iterator<Item = Result<(LeaseKey, pb::Bid)>> {
    BIDS.under(ctx, &()).map(|entry| {
        let (key, bid) = entry?;
        Ok((key, open_bids::as_it_stands(ctx, &key, bid)?))
    })
}

fn deposits_are_held(ctx: &Ctx) -> Result<(), String> {
    let mut sums = std::collections::BTreeMap::<String, u128>::new();
    for entry in bids(ctx) {
        let (_, bid) = entry.map_err(|e| e.to_string())?;
        if let Some(deposit) = bid.deposit.as_ref().filter(|_| bid.state() != BidState::Lost) {
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

fn orders_list_their_bids(ctx: &Ctx) -> Result<(), String> {
    let mut open: Vec<(OrderKey, u128, Address)> = Vec::new();
    for entry in bids(ctx) {
        let (key, bid) = entry.map_err(|e| e.to_string())?;
        if bid.state() == BidState::Open {
            open.push((key.order, price_of(&bid), key.provider));
        }
    }
    open.sort_unstable();
    let mut listed: Vec<LeaseKey> = Vec::new();
    for entry in OPEN_BIDS.under(ctx, &()) {
        let (order, _) = entry.map_err(|e| e.to_string())?;
        listed.extend(open_bids::list(ctx, &order).map_err(|e| e.to_string())?);
    }
    let open: Vec<LeaseKey> = open.into_iter().map(|(order, _, provider)| LeaseKey { order, provider }).collect();
    if open == listed { Ok(()) } else { Err(format!("{} bids are open, {} are listed", open.len(), listed.len())) }
}
