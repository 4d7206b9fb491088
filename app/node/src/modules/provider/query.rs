//! Queries of `provider`.

use super::{load, state::PROVIDERS};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(providers).query(provider);
}

fn providers(ctx: &Ctx, q: pb::QueryProvidersRequest) -> Result<pb::QueryProvidersResponse> {
    let page = paginate(ctx, q.pagination, PROVIDERS.listed(&()), |(_, provider)| Ok(Some(provider)))?;
    Ok(pb::QueryProvidersResponse { providers: page.items, pagination: page.response })
}

fn provider(ctx: &Ctx, q: pb::QueryProviderRequest) -> Result<pb::QueryProviderResponse> {
    Ok(pb::QueryProviderResponse { provider: Some(load(ctx, &Address::parse(&q.owner)?)?) })
}
