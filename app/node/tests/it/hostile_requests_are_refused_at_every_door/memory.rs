//! What all of it together costs in memory, measured where nothing else runs.

use super::{connections::connect as plain, house, http2, still_open};
use std::{fs, io::Write, net::TcpStream, process::Command, time::Duration};

/// MiB that hostile clients may add.
const MOST: u64 = 400;

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Other tests of this program would be counted too, so it is started once more for this one alone.
#[test]
fn hostile_clients_do_not_make_memory_grow() {
    let me = std::env::current_exe().unwrap();
    let name = "hostile_requests_are_refused_at_every_door::memory::alone";
    let out = Command::new(me).args(["--exact", name, "--ignored", "--nocapture"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&out.stderr));
}

/// As many connections as a door takes, each with as much as it may hold, none of which is finished.
#[test]
#[ignore = "run by the test above in a process of its own"]
fn alone() {
    let house = house();
    let (rest, grpc) = (house.doors.api.unwrap(), house.doors.grpc.unwrap());
    still_open(&house);
    let before = resident();
    let part = |stream: &mut TcpStream, bytes: &[u8]| {
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let _ = stream.write_all(bytes);
    };
    let mut open = Vec::new();
    // Heads that go on, bodies that stop just before their end, and calls whose message is announced and not sent.
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}", "y".repeat(300_000));
    let body = format!(
        "POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nhost: a\r\ncontent-length: 900000\r\n\r\n{}",
        " ".repeat(899_999)
    );
    for _ in 0..200 {
        for bytes in [&head, &body] {
            let mut stream = plain(rest);
            part(&mut stream, bytes.as_bytes());
            open.push(stream);
        }
        let mut stream = http2::connect(grpc);
        part(&mut stream, &http2::frame(1, 4, 1, &http2::call(http2::PARAMS)));
        part(&mut stream, &http2::frame(0, 0, 1, &[&[0, 0, 0x10, 0, 0][..], &[0; 16_000]].concat()));
        open.push(stream);
    }
    still_open(&house);
    let during = resident();
    drop(open);
    for _ in 0..200 {
        let heard = house.post("/cosmos/tx/v1beta1/encode", format!("{{\"tx\":{}", "[".repeat(900_000)));
        assert_eq!(heard.status, 400);
    }
    let after = resident();
    println!("resident: {before} MiB before, {during} with 600 clients that do not finish, {after} at the end");
    assert!(during < before + MOST && after < before + MOST, "{before}, {during}, {after} MiB");
}
