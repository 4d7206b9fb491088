//! Amendments: a running service lease gets another price or other resources once both sides have signed the same.

use super::{Error, lease, msgs::owned, offer, state::*};
use crate::{
    ids::LeaseKey,
    modules::{compute, escrow, provider},
};
use aliquot_proto::{
    deployment::v1::Rate,
    market::v1::{self as pb, LeaseState},
};
use aliquot_sdk::{Ctx, Result, Sdk, ensure};

/// Keeps the first signature with the lease; the second, over the same change, makes it so. A different one replaces it.
pub fn amend_lease(ctx: &mut Ctx, msg: pb::MsgAmendLease) -> Result<pb::MsgAmendLeaseResponse> {
    let key = LeaseKey::parse(&msg.id)?;
    let is_tenant = owned(&msg.signer, &key).is_ok();
    if !is_tenant {
        provider::load_for(ctx, &key.provider, &msg.signer).map_err(|_| Error::NotParty(msg.signer.clone()))?;
    }
    let mut lease = lease::load(ctx, &key)?;
    ensure(lease.rate.is_some(), || Error::NotForJobs)?;
    ensure(lease.state() == LeaseState::Active, || Error::LeaseNotActive(key))?;
    let side = if is_tenant { key.order.owner } else { key.provider };
    let amendment = pb::Amendment { proposer: side.to_string(), rate: msg.rate, resources: msg.resources };
    check(ctx, &lease, &amendment)?;
    let same = |first: &pb::Amendment| {
        first.proposer != amendment.proposer && first.rate == amendment.rate && first.resources == amendment.resources
    };
    let amended = lease.amendment.as_ref().is_some_and(same);
    if amended {
        lease.amendment = None;
        apply(ctx, &key, &mut lease, amendment)?;
    } else {
        lease.amendment = Some(amendment);
    }
    LEASES.set(ctx, &key, &lease)?;
    Ok(pb::MsgAmendLeaseResponse { amended })
}

fn check(ctx: &Ctx, lease: &pb::Lease, amendment: &pb::Amendment) -> Result<()> {
    let invalid = |what: &str| Error::InvalidAmendment(what.into());
    ensure(amendment.rate.is_some() || !amendment.resources.is_empty(), || invalid("give a rate or resources"))?;
    let rate = offer::parse_rate(&lease.rate)?;
    if amendment.rate.is_some() {
        let new = offer::parse_rate(&amendment.rate)?;
        ensure(new.denom == rate.denom, || invalid("a lease keeps its denom"))?;
    }
    if !amendment.resources.is_empty() {
        let service = aliquot_proto::deployment::v1::ServiceSpec { resources: amendment.resources.clone() };
        offer::check_service(ctx, &service)?;
    }
    Ok(())
}

fn apply(ctx: &mut Ctx, key: &LeaseKey, lease: &mut pb::Lease, amendment: pb::Amendment) -> Result<()> {
    if let Some(new) = amendment.rate {
        let rate = offer::parse_rate(&Some(new))?;
        // First: it refuses rates that no bond covers, also those that no sum can hold.
        compute::relock_service(ctx, key, &rate.denom, rate.amount_sub)?;
        escrow::amend(ctx, key, rate.amount_sub, &offer::payees(&lease.payees, &key.provider)?)?;
        lease.rate = Some(Rate { denom: rate.denom, amount_sub: rate.amount_sub.to_string() });
    }
    if !amendment.resources.is_empty() {
        let mut order = super::order(ctx, &key.order)?;
        let service = order.spec.as_mut().and_then(|spec| spec.service.as_mut());
        service.ok_or_else(|| Sdk::Logic("a service lease of a job".into()))?.resources = amendment.resources;
        ORDERS.set(ctx, &key.order, &order)?;
    }
    ctx.emit(&pb::EventLeaseAmended { id: Some(key.id()), rate: lease.rate.clone() })
}
