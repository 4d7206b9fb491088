//! Queries of `audit`: a filter holds on every page, and what it costs is what it finds.

use super::{Error, state::*};
use aliquot_proto::audit::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(attestations).query(attestation);
}

fn attestations(ctx: &Ctx, q: pb::QueryAttestationsRequest) -> Result<pb::QueryAttestationsResponse> {
    let filter = |text: &str| if text.is_empty() { Ok(None) } else { Address::parse(text).map(Some) };
    let list = match (filter(&q.auditor)?, filter(&q.provider)?) {
        (Some(auditor), Some(provider)) => ATTESTATIONS.map().listed(&(auditor, provider)),
        (Some(auditor), None) => ATTESTATIONS.map().listed(&auditor),
        (None, Some(provider)) => ATTESTATIONS_BY_PROVIDER.listed(ATTESTATIONS.map(), &provider),
        (None, None) => ATTESTATIONS.map().listed(&()),
    };
    let page = paginate(ctx, q.pagination, list, |(_, attestation)| Ok(Some(attestation)))?;
    Ok(pb::QueryAttestationsResponse { attestations: page.items, pagination: page.response })
}

fn attestation(ctx: &Ctx, q: pb::QueryAttestationRequest) -> Result<pb::QueryAttestationResponse> {
    let found = ATTESTATIONS.get(ctx, &(Address::parse(&q.auditor)?, Address::parse(&q.provider)?))?;
    let attestation = found.ok_or(Error::NotFound(q.auditor, q.provider))?;
    Ok(pb::QueryAttestationResponse { attestation: Some(attestation) })
}
