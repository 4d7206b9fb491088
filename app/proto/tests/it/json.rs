//! JSON against what the Cosmos SDK prints.

use aliquot_proto::cosmos::authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant};
use aliquot_proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceResponse};
use aliquot_proto::cosmos::base::query::v1beta1::PageResponse;
use aliquot_proto::cosmos::base::v1beta1::{Coin, DecCoin};
use aliquot_proto::cosmos::feegrant::v1beta1::PeriodicAllowance;
use aliquot_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use aliquot_proto::cosmwasm::wasm::v1::{CodeInfoResponse, MsgExecuteContract};
use aliquot_proto::json::{from_json, from_json_by_name, to_json, to_json_by_name};
use aliquot_proto::prost::{Message, Name};
use aliquot_proto::{Any, Timestamp, compute, deployment, market};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::entropy::{Entropy, random};
use crate::typed::descriptor;

fn coin(amount: &str) -> Coin {
    Coin { denom: "ualq".into(), amount: amount.into() }
}

fn send() -> MsgSend {
    MsgSend { from_address: "aliquot1a".into(), to_address: "aliquot1b".into(), amount: vec![coin("7")] }
}

fn packed<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

/// Prints as expected, and reads back to the same message.
fn golden<M: Message + Name + Default + PartialEq>(message: &M, expected: Value) {
    let printed = to_json(message).unwrap();
    assert_eq!(serde_json::to_string_pretty(&printed).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
    assert_eq!(from_json::<M>(&printed).unwrap(), *message);
}

#[test]
fn a_transaction_body_prints_as_the_sdk_prints_it() {
    let body = TxBody { messages: vec![packed(&send())], memo: "hi".into(), timeout_height: 9, ..Default::default() };
    golden(
        &body,
        json!({
            "messages": [{
                "@type": "/cosmos.bank.v1beta1.MsgSend",
                "from_address": "aliquot1a",
                "to_address": "aliquot1b",
                "amount": [{"denom": "ualq", "amount": "7"}]
            }],
            "memo": "hi",
            "timeout_height": "9",
            "extension_options": [],
            "non_critical_extension_options": []
        }),
    );
}

#[test]
fn what_is_not_set_prints_as_go_holds_it() {
    golden(&QueryBalanceResponse { balance: None }, json!({"balance": null}));
    golden(&PageResponse { next_key: vec![], total: 0 }, json!({"next_key": null, "total": "0"}));
    golden(&Fee::default(), json!({"amount": [], "gas_limit": "0", "payer": "", "granter": ""}));
    // These fields are no pointers in Go.
    let empty = to_json(&PeriodicAllowance::default()).unwrap();
    assert_eq!(
        empty,
        json!({
            "basic": {"spend_limit": [], "expiration": null},
            "period": "0s",
            "period_spend_limit": [],
            "period_can_spend": [],
            "period_reset": "0001-01-01T00:00:00Z"
        })
    );
    assert_eq!(to_json(&Coin::default()).unwrap(), json!({"denom": "", "amount": "0"}));
}

#[test]
fn grants_nest_and_times_are_rfc_3339() {
    let grant = MsgGrant {
        granter: "a".into(),
        grantee: "b".into(),
        grant: Some(Grant {
            authorization: Some(packed(&GenericAuthorization { msg: "/x".into() })),
            expiration: Some(Timestamp { seconds: 1_767_225_600, nanos: 5_000_000 }),
        }),
    };
    golden(
        &grant,
        json!({
            "granter": "a",
            "grantee": "b",
            "grant": {
                "authorization": {"@type": "/cosmos.authz.v1beta1.GenericAuthorization", "msg": "/x"},
                "expiration": "2026-01-01T00:00:00.005Z"
            }
        }),
    );
    golden(
        &MsgExec { grantee: "b".into(), msgs: vec![packed(&grant)] },
        json!({"grantee": "b", "msgs": [{
            "@type": "/cosmos.authz.v1beta1.MsgGrant",
            "granter": "a",
            "grantee": "b",
            "grant": {
                "authorization": {"@type": "/cosmos.authz.v1beta1.GenericAuthorization", "msg": "/x"},
                "expiration": "2026-01-01T00:00:00.005Z"
            }
        }]}),
    );
}

#[test]
fn decimals_print_with_their_point() {
    let price = |amount: &str| DecCoin { denom: "ualq".into(), amount: amount.into() };
    golden(&price("25000000000000000"), json!({"denom": "ualq", "amount": "0.025000000000000000"}));
    golden(&price("-12500000000000000000"), json!({"denom": "ualq", "amount": "-12.500000000000000000"}));
    assert_eq!(from_json::<DecCoin>(&json!({"denom": "ualq", "amount": "3.5"})).unwrap(), price("3500000000000000000"));
    assert_eq!(from_json::<DecCoin>(&json!({"denom": "ualq", "amount": "-0.0"})).unwrap(), price("0"));
    let refused = from_json::<DecCoin>(&json!({"amount": "1e5"})).unwrap_err().to_string();
    assert_eq!(refused, r#"amount: "1e5" is not a decimal number"#);
}

#[test]
fn contract_messages_are_json_and_hashes_hex() {
    let execute = MsgExecuteContract {
        sender: "a".into(),
        contract: "c".into(),
        msg: br#"{"mint":{"n":1}}"#.to_vec(),
        funds: vec![],
    };
    golden(&execute, json!({"sender": "a", "contract": "c", "msg": {"mint": {"n": 1}}, "funds": []}));
    let broken = MsgExecuteContract { msg: vec![0xff], ..execute };
    assert_eq!(to_json(&broken).unwrap()["msg"], "/w==");
    let code = to_json(&CodeInfoResponse { data_hash: vec![0xab, 0x01], ..Default::default() }).unwrap();
    assert_eq!(code["data_hash"], "AB01");
    assert_eq!(from_json::<CodeInfoResponse>(&code).unwrap().data_hash, vec![0xab, 0x01]);
}

#[test]
fn messages_of_ours_print_alike() {
    let id = market::v1::LeaseId { owner: "t".into(), dseq: 5, gseq: 1, oseq: 1, provider: "p".into() };
    let bid = market::v1::MsgCreateBid {
        signer: "p".into(),
        id: Some(id.clone()),
        price: Some(coin("1000000")),
        device_id: vec![1, 2, 3],
        deposit: None,
        ..Default::default()
    };
    let id_json = json!({"owner": "t", "dseq": "5", "gseq": 1, "oseq": 1, "provider": "p"});
    golden(
        &bid,
        json!({
            "signer": "p",
            "id": id_json,
            "price": {"denom": "ualq", "amount": "1000000"},
            "device_id": "AQID",
            "deposit": null,
            "rate": null,
            "items": [],
            "reclamation_blocks": 0,
            "payees": []
        }),
    );
    let job = compute::v1::Job {
        id: Some(id),
        kernel: "matmul".into(),
        phase: compute::v1::JobPhase::Sampled.into(),
        sampled: vec![1, 300],
        due_height: 77,
        ..Default::default()
    };
    let printed = to_json(&job).unwrap();
    assert_eq!(printed["phase"], "JOB_PHASE_SAMPLED");
    assert_eq!(printed["fault"], "JOB_FAULT_NONE");
    assert_eq!(printed["sampled"], json!([1, 300]));
    assert_eq!(printed["due_height"], "77");
    assert_eq!(printed["root"], Value::Null);
    assert_eq!(from_json::<compute::v1::Job>(&printed).unwrap(), job);
    golden(
        &deployment::v1::MsgCloseDeployment { owner: "t".into(), dseq: u64::MAX },
        json!({"owner": "t", "dseq": "18446744073709551615"}),
    );
}

#[test]
fn camel_case_and_numbers_are_read_too() {
    let json =
        json!({"fromAddress": "aliquot1a", "to_address": "aliquot1b", "amount": [{"denom": "ualq", "amount": "7"}]});
    assert_eq!(from_json::<MsgSend>(&json).unwrap(), send());
    assert_eq!(from_json::<Fee>(&json!({"gas_limit": 5})).unwrap().gas_limit, 5);
    let job = from_json::<compute::v1::Job>(&json!({"phase": 3})).unwrap();
    assert_eq!(job.phase(), compute::v1::JobPhase::Sampled);
}

#[test]
fn errors_name_the_field() {
    let refusal = |name: &str, json: Value| from_json_by_name(name, &json).unwrap_err().to_string();
    let body = "cosmos.tx.v1beta1.TxBody";
    let message = |amount: Value| json!({"messages": [{"@type": "/cosmos.bank.v1beta1.MsgSend", "amount": amount}]});
    let coins = json!([{"denom": "ualq", "amount": "1"}, {"denom": "ualq", "amount": "1.5"}]);
    assert_eq!(refusal(body, message(coins)), r#"messages[0].amount[1].amount: "1.5" is not an integer"#);
    let refused = refusal(body, message(json!([{"denim": "ualq"}])));
    assert_eq!(refused, r#"messages[0].amount[0]: cosmos.base.v1beta1.Coin has no field "denim""#);
    assert_eq!(refusal(body, message(json!("7ualq"))), r#"messages[0].amount: should be an array, is "7ualq""#);
    assert_eq!(
        refusal(body, json!({"timeout_height": "-1"})),
        r#"timeout_height: should be an unsigned 64-bit integer, is "-1""#
    );
    assert_eq!(
        refusal(body, json!({"messages": [{}]})),
        r#"messages[0]: has no "@type": it should name the message, as in /package.Message"#
    );
    assert_eq!(
        refusal("aliquot.compute.v1.Job", json!({"phase": "DONE"})),
        r#"phase: aliquot.compute.v1.JobPhase has no value "DONE""#
    );
    assert_eq!(
        refusal("cosmos.bank.v1beta1.MsgSend", json!({"from_address": "a", "fromAddress": "b"})),
        r#"fromAddress: is set, and "from_address" too: leave one out"#
    );
    assert_eq!(refusal("no.Such", json!({})), r#"message type "no.Such" is not known to this node"#);
    let unknown = refusal(body, json!({"messages": [{"@type": "/no.Such"}]}));
    assert_eq!(unknown, r#"message type "no.Such" is not known to this node"#);
    assert!(
        to_json_by_name(body, &[0xff]).unwrap_err().to_string().starts_with("bytes are not a cosmos.tx.v1beta1.TxBody")
    );
}

#[test]
fn hostile_nesting_is_refused_without_exhausting_the_stack() {
    let mut exec = MsgExec { grantee: String::new(), msgs: vec![] };
    for _ in 0..2_000 {
        exec = MsgExec { grantee: String::new(), msgs: vec![packed(&exec)] };
    }
    assert!(to_json(&exec).unwrap_err().to_string().ends_with("messages nest deeper than 64"));
    let mut json = json!({"grantee": ""});
    for _ in 0..100 {
        json["@type"] = "/cosmos.authz.v1beta1.MsgExec".into();
        json = json!({"grantee": "", "msgs": [json]});
    }
    assert!(from_json::<MsgExec>(&json).unwrap_err().to_string().ends_with("messages nest deeper than 64"));
}

proptest! {
    /// Our own types have no Go forms, so that nothing gets lost on the way through JSON: genesis files rely on it.
    #[test]
    fn json_keeps_messages_of_ours(entropy in prop::collection::vec(any::<u8>(), 0..600), which in 0usize..5) {
        let name = [
            "aliquot.compute.v1.Job",
            "aliquot.market.v1.Order",
            "aliquot.provider.v1.MsgCreateProvider",
            "aliquot.escrow.v1.Account",
            "aliquot.validator.v1.GenesisState",
        ][which];
        let mut entropy = Entropy::new(&entropy);
        let bytes = random(&descriptor(name), &mut entropy, 5).encode_to_vec();
        let json = to_json_by_name(name, &bytes).unwrap();
        let text = json.to_string();
        let again = from_json_by_name(name, &serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(again, bytes);
    }
}
