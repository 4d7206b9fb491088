//! Calls against the order of modules, all in one place: what happened below is told to what stands on it.

use crate::{
    ids::{LeaseKey, OrderKey},
    modules::{compute, deployment, market},
};
use aliquot_proto::market::v1::LeaseClosedReason;
use aliquot_sdk::{Address, Ctx, Result};

/// From `compute`: a job ended, so its lease does.
pub fn job_ended(ctx: &mut Ctx, lease: &LeaseKey, reason: LeaseClosedReason) -> Result<()> {
    market::end_lease(ctx, lease, reason)
}

/// From `market`: an order ended; without a reason it expired.
pub fn order_ended(ctx: &mut Ctx, order: &OrderKey, reason: Option<LeaseClosedReason>) -> Result<()> {
    deployment::order_ended(ctx, order, reason)
}

/// From `escrow`: the account of a deployment cannot pay another block.
pub fn ran_dry(ctx: &mut Ctx, (owner, dseq): &(Address, u64)) -> Result<()> {
    market::set_paused(ctx, owner, *dseq, true)?;
    deployment::ran_dry(ctx, owner, *dseq)
}

/// From `escrow`: it can again.
pub fn funds_came(ctx: &mut Ctx, (owner, dseq): &(Address, u64)) -> Result<()> {
    market::set_paused(ctx, owner, *dseq, false)?;
    deployment::funds_came(ctx, owner, *dseq)
}

/// From `provider`: the first heartbeat was missed.
pub fn provider_silent(ctx: &mut Ctx, provider: &Address, last_heartbeat: u64) -> Result<()> {
    market::hold_back(ctx, provider, last_heartbeat)
}

/// From `provider`: a heartbeat came after silence.
pub fn provider_back(ctx: &mut Ctx, provider: &Address) -> Result<()> {
    market::release(ctx, provider)
}

/// From `provider`: too many heartbeats were missed.
pub fn provider_failed(ctx: &mut Ctx, provider: &Address, last_heartbeat: u64) -> Result<()> {
    market::fail_provider(ctx, provider, last_heartbeat)
}

/// From `provider`: whether bids or leases keep it from being deleted.
pub fn provider_is_tied(ctx: &Ctx, provider: &Address) -> Result<bool> {
    market::is_tied(ctx, provider)
}

/// From `provider`: it is deleted; its bonds go back.
pub fn provider_deleted(ctx: &mut Ctx, provider: &Address) -> Result<()> {
    compute::retire_devices(ctx, provider)
}
