//! Queries of `cosmos.authz.v1beta1`: what no longer counts is not shown, on any page.

use super::{
    Error,
    grants::expired,
    listed,
    state::{GRANTS, GRANTS_BY_GRANTEE},
};
use aliquot_proto::cosmos::authz::v1beta1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(query_grants).query(granter_grants).query(grantee_grants);
}

fn query_grants(ctx: &Ctx, q: pb::QueryGrantsRequest) -> Result<pb::QueryGrantsResponse> {
    let sides = (Address::parse(&q.granter)?, Address::parse(&q.grantee)?);
    if q.msg_type_url.is_empty() {
        let keep = |(_, grant)| Ok((!expired(ctx, &grant)).then_some(grant));
        let page = paginate(ctx, q.pagination, GRANTS.map().listed(&sides), keep)?;
        return Ok(pb::QueryGrantsResponse { grants: page.items, pagination: page.response });
    }
    let key = (sides.0, sides.1, q.msg_type_url);
    let found = GRANTS.get(ctx, &key)?.filter(|grant| !expired(ctx, grant));
    let grant = found.ok_or(Error::NotFound(key.0, key.1, key.2))?;
    Ok(pb::QueryGrantsResponse { grants: vec![grant], pagination: None })
}

fn granter_grants(ctx: &Ctx, q: pb::QueryGranterGrantsRequest) -> Result<pb::QueryGranterGrantsResponse> {
    let list = GRANTS.map().listed(&Address::parse(&q.granter)?);
    let page =
        paginate(ctx, q.pagination, list, |(key, grant)| Ok((!expired(ctx, &grant)).then(|| listed(key, grant))))?;
    Ok(pb::QueryGranterGrantsResponse { grants: page.items, pagination: page.response })
}

fn grantee_grants(ctx: &Ctx, q: pb::QueryGranteeGrantsRequest) -> Result<pb::QueryGranteeGrantsResponse> {
    let list = GRANTS_BY_GRANTEE.listed(GRANTS.map(), &Address::parse(&q.grantee)?);
    let page =
        paginate(ctx, q.pagination, list, |(key, grant)| Ok((!expired(ctx, &grant)).then(|| listed(key, grant))))?;
    Ok(pb::QueryGranteeGrantsResponse { grants: page.items, pagination: page.response })
}
