//! Providers by themselves: registered, changed and gone, heartbeats, devices and their bonds.

use super::{
    cast::DENOMS,
    life::{Draft, Life, coin},
    offers::hand_of,
    tenants::{GPU, attribute},
};
use aliquot_proto::{
    compute::v1::{MsgRegisterDevice, MsgUpdateBond},
    provider::v1::{self as pb, Attribute},
};
use rand::seq::IteratorRandom;
use sha2::{Digest, Sha256};

const DEVICES: usize = 4;

/// Who has an operator, another account for payouts, which attributes: fixed by the provider's place in the cast.
fn record(life: &mut Life, place: usize) -> (String, String, Vec<Attribute>) {
    let operator = if place % 3 == 1 { life.cast.operators[place].clone() } else { String::new() };
    let payout = if place % 2 == 1 { life.cast.payees[place % 4].clone() } else { String::new() };
    let mut attributes = vec![attribute("region", if place < 4 { "eu" } else { "us" })];
    if place.is_multiple_of(2) {
        attributes.push(attribute(&format!("capabilities/gpu/{GPU}"), "true"));
    }
    (operator, payout, attributes)
}

pub fn create_provider(life: &mut Life) -> Option<Draft> {
    let places = 0..life.cast.providers.len();
    let missing = places.filter(|place| !life.mirror.providers.contains_key(&life.cast.providers[*place]));
    let place = missing.choose(&mut life.rng)?;
    let (operator, payout, attributes) = record(life, place);
    let (owner, host_uri) = (life.cast.providers[place].clone(), "http://127.0.0.1:8443".into());
    if !life.claim(format!("provider {owner}")) {
        return None;
    }
    let msg =
        pb::MsgCreateProvider { owner: owner.clone(), host_uri, attributes, operator, payout, ..Default::default() };
    Draft::of(&owner, &msg)
}

fn provider(life: &mut Life) -> Option<pb::Provider> {
    life.mirror.providers.values().choose(&mut life.rng).cloned()
}

pub fn update_provider(life: &mut Life) -> Option<Draft> {
    let known = provider(life)?;
    let place = life.cast.providers.iter().position(|owner| *owner == known.owner)?;
    let (operator, payout, mut attributes) = record(life, place);
    if life.chance(50) {
        attributes.push(attribute("tier", if life.chance(50) { "1" } else { "2" }));
    }
    let msg = pb::MsgUpdateProvider {
        owner: known.owner.clone(),
        host_uri: "https://gateway.example:443".into(),
        certificate_hash: vec![3; 32],
        attributes,
        operator,
        payout,
        ..Default::default()
    };
    Draft::of(&known.owner, &msg)
}

/// Mostly one that nothing ties; the others are refused.
pub fn delete_provider(life: &mut Life) -> Option<Draft> {
    let known = provider(life)?;
    let tied = life.mirror.bids.keys().any(|key| key.provider.to_string() == known.owner);
    if tied && !life.chance(5) {
        return None;
    }
    Draft::of(&known.owner, &pb::MsgDeleteProvider { owner: known.owner.clone() })
}

/// Whether a provider is off for this span of blocks: short spans that it is forgiven, long ones for which it is jailed.
fn is_away(owner: &str, height: u64) -> bool {
    let draw = |span: u64| Sha256::digest(format!("{owner}/{span}/{}", height / span))[0];
    draw(11) < 16 || draw(40) < 20
}

/// Of those with leases and not away, the one whose last is the oldest.
pub fn heartbeat(life: &mut Life) -> Option<Draft> {
    let height = life.mirror.height;
    let asked = life.mirror.providers.values().filter(|p| p.leases > 0 && !is_away(&p.owner, height));
    let first = asked.min_by_key(|provider| (provider.last_heartbeat, &provider.owner))?;
    let (owner, fresh) = (first.owner.clone(), first.last_heartbeat + 3 > height);
    if fresh || !life.claim(format!("heartbeat {owner}")) {
        return None;
    }
    let signer = hand_of(life, &owner);
    Draft::of(&signer, &pb::MsgHeartbeat { signer: signer.clone(), provider: owner })
}

pub fn unjail(life: &mut Life) -> Option<Draft> {
    let jailed = life.mirror.providers.values().filter(|provider| provider.jailed);
    let owner = jailed.choose(&mut life.rng)?.owner.clone();
    if !life.claim(format!("provider {owner}")) {
        return None;
    }
    Draft::of(&owner, &pb::MsgUnjail { owner: owner.clone() })
}

pub fn register_device(life: &mut Life) -> Option<Draft> {
    let owner = provider(life)?.owner;
    let own = life.mirror.devices.values().filter(|device| device.provider == owner);
    let nonces: Vec<u64> = own.map(|device| device.nonce).collect();
    let nonce = (1..=DEVICES as u64).find(|nonce| !nonces.contains(nonce))?;
    if !life.claim(format!("device {owner}/{nonce}")) {
        return None;
    }
    // Large ones for everything, and small ones that are soon locked.
    let bond = if nonce <= 2 { 500_000_000_000 } else { life.number(1_000_000..30_000_000) };
    let bond = coin(DENOMS[(nonce % 2) as usize], bond);
    Draft::of(&owner, &MsgRegisterDevice { provider: owner.clone(), nonce, bond })
}

pub fn update_bond(life: &mut Life) -> Option<Draft> {
    let device = life.mirror.devices.values().choose(&mut life.rng)?.clone();
    let (provider, bond, withdraw) = (device.provider, device.bond?, life.chance(40));
    if !life.claim(format!("device {provider}/{}", device.nonce)) {
        return None;
    }
    let amount = coin(&bond.denom, life.number(1..3_000_000));
    Draft::of(&provider, &MsgUpdateBond { provider: provider.clone(), device_id: device.id, amount, withdraw })
}
