//! The life of a job: made with its lease, driven by deadlines, ended exactly once.

use super::{Error, bond, params, plan, state::*};
use crate::{
    hooks,
    ids::LeaseKey,
    isolate::isolate,
    modules::{beacon, escrow},
};
use aliquot_kernels::{chacha::sample_indices, merkle::sample_seed};
use aliquot_proto::{
    compute::v1::{self as pb, JobFault, JobPhase},
    deployment::v1::JobSpec,
    market::v1::LeaseClosedReason as Reason,
};
use aliquot_sdk::{Coin, Ctx, Result, Sdk, ensure};
use sha2::{Digest, Sha256};

/// Deadlines that one block handles; more wait for the next block.
const MAX_DUE: usize = 500;

/// Makes the job of a new lease and locks the device's bond for it.
pub fn start(ctx: &mut Ctx, lease: &LeaseKey, device_id: &[u8], spec: &JobSpec, price: &Coin) -> Result<()> {
    let plan = plan(ctx, spec)?;
    let locked = bond::lock(ctx, &lease.provider, device_id, price)?;
    let due_height = ctx.block.height.saturating_add(u64::from(plan.commit_blocks));
    let job = pb::Job {
        id: Some(lease.id()),
        device_id: device_id.to_vec(),
        kernel: spec.kernel.clone(),
        input_hash: Sha256::digest(&spec.input).to_vec(),
        phase: JobPhase::Leased.into(),
        chunks: plan.chunks,
        samples: plan.samples,
        price: Some(price.into()),
        locked: locked.to_string(),
        due_height,
        chunk_cost: plan.chunk_cost,
        ..pb::Job::default()
    };
    INPUTS.set(ctx, lease, &spec.input)?;
    DUE.insert(ctx, due_height, *lease)?;
    JOBS.set(ctx, lease, &job)
}

pub fn load(ctx: &Ctx, lease: &LeaseKey) -> Result<pb::Job> {
    Ok(JOBS.get(ctx, lease)?.ok_or_else(|| Error::JobNotFound(lease.to_string()))?)
}

/// Removes the record of a job that ended, with its lease.
pub fn forget(ctx: &mut Ctx, lease: &LeaseKey) -> Result<()> {
    JOBS.remove(ctx, lease)
}

/// Loads a job that must be in `phase` and before its deadline.
pub fn load_in(ctx: &Ctx, lease: &LeaseKey, phase: JobPhase) -> Result<pb::Job> {
    let job = load(ctx, lease)?;
    ensure(job.phase() == phase, || Error::WrongPhase(job.phase().as_str_name().into()))?;
    ensure(ctx.block.height <= job.due_height, || Error::TooLate(job.due_height))?;
    Ok(job)
}

/// Moves a job to its next phase, which falls due at `due_height` (0: at no height).
pub fn advance(ctx: &mut Ctx, lease: &LeaseKey, job: &mut pb::Job, phase: JobPhase, due_height: u64) -> Result<()> {
    DUE.remove(ctx, job.due_height, *lease)?;
    job.phase = phase.into();
    job.due_height = due_height;
    if due_height > 0 {
        DUE.insert(ctx, due_height, *lease)?;
    }
    JOBS.set(ctx, lease, job)
}

pub fn height_after(ctx: &Ctx, blocks: u32) -> u64 {
    ctx.block.height.saturating_add(u64::from(blocks))
}

/// Ends a job that the tenant no longer wants and whose result is not committed: the provider gets its cancellation
/// part. Returns whether it did; a committed job goes on to settle.
pub fn cancel(ctx: &mut Ctx, lease: &LeaseKey) -> Result<bool> {
    let job = load(ctx, lease)?;
    if job.phase() != JobPhase::Leased {
        return Ok(false);
    }
    let pay_bps = params(ctx)?.job_cancel_bps;
    let (phase, fault, reason) = (JobPhase::Cancelled, JobFault::None, Reason::Owner);
    end(ctx, lease, job, Ending { phase, fault, pay_bps, slash_bps: 0, reason })?;
    Ok(true)
}

/// Ends a job for fraud: everything that its lease locked is slashed, the price goes back.
pub fn fail(ctx: &mut Ctx, lease: &LeaseKey, job: pb::Job, fault: JobFault) -> Result<()> {
    let (slash_bps, reason) = match fault {
        JobFault::LateCommit => (params(ctx)?.late_bps, Reason::ProviderLate),
        JobFault::MissingOpening => (10_000, Reason::ProviderWithheld),
        _ => (10_000, Reason::ProviderFraud),
    };
    end(ctx, lease, job, Ending { phase: JobPhase::Failed, fault, pay_bps: 0, slash_bps, reason })?;
    ctx.emit(&pb::EventJobFailed { id: Some(lease.id()), fault: fault.into() })
}

/// How a job ends.
struct Ending {
    phase: JobPhase,
    fault: JobFault,
    /// Part of the price that the provider is paid, and of the locked bond that it loses.
    pay_bps: u32,
    slash_bps: u32,
    reason: Reason,
}

/// The one way a job ends: its hold is settled, its bond unlocked or slashed, its lease closed.
fn end(ctx: &mut Ctx, lease: &LeaseKey, mut job: pb::Job, ending: Ending) -> Result<()> {
    job.fault = ending.fault.into();
    job.ended_at = ctx.block.height;
    advance(ctx, lease, &mut job, ending.phase, 0)?;
    INPUTS.remove(ctx, lease)?;
    bond::unlock(ctx, lease, &job, ending.slash_bps)?;
    escrow::settle(ctx, lease, &lease.provider, ending.pay_bps)?;
    hooks::job_ended(ctx, lease, ending.reason)
}

/// What falls due at this height.
pub fn run_due(ctx: &mut Ctx) -> Result<()> {
    for (_, lease) in DUE.take_due(ctx, MAX_DUE)? {
        isolate(ctx, format!("compute/{lease}"), |ctx| fall_due(ctx, &lease))?;
    }
    Ok(())
}

fn fall_due(ctx: &mut Ctx, lease: &LeaseKey) -> Result<()> {
    let job = load(ctx, lease)?;
    match job.phase() {
        JobPhase::Leased => fail(ctx, lease, job, JobFault::LateCommit),
        JobPhase::Committed => sample(ctx, lease, job),
        JobPhase::Sampled => fail(ctx, lease, job, JobFault::MissingOpening),
        JobPhase::Verified => settle(ctx, lease, job),
        phase => Err(Sdk::Logic(format!("a job that is {} fell due", phase.as_str_name())).into()),
    }
}

/// Draws the chunks to open, from the beacon of this very block.
fn sample(ctx: &mut Ctx, lease: &LeaseKey, mut job: pb::Job) -> Result<()> {
    let beacon = beacon::at(ctx, ctx.block.height)?;
    let root = <[u8; 32]>::try_from(job.root.as_slice()).map_err(|_| Error::InvalidRoot)?;
    let seed = sample_seed(&ctx.block.chain_id, &beacon, lease.to_string().as_bytes(), &root);
    job.sampled = sample_indices(&seed, job.chunks, job.samples);
    let open_deadline = height_after(ctx, params(ctx)?.open_blocks);
    advance(ctx, lease, &mut job, JobPhase::Sampled, open_deadline)?;
    ctx.emit(&pb::EventJobSampled { id: Some(lease.id()), sampled: job.sampled, open_deadline })
}

fn settle(ctx: &mut Ctx, lease: &LeaseKey, job: pb::Job) -> Result<()> {
    let (phase, fault, reason) = (JobPhase::Settled, JobFault::None, Reason::Completed);
    end(ctx, lease, job, Ending { phase, fault, pay_bps: 10_000, slash_bps: 0, reason })?;
    ctx.emit(&pb::EventJobSettled { id: Some(lease.id()) })
}
