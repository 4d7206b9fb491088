//! Leases of services: made, standing by, paused, left, taken over, ended.

use super::{Error, end_bid, end_bids, finish_order, offer, open_bids, quote, state::*};
use crate::{
    ids::{LeaseKey, OrderKey},
    modules::{
        compute::{self, Slash},
        escrow,
        provider::{self, reliability::Outcome},
    },
};
use aliquot_proto::{
    deployment::v1::GroupSpec,
    market::v1::{self as pb, BidState, LeaseClosedReason, LeaseState, OrderState},
};
use aliquot_sdk::{Address, Coin, Ctx, Result, Sdk, ensure};

pub fn load(ctx: &Ctx, key: &LeaseKey) -> Result<pb::Lease> {
    Ok(LEASES.get(ctx, key)?.ok_or(Error::LeaseNotFound(*key))?)
}

/// Whether a lease has not ended.
pub fn is_live(lease: &pb::Lease) -> bool {
    !matches!(lease.state(), LeaseState::Closed | LeaseState::Unspecified)
}

/// Accepts a bid, and perhaps another that stands by. Everything that a lease needs is moved and locked here.
pub fn create(ctx: &mut Ctx, key: &LeaseKey, standby: Option<LeaseKey>) -> Result<pb::Lease> {
    let mut order = super::msgs::open_order(ctx, &key.order)?;
    let spec = order.spec.clone().ok_or_else(|| Sdk::Logic("an order without spec".into()))?;
    let bid = open_bid(ctx, key)?;
    let lease = match &spec.job {
        Some(job) => {
            ensure(standby.is_none(), || Error::NotForJobs)?;
            let price = Coin::parse_positive(&bid.price)?;
            escrow::hold(ctx, key, &price)?;
            compute::start(ctx, key, &bid.device_id, job, &price)?;
            accept(ctx, key, bid, LeaseState::Active)?
        }
        None => {
            let rate = offer::parse_rate(&bid.rate)?;
            let payees = offer::payees(&bid.payees, &key.provider)?;
            escrow::open_payment(ctx, key, &rate.denom, rate.amount_sub, &payees)?;
            serve(ctx, key, bid, LeaseState::Active)?
        }
    };
    if let Some(standby) = standby {
        let bid = open_bid(ctx, &standby)?;
        serve(ctx, &standby, bid, LeaseState::Standby)?;
    }
    end_bids(ctx, &key.order, BidState::Lost)?;
    super::unqueue(ctx, &key.order, &mut order)?;
    order.state = OrderState::Active.into();
    ORDERS.set(ctx, &key.order, &order)?;
    quote::record(ctx, &spec, &lease)?;
    Ok(lease)
}

fn open_bid(ctx: &Ctx, key: &LeaseKey) -> Result<pb::Bid> {
    let bid = open_bids::load(ctx, key)?;
    ensure(bid.state() == BidState::Open, || Error::BidNotOpen(*key))?;
    Ok(bid)
}

/// A service lease or a standby: locks bond, and counts for the provider.
fn serve(ctx: &mut Ctx, key: &LeaseKey, bid: pb::Bid, state: LeaseState) -> Result<pb::Lease> {
    let provider = provider::load(ctx, &key.provider)?;
    let most = super::params(ctx)?.provider_max_leases;
    ensure(provider.leases < most, || Error::TooManyLeases(key.provider, most))?;
    ensure(!provider.jailed, || provider::Error::Jailed(key.provider.to_string()))?;
    let rate = offer::parse_rate(&bid.rate)?;
    compute::lock_service(ctx, key, &bid.device_id, &rate.denom, rate.amount_sub)?;
    provider::lease_began(ctx, &key.provider)?;
    accept(ctx, key, bid, state)
}

fn accept(ctx: &mut Ctx, key: &LeaseKey, mut bid: pb::Bid, state: LeaseState) -> Result<pb::Lease> {
    let lease = pb::Lease {
        id: Some(key.id()),
        state: state.into(),
        price: bid.price.clone(),
        device_id: bid.device_id.clone(),
        created_at: ctx.block.height,
        rate: bid.rate.clone(),
        reclamation_blocks: bid.reclamation_blocks,
        payees: bid.payees.clone(),
        ..pb::Lease::default()
    };
    LEASES.set(ctx, key, &lease)?;
    open_bids::leave(ctx, key)?;
    bid.state = BidState::Active.into();
    BIDS.set(ctx, key, &bid)?;
    let (price, rate, standby) = (lease.price.clone(), lease.rate.clone(), state == LeaseState::Standby);
    ctx.emit(&pb::EventLeaseCreated { id: Some(key.id()), price, rate, standby })?;
    Ok(lease)
}

/// How a lease ends.
#[derive(Clone, Copy)]
pub struct Ending {
    pub reason: LeaseClosedReason,
    pub slash: Slash,
    /// The last block that is paid.
    pub paid_to: u64,
}

impl Ending {
    pub fn now(ctx: &Ctx, reason: LeaseClosedReason) -> Self {
        Ending { reason, slash: Slash::None, paid_to: ctx.block.height }
    }
    fn is_fault(self) -> bool {
        matches!(self.slash, Slash::Fault(_) | Slash::ToTenant(_))
    }
}

/// Ends one service lease: its pay, its lock, its bid.
fn end_one(ctx: &mut Ctx, key: &LeaseKey, mut lease: pb::Lease, ending: Ending) -> Result<()> {
    let paid_sub = match lease.state() {
        LeaseState::Standby => 0,
        _ => escrow::close_payment(ctx, key, ending.paid_to)?,
    };
    compute::unlock_service(ctx, key, ending.slash)?;
    provider::lease_ended(ctx, &key.provider)?;
    if lease.state() != LeaseState::Standby {
        let outcome = if ending.is_fault() { Outcome::Failed } else { Outcome::Completed };
        let fee_sub = escrow::fee(ctx, paid_sub)?;
        provider::reliability::lease_ended(ctx, &key.provider, &key.order.owner, fee_sub, outcome)?;
    }
    close_record(ctx, key, &mut lease, ending.reason)
}

pub fn close_record(ctx: &mut Ctx, key: &LeaseKey, lease: &mut pb::Lease, reason: LeaseClosedReason) -> Result<()> {
    lease.state = LeaseState::Closed.into();
    lease.closed_at = ctx.block.height;
    lease.reason = reason.into();
    lease.amendment = None;
    LEASES.set(ctx, key, lease)?;
    ctx.emit(&pb::EventLeaseClosed { id: Some(key.id()), reason: reason.into() })?;
    end_bid(ctx, key, BidState::Closed)
}

/// The live leases of an order: one that serves, and perhaps one that stands by.
pub fn live(ctx: &Ctx, order: &OrderKey) -> Result<Vec<(LeaseKey, pb::Lease)>> {
    LEASES.under(ctx, order).filter(|e| e.as_ref().map_or(true, |(_, lease)| is_live(lease))).collect()
}

/// Ends a service lease by its tenant's wish or the network's: the standby goes with it, and so does the order.
pub fn end_all(ctx: &mut Ctx, order: &OrderKey, reason: LeaseClosedReason) -> Result<()> {
    for (key, lease) in live(ctx, order)? {
        let ending = Ending::now(ctx, reason);
        end_one(ctx, &key, lease, ending)?;
    }
    finish_order(ctx, order, reason)
}

/// Ends the lease of a provider that leaves or failed. A standby takes over, else the order ends.
pub fn leave(ctx: &mut Ctx, key: &LeaseKey, ending: Ending) -> Result<()> {
    let lease = load(ctx, key)?;
    ensure(is_live(&lease), || Error::LeaseNotActive(*key))?;
    let stood_by = lease.state() == LeaseState::Standby;
    end_one(ctx, key, lease, ending)?;
    if stood_by {
        return Ok(());
    }
    let Some((standby, lease)) = live(ctx, &key.order)?.pop() else {
        return finish_order(ctx, &key.order, ending.reason);
    };
    match ctx.atomic(|ctx| take_over(ctx, &standby, lease.clone())) {
        Err(error) if error.is_io() => Err(error),
        // Without funds there is nothing to take over.
        Err(error) => {
            tracing::debug!(%standby, %error, "the standby cannot take over");
            let ending = Ending::now(ctx, LeaseClosedReason::InsufficientFunds);
            end_one(ctx, &standby, lease, ending)?;
            finish_order(ctx, &key.order, ending.reason)
        }
        Ok(()) => Ok(()),
    }
}

fn take_over(ctx: &mut Ctx, key: &LeaseKey, mut lease: pb::Lease) -> Result<()> {
    let rate = offer::parse_rate(&lease.rate)?;
    let payees = offer::payees(&lease.payees, &key.provider)?;
    let runs = escrow::take_over_payment(ctx, key, &rate.denom, rate.amount_sub, &payees)?;
    if provider::load(ctx, &key.provider)?.silent {
        escrow::hold_back(ctx, key, ctx.block.height)?;
    }
    lease.state = if runs { LeaseState::Active } else { LeaseState::Paused }.into();
    LEASES.set(ctx, key, &lease)?;
    ctx.emit(&pb::EventStandbyTookOver { id: Some(key.id()) })
}

/// The funds of a deployment ran dry, or came back.
pub fn set_paused(ctx: &mut Ctx, owner: &Address, dseq: u64, paused: bool) -> Result<()> {
    let all = LEASES.under(ctx, &(*owner, dseq)).collect::<Result<Vec<_>>>()?;
    for (key, mut lease) in all.into_iter().filter(|(_, lease)| lease.rate.is_some()) {
        lease.state = match (lease.state(), paused) {
            (LeaseState::Active | LeaseState::Reclaiming, true) => LeaseState::Paused.into(),
            (LeaseState::Paused, false) if lease.closes_at > 0 => LeaseState::Reclaiming.into(),
            (LeaseState::Paused, false) => LeaseState::Active.into(),
            _ => continue,
        };
        LEASES.set(ctx, &key, &lease)?;
    }
    Ok(())
}

/// The live service leases of a provider; never more than `provider_max_leases`.
pub fn of_provider(ctx: &Ctx, provider: &Address) -> Result<Vec<(LeaseKey, pb::Lease)>> {
    let mut out = Vec::new();
    for state in [LeaseState::Active, LeaseState::Reclaiming, LeaseState::Paused, LeaseState::Standby] {
        let state = i32::from(state).unsigned_abs();
        for key in LEASES_BY_PROVIDER.under(ctx, &(*provider, state)).collect::<Result<Vec<_>>>()? {
            let lease = load(ctx, &key)?;
            if lease.rate.is_some() {
                out.push((key, lease));
            }
        }
    }
    Ok(out)
}

/// The kind of group that a price was paid for.
pub fn class(spec: &GroupSpec) -> String {
    if let Some(job) = &spec.job {
        return job.kernel.clone();
    }
    let units = spec.service.iter().flat_map(|service| &service.resources);
    let gpu = units.filter_map(|unit| unit.resources.as_ref()?.gpu.as_ref()?.attributes.first()).next();
    match gpu.map(|attribute| attribute.key.split('/').collect::<Vec<_>>()).as_deref() {
        Some(["vendor", vendor, "model", model, ..]) => format!("{vendor}/{model}"),
        _ => "cpu".into(),
    }
}
