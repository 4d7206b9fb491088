//! The end of records: what is closed leaves the state `retain_blocks` later.

use super::{group, params, state::*};
use crate::{
    ids::OrderKey,
    modules::{escrow, market},
};
use aliquot_proto::deployment::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result};

/// The height at which what is no longer needed from now on is removed; none when all is kept.
fn height(ctx: &Ctx) -> Result<Option<u64>> {
    let blocks = u64::from(params(ctx)?.retain_blocks);
    Ok((blocks > 0).then(|| ctx.block.height.saturating_add(blocks)))
}

/// An order whose place another takes.
pub fn schedule_order(ctx: &mut Ctx, order: &OrderKey) -> Result<()> {
    match height(ctx)? {
        Some(height) => market::remove_at(ctx, order, height),
        None => Ok(()),
    }
}

/// A deployment that closes, with the last order of each group.
pub fn schedule(ctx: &mut Ctx, owner: &Address, dseq: u64, deployment: &mut pb::Deployment) -> Result<()> {
    let Some(height) = height(ctx)? else { return Ok(()) };
    for gseq in 1..=deployment.groups {
        let key = (*owner, dseq, gseq);
        let order = group::order_of(&key, &group::group(ctx, &key)?);
        market::remove_at(ctx, &order, height)?;
    }
    deployment.due_height = height;
    DUE.insert(ctx, height, (*owner, dseq))
}

/// Removes the records of a deployment that closed `retain_blocks` ago. Its orders go by themselves.
pub fn remove(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    for gseq in 1..=super::load(ctx, owner, dseq)?.groups {
        GROUPS.remove(ctx, &(*owner, dseq, gseq))?;
    }
    escrow::forget(ctx, owner, dseq)?;
    let largest = REMOVED.get(ctx, owner)?.unwrap_or(0).max(dseq);
    REMOVED.set(ctx, owner, &largest)?;
    DEPLOYMENTS.remove(ctx, &(*owner, dseq))
}
