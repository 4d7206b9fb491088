//! Messages of `audit`.

use super::{Error, state::ATTESTATIONS};
use crate::modules::provider;
use aliquot_proto::{audit::v1 as pb, provider::v1::Attribute};
use aliquot_sdk::{Address, Ctx, Result, Routes, ensure};
use std::collections::{BTreeMap, BTreeSet};

pub fn routes(r: &mut Routes) {
    r.msg(sign_provider_attributes).msg(delete_provider_attributes);
}

/// Refuses what may not stand in state.
pub fn check(attestation: &pb::Attestation) -> Result<()> {
    let invalid = |what: &str| Error::Invalid(what.into());
    let attributes = &attestation.attributes;
    ensure(!attributes.is_empty(), || invalid("name at least one attribute"))?;
    if let Some(problem) = provider::attributes::problem(attributes) {
        return Err(invalid(problem).into());
    }
    ensure(attributes.is_sorted_by(|a, b| a.key < b.key), || invalid("keys must be sorted, each once"))?;
    ensure(matches!(attestation.evidence_hash.len(), 0 | 32), || invalid("evidence_hash must be empty or 32 bytes"))
}

fn sign_provider_attributes(
    ctx: &mut Ctx,
    msg: pb::MsgSignProviderAttributes,
) -> Result<pb::MsgSignProviderAttributesResponse> {
    let key = (Address::parse(&msg.auditor)?, Address::parse(&msg.provider)?);
    provider::load(ctx, &key.1)?;
    ensure(msg.expires_at == 0 || msg.expires_at >= ctx.block.height, || {
        Error::Invalid(format!("height {} of expires_at is past: give a later one, or 0 for no end", msg.expires_at))
    })?;
    let before = ATTESTATIONS.get(ctx, &key)?.unwrap_or_default().attributes;
    let mut attributes: BTreeMap<String, String> = before.into_iter().map(|a| (a.key, a.value)).collect();
    let mut given = BTreeSet::new();
    for Attribute { key, value } in msg.attributes {
        ensure(given.insert(key.clone()), || Error::Invalid(format!("attribute {key:?} appears twice")))?;
        attributes.insert(key, value);
    }
    let attestation = pb::Attestation {
        auditor: msg.auditor,
        provider: msg.provider,
        attributes: attributes.into_iter().map(|(key, value)| Attribute { key, value }).collect(),
        expires_at: msg.expires_at,
        evidence_hash: msg.evidence_hash,
        signed_at: ctx.block.height,
    };
    check(&attestation)?;
    ATTESTATIONS.set(ctx, &key, &attestation)?;
    ctx.emit(&pb::EventAttestationSigned { auditor: attestation.auditor, provider: attestation.provider })?;
    Ok(pb::MsgSignProviderAttributesResponse {})
}

/// The provider need not be registered any more: who vouched for it must be able to stop.
fn delete_provider_attributes(
    ctx: &mut Ctx,
    msg: pb::MsgDeleteProviderAttributes,
) -> Result<pb::MsgDeleteProviderAttributesResponse> {
    let key = (Address::parse(&msg.auditor)?, Address::parse(&msg.provider)?);
    let found = ATTESTATIONS.get(ctx, &key)?;
    let mut attestation = found.ok_or_else(|| Error::NotFound(msg.auditor.clone(), msg.provider.clone()))?;
    for name in &msg.keys {
        let place = attestation.attributes.binary_search_by(|attribute| attribute.key.cmp(name));
        attestation.attributes.remove(place.map_err(|_| Error::NotSigned(name.clone()))?);
    }
    if msg.keys.is_empty() || attestation.attributes.is_empty() {
        ATTESTATIONS.remove(ctx, &key)?;
    } else {
        ATTESTATIONS.set(ctx, &key, &attestation)?;
    }
    ctx.emit(&pb::EventAttestationDeleted { auditor: msg.auditor, provider: msg.provider })?;
    Ok(pb::MsgDeleteProviderAttributesResponse {})
}
