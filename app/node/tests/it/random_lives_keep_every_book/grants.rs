//! Grants, and messages that go their way inside of MsgExec.

use super::life::{Draft, Life, coin};
use crate::chain::time_of;
use aliquot_client::any;
use aliquot_proto::{
    Any,
    compute::v1::MsgCommitResult,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant, MsgRevoke},
        bank::v1beta1::{MsgSend, SendAuthorization},
    },
    deployment::v1::MsgCreateDeployment,
    escrow::v1::{DepositAuthorization, MsgWithdraw, deposit_authorization::Scope},
    market::v1::{MsgCreateBid, MsgCreateLease, MsgWithdrawLease},
    provider::v1::MsgHeartbeat,
};
use aliquot_sdk::Address;
use prost::Name;
use rand::seq::IteratorRandom;

/// Messages that are granted as they are, limits aside.
fn generic(life: &mut Life) -> String {
    let urls = [
        MsgHeartbeat::type_url(),
        MsgCreateBid::type_url(),
        MsgCreateDeployment::type_url(),
        MsgCreateLease::type_url(),
        MsgCommitResult::type_url(),
        MsgWithdraw::type_url(),
        MsgWithdrawLease::type_url(),
        MsgExec::type_url(),
    ];
    life.one(&urls).unwrap()
}

fn authorization(life: &mut Life) -> Any {
    let (denom, limit) = (life.denom(), life.number(1..5_000_000));
    let limit = coin(&denom, limit).into_iter().collect();
    match life.number(0..10) {
        0 => any(&SendAuthorization { spend_limit: limit, allow_list: vec![] }),
        1 => any(&SendAuthorization { spend_limit: limit, allow_list: vec![life.anyone()] }),
        2 | 3 => any(&DepositAuthorization { scopes: vec![Scope::Deployment.into()], spend_limits: limit }),
        _ => any(&GenericAuthorization { msg: generic(life) }),
    }
}

pub fn grant(life: &mut Life) -> Option<Draft> {
    let (granter, grantee, height) = (life.anyone(), life.anyone(), life.mirror.height);
    if granter == grantee {
        return None;
    }
    let expiration = match life.chance(50) {
        true => Some(time_of(height + life.number(2..150u64))),
        false => None,
    };
    let grant = Some(Grant { authorization: Some(authorization(life)), expiration });
    Draft::of(&granter, &MsgGrant { granter: granter.clone(), grantee, grant })
}

pub fn revoke(life: &mut Life) -> Option<Draft> {
    let (granter, grantee, url) = life.mirror.grants.keys().choose(&mut life.rng)?.clone();
    let granter = granter.to_string();
    let msg = MsgRevoke { granter: granter.clone(), grantee: grantee.to_string(), msg_type_url: url };
    Draft::of(&granter, &msg)
}

/// Two messages of one's own, which need no grant.
pub fn exec_for_oneself(life: &mut Life) -> Option<Draft> {
    let first = life.draft();
    let (grantee, to) = (first.signer.clone(), life.anyone());
    let amount = coin("ualq", life.number(1..1000)).into_iter().collect();
    let second = any(&MsgSend { from_address: grantee.clone(), to_address: to, amount });
    let msg = MsgExec { grantee: grantee.clone(), msgs: vec![first.msg, second] };
    Draft::of(&grantee, &msg)?.gas(first.gas + 1_000_000)
}

fn grantee_of(life: &mut Life, granter: &str, url: &str) -> Option<String> {
    let granter = Address::parse(granter).unwrap();
    let given = life.mirror.grants.keys().filter(|(from, _, of)| *from == granter && of == url);
    let grantee = given.map(|(_, grantee, _)| grantee.to_string()).choose(&mut life.rng)?;
    life.cast.all.contains(&grantee).then_some(grantee)
}

/// Lets a grantee send the message, if its signer granted it, or even a grantee of that grantee.
pub fn by_grant(life: &mut Life, draft: Draft) -> Draft {
    let Draft { mut signer, mut msg, mut gas } = draft;
    while let Some(grantee) = grantee_of(life, &signer, &msg.type_url) {
        msg = any(&MsgExec { grantee: grantee.clone(), msgs: vec![msg] });
        (signer, gas) = (grantee, gas + 500_000);
        if life.chance(60) {
            break;
        }
    }
    Draft { signer, msg, gas }
}
