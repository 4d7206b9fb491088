//! Messages of `cosmos.bank.v1beta1`.

use super::send;
use crate::modules::auth;
use aliquot_proto::cosmos::bank::v1beta1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, Sdk, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(msg_send)
        .msg(msg_multi_send)
        .unserved(&["cosmos.bank.v1beta1.Msg/UpdateParams", "cosmos.bank.v1beta1.Msg/SetSendEnabled"]);
}

/// Receiver of a plain send: anyone but the chain's own accounts.
fn receiver(text: &str) -> Result<Address> {
    let address = Address::parse(text)?;
    ensure(auth::module_of(&address).is_none(), || {
        Sdk::Unauthorized(format!("{address} is not allowed to receive funds"))
    })?;
    Ok(address)
}

fn positive_list(coins: &[aliquot_proto::Coin]) -> Result<Vec<Coin>> {
    let coins = Coin::parse_list(coins)?;
    ensure(!coins.is_empty(), || Sdk::InvalidCoins("no amount given".into()))?;
    Ok(coins)
}

fn msg_send(ctx: &mut Ctx, msg: pb::MsgSend) -> Result<pb::MsgSendResponse> {
    let (from, to) = (Address::parse(&msg.from_address)?, receiver(&msg.to_address)?);
    for coin in positive_list(&msg.amount)? {
        send(ctx, &from, &to, &coin)?;
    }
    Ok(pb::MsgSendResponse {})
}

/// One input, many outputs, as the Cosmos SDK allows since 0.47.
fn msg_multi_send(ctx: &mut Ctx, msg: pb::MsgMultiSend) -> Result<pb::MsgMultiSendResponse> {
    let [input] = msg.inputs.as_slice() else {
        return Err(Sdk::InvalidRequest("multiple senders not allowed: give one input".into()).into());
    };
    let from = Address::parse(&input.address)?;
    let mut sent = std::collections::BTreeMap::<String, u128>::new();
    ensure(!msg.outputs.is_empty(), || Sdk::InvalidRequest("no outputs to send transaction".into()))?;
    for output in &msg.outputs {
        let to = receiver(&output.address)?;
        for coin in positive_list(&output.coins)? {
            send(ctx, &from, &to, &coin)?;
            let sum = sent.entry(coin.denom.clone()).or_default();
            *sum = sum.checked_add(coin.amount).ok_or_else(|| super::overflow(&coin))?;
        }
    }
    let given: Vec<_> = positive_list(&input.coins)?.into_iter().map(|c| (c.denom, c.amount)).collect();
    ensure(given == sent.into_iter().collect::<Vec<_>>(), || Sdk::InvalidCoins("sum inputs != sum outputs".into()))?;
    Ok(pb::MsgMultiSendResponse {})
}
