//! Messages of `market`.

use super::{
    Error, address, check_params, close_order, end_bid,
    lease::{self, Ending},
    offer, open_bids, order, params,
    state::*,
};
use crate::{
    ids::{LeaseKey, OrderKey},
    modules::{
        bank,
        compute::{self, Slash},
        escrow, provider, validator,
    },
};
use aliquot_proto::market::v1::{self as pb, BidState, LeaseClosedReason, LeaseState, OrderState};
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, Sdk, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(create_bid).msg(close_bid).msg(create_lease).msg(close_lease).msg(withdraw_lease);
    r.msg(start_reclaim).msg(super::amend::amend_lease).msg(update_params);
}

pub fn open_order(ctx: &Ctx, key: &OrderKey) -> Result<pb::Order> {
    let order = order(ctx, key)?;
    ensure(order.state() == OrderState::Open, || Error::OrderNotOpen(*key))?;
    Ok(order)
}

fn create_bid(ctx: &mut Ctx, msg: pb::MsgCreateBid) -> Result<pb::MsgCreateBidResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    let bid = check_bid(ctx, &key, msg)?;
    // The tenant takes a bid by its provider's name: one that is closed must not come back dearer before that arrives.
    let before = BIDS.get(ctx, &key)?;
    ensure(before.is_none_or(|before| price_of(&bid) <= price_of(&before)), || Error::BidRaised(key.order))?;
    if let Some(out) = open_bids::enter(ctx, &key, price_of(&bid))? {
        end_bid(ctx, &out, if out == key { BidState::Closed } else { BidState::Lost })?;
    }
    let deposit = Coin::parse_positive(&bid.deposit)?;
    bank::send(ctx, &key.provider, &address(), &deposit)?;
    BIDS.set(ctx, &key, &bid)?;
    ctx.emit(&pb::EventBidCreated { id: bid.id, price: bid.price, rate: bid.rate })?;
    Ok(pb::MsgCreateBidResponse {})
}

/// Holds a bid against provider, order, bond and params; makes the record.
fn check_bid(ctx: &Ctx, key: &LeaseKey, msg: pb::MsgCreateBid) -> Result<pb::Bid> {
    let provider = provider::load_for(ctx, &key.provider, &msg.signer)?;
    ensure(!provider.jailed, || provider::Error::Jailed(provider.owner.clone()))?;
    ensure(key.provider != key.order.owner, || Error::OwnOrder)?;
    let order = open_order(ctx, &key.order)?;
    let spec = order.spec.as_ref().ok_or_else(|| Sdk::Logic("an order without spec".into()))?;
    let params = params(ctx)?;
    offer::check_provider(ctx, spec, &provider)?;
    match &spec.service {
        None => {
            let price = Coin::parse_positive(&msg.price)?;
            offer::check_price(spec, &price)?;
            ensure(msg.rate.is_none() && msg.payees.is_empty(), || Error::NotForJobs)?;
            compute::check_bid(ctx, &key.provider, &msg.device_id, &price)?;
        }
        Some(service) => {
            let rate = offer::parse_rate(&msg.rate)?;
            offer::check_rate(service, &rate, &msg.items)?;
            offer::payees(&msg.payees, &key.provider)?;
            compute::check_service_bid(ctx, &key.provider, &msg.device_id, &rate.denom, rate.amount_sub)?;
            let least = spec.reclamation_blocks.max(params.min_reclamation_blocks);
            let most = params.max_reclamation_blocks;
            let notice = (least..=most).contains(&msg.reclamation_blocks);
            ensure(notice, || Error::InvalidReclamation(least, most))?;
        }
    }
    check_deposit(&params, &Coin::parse_positive(&msg.deposit)?)?;
    Ok(pb::Bid {
        id: msg.id,
        state: BidState::Open.into(),
        price: msg.price.filter(|_| spec.service.is_none()),
        device_id: msg.device_id,
        deposit: msg.deposit,
        created_at: ctx.block.height,
        rate: msg.rate,
        items: msg.items,
        reclamation_blocks: msg.reclamation_blocks,
        payees: msg.payees,
    })
}

fn check_deposit(params: &pb::Params, deposit: &Coin) -> Result<()> {
    let least = params.min_bid_deposits.iter().find(|c| c.denom == deposit.denom);
    let least = Coin::parse(least.ok_or_else(|| Error::DepositDenom(deposit.denom.clone()))?)?;
    ensure(deposit.amount >= least.amount, || Error::DepositTooSmall(deposit.clone(), least))
}

fn close_bid(ctx: &mut Ctx, msg: pb::MsgCloseBid) -> Result<pb::MsgCloseBidResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    provider::load_for(ctx, &key.provider, &msg.signer)?;
    let bid = open_bids::load(ctx, &key)?;
    match bid.state() {
        BidState::Open => {
            open_bids::leave(ctx, &key)?;
            end_bid(ctx, &key, BidState::Closed)?;
        }
        BidState::Active if bid.rate.is_some() => {
            let reason = providers_reason(msg.reason)?;
            let lease = lease::load(ctx, &key)?;
            // Nobody has to wait for a tenant that does not pay.
            let noticed = lease.closes_at > 0 && ctx.block.height >= lease.closes_at;
            let free = noticed || lease.state() == LeaseState::Paused;
            let slash = if free { Slash::None } else { Slash::ToTenant(params(ctx)?.early_exit_bps) };
            lease::leave(ctx, &key, Ending { slash, ..Ending::now(ctx, reason) })?;
        }
        _ => return Err(Error::BidNotOpen(key).into()),
    }
    Ok(pb::MsgCloseBidResponse {})
}

/// What a provider may give as its reason; other codes are for the chain to find.
fn providers_reason(reason: i32) -> Result<LeaseClosedReason> {
    let reason = if reason == 0 { LeaseClosedReason::ProviderUnspecified.into() } else { reason };
    let known = LeaseClosedReason::try_from(reason).ok().filter(|_| (10_000..=10_003).contains(&reason));
    Ok(known.ok_or(Error::InvalidReason)?)
}

pub fn owned(msg_owner: &str, key: &LeaseKey) -> Result<()> {
    ensure(msg_owner == key.order.owner.to_string(), || Error::ForeignOrder(msg_owner.into()))
}

fn create_lease(ctx: &mut Ctx, msg: pb::MsgCreateLease) -> Result<pb::MsgCreateLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    owned(&msg.owner, &key)?;
    let standby = match msg.standby.as_str() {
        "" => None,
        provider => Some(LeaseKey { provider: Address::parse(provider)?, ..key }),
    };
    lease::create(ctx, &key, standby)?;
    Ok(pb::MsgCreateLeaseResponse {})
}

fn close_lease(ctx: &mut Ctx, msg: pb::MsgCloseLease) -> Result<pb::MsgCloseLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    owned(&msg.owner, &key)?;
    let lease = lease::load(ctx, &key)?;
    ensure(lease::is_live(&lease), || Error::LeaseNotActive(key))?;
    let closed = close_order(ctx, &key.order, LeaseClosedReason::Owner)?;
    ensure(closed, || Error::AlreadyCommitted(key))?;
    Ok(pb::MsgCloseLeaseResponse {})
}

fn withdraw_lease(ctx: &mut Ctx, msg: pb::MsgWithdrawLease) -> Result<pb::MsgWithdrawLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    let provider = provider::load_for(ctx, &key.provider, &msg.signer)?;
    let lease = lease::load(ctx, &key)?;
    let denom = match (lease.rate, lease.price) {
        (Some(rate), _) => rate.denom,
        (None, price) => Coin::parse_positive(&price)?.denom,
    };
    let coin = escrow::withdraw(ctx, &key.provider, &denom, &provider::payout(&provider)?)?;
    Ok(pb::MsgWithdrawLeaseResponse { amount: Some(coin.into()) })
}

fn start_reclaim(ctx: &mut Ctx, msg: pb::MsgStartReclaim) -> Result<pb::MsgStartReclaimResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    provider::load_for(ctx, &key.provider, &msg.signer)?;
    let reason = providers_reason(msg.reason)?;
    let mut lease = lease::load(ctx, &key)?;
    ensure(lease.rate.is_some(), || Error::NotForJobs)?;
    ensure(lease.state() == LeaseState::Active, || Error::LeaseNotActive(key))?;
    let closes_at = ctx.block.height.saturating_add(u64::from(lease.reclamation_blocks));
    lease.state = LeaseState::Reclaiming.into();
    (lease.closes_at, lease.reclaim_reason) = (closes_at, reason.into());
    LEASES.set(ctx, &key, &lease)?;
    ctx.emit(&pb::EventLeaseReclaimStarted { id: msg.id, reason: reason.into(), closes_at })?;
    Ok(pb::MsgStartReclaimResponse { closes_at })
}

fn update_params(ctx: &mut Ctx, msg: pb::MsgUpdateParams) -> Result<pb::MsgUpdateParamsResponse> {
    validator::check_authority(ctx, &msg.authority)?;
    let params = msg.params.unwrap_or_default();
    check_params(&params)?;
    PARAMS.set(ctx, &params)?;
    Ok(pb::MsgUpdateParamsResponse {})
}
