//! Providers: who offers devices, where their gateway is, and which accounts act and are paid for them.
//!
//! A provider is one account's record. Its `operator` may bid, commit and open in its place, so that the key that owns
//! the money can stay offline; its `payout` receives withdrawals. The gateway's certificate is pinned by its hash.

mod msgs;
mod query;
mod state;

use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes, ensure};
use state::PROVIDERS;

pub struct Provider;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is already registered: send MsgUpdateProvider to change it")]
    Exists(String),
    #[error("{0} is not a registered provider")]
    NotFound(String),
    #[error("invalid provider: {0}")]
    Invalid(String),
    #[error("{0} is neither the provider {1} nor its operator")]
    NotOperator(String, String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "provider";
    fn code(&self) -> u32 {
        match self {
            Error::Exists(_) => 2,
            Error::NotFound(_) => 3,
            Error::Invalid(_) => 4,
            Error::NotOperator(..) => 5,
        }
    }
}

impl Module for Provider {
    const NAME: &'static str = "provider";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        for provider in &genesis.providers {
            msgs::check(provider)?;
            PROVIDERS.set(ctx, &Address::parse(&provider.owner)?, provider)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        let providers = PROVIDERS.under(ctx, &()).map(|e| e.map(|(_, p)| p)).collect::<Result<_>>()?;
        Ok(pb::GenesisState { providers })
    }
}

pub fn load(ctx: &Ctx, owner: &Address) -> Result<pb::Provider> {
    Ok(PROVIDERS.get(ctx, owner)?.ok_or_else(|| Error::NotFound(owner.to_string()))?)
}

/// Loads a provider and holds `signer` against it: the owner or its operator.
pub fn load_for(ctx: &Ctx, owner: &Address, signer: &str) -> Result<pb::Provider> {
    let provider = load(ctx, owner)?;
    let acts = signer == provider.owner || (!provider.operator.is_empty() && signer == provider.operator);
    ensure(acts, || Error::NotOperator(signer.into(), provider.owner.clone()))?;
    Ok(provider)
}

/// The account that withdrawals of a provider go to.
pub fn payout(provider: &pb::Provider) -> Result<Address> {
    Address::parse(if provider.payout.is_empty() { &provider.owner } else { &provider.payout })
}
