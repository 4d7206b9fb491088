//! HTTP/1 as nobody should speak it: heads without end, bodies that do not come, and more connections than there is room
//! for.

use super::{house, still_open};
use crate::{
    chain::TestChain,
    doors::{House, drain},
};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends what the door lets through, and gives what it says.
fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    drain(&mut stream)
}

#[test]
fn heads_that_are_too_long_or_crooked_are_refused() {
    let house = house();
    let doors = [house.doors.api.unwrap(), house.doors.grpc.unwrap(), house.doors.telemetry.unwrap()];
    let get = "GET /cosmos/auth/v1beta1/params HTTP/1.1\r\nhost: a\r\n";
    let post = "POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nhost: a\r\n";
    let heads = [
        format!("{get}{}\r\n", "x: y\r\n".repeat(1_000)),
        format!("{get}x: {}\r\n\r\n", "y".repeat(2_000_000)),
        format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(2_000_000)),
        format!("{get}\0: y\r\n\r\n"),
        format!("{get}x: \x01\r\n\r\n"),
        format!("{get} folded: y\r\n\r\n"),
        format!("{post}content-length: -1\r\n\r\n"),
        format!("{post}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{post}content-length: 99999999999999999999999\r\n\r\n{{}}"),
        format!("{post}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{{}}"),
        format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}"),
        "GET  HTTP/1.1\r\n\r\n".into(),
        "\r\n".repeat(100_000),
        "G".repeat(1_000_000),
    ];
    for door in doors {
        for head in &heads {
            let answer = say(door, head.as_bytes());
            let first = answer.lines().next().unwrap_or_default();
            let refused =
                answer.is_empty() || ["400", "414", "415", "431", "404"].iter().any(|code| first.contains(code));
            assert!(refused, "{:?}: {first}", &head[..60.min(head.len())]);
            assert!(answer.len() < 2_000);
        }
    }
    still_open(&house);
}

#[test]
fn bodies_that_end_early_or_lie_about_their_length_reach_no_handler() {
    let house = house();
    let (rest, grpc) = (house.doors.api.unwrap(), house.doors.grpc.unwrap());
    let head = |more: &str| format!("POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nhost: a\r\n{more}\r\n\r\n");
    let early = say(rest, (head("content-length: 100") + "{\"tx_bytes\":").as_bytes());
    assert!(early.is_empty() || early.starts_with("HTTP/1.1 400"), "{early}");
    let chunked = say(rest, (head("transfer-encoding: chunked") + "ffff\r\n{").as_bytes());
    assert!(chunked.is_empty() || chunked.starts_with("HTTP/1.1 400"), "{chunked}");
    let large = say(rest, (head("content-length: 1000000000000") + "{").as_bytes());
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 400"), "{large}");
    // What was not read is not taken for the next request, and clients are told not to send it here.
    let next = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
    let unknown = "POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n".to_string();
    for head in [head("content-length: 3000000"), unknown] {
        let mut stream = connect(rest);
        let _ = stream.write_all((head + next).as_bytes());
        let mut answer = [0; 512];
        let count = stream.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]).to_lowercase();
        assert!(answer.contains("connection: close") && !answer.contains("http/1.1 200"), "{answer}");
    }
    // A bomb: REST takes bodies as they are.
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zipped.write_all(&vec![b' '; 10_000_000]).unwrap();
    let zipped = zipped.finish().unwrap();
    let request = house.http.post(house.url("/cosmos/tx/v1beta1/simulate")).header("content-encoding", "gzip");
    assert_eq!(house.send(request.body(zipped)).status, 400);
    // gRPC-web over HTTP/1, with frames that are longer, shorter and other than they say.
    let web = |kind: &str, body: &[u8]| {
        let url = format!("http://{grpc}/cosmos.auth.v1beta1.Query/Params");
        house.send(house.http.post(url).header("content-type", kind).body(body.to_vec()))
    };
    for body in [
        &[][..],
        &[0],
        &[0, 0, 0, 0],
        &[0, 0xff, 0xff, 0xff, 0xff],
        &[0, 0, 0, 0, 9, 1],
        &[7, 0, 0, 0, 0],
        &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x80, 0, 0, 0, 1, b'a'],
    ] {
        for kind in ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"] {
            let heard = web(kind, body);
            assert!(heard.status < 500 && heard.text.len() < 2_000, "{kind} {body:?}: {} {}", heard.status, heard.text);
        }
    }
    assert!(web("application/grpc-web-text", b"*** not base64 ***").status < 500);
    still_open(&house);
}

/// Those who find no room wait, and are answered when others leave.
#[test]
fn connections_beyond_the_limit_wait_for_room() {
    let house = House::with(TestChain::new(), |config| config.api.max_open_connections = 8);
    let rest = house.doors.api.unwrap();
    let idle: Vec<TcpStream> = (0..8).map(|_| connect(rest)).collect();
    let mut late = connect(rest);
    late.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    late.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(late.read(&mut [0; 1]).is_err(), "answered although there is no room");
    drop(idle);
    late.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(drain(&mut late).starts_with("HTTP/1.1 200"));
}
