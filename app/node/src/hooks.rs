//! Calls against the order of modules, all in one place: what ended below is told to what stands on it.

use crate::{
    ids::{LeaseKey, OrderKey},
    modules::{deployment, market},
};
use aliquot_proto::market::v1::LeaseClosedReason;
use aliquot_sdk::{Ctx, Result};

/// From `compute`: a job ended, so its lease does.
pub fn job_ended(ctx: &mut Ctx, lease: &LeaseKey, reason: LeaseClosedReason) -> Result<()> {
    market::end_lease(ctx, lease, reason)
}

/// From `market`: an order closed, so its group does.
pub fn order_closed(ctx: &mut Ctx, order: &OrderKey) -> Result<()> {
    deployment::close_group(ctx, order)
}
