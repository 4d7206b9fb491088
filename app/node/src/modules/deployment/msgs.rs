//! Messages of `deployment`.

use super::{Error, FIRST_ORDER, check_params, close, close_if_done, group, load, params, state::*};
use crate::{
    ids::OrderKey,
    modules::{compute, escrow, market, validator},
};
use aliquot_proto::{
    deployment::v1::{self as pb, DeploymentState, GroupState},
    market::v1::LeaseClosedReason,
};
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, ensure};

const MAX_NAME: usize = 64;
const MAX_REQUIREMENTS: usize = 64;

pub fn routes(r: &mut Routes) {
    r.msg(create_deployment).msg(close_deployment).msg(update_deployment).msg(close_group).msg(pause_group);
    r.msg(start_group).msg(update_params);
}

fn create_deployment(ctx: &mut Ctx, msg: pb::MsgCreateDeployment) -> Result<pb::MsgCreateDeploymentResponse> {
    let owner = Address::parse(&msg.owner)?;
    let dseq = msg.dseq;
    ensure(dseq > 0, || Error::InvalidDseq)?;
    ensure(msg.hash.len() == 32, || Error::InvalidHash)?;
    let removed = REMOVED.get(ctx, &owner)?.unwrap_or(0);
    ensure(dseq > removed, || Error::Removed(removed))?;
    ensure(!DEPLOYMENTS.has(ctx, &(owner, dseq))?, || Error::Exists(owner, dseq))?;
    let params = params(ctx)?;
    let grace_blocks = msg.grace_blocks.unwrap_or(params.grace_blocks);
    ensure(grace_blocks <= params.max_grace_blocks, || Error::InvalidGrace(params.max_grace_blocks))?;
    let groups = msg.groups.len();
    ensure((1..=params.max_groups as usize).contains(&groups), || {
        Error::InvalidGroup(groups, format!("a deployment has 1 to {} groups", params.max_groups))
    })?;
    for (i, group) in msg.groups.iter().enumerate() {
        check_group(ctx, &params, i, group)?;
    }
    escrow::open(ctx, &owner, dseq, &Coin::parse_positive(&msg.deposit)?, msg.low_funds_blocks)?;
    let id = pb::DeploymentId { owner: msg.owner.clone(), dseq };
    let deployment = pb::Deployment {
        id: Some(id.clone()),
        state: DeploymentState::Active.into(),
        hash: msg.hash.clone(),
        created_at: ctx.block.height,
        groups: groups as u32,
        grace_blocks,
        due_height: 0,
        low_funds_blocks: msg.low_funds_blocks,
    };
    DEPLOYMENTS.set(ctx, &(owner, dseq), &deployment)?;
    for (gseq, spec) in (1u32..).zip(msg.groups) {
        let id = pb::GroupId { owner: msg.owner.clone(), dseq, gseq };
        let state = GroupState::Open.into();
        let group = pb::Group { id: Some(id), state, spec: None, created_at: ctx.block.height, oseq: FIRST_ORDER };
        GROUPS.set(ctx, &(owner, dseq, gseq), &group)?;
        market::create_order(ctx, &OrderKey { owner, dseq, gseq, oseq: FIRST_ORDER }, spec)?;
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
    let signers = group.requirements.as_ref().and_then(|requirements| requirements.signed_by.as_ref());
    for auditor in signers.iter().flat_map(|signers| signers.all_of.iter().chain(&signers.any_of)) {
        Address::parse(auditor)?;
    }
    match (&group.job, &group.service) {
        (Some(job), None) => {
            let most = params.max_inline_input as usize;
            ensure(job.input.len() <= most, || invalid(format!("the input has at most {most} bytes")))?;
            let price = Coin::parse_positive(&group.max_price)?;
            escrow::allowed(ctx, &price.denom)?;
            compute::plan(ctx, job).map(|_| ())
        }
        (None, Some(service)) => {
            ensure(group.max_price.is_none(), || invalid("a service has prices per unit, not one for all".into()))?;
            market::check_notice(ctx, group.reclamation_blocks)?;
            market::check_service(ctx, service)
        }
        _ => Err(invalid("a group is either a job or a service".into()).into()),
    }
}

fn close_deployment(ctx: &mut Ctx, msg: pb::MsgCloseDeployment) -> Result<pb::MsgCloseDeploymentResponse> {
    let owner = live(ctx, &msg.owner, msg.dseq)?;
    close(ctx, &owner, msg.dseq, LeaseClosedReason::Owner)?;
    Ok(pb::MsgCloseDeploymentResponse {})
}

/// The owner of a deployment that is not closed.
fn live(ctx: &Ctx, owner: &str, dseq: u64) -> Result<Address> {
    let owner = Address::parse(owner)?;
    let closed = load(ctx, &owner, dseq)?.state() == DeploymentState::Closed;
    ensure(!closed, || Error::Closed(owner, dseq))?;
    Ok(owner)
}

fn update_deployment(ctx: &mut Ctx, msg: pb::MsgUpdateDeployment) -> Result<pb::MsgUpdateDeploymentResponse> {
    let owner = live(ctx, &msg.owner, msg.dseq)?;
    ensure(msg.hash.len() == 32, || Error::InvalidHash)?;
    let mut deployment = load(ctx, &owner, msg.dseq)?;
    ensure(deployment.hash != msg.hash, || Error::SameHash)?;
    deployment.hash = msg.hash.clone();
    DEPLOYMENTS.set(ctx, &(owner, msg.dseq), &deployment)?;
    ctx.emit(&pb::EventDeploymentUpdated { id: deployment.id, hash: msg.hash })?;
    Ok(pb::MsgUpdateDeploymentResponse {})
}

fn close_group(ctx: &mut Ctx, msg: pb::MsgCloseGroup) -> Result<pb::MsgCloseGroupResponse> {
    let owner = live(ctx, &msg.owner, msg.dseq)?;
    let key = (owner, msg.dseq, msg.gseq);
    let state = group::group(ctx, &key)?.state();
    ensure(state != GroupState::Closed, || Error::WrongGroupState(msg.gseq, state.as_str_name()))?;
    let closed = group::close(ctx, &key, LeaseClosedReason::Owner)?;
    ensure(closed, || Error::Committed(msg.gseq))?;
    close_if_done(ctx, &owner, msg.dseq)?;
    Ok(pb::MsgCloseGroupResponse {})
}

fn pause_group(ctx: &mut Ctx, msg: pb::MsgPauseGroup) -> Result<pb::MsgPauseGroupResponse> {
    let owner = live(ctx, &msg.owner, msg.dseq)?;
    group::pause(ctx, &(owner, msg.dseq, msg.gseq))?;
    Ok(pb::MsgPauseGroupResponse {})
}

fn start_group(ctx: &mut Ctx, msg: pb::MsgStartGroup) -> Result<pb::MsgStartGroupResponse> {
    let owner = live(ctx, &msg.owner, msg.dseq)?;
    group::start(ctx, &(owner, msg.dseq, msg.gseq))?;
    Ok(pb::MsgStartGroupResponse {})
}

fn update_params(ctx: &mut Ctx, msg: pb::MsgUpdateParams) -> Result<pb::MsgUpdateParamsResponse> {
    validator::check_authority(ctx, &msg.authority)?;
    let params = msg.params.unwrap_or_default();
    check_params(ctx, &params)?;
    PARAMS.set(ctx, &params)?;
    Ok(pb::MsgUpdateParamsResponse {})
}
