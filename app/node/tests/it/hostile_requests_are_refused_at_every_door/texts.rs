//! Texts and bytes that are well formed for HTTP and nothing else: JSON, queries, metadata, and what ABCI is asked.

use super::{BALANCE, house, still_open};
use crate::{chain::key, doors::House};
use base64::{Engine, engine::general_purpose::STANDARD};
use tendermint_proto::v0_38::abci::{RequestQuery, request::Value as In, response::Value as Out};
use tonic::{Code, Request};

const SIMULATE: &str = "/cosmos/tx/v1beta1/simulate";
const ENCODE: &str = "/cosmos/tx/v1beta1/encode";

fn fee(gas: &str) -> String {
    format!(r#"{{"tx":{{"body":{{"memo":"a"}},"auth_info":{{"fee":{{"gas_limit":{gas}}}}},"signatures":[]}}}}"#)
}

#[test]
fn json_that_is_no_message_is_refused_and_said_why() {
    let house = house();
    let nested = |open: &str, close: &str| format!(r#"{{"tx":{}{}}}"#, open.repeat(20_000), close.repeat(20_000));
    let bodies = [
        (SIMULATE, r#"{"tx_bytes":NaN}"#.to_string()),
        (SIMULATE, r#"{"tx_bytes":Infinity}"#.into()),
        (SIMULATE, "{\"tx_bytes\":\"\u{0}\"}".into()),
        (SIMULATE, r#"{"tx_bytes":"AA"} trailing"#.into()),
        (SIMULATE, r#"{"tx_bytes":"\ud800"}"#.into()),
        (SIMULATE, r#"{"tx":{"body":{"timeout_height":"18446744073709551616"}}}"#.into()),
        (ENCODE, nested(r#"{"body":"#, "}")),
        (ENCODE, nested("[", "]")),
        (ENCODE, fee("1e999")),
        (ENCODE, fee("1e30")),
        (ENCODE, fee("-1")),
        (ENCODE, fee("1.5")),
        (ENCODE, fee(&"9".repeat(100_000))),
        (ENCODE, fee(r#""0x10""#)),
        (ENCODE, fee("[]")),
        (ENCODE, r#"{"tx":{"body":{"memo":"a"},"body":7}}"#.into()),
        (ENCODE, r#"{"tx":{"body":{"timeout_height":1,"timeoutHeight":2}}}"#.into()),
        (ENCODE, r#"{"tx":{"body":{"messages":[{"@type":7}]}}}"#.into()),
        (ENCODE, r#"{"tx":{"body":{"messages":[{"@type":"/google.protobuf.Any","value":{"@type":"x"}}]}}}"#.into()),
        (ENCODE, r#"{"tx":{"auth_info":{"signer_infos":[{"mode_info":{"single":{},"multi":{}}}]}}}"#.into()),
        (ENCODE, format!(r#"{{"tx":{{"body":{{"{}":1}}}}}}"#, "a".repeat(500_000))),
    ];
    for (path, body) in bodies {
        let shown: String = body.chars().take(60).collect();
        let heard = house.post(path, body);
        assert_eq!((heard.status, heard.json()["code"].as_i64()), (400, Some(3)), "{shown}: {}", heard.text);
        assert!(heard.text.len() < 2_500, "{shown}: an answer of {} bytes", heard.text.len());
    }
    let bytes = [b"{\"tx_bytes\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
    assert_eq!(house.post(SIMULATE, bytes).status, 400);
    // Of a key that appears twice the last counts, in the body as in any other JSON.
    let twice = house.post(ENCODE, r#"{"tx":{"body":{"memo":"a"},"body":{"memo":"b"}}}"#.to_string());
    assert_eq!(twice.status, 200, "{}", twice.text);
    let tx = STANDARD.decode(twice.json()["tx_bytes"].as_str().unwrap()).unwrap();
    assert!(tx.windows(3).any(|window| window == [0x12, 1, b'b']), "{tx:?}");
    still_open(&house);
}

#[test]
fn long_and_strange_queries_are_answered_briefly() {
    let house = house();
    let alice = key("alice").address().to_string();
    let balances = format!("/cosmos/bank/v1beta1/balances/{alice}");
    let many = |pair: &str, count: usize| vec![pair; count].join("&");
    for (query, status) in [
        (many("pagination.limit=1", 2_000), 200),
        (many("x=y", 5_000), 200),
        (format!("{}=1", vec!["pagination"; 3_000].join(".")), 200),
        (format!("pagination.key={}", "A".repeat(40_000)), 200),
        (format!("pagination.key={}", "%41".repeat(10_000)), 200),
        (format!("pagination.limit={}", "9".repeat(30_000)), 400),
        ("pagination.offset=18446744073709551615".into(), 400),
        ("pagination.offset=18446744073709551616".into(), 400),
        ("pagination.offset=NaN".into(), 400),
        ("pagination.key=%00%00".into(), 400),
        ("%=%&&&==&=".into(), 400),
    ] {
        let heard = house.get(&format!("{balances}?{query}"));
        let shown: String = query.chars().take(60).collect();
        assert_eq!(heard.status, status, "{shown}: {}", heard.text);
        assert!(heard.text.len() < 2_500, "{shown}: an answer of {} bytes", heard.text.len());
    }
    // An address that is no address is repeated in the error, but not all of it, and not in a header without end.
    let long =
        aliquot_proto::cosmos::bank::v1beta1::QueryBalanceRequest { address: "ä".repeat(400_000), denom: "a".into() };
    let refused = house.grpc(&house.channel(), BALANCE, prost::Message::encode_to_vec(&long), 0).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    assert!(refused.message().len() <= 1024 && !refused.message().is_empty());
    still_open(&house);
}

#[test]
fn metadata_that_makes_no_sense_is_refused_or_passed_over() {
    let house = house();
    let channel = house.channel();
    let ask = |name: &'static str, value: &str| {
        let mut request = Request::new(Vec::new().into());
        request.metadata_mut().insert(name, value.parse().unwrap());
        let path = "/cosmos.auth.v1beta1.Query/Params";
        house.runtime.block_on(crate::doors::unary(channel.clone(), path, request)).map_err(|status| status.code())
    };
    for height in ["-1", "x", "1e3", "99999999999999999999", "0x1", &"9".repeat(4_000)] {
        assert_eq!(ask("x-cosmos-block-height", height).err(), Some(Code::InvalidArgument), "{height}");
    }
    for timeout in ["0S", "-1S", "S", "99999999999S", "1y", &"9".repeat(4_000)] {
        let answer = ask("grpc-timeout", timeout).err();
        assert!(matches!(answer, None | Some(Code::DeadlineExceeded | Code::Cancelled)), "{timeout}: {answer:?}");
    }
    for encoding in ["br", "gzip,gzip", "identity", "\u{7e}"] {
        let answer = ask("grpc-encoding", encoding).err();
        assert!(matches!(answer, None | Some(Code::Unimplemented)), "{encoding}: {answer:?}");
    }
    still_open(&house);
}

#[test]
fn garbage_over_abci_is_answered_with_an_error() {
    let house = house();
    let ask = |house: &House, path: &str, data: &[u8], height: i64, prove: bool| {
        let query = RequestQuery { data: data.to_vec().into(), path: path.into(), height, prove };
        match house.chain.ask(In::Query(query)) {
            Out::Query(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    let paths = [
        "",
        "/",
        "//",
        "/store",
        "/store/bank/subspace",
        "/store//key",
        "/store/nothing/key",
        "/store/bank/key/key",
        "/app/simulate",
        "/p2p/filter/addr/1",
        "store/bank/key",
        "/cosmos.bank.v1beta1.Query/",
        "/\0",
        "/custom/é",
    ];
    for path in paths {
        for (data, height, prove) in
            [(&[][..], 0, false), (&[0xff; 64], 1, true), (&[0], i64::MAX, true), (&[], -1, true)]
        {
            let answer = ask(&house, path, data, height, prove);
            assert_ne!(answer.code, 0, "{path:?} {data:?} {height}");
            assert!(!answer.log.is_empty() && answer.log.len() < 2_000, "{path:?}: {}", answer.log);
        }
    }
    let long = "/".repeat(1_000_000);
    assert_ne!(ask(&house, &long, &[], 0, false).code, 0);
    for data in [&[0xff; 1_000][..], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0x0a; 100_000]] {
        assert_ne!(ask(&house, BALANCE, data, 0, false).code, 0);
    }
    assert_eq!(
        ask(&house, "/store/bank/key", &[1; 100_000], 0, true).code,
        0,
        "a key that is absent has a proof of that"
    );
    still_open(&house);
}
