//! The framework of the chain in five nouns: [`Store`] and its collections, [`Ctx`], [`Module`], [`Routes`].
//!
//! A module is plain functions over one owned `Ctx`: `&Ctx` reads, `&mut Ctx` writes. Its state is a handful of
//! `const` collections, its interface a list of typed functions keyed by protobuf names. This crate knows no module.
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

mod address;
mod coin;
mod collections;
mod ctx;
mod error;
mod event;
mod gas;
mod key;
mod module;
mod page;
mod queue;
mod routes;
mod tx;

pub use address::{Address, consensus_address};
pub use coin::{Coin, Coins, parse_amount};
pub use collections::{At, Index, Indexed, IndexedMap, Item, Map, Raw, Set, Store};
pub use ctx::{Block, Ctx, Mode};
pub use error::{Error, ModuleError, Result, Sdk, ensure};
pub use event::Event;
pub use gas::Gas;
pub use key::Key;
pub use module::{Entry, Invariant, Module, entry};
pub use page::{Page, paginate};
pub use queue::Queue;
pub use routes::{Routes, SealedRoutes};
pub use tx::{MAX_SIGNATURES, MAX_TX_BYTES, Tx, decode_tx};
