//! `authz`: what a granter allows, a grantee does, and no more of it, no longer, and not without the rest.

use crate::{chain::*, sends_move_coins_and_keep_the_supply::send};
use aliquot_client::{TxBuilder, any};
use aliquot_proto::{
    Any, Timestamp,
    beacon::v1::MsgBeacon,
    cosmos::{
        authz::v1beta1::{
            self as authz, GenericAuthorization, Grant, GrantAuthorization, MsgExec, MsgGrant, MsgRevoke,
        },
        bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output, SendAuthorization},
        base::query::v1beta1::PageRequest,
    },
    cosmwasm::wasm::v1 as wasm,
    provider::v1 as provider,
};
use prost::{Message, Name};
use serde_json::json;
use tendermint_proto::v0_38::abci::ExecTxResult;

fn address(name: &str) -> String {
    key(name).address().into()
}

fn grant(granter: &str, grantee: &str, authorization: Any, expiration: Option<Timestamp>) -> MsgGrant {
    let grant = Some(Grant { authorization: Some(authorization), expiration });
    MsgGrant { granter: address(granter), grantee: address(grantee), grant }
}

fn generic<M: Name>() -> Any {
    any(&GenericAuthorization { msg: M::type_url() })
}

fn limit(amount: u128, allowed: &[&str]) -> Any {
    any(&SendAuthorization {
        spend_limit: vec![coin(amount)],
        allow_list: allowed.iter().map(|n| address(n)).collect(),
    })
}

fn revoke<M: Name>(granter: &str, grantee: &str) -> MsgRevoke {
    MsgRevoke { granter: address(granter), grantee: address(grantee), msg_type_url: M::type_url() }
}

fn exec(grantee: &str, msgs: &[Any]) -> MsgExec {
    MsgExec { grantee: address(grantee), msgs: msgs.to_vec() }
}

fn exec_send(grantee: &str, from: &str, to: &str, amount: u128) -> MsgExec {
    exec(grantee, &[any(&send(from, to, amount))])
}

/// An exec of bob's around each before, `depth` in all.
fn nested(depth: u32, innermost: Any) -> MsgExec {
    (1..depth).fold(exec("bob", &[innermost]), |inner, _| exec("bob", &[any(&inner)]))
}

fn grants(chain: &TestChain, granter: &str, grantee: &str) -> Vec<Grant> {
    let (granter, grantee) = (address(granter), address(grantee));
    let request = authz::QueryGrantsRequest { granter, grantee, ..Default::default() };
    let answer: authz::QueryGrantsResponse = chain.query("/cosmos.authz.v1beta1.Query/Grants", &request);
    answer.grants
}

/// Attributes of the events of one kind, each event's joined.
fn events(result: &ExecTxResult, kind: &str) -> Vec<String> {
    let events = result.events.iter().filter(|event| event.r#type == kind);
    let text = |event: &tendermint_proto::v0_38::abci::Event| {
        event.attributes.iter().map(|a| format!("{}={}", a.key, a.value)).collect::<Vec<_>>().join(" ")
    };
    events.map(text).collect()
}

fn code(space: &str, code: u32) -> (String, u32) {
    (space.into(), code)
}

#[test]
fn a_limit_is_spent_down_to_its_end() {
    let mut chain = TestChain::new();
    let granted = chain.run(&key("alice"), &grant("alice", "bob", limit(1_000, &[]), None));
    let (alice, bob) = (address("alice"), address("bob"));
    let named = format!(r#"msg_type_url="/cosmos.bank.v1beta1.MsgSend" granter="{alice}" grantee="{bob}""#,);
    assert_eq!(
        sorted(&events(&granted, "cosmos.authz.v1beta1.EventGrant")[0]),
        sorted(&format!("{named} msg_index=0"))
    );
    let done = chain.run(&key("bob"), &exec_send("bob", "alice", "tenant", 400));
    assert_eq!(response::<authz::MsgExecResponse>(&done).results, [Vec::<u8>::new()], "a MsgSendResponse is empty");
    assert_eq!(chain.balance(&address("tenant")), FUNDS + 400);
    assert_eq!(chain.balance(&alice), FUNDS - 400 - FEE, "the grantee pays the fee of the exec");
    assert_eq!(grants(&chain, "alice", "bob")[0].authorization, Some(limit(600, &[])));
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "tenant", 601)), code("sdk", 5));
    let last = chain.run(&key("bob"), &exec_send("bob", "alice", "bob", 600));
    let ended = events(&last, "cosmos.authz.v1beta1.EventRevoke");
    assert_eq!(sorted(&ended[0]), sorted(&format!("{named} msg_index=0")));
    assert_eq!(grants(&chain, "alice", "bob"), []);
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "bob", 1)), code("authz", 2));
}

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words
}

#[test]
fn only_those_on_an_allow_list_receive() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &grant("alice", "bob", limit(1_000, &["tenant"]), None));
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "bob", 1)), code("sdk", 4));
    chain.run(&key("bob"), &exec_send("bob", "alice", "tenant", 1));
    assert_eq!(grants(&chain, "alice", "bob")[0].authorization, Some(limit(999, &["tenant"])));
}

#[test]
fn nobody_acts_for_another_without_a_grant_of_that_type_to_them() {
    let mut chain = TestChain::new();
    chain.run(&key("bob"), &exec_send("bob", "bob", "tenant", 5));
    assert_eq!(chain.balance(&address("tenant")), FUNDS + 5, "for oneself no grant is needed");
    chain.run(&key("alice"), &grant("alice", "bob", generic::<MsgMultiSend>(), None));
    chain.run(&key("alice"), &grant("alice", "rival", generic::<MsgSend>(), None));
    for grantee in ["bob", "tenant"] {
        assert_eq!(chain.fails(&key(grantee), &exec_send(grantee, "alice", grantee, 1)), code("authz", 2), "{grantee}");
    }
    assert_eq!(chain.fails(&key("rival"), &exec_send("rival", "bob", "rival", 1)), code("authz", 2));
    chain.run(&key("rival"), &exec_send("rival", "alice", "rival", 1));
    // An exec signed by somebody other than its grantee does not even pass the ante.
    let stolen = TxBuilder::new().msg(&exec_send("rival", "alice", "tenant", 1));
    let forged = chain.tx_at(&key("tenant"), stolen, chain.sequence(&key("rival")));
    assert_eq!(chain.check_tx(&forged).code, 8);
    let (input, output) = (|name: &str| Input { address: address(name), coins: vec![coin(1)] }, coin(2));
    let both = MsgMultiSend {
        inputs: vec![input("alice"), input("bob")],
        outputs: vec![Output { address: address("tenant"), coins: vec![output] }],
    };
    assert_eq!(chain.fails(&key("bob"), &exec("bob", &[any(&both)])), code("authz", 9));
}

#[test]
fn all_messages_of_an_exec_run_or_none() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &grant("alice", "bob", limit(1_000, &[]), None));
    let before = (chain.balance(&address("alice")), chain.balance(&address("tenant")), grants(&chain, "alice", "bob"));
    let good = any(&send("alice", "tenant", 600));
    let after = |chain: &TestChain| {
        (chain.balance(&address("alice")), chain.balance(&address("tenant")), grants(chain, "alice", "bob"))
    };
    for (second, expected) in [
        (good.clone(), code("sdk", 5)),
        (any(&send("rival", "tenant", 1)), code("authz", 2)),
        (any(&send("bob", "tenant", FUNDS)), code("sdk", 5)),
        (any(&MsgBeacon::default()), code("sdk", 6)),
        (any(&exec("alice", &[])), code("sdk", 18)),
    ] {
        let tx = chain.tx(&key("bob"), TxBuilder::new().msg(&exec("bob", &[good.clone(), second])));
        let result = chain.block(vec![tx]).remove(0);
        assert_eq!((result.codespace.clone(), result.code), expected, "{}", result.log);
        assert_eq!(events(&result, "transfer").len(), 1, "the fee alone: {:?}", result.events);
        assert_eq!(after(&chain), before);
    }
    assert_eq!(chain.fails(&key("bob"), &exec("bob", &[])), code("sdk", 18));
    let result =
        chain.run(&key("bob"), &exec("bob", &[any(&send("alice", "tenant", 1)), any(&send("bob", "tenant", 2))]));
    assert_eq!(response::<authz::MsgExecResponse>(&result).results.len(), 2);
    let moved = events(&result, "coin_received");
    assert!(moved[1].ends_with("amount=1ualq authz_msg_index=0 msg_index=0"), "{moved:?}");
    assert!(moved[2].ends_with("amount=2ualq authz_msg_index=1 msg_index=0"), "{moved:?}");
}

#[test]
fn messages_of_an_exec_spend_the_gas_of_their_transaction() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &grant("alice", "bob", limit(1_000, &[]), None));
    // The first transaction of an account also writes its key.
    chain.run(&key("bob"), &send("bob", "alice", 1));
    let needed = chain.run(&key("bob"), &exec_send("bob", "alice", "tenant", 1)).gas_used as u64;
    let before = (chain.balance(&address("alice")), grants(&chain, "alice", "bob"));
    let on = |gas| TxBuilder::new().msg(&exec_send("bob", "alice", "tenant", 1)).gas_limit(gas).fee(coin(FEE));
    let tx = chain.tx(&key("bob"), on(needed - 1_000));
    let short = chain.block(vec![tx]).remove(0);
    assert_eq!((short.codespace.as_str(), short.code), ("sdk", 11), "{}", short.log);
    assert!(short.log.starts_with("out of gas in location: "), "{}", short.log);
    assert_eq!((chain.balance(&address("alice")), grants(&chain, "alice", "bob")), before);
    let tx = chain.tx(&key("bob"), on(needed + 1_000));
    assert_eq!(chain.block(vec![tx]).remove(0).code, 0);
}

#[test]
fn an_expired_grant_is_of_no_use_and_leaves_the_state() {
    let mut chain = TestChain::new();
    let until = |height| Some(time_of(height));
    assert_eq!(chain.fails(&key("alice"), &grant("alice", "bob", limit(9, &[]), until(1))), code("authz", 3));
    // Block 2 makes the grant; it counts in blocks 3 and 4.
    chain.run(&key("alice"), &grant("alice", "bob", limit(1_000, &[]), until(5)));
    chain.run(&key("alice"), &grant("alice", "rival", limit(1_000, &[]), None));
    assert_eq!(chain.height, 3);
    chain.run(&key("bob"), &exec_send("bob", "alice", "tenant", 1));
    assert_eq!(grants(&chain, "alice", "bob")[0].expiration, until(5));
    assert_eq!(chain.export()["authz"]["authorization"].as_array().unwrap().len(), 2);
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "tenant", 1)), code("authz", 6));
    assert_eq!(grants(&chain, "alice", "bob"), []);
    chain.blocks(10 - chain.height);
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "tenant", 1)), code("authz", 2));
    let left = &chain.export()["authz"]["authorization"];
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["grantee"], json!(address("rival")));
}

#[test]
fn execs_nest_four_deep_and_never_run_a_beacon_item() {
    let mut chain = TestChain::new();
    let sending = any(&send("bob", "tenant", 7));
    let result = chain.run(&key("bob"), &nested(4, sending.clone()));
    assert_eq!(chain.balance(&address("tenant")), FUNDS + 7);
    let received = events(&result, "coin_received").remove(1);
    assert_eq!(received.matches("authz_msg_index=0").count(), 4, "{received}");
    let mut inner = response::<authz::MsgExecResponse>(&result).results.remove(0);
    for _ in 0..3 {
        inner = authz::MsgExecResponse::decode(inner.as_slice()).unwrap().results.remove(0);
    }
    assert!(inner.is_empty(), "the innermost is a MsgSendResponse");
    for depth in [5, 6] {
        assert_eq!(chain.fails(&key("bob"), &nested(depth, sending.clone())), code("sdk", 18), "{depth} deep");
    }
    let tx = chain.tx(&key("bob"), TxBuilder::new().msg(&nested(8, sending)));
    assert_eq!(chain.check_tx(&tx).code, 2, "decoding refuses what is nested deeper still");
    let mut chain = TestChain::new();
    for depth in 1..=4 {
        assert_eq!(
            chain.fails(&key("bob"), &nested(depth, any(&MsgBeacon::default()))),
            code("sdk", 6),
            "{depth} deep"
        );
    }
    let (granter, grantee) = ("alice", "bob");
    assert_eq!(chain.fails(&key(granter), &grant(granter, grantee, generic::<MsgBeacon>(), None)), code("sdk", 29));
}

#[test]
fn a_grant_for_exec_hands_on_what_the_granter_may_do() {
    let mut chain = TestChain::new();
    let chained = exec("tenant", &[any(&exec_send("bob", "alice", "rival", 5))]);
    chain.run(&key("alice"), &grant("alice", "bob", limit(8, &[]), None));
    assert_eq!(chain.fails(&key("tenant"), &chained), code("authz", 2));
    chain.run(&key("bob"), &grant("bob", "tenant", generic::<MsgExec>(), None));
    chain.run(&key("tenant"), &chained);
    assert_eq!(chain.balance(&address("rival")), FUNDS + 5);
    assert_eq!(chain.fails(&key("tenant"), &chained), code("sdk", 5), "the limit of the first grant holds");
}

#[test]
fn a_revoked_grant_is_gone() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &grant("alice", "bob", generic::<MsgSend>(), None));
    assert_eq!(chain.fails(&key("alice"), &revoke::<MsgMultiSend>("alice", "bob")), code("authz", 2));
    assert_eq!(chain.fails(&key("alice"), &revoke::<MsgSend>("alice", "alice")), code("authz", 7));
    let unnamed = MsgRevoke { msg_type_url: String::new(), ..revoke::<MsgSend>("alice", "bob") };
    assert_eq!(chain.fails(&key("alice"), &unnamed), code("sdk", 18));
    let revoked = chain.run(&key("alice"), &revoke::<MsgSend>("alice", "bob"));
    assert_eq!(events(&revoked, "cosmos.authz.v1beta1.EventRevoke").len(), 1);
    assert_eq!(chain.fails(&key("bob"), &exec_send("bob", "alice", "bob", 1)), code("authz", 2));
    assert_eq!(chain.fails(&key("alice"), &revoke::<MsgSend>("alice", "bob")), code("authz", 2));
}

#[test]
fn what_makes_no_sense_is_not_granted() {
    let mut chain = TestChain::new();
    let good = grant("alice", "bob", generic::<MsgSend>(), None);
    let none = MsgGrant { grant: None, ..good.clone() };
    let coin_type = Any { type_url: "/cosmos.base.v1beta1.Coin".into(), value: coin(1).encode_to_vec() };
    for (bad, expected) in [
        (grant("alice", "alice", generic::<MsgSend>(), None), code("authz", 7)),
        (MsgGrant { grantee: "bob".into(), ..good.clone() }, code("sdk", 7)),
        (none, code("sdk", 29)),
        (grant("alice", "bob", coin_type, None), code("authz", 4)),
        (grant("alice", "bob", generic::<SendAuthorization>(), None), code("sdk", 29)),
        (grant("alice", "bob", any(&GenericAuthorization { msg: String::new() }), None), code("sdk", 18)),
        (grant("alice", "bob", limit(0, &[]), None), code("sdk", 10)),
        (grant("alice", "bob", limit(1, &["bob", "bob"]), None), code("sdk", 18)),
    ] {
        assert_eq!(chain.fails(&key("alice"), &bad), expected, "{bad:?}");
    }
    chain.run(&key("alice"), &grant("alice", "newcomer", generic::<MsgSend>(), None));
    assert_eq!(chain.account(&key("newcomer")).sequence, 0, "a grantee has an account to sign with");
}

#[test]
fn messages_of_every_module_can_be_granted() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &grant("alice", "bob", generic::<provider::MsgCreateProvider>(), None));
    let (owner, host_uri) = (address("alice"), "http://127.0.0.1:8443".into());
    let create = provider::MsgCreateProvider { owner, host_uri, ..Default::default() };
    let done = chain.run(&key("bob"), &exec("bob", &[any(&create)]));
    let created = events(&done, "aliquot.provider.v1.EventProviderCreated");
    assert_eq!(created, [format!(r#"owner="{}" authz_msg_index=0 msg_index=0"#, address("alice"))]);
    assert_eq!(chain.fails(&key("bob"), &exec("bob", &[any(&create)])), code("provider", 2));
}

#[test]
fn a_contract_is_called_in_the_granters_name() {
    let mut state = genesis();
    state["wasm"] = json!({"params": {
        "code_upload_access": {"permission": "ACCESS_TYPE_EVERYBODY"},
        "instantiate_default_permission": "ACCESS_TYPE_EVERYBODY"}});
    let mut chain = TestChain::from_genesis(&state);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts/cw20_base.wasm");
    let (sender, wasm_byte_code) = (address("alice"), std::fs::read(path).unwrap());
    chain.run(&key("alice"), &wasm::MsgStoreCode { sender, wasm_byte_code, ..Default::default() });
    let token = json!({"name": "Share of device 7", "symbol": "GPUSH", "decimals": 6,
        "initial_balances": [{"address": address("alice"), "amount": "100"}]});
    let (sender, msg) = (address("alice"), token.to_string().into_bytes());
    let label = "token".into();
    let new = wasm::MsgInstantiateContract { sender, code_id: 1, label, msg, ..Default::default() };
    let contract = response::<wasm::MsgInstantiateContractResponse>(&chain.run(&key("alice"), &new)).address;
    chain.run(&key("alice"), &grant("alice", "bob", generic::<wasm::MsgExecuteContract>(), None));
    let msg = json!({"transfer": {"recipient": address("rival"), "amount": "10"}}).to_string().into_bytes();
    let call =
        wasm::MsgExecuteContract { sender: address("alice"), contract: contract.clone(), msg, ..Default::default() };
    let done = chain.run(&key("bob"), &exec("bob", &[any(&call)]));
    let [emitted] = events(&done, "wasm").try_into().unwrap();
    let from = format!("from={}", address("alice"));
    assert!(emitted.contains(&from) && emitted.ends_with("authz_msg_index=0 msg_index=0"), "{emitted}");
    assert_eq!(chain.fails(&key("rival"), &exec("rival", &[any(&call)])), code("authz", 2));
}

#[test]
fn grants_are_found_by_either_side_on_every_page_and_move_with_the_chain() {
    let mut chain = TestChain::new();
    let until = Some(time_of(1_000));
    for (granter, grantee) in [("alice", "bob"), ("alice", "rival"), ("tenant", "bob")] {
        chain.run(&key(granter), &grant(granter, grantee, limit(5, &[]), until));
        chain.run(&key(granter), &grant(granter, grantee, generic::<MsgExec>(), None));
    }
    let by_granter = pages(|pagination| {
        let request = authz::QueryGranterGrantsRequest { granter: address("alice"), pagination };
        let page: authz::QueryGranterGrantsResponse =
            chain.query("/cosmos.authz.v1beta1.Query/GranterGrants", &request);
        (page.grants, page.pagination.unwrap().next_key)
    });
    let by_grantee = pages(|pagination| {
        let request = authz::QueryGranteeGrantsRequest { grantee: address("bob"), pagination };
        let page: authz::QueryGranteeGrantsResponse =
            chain.query("/cosmos.authz.v1beta1.Query/GranteeGrants", &request);
        (page.grants, page.pagination.unwrap().next_key)
    });
    let sides = |found: &[GrantAuthorization]| {
        let mut sides: Vec<_> = found.iter().map(|g| (g.granter.clone(), g.grantee.clone())).collect();
        sides.sort();
        sides
    };
    let twice = |pairs: [(&str, &str); 2]| {
        let mut sides: Vec<_> = pairs.iter().chain(&pairs).map(|(a, b)| (address(a), address(b))).collect();
        sides.sort();
        sides
    };
    assert_eq!(sides(&by_granter), twice([("alice", "bob"), ("alice", "rival")]));
    assert_eq!(sides(&by_grantee), twice([("alice", "bob"), ("tenant", "bob")]));
    let one = |url: String| {
        let (granter, grantee) = (address("alice"), address("bob"));
        let request = authz::QueryGrantsRequest { granter, grantee, msg_type_url: url, pagination: None };
        chain.try_query("/cosmos.authz.v1beta1.Query/Grants", &request, 0)
    };
    let found = authz::QueryGrantsResponse::decode(one(MsgSend::type_url()).value).unwrap();
    assert_eq!(found.grants, [Grant { authorization: Some(limit(5, &[])), expiration: until }]);
    let missing = one(MsgMultiSend::type_url());
    assert_eq!((missing.codespace.as_str(), missing.code), ("authz", 2));
    let exported = chain.export();
    let mut copy = TestChain::from_genesis(&exported);
    copy.force(&[]);
    assert_eq!(copy.export()["authz"], exported["authz"]);
    assert_eq!(exported["authz"]["authorization"].as_array().unwrap().len(), 6);
    copy.run(&key("bob"), &exec_send("bob", "tenant", "bob", 5));
}

/// All pages of one entry each.
fn pages(mut ask: impl FnMut(Option<PageRequest>) -> (Vec<GrantAuthorization>, Vec<u8>)) -> Vec<GrantAuthorization> {
    let (mut found, mut key) = (Vec::new(), vec![]);
    loop {
        let (page, next) = ask(Some(PageRequest { limit: 1, key, ..Default::default() }));
        assert!(page.len() <= 1);
        found.extend(page);
        if next.is_empty() {
            return found;
        }
        key = next;
    }
}

#[test]
fn a_deposit_is_granted_and_what_is_left_returns_to_the_granter() {
    use crate::a_job_is_bid_for_proven_and_paid::create_deployment;
    use aliquot_proto::escrow::v1::{DepositAuthorization, MsgAccountDeposit, deposit_authorization::Scope};
    let mut chain = TestChain::new();
    chain.run(&key("tenant"), &create_deployment(1));
    let spend_limits = vec![coin(3_000_000)];
    let allowed = DepositAuthorization { scopes: vec![Scope::Deployment.into()], spend_limits };
    let grant = Grant { authorization: Some(aliquot_client::any(&allowed)), expiration: None };
    let (granter, grantee) = (key("alice").address().to_string(), key("tenant").address().to_string());
    let msg = MsgGrant { granter: granter.clone(), grantee: grantee.clone(), grant: Some(grant) };
    chain.run(&key("alice"), &msg);
    let before = chain.balance(&granter);
    let deposit = |amount| MsgExec {
        grantee: grantee.clone(),
        msgs: vec![aliquot_client::any(&MsgAccountDeposit {
            depositor: granter.clone(),
            owner: grantee.clone(),
            dseq: 1,
            amount: Some(coin(amount)),
        })],
    };
    chain.run(&key("tenant"), &deposit(2_000_000));
    assert_eq!(chain.fails(&key("tenant"), &deposit(2_000_000)), ("sdk".into(), 5));
    assert_eq!(chain.balance(&granter), before - 2_000_000);
    let close = aliquot_proto::deployment::v1::MsgCloseDeployment { owner: grantee.clone(), dseq: 1 };
    chain.run(&key("tenant"), &close);
    assert_eq!(chain.balance(&granter), before, "the granter's coins return to the granter");
}
