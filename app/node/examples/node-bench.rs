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
use aliquot_proto::{Coin, Timestamp, cosmos::bank::v1beta1::MsgSend};
use prost::{Message, bytes::Bytes};
use secp256k1::{Message as Digest, PublicKey, SECP256K1, ecdsa::Signature};
use serde_json::json;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};
use tendermint_proto::v0_38::abci::{Request, RequestCheckTx, RequestFlush, Response, request::Value};

/// As in `aliquotd`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHAIN_ID: &str = "aliquot-bench-1";
const SENDS: usize = 5_000;
const REJECTS: usize = 20_000;
const ROUNDS: usize = 5;

fn key(index: usize) -> Key {
    let mut secret = [1u8; 32];
    secret[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
    Key::from_secret(&secret).unwrap()
}

fn coin(amount: u64) -> Coin {
    Coin { denom: "ualq".into(), amount: amount.to_string() }
}

/// CPU seconds so far of the threads that live, to the nanosecond.
fn cpu_seconds() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let spent = |task: fs::DirEntry| fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
    let nanos = |line: String| line.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or_default();
    tasks.map(|task| nanos(spent(task.unwrap()))).sum::<f64>() / 1e9
}

/// Runs `work` and gives microseconds of CPU and of wall time per `units`.
fn measure(units: usize, work: impl FnOnce()) -> (f64, f64) {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    work();
    let per = 1e6 / units as f64;
    ((cpu_seconds() - cpu) * per, wall.elapsed().as_secs_f64() * per)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn row(name: &str, value: String, beside: String) {
    println!("| {name} | {value} | {beside} |");
}

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
            "compute": {"params": {"min_bond": {"denom": "ualq", "amount": "1"}, "sample_delay_blocks": 3, "open_blocks": 5,
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

/// Raw verifications of libsecp256k1 with the key parsed each time, as the chain does.
struct Raw {
    key: [u8; 33],
    signatures: Vec<[u8; 64]>,
}

impl Raw {
    fn new() -> Self {
        let key = key(0);
        Raw { key: key.public_key(), signatures: (0..200u8).map(|i| key.sign(&[i])).collect() }
    }

    /// CPU microseconds of one, now: clocks of shared machines wander, so it is measured anew beside every figure.
    fn measure(&self) -> f64 {
        let (cpu, _) = measure(5 * self.signatures.len(), || {
            for signature in self.signatures.iter().cycle().take(5 * self.signatures.len()) {
                let public = PublicKey::from_slice(&self.key).unwrap();
                let signature = Signature::from_compact(signature).unwrap();
                let digest = Digest::from_digest([7; 32]);
                std::hint::black_box(SECP256K1.verify_ecdsa(digest, &signature, &public).is_ok());
            }
        });
        cpu
    }
}

/// CPU microseconds of `work` per unit, and in raw verifications measured before and after it.
fn beside(raw: &Raw, units: usize, work: impl FnOnce()) -> (f64, f64) {
    let before = raw.measure();
    let (cpu, _) = measure(units, work);
    (cpu, 2.0 * cpu / (before + raw.measure()))
}

fn cpu_row(name: &str, rounds: Vec<(f64, f64)>) {
    let (cpu, ratios): (Vec<_>, Vec<_>) = rounds.into_iter().unzip();
    row(name, format!("{:.1} us CPU each", median(cpu)), format!("{:.2} raw verifications", median(ratios)));
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
    // A thread that ends takes its CPU time from the count.
    let (measured, mut writer) = (Arc::new(Barrier::new(2)), None);
    let round = beside(raw, SENDS, || {
        let mut sender = stream.try_clone().unwrap();
        let end = measured.clone();
        writer = Some(thread::spawn(move || {
            sender.write_all(&frames).unwrap();
            end.wait();
        }));
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
    });
    measured.wait();
    writer.unwrap().join().unwrap();
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
