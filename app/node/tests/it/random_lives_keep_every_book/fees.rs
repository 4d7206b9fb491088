//! Allowances for fees, and who pays by one.

use super::life::{Draft, Life, coin};
use crate::chain::{FEE, time_of};
use aliquot_client::any;
use aliquot_proto::{
    Any,
    cosmos::{
        bank::v1beta1::MsgSend,
        feegrant::v1beta1::{
            AllowedMsgAllowance, BasicAllowance, MsgGrantAllowance, MsgPruneAllowances, MsgRevokeAllowance,
            PeriodicAllowance,
        },
    },
    market::v1::MsgCreateBid,
    tendermint::google::protobuf::Duration,
};
use aliquot_sdk::Address;
use prost::Name;
use rand::seq::IteratorRandom;

fn allowance(life: &mut Life) -> Any {
    let (height, fees) = (life.mirror.height, life.number(0..30u128));
    let expiration = life.chance(50).then(|| time_of(height + life.number(1..150u64)));
    let basic = BasicAllowance { spend_limit: coin("ualq", fees * FEE).into_iter().collect(), expiration };
    match life.number(0..6) {
        0 | 1 => any(&PeriodicAllowance {
            basic: Some(basic),
            period: Some(Duration { seconds: life.number(1..20), nanos: 0 }),
            period_spend_limit: coin("ualq", life.number(1..4u128) * FEE).into_iter().collect(),
            ..Default::default()
        }),
        2 => any(&AllowedMsgAllowance {
            allowance: Some(any(&basic)),
            allowed_messages: vec![MsgSend::type_url(), MsgCreateBid::type_url()],
        }),
        _ => any(&basic),
    }
}

pub fn grant(life: &mut Life) -> Option<Draft> {
    let (granter, grantee) = (life.anyone(), life.anyone());
    if granter == grantee {
        return None;
    }
    let allowance = Some(allowance(life));
    Draft::of(&granter, &MsgGrantAllowance { granter: granter.clone(), grantee, allowance })
}

pub fn revoke(life: &mut Life) -> Option<Draft> {
    let (grantee, granter) = *life.mirror.allowances.keys().choose(&mut life.rng)?;
    let granter = granter.to_string();
    Draft::of(&granter, &MsgRevokeAllowance { granter: granter.clone(), grantee: grantee.to_string() })
}

pub fn prune(life: &mut Life) -> Option<Draft> {
    let pruner = life.anyone();
    Draft::of(&pruner, &MsgPruneAllowances { pruner: pruner.clone() })
}

/// Who pays for a transaction of `signer`: mostly itself, else one who granted it.
pub fn granter(life: &mut Life, signer: &str) -> String {
    if !life.chance(40) {
        return String::new();
    }
    let signer = Address::parse(signer).unwrap();
    let granted = life.mirror.allowances.keys().filter(|(grantee, _)| *grantee == signer);
    granted.choose(&mut life.rng).map(|(_, granter)| granter.to_string()).unwrap_or_default()
}
