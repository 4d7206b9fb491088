//! The validator set: who signs blocks with which power, and with which VRF key they make the beacon.
//!
//! Genesis fills it and `authority` changes it; staking will later replace who may change it, not the records. Changes
//! of a block are handed to CometBFT at its end. A replaced VRF key takes effect two epochs later, so that nobody can
//! pick a key knowing the beacon that it will meet.

mod msgs;
mod query;
mod state;

use aliquot_proto::validator::v1 as pb;
use aliquot_sdk::{Address, At, Ctx, Module, ModuleError, Result, Routes, ensure};
use sha2::{Digest, Sha256};
use state::{PARAMS, UPDATES, VALIDATORS};

pub struct Validator;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("only the authority {0} may do this")]
    NotAuthority(String),
    #[error("{0}")]
    InvalidValidator(String),
    #[error("no validator has the consensus key {0}")]
    NotFound(String),
    #[error("the total power must stay between 1 and {MAX_TOTAL_POWER}")]
    InvalidTotalPower,
    #[error("only the operator {0} may replace the VRF key")]
    NotOperator(String),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "validator";
    fn code(&self) -> u32 {
        match self {
            Error::NotAuthority(_) => 2,
            Error::InvalidValidator(_) => 3,
            Error::NotFound(_) => 4,
            Error::InvalidTotalPower => 5,
            Error::NotOperator(_) => 6,
        }
    }
}

/// CometBFT refuses sets with more (`MaxTotalVotingPower`, an eighth of 2^63).
const MAX_TOTAL_POWER: u64 = i64::MAX as u64 / 8;

impl Module for Validator {
    const NAME: &'static str = "validator";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        let params = genesis.params.unwrap_or_default();
        ensure(params.epoch_blocks > 0, || Error::InvalidValidator("epoch_blocks must be more than zero".into()))?;
        PARAMS.set(ctx, &params)?;
        for validator in &genesis.validators {
            check(validator)?;
            VALIDATORS.set(ctx, &consensus_address(&validator.consensus_key), validator)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        Ok(pb::GenesisState { params: Some(params(ctx)?), validators: all(ctx)? })
    }
}

/// Params of every module are its authority's to change.
pub fn check_authority(ctx: &Ctx, signer: &str) -> Result<()> {
    let authority = params(ctx)?.authority;
    ensure(signer == authority, || Error::NotAuthority(authority.clone()))
}

/// CometBFT's address of an ed25519 key: the first 20 bytes of its SHA-256.
pub fn consensus_address(key: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    for (to, from) in out.iter_mut().zip(Sha256::digest(key)) {
        *to = from;
    }
    out
}

pub fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

pub fn all(ctx: &Ctx) -> Result<Vec<pb::Validator>> {
    VALIDATORS.under(ctx, &()).map(|entry| entry.map(|(_, validator)| validator)).collect()
}

/// The VRF key that a proposer must use at the height of `ctx`; none for an address outside the set.
pub fn vrf_key(ctx: &Ctx, consensus_address: &[u8; 20]) -> Result<Option<Vec<u8>>> {
    let Some(validator) = VALIDATORS.get(ctx, consensus_address)? else { return Ok(None) };
    let replaced = !validator.next_vrf_key.is_empty() && ctx.block.height >= validator.next_vrf_height;
    Ok(Some(if replaced { validator.next_vrf_key } else { validator.vrf_key }))
}

/// Takes the changes of this block, to be returned to CometBFT.
pub fn take_updates(ctx: &mut Ctx) -> Result<Vec<pb::Validator>> {
    let updates = UPDATES.load_or_default(ctx)?.validators;
    if !updates.is_empty() {
        UPDATES.remove(ctx)?;
    }
    Ok(updates)
}

fn check(validator: &pb::Validator) -> Result<()> {
    let invalid = |what: &str| Error::InvalidValidator(what.into());
    ensure(validator.consensus_key.len() == 32, || invalid("consensus_key must be an ed25519 key of 32 bytes"))?;
    Address::parse(&validator.operator)?;
    crate::vrf::check_public_key(&validator.vrf_key).map_err(|e| invalid(&format!("vrf_key: {e}")))?;
    Ok(())
}
