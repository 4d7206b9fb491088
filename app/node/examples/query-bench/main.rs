//! What queries cost, at the real doors: how many a second while blocks run, what they take from blocks, and long lists.
//!
//! `query-bench [rates | lists <rows>]`; run by `make bench`. Clients, doors and chain share this process and its
//! cores. The ceiling of a door is a bare handler of the same framework, asked by the same clients in the same run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use doors::Addresses;
use lists::lists;
use load::{Client, Door, Load, Seen, is_balance};
use measure::{chain::Bench, median, on_one_thread, own, row};
use prost::bytes::Bytes;
use std::{
    env,
    path::Path,
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

mod doors;
mod lists;
mod load;
#[path = "../measure/mod.rs"]
mod measure;

/// As in `aliquotd`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNTS: usize = 10_000;
/// Sends of a block, and blocks that run one after another under a load.
const SENDS: usize = 1_000;
const BLOCKS: usize = 12;
/// How long a load is measured when nothing else runs.
const SECONDS: u64 = 1;
/// How often real and bare doors are measured, in turn: the clocks of shared machines wander.
const ROUNDS: usize = 5;
/// How often blocks with and without queries are held against each other, and blocks of each.
const PAIRS: usize = 9;
const OF_PAIR: usize = 10;

struct Rates {
    bench: Bench,
    clients: Runtime,
    accounts: Vec<String>,
    real: Addresses,
    bare: Addresses,
    _serving: Runtime,
}

impl Rates {
    fn new(dir: &Path) -> Self {
        let bench = Bench::new(dir, ACCOUNTS);
        let serving = aliquot::serve::runtime().unwrap();
        let clients = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let accounts: Vec<String> = bench.addresses();
        let real = doors::real(&serving, &bench.app);
        // What the real doors answer, for the bare ones to answer too.
        let once = |door| {
            let answer: Bytes = clients.block_on(async { Client::connect(door, real, &accounts).ask(0).await });
            assert!(is_balance(door, &answer));
            answer
        };
        let bare = doors::bare(&serving, once(Door::Grpc), once(Door::Rest));
        Rates { bench, clients, accounts, real, bare, _serving: serving }
    }

    fn load(&self, door: Door, at: Addresses, rate: Option<f64>) -> Load {
        Load::start(&self.clients, door, at, &self.accounts, rate)
    }

    fn alone(&self, door: Door, at: Addresses) -> Seen {
        let load = self.load(door, at, None);
        thread::sleep(Duration::from_secs(SECONDS));
        load.stop(&self.clients)
    }

    /// The load while blocks run that nobody checked before, and blocks per second.
    fn beside_blocks(&mut self, door: Door, at: Addresses) -> (Seen, f64) {
        let blocks: Vec<_> = (0..BLOCKS).map(|_| self.bench.sends(SENDS)).collect();
        let load = self.load(door, at, None);
        let begun = Instant::now();
        blocks.iter().for_each(|txs| self.bench.block(txs));
        let per_second = BLOCKS as f64 / begun.elapsed().as_secs_f64();
        (load.stop(&self.clients), per_second)
    }

    /// Queries a second and their times; gives the most that the real door answered when nothing else ran.
    fn rates(&mut self, door: Door) -> f64 {
        let (real, bare) = (self.real, self.bare);
        let alone: Vec<_> = (0..ROUNDS).map(|_| (self.alone(door, real), self.alone(door, bare))).collect();
        let most = median(alone.iter().map(|(real, _)| real.per_second).collect());
        let name = format!("{} balance queries", door.name());
        let (shown, beside) = told(alone);
        row(&format!("{name}, nothing else running"), shown, beside);
        let (mut under, mut blocks) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            let (of_real, real) = self.beside_blocks(door, real);
            let (of_bare, bare) = self.beside_blocks(door, bare);
            under.push((of_real, of_bare));
            blocks.push((real, bare));
        }
        let (real, bare): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
        let (shown, beside) = told(under);
        let of_blocks = format!("; {:.1} blocks/s, {:.1} beside the bare handler", median(real), median(bare));
        row(&format!("{name} while blocks of {SENDS} sends run"), shown, beside + &of_blocks);
        most
    }

    /// CPU microseconds of FinalizeBlock on this thread, per block whose transactions CheckTx has seen.
    fn blocks(&mut self, load: Option<Load>) -> f64 {
        let cpu = (0..OF_PAIR).map(|_| {
            let txs = self.bench.sends(SENDS);
            txs.iter().for_each(|tx| assert!(self.bench.app.check_tx(tx).unwrap().error.is_none()));
            let cpu = own(|| self.bench.finalize(&txs));
            self.bench.commit();
            cpu
        });
        let cpu = median(cpu.collect());
        if let Some(load) = load {
            load.stop(&self.clients);
        }
        cpu
    }

    /// What queries at a quarter of the most that are answered take from blocks. Bare ones take caches and memory too.
    fn taken(&mut self, door: Door, most: f64) {
        let rate = most / 4.0;
        let (mut without, mut real, mut bare) = (vec![], vec![], vec![]);
        for _ in 0..PAIRS {
            let alone = self.blocks(None);
            let load = self.load(door, self.real, Some(rate));
            real.push(self.blocks(Some(load)) / alone);
            let load = self.load(door, self.bare, Some(rate));
            bare.push(self.blocks(Some(load)) / alone);
            without.push(alone);
        }
        row(
            &format!("FinalizeBlock, {SENDS} sends, beside {rate:.0} {} queries a second", door.name()),
            format!("{:+.1} % CPU (of {:.1} ms; median of {PAIRS})", more(median(real)), median(without) / 1e3),
            format!("{:+.1} % beside the bare handler; at most +10 %", more(median(bare))),
        );
    }
}

fn more(ratio: f64) -> f64 {
    (ratio - 1.0) * 100.0
}

/// Medians of what the real door's clients saw, and beside them those of the bare one's.
fn told(rounds: Vec<(Seen, Seen)>) -> (String, String) {
    let share = median(rounds.iter().map(|(real, bare)| 100.0 * real.per_second / bare.per_second).collect());
    let (real, bare): (Vec<Seen>, Vec<Seen>) = rounds.into_iter().unzip();
    (shown(&real), format!("{share:.0} % of a bare handler ({})", shown(&bare)))
}

fn shown(rounds: &[Seen]) -> String {
    let of = |figure: fn(&Seen) -> f64| median(rounds.iter().map(figure).collect());
    let millis = |figure: fn(&Seen) -> Duration| median(rounds.iter().map(|s| figure(s).as_secs_f64() * 1e3).collect());
    let (p50, p99) = (millis(|seen| seen.p50), millis(|seen| seen.p99));
    format!("{:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms", of(|seen| seen.per_second))
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["--walk", dir, rows] = args[..] {
        return lists::measured(Path::new(dir), rows.parse().unwrap());
    }
    on_one_thread();
    println!("| what | measured | beside |\n| --- | --- | --- |");
    if let ["lists", rows] = args[..] {
        return lists(rows.parse().expect("a number of rows"));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut rates = Rates::new(dir.path());
    for door in [Door::Grpc, Door::Rest] {
        let most = rates.rates(door);
        rates.taken(door, most);
    }
    if args.is_empty() {
        lists(1_000_000);
    }
}
