//! Messages that contracts answer with: each runs in a layer of its own, depth first, before the next one starts.

use super::{
    Error,
    contract::{self, Call, New},
};
use crate::modules::{auth, bank};
use aliquot_proto::{
    cosmos::bank::v1beta1::MsgSendResponse,
    cosmwasm::wasm::v1::{MsgExecuteContractResponse, MsgInstantiateContractResponse},
};
use aliquot_sdk::{Address, Coin, Ctx, Error as SdkError, Event, Gas, Result, Sdk, ensure, parse_amount};
use cosmwasm_std::{
    BankMsg, Binary, Coin as ContractCoin, CosmosMsg, MsgResponse, Reply, ReplyOn, SubMsg, SubMsgResponse,
    SubMsgResult, WasmMsg,
};
use prost::{Message, Name};
use std::collections::BTreeMap;

/// An error as contracts see it: texts may change with the software, numbers may not.
pub fn redact(error: &SdkError) -> String {
    format!("codespace: {}, code: {}", error.codespace, error.code)
}

/// Runs the messages of `contract`; gives the data of the last reply that had any.
pub fn run(ctx: &mut Ctx, contract: &Address, messages: Vec<SubMsg>, depth: u32) -> Result<Option<Vec<u8>>> {
    let mut data = None;
    for message in messages {
        data = submessage(ctx, contract, message, depth)?.or(data);
    }
    Ok(data)
}

fn submessage(ctx: &mut Ctx, contract: &Address, sub: SubMsg, depth: u32) -> Result<Option<Vec<u8>>> {
    let deeper = depth.saturating_add(1);
    let (before, earlier) = (ctx.gas().used(), ctx.take_events());
    let done = limited(ctx, sub.gas_limit, |ctx| ctx.atomic(|ctx| execute(ctx, contract, &sub.msg, deeper)));
    let mut events = ctx.take_events();
    // Whoever lists transactions by their messages means those that were signed.
    events.retain(|event| event.kind != "message");
    for event in earlier.into_iter().chain(events.iter().cloned()) {
        ctx.push_event(event);
    }
    let gas_used = ctx.gas().used().saturating_sub(before);
    let result = match (done, &sub.reply_on) {
        (Err(error), _) if ends_all(ctx, &error) => return Err(error),
        (Err(error), ReplyOn::Success | ReplyOn::Never) => return Err(error),
        (Ok(_), ReplyOn::Error | ReplyOn::Never) => return Ok(None),
        (Err(error), _) => SubMsgResult::Err(redact(&error)),
        (Ok(response), _) => {
            let events = if matches!(sub.msg, CosmosMsg::Wasm(_)) { events } else { vec![] };
            SubMsgResult::Ok(succeeded(response, events))
        }
    };
    let reply = Reply { id: sub.id, payload: sub.payload, gas_used, result };
    contract::reply(ctx, contract, &reply, deeper)
}

#[allow(deprecated)] // Contracts built before CosmWasm 2 read `data`.
fn succeeded(response: MsgResponse, events: Vec<Event>) -> SubMsgResponse {
    let event = |mut event: Event| {
        event.attributes.sort();
        cosmwasm_std::Event::new(event.kind).add_attributes(event.attributes.into_iter().map(raw_attribute))
    };
    SubMsgResponse {
        events: events.into_iter().map(event).collect(),
        data: Some(response.value.clone()).filter(|data| !data.is_empty()),
        msg_responses: vec![response],
    }
}

/// An attribute whose key may be the chain's own, which the constructor for contracts refuses.
fn raw_attribute((key, value): (String, String)) -> cosmwasm_std::Attribute {
    cosmwasm_std::Attribute { key, value }
}

/// On a meter of its own where the contract asked for one; what that spent is charged to the one around it.
fn limited<T>(ctx: &mut Ctx, limit: Option<u64>, f: impl FnOnce(&mut Ctx) -> Result<T>) -> Result<T> {
    let Some(limit) = limit else { return f(ctx) };
    let limit = limit.min(ctx.gas().left());
    let outer = ctx.meter(Gas::limited(limit));
    let out = f(ctx);
    let spent = ctx.meter(outer).used().min(limit);
    ctx.charge("submessage", spent)?;
    out
}

/// No contract goes on when this node cannot read its state, or when there is no gas to go on with.
fn ends_all(ctx: &Ctx, error: &SdkError) -> bool {
    error.is_io() || (error.is_out_of_gas() && ctx.gas().left() == 0)
}

fn execute(ctx: &mut Ctx, contract: &Address, msg: &CosmosMsg, depth: u32) -> Result<MsgResponse> {
    match msg {
        CosmosMsg::Bank(BankMsg::Send { to_address, amount }) => {
            send(ctx, contract, &Address::parse(to_address)?, amount)
        }
        CosmosMsg::Bank(BankMsg::Burn { amount }) => {
            for coin in some_coins(amount)? {
                bank::burn(ctx, contract, &coin)?;
            }
            Ok(response("/cosmos.bank.v1beta1.MsgBurnResponse".into(), vec![]))
        }
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) => {
            let (to, funds) = (Address::parse(contract_addr)?, coins(funds)?);
            let call = Call { sender: contract, msg, funds: &funds };
            let data = contract::execute(ctx, &to, &call, depth)?.unwrap_or_default();
            Ok(packed(&MsgExecuteContractResponse { data }))
        }
        CosmosMsg::Wasm(WasmMsg::Instantiate { admin, code_id, msg, funds, label }) => {
            let funds = coins(funds)?;
            let new = New { code_id: *code_id, admin: admin.as_deref().unwrap_or_default(), label };
            let call = Call { sender: contract, msg, funds: &funds };
            let (address, data) = contract::instantiate(ctx, &new, &call, depth)?;
            let (address, data) = (address.to_string(), data.unwrap_or_default());
            Ok(packed(&MsgInstantiateContractResponse { address, data }))
        }
        other => Err(unknown(other).into()),
    }
}

/// A plain send: to anyone but the chain's own accounts.
fn send(ctx: &mut Ctx, contract: &Address, to: &Address, amount: &[ContractCoin]) -> Result<MsgResponse> {
    ensure(auth::module_of(to).is_none(), || Sdk::Unauthorized(format!("{to} is not allowed to receive funds")))?;
    for coin in some_coins(amount)? {
        bank::send(ctx, contract, to, &coin)?;
    }
    Ok(packed(&MsgSendResponse {}))
}

fn unknown(msg: &CosmosMsg) -> Error {
    let served = "contracts may send and burn coins, execute and instantiate contracts";
    Error::UnknownMsg(format!("{}: {served}", kind(msg)))
}

fn kind(msg: &CosmosMsg) -> &'static str {
    match msg {
        CosmosMsg::Bank(_) => "bank message",
        CosmosMsg::Custom(_) => "custom message",
        CosmosMsg::Any(_) => "any message",
        CosmosMsg::Ibc(_) => "ibc message",
        CosmosMsg::Wasm(_) => "wasm message",
        CosmosMsg::Gov(_) => "gov message",
        _ => "message",
    }
}

fn packed<M: Message + Name>(message: &M) -> MsgResponse {
    response(format!("/{}", M::full_name()), message.encode_to_vec())
}

fn response(type_url: String, value: Vec<u8>) -> MsgResponse {
    MsgResponse { type_url, value: Binary::new(value) }
}

/// Coins as a contract writes them: in any order, doubles added up, zeros dropped.
fn coins(given: &[ContractCoin]) -> Result<Vec<Coin>> {
    let mut sums: BTreeMap<&str, u128> = BTreeMap::new();
    for coin in given {
        let amount = parse_amount(&coin.amount.to_string())?;
        let sum = sums.entry(&coin.denom).or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| Sdk::InvalidCoins("coins pass 128 bits".into()))?;
    }
    let positive = sums.into_iter().filter(|(_, amount)| *amount > 0);
    let list: Vec<aliquot_proto::Coin> = positive.map(|(denom, amount)| Coin::new(denom, amount).into()).collect();
    Coin::parse_list(&list)
}

fn some_coins(given: &[ContractCoin]) -> Result<Vec<Coin>> {
    let coins = coins(given)?;
    ensure(!coins.is_empty(), || Sdk::InvalidCoins("no amount given".into()))?;
    Ok(coins)
}
