//! Deployments: what a tenant wants run, in groups that are bid for one by one.
//!
//! A deployment is made with its deposit and one order per group. It closes when its last group has, by itself or by its
//! owner's wish; then its escrow account returns what is left to the depositors. The id `{owner, dseq}` is never used
//! twice. A group here is a job: a kernel, its whole input, and the most that the tenant pays.

mod msgs;
mod query;
mod state;

use crate::{ids::OrderKey, modules::escrow};
use aliquot_proto::deployment::v1::{self as pb, DeploymentState, GroupState};
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes, Sdk, ensure};
use state::{DEPLOYMENTS, GROUPS, PARAMS};

pub struct Deployment;

/// Orders of a group are numbered from 1; a job's group has one.
const OSEQ: u32 = 1;

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
        ensure(params.block_ms > 0 && params.max_groups > 0, || {
            Sdk::InvalidRequest("genesis of deployment: block_ms and max_groups must be more than zero".into())
        })?;
        PARAMS.set(ctx, &params)?;
        for deployment in &genesis.deployments {
            let id = deployment.id.clone().unwrap_or_default();
            DEPLOYMENTS.set(ctx, &(Address::parse(&id.owner)?, id.dseq), deployment)?;
        }
        for group in &genesis.groups {
            let id = group.id.clone().unwrap_or_default();
            GROUPS.set(ctx, &(Address::parse(&id.owner)?, id.dseq, id.gseq), group)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        Ok(pb::GenesisState {
            params: PARAMS.get(ctx)?,
            deployments: DEPLOYMENTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
            groups: GROUPS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        })
    }
}

fn load(ctx: &Ctx, owner: &Address, dseq: u64) -> Result<pb::Deployment> {
    Ok(DEPLOYMENTS.get(ctx, &(*owner, dseq))?.ok_or(Error::NotFound(*owner, dseq))?)
}

/// The order of a group ended: closes the group, and with the last one the deployment and its escrow account.
pub fn close_group(ctx: &mut Ctx, order: &OrderKey) -> Result<()> {
    let (owner, dseq, gseq) = (order.owner, order.dseq, order.gseq);
    let group = GROUPS.get(ctx, &(owner, dseq, gseq))?;
    let mut group = group.ok_or(Error::GroupNotFound(gseq, owner, dseq))?;
    group.state = GroupState::Closed.into();
    GROUPS.set(ctx, &(owner, dseq, gseq), &group)?;
    ctx.emit(&pb::EventGroupClosed { id: group.id })?;
    for entry in GROUPS.under(ctx, &(owner, dseq)) {
        if entry?.1.state() != GroupState::Closed {
            return Ok(());
        }
    }
    let mut deployment = load(ctx, &owner, dseq)?;
    deployment.state = DeploymentState::Closed.into();
    DEPLOYMENTS.set(ctx, &(owner, dseq), &deployment)?;
    escrow::close(ctx, &owner, dseq)?;
    ctx.emit(&pb::EventDeploymentClosed { id: deployment.id })
}
