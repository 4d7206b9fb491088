//! What the canonical check refuses, case by case, and what it says.

use aliquot_proto::cosmos::authz::v1beta1::MsgExec;
use aliquot_proto::cosmos::bank::v1beta1::MsgSend;
use aliquot_proto::cosmos::base::v1beta1::Coin;
use aliquot_proto::cosmos::crypto::secp256k1::PubKey;
use aliquot_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use aliquot_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxBody, TxRaw};
use aliquot_proto::prost::{Message, Name};
use aliquot_proto::strict::{LIMITS, Limits, Problem, check, check_by_name, check_tx, check_within, decode};
use aliquot_proto::{Any, compute, market};

const BODY: &str = "cosmos.tx.v1beta1.TxBody";
const COIN: &str = "cosmos.base.v1beta1.Coin";
const JOB: &str = "aliquot.compute.v1.Job";

fn packed<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

fn send() -> MsgSend {
    MsgSend {
        from_address: "aliquot1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn0cwkdu".into(),
        to_address: "aliquot1pzysnqqqsyqcyq5rqwzqfpg9scrgwpugcwkdu0".into(),
        amount: vec![Coin { denom: "ualq".into(), amount: "1000000".into() }],
    }
}

/// A transaction that sends coins, as a wallet encodes it: about 320 bytes.
pub fn bank_send() -> Vec<u8> {
    let body = TxBody { messages: vec![packed(&send())], memo: "rent".into(), ..Default::default() };
    let signer = SignerInfo {
        public_key: Some(packed(&PubKey { key: vec![2; 33] })),
        mode_info: Some(ModeInfo { sum: Some(Sum::Single(Single { mode: 1 })) }),
        sequence: 4711,
    };
    let fee = Fee {
        amount: vec![Coin { denom: "ualq".into(), amount: "5000".into() }],
        gas_limit: 200_000,
        ..Default::default()
    };
    let auth_info = AuthInfo { signer_infos: vec![signer], fee: Some(fee), ..Default::default() };
    let raw = TxRaw {
        body_bytes: body.encode_to_vec(),
        auth_info_bytes: auth_info.encode_to_vec(),
        signatures: vec![vec![7; 64]],
    };
    raw.encode_to_vec()
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], text: &str) {
    assert_eq!(check_by_name(name, bytes).unwrap_err().to_string(), text);
}

#[test]
fn what_prost_encodes_is_accepted() {
    check_tx(&bank_send()).unwrap();
    assert_eq!(decode::<MsgSend>(&send().encode_to_vec()).unwrap(), send());
    check::<MsgSend>(b"").unwrap();
    let job = compute::v1::Job { sampled: vec![1, 300], root: vec![9; 32], phase: 4, ..Default::default() };
    check::<compute::v1::Job>(&job.encode_to_vec()).unwrap();
    // Present and empty messages are not default values.
    let bid = market::v1::MsgCreateBid { id: Some(Default::default()), ..Default::default() };
    check::<market::v1::MsgCreateBid>(&bid.encode_to_vec()).unwrap();
    // Keys left empty, as clients do when they simulate.
    let info = SignerInfo { public_key: Some(Any::default()), ..Default::default() };
    check::<SignerInfo>(&info.encode_to_vec()).unwrap();
}

#[test]
fn unknown_fields_are_refused() {
    refused(COIN, b"\x1a\x01x", "field 3 is unknown");
    refused(COIN, b"\x02\x01x", "field 0 is unknown");
    refused(COIN, b"\x80\x80\x80\x80\x80\x01\x01", "field 4294967296 is unknown");
}

#[test]
fn wrong_wire_types_and_groups_are_refused() {
    refused(COIN, b"\x08\x01", "field 1 has wire type 0, which its type does not have");
    refused(COIN, b"\x0b\x0c", "field 1 has wire type 3, which its type does not have");
    refused(COIN, b"\x0e", "field 1 has wire type 6, which its type does not have");
}

#[test]
fn integers_that_are_not_shortest_are_refused() {
    refused(COIN, b"\x0a\x81\x00x", "denom: an integer is not in its shortest form");
    refused(COIN, b"\x8a\x00\x01x", "an integer is not in its shortest form");
    refused(BODY, b"\x18\x80\x00", "timeout_height: an integer is not in its shortest form");
    let overlong = b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
    refused(BODY, overlong, "timeout_height: an integer is longer than ten bytes or 64 bits");
    check_by_name(BODY, b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").unwrap();
}

#[test]
fn order_and_repetition_are_checked() {
    refused(COIN, b"\x12\x01x\x0a\x01y", "field 1 follows a field of higher number");
    refused(COIN, b"\x0a\x01x\x0a\x01y", "field 1 appears twice");
    // A repeated field whose elements are apart.
    let apart = b"\x0a\x00\x12\x01m\x0a\x00";
    refused(BODY, apart, "field 1 follows a field of higher number");
    let both = b"\x0a\x02\x08\x01\x12\x02\x0a\x00";
    refused("cosmos.tx.v1beta1.ModeInfo", both, "field 2 is set besides another of its oneof");
    let both = b"\x12\x02\x0a\x00\x0a\x02\x08\x01";
    refused("cosmos.tx.v1beta1.ModeInfo", both, "field 1 is set besides another of its oneof");
}

#[test]
fn default_values_spelled_out_are_refused() {
    refused(COIN, b"\x0a\x00", "denom: a default value is spelled out: leave the field out");
    refused(BODY, b"\x18\x00", "timeout_height: a default value is spelled out: leave the field out");
    refused(JOB, b"\x28\x00", "phase: a default value is spelled out: leave the field out");
}

#[test]
fn lists_of_numbers_are_packed() {
    check_by_name(JOB, b"\x72\x03\x01\xac\x02").unwrap();
    refused(JOB, b"\x70\x01\x70\x02", "field 14 has wire type 0, which its type does not have");
    refused(JOB, b"\x72\x00", "sampled: a default value is spelled out: leave the field out");
    refused(JOB, b"\x72\x01\x01\x72\x01\x02", "field 14 appears twice");
    refused(JOB, b"\x72\x02\x01\x80", "sampled: bytes end within a field");
}

#[test]
fn values_out_of_range_are_refused() {
    // 2^32 in a uint32 field, and an enum whose upper half is lost.
    refused(JOB, b"\x38\x80\x80\x80\x80\x10", "chunks: a value is out of the range of its type");
    refused(JOB, b"\x28\xff\xff\xff\xff\x0f", "phase: a value is out of the range of its type");
    // A negative enum in ten bytes is what encoders write.
    check_by_name(JOB, b"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").unwrap();
    refused("aliquot.compute.v1.MsgUpdateBond", b"\x20\x02", "withdraw: a value is out of the range of its type");
    refused(COIN, b"\x0a\x01\xff", "denom: text is not UTF-8");
    refused(COIN, b"\x0a\x05x", "denom: bytes end within a field");
    refused(COIN, b"\x80", "bytes end within a field");
}

#[test]
fn messages_within_any_are_checked_and_named() {
    let mut inner = send().encode_to_vec();
    inner.extend(b"\x1a\x0c\x0a\x01x\x12\x03100\x12\x02xx");
    let body = |value: Vec<u8>, url: &str| {
        TxBody { messages: vec![packed(&send()), Any { type_url: url.into(), value }], ..Default::default() }
            .encode_to_vec()
    };
    refused(BODY, &body(inner, "/cosmos.bank.v1beta1.MsgSend"), "messages[1].amount[1]: field 2 appears twice");
    refused(BODY, &body(vec![], "/no.Such"), r#"messages[1]: message type "no.Such" is not known to this node"#);
    refused(
        BODY,
        &body(vec![], "type.googleapis.com/cosmos.bank.v1beta1.MsgSend"),
        r#"messages[1]: type URL "type.googleapis.com/cosmos.bank.v1beta1.MsgSend" is not a slash and the full name of a message"#,
    );
    refused(BODY, &body(vec![1], ""), r#"messages[1]: type URL "" is not a slash and the full name of a message"#);
}

#[test]
fn the_parts_of_a_transaction_are_named() {
    let mut raw = TxRaw::decode(bank_send().as_slice()).unwrap();
    raw.body_bytes.extend(b"\x18\x00");
    let error = check_tx(&raw.encode_to_vec()).unwrap_err();
    assert_eq!((error.path.as_str(), error.problem), ("body.timeout_height", Problem::Default));
    raw.body_bytes.clear();
    raw.auth_info_bytes.push(0x2a);
    assert_eq!(check_tx(&raw.encode_to_vec()).unwrap_err().path, "auth_info");
    let mut twice = bank_send();
    twice.extend(b"\x0a\x01x");
    assert_eq!(check_tx(&twice).unwrap_err().to_string(), "field 1 follows a field of higher number");
}

#[test]
fn nesting_and_counts_are_bounded() {
    let mut exec = MsgExec { grantee: "g".into(), msgs: vec![] };
    let mut deepest = 0;
    for levels in 1..20 {
        if check::<MsgExec>(&exec.encode_to_vec()).is_ok() {
            deepest = levels;
        }
        exec = MsgExec { grantee: "g".into(), msgs: vec![packed(&exec)] };
    }
    // Each level is an Any and what it holds.
    assert_eq!(deepest, 8);
    let error = check::<MsgExec>(&exec.encode_to_vec()).unwrap_err();
    assert_eq!(error.problem, Problem::TooDeep(LIMITS.depth));

    let many = MsgSend { amount: vec![Coin::default(); 100_000], ..send() };
    assert_eq!(check::<MsgSend>(&many.encode_to_vec()).unwrap_err().problem, Problem::TooMany(LIMITS.fields));
    let job = compute::v1::Job { sampled: (1..=20).collect(), ..Default::default() }.encode_to_vec();
    assert!(check_within(JOB, &job, Limits { fields: 21, ..LIMITS }).is_ok());
    assert_eq!(check_within(JOB, &job, Limits { fields: 20, ..LIMITS }).unwrap_err().problem, Problem::TooMany(20));
}

#[test]
fn types_without_one_encoding_are_refused() {
    refused("no.Such", b"", r#"message type "no.Such" is not known to this node"#);
    let name = "google.protobuf.FieldOptions";
    refused(name, b"", r#"message type "google.protobuf.FieldOptions" has fields that have no canonical encoding"#);
}

/// `cargo test -p aliquot-proto --test it -- --ignored --nocapture strict_speed`
#[test]
#[ignore = "prints a measurement"]
fn strict_speed() {
    let tx = bank_send();
    check_tx(&tx).unwrap();
    // The best of many short runs, since other work shares the machine.
    let rounds = 2_000u32;
    let best = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..rounds {
                check_tx(std::hint::black_box(&tx)).unwrap();
            }
            start.elapsed() / rounds
        })
        .min();
    println!("{} bytes: {best:?} per transaction", tx.len());
}
