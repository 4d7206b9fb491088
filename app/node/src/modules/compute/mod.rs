//! Compute: bonded devices, the kernel registry, and the proof that a job's work was done right.
//!
//! A job is made with its lease and goes `leased -> committed -> sampled -> opened -> verified -> settled`:
//! the provider commits the Merkle root over the outputs of all chunks; `sample_delay_blocks` later the beacon picks
//! chunks by `SHA256("aliquot/job/sample" || chain id || beacon || lease || root)`; the provider opens them; at the end
//! of a block every node re-executes them, first in, first out, under `verify_gas_per_block`; after the challenge window
//! the price is paid. A wrong chunk or a missing opening is fraud: the bond that the lease locked is slashed (burnt, to
//! the tenant, to the community, by the params) and the price goes back. A late commit costs `late_bps` of the locked
//! bond. Every deadline is a height in one queue; withholding equals fraud; nothing depends on the clock.
//!
//! A device's bond is in one denom and is the only collateral: a job locks `lock_bps` of its price of it, a service
//! lease or a standby `service_lock_blocks` of its rate.

mod bond;
mod genesis;
mod job;
mod msgs;
mod query;
mod state;
mod verify;

use aliquot_proto::{compute::v1 as pb, deployment::v1::JobSpec};
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, ModuleError, Result, Routes, ensure};
use state::{KERNELS, PARAMS};

pub use bond::{
    Slash, check_bid, check_service_bid, has_free_bond, lock_service, relock_service, retire_devices, unlock_service,
};
pub use genesis::check_kernels;
pub use job::{cancel, forget, start};

pub struct Compute;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not in the kernel registry")]
    UnknownKernel(String),
    #[error("input of kernel {kernel}: {reason}")]
    InvalidInput { kernel: String, reason: String },
    #[error("the job is too costly to verify: {0}")]
    TooCostly(String),
    #[error("samples must be 8 to 128, or 0 for the default")]
    InvalidSamples,
    #[error("device {0} is not registered")]
    DeviceNotFound(String),
    #[error("device {0} is registered already: choose another nonce")]
    DeviceExists(String),
    #[error("device {0} belongs to another provider")]
    ForeignDevice(String),
    #[error("bond {0} must be in {1} and leave at least that")]
    InvalidBond(Coin, Coin),
    #[error("the free bond of the device is {free}, {need} is needed")]
    BondTooSmall { free: u128, need: Coin },
    #[error("no job of lease {0}")]
    JobNotFound(String),
    #[error("the job is {0}, which allows no such step")]
    WrongPhase(String),
    #[error("the deadline was height {0}")]
    TooLate(u64),
    #[error("a root has 32 bytes")]
    InvalidRoot,
    #[error("openings do not have the shape of the sample: {0}")]
    InvalidOpenings(String),
    #[error("invalid genesis: {0}")]
    InvalidGenesis(String),
    #[error("{0} is not a denom that bonds may be in: use one of {1}")]
    BondDenom(String, String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "compute";
    fn code(&self) -> u32 {
        match self {
            Error::UnknownKernel(_) => 2,
            Error::InvalidInput { .. } => 3,
            Error::TooCostly(_) => 4,
            Error::InvalidSamples => 5,
            Error::DeviceNotFound(_) => 6,
            Error::DeviceExists(_) => 7,
            Error::ForeignDevice(_) => 8,
            Error::InvalidBond(..) => 9,
            Error::BondTooSmall { .. } => 10,
            Error::JobNotFound(_) => 11,
            Error::WrongPhase(_) => 12,
            Error::TooLate(_) => 13,
            Error::InvalidRoot => 14,
            Error::InvalidOpenings(_) => 15,
            Error::InvalidGenesis(_) => 16,
            Error::BondDenom(..) => 17,
        }
    }
}

impl Module for Compute {
    const NAME: &'static str = "compute";
    const SCHEMA: &'static [At] = state::SCHEMA;
    const INVARIANTS: &'static [Invariant] = &[
        ("compute/bonds are what the module holds", bond::bonds_are_held),
        ("compute/locked bond is the sum over live leases", bond::locked_is_the_sum_over_jobs),
    ];
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        genesis::init(ctx, genesis)
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        genesis::export(ctx)
    }

    fn end_block(ctx: &mut Ctx) -> Result<()> {
        job::run_due(ctx)?;
        verify::run_pending(ctx)
    }
}

pub fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

/// The account of the module in `bank`: holds every bond.
pub fn address() -> Address {
    Address::module("compute")
}

/// Samples that a tenant may buy.
const SAMPLES: std::ops::RangeInclusive<u32> = 8..=128;

/// What a job spec comes to, computed without running it.
pub struct Plan {
    pub chunks: u32,
    pub chunk_cost: u64,
    pub samples: u32,
    pub commit_blocks: u32,
}

/// Holds a job spec against the registry and the limits of verification.
pub fn plan(ctx: &Ctx, spec: &JobSpec) -> Result<Plan> {
    let params = params(ctx)?;
    ensure(KERNELS.has(ctx, &spec.kernel)?, || Error::UnknownKernel(spec.kernel.clone()))?;
    let job = prepare(&spec.kernel, &spec.input)?;
    let samples = if spec.samples == 0 { params.default_samples } else { spec.samples };
    ensure(SAMPLES.contains(&samples), || Error::InvalidSamples)?;
    let chunk_cost = job.chunk_cost();
    ensure(chunk_cost <= params.max_chunk_cost, || {
        Error::TooCostly(format!(
            "a chunk costs {chunk_cost} operations, at most {} are allowed",
            params.max_chunk_cost
        ))
    })?;
    let quarter = params.verify_gas_per_block / 4;
    ensure(chunk_cost.saturating_mul(u64::from(samples)) <= quarter, || {
        Error::TooCostly(format!("{samples} chunks of {chunk_cost} operations pass the {quarter} that a job may take"))
    })?;
    let commit_blocks = if spec.commit_blocks == 0 { params.commit_blocks } else { spec.commit_blocks };
    Ok(Plan { chunks: job.chunks(), chunk_cost, samples, commit_blocks })
}

/// Reads a kernel's input; the same function prices, executes and verifies.
fn prepare(kernel: &str, input: &[u8]) -> Result<aliquot_kernels::Job> {
    let known = aliquot_kernels::Kernel::by_name(kernel).ok_or_else(|| Error::UnknownKernel(kernel.into()))?;
    let invalid = |e: aliquot_kernels::InputError| Error::InvalidInput { kernel: kernel.into(), reason: e.to_string() };
    Ok(known.prepare(input).map_err(invalid)?)
}
