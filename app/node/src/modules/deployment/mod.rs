//! Deployments: what a tenant wants run, in groups that are bid for one by one.
//!
//! A deployment is made with its deposit and one order per group. The id `{owner, dseq}` is never used twice. A group is
//! a job (a kernel, its whole input, and the most that the tenant pays) or a service (containers, and the most per
//! block). A job's group closes when its job ends. A service's group lives on: when its tenant closes the lease a new
//! order is listed; when the provider leaves or the order expires it is paused until its tenant starts it again.
//!
//! When the funds run dry the deployment is paused, for at most its `grace_blocks`, then closed; a deposit in between
//! resumes it with the same leases. It closes too when its last group has, and by its owner's wish; then its escrow
//! account returns what is left to the depositors.
//!
//! `retain_blocks` after that its records are removed, and those of an order as long after another took its place; the
//! events of the closing are the receipt. An owner's ids up to the largest removed one are not used again.

mod group;
mod msgs;
mod query;
mod removal;
mod state;

use crate::{isolate::isolate, modules::escrow};
use aliquot_proto::{
    deployment::v1::{self as pb, DeploymentState},
    market::v1::LeaseClosedReason,
};
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes, ensure};
use state::{DEPLOYMENTS, DUE, GROUPS, PARAMS, REMOVED};

pub use group::order_ended;

pub struct Deployment;

/// Orders of a group are numbered from 1.
const FIRST_ORDER: u32 = 1;
/// Deployments that one block closes or removes; more wait for the next.
const MAX_DUE: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no deployment {0}/{1}")]
    NotFound(Address, u64),
    #[error("deployment {0}/{1} exists already: choose another dseq")]
    Exists(Address, u64),
    #[error("deployment {0}/{1} is closed")]
    Closed(Address, u64),
    #[error("dseq must be more than zero")]
    InvalidDseq,
    #[error("invalid group {0}: {1}")]
    InvalidGroup(usize, String),
    #[error("the manifest hash must have 32 bytes")]
    InvalidHash,
    #[error("no group {0} in deployment {1}/{2}")]
    GroupNotFound(u32, Address, u64),
    #[error("group {0} is {1}, which allows no such step")]
    WrongGroupState(u32, &'static str),
    #[error("deployment {0}/{1} is paused: deposit more first")]
    Paused(Address, u64),
    #[error("the result of group {0} is committed: it settles by itself")]
    Committed(u32),
    #[error("the new manifest hash is the present one")]
    SameHash,
    #[error("grace_blocks must be at most {0}")]
    InvalidGrace(u32),
    #[error("invalid params: {0}")]
    InvalidParams(String),
    #[error("the owner used ids up to {0} long ago: choose a larger dseq")]
    Removed(u64),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "deployment";
    fn code(&self) -> u32 {
        match self {
            Error::NotFound(..) => 2,
            Error::Exists(..) => 3,
            Error::Closed(..) => 4,
            Error::InvalidDseq => 5,
            Error::InvalidGroup(..) => 6,
            Error::InvalidHash => 7,
            Error::GroupNotFound(..) => 8,
            Error::WrongGroupState(..) => 9,
            Error::Paused(..) => 10,
            Error::Committed(_) => 11,
            Error::SameHash => 12,
            Error::InvalidGrace(_) => 13,
            Error::InvalidParams(_) => 14,
            Error::Removed(_) => 15,
        }
    }
}

impl Module for Deployment {
    const NAME: &'static str = "deployment";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        let params = genesis.params.unwrap_or_default();
        check_params(ctx, &params)?;
        PARAMS.set(ctx, &params)?;
        for deployment in &genesis.deployments {
            let id = deployment.id.clone().unwrap_or_default();
            let key = (Address::parse(&id.owner)?, id.dseq);
            DEPLOYMENTS.set(ctx, &key, deployment)?;
            if deployment.due_height > 0 {
                DUE.insert(ctx, deployment.due_height, key)?;
            }
        }
        for group in &genesis.groups {
            let id = group.id.clone().unwrap_or_default();
            GROUPS.set(ctx, &(Address::parse(&id.owner)?, id.dseq, id.gseq), group)?;
        }
        for id in &genesis.removed {
            REMOVED.set(ctx, &Address::parse(&id.owner)?, &id.dseq)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        let id = |(owner, dseq): (Address, u64)| pb::DeploymentId { owner: owner.to_string(), dseq };
        Ok(pb::GenesisState {
            params: PARAMS.get(ctx)?,
            deployments: DEPLOYMENTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            groups: GROUPS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            removed: REMOVED.under(ctx, &()).map(|e| e.map(id)).collect::<Result<_>>()?,
        })
    }

    fn end_block(ctx: &mut Ctx) -> Result<()> {
        run_due(ctx)
    }
}

fn check_params(ctx: &Ctx, params: &pb::Params) -> Result<()> {
    let invalid = |what: &str| Error::InvalidParams(what.into());
    ensure(params.block_ms > 0 && params.max_groups > 0, || invalid("block_ms and max_groups must be more than zero"))?;
    ensure(params.grace_blocks <= params.max_grace_blocks, || invalid("grace_blocks is at most max_grace_blocks"))?;
    let kept = params.retain_blocks == 0 || params.retain_blocks > escrow::params(ctx)?.earnings_lag;
    ensure(kept, || invalid("retain_blocks must be 0 or more than the earnings_lag of escrow"))
}

fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

fn load(ctx: &Ctx, owner: &Address, dseq: u64) -> Result<pb::Deployment> {
    Ok(DEPLOYMENTS.get(ctx, &(*owner, dseq))?.ok_or(Error::NotFound(*owner, dseq))?)
}

/// Closes every group that can be, and the deployment with the last; committed jobs settle first.
fn close(ctx: &mut Ctx, owner: &Address, dseq: u64, reason: LeaseClosedReason) -> Result<()> {
    for gseq in 1..=load(ctx, owner, dseq)?.groups {
        group::close(ctx, &(*owner, dseq, gseq), reason)?;
    }
    close_if_done(ctx, owner, dseq)
}

/// Closes a deployment whose groups are all closed, and its escrow account.
fn close_if_done(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let mut deployment = load(ctx, owner, dseq)?;
    if deployment.state() == DeploymentState::Closed || !group::all_closed(ctx, owner, dseq)? {
        return Ok(());
    }
    unqueue(ctx, owner, dseq, &mut deployment)?;
    deployment.state = DeploymentState::Closed.into();
    removal::schedule(ctx, owner, dseq, &mut deployment)?;
    DEPLOYMENTS.set(ctx, &(*owner, dseq), &deployment)?;
    escrow::close(ctx, owner, dseq)?;
    ctx.emit(&pb::EventDeploymentClosed { id: deployment.id })
}

fn unqueue(ctx: &mut Ctx, owner: &Address, dseq: u64, deployment: &mut pb::Deployment) -> Result<()> {
    DUE.remove(ctx, deployment.due_height, (*owner, dseq))?;
    deployment.due_height = 0;
    Ok(())
}

/// The funds ran dry: pauses the deployment for its grace; without any it closes now.
pub fn ran_dry(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let mut deployment = load(ctx, owner, dseq)?;
    if deployment.grace_blocks == 0 {
        return close(ctx, owner, dseq, LeaseClosedReason::InsufficientFunds);
    }
    deployment.state = DeploymentState::Paused.into();
    deployment.due_height = ctx.block.height.saturating_add(u64::from(deployment.grace_blocks));
    DUE.insert(ctx, deployment.due_height, (*owner, dseq))?;
    DEPLOYMENTS.set(ctx, &(*owner, dseq), &deployment)?;
    ctx.emit(&pb::EventDeploymentPaused { id: deployment.id, closes_at: deployment.due_height })
}

/// A deposit came in time.
pub fn funds_came(ctx: &mut Ctx, owner: &Address, dseq: u64) -> Result<()> {
    let mut deployment = load(ctx, owner, dseq)?;
    if deployment.state() != DeploymentState::Paused {
        return Ok(());
    }
    unqueue(ctx, owner, dseq, &mut deployment)?;
    deployment.state = DeploymentState::Active.into();
    DEPLOYMENTS.set(ctx, &(*owner, dseq), &deployment)?;
    ctx.emit(&pb::EventDeploymentResumed { id: deployment.id })
}

/// Deployments whose grace is over, and those that closed long ago.
fn run_due(ctx: &mut Ctx) -> Result<()> {
    for (_, (owner, dseq)) in DUE.take_due(ctx, MAX_DUE)? {
        isolate(ctx, format!("deployment/{owner}/{dseq}"), |ctx| match load(ctx, &owner, dseq)?.state() {
            DeploymentState::Closed => removal::remove(ctx, &owner, dseq),
            _ => close(ctx, &owner, dseq, LeaseClosedReason::InsufficientFunds),
        })?;
    }
    Ok(())
}
