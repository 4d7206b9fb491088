//! `Match`: which providers fit an order, and why the others do not.

use super::{offer, order};
use crate::{
    ids::OrderKey,
    modules::{compute, provider},
};
use aliquot_proto::market::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Sdk, ensure};

/// A page of all providers, each held against the order as a bid of it would be.
pub fn matches(ctx: &Ctx, q: pb::QueryMatchRequest) -> Result<pb::QueryMatchResponse> {
    let key = OrderKey::parse(&q.id)?;
    let order = order(ctx, &key)?;
    let spec = order.spec.ok_or_else(|| Sdk::Logic("an order without spec".into()))?;
    let page = provider::page(ctx, q.pagination, |owner, provider| {
        let fits = (|| {
            ensure(!provider.jailed, || provider::Error::Jailed(provider.owner.clone()))?;
            ensure(owner != key.owner, || super::Error::OwnOrder)?;
            offer::check_provider(ctx, &spec, &provider)?;
            has_device(ctx, &owner)
        })();
        let reason = match fits {
            Err(error) if error.is_io() => return Err(error),
            fits => fits.err().map(|error| error.text),
        };
        let fits = reason.is_none();
        Ok(pb::ProviderMatch { provider: provider.owner, fits, reason: reason.unwrap_or_default() })
    })?;
    Ok(pb::QueryMatchResponse { providers: page.items, pagination: page.response })
}

fn has_device(ctx: &Ctx, owner: &Address) -> Result<()> {
    ensure(compute::has_free_bond(ctx, owner)?, || super::Error::NoFreeDevice)
}
