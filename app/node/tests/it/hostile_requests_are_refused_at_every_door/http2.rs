//! HTTP/2 by hand: frames that lie, floods, and streams without end.

use super::{house, still_open};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(60);
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// A unary call's header block: names from the static table, values as they are.
pub fn call(path: &str) -> Vec<u8> {
    let mut out = vec![0x83, 0x86, 0x44, path.len() as u8];
    out.extend(path.as_bytes());
    for (name, value) in [(0x41u8, "a"), (0x5f, "application/grpc")] {
        out.extend([name, value.len() as u8]);
        out.extend(value.as_bytes());
    }
    out
}

pub const PARAMS: &str = "/cosmos.auth.v1beta1.Query/Params";

pub fn connect(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
    stream
}

/// Kind and flags of the next frame that the door sends; none when the connection has ended.
fn next(stream: &mut TcpStream) -> Option<(u8, u8)> {
    let mut head = [0; 9];
    let mut read = |into: &mut [u8]| match stream.read_exact(into) {
        Ok(()) => Some(()),
        Err(e) => {
            let slow = matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!slow, "the door neither answers nor closes");
            None
        }
    };
    read(&mut head)?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    read(&mut payload)?;
    Some((head[3], head[4]))
}

/// Whether the door ends the connection; if not, it answers a ping.
fn ends(stream: &mut TcpStream) -> bool {
    let _ = stream.write_all(&frame(PING, 0, 0, b"settled?"));
    loop {
        match next(stream) {
            None | Some((GOAWAY, _)) => break true,
            Some((PING, 1)) => break false,
            Some(_) => {}
        }
    }
}

/// Writes frames, reading what comes back, until the door has had enough; whether it closed before they were all sent.
fn flood(address: SocketAddr, mut frames: impl Iterator<Item = Vec<u8>>) -> bool {
    let mut stream = connect(address);
    let mut answers = stream.try_clone().unwrap();
    let reading = thread::spawn(move || io::copy(&mut answers, &mut io::sink()));
    let begun = Instant::now();
    let failed = frames.find_map(|frame| {
        assert!(begun.elapsed() < PATIENCE, "the door reads on and on");
        stream.write_all(&frame).err()
    });
    // What was sent is dealt with before the door closes its side.
    let _ = stream.shutdown(Shutdown::Write);
    let _ = reading.join();
    failed.is_some_and(|e| !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

#[test]
fn messages_that_lie_about_their_length_are_refused() {
    let house = house();
    let address = house.doors.grpc.unwrap();
    for message in [
        &[0, 0xff, 0xff, 0xff, 0xff][..],
        &[0, 0, 0, 0, 9, 1, 2],
        &[0, 0, 0],
        &[9, 0, 0, 0, 0],
        &[1, 0, 0, 0, 1, 0],
        &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0, 0x7f, 0xff, 0xff, 0xff, 1],
    ] {
        let mut stream = connect(address);
        stream.write_all(&frame(HEADERS, END_HEADERS, 1, &call(PARAMS))).unwrap();
        stream.write_all(&frame(DATA, END_STREAM, 1, message)).unwrap();
        let ended = loop {
            match next(&mut stream) {
                Some((HEADERS, flags)) if flags & END_STREAM != 0 => break true,
                Some((RST_STREAM | GOAWAY, _)) => break true,
                Some(_) => {}
                None => break false,
            }
        };
        assert!(ended, "{message:?}: neither a status nor an end");
        still_open(&house);
    }
}

#[test]
fn frames_that_break_the_rules_end_their_connection_alone() {
    let house = house();
    let address = house.doors.grpc.unwrap();
    let mut crooked = call(PARAMS);
    crooked.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    for (index, bytes) in [
        frame(HEADERS, END_HEADERS, 2, &call(PARAMS)),
        frame(HEADERS, END_HEADERS, 0, &call(PARAMS)),
        frame(HEADERS, END_HEADERS, 1, &crooked),
        frame(DATA, END_STREAM, 1, b"before its headers"),
        frame(CONTINUATION, END_HEADERS, 1, &call(PARAMS)),
        frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
        frame(SETTINGS, 0, 0, &[1]),
        frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        vec![0xff; 9],
        vec![0xff; 100_000],
    ]
    .into_iter()
    .enumerate()
    {
        let mut stream = connect(address);
        let _ = stream.write_all(&bytes);
        assert!(ends(&mut stream), "case {index} goes on");
    }
    let mut stream = connect(address);
    stream.write_all(&frame(0xff, 0xff, 1, &[0xff; 100])).unwrap();
    assert!(!ends(&mut stream), "frames of a kind that nobody knows are passed over");
    still_open(&house);
}

/// What has been used against servers of every kind: each must be stopped, or cost too little to need it.
#[test]
fn floods_of_frames_do_not_keep_others_out() {
    let house = house();
    let address = house.doors.grpc.unwrap();
    let open = |stream| frame(HEADERS, END_HEADERS, stream, &call(PARAMS));
    let reset = streams().take(200_000).map(|id| [open(id), frame(RST_STREAM, 0, id, &[0, 0, 0, 8])].concat());
    assert!(flood(address, reset), "streams opened and reset at once were taken without end");
    let endless = std::iter::once(frame(HEADERS, 0, 1, &call(PARAMS)))
        .chain((0..20_000).map(|_| frame(CONTINUATION, 0, 1, &[0x40, 1, b'a', 1, b'b'].repeat(1_000))));
    assert!(flood(address, endless), "headers without end were taken");
    assert!(flood(address, streams().take(100_000).map(open)), "streams that never end were taken without end");
    flood(address, (0..200_000).map(|_| frame(PING, 0, 0, &[7; 8])));
    flood(address, (0..200_000).map(|_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1])));
    let empty = std::iter::once(open(1)).chain((0..200_000).map(|_| frame(DATA, 0, 1, &[])));
    flood(address, empty);
    still_open(&house);
    assert!(house.grpc(&house.channel(), PARAMS, vec![], 0).is_ok());
}
