//! The entry points of the probe.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{
    to_json_binary, BankMsg, Binary, Deps, DepsMut, Env, Event, MessageInfo, Order, Reply,
    Response, StdError, StdResult, Storage, SubMsg, SubMsgResult, WasmMsg,
};

use crate::msg::{
    ExecuteMsg, GetResponse, GrpcResponse, InstantiateMsg, ListResponse, MigrateMsg, QueryMsg,
    SudoMsg, LAST_REPLY,
};

const DEFAULT_LIST_LIMIT: u32 = 30;

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    _deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    _msg: InstantiateMsg,
) -> StdResult<Response> {
    Ok(Response::new()
        .add_attribute("action", "instantiate")
        .add_attribute("creator", info.sender))
}

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    _env: Env,
    _info: MessageInfo,
    msg: ExecuteMsg,
) -> StdResult<Response> {
    match msg {
        ExecuteMsg::Set { key, value } => {
            write(deps.storage, &key, &value)?;
            Ok(Response::new()
                .add_attribute("action", "set")
                .add_attribute("key", key))
        }
        ExecuteMsg::Remove { key } => {
            deps.storage.remove(key.as_bytes());
            Ok(Response::new().add_attribute("action", "remove"))
        }
        ExecuteMsg::WriteThenQuery {
            contract,
            key,
            value,
        } => {
            write(deps.storage, &key, &value)?;
            let answer = ask(deps.as_ref(), contract, key)?;
            Ok(Response::new()
                .add_attribute("action", "write_then_query")
                .set_data(to_json_binary(&answer)?))
        }
        ExecuteMsg::Call {
            contract,
            msg,
            on_error,
        } => {
            let call = WasmMsg::Execute {
                contract_addr: contract,
                msg,
                funds: vec![],
            };
            let sub = if on_error {
                SubMsg::reply_on_error(call, 1)
            } else {
                SubMsg::reply_always(call, 1)
            };
            Ok(Response::new()
                .add_attribute("action", "call")
                .add_submessage(sub))
        }
        ExecuteMsg::Dispatch {
            msg,
            reply_on,
            record,
            gas_limit,
        } => {
            let sub = SubMsg {
                id: 2,
                payload: Binary::from(record.into_bytes()),
                msg,
                gas_limit,
                reply_on,
            };
            Ok(Response::new()
                .add_attribute("action", "dispatch")
                .add_submessage(sub))
        }
        ExecuteMsg::FailAfterWrite { key, value } => {
            write(deps.storage, &key, &value)?;
            Err(StdError::generic_err(format!(
                "failed on request after writing {key}"
            )))
        }
        ExecuteMsg::Emit { name, key, value } => Ok(Response::new()
            .add_attribute(key.clone(), value.clone())
            .add_event(Event::new(name).add_attribute(key, value))),
        ExecuteMsg::Loop {} => spin(),
        ExecuteMsg::Pay { to, amount } => Ok(Response::new()
            .add_attribute("action", "pay")
            .add_message(BankMsg::Send {
                to_address: to,
                amount,
            })),
    }
}

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> StdResult<Response> {
    let key = match reply.payload.as_slice() {
        [] => LAST_REPLY.to_string(),
        named => String::from_utf8(named.to_vec())?,
    };
    let outcome = match reply.result {
        SubMsgResult::Ok(_) => "ok".to_string(),
        SubMsgResult::Err(error) => format!("failed: {error}"),
    };
    write(deps.storage, &key, &outcome)?;
    Ok(Response::new()
        .add_attribute("reply_id", reply.id.to_string())
        .add_attribute("outcome", outcome))
}

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> StdResult<Response> {
    write(deps.storage, &msg.key, &msg.value)?;
    Ok(Response::new().add_attribute("action", "migrate"))
}

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn sudo(deps: DepsMut, _env: Env, msg: SudoMsg) -> StdResult<Response> {
    let SudoMsg::Set { key, value } = msg;
    write(deps.storage, &key, &value)?;
    Ok(Response::new().add_attribute("action", "sudo"))
}

#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Get { key } => {
            let value = deps.storage.get(key.as_bytes());
            let value = value.map(String::from_utf8).transpose()?;
            to_json_binary(&GetResponse { value })
        }
        QueryMsg::Ask { contract, key } => to_json_binary(&ask(deps, contract, key)?),
        QueryMsg::List {
            start,
            end,
            descending,
            limit,
        } => to_json_binary(&list(deps.storage, start, end, descending, limit)?),
        QueryMsg::Grpc { path, data } => {
            let data = deps.querier.query_grpc(path, data)?;
            to_json_binary(&GrpcResponse { data })
        }
        QueryMsg::Loop {} => spin(),
    }
}

// ExternalStorage panics on an empty value, and chains reserve the empty key: an error tells more.
fn write(storage: &mut dyn Storage, key: &str, value: &str) -> StdResult<()> {
    if key.is_empty() || value.is_empty() {
        return Err(StdError::generic_err("key and value must not be empty"));
    }
    storage.set(key.as_bytes(), value.as_bytes());
    Ok(())
}

fn ask(deps: Deps, contract: String, key: String) -> StdResult<GetResponse> {
    deps.querier
        .query_wasm_smart(contract, &QueryMsg::Get { key })
}

fn list(
    storage: &dyn Storage,
    start: Option<String>,
    end: Option<String>,
    descending: bool,
    limit: Option<u32>,
) -> StdResult<ListResponse> {
    let order = if descending {
        Order::Descending
    } else {
        Order::Ascending
    };
    let limit = limit.unwrap_or(DEFAULT_LIST_LIMIT);
    let entries = storage
        .range(
            start.as_deref().map(str::as_bytes),
            end.as_deref().map(str::as_bytes),
            order,
        )
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|(key, value)| Ok((String::from_utf8(key)?, String::from_utf8(value)?)))
        .collect::<StdResult<Vec<_>>>()?;
    Ok(ListResponse { entries })
}

// The black box keeps the loop's body: the metering charges instructions, not iterations.
fn spin() -> ! {
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}
