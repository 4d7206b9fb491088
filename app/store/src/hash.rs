//! The hashes of the tree. Domain bytes keep leaves and inner nodes apart (ICS23 `smt_spec()`).

use sha2::{Digest, Sha256};

use crate::lanes;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Stands for an empty child.
pub(crate) const EMPTY: Hash = [0; 32];

const LEAF: u8 = 0;
const INNER: u8 = 1;

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn tagged(tag: u8, pair: &[u8; 64]) -> Hash {
    let mut message = [tag; 65];
    if let Some(body) = message.get_mut(1..) {
        body.copy_from_slice(pair);
    }
    sha256(&message)
}

/// Two hashes side by side: the message of a leaf or of an inner node.
pub(crate) fn pair(left: &Hash, right: &Hash) -> [u8; 64] {
    let mut out = [0; 64];
    let (head, tail) = out.split_at_mut(32);
    head.copy_from_slice(left);
    tail.copy_from_slice(right);
    out
}

pub(crate) fn leaf(key: &Hash, value: &Hash) -> Hash {
    tagged(LEAF, &pair(key, value))
}

pub(crate) fn inner(left: &Hash, right: &Hash) -> Hash {
    tagged(INNER, &pair(left, right))
}

/// The hashes of many inner nodes, in order.
pub(crate) fn inners(pairs: &[[u8; 64]]) -> Vec<Hash> {
    lanes::sha256_pairs(INNER, pairs)
}

/// The hashes of many leaves, in order.
pub(crate) fn leaves(pairs: &[[u8; 64]]) -> Vec<Hash> {
    lanes::sha256_pairs(LEAF, pairs)
}

/// The bit of a key hash that decides left (false) or right at `depth`.
pub(crate) fn bit(key: &Hash, depth: usize) -> bool {
    let byte = key.get(depth >> 3).copied().unwrap_or_default();
    (byte << (depth & 7)) & 0x80 != 0
}

/// The four bits of a key hash that choose a slot in the page at `level`.
pub(crate) fn nibble(key: &Hash, level: u8) -> usize {
    let byte = key.get(usize::from(level >> 1)).copied().unwrap_or_default();
    usize::from(if level & 1 == 0 { byte >> 4 } else { byte & 15 })
}
