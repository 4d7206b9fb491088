//! Groups: closed, paused, started again, and told how their orders ended.

use super::{Error, close_if_done, load, removal, state::*};
use crate::{ids::OrderKey, modules::market};
use aliquot_proto::{
    deployment::v1::{self as pb, DeploymentState, GroupState},
    market::v1::LeaseClosedReason,
};
use aliquot_sdk::{Address, Ctx, Result, ensure};

/// Owner, dseq, gseq.
pub type GroupKey = (Address, u64, u32);

pub fn group(ctx: &Ctx, key: &GroupKey) -> Result<pb::Group> {
    Ok(GROUPS.get(ctx, key)?.ok_or(Error::GroupNotFound(key.2, key.0, key.1))?)
}

pub fn order_of(key: &GroupKey, group: &pb::Group) -> OrderKey {
    OrderKey { owner: key.0, dseq: key.1, gseq: key.2, oseq: group.oseq }
}

pub fn all_closed(ctx: &Ctx, owner: &Address, dseq: u64) -> Result<bool> {
    for entry in GROUPS.under(ctx, &(*owner, dseq)) {
        if entry?.1.state() != GroupState::Closed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends the order of a group with whatever stands on it. A committed job goes on: then nothing changes, and the answer
/// is false.
fn end(ctx: &mut Ctx, key: &GroupKey, state: GroupState, reason: LeaseClosedReason) -> Result<bool> {
    let mut group = group(ctx, key)?;
    let was_open = group.state() == GroupState::Open;
    // Set first: the order that ends asks what becomes of its group.
    let before = std::mem::replace(&mut group.state, state.into());
    GROUPS.set(ctx, key, &group)?;
    if was_open && !market::close_order(ctx, &order_of(key, &group), reason)? {
        group.state = before;
        GROUPS.set(ctx, key, &group)?;
        return Ok(false);
    }
    emit(ctx, &group)?;
    Ok(true)
}

fn emit(ctx: &mut Ctx, group: &pb::Group) -> Result<()> {
    let id = group.id.clone();
    match group.state() {
        GroupState::Paused => ctx.emit(&pb::EventGroupPaused { id }),
        GroupState::Closed => ctx.emit(&pb::EventGroupClosed { id }),
        _ => ctx.emit(&pb::EventGroupStarted { id }),
    }
}

/// Closes a group for good; the deployment is not looked at. False when a committed job must settle first.
pub fn close(ctx: &mut Ctx, key: &GroupKey, reason: LeaseClosedReason) -> Result<bool> {
    match group(ctx, key)?.state() {
        GroupState::Closed => Ok(true),
        _ => end(ctx, key, GroupState::Closed, reason),
    }
}

pub fn pause(ctx: &mut Ctx, key: &GroupKey) -> Result<()> {
    let state = group(ctx, key)?.state();
    ensure(state == GroupState::Open, || Error::WrongGroupState(key.2, state.as_str_name()))?;
    let done = end(ctx, key, GroupState::Paused, LeaseClosedReason::Owner)?;
    ensure(done, || Error::Committed(key.2))
}

/// Lists a paused group again.
pub fn start(ctx: &mut Ctx, key: &GroupKey) -> Result<()> {
    let mut group = group(ctx, key)?;
    let state = group.state();
    ensure(state == GroupState::Paused, || Error::WrongGroupState(key.2, state.as_str_name()))?;
    let deployment = load(ctx, &key.0, key.1)?.state();
    ensure(deployment == DeploymentState::Active, || Error::Paused(key.0, key.1))?;
    group.state = GroupState::Open.into();
    relist(ctx, key, &mut group)?;
    emit(ctx, &group)
}

/// A new order with what the last one asked for.
fn relist(ctx: &mut Ctx, key: &GroupKey, group: &mut pb::Group) -> Result<()> {
    let before = order_of(key, group);
    let spec = market::order(ctx, &before)?.spec.unwrap_or_default();
    removal::schedule_order(ctx, &before)?;
    group.oseq = group.oseq.saturating_add(1);
    GROUPS.set(ctx, key, group)?;
    market::create_order(ctx, &order_of(key, group), spec)
}

/// An order ended, by itself or because its group does.
pub fn order_ended(ctx: &mut Ctx, order: &OrderKey, reason: Option<LeaseClosedReason>) -> Result<()> {
    let key = (order.owner, order.dseq, order.gseq);
    let mut group = group(ctx, &key)?;
    if group.state() != GroupState::Open || group.oseq != order.oseq {
        return Ok(());
    }
    let is_job = market::order(ctx, order)?.spec.is_some_and(|spec| spec.job.is_some());
    match reason {
        _ if is_job => group.state = GroupState::Closed.into(),
        Some(LeaseClosedReason::Owner) => return relist(ctx, &key, &mut group),
        _ => group.state = GroupState::Paused.into(),
    }
    GROUPS.set(ctx, &key, &group)?;
    emit(ctx, &group)?;
    close_if_done(ctx, &order.owner, order.dseq)
}
