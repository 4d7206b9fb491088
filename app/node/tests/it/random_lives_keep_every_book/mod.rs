//! Random lives of the whole chain: every message of every module, good ones and bad, on two instances of the real
//! application through the real ABCI path.
//!
//! Operations are drawn from what the chain holds, so that most succeed. After each block both instances must have given
//! the same results and app hash, the books kept key by key must balance, and nothing may have been set aside; at times
//! the second instance is stopped, restarted or rolled back, and the state moves to a new chain by export, which goes
//! along for a while. `ALIQUOT_SIM_OPS` sets how many messages, `ALIQUOT_SIM_SEED` which; both are printed.

mod authority;
mod books;
mod cast;
mod contracts;
mod everyday;
mod fees;
mod grants;
mod jobs;
mod life;
mod mirror;
mod offers;
mod pair;
mod providers;
mod run;
mod spoil;
mod tally;
mod tenants;
mod transactions;

use run::Run;
use std::{env, str::FromStr};

/// Takes about a minute where two cores are; the long run takes a million.
const OPERATIONS: u64 = 12_000;
const SEED: u64 = 1;

fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_is_sent_the_books_balance_and_instances_agree() {
    let (operations, seed) = (setting("ALIQUOT_SIM_OPS", OPERATIONS), setting("ALIQUOT_SIM_SEED", SEED));
    println!("ALIQUOT_SIM_SEED={seed} ALIQUOT_SIM_OPS={operations}");
    let mut run = Run::new(seed);
    run.go(operations);
    println!("{run}");
}
