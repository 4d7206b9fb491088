//! Verification: every node re-executes the opened chunks, first in, first out, under the budget of the block.

use super::{Error, job, params, prepare, state::*};
use crate::{ids::LeaseKey, isolate::isolate};
use aliquot_kernels::merkle::{leaf_hash, verify_multiproof};
use aliquot_proto::compute::v1::{self as pb, JobFault, JobPhase};
use aliquot_sdk::{Ctx, Result, Sdk};
use rayon::prelude::*;

/// Kernel operations of one unit of gas: a unit is about ten nanoseconds of a validator's core.
const OPERATIONS_PER_GAS: u64 = 16;

/// Gas that MsgOpenSamples declares for the re-execution that it causes.
pub fn declared_gas(job: &pb::Job) -> u64 {
    cost(job) / OPERATIONS_PER_GAS
}

fn cost(job: &pb::Job) -> u64 {
    job.chunk_cost.saturating_mul(job.sampled.len() as u64)
}

pub fn enqueue(ctx: &mut Ctx, lease: &LeaseKey, openings: pb::Openings) -> Result<()> {
    let sequence = NEXT_PENDING.load_or_default(ctx)?;
    NEXT_PENDING.set(ctx, &sequence.saturating_add(1))?;
    PENDING.set(ctx, &sequence, &pb::PendingOpenings { id: Some(lease.id()), sequence, openings: Some(openings) })
}

/// Verifies what the budget allows; the rest waits. One item always fits, since no job may take over a quarter.
pub fn run_pending(ctx: &mut Ctx) -> Result<()> {
    let mut budget = params(ctx)?.verify_gas_per_block;
    while let Some((sequence, pending)) = first_pending(ctx)? {
        let lease = LeaseKey::parse(&pending.id)?;
        let job = job::load(ctx, &lease)?;
        let Some(left) = budget.checked_sub(cost(&job)) else { break };
        budget = left;
        PENDING.remove(ctx, &sequence)?;
        FIRST_PENDING.set(ctx, &sequence.saturating_add(1))?;
        let openings = pending.openings.unwrap_or_default();
        isolate(ctx, format!("compute/verify/{lease}"), |ctx| judge(ctx, &lease, job, &openings))?;
    }
    // A queue at rest is the same wherever it began.
    let idle = FIRST_PENDING.load_or_default(ctx)?;
    if idle > 0 && idle == NEXT_PENDING.load_or_default(ctx)? {
        FIRST_PENDING.set(ctx, &0)?;
        NEXT_PENDING.set(ctx, &0)?;
    }
    Ok(())
}

fn first_pending(ctx: &Ctx) -> Result<Option<(u64, pb::PendingOpenings)>> {
    let first = FIRST_PENDING.load_or_default(ctx)?;
    Ok(PENDING.get(ctx, &first)?.map(|pending| (first, pending)))
}

fn judge(ctx: &mut Ctx, lease: &LeaseKey, mut job: pb::Job, openings: &pb::Openings) -> Result<()> {
    if !is_right(ctx, lease, &job, openings)? {
        return job::fail(ctx, lease, job, JobFault::WrongChunk);
    }
    let settles_at = job::height_after(ctx, params(ctx)?.challenge_blocks);
    job::advance(ctx, lease, &mut job, JobPhase::Verified, settles_at)?;
    ctx.emit(&pb::EventJobVerified { id: Some(lease.id()), settles_at })
}

/// Whether the outputs are leaves of the committed root and equal to their re-execution.
fn is_right(ctx: &Ctx, lease: &LeaseKey, job: &pb::Job, openings: &pb::Openings) -> Result<bool> {
    let input = INPUTS.get(ctx, lease)?.ok_or_else(|| Sdk::Logic(format!("job {lease} has no input")))?;
    let work = prepare(&job.kernel, &input)?;
    let root = <[u8; 32]>::try_from(job.root.as_slice()).map_err(|_| Error::InvalidRoot)?;
    let name = lease.to_string();
    let pairs: Vec<_> = job.sampled.iter().copied().zip(&openings.outputs).collect();
    let leaves: Vec<_> = pairs.iter().map(|(i, out)| leaf_hash(&job.kernel, name.as_bytes(), *i, out)).collect();
    let path: Option<Vec<[u8; 32]>> = openings.path.iter().map(|hash| hash.as_slice().try_into().ok()).collect();
    let Some(path) = path else { return Ok(false) };
    if !verify_multiproof(&root, job.chunks, &job.sampled, &leaves, &path) {
        return Ok(false);
    }
    // Pure functions of the input: the order in which cores run them cannot be seen.
    Ok(pairs.par_iter().all(|(index, output)| work.run(*index) == **output))
}
