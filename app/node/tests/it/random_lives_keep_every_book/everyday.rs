//! Coins sent about, and auditors who attest.

use super::{
    life::{Draft, Life, coin},
    tenants::attribute,
};
use aliquot_proto::{
    audit::v1::{MsgDeleteProviderAttributes, MsgSignProviderAttributes},
    cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output},
};
use rand::seq::IteratorRandom;

/// Someone of the cast or, now and then, one of a few strangers whose account this makes.
fn receiver(life: &mut Life) -> String {
    match life.chance(15) {
        true => aliquot_sdk::Address::module(&format!("stranger {}", life.number(0..40))).to_string(),
        false => life.anyone(),
    }
}

pub fn send(life: &mut Life) -> Option<Draft> {
    let (from_address, to_address) = (life.anyone(), receiver(life));
    let (denom, amount) = (life.denom(), life.number(1..1_000_000));
    let amount = coin(&denom, amount).into_iter().collect();
    Draft::of(&from_address, &MsgSend { from_address: from_address.clone(), to_address, amount })
}

pub fn multi_send(life: &mut Life) -> Option<Draft> {
    let (address, denom) = (life.anyone(), life.denom());
    let amounts: Vec<u128> = (0..life.number(1..4)).map(|_| life.number(1..1000)).collect();
    let coins = |amount: u128| coin(&denom, amount).into_iter().collect::<Vec<_>>();
    let inputs = vec![Input { address: address.clone(), coins: coins(amounts.iter().sum()) }];
    let outputs = amounts.iter().map(|amount| Output { address: receiver(life), coins: coins(*amount) }).collect();
    Draft::of(&address, &MsgMultiSend { inputs, outputs })
}

pub fn sign_attributes(life: &mut Life) -> Option<Draft> {
    let provider = life.mirror.providers.keys().choose(&mut life.rng)?.clone();
    let auditors = life.cast.auditors.clone();
    let (auditor, height) = (life.one(&auditors)?, life.mirror.height);
    let region = life.mirror.providers[&provider].attributes.iter().find(|a| a.key == "region").cloned();
    let msg = MsgSignProviderAttributes {
        auditor: auditor.clone(),
        provider,
        attributes: region.into_iter().chain([attribute("tier", "1")]).collect(),
        expires_at: life.one(&[0, height + 20, height + 200])?,
        evidence_hash: vec![],
    };
    Draft::of(&auditor, &msg)
}

pub fn delete_attributes(life: &mut Life) -> Option<Draft> {
    let ((auditor, provider), attestation) = life.mirror.attestations.iter().choose(&mut life.rng)?;
    let (auditor, provider) = (auditor.to_string(), provider.to_string());
    let keys: Vec<String> = attestation.attributes.iter().map(|attribute| attribute.key.clone()).collect();
    let count = life.number(0..=keys.len());
    let msg = MsgDeleteProviderAttributes { auditor: auditor.clone(), provider, keys: keys[..count].to_vec() };
    Draft::of(&auditor, &msg)
}
