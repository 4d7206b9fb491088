//! The provider's daemon of an Aliquot chain: it bids on jobs, computes them on an OpenCL device, commits and opens
//! the results, withdraws what they earn, and hands them to their tenants. Where its configuration says so it also runs
//! tenants' containers.
//!
//! - [`config`] is the home folder's `config.toml`, [`run`] the daemon;
//! - [`device`] and [`program`] compute, [`queue`] and [`job`] order the work, [`store`] keeps results through crashes;
//! - [`chain`], [`engine`], [`lease`] and [`bid`] deal with the chain, [`price`] with money;
//! - [`services`] bids on and looks after tenants' containers, which a [`runtime`] runs;
//! - [`gateway`] serves tenants.

pub mod bid;
pub mod book;
pub mod certificate;
pub mod chain;
pub mod config;
pub mod device;
pub mod engine;
mod files;
pub mod gateway;
pub mod globs;
pub mod job;
pub mod lease;
mod messages;
mod names;
mod outputs;
pub mod price;
pub mod program;
pub mod queue;
pub mod register;
pub mod run;
pub mod runtime;
pub mod services;
pub mod store;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.map_or(0, |d| d.as_secs())
}
