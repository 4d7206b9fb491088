//! Measures the store: `cargo run --release -p aliquot-store --example store-bench [keys ...]`.
//!
//! Every line puts a cost beside what it is made of, measured in the same run: tree work beside one bare node hash, and
//! a synced commit beside the same bytes written to a file and synced.
#![allow(clippy::too_many_lines)] // a measurement reads from top to bottom

use std::io::Write;
use std::time::{Duration, Instant};

use aliquot_store::{Changes, Config, Db, Overlay};
use sha2::{Digest, Sha256};

const BATCH: u64 = 10_000;
const ROUNDS: u32 = 10;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One inner node hashed alone: 65 bytes.
fn node_hash() -> Duration {
    let mut message = [1u8; 65];
    let begin = Instant::now();
    for _ in 0..200_000 {
        let hash = Sha256::digest(std::hint::black_box(message));
        message[1..33].copy_from_slice(&hash);
    }
    begin.elapsed() / 200_000
}

fn key(number: u64) -> Vec<u8> {
    let mut key = vec![2, 20];
    key.extend_from_slice(&Sha256::digest(number.to_be_bytes())[..20]);
    key.extend_from_slice(b"ualq");
    key
}

fn value(seed: u64) -> Vec<u8> {
    let mut value = vec![1; 24];
    value[..8].copy_from_slice(&seed.to_be_bytes());
    value
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes: Vec<u64> = std::env::args().skip(1).map(|size| size.parse()).collect::<Result<_, _>>()?;
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    let threads = rayon::current_num_threads();
    println!("{threads} threads (RAYON_NUM_THREADS sets them), batches of {BATCH} keys, {ROUNDS} rounds");
    for size in sizes {
        measure(size)?;
    }
    Ok(())
}

fn measure(size: u64) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir_in(".")?;
    let stores = vec!["auth", "bank"];
    let load =
        Db::open(dir.path(), Config { stores: stores.clone(), sync: false, retain: Some(10), ..Config::default() })?;
    let begin = Instant::now();
    for from in (0..size).step_by(50_000) {
        let mut changes = Changes::default();
        for number in from..size.min(from + 50_000) {
            changes.set("bank", key(number), value(number));
        }
        let prepared = load.prepare(load.height() + 1, &changes)?;
        load.commit(prepared)?;
    }
    let loaded = begin.elapsed();
    drop(load);
    let begin = Instant::now();
    let db = Db::open(dir.path(), Config { stores, retain: Some(10), ..Config::default() })?;
    println!("\n{size} keys: loaded in {loaded:.2?}, opened in {:.2?}", begin.elapsed());
    let mut random = Random(88172645463325252);
    let batch = |random: &mut Random, round: u64| {
        let mut changes = Changes::default();
        for _ in 0..BATCH {
            changes.set("bank", key(random.below(size)), value(random.below(u64::MAX) ^ round));
        }
        changes
    };
    // Warm pages: as many updates as there are keys, at most three million.
    let begin = Instant::now();
    for round in 0..(size * 3 / BATCH).clamp(3, 300) {
        let prepared = db.prepare(db.height() + 1, &batch(&mut random, round))?;
        db.commit(prepared)?;
    }
    println!("  warmed in {:.2?}", begin.elapsed());
    let (mut prepare, mut commit, mut raw) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut keys, mut bytes) = (0usize, 0usize);
    for round in 0..ROUNDS {
        let changes = batch(&mut random, u64::from(round));
        let begin = Instant::now();
        let prepared = db.prepare(db.height() + 1, &changes)?;
        prepare += begin.elapsed();
        (keys, bytes) = (keys + changes.len(), bytes + prepared.bytes());
        let filler = vec![7u8; prepared.bytes()];
        let begin = Instant::now();
        let mut file = tempfile::tempfile_in(".")?;
        file.write_all(&filler)?;
        file.sync_data()?;
        raw += begin.elapsed();
        let begin = Instant::now();
        db.commit(prepared)?;
        commit += begin.elapsed();
    }
    let per = |time: Duration| time.as_secs_f64() * 1e6 / keys as f64;
    let node = node_hash().as_secs_f64() * 1e6;
    println!("  one bare node hash {node:.3} us");
    println!(
        "  prepare {:.2} us/key = {:.1} node hashes (old values, hashing, tree, batch)",
        per(prepare),
        per(prepare) / node
    );
    println!("  commit, synced {:.2} us/key, {} bytes/key", per(commit), bytes / keys);
    println!("  the same bytes raw, synced {:.2} us/key; commit is {:.2} times that", per(raw), per(commit) / per(raw));
    sends(&db, size, &mut random)
}

/// What a transfer costs in the overlay: ten reads, four writes, two layers.
fn sends(db: &Db, size: u64, random: &mut Random) -> Result<(), Box<dyn std::error::Error>> {
    let mut overlay = Overlay::new(db.latest());
    let keys: Vec<[Vec<u8>; 4]> = (0..BATCH).map(|_| std::array::from_fn(|_| key(random.below(size)))).collect();
    let begin = Instant::now();
    for keys in &keys {
        overlay.push();
        for key in &keys[..2] {
            let value = overlay.get("bank", key)?.unwrap_or_default();
            overlay.get("auth", key)?;
            overlay.set("bank", key, value)?;
        }
        overlay.merge()?;
        overlay.push();
        for key in &keys[2..] {
            let value = overlay.get("bank", key)?.unwrap_or_default();
            overlay.get("bank", &keys[0])?;
            overlay.get("bank", &keys[1])?;
            overlay.set("bank", key, value)?;
        }
        overlay.merge()?;
    }
    println!(
        "  overlay {:.2} us per send (10 reads, 4 writes, 2 layers)",
        begin.elapsed().as_secs_f64() * 1e6 / BATCH as f64
    );
    let begin = Instant::now();
    let mut none = 0u64;
    for keys in &keys {
        for key in keys {
            none += u64::from(overlay.get("bank", key)?.is_none());
        }
    }
    println!(
        "  overlay get, written keys {:.3} us ({none} missing)",
        begin.elapsed().as_secs_f64() * 1e6 / (4 * BATCH) as f64
    );
    let begin = Instant::now();
    let changes = overlay.take_changes();
    println!(
        "  taking {} changes {:.2} us/key",
        changes.len(),
        begin.elapsed().as_secs_f64() * 1e6 / changes.len() as f64
    );
    let snapshot = db.latest();
    let begin = Instant::now();
    for number in 0..BATCH {
        snapshot.get("bank", &key(number * 7 % size))?;
    }
    println!("  snapshot get {:.2} us", begin.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
    let begin = Instant::now();
    for number in 0..300 {
        snapshot.prove("bank", &key(random.below(size) + number % 2 * size))?;
    }
    println!("  proof {:.1} us", begin.elapsed().as_secs_f64() * 1e6 / 300.0);
    Ok(())
}
