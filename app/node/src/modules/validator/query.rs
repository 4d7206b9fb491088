//! Queries of `validator`.

use super::{params, state::VALIDATORS};
use aliquot_proto::validator::v1 as pb;
use aliquot_sdk::{Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(validators).query(query_params);
}

fn validators(ctx: &Ctx, q: pb::QueryValidatorsRequest) -> Result<pb::QueryValidatorsResponse> {
    let page = paginate(ctx, q.pagination, VALIDATORS.listed(&()), |(_, validator)| Ok(Some(validator)))?;
    Ok(pb::QueryValidatorsResponse { validators: page.items, pagination: page.response })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
