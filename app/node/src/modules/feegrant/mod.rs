//! Allowances: one account pays the fees of another's transactions, within limits and for a time.
//!
//! Messages and queries are `cosmos.feegrant.v1beta1`, errors and events those of the Cosmos SDK 0.50. There is one
//! allowance from a granter to a grantee. A transaction that names a granter has its fee taken from that account, if the
//! allowance bears it; what is left is kept, and an allowance that is spent up ends. A period begins when its allowance is
//! granted, and again when the first fee after its end is paid.
//!
//! An allowance counts until its expiration. One that has expired is refused, and leaves the state at the start of the next
//! tenth block, or when somebody sends MsgPruneAllowances.

mod allowance;
mod msgs;
mod query;
mod state;

use crate::modules::authz::PRUNE_EVERY;
use aliquot_proto::{
    Any, Coin as PbCoin,
    cosmos::feegrant::v1beta1::{GenesisState, Grant},
};
use aliquot_sdk::{Address, At, Coin, Ctx, Module, ModuleError, Result, Routes, Sdk};
use allowance::Allowance;
use state::{GRANTS, GRANTS_BY_EXPIRATION, GrantKey};

pub struct Feegrant;

/// Expired allowances that one look removes at most.
const MAX_PRUNED: usize = 200;

/// With the codes of cosmos-sdk `x/feegrant/errors.go`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: fee limit exceeded")]
    LimitExceeded(&'static str),
    #[error("fee allowance expired")]
    Expired,
    #[error("{0}: invalid duration")]
    InvalidDuration(&'static str),
    #[error("allowed messages are empty")]
    NoMessages,
    #[error("message does not exist in allowed messages: message not allowed")]
    MessageNotAllowed,
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "feegrant";
    fn code(&self) -> u32 {
        match self {
            Error::LimitExceeded(_) => 2,
            Error::Expired => 3,
            Error::InvalidDuration(_) => 4,
            Error::NoMessages => 6,
            Error::MessageNotAllowed => 7,
        }
    }
}

impl Module for Feegrant {
    const NAME: &'static str = "feegrant";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    /// An expired one is taken as well: an export may hold those that no block has pruned yet.
    fn init(ctx: &mut Ctx, genesis: GenesisState) -> Result<()> {
        for grant in genesis.allowances {
            let key = (Address::parse(&grant.grantee)?, Address::parse(&grant.granter)?);
            Allowance::parse(grant.allowance.as_ref())?.check()?;
            GRANTS.set(ctx, &key, &grant)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<GenesisState> {
        Ok(GenesisState { allowances: GRANTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()? })
    }

    fn begin_block(ctx: &mut Ctx) -> Result<()> {
        if ctx.block.height.is_multiple_of(PRUNE_EVERY) { prune(ctx, MAX_PRUNED) } else { Ok(()) }
    }
}

fn not_found() -> Sdk {
    Sdk::NotFound("fee-grant not found".into())
}

fn save(ctx: &mut Ctx, (grantee, granter): &GrantKey, allowance: &Allowance) -> Result<()> {
    let allowance = Some(allowance.pack());
    let grant = Grant { granter: granter.to_string(), grantee: grantee.to_string(), allowance };
    GRANTS.set(ctx, &(*grantee, *granter), &grant)
}

fn emit(ctx: &mut Ctx, kind: &str, (grantee, granter): &GrantKey) {
    ctx.emit_plain(kind, &[("granter", &granter.to_string()), ("grantee", &grantee.to_string())]);
}

/// Lets `granter` pay the fee of a transaction with these messages for `grantee`, or refuses.
pub fn use_grant(ctx: &mut Ctx, granter: &Address, grantee: &Address, fee: &[Coin], msgs: &[Any]) -> Result<()> {
    let key = (*grantee, *granter);
    let grant = GRANTS.get(ctx, &key)?.ok_or_else(not_found)?;
    let fee: Vec<PbCoin> = fee.iter().filter(|coin| coin.amount > 0).cloned().map(Into::into).collect();
    let allowance = Allowance::parse(grant.allowance.as_ref())?;
    let left = allowance.spend(&ctx.block.time, &fee, msgs)?;
    emit(ctx, "use_feegrant", &key);
    match left {
        Some(left) => {
            save(ctx, &key, &left)?;
            emit(ctx, "update_feegrant", &key);
        }
        None => {
            GRANTS.remove(ctx, &key)?;
            emit(ctx, "revoke_feegrant", &key);
        }
    }
    Ok(())
}

/// Removes those that have expired, the earliest first.
fn prune(ctx: &mut Ctx, most: usize) -> Result<()> {
    let mut due = Vec::new();
    for key in GRANTS_BY_EXPIRATION.under(ctx, &()).take(most) {
        let key = key?;
        if let Some(grant) = GRANTS.get(ctx, &key)?
            && !Allowance::parse(grant.allowance.as_ref())?.expired(&ctx.block.time)
        {
            break;
        }
        due.push(key);
    }
    due.iter().try_for_each(|key| GRANTS.remove(ctx, key))
}
