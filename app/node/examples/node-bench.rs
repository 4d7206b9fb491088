//! The node's figures, each beside the ceiling it is measured against in the same run.
//!
//! CPU is that of all threads (user and system), so that a noisy neighbour does not show. Run by `make bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use aliquot::{
    app::{App, BlockInput, Options},
    socket,
};
use aliquot_client::{Key, TxBuilder, tx::SignerData};
use aliquot_kernels::Kernel;
use aliquot_proto::{Timestamp, cosmos::bank::v1beta1::MsgSend};
use measure::{Raw, beside, coin, cpu_row, key, measure, median, row};
use prost::{Message, bytes::Bytes};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
};
use tendermint_proto::v0_38::abci::{Request, RequestCheckTx, RequestFlush, Response, request::Value};

mod measure;

/// As in `aliquotd`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHAIN_ID: &str = "aliquot-bench-1";
const SENDS: usize = 5_000;
const REJECTS: usize = 20_000;
const ROUNDS: usize = 5;

struct Bench {
    app: App,
    height: i64,
    sequences: Vec<u64>,
    keys: Vec<Key>,
    numbers: Vec<u64>,
}

impl Bench {
    fn new(dir: &Path, accounts: usize) -> Self {
        let app = App::open(dir, Options::default()).unwrap();
        let keys: Vec<Key> = (0..accounts).map(key).collect();
        let balances: Vec<_> = keys
            .iter()
            .map(|k| json!({"address": k.address(), "coins": [{"denom": "ualq", "amount": "1000000000000"}]}))
            .collect();
        let state = json!({
            "bank": {"balances": balances}, "validator": {"params": {"epoch_blocks": "60"}}, "beacon": {"params": {"retain_blocks": "100"}},
            "compute": {"params": {"min_bonds": [{"denom": "ualq", "amount": "1"}], "sample_delay_blocks": 3, "open_blocks": 5,
                "challenge_blocks": 4, "commit_blocks": 10, "default_samples": 16, "verify_gas_per_block": "1280000000", "max_chunk_cost": "20000000"}},
            "escrow": {"params": {"max_due": 2000}},
            "market": {"params": {"order_max_bids": 4, "bid_window_blocks": 5, "order_ttl_blocks": 200, "provider_max_leases": 1000}},
            "deployment": {"params": {"block_ms": 1000, "max_groups": 4, "max_inline_input": 65536}},
        });
        app.init_chain(CHAIN_ID, 1, &state).unwrap();
        let mut bench = Bench { app, height: 0, sequences: vec![0; accounts], numbers: Vec::new(), keys };
        bench.block(&[]);
        let ctx = bench.app.state_at(0).unwrap();
        let number = |k: &Key| {
            let address = aliquot_sdk::Address::parse(k.address()).unwrap();
            aliquot::modules::auth::account(&ctx, &address).unwrap().unwrap().account_number
        };
        bench.numbers = bench.keys.iter().map(number).collect();
        bench
    }

    /// Signed sends, spread over all accounts.
    fn sends(&mut self, count: usize) -> Vec<Bytes> {
        let all = self.keys.len();
        (0..count)
            .map(|i| {
                let (from, to) = (i % all, (i * 7 + 1) % all);
                let msg = MsgSend {
                    from_address: self.keys[from].address().into(),
                    to_address: self.keys[to].address().into(),
                    amount: vec![coin(1)],
                };
                let signer = SignerData {
                    chain_id: CHAIN_ID.into(),
                    account_number: self.numbers[from],
                    sequence: self.sequences[from],
                };
                self.sequences[from] += 1;
                TxBuilder::new()
                    .msg(&msg)
                    .gas_limit(100_000)
                    .fee(coin(1_000))
                    .sign(&self.keys[from], &signer)
                    .bytes
                    .into()
            })
            .collect()
    }

    fn finalize(&mut self, txs: &[Bytes]) {
        let block = BlockInput { height: (self.height + 1) as u64, time: Timestamp::default(), proposer: &[], txs };
        let out = self.app.finalize_block(&block).unwrap();
        for outcome in &out.outcomes {
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
        }
    }

    fn commit(&mut self) {
        self.app.commit().unwrap();
        self.height += 1;
    }

    fn block(&mut self, txs: &[Bytes]) {
        self.finalize(txs);
        self.commit();
    }
}

fn blocks(bench: &mut Bench, raw: &Raw) {
    let (mut cold, mut warm, mut commits, mut check) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let txs = bench.sends(SENDS);
        cold.push(beside(raw, SENDS, || bench.finalize(&txs)));
        bench.commit();
        let txs = bench.sends(SENDS);
        check.push(beside(raw, SENDS, || {
            txs.iter().for_each(|tx| assert!(bench.app.check_tx(tx).unwrap().error.is_none()));
        }));
        warm.push(beside(raw, SENDS, || bench.finalize(&txs)));
        commits.push(measure(SENDS, || bench.commit()).1);
    }
    cpu_row(&format!("FinalizeBlock, {SENDS} sends, signatures cold"), cold);
    cpu_row(&format!("FinalizeBlock, {SENDS} sends, signatures remembered"), warm);
    row("Commit with its sync, same blocks", format!("{:.1} us wall each", median(commits)), "printed apart".into());
    cpu_row("CheckTx called directly, accepted", check);
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
