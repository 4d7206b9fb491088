//! What strangers send on purpose: every door answers with a clear error, in bounded time, and stays open.

mod connections;
mod http2;
mod memory;
mod texts;

use crate::{
    chain::{TestChain, key},
    doors::{House, drain},
};
use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};
use tonic::Code;

const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";

fn house() -> House {
    let mut chain = TestChain::new();
    chain.blocks(2);
    House::new(chain)
}

fn still_open(house: &House) {
    assert_eq!(house.get("/cosmos/auth/v1beta1/params").status, 200);
}

#[test]
fn rest_refuses_what_it_cannot_read() {
    let house = house();
    let alice = key("alice").address().to_string();
    let get = [
        (format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.limit=-1"), 400, 3),
        (format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.limit=ten"), 400, 3),
        (format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.key=***"), 400, 3),
        (format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.key=AA==&pagination.offset=1"), 400, 3),
        (format!("/cosmos/bank/v1beta1/balances/{alice}?pagination.reverse=perhaps"), 400, 3),
        ("/cosmos/bank/v1beta1/balances/%ff".into(), 400, 3),
        ("/cosmos/bank/v1beta1/balances/%zz".into(), 400, 3),
        ("/cosmos/bank/v1beta1/balances/test".into(), 400, 3),
        (format!("/cosmos/auth/v1beta1/accounts/{}", key("nobody").address()), 404, 5),
        ("/cosmos/bank/v1beta1/balances".into(), 501, 12),
        ("/cosmos/staking/v1beta1/validators".into(), 501, 12),
        ("/%2e%2e/%2e%2e/etc/passwd".into(), 501, 12),
        (format!("/{}", "a/".repeat(5000)), 501, 12),
    ];
    for (path, status, code) in get {
        let heard = house.get(&path);
        assert_eq!(heard.status, status, "{path}: {}", heard.text);
        assert_eq!(heard.json()["code"], code, "{path}");
        assert!(heard.header("content-type").starts_with("application/json"));
        assert!(heard.text.len() < 2000, "{path}");
    }
    let url = house.url("/cosmos/auth/v1beta1/params");
    for (height, status) in [("99", 400), ("-1", 400), ("x", 400), ("1", 200), ("0", 200)] {
        let heard = house.send(house.http.get(&url).header("x-cosmos-block-height", height));
        assert_eq!(heard.status, status, "{height}: {}", heard.text);
    }
    still_open(&house);
}

#[test]
fn rest_refuses_bodies_that_are_broken_deep_or_large() {
    let house = house();
    let deep_json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    // An Any in an Any in an Any, as authz could hold messages.
    let any = r#"{"@type":"/cosmos.authz.v1beta1.MsgExec","msgs":["#;
    let messages = format!("{}{}", any.repeat(60), "]}".repeat(60));
    let deep_any = format!(r#"{{"tx":{{"body":{{"messages":[{messages}]}}}}}}"#);
    for (path, body) in [
        ("/cosmos/tx/v1beta1/simulate", "{".to_string()),
        ("/cosmos/tx/v1beta1/simulate", "[]".into()),
        ("/cosmos/tx/v1beta1/simulate", "null".into()),
        ("/cosmos/tx/v1beta1/simulate", String::new()),
        ("/cosmos/tx/v1beta1/simulate", r#"{"tx_bytes":"!!"}"#.into()),
        ("/cosmos/tx/v1beta1/simulate", r#"{"tx_bytes":"AAAA"}"#.into()),
        ("/cosmos/tx/v1beta1/simulate", r#"{"tx_bytes":7}"#.into()),
        ("/cosmos/tx/v1beta1/simulate", deep_json),
        ("/cosmos/tx/v1beta1/encode", deep_any),
        ("/cosmos/tx/v1beta1/encode", r#"{"tx":{"body":{"messages":[{"@type":"/no.such.Msg"}]}}}"#.into()),
        ("/cosmos/tx/v1beta1/txs", r#"{"tx_bytes":"","mode":"BROADCAST_MODE_SYNC"}"#.into()),
        ("/cosmos/tx/v1beta1/txs", r#"{"tx_bytes":"AAAA","mode":"BROADCAST_MODE_LOUD"}"#.into()),
        ("/cosmos/tx/v1beta1/txs", format!(r#"{{"tx_bytes":"{}"}}"#, "A".repeat(3_000_000))),
    ] {
        let begun = Instant::now();
        let shown: String = body.chars().take(60).collect();
        let heard = house.post(path, body);
        assert_eq!((heard.status, heard.json()["code"].as_i64()), (400, Some(3)), "{shown}: {}", heard.text);
        assert!(begun.elapsed() < Duration::from_secs(5), "{shown}");
    }
    still_open(&house);
}

#[test]
fn grpc_refuses_what_it_cannot_read() {
    let house = house();
    let channel = house.channel();
    let code = |path: &str, raw: Vec<u8>, height| house.grpc(&channel, path, raw, height).map_err(|s| s.code()).err();
    assert_eq!(code(BALANCE, vec![0xff; 100], 0), Some(Code::InvalidArgument));
    assert_eq!(code(BALANCE, vec![], 0), Some(Code::InvalidArgument));
    assert_eq!(code(BALANCE, vec![], 99), Some(Code::InvalidArgument));
    assert_eq!(code("/cosmos.staking.v1beta1.Query/Validators", vec![], 0), Some(Code::Unimplemented));
    assert_eq!(code("/nothing", vec![], 0), Some(Code::Unimplemented));
    assert_eq!(code("/cosmos.bank.v1beta1.Msg/Send", vec![], 0), Some(Code::Unimplemented));
    // More than a request may hold.
    let refused = code(BALANCE, vec![0x0a; 11 * 1024 * 1024], 0);
    assert!(matches!(refused, Some(Code::OutOfRange | Code::Unknown | Code::Internal)), "{refused:?}");
    // A deadline that is over before it begins.
    let mut request = tonic::Request::new(vec![].into());
    request.metadata_mut().insert("grpc-timeout", "1n".parse().unwrap());
    let late = house.runtime.block_on(crate::doors::unary(channel.clone(), BALANCE, request)).unwrap_err();
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::InvalidArgument | Code::Cancelled), "{late:?}");
    assert!(code("/cosmos.auth.v1beta1.Query/Params", vec![], 0).is_none());
}

/// Ten kilobytes that unpack to ten megabytes: nothing of it is unpacked.
#[test]
fn compressed_requests_are_not_unpacked() {
    let house = house();
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zipped.write_all(&vec![0u8; 10_000_000]).unwrap();
    let zipped = zipped.finish().unwrap();
    let mut framed = vec![1u8];
    framed.extend((zipped.len() as u32).to_be_bytes());
    framed.extend(&zipped);
    let url = format!("http://{}{BALANCE}", house.doors.grpc.unwrap());
    let sent = house.http.post(url).header("content-type", "application/grpc-web+proto");
    let heard = house.send(sent.header("grpc-encoding", "gzip").body(framed));
    let refused = heard.header("grpc-status") == "12" || heard.text.contains("grpc-status:12");
    assert!(refused, "{:?} {}", heard.headers, heard.text);
}

#[test]
fn an_abci_query_cannot_nest() {
    let house = house();
    let path = "/cosmos.base.tendermint.v1beta1.Service/ABCIQuery";
    let asked =
        aliquot_proto::cosmos::base::tendermint::v1beta1::AbciQueryRequest { path: path.into(), ..Default::default() };
    let refused = house.abci(path, prost::Message::encode_to_vec(&asked), 0);
    assert!(refused.log.contains("InvalidArgument"), "{}", refused.log);
}

#[test]
fn garbage_and_slow_clients_do_not_close_a_door() {
    let house = House::with(TestChain::new(), |config| config.api.max_open_connections = 40);
    let (rest, grpc) = (house.doors.api.unwrap(), house.doors.grpc.unwrap());
    for address in [rest, grpc] {
        for bytes in [&[0u8; 64][..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff", b"GET \0 HTTP/9.9\r\n\r\n"] {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let _ = stream.write_all(bytes);
            drain(&mut stream);
        }
    }
    // Requests that never end, as many as leave one place.
    let slow: Vec<TcpStream> = (0..39)
        .map(|_| {
            let mut stream = TcpStream::connect(rest).unwrap();
            stream
                .write_all(b"POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(house.get("/health").status, 200);
    // The body's time is over before long, and says so.
    let mut first = slow.into_iter().next().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = [0u8; 512];
    let count = std::io::Read::read(&mut first, &mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not arrive"), "{answer}");
}

#[test]
fn more_queries_than_can_wait_are_shed_and_the_rest_answered() {
    let house = house();
    let url = house.url("/cosmos/auth/v1beta1/accounts");
    let statuses: Vec<u16> = house.runtime.block_on(async {
        let asks = (0..900).map(|_| tokio::spawn(house.http.get(&url).send()));
        let mut out = Vec::new();
        for ask in asks.collect::<Vec<_>>() {
            out.push(ask.await.unwrap().unwrap().status().as_u16());
        }
        out
    });
    assert!(statuses.iter().all(|status| matches!(status, 200 | 503)), "{statuses:?}");
    assert!(statuses.iter().filter(|status| **status == 200).count() >= 256);
    still_open(&house);
}
