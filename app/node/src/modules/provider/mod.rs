//! Providers: who offers devices, where their gateway is, and which accounts act and are paid for them.
//!
//! A provider is one account's record. Its `operator` may bid, commit and open in its place, so that the key that owns
//! the money can stay offline; its `payout` receives withdrawals. The gateway's certificate is pinned by its hash.
//! While it has service leases it sends heartbeats. What its leases and proofs came to is its reliability.

pub mod attributes;
mod heartbeat;
mod msgs;
mod query;
pub mod reliability;
mod state;

use aliquot_proto::cosmos::base::query::v1beta1::PageRequest;
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Page, Result, Routes, ensure, paginate};
use state::{OVERDUE, PARAMS, PROVIDERS, RELIABILITY};

pub use heartbeat::{lease_began, lease_ended};

pub struct Provider;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is already registered: send MsgUpdateProvider to change it")]
    Exists(String),
    #[error("{0} is not a registered provider")]
    NotFound(String),
    #[error("invalid provider: {0}")]
    Invalid(String),
    #[error("provider {0} is jailed for missed heartbeats: send MsgUnjail first")]
    Jailed(String),
    #[error("provider {0} is not jailed")]
    NotJailed(String),
    #[error("provider {0} has {1}: end them first")]
    InUse(String, String),
    #[error("invalid params: {0}")]
    InvalidParams(String),
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
            Error::Jailed(_) => 6,
            Error::NotJailed(_) => 7,
            Error::InUse(..) => 8,
            Error::InvalidParams(_) => 9,
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
        let params = genesis.params.unwrap_or_default();
        PARAMS.set(ctx, &params)?;
        for provider in &genesis.providers {
            msgs::check(provider)?;
            let owner = Address::parse(&provider.owner)?;
            PROVIDERS.set(ctx, &owner, provider)?;
            let due = heartbeat::due_height(ctx, provider)?;
            if due > 0 {
                OVERDUE.insert(ctx, due, owner)?;
            }
        }
        for record in &genesis.reliabilities {
            RELIABILITY.set(ctx, &Address::parse(&record.provider)?, record)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        let providers = PROVIDERS.under(ctx, &()).map(|e| e.map(|(_, p)| p)).collect::<Result<_>>()?;
        let reliabilities = RELIABILITY.under(ctx, &()).map(|e| e.map(|(_, r)| r)).collect::<Result<_>>()?;
        Ok(pb::GenesisState { params: Some(params(ctx)?), providers, reliabilities })
    }

    fn end_block(ctx: &mut Ctx) -> Result<()> {
        heartbeat::run_back(ctx)?;
        heartbeat::run_overdue(ctx)
    }
}

pub fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

/// How reliable a provider is, 0 to 10000.
pub fn score(ctx: &Ctx, provider: &Address) -> Result<u32> {
    reliability::score(&reliability::load(ctx, provider)?)
}

pub fn load(ctx: &Ctx, owner: &Address) -> Result<pb::Provider> {
    Ok(PROVIDERS.get(ctx, owner)?.ok_or_else(|| Error::NotFound(owner.to_string()))?)
}

/// A page of all providers, each made into something by `of`.
pub fn page<T>(
    ctx: &Ctx,
    request: Option<PageRequest>,
    of: impl Fn(Address, pb::Provider) -> Result<T>,
) -> Result<Page<T>> {
    paginate(ctx, request, PROVIDERS.listed(&()), |(owner, provider)| of(owner, provider).map(Some))
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
