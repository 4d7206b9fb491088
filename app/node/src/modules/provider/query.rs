//! Queries of `provider`.

use super::{load, params, reliability, state::PROVIDERS};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(providers).query(provider).query(query_reliability).query(query_params);
}

fn providers(ctx: &Ctx, q: pb::QueryProvidersRequest) -> Result<pb::QueryProvidersResponse> {
    let page = paginate(ctx, q.pagination, PROVIDERS.listed(&()), |(_, provider)| Ok(Some(provider)))?;
    Ok(pb::QueryProvidersResponse { providers: page.items, pagination: page.response })
}

fn provider(ctx: &Ctx, q: pb::QueryProviderRequest) -> Result<pb::QueryProviderResponse> {
    Ok(pb::QueryProviderResponse { provider: Some(load(ctx, &Address::parse(&q.owner)?)?) })
}

fn query_reliability(ctx: &Ctx, q: pb::QueryReliabilityRequest) -> Result<pb::QueryReliabilityResponse> {
    let owner = Address::parse(&q.owner)?;
    load(ctx, &owner)?;
    let record = reliability::load(ctx, &owner)?;
    let score_bps = reliability::score(&record)?;
    Ok(pb::QueryReliabilityResponse { reliability: Some(record), score_bps })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
