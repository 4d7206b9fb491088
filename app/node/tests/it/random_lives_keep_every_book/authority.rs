//! What the authority does: params moved about what genesis set, validators changed; and messages that nothing serves.

use super::{
    life::{Draft, Life},
    tally::unserved_messages,
};
use crate::chain::{consensus_key, vrf};
use aliquot::{modules::validator::consensus_address, vrf::SecretKey};
use aliquot_proto::{
    Any,
    compute::v1 as compute,
    deployment::v1 as deployment,
    escrow::v1 as escrow,
    market::v1 as market,
    provider::v1 as provider,
    validator::v1::{MsgReplaceVrfKey, MsgUpdateValidators, Validator},
};
use prost::Message;

/// Params as genesis set them.
fn params<P: Message + Default>(life: &Life, store: &str) -> Option<P> {
    P::decode(life.mirror.params.get(store)?.as_slice()).ok()
}

pub fn market_params(life: &mut Life) -> Option<Draft> {
    let mut params: market::Params = params(life, "market")?;
    params.order_max_bids = life.number(1..6);
    params.bid_window_blocks = life.number(1..20);
    params.early_exit_bps = life.number(0..=10_000);
    let authority = life.cast.authority.clone();
    Draft::of(&authority.clone(), &market::MsgUpdateParams { authority, params: Some(params) })
}

pub fn deployment_params(life: &mut Life) -> Option<Draft> {
    let mut params: deployment::Params = params(life, "deployment")?;
    params.grace_blocks = life.number(0..20);
    params.retain_blocks = life.number(20..80);
    let authority = life.cast.authority.clone();
    Draft::of(&authority.clone(), &deployment::MsgUpdateParams { authority, params: Some(params) })
}

pub fn escrow_params(life: &mut Life) -> Option<Draft> {
    let mut params: escrow::Params = params(life, "escrow")?;
    params.fee_bps = life.number(0..=2_000);
    params.fee_stakers_bps = life.number(0..=5_000);
    params.max_due = life.number(1..10);
    let authority = life.cast.authority.clone();
    Draft::of(&authority.clone(), &escrow::MsgUpdateParams { authority, params: Some(params) })
}

pub fn compute_params(life: &mut Life) -> Option<Draft> {
    let mut params: compute::Params = params(life, "compute")?;
    params.lock_bps = life.number(5_000..30_000);
    params.slash_burn_bps = life.number(0..=5_000);
    params.late_bps = life.number(0..=10_000);
    params.service_fault_bps = life.number(0..=10_000);
    // Down to what one of the costliest jobs here takes: openings then wait for another block.
    params.verify_gas_per_block = life.one(&[40_000_000, 100_000_000, 1_280_000_000])?;
    let authority = life.cast.authority.clone();
    Draft::of(&authority.clone(), &compute::MsgUpdateParams { authority, params: Some(params) })
}

pub fn provider_params(life: &mut Life) -> Option<Draft> {
    let mut params: provider::Params = params(life, "provider")?;
    params.jail_after = life.number(2..5);
    params.half_life_blocks = life.number(1..200);
    let authority = life.cast.authority.clone();
    Draft::of(&authority.clone(), &provider::MsgUpdateParams { authority, params: Some(params) })
}

/// A second validator comes, changes its power and goes; the one that proposes stays, or comes back.
pub fn update_validators(life: &mut Life) -> Option<Draft> {
    let ours = consensus_key();
    let authority = life.cast.authority.clone();
    let second = SecretKey::from_bytes([11; 32]);
    let record = |consensus_key: [u8; 32], vrf: &SecretKey, power| Validator {
        consensus_key: consensus_key.into(),
        operator: authority.clone(),
        power,
        vrf_key: vrf.public_key().to_vec(),
        ..Validator::default()
    };
    let validators = match life.mirror.validators.contains_key(&consensus_address(&ours)) {
        false => vec![record(ours, &vrf(), 10)],
        true => {
            let known = life.mirror.validators.get(&consensus_address(&[12; 32])).cloned();
            let power = if known.is_some() { life.number(0..5) } else { 3 };
            let vrf_key = known.map(|known| known.vrf_key.clone());
            let fresh = record([12; 32], &second, power);
            vec![Validator { vrf_key: vrf_key.unwrap_or(fresh.vrf_key.clone()), ..fresh }]
        }
    };
    Draft::of(&authority.clone(), &MsgUpdateValidators { authority, validators })
}

/// Ours is replaced by itself: with another one its node could make no more beacon items.
pub fn replace_vrf_key(life: &mut Life) -> Option<Draft> {
    let (key, vrf) = match life.chance(50) {
        true => (consensus_key(), vrf()),
        false => ([12; 32], SecretKey::from_bytes([life.number(20..90); 32])),
    };
    let operator = life.mirror.validators.get(&consensus_address(&key))?.operator.clone();
    if !life.cast.all.contains(&operator) {
        return None;
    }
    let vrf_key = vrf.public_key().to_vec();
    Draft::of(&operator, &MsgReplaceVrfKey { operator: operator.clone(), consensus_key: key.into(), vrf_key })
}

/// An RPC of a service that is served, without a handler of its own yet.
pub fn unserved(life: &mut Life) -> Option<Draft> {
    let type_url = life.one(&unserved_messages())?;
    Some(Draft { signer: life.anyone(), msg: Any { type_url, value: vec![] }, gas: super::life::GAS })
}
