//! Queries of `cosmos.feegrant.v1beta1`.

use super::{
    not_found,
    state::{GRANTS, GRANTS_BY_GRANTER},
};
use aliquot_proto::cosmos::feegrant::v1beta1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(allowance).query(allowances).query(allowances_by_granter);
}

fn allowance(ctx: &Ctx, q: pb::QueryAllowanceRequest) -> Result<pb::QueryAllowanceResponse> {
    let key = (Address::parse(&q.grantee)?, Address::parse(&q.granter)?);
    Ok(pb::QueryAllowanceResponse { allowance: Some(GRANTS.get(ctx, &key)?.ok_or_else(not_found)?) })
}

fn allowances(ctx: &Ctx, q: pb::QueryAllowancesRequest) -> Result<pb::QueryAllowancesResponse> {
    let list = GRANTS.map().listed(&Address::parse(&q.grantee)?);
    let page = paginate(ctx, q.pagination, list, |(_, grant)| Ok(Some(grant)))?;
    Ok(pb::QueryAllowancesResponse { allowances: page.items, pagination: page.response })
}

fn allowances_by_granter(
    ctx: &Ctx,
    q: pb::QueryAllowancesByGranterRequest,
) -> Result<pb::QueryAllowancesByGranterResponse> {
    let list = GRANTS_BY_GRANTER.listed(GRANTS.map(), &Address::parse(&q.granter)?);
    let page = paginate(ctx, q.pagination, list, |(_, grant)| Ok(Some(grant)))?;
    Ok(pb::QueryAllowancesByGranterResponse { allowances: page.items, pagination: page.response })
}
