//! The client of an Aliquot chain: keys, transactions, queries, events and SDL files.
//!
//! The command line, the provider daemon and the tests of real networks are written on it.
//!
//! - [`Keyring`] keeps keys encrypted in files; a [`Key`] signs.
//! - [`Client`] talks to a node's RPC port: queries, and [`Client::send`], which signs, broadcasts and waits until
//!   the transaction is in a block.
//! - [`events::follow`] gives the events of every block, in order, none twice and none left out.
//! - [`sdl::load`] reads what a tenant wants from a YAML file.
//! - [`manifest`] is what the tenant then sends to the providers.
//! - [`gateway`] talks to a provider: results, manifests, logs, shells; [`jwt`] says there who asks.

mod error;
pub mod events;
pub mod gateway;
pub mod jwt;
pub mod key;
pub mod keyring;
pub mod manifest;
pub mod rpc;
pub mod sdl;
mod send;
pub mod tx;

pub use events::{BlockEvents, Event, decode, follow};
pub use key::{Key, Mnemonic};
pub use keyring::{KeyInfo, Keyring, KeyringError};
pub use rpc::{Client, Error, SendOptions, TxOutcome};
pub use tx::{Gas, GasPrice, TxBuilder, any};

/// The human-readable part of addresses.
pub const ADDRESS_PREFIX: &str = "aliquot";
/// The base denom, a millionth of an ALQ.
pub const BASE_DENOM: &str = "ualq";
