//! The chain: `aliquotd` as a library, so that tests and benches drive the very code that runs.
//!
//! Read `runtime.rs` for what the chain is made of, `app.rs` for how a block runs, `deliver.rs` and `ante.rs` for what
//! happens to one transaction, and the head of each `modules/<name>/mod.rs` for that module's specification.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod abci;
pub mod ante;
pub mod app;
#[expect(clippy::float_arithmetic, reason = "prices that wallets offer, which no block depends on")]
pub mod chain_info;
pub mod deliver;
mod hooks;
pub mod ids;
mod isolate;
pub mod modules;
mod proposal;
mod query;
pub mod runtime;
pub mod serve;
pub mod services;
pub mod signatures;
pub mod socket;
pub mod stats;
pub mod vrf;

/// Ends the process at once. A node that cannot go on exactly must not go on at all.
pub fn abort(why: &str) -> ! {
    tracing::error!("stopping: {why}");
    eprintln!("aliquotd stops: {why}");
    std::process::abort()
}
