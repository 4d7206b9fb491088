//! Audits: what others attest about providers, for tenants who ask for it by the auditor's name.
//!
//! Anyone may be an auditor, of anyone who is a registered provider; whose word counts is the tenant's choice (`signedBy`
//! of a placement). An auditor has one attestation per provider: attributes, each key once, with the last height at which
//! they count (0 for no end) and the hash of what the auditor saw. Signing again replaces the values of keys signed before
//! and keeps the other keys; height and hash become the new ones for all of them. Taking back names keys, or none to take
//! back all; an attestation that holds nothing is not kept. One that has run out stays to be read, and counts for nothing
//! until it is signed again.
//!
//! `market` asks by [`signed`] when a provider bids.

mod msgs;
mod query;
mod state;

use aliquot_proto::{audit::v1 as pb, provider::v1::Attribute};
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes};
use state::ATTESTATIONS;

use crate::modules::provider::attributes::cover;

pub struct Audit;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} has attested nothing about {1}")]
    NotFound(String, String),
    #[error("attribute {0:?} is not among those signed")]
    NotSigned(String),
    #[error("invalid attestation: {0}")]
    Invalid(String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "audit";
    fn code(&self) -> u32 {
        match self {
            Error::NotFound(..) => 2,
            Error::NotSigned(_) => 3,
            Error::Invalid(_) => 4,
        }
    }
}

impl Module for Audit {
    const NAME: &'static str = "audit";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        for attestation in &genesis.attestations {
            msgs::check(attestation)?;
            let key = (Address::parse(&attestation.auditor)?, Address::parse(&attestation.provider)?);
            ATTESTATIONS.set(ctx, &key, attestation)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        let attestations = ATTESTATIONS.under(ctx, &()).map(|e| e.map(|(_, a)| a)).collect::<Result<_>>()?;
        Ok(pb::GenesisState { attestations })
    }
}

/// Whether every auditor of `all_of`, and one at least of `any_of` unless that is empty, attests each of the `required`
/// attributes at this height; a `*` in a required value stands for any part. An auditor must have attested something
/// even where nothing is required.
pub fn signed(
    ctx: &Ctx,
    provider: &Address,
    required: &[Attribute],
    all_of: &[String],
    any_of: &[String],
) -> Result<bool> {
    for auditor in all_of {
        if !attests(ctx, auditor, provider, required)? {
            return Ok(false);
        }
    }
    for auditor in any_of {
        if attests(ctx, auditor, provider, required)? {
            return Ok(true);
        }
    }
    Ok(any_of.is_empty())
}

fn attests(ctx: &Ctx, auditor: &str, provider: &Address, required: &[Attribute]) -> Result<bool> {
    let attestation = ATTESTATIONS.get(ctx, &(Address::parse(auditor)?, *provider))?;
    Ok(attestation.is_some_and(|attestation| {
        let counts = attestation.expires_at == 0 || ctx.block.height <= attestation.expires_at;
        counts && cover(&attestation.attributes, required)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str) -> String {
        Address::module(name).to_string()
    }

    fn attributes(given: &[(&str, &str)]) -> Vec<Attribute> {
        given.iter().map(|(key, value)| Attribute { key: key.to_string(), value: value.to_string() }).collect()
    }

    /// One provider, attested by two auditors: `short` until height 5.
    fn attested() -> Ctx {
        let mut ctx = Ctx::test();
        let attestation = |auditor: &str, given: &[(&str, &str)], expires_at| pb::Attestation {
            auditor: who(auditor),
            provider: who("provider"),
            attributes: attributes(given),
            expires_at,
            ..pb::Attestation::default()
        };
        let attestations = vec![
            attestation("long", &[("region", "eu-west"), ("tier", "2")], 0),
            attestation("short", &[("region", "eu-west")], 5),
        ];
        Audit::init(&mut ctx, pb::GenesisState { attestations }).unwrap();
        ctx
    }

    #[test]
    fn every_auditor_of_all_of_and_one_of_any_of_must_have_signed() {
        let ctx = attested();
        let ask = |required: &[(&str, &str)], all_of: &[&str], any_of: &[&str]| {
            let names = |of: &[&str]| of.iter().map(|name| who(name)).collect::<Vec<_>>();
            signed(&ctx, &Address::module("provider"), &attributes(required), &names(all_of), &names(any_of)).unwrap()
        };
        let (region, tier) = (("region", "eu-west"), ("tier", "2"));
        for (required, all_of, any_of, expected) in [
            (&[region][..], &[][..], &[][..], true),
            (&[region], &["long", "short"], &[], true),
            (&[region, tier], &["long"], &[], true),
            (&[region, tier], &["long", "short"], &[], false),
            (&[region, tier], &[], &["short", "long"], true),
            (&[region, tier], &[], &["short", "stranger"], false),
            (&[region], &["short"], &["stranger"], false),
            (&[tier], &["long"], &["short", "long"], true),
            (&[("tier", "3")], &["long"], &[], false),
            (&[("region", "eu-*")], &["long", "short"], &[], true),
            (&[("region", "us-*")], &["long"], &[], false),
            (&[], &["stranger"], &[], false),
            (&[], &["short"], &[], true),
        ] {
            assert_eq!(ask(required, all_of, any_of), expected, "{required:?} {all_of:?} {any_of:?}");
        }
    }

    #[test]
    fn an_attestation_counts_up_to_its_last_height() {
        let mut ctx = attested();
        let required = attributes(&[("region", "eu-west")]);
        for (height, expected) in [(1, true), (5, true), (6, false), (u64::MAX, false)] {
            ctx.block.height = height;
            let by = |name: &str| signed(&ctx, &Address::module("provider"), &required, &[who(name)], &[]).unwrap();
            assert_eq!((by("short"), by("long")), (expected, true), "at height {height}");
        }
    }

    #[test]
    fn who_is_no_auditor_is_an_error_and_not_a_no() {
        let provider = Address::module("provider");
        let error = signed(&attested(), &provider, &[], &[], &["aliquot1x".into()]).unwrap_err();
        assert_eq!((error.codespace, error.code), ("sdk", 7));
    }
}
