//! Grants: one account lets another send messages of one type for it, within limits and for a time.
//!
//! Messages and queries are `cosmos.authz.v1beta1`, errors and events those of the Cosmos SDK 0.50. A grant is known by
//! granter, grantee and the type of message it is for; granting the same again replaces it. What it allows is its
//! authorization, whose kinds stand in `authorization.rs`.
//!
//! MsgExec carries messages whose one signer each is a granter, and is signed by the grantee alone. For each, the grant is
//! found and used up by what the message does, then the message runs through the routes as if the granter had signed it;
//! an account needs no grant to act for itself. All of them run or none does. An exec may be among the messages: then the
//! outer grantee acts for the inner one, by a grant for MsgExec, and so has every power that the inner one has; this goes
//! four execs deep. MsgBeacon is never run nor granted, it has no place but transaction 0.
//!
//! A grant counts while block time is below its expiration, to the nanosecond. One that has expired is refused and not
//! listed, and leaves the state at the start of the next tenth block, or of a later one when too many are due at once.

mod authorization;
mod deposit;
mod exec;
mod generic;
mod grants;
pub mod limit;
mod msgs;
mod query;
mod send;
mod state;

use aliquot_proto::cosmos::authz::v1beta1::{GenesisState, Grant, GrantAuthorization};
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes};
use authorization::Authorization;
pub use authorization::unpack;
pub use grants::{LAST_SECOND, is_time};
use state::{GRANTS, GrantKey};

pub struct Authz;

/// Blocks between two looks for grants that have expired; until then they are refused all the same.
pub const PRUNE_EVERY: u64 = 10;

/// With the codes of cosmos-sdk `x/authz/errors.go`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no grant of {0} to {1} for {2}: authorization not found")]
    NotFound(Address, Address, String),
    #[error("{0}: expiration time of authorization should be more than current time")]
    InvalidExpiration(String),
    #[error("{0}: unknown authorization type")]
    UnknownType(String),
    #[error("grant of {0} to {1} for {2}: authorization expired")]
    Expired(Address, Address, String),
    #[error("grantee and granter should be different")]
    GranteeIsGranter,
    #[error("{0} has {1} signers: authorization can be given to msg with only one signer")]
    NumberOfSigners(String, usize),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "authz";
    fn code(&self) -> u32 {
        match self {
            Error::NotFound(..) => 2,
            Error::InvalidExpiration(_) => 3,
            Error::UnknownType(_) => 4,
            Error::Expired(..) => 6,
            Error::GranteeIsGranter => 7,
            Error::NumberOfSigners(..) => 9,
        }
    }
}

impl Module for Authz {
    const NAME: &'static str = "authz";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    /// An expired grant is taken as well: an export may hold those that no block has pruned yet.
    fn init(ctx: &mut Ctx, genesis: GenesisState) -> Result<()> {
        for entry in genesis.authorization {
            let authorization = Authorization::parse(entry.authorization.as_ref())?;
            authorization.check()?;
            grants::check_expiration(entry.expiration.as_ref())?;
            let (granter, grantee) = (Address::parse(&entry.granter)?, Address::parse(&entry.grantee)?);
            let key = (granter, grantee, authorization.msg_type_url());
            GRANTS.set(ctx, &key, &authorization.granted_until(entry.expiration))?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<GenesisState> {
        let entry = |entry: Result<_>| entry.map(|(key, grant)| listed(key, grant));
        Ok(GenesisState { authorization: GRANTS.under(ctx, &()).map(entry).collect::<Result<_>>()? })
    }

    fn begin_block(ctx: &mut Ctx) -> Result<()> {
        if ctx.block.height.is_multiple_of(PRUNE_EVERY) { grants::prune(ctx) } else { Ok(()) }
    }
}

/// A grant with its two sides, as genesis and queries show it.
fn listed((granter, grantee, _): GrantKey, grant: Grant) -> GrantAuthorization {
    GrantAuthorization {
        granter: granter.to_string(),
        grantee: grantee.to_string(),
        authorization: grant.authorization,
        expiration: grant.expiration,
    }
}
