//! What the benches of the node share: clocks, keys, rows.
#![allow(dead_code)] // each bench uses its part

pub mod chain;

use aliquot_client::Key;
use aliquot_proto::Coin;
use cpu_time::{ProcessTime, ThreadTime};
use secp256k1::{Message as Digest, PublicKey, SECP256K1, ecdsa::Signature};
use std::time::Instant;

pub fn key(index: usize) -> Key {
    let mut secret = [1u8; 32];
    secret[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
    Key::from_secret(&secret).unwrap()
}

pub fn coin(amount: u64) -> Coin {
    Coin { denom: "ualq".into(), amount: amount.to_string() }
}

/// Runs `work` and gives microseconds of CPU, of all threads, and of wall time per `units`.
pub fn measure(units: usize, work: impl FnOnce()) -> (f64, f64) {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    work();
    let per = 1e6 / units as f64;
    (cpu.elapsed().as_secs_f64() * per, wall.elapsed().as_secs_f64() * per)
}

/// Lets everything that the chain computes run on this thread, so that [`own`] sees all of it.
pub fn on_one_thread() {
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().unwrap();
}

/// CPU microseconds of `work` on this thread: without those of the database's own threads, which tidy up when they like.
pub fn own(work: impl FnOnce()) -> f64 {
    let cpu = ThreadTime::now();
    work();
    cpu.elapsed().as_secs_f64() * 1e6
}

pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

pub fn row(name: &str, value: String, beside: String) {
    println!("| {name} | {value} | {beside} |");
}

/// Raw verifications of libsecp256k1 with the key parsed each time, as the chain does.
pub struct Raw {
    key: [u8; 33],
    signatures: Vec<[u8; 64]>,
}

impl Raw {
    pub fn new() -> Self {
        let key = key(0);
        Raw { key: key.public_key(), signatures: (0..200u8).map(|i| key.sign(&[i])).collect() }
    }

    /// CPU microseconds of one, now: clocks of shared machines wander, so it is measured anew beside every figure.
    pub fn measure(&self) -> f64 {
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
pub fn beside(raw: &Raw, units: usize, work: impl FnOnce()) -> (f64, f64) {
    let before = raw.measure();
    let (cpu, _) = measure(units, work);
    (cpu, 2.0 * cpu / (before + raw.measure()))
}

pub fn cpu_row(name: &str, rounds: Vec<(f64, f64)>) {
    let (cpu, ratios): (Vec<_>, Vec<_>) = rounds.into_iter().unzip();
    row(name, format!("{:.1} us CPU each", median(cpu)), format!("{:.2} raw verifications", median(ratios)));
}
