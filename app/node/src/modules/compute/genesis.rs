//! Genesis of `compute`, and the check that this program runs the kernels that the chain names.

use super::{Error, bond::device_key, state::*};
use crate::ids::LeaseKey;
use aliquot_kernels::Kernel;
use aliquot_proto::compute::v1 as pb;
use aliquot_sdk::{Coin, Ctx, Result, ensure};

pub fn check(params: &pb::Params) -> Result<()> {
    let invalid = |what: &str| Error::InvalidGenesis(what.into());
    let bonds = Coin::parse_list(&params.min_bonds)?;
    ensure(!bonds.is_empty(), || invalid("min_bonds names no denom"))?;
    let slashed = params.slash_burn_bps.saturating_add(params.slash_tenant_bps);
    ensure(
        slashed <= 10_000 && params.late_bps.max(params.service_fault_bps).max(params.job_cancel_bps) <= 10_000,
        || invalid("parts are at most 10000 basis points"),
    )?;
    let blocks = [params.sample_delay_blocks, params.open_blocks, params.challenge_blocks, params.commit_blocks];
    ensure(blocks.iter().all(|blocks| *blocks > 0), || invalid("every wait must be at least one block"))?;
    ensure(super::SAMPLES.contains(&params.default_samples), || invalid("default_samples must be 8 to 128"))
}

pub fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
    let params = genesis.params.unwrap_or_default();
    check(&params)?;
    PARAMS.set(ctx, &params)?;
    for kernel in &genesis.kernels {
        KERNELS.set(ctx, &kernel.name, kernel)?;
    }
    check_kernels(ctx)?;
    for device in &genesis.devices {
        DEVICES.set(ctx, &device_key(&device.id)?, device)?;
    }
    for job in &genesis.jobs {
        let lease = LeaseKey::parse(&job.id)?;
        JOBS.set(ctx, &lease, job)?;
        if job.due_height > 0 {
            DUE.insert(ctx, job.due_height, lease)?;
        }
    }
    for input in &genesis.inputs {
        INPUTS.set(ctx, &LeaseKey::parse(&input.id)?, &input.input)?;
    }
    for lock in &genesis.locks {
        LOCKS.set(ctx, &LeaseKey::parse(&lock.id)?, lock)?;
    }
    for pending in &genesis.pending {
        PENDING.set(ctx, &pending.sequence, pending)?;
    }
    let sequences = genesis.pending.first().zip(genesis.pending.last());
    let (first, next) = sequences.map_or((0, 0), |(first, last)| (first.sequence, last.sequence.saturating_add(1)));
    FIRST_PENDING.set(ctx, &first)?;
    NEXT_PENDING.set(ctx, &next)?;
    Ok(())
}

pub fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
    let input = |entry: Result<(LeaseKey, Vec<u8>)>| entry.map(|(l, input)| pb::JobInput { id: Some(l.id()), input });
    Ok(pb::GenesisState {
        params: PARAMS.get(ctx)?,
        kernels: KERNELS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        devices: DEVICES.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        jobs: JOBS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        pending: PENDING.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        locks: LOCKS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        inputs: INPUTS.under(ctx, &()).map(input).collect::<Result<_>>()?,
    })
}

/// Refuses to run where the kernels built into this program are not those of the registry: the node would judge by
/// other rules than the rest of the chain.
pub fn check_kernels(ctx: &Ctx) -> Result<()> {
    for entry in KERNELS.under(ctx, &()) {
        let (name, kernel) = entry?;
        let built_in = Kernel::by_name(&name).ok_or_else(|| Error::UnknownKernel(name.clone()))?;
        let same = built_in.spec_hash().as_slice() == kernel.spec_hash.as_slice()
            && built_in.vectors_hash().as_slice() == kernel.vectors_hash.as_slice();
        ensure(same, || Error::InvalidGenesis(format!("this program's kernel {name} is not the one of the registry")))?;
    }
    Ok(())
}
