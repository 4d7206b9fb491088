//! The probe's behaviour against cosmwasm's mock storage and querier.

use cosmwasm_std::testing::{
    message_info, mock_dependencies, mock_env, MockApi, MockQuerier, MockStorage,
};
use cosmwasm_std::{
    coins, from_json, to_json_binary, Addr, BankMsg, Binary, ContractResult, CosmosMsg, Empty,
    GrpcQuery, OwnedDeps, QuerierResult, QuerierWrapper, QueryRequest, Reply, ReplyOn, Response,
    StdResult, SubMsg, SubMsgResponse, SubMsgResult, SystemResult, WasmMsg, WasmQuery,
};
use probe::contract::{execute, instantiate, migrate, query, reply, sudo};
use probe::msg::{
    ExecuteMsg, GetResponse, GrpcResponse, InstantiateMsg, ListResponse, MigrateMsg, QueryMsg,
    SudoMsg, LAST_REPLY,
};

type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier>;

fn run(deps: &mut Deps, msg: ExecuteMsg) -> StdResult<Response> {
    let info = message_info(&Addr::unchecked("caller"), &[]);
    execute(deps.as_mut(), mock_env(), info, msg)
}

fn set(deps: &mut Deps, key: &str, value: &str) {
    let msg = ExecuteMsg::Set {
        key: key.into(),
        value: value.into(),
    };
    run(deps, msg).unwrap();
}

fn get(deps: &Deps, key: &str) -> Option<String> {
    let answer = query(deps.as_ref(), mock_env(), QueryMsg::Get { key: key.into() }).unwrap();
    from_json::<GetResponse>(answer).unwrap().value
}

fn list(deps: &Deps, start: Option<&str>, end: Option<&str>, descending: bool) -> Vec<String> {
    let msg = QueryMsg::List {
        start: start.map(Into::into),
        end: end.map(Into::into),
        descending,
        limit: None,
    };
    let answer: ListResponse = from_json(query(deps.as_ref(), mock_env(), msg).unwrap()).unwrap();
    answer.entries.into_iter().map(|(key, _)| key).collect()
}

fn reply_with(payload: &[u8], result: SubMsgResult) -> Reply {
    Reply {
        id: 1,
        payload: Binary::from(payload),
        gas_used: 0,
        result,
    }
}

// Answers every smart query with what it was asked, so the request itself is under test.
fn echo(request: &WasmQuery) -> QuerierResult {
    let WasmQuery::Smart { contract_addr, msg } = request else {
        return SystemResult::Ok(ContractResult::Err("only smart queries".into()));
    };
    let QueryMsg::Get { key } = from_json(msg).unwrap() else {
        return SystemResult::Ok(ContractResult::Err("only get".into()));
    };
    let value = Some(format!("{key} at {contract_addr}"));
    SystemResult::Ok(ContractResult::Ok(
        to_json_binary(&GetResponse { value }).unwrap(),
    ))
}

#[test]
fn writes_are_read_back_raw_and_removed() {
    let mut deps = mock_dependencies();
    let info = message_info(&Addr::unchecked("creator"), &[]);
    instantiate(deps.as_mut(), mock_env(), info, InstantiateMsg {}).unwrap();
    assert_eq!(get(&deps, "a"), None);
    set(&mut deps, "a", "1");
    assert_eq!(get(&deps, "a").as_deref(), Some("1"));
    assert_eq!(
        cosmwasm_std::Storage::get(&deps.storage, b"a").as_deref(),
        Some(b"1".as_slice())
    );
    run(&mut deps, ExecuteMsg::Remove { key: "a".into() }).unwrap();
    assert_eq!(get(&deps, "a"), None);
}

#[test]
fn empty_keys_and_values_are_refused() {
    let mut deps = mock_dependencies();
    for (key, value) in [("", "1"), ("a", "")] {
        let msg = ExecuteMsg::Set {
            key: key.into(),
            value: value.into(),
        };
        let error = run(&mut deps, msg).unwrap_err().to_string();
        assert!(error.contains("must not be empty"), "{error}");
    }
}

#[test]
fn write_then_query_returns_the_answer_as_data() {
    let mut deps = mock_dependencies();
    deps.querier.update_wasm(echo);
    let msg = ExecuteMsg::WriteThenQuery {
        contract: "other".into(),
        key: "a".into(),
        value: "1".into(),
    };
    let response = run(&mut deps, msg).unwrap();
    let answer: GetResponse = from_json(response.data.unwrap()).unwrap();
    assert_eq!(answer.value.as_deref(), Some("a at other"));
    assert_eq!(get(&deps, "a").as_deref(), Some("1"));
}

#[test]
fn ask_passes_the_other_contracts_answer_on() {
    let mut deps = mock_dependencies();
    deps.querier.update_wasm(echo);
    let msg = QueryMsg::Ask {
        contract: "other".into(),
        key: "b".into(),
    };
    let answer: GetResponse = from_json(query(deps.as_ref(), mock_env(), msg).unwrap()).unwrap();
    assert_eq!(answer.value.as_deref(), Some("b at other"));
}

#[test]
fn call_replies_on_error_or_always() {
    let mut deps = mock_dependencies();
    let inner = to_json_binary(&ExecuteMsg::Loop {}).unwrap();
    let call = WasmMsg::Execute {
        contract_addr: "other".into(),
        msg: inner.clone(),
        funds: vec![],
    };
    for (on_error, reply_on) in [(true, ReplyOn::Error), (false, ReplyOn::Always)] {
        let msg = ExecuteMsg::Call {
            contract: "other".into(),
            msg: inner.clone(),
            on_error,
        };
        let response = run(&mut deps, msg).unwrap();
        assert_eq!(response.messages.len(), 1);
        assert_eq!(response.messages[0].reply_on, reply_on);
        assert_eq!(response.messages[0].msg, CosmosMsg::from(call.clone()));
    }
}

#[test]
fn replies_are_recorded_under_the_payloads_key() {
    let mut deps = mock_dependencies();
    let failed = SubMsgResult::Err("out of gas".into());
    reply(deps.as_mut(), mock_env(), reply_with(b"", failed)).unwrap();
    assert_eq!(
        get(&deps, LAST_REPLY).as_deref(),
        Some("failed: out of gas")
    );

    #[allow(deprecated)]
    let ok = SubMsgResult::Ok(SubMsgResponse {
        events: vec![],
        data: None,
        msg_responses: vec![],
    });
    reply(deps.as_mut(), mock_env(), reply_with(b"mine", ok)).unwrap();
    assert_eq!(get(&deps, "mine").as_deref(), Some("ok"));
    assert_eq!(
        get(&deps, LAST_REPLY).as_deref(),
        Some("failed: out of gas")
    );
}

#[test]
fn dispatch_sends_the_message_with_its_payload_and_limit() {
    let mut deps = mock_dependencies();
    let send = BankMsg::Send {
        to_address: "bob".into(),
        amount: coins(5, "ualq"),
    };
    let msg = ExecuteMsg::Dispatch {
        msg: send.clone().into(),
        reply_on: ReplyOn::Success,
        record: "mine".into(),
        gas_limit: Some(7),
    };
    let sub = run(&mut deps, msg).unwrap().messages.remove(0);
    assert_eq!(sub.payload.as_slice(), b"mine");
    assert_eq!(sub.gas_limit, Some(7));
    assert_eq!(sub.reply_on, ReplyOn::Success);
    assert_eq!(sub.msg, CosmosMsg::from(send));
}

#[test]
fn fail_after_write_fails_and_names_the_key() {
    let mut deps = mock_dependencies();
    let msg = ExecuteMsg::FailAfterWrite {
        key: "a".into(),
        value: "1".into(),
    };
    let error = run(&mut deps, msg).unwrap_err().to_string();
    assert!(error.contains("after writing a"), "{error}");
}

#[test]
fn pay_sends_the_contracts_coins() {
    let mut deps = mock_dependencies();
    let msg = ExecuteMsg::Pay {
        to: "bob".into(),
        amount: coins(5, "ualq"),
    };
    let expected = SubMsg::new(BankMsg::Send {
        to_address: "bob".into(),
        amount: coins(5, "ualq"),
    });
    assert_eq!(run(&mut deps, msg).unwrap().messages, vec![expected]);
}

#[test]
fn emit_adds_an_attribute_and_an_event() {
    let mut deps = mock_dependencies();
    let msg = ExecuteMsg::Emit {
        name: "seen".into(),
        key: "k".into(),
        value: "v".into(),
    };
    let response = run(&mut deps, msg).unwrap();
    assert_eq!(response.attributes, vec![("k", "v")]);
    assert_eq!(response.events[0].ty, "seen");
    assert_eq!(response.events[0].attributes, vec![("k", "v")]);
}

#[test]
fn list_honours_bounds_and_order() {
    let mut deps = mock_dependencies();
    for key in ["a", "b", "c", "d"] {
        set(&mut deps, key, "1");
    }
    assert_eq!(list(&deps, None, None, false), ["a", "b", "c", "d"]);
    assert_eq!(list(&deps, Some("b"), Some("d"), false), ["b", "c"]);
    assert_eq!(list(&deps, Some("b"), Some("d"), true), ["c", "b"]);
    assert_eq!(list(&deps, Some("d"), Some("b"), true), [""; 0]);
}

#[test]
fn migrate_and_sudo_write() {
    let mut deps = mock_dependencies();
    let msg = MigrateMsg {
        key: "code".into(),
        value: "new".into(),
    };
    migrate(deps.as_mut(), mock_env(), msg).unwrap();
    let msg = SudoMsg::Set {
        key: "chain".into(),
        value: "said so".into(),
    };
    sudo(deps.as_mut(), mock_env(), msg).unwrap();
    assert_eq!(get(&deps, "code").as_deref(), Some("new"));
    assert_eq!(get(&deps, "chain").as_deref(), Some("said so"));
}

// The mock querier knows no gRPC, so this one answers the request's own bytes.
struct GrpcEcho;

impl cosmwasm_std::Querier for GrpcEcho {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        let request: QueryRequest<Empty> = from_json(request).unwrap();
        let QueryRequest::Grpc(GrpcQuery { path, data }) = request else {
            return SystemResult::Ok(ContractResult::Err("only grpc".into()));
        };
        assert_eq!(path, "/aliquot.market.v1.Query/Params");
        SystemResult::Ok(ContractResult::Ok(data))
    }
}

#[test]
fn grpc_passes_path_and_bytes_through() {
    let mut deps = mock_dependencies();
    let mut mut_deps = deps.as_mut();
    mut_deps.querier = QuerierWrapper::new(&GrpcEcho);
    let msg = QueryMsg::Grpc {
        path: "/aliquot.market.v1.Query/Params".into(),
        data: Binary::from(b"\x08\x01"),
    };
    let answer: GrpcResponse =
        from_json(query(mut_deps.as_ref(), mock_env(), msg).unwrap()).unwrap();
    assert_eq!(answer.data.as_slice(), b"\x08\x01");
}

#[test]
fn messages_have_the_documented_json() {
    let json = br#"{"call":{"contract":"c","msg":"eyJsb29wIjp7fX0=","on_error":true}}"#;
    let expected = ExecuteMsg::Call {
        contract: "c".into(),
        msg: to_json_binary(&ExecuteMsg::Loop {}).unwrap(),
        on_error: true,
    };
    assert_eq!(from_json::<ExecuteMsg>(json).unwrap(), expected);
    let json = br#"{"list":{"start":null,"end":"m","descending":true,"limit":5}}"#;
    let expected = QueryMsg::List {
        start: None,
        end: Some("m".into()),
        descending: true,
        limit: Some(5),
    };
    assert_eq!(from_json::<QueryMsg>(json).unwrap(), expected);
}
