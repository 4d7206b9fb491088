//! Real networks on one machine: CometBFT, `aliquotd` and `aliquot-runner` as processes on loopback ports.
//!
//! [`Net::start`] makes the homes, starts everything and waits for the first blocks; dropping a [`Net`] stops it all.
//! Keys are derived from their names, so that an account has the same address in every network; they are worth nothing
//! elsewhere. The binary `localnet` runs a network by hand and tells the stories of a job and of a market
//! ([`market`]); the tests beside it kill parts of a network and compare what is left.

mod accounts;
mod containers;
pub mod market;
mod net;
mod node;
mod process;
mod programs;
mod runner;
mod story;
pub mod teller;
mod tenant;

pub use accounts::{PASSPHRASE, address, key};
pub use net::{Net, Options};
pub use node::{Node, Part};
pub use programs::Programs;
pub use runner::{Runner, RunnerOptions};
pub use story::Story;
pub use tenant::{Tenant, small_scene};
