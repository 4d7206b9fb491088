//! The provider's daemon of an Aliquot chain: it bids on jobs, computes them on an OpenCL device, commits and opens
//! the results, withdraws what they earn, and hands them to their tenants.
//!
//! - [`config`] is the home folder's `config.toml`, [`run`] the daemon;
//! - [`device`] and [`program`] compute, [`queue`] and [`job`] order the work, [`store`] keeps results through crashes;
//! - [`chain`], [`engine`], [`lease`] and [`bid`] deal with the chain, [`price`] with money;
//! - [`gateway`] serves tenants.

pub mod bid;
pub mod book;
pub mod certificate;
pub mod chain;
pub mod config;
pub mod device;
pub mod engine;
pub mod gateway;
pub mod job;
pub mod lease;
mod messages;
mod outputs;
pub mod price;
pub mod program;
pub mod queue;
pub mod register;
pub mod run;
pub mod store;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.map_or(0, |d| d.as_secs())
}
