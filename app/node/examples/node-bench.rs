//! The node's figures, each beside the ceiling it is measured against in the same run.
//!
//! CPU is that of all threads (user and system), so that a noisy neighbour does not show. Run by `make bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use aliquot::socket;
use aliquot_kernels::Kernel;
use measure::{Raw, beside, chain::Bench, cpu_row, measure, median, row};
use prost::{Message, bytes::Bytes};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};
use tendermint_proto::v0_38::abci::{Request, RequestCheckTx, RequestFlush, Response, request::Value};

mod measure;

/// As in `aliquotd`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SENDS: usize = 5_000;
const REJECTS: usize = 20_000;
const ROUNDS: usize = 5;

fn blocks(bench: &mut Bench, raw: &Raw) {
    let (mut cold, mut warm, mut commits, mut check, mut propose) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let txs = bench.sends(SENDS);
        cold.push(beside(raw, SENDS, || bench.finalize(&txs)));
        bench.commit();
        let txs = bench.sends(SENDS);
        check.push(beside(raw, SENDS, || {
            txs.iter().for_each(|tx| assert!(bench.app.check_tx(tx).unwrap().error.is_none()));
        }));
        propose.push(beside(raw, SENDS, || assert_eq!(bench.propose(&txs), SENDS)));
        warm.push(beside(raw, SENDS, || bench.finalize(&txs)));
        commits.push(measure(SENDS, || bench.commit()).1);
    }
    cpu_row(&format!("FinalizeBlock, {SENDS} sends, signatures cold"), cold);
    cpu_row(&format!("FinalizeBlock, {SENDS} sends, signatures remembered"), warm);
    row("Commit with its sync, same blocks", format!("{:.1} us wall each", median(commits)), "printed apart".into());
    cpu_row("CheckTx called directly, accepted", check);
    cpu_row(&format!("PrepareProposal, {SENDS} sends put in order by their fees"), propose);
}

fn rejects(bench: &mut Bench, raw: &Raw) {
    let good = bench.sends(1).remove(0);
    let replay = good.clone();
    bench.block(&[good]);
    let mut unknown = replay.to_vec();
    unknown.extend([0x4a, 1, 0]);
    let huge = Bytes::from(vec![0u8; aliquot_sdk::MAX_TX_BYTES + 1]);
    for (name, tx) in [("replay (wrong sequence)", replay), ("unknown field", unknown.into()), ("oversized", huge)] {
        let round = |_| {
            beside(raw, REJECTS, || {
                (0..REJECTS).for_each(|_| assert!(bench.app.check_tx(&tx).unwrap().error.is_some()));
            })
        };
        cpu_row(&format!("CheckTx, cheap reject: {name}"), (0..ROUNDS).map(round).collect());
    }
}

/// CheckTx as CometBFT calls it: length-delimited frames over TCP, answers in order.
fn through_socket(bench: &mut Bench, raw: &Raw) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let app = bench.app.clone();
    thread::spawn(move || socket::serve(listener, &app));
    let txs = bench.sends(SENDS);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut frames = Vec::new();
    for tx in &txs {
        let request = Request { value: Some(Value::CheckTx(RequestCheckTx { tx: tx.clone(), r#type: 0 })) };
        request.encode_length_delimited(&mut frames).unwrap();
    }
    Request { value: Some(Value::Flush(RequestFlush {})) }.encode_length_delimited(&mut frames).unwrap();
    let round = beside(raw, SENDS, || {
        let mut sender = stream.try_clone().unwrap();
        let writer = thread::spawn(move || sender.write_all(&frames).unwrap());
        let (mut buffer, mut chunk, mut answers) = (Vec::new(), [0u8; 65536], 0);
        while answers <= txs.len() {
            let read = stream.read(&mut chunk).unwrap();
            assert!(read > 0);
            buffer.extend_from_slice(&chunk[..read]);
            let mut rest = buffer.as_slice();
            while let Ok(response) = Response::decode_length_delimited(&mut rest) {
                answers += usize::from(response.value.is_some());
                let left = rest.len();
                if left == 0 {
                    break;
                }
            }
            let used = buffer.len() - rest.len();
            buffer.drain(..used);
        }
        writer.join().unwrap();
    });
    cpu_row("CheckTx through the socket, accepted (both ends)", vec![round]);
    bench.block(&txs);
}

fn verification() {
    let scene = include_str!("../../../gpu-runner/kernels/scenes/first-light.scene");
    let job = Kernel::RenderQ16.prepare(scene.as_bytes()).unwrap();
    let (cpu, _) = measure(100, || (0..100).for_each(|i| drop(job.run(i * 9))));
    let mega = job.chunk_cost() as f64 / 1e6;
    row(
        "re-execution of one sampled chunk of first-light",
        format!("{:.2} ms CPU", cpu / 1e3),
        format!("{mega:.1} M operations declared"),
    );
}

fn main() {
    let accounts: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let dir = tempfile::tempdir().unwrap();
    println!("| what ({accounts} accounts) | measured | ceiling |\n| --- | --- | --- |");
    let raw = Raw::new();
    row(
        "one raw secp256k1 verification, key parsed",
        format!("{:.1} us CPU", raw.measure()),
        "the ceiling itself".into(),
    );
    let mut bench = Bench::new(dir.path(), accounts);
    blocks(&mut bench, &raw);
    rejects(&mut bench, &raw);
    through_socket(&mut bench, &raw);
    verification();
}
