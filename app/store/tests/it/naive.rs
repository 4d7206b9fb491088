//! The specification written down as plainly as possible: no pages, no batches, no caches.

use std::collections::BTreeMap;

use aliquot_store::{Changes, Config, Db, Name};
use sha2::{Digest, Sha256};

pub type Rows = BTreeMap<(Name, Vec<u8>), Vec<u8>>;

pub const STORES: [Name; 3] = ["auth", "bank", "wasm"];

pub fn config() -> Config {
    Config { stores: STORES.to_vec(), sync: false, ..Config::default() }
}

pub fn open(dir: &tempfile::TempDir, config: Config) -> Db {
    Db::open(dir.path(), config).unwrap()
}

pub fn sha(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

fn bit(key: &[u8; 32], depth: usize) -> bool {
    key[depth / 8] >> (7 - depth % 8) & 1 == 1
}

fn node(leaves: &[([u8; 32], [u8; 32])], depth: usize) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [(_, leaf)] => *leaf,
        _ => {
            let (left, right): (Vec<_>, Vec<_>) = leaves.iter().partition(|(key, _)| !bit(key, depth));
            sha(&[&[1], &node(&left, depth + 1), &node(&right, depth + 1)])
        }
    }
}

/// The root of a tree over these keys and values.
pub fn root<'a>(rows: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> [u8; 32] {
    let leaves: Vec<_> = rows
        .map(|(key, value)| {
            let key = sha(&[key]);
            (key, sha(&[&[0], &key, &sha(&[value])]))
        })
        .collect();
    node(&leaves, 0)
}

pub fn store_root(rows: &Rows, store: Name) -> [u8; 32] {
    root(rows.iter().filter(|((name, _), _)| *name == store).map(|((_, key), value)| (&key[..], &value[..])))
}

pub fn app_hash(rows: &Rows) -> [u8; 32] {
    let roots: Vec<_> = STORES.iter().map(|store| (*store, store_root(rows, store))).collect();
    root(roots.iter().map(|(name, root)| (name.as_bytes(), &root[..])))
}

pub fn apply(rows: &mut Rows, changes: &Changes) {
    for ((store, key), value) in &changes.0 {
        match value {
            Some(value) => rows.insert((store, key.clone()), value.clone()),
            None => rows.remove(&(*store, key.clone())),
        };
    }
}

/// A generator of numbers that is the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
