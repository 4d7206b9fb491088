//! The authenticated store of the chain: named subtrees of bytes, one Merkle root over all of them, history and proofs.
//!
//! Newest state lies flat in one RocksDB column family, so reads never walk a tree. Beside it stand the tree's pages
//! (four levels each), an undo log of old values (history, rollback) and the raw keys behind the hashed leaves
//! (proofs of absence name their neighbours). A block is computed by [`Db::prepare`], which writes nothing, and made
//! durable by [`Db::commit`] as one synced batch: a crash anywhere leaves the previous block or the next, never a mix.
//!
//! Shape of the tree, which is ICS23's `smt_spec()` twice, once inside a subtree and once over the subtrees' roots:
//! leaf `SHA256(0x00 || SHA256(key) || SHA256(value))`, inner node `SHA256(0x01 || left || right)`, an empty child is 32
//! zero bytes, and a subtree with a single leaf is that leaf. The main tree maps each store's name to its root; an
//! empty subtree's root is 32 zero bytes and is present all the same.
//!
//! This crate knows bytes only: no values, no blocks, no modules.
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

mod block;
mod cache;
mod columns;
mod db;
mod error;
mod hash;
mod head;
mod key;
mod lanes;
mod main_tree;
mod overlay;
mod page;
mod proof;
mod search;
mod snapshot;
mod tree;
mod undo;

use std::collections::BTreeMap;

pub use db::{Db, Prepared};
pub use error::Error;
pub use overlay::{Overlay, OverlayRange, Reads};
pub use proof::{StoreProof, check_proof_shape};
pub use snapshot::{Range, Snapshot, View};
pub use undo::Historic;

/// The name of a subtree: lower-case ASCII letters, fixed at compile time.
pub type Name = &'static str;

/// How a database is opened. `..Config::default()` fills what a caller does not care about.
#[derive(Clone, Debug)]
pub struct Config {
    /// Names of the subtrees, each `[a-z]+`. A name may be added later; one that holds data may not be left out.
    pub stores: Vec<Name>,
    /// How many of the newest heights are held for queries and proofs.
    pub snapshots: usize,
    /// How many heights of old values are kept for [`Db::at`] and [`Db::rollback`]; `None` keeps all (archive).
    pub retain: Option<u64>,
    /// Whether a commit waits for the disk. Only tests and benches have a reason to turn this off.
    pub sync: bool,
    /// Memory for tree pages kept between blocks, in bytes.
    pub page_cache: usize,
    /// Memory for recently written values kept between blocks, in bytes.
    pub value_cache: usize,
    /// Memory for RocksDB's block cache, in bytes.
    pub block_cache: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            stores: Vec::new(),
            snapshots: 100,
            retain: None,
            sync: true,
            page_cache: 512 << 20,
            value_cache: 128 << 20,
            block_cache: 128 << 20,
        }
    }
}

/// What a block writes, sorted by store and key; `None` deletes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<(Name, Vec<u8>), Option<Vec<u8>>>);

impl Changes {
    /// Records that `key` in `store` takes `value`.
    pub fn set(&mut self, store: Name, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.0.insert((store, key.into()), Some(value.into()));
    }

    /// Records that `key` in `store` is deleted.
    pub fn delete(&mut self, store: Name, key: impl Into<Vec<u8>>) {
        self.0.insert((store, key.into()), None);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
