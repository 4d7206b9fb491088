//! Queries of `deployment`.

use super::{Error, group::order_of, load, params, state::*};
use crate::modules::market;
use aliquot_proto::deployment::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(deployments).query(deployment).query(group).query(query_params);
}

/// A group as it is shown: with the spec of its order.
fn shown(ctx: &Ctx, key: (Address, u64, u32), group: pb::Group) -> Result<pb::Group> {
    let order = market::order(ctx, &order_of(&key, &group))?;
    Ok(pb::Group { spec: order.spec, ..group })
}

fn with_groups(ctx: &Ctx, owner: Address, deployment: pb::Deployment) -> Result<pb::QueryDeploymentResponse> {
    let dseq = deployment.id.as_ref().map_or(0, |id| id.dseq);
    let groups = GROUPS.under(ctx, &(owner, dseq));
    let groups = groups.map(|e| e.and_then(|(key, group)| shown(ctx, key, group))).collect::<Result<_>>()?;
    Ok(pb::QueryDeploymentResponse { deployment: Some(deployment), groups })
}

fn deployments(ctx: &Ctx, q: pb::QueryDeploymentsRequest) -> Result<pb::QueryDeploymentsResponse> {
    let f = q.filters.unwrap_or_default();
    let list = match f.owner.as_str() {
        "" if f.state != 0 => BY_STATE.listed(DEPLOYMENTS.map(), &f.state.unsigned_abs()),
        "" => DEPLOYMENTS.map().listed(&()),
        owner => DEPLOYMENTS.map().listed(&Address::parse(owner)?),
    };
    let page = paginate(ctx, q.pagination, list, |((owner, _), deployment)| {
        let fits = f.state == 0 || deployment.state == f.state;
        if fits { with_groups(ctx, owner, deployment).map(Some) } else { Ok(None) }
    })?;
    Ok(pb::QueryDeploymentsResponse { deployments: page.items, pagination: page.response })
}

fn deployment(ctx: &Ctx, q: pb::QueryDeploymentRequest) -> Result<pb::QueryDeploymentResponse> {
    let owner = Address::parse(&q.owner)?;
    with_groups(ctx, owner, load(ctx, &owner, q.dseq)?)
}

fn group(ctx: &Ctx, q: pb::QueryGroupRequest) -> Result<pb::QueryGroupResponse> {
    let owner = Address::parse(&q.owner)?;
    let key = (owner, q.dseq, q.gseq);
    let group = GROUPS.get(ctx, &key)?.ok_or(Error::GroupNotFound(q.gseq, owner, q.dseq))?;
    Ok(pb::QueryGroupResponse { group: Some(shown(ctx, key, group)?) })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
