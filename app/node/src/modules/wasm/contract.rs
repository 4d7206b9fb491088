//! The life of a contract: instantiate, execute, reply, query.

use super::{
    Error,
    access::may_instantiate,
    backend::Shared,
    contract_address, dispatch,
    events::{self, CONTRACT_ADDRESS},
    next,
    state::{CODES, CONTRACTS, LAST_INSTANCE},
    vm::{self, INSTANCE_GAS, Instance, Run, to_vm},
};
use crate::modules::{auth, bank};
use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Gas, Result, ensure};
use cosmwasm_std::{Addr, ContractResult, Env, MessageInfo, Reply, Response, Uint128};
use cosmwasm_vm::{VmResult, call_execute, call_instantiate, call_query, call_reply};

/// How deep messages of contracts are nested at most.
pub const MAX_CALL_DEPTH: u32 = 100;
/// Gas of a query from outside, as wasmd has it.
const QUERY_GAS: u64 = 3_000_000;
/// Bytes of a contract's label.
const MAX_LABEL: usize = 128;

/// What a contract is sent: from whom, the message in JSON, and coins that move before it runs.
pub struct Call<'a> {
    pub sender: &'a Address,
    pub msg: &'a [u8],
    pub funds: &'a [Coin],
}

/// What a new contract is made of.
pub struct New<'a> {
    pub code_id: u64,
    /// Empty for none.
    pub admin: &'a str,
    pub label: &'a str,
}

/// Makes a contract; gives its address and the data that it answered with.
pub fn instantiate(ctx: &mut Ctx, new: &New, call: &Call, depth: u32) -> Result<(Address, Option<Vec<u8>>)> {
    check_call(call, depth)?;
    let code = CODES.get(ctx, &new.code_id)?.ok_or(Error::NoSuchCode(new.code_id))?;
    may_instantiate(new.code_id, &code, call.sender)?;
    ensure(!new.label.trim().is_empty(), || Error::Empty("label".into()))?;
    ensure(new.label.len() <= MAX_LABEL, || Error::Limit(format!("label of more than {MAX_LABEL} bytes")))?;
    if !new.admin.is_empty() {
        Address::parse(new.admin)?;
    }
    let address = contract_address(new.code_id, next(&LAST_INSTANCE, ctx)?)?;
    auth::ensure_account(ctx, &address)?;
    let info = pb::ContractInfo {
        code_id: new.code_id,
        creator: call.sender.to_string(),
        admin: new.admin.into(),
        label: new.label.into(),
        created: Some(pb::AbsoluteTxPosition { block_height: ctx.block.height, tx_index: 0 }),
        ..pb::ContractInfo::default()
    };
    CONTRACTS.set(ctx, &address, &info)?;
    let message = pay(ctx, call, &address)?;
    let answer =
        enter(ctx, &address, new.code_id, |instance, env| call_instantiate(instance, env, &message, call.msg))?;
    let response = accepted(answer, Error::Instantiate)?;
    let code_id = new.code_id.to_string();
    ctx.emit_plain("instantiate", &[(CONTRACT_ADDRESS, &address.to_string()), ("code_id", &code_id)]);
    Ok((address, finish(ctx, &address, response, depth)?))
}

/// Sends a contract a message; gives the data that it answered with.
pub fn execute(ctx: &mut Ctx, contract: &Address, call: &Call, depth: u32) -> Result<Option<Vec<u8>>> {
    check_call(call, depth)?;
    let info = CONTRACTS.get(ctx, contract)?.ok_or(Error::NoSuchContract(*contract))?;
    let message = pay(ctx, call, contract)?;
    let answer = enter(ctx, contract, info.code_id, |instance, env| call_execute(instance, env, &message, call.msg))?;
    let response = accepted(answer, Error::Execute)?;
    ctx.emit_plain("execute", &[(CONTRACT_ADDRESS, &contract.to_string())]);
    finish(ctx, contract, response, depth)
}

/// Tells a contract what became of a submessage; gives data that takes the place of what it answered with before.
pub fn reply(ctx: &mut Ctx, contract: &Address, reply: &Reply, depth: u32) -> Result<Option<Vec<u8>>> {
    check_depth(depth)?;
    let info = CONTRACTS.get(ctx, contract)?.ok_or(Error::NoSuchContract(*contract))?;
    let answer = enter(ctx, contract, info.code_id, |instance, env| call_reply(instance, env, reply))?;
    let response = accepted(answer, Error::Execute)?;
    ctx.emit_plain("reply", &[(CONTRACT_ADDRESS, &contract.to_string())]);
    finish(ctx, contract, response, depth)
}

/// Asks a contract from outside of any message: over committed state, on a gas of its own.
pub fn query(ctx: &Ctx, contract: &Address, msg: &[u8]) -> Result<Vec<u8>> {
    let mut ctx = ctx.committed();
    ctx.meter(Gas::limited(QUERY_GAS));
    vm::on_large_stack(move || {
        let limit = to_vm(ctx.gas().left());
        Shared::lend(&mut ctx, |shared| query_in(shared, contract, msg, limit, 0))
    })
}

/// Asks a contract over whatever is in `shared`, pending writes included; `gas_limit` is in the VM's gas.
pub fn query_in(shared: &Shared, contract: &Address, msg: &[u8], gas_limit: u64, query_depth: u32) -> Result<Vec<u8>> {
    let before = shared.used();
    let info = shared.with(|ctx| {
        ctx.charge("Loading CosmWasm module", INSTANCE_GAS)?;
        CONTRACTS.get(ctx, contract)
    })?;
    let code_id = info.ok_or(Error::NoSuchContract(*contract))?.code_id;
    let loading = to_vm(shared.used().saturating_sub(before));
    let gas_limit = gas_limit.checked_sub(loading).ok_or_else(|| vm::out_of_gas(contract))?;
    let run = Run { contract, code_id, gas_limit, query_depth };
    match vm::run(shared, run, |instance, env| call_query(instance, env, msg))? {
        ContractResult::Ok(answer) => Ok(answer.to_vec()),
        ContractResult::Err(error) => Err(Error::Query(error).into()),
    }
}

fn check_depth(depth: u32) -> Result<()> {
    ensure(depth <= MAX_CALL_DEPTH, || Error::CallDepth(MAX_CALL_DEPTH))
}

fn check_call(call: &Call, depth: u32) -> Result<()> {
    check_depth(depth)?;
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(call.msg);
    json.map(|_| ()).map_err(|e| Error::Invalid(format!("message to a contract is not JSON: {e}")).into())
}

/// Moves the funds; gives what the contract is told of the sender.
fn pay(ctx: &mut Ctx, call: &Call, contract: &Address) -> Result<MessageInfo> {
    for coin in call.funds {
        bank::send(ctx, call.sender, contract, coin)?;
    }
    let coin = |coin: &Coin| cosmwasm_std::Coin { denom: coin.denom.clone(), amount: Uint128::new(coin.amount) };
    let funds = call.funds.iter().map(coin).collect();
    Ok(MessageInfo { sender: Addr::unchecked(call.sender.to_string()), funds })
}

/// Calls an entry point that may write, on all gas that is left; without gas for it, all of it is spent.
fn enter(
    ctx: &mut Ctx,
    contract: &Address,
    code_id: u64,
    call: impl FnOnce(&mut Instance, &Env) -> VmResult<ContractResult<Response>>,
) -> Result<ContractResult<Response>> {
    ctx.charge("Loading CosmWasm module", INSTANCE_GAS)?;
    let out = Shared::lend(ctx, |shared| {
        let gas_limit = to_vm(shared.with(|ctx| Ok(ctx.gas().left()))?);
        vm::run(shared, Run { contract, code_id, gas_limit, query_depth: 0 }, call)
    });
    if out.as_ref().is_err_and(|error| error.is_out_of_gas()) {
        ctx.charge("wasm contract", ctx.gas().left())?;
    }
    out
}

fn accepted(answer: ContractResult<Response>, refused: fn(String) -> Error) -> Result<Response> {
    match answer {
        ContractResult::Ok(response) => Ok(response),
        ContractResult::Err(error) => Err(refused(error).into()),
    }
}

/// Emits the events of a response and runs its messages. Data of the last reply that has any wins over its own.
fn finish(ctx: &mut Ctx, contract: &Address, response: Response, depth: u32) -> Result<Option<Vec<u8>>> {
    events::emit(ctx, contract, &response.attributes, &response.events)?;
    let replied = dispatch::run(ctx, contract, response.messages, depth)?;
    Ok(replied.or(response.data.map(|data| data.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::wasm::{
        querier::MAX_QUERY_DEPTH,
        state::{CODE_BYTES, CODES},
    };
    use pb::{AccessConfig, AccessType, CodeInfo};
    use sha2::{Digest, Sha256};

    /// The probe, made another code by a custom section, so that no other test has warmed the cache for it.
    fn probe(name: &str) -> Vec<u8> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts/probe.wasm");
        let mut wasm = std::fs::read(path).unwrap();
        wasm.extend([0, name.len() as u8 + 1, name.len() as u8]);
        wasm.extend(name.bytes());
        wasm
    }

    /// State as another node would have left it: the code was never uploaded here.
    fn state(wasm: &[u8]) -> (Ctx, Address) {
        let mut ctx = Ctx::test();
        let everybody = AccessConfig { permission: AccessType::Everybody.into(), addresses: vec![] };
        let code_hash = Sha256::digest(wasm).to_vec();
        CODES
            .set(&mut ctx, &1, &CodeInfo { code_hash, instantiate_config: Some(everybody), ..CodeInfo::default() })
            .unwrap();
        CODE_BYTES.set(&mut ctx, &1, &wasm.to_vec()).unwrap();
        let new = New { code_id: 1, admin: "", label: "probe" };
        let sender = Address::module("sender");
        let call = Call { sender: &sender, msg: b"{}", funds: &[] };
        let (address, _) = instantiate(&mut ctx, &new, &call, 0).unwrap();
        (ctx, address)
    }

    fn send(ctx: &mut Ctx, contract: &Address, msg: &str, depth: u32) -> Result<Option<Vec<u8>>> {
        let sender = Address::module("sender");
        execute(ctx, contract, &Call { sender: &sender, msg: msg.as_bytes(), funds: &[] }, depth)
    }

    #[test]
    fn a_cold_cache_costs_and_computes_the_same() {
        let wasm = probe("cold");
        let ((mut cold, contract), (mut warm, same)) = (state(&wasm), state(&wasm));
        assert_eq!((contract, cold.gas().used()), (same, warm.gas().used()));
        assert!(cold.gas().used() > 0);
        assert_eq!(cold.take_changes(), warm.take_changes());
    }

    #[test]
    fn queries_nest_so_deep_and_no_deeper() {
        let (mut ctx, contract) = state(&probe("query"));
        send(&mut ctx, &contract, r#"{"set":{"key":"a","value":"1"}}"#, 0).unwrap();
        let msg = format!(r#"{{"ask":{{"contract":"{contract}","key":"a"}}}}"#);
        let mut ask = |depth| {
            Shared::lend(&mut ctx, |shared| query_in(shared, &contract, msg.as_bytes(), to_vm(1_000_000), depth))
        };
        assert_eq!(ask(MAX_QUERY_DEPTH - 1).unwrap(), br#"{"value":"1"}"#);
        let refused = ask(MAX_QUERY_DEPTH).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("wasm", 9));
        assert!(refused.text.contains("codespace: wasm, code: 27"), "{refused}");
    }

    #[test]
    fn messages_nest_so_deep_and_no_deeper() {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let (mut ctx, contract) = state(&probe("call"));
        let set = r#"{"set":{"key":"a","value":"1"}}"#;
        send(&mut ctx, &contract, set, MAX_CALL_DEPTH).unwrap();
        let set = STANDARD.encode(set);
        let call = format!(r#"{{"call":{{"contract":"{contract}","msg":"{set}","on_error":true}}}}"#);
        send(&mut ctx, &contract, &call, MAX_CALL_DEPTH - 1).unwrap();
        let refused = send(&mut ctx, &contract, &call, MAX_CALL_DEPTH).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("wasm", 30));
        let refused = send(&mut ctx, &contract, "{}", MAX_CALL_DEPTH + 1).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("wasm", 30));
    }

    #[test]
    fn a_query_within_a_query_spends_no_more_than_it_is_given() {
        let (mut ctx, contract) = state(&probe("gas"));
        let before = ctx.gas().used();
        let limit = to_vm(400_000);
        let looped = Shared::lend(&mut ctx, |shared| query_in(shared, &contract, br#"{"loop":{}}"#, limit, 0));
        assert!(looped.unwrap_err().is_out_of_gas());
        assert_eq!(ctx.gas().used() - before, 400_000);
        send(&mut ctx, &contract, r#"{"set":{"key":"a","value":"1"}}"#, 0).unwrap();
    }
}
