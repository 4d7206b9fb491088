//! Public randomness: a chain of VRF proofs, one by the proposer of each block.
//!
//! `beacon_0 = SHA256("aliquot/beacon/0" || chain id)`; the proposer of height h proves with its VRF key over
//! `"aliquot/beacon" || chain id length (u32) || chain id || h (u64) || beacon_{h-1}` and the chain advances to
//! `beacon_h = SHA256(beacon_{h-1} || beta_h)`. The proof travels as [`MsgBeacon`](pb::MsgBeacon), alone in transaction 0,
//! unsigned. [`check`] is the one judge of it, in ProcessProposal (an invalid item rejects the block) and again in
//! FinalizeBlock (block sync and replay skip ProcessProposal; there invalid means omitted).
//!
//! A proposer may omit its proof. Then `beacon_h = SHA256(beacon_{h-1} || 0x00)`, the omission is counted, and the key
//! sleeps for one epoch, during which its blocks carry no item; so no lost key can halt the chain. What this leaves to
//! attackers: k proposers in a row that collude choose among k + 1 outcomes (each may omit once per epoch), and a single
//! validator predicts every value.

mod query;
mod state;

use crate::modules::validator;
use aliquot_proto::{Any, beacon::v1 as pb, cosmos::tx::v1beta1::TxBody, cosmos::tx::v1beta1::TxRaw};
use aliquot_sdk::{At, Ctx, Module, ModuleError, Result, Routes, Sdk, consensus_address, decode_tx, ensure};
use prost::{Message, Name};
use sha2::{Digest, Sha256};
use state::{BEACONS, LAST, OMISSIONS, PARAMS};

pub struct Beacon;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a beacon item is transaction 0 of a block alone, made by its proposer")]
    NotFromProposer,
    #[error("{0} is not a validator")]
    UnknownProposer(String),
    #[error("the proposer's key sleeps until height {0}")]
    Asleep(u64),
    #[error("the proof is invalid: {0}")]
    InvalidProof(String),
    #[error("no beacon of height {0} is kept")]
    NotFound(u64),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "beacon";
    fn code(&self) -> u32 {
        match self {
            Error::NotFromProposer => 2,
            Error::UnknownProposer(_) => 3,
            Error::Asleep(_) => 4,
            Error::InvalidProof(_) => 5,
            Error::NotFound(_) => 6,
        }
    }
}

impl Module for Beacon {
    const NAME: &'static str = "beacon";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = pb::GenesisState;

    fn routes(r: &mut Routes) {
        r.msg(refuse);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
        PARAMS.set(ctx, &genesis.params.unwrap_or_default())?;
        let first = Sha256::digest([b"aliquot/beacon/0", ctx.block.chain_id.as_bytes()].concat()).to_vec();
        let last = genesis.beacons.last().map_or(first, |beacon| beacon.value.clone());
        LAST.set(ctx, &last)?;
        for beacon in &genesis.beacons {
            BEACONS.set(ctx, &beacon.height, beacon)?;
        }
        for omissions in &genesis.omissions {
            let address = <[u8; 20]>::try_from(omissions.consensus_address.as_slice());
            let address = address.map_err(|_| Sdk::InvalidRequest("a consensus address has 20 bytes".into()))?;
            OMISSIONS.set(ctx, &address, omissions)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
        Ok(pb::GenesisState {
            params: PARAMS.get(ctx)?,
            beacons: BEACONS.under(ctx, &()).map(|e| e.map(|(_, b)| b)).collect::<Result<_>>()?,
            omissions: OMISSIONS.under(ctx, &()).map(|e| e.map(|(_, o)| o)).collect::<Result<_>>()?,
        })
    }
}

/// The beacon of a height, as long as it is kept.
pub fn at(ctx: &Ctx, height: u64) -> Result<[u8; 32]> {
    let beacon = BEACONS.get(ctx, &height)?.ok_or(Error::NotFound(height))?;
    Ok(beacon.value.try_into().map_err(|_| Sdk::Logic("a beacon has 32 bytes".into()))?)
}

/// What the proposer of the block of `ctx` proves over.
pub fn alpha(ctx: &Ctx) -> Result<Vec<u8>> {
    let chain_id = ctx.block.chain_id.as_bytes();
    let mut out = b"aliquot/beacon".to_vec();
    out.extend_from_slice(&(chain_id.len() as u32).to_be_bytes());
    out.extend_from_slice(chain_id);
    out.extend_from_slice(&ctx.block.height.to_be_bytes());
    out.extend_from_slice(&LAST.load_or_default(ctx)?);
    Ok(out)
}

/// The bytes of transaction 0 that carry a proof.
pub fn item(proposer: &[u8], proof: &[u8]) -> Vec<u8> {
    let msg = pb::MsgBeacon { proposer: consensus_address(proposer), proof: proof.to_vec() };
    let any = Any { type_url: pb::MsgBeacon::type_url(), value: msg.encode_to_vec() };
    let body = TxBody { messages: vec![any], ..TxBody::default() };
    TxRaw { body_bytes: body.encode_to_vec(), ..TxRaw::default() }.encode_to_vec()
}

/// Whether a transaction claims to be a beacon item: it then has no other place than 0, and no other content.
pub fn is_item(raw: &[u8]) -> bool {
    let url = pb::MsgBeacon::type_url();
    raw.len() < 512
        && raw.windows(url.len()).any(|window| window == url.as_bytes())
        && TxRaw::decode(raw).is_ok_and(|tx| {
            TxBody::decode(tx.body_bytes.as_slice()).is_ok_and(|b| b.messages.iter().any(|m| m.type_url == url))
        })
}

/// The one judge of a beacon item, against the proposer of the block of `ctx`. Gives the VRF output.
pub fn check(ctx: &Ctx, raw: &[u8]) -> Result<[u8; 64]> {
    let (address, key) = proposer_key(ctx)?;
    let key = key.ok_or_else(|| Error::UnknownProposer(consensus_address(&address)))?;
    let sleeps_until = OMISSIONS.get(ctx, &address)?.unwrap_or_default().sleeps_until;
    ensure(ctx.block.height >= sleeps_until, || Error::Asleep(sleeps_until))?;
    let tx = decode_tx(raw)?;
    let [any] = tx.body.messages.as_slice() else { return Err(Error::NotFromProposer.into()) };
    let msg = pb::MsgBeacon::decode(any.value.as_slice()).map_err(|e| Sdk::TxDecode(e.to_string()))?;
    // One encoding of one proof: whatever else the transaction could hold must not be there.
    ensure(raw == item(&address, &msg.proof), || Error::NotFromProposer)?;
    let beta = crate::vrf::verify(&key, &alpha(ctx)?, &msg.proof);
    Ok(beta.map_err(|e| Error::InvalidProof(e.to_string()))?)
}

/// Whether the proposer of the block of `ctx` should carry an item.
pub fn is_awake(ctx: &Ctx) -> Result<bool> {
    let (address, key) = proposer_key(ctx)?;
    let omissions = OMISSIONS.get(ctx, &address)?.unwrap_or_default();
    Ok(key.is_some() && ctx.block.height >= omissions.sleeps_until)
}

/// Advances the beacon at the start of a block: by the proof's output, or past its absence.
pub fn advance(ctx: &mut Ctx, beta: Option<[u8; 64]>) -> Result<()> {
    let height = ctx.block.height;
    let last = LAST.load_or_default(ctx)?;
    let tail: &[u8] = beta.as_ref().map_or(&[0], |beta| beta);
    let value = Sha256::digest([last.as_slice(), tail].concat()).to_vec();
    LAST.set(ctx, &value)?;
    BEACONS.set(ctx, &height, &pb::Beacon { height, value: value.clone(), omitted: beta.is_none() })?;
    let retain = PARAMS.load_or_default(ctx)?.retain_blocks;
    if let Some(old) = height.checked_sub(retain.max(1)) {
        BEACONS.remove(ctx, &old)?;
    }
    if beta.is_none() {
        count_omission(ctx)?;
    }
    ctx.emit(&pb::EventBeacon { height, value })
}

fn count_omission(ctx: &mut Ctx) -> Result<()> {
    if !is_awake(ctx)? {
        return Ok(());
    }
    let (address, _) = proposer_key(ctx)?;
    let mut omissions = OMISSIONS.get(ctx, &address)?.unwrap_or_default();
    omissions.consensus_address = address.to_vec();
    omissions.count = omissions.count.saturating_add(1);
    let epoch = validator::params(ctx)?.epoch_blocks;
    omissions.sleeps_until = ctx.block.height.saturating_add(epoch);
    OMISSIONS.set(ctx, &address, &omissions)?;
    ctx.emit(&pb::EventBeaconOmitted { height: ctx.block.height, consensus_address: address.to_vec() })
}

fn proposer_key(ctx: &Ctx) -> Result<([u8; 20], Option<Vec<u8>>)> {
    let address = <[u8; 20]>::try_from(ctx.block.proposer.as_slice()).unwrap_or_default();
    Ok((address, validator::vrf_key(ctx, &address)?))
}

/// As a plain message the item is always refused: it has no place but transaction 0.
fn refuse(_: &mut Ctx, _: pb::MsgBeacon) -> Result<pb::MsgBeaconResponse> {
    Err(Error::NotFromProposer.into())
}
