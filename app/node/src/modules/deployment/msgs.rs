//! Messages of `deployment`.

use super::{Error, OSEQ, load, state::*};
use crate::{
    ids::OrderKey,
    modules::{compute, escrow, market},
};
use aliquot_proto::deployment::v1::{self as pb, DeploymentState, GroupState};
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, ensure};

const MAX_NAME: usize = 64;
const MAX_REQUIREMENTS: usize = 64;

pub fn routes(r: &mut Routes) {
    r.msg(create_deployment).msg(close_deployment);
}

fn create_deployment(ctx: &mut Ctx, msg: pb::MsgCreateDeployment) -> Result<pb::MsgCreateDeploymentResponse> {
    let owner = Address::parse(&msg.owner)?;
    let dseq = msg.dseq;
    ensure(dseq > 0, || Error::InvalidDseq)?;
    ensure(msg.hash.len() == 32, || Error::InvalidHash)?;
    ensure(!DEPLOYMENTS.has(ctx, &(owner, dseq))?, || Error::Exists(owner, dseq))?;
    let params = PARAMS.load_or_default(ctx)?;
    let groups = msg.groups.len();
    ensure((1..=params.max_groups as usize).contains(&groups), || {
        Error::InvalidGroup(groups, format!("a deployment has 1 to {} groups", params.max_groups))
    })?;
    for (i, group) in msg.groups.iter().enumerate() {
        check_group(ctx, &params, i, group)?;
    }
    escrow::open(ctx, &owner, dseq, &Coin::parse_positive(&msg.deposit)?)?;
    let id = pb::DeploymentId { owner: msg.owner.clone(), dseq };
    let deployment = pb::Deployment {
        id: Some(id.clone()),
        state: DeploymentState::Active.into(),
        hash: msg.hash.clone(),
        created_at: ctx.block.height,
        groups: groups as u32,
    };
    DEPLOYMENTS.set(ctx, &(owner, dseq), &deployment)?;
    for (gseq, spec) in (1u32..).zip(msg.groups) {
        let id = pb::GroupId { owner: msg.owner.clone(), dseq, gseq };
        let state = GroupState::Open.into();
        let group = pb::Group { id: Some(id), state, spec: None, created_at: ctx.block.height };
        GROUPS.set(ctx, &(owner, dseq, gseq), &group)?;
        market::create_order(ctx, &OrderKey { owner, dseq, gseq, oseq: OSEQ }, spec)?;
    }
    ctx.emit(&pb::EventDeploymentCreated { id: Some(id), hash: msg.hash })?;
    Ok(pb::MsgCreateDeploymentResponse {})
}

fn check_group(ctx: &Ctx, params: &pb::Params, at: usize, group: &pb::GroupSpec) -> Result<()> {
    let invalid = |what: String| Error::InvalidGroup(at, what);
    let name = (1..=MAX_NAME).contains(&group.name.len());
    ensure(name, || invalid(format!("a name has 1 to {MAX_NAME} bytes")))?;
    let required = group.requirements.as_ref().map_or(0, |r| r.attributes.len());
    ensure(required <= MAX_REQUIREMENTS, || invalid(format!("at most {MAX_REQUIREMENTS} attributes may be required")))?;
    let job = group.job.as_ref().ok_or_else(|| invalid("a group must be a job".into()))?;
    let most = params.max_inline_input as usize;
    ensure(job.input.len() <= most, || invalid(format!("the input has at most {most} bytes")))?;
    let price = Coin::parse_positive(&group.max_price)?;
    escrow::allowed(ctx, &price.denom)?;
    compute::plan(ctx, job).map(|_| ())
}

fn close_deployment(ctx: &mut Ctx, msg: pb::MsgCloseDeployment) -> Result<pb::MsgCloseDeploymentResponse> {
    let owner = Address::parse(&msg.owner)?;
    let deployment = load(ctx, &owner, msg.dseq)?;
    let active = deployment.state() == DeploymentState::Active;
    ensure(active, || Error::Closed(owner, msg.dseq))?;
    for gseq in 1..=deployment.groups {
        market::close_order(ctx, &OrderKey { owner, dseq: msg.dseq, gseq, oseq: OSEQ })?;
    }
    Ok(pb::MsgCloseDeploymentResponse {})
}
