//! The result tree of a job: what a provider commits to, and what samples are opened against. Leaves and inner
//! nodes are hashed under different tags, the number of leaves is fixed by the next power of two, and leaves beyond
//! the last chunk are 32 zero bytes, so one result has one root and no path can be read as another.
//!
//! Variable parts are preceded by their length as a big-endian u32 (`len`):
//! - leaf `SHA256(0x00 || "aliquot/job/leaf" || len kernel || kernel || len lease || lease || u32 BE index || output)`
//! - node `SHA256(0x01 || left || right)`
//! - seed `SHA256("aliquot/job/sample" || len chain id || chain id || beacon || len lease || lease || root)`

use alloc::vec::Vec;
use core::fmt;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// The most chunks a job may have.
pub const MAX_CHUNKS: u32 = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeError {
    Empty,
    TooMany,
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a result needs at least one chunk"),
            Self::TooMany => write!(f, "a result has at most {MAX_CHUNKS} chunks: use larger chunks"),
        }
    }
}

impl core::error::Error for TreeError {}

fn prefixed(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u32).to_be_bytes());
    hasher.update(bytes);
}

/// The leaf of one chunk's output.
#[must_use]
pub fn leaf_hash(kernel: &str, lease: &[u8], index: u32, output: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(b"aliquot/job/leaf");
    prefixed(&mut hasher, kernel.as_bytes());
    prefixed(&mut hasher, lease);
    hasher.update(index.to_be_bytes());
    hasher.update(output);
    hasher.finalize().into()
}

/// The seed of a job's sample: known only once the beacon after the commit is.
#[must_use]
pub fn sample_seed(chain_id: &str, beacon: &Hash, lease: &[u8], root: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"aliquot/job/sample");
    prefixed(&mut hasher, chain_id.as_bytes());
    hasher.update(beacon);
    prefixed(&mut hasher, lease);
    hasher.update(root);
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// Levels between the leaves and the root: 0 for one chunk.
fn depth(chunks: u32) -> u32 {
    chunks.next_power_of_two().trailing_zeros()
}

/// The root over `leaves`.
///
/// # Errors
/// When there is no leaf or there are more than [`MAX_CHUNKS`].
pub fn root(leaves: &[Hash]) -> Result<Hash, TreeError> {
    Ok(Tree::new(leaves.to_vec())?.root())
}

/// All levels of a result tree, so that any sample can be opened.
#[derive(Clone, Debug)]
pub struct Tree {
    /// From the leaves up, each without its padding.
    levels: Vec<Vec<Hash>>,
    /// Per level, the hash of a subtree of zero leaves.
    padding: Vec<Hash>,
    root: Hash,
}

impl Tree {
    /// # Errors
    /// When there is no leaf or there are more than [`MAX_CHUNKS`].
    pub fn new(leaves: Vec<Hash>) -> Result<Self, TreeError> {
        let chunks = u32::try_from(leaves.len()).map_err(|_| TreeError::TooMany)?;
        if chunks > MAX_CHUNKS {
            return Err(TreeError::TooMany);
        }
        let mut levels = Vec::new();
        let mut padding = Vec::new();
        let mut empty = [0; 32];
        let mut level = leaves;
        for _ in 0..depth(chunks) {
            let above = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node(left, right),
                    [left] => node(left, &empty),
                    _ => empty,
                })
                .collect();
            padding.push(empty);
            empty = node(&empty, &empty);
            levels.push(core::mem::replace(&mut level, above));
        }
        let root = *level.first().ok_or(TreeError::Empty)?;
        levels.push(level);
        Ok(Self { levels, padding, root })
    }

    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Number of chunks.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.leaves().len() as u32
    }

    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The hashes that, with the leaves at `indices`, give the root: level by level from the leaves up, left to
    /// right. `None` unless `indices` is not empty, ascending, distinct and within the tree.
    #[must_use]
    pub fn multiproof(&self, indices: &[u32]) -> Option<Vec<Hash>> {
        if !well_formed(self.chunks(), indices) {
            return None;
        }
        let mut proof = Vec::new();
        let mut known = indices.to_vec();
        for (level, empty) in self.levels.iter().zip(&self.padding) {
            let mut above = Vec::with_capacity(known.len());
            let mut rest = known.iter().copied().peekable();
            while let Some(index) = rest.next() {
                if rest.next_if_eq(&(index | 1)).is_none() {
                    proof.push(*level.get((index ^ 1) as usize).unwrap_or(empty));
                }
                above.push(index >> 1);
            }
            known = above;
        }
        Some(proof)
    }
}

fn well_formed(chunks: u32, indices: &[u32]) -> bool {
    let ascending = indices.iter().zip(indices.iter().skip(1)).all(|(a, b)| a < b);
    chunks <= MAX_CHUNKS && ascending && indices.last().is_some_and(|last| *last < chunks)
}

/// Whether the leaves `leaf_hashes` stand at `indices` under `root`. `proof` is as [`Tree::multiproof`] gives it,
/// and exactly that: too few or too many hashes, an order that is not ascending, or a padding subtree that is not
/// of zero leaves fails.
#[must_use]
pub fn verify_multiproof(root: &Hash, chunks: u32, indices: &[u32], leaf_hashes: &[Hash], proof: &[Hash]) -> bool {
    if !well_formed(chunks, indices) || indices.len() != leaf_hashes.len() {
        return false;
    }
    let mut known: Vec<(u32, Hash)> = indices.iter().copied().zip(leaf_hashes.iter().copied()).collect();
    let mut proof = proof.iter();
    let mut empty = [0; 32];
    // How many nodes of the level hold at least one chunk.
    let mut used = chunks;
    for _ in 0..depth(chunks) {
        let mut above = Vec::with_capacity(known.len());
        let mut rest = known.iter().peekable();
        while let Some((index, hash)) = rest.next() {
            let parent = if index & 1 == 1 {
                let Some(left) = proof.next() else {
                    return false;
                };
                node(left, hash)
            } else if let Some((_, right)) = rest.next_if(|(next, _)| *next == index | 1) {
                node(hash, right)
            } else {
                let Some(right) = proof.next() else {
                    return false;
                };
                if index | 1 >= used && *right != empty {
                    return false;
                }
                node(hash, right)
            };
            above.push((index >> 1, parent));
        }
        known = above;
        empty = node(&empty, &empty);
        used = used.div_ceil(2);
    }
    proof.next().is_none() && matches!(known.as_slice(), [(0, top)] if top == root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    fn tree(chunks: u32) -> Tree {
        Tree::new((0..chunks).map(|i| leaf_hash("RENDER_Q16", b"lease/1", i, &i.to_le_bytes())).collect()).unwrap()
    }

    fn leaves_at(tree: &Tree, indices: &[u32]) -> Vec<Hash> {
        indices.iter().map(|i| tree.leaves()[*i as usize]).collect()
    }

    /// The same tree the slow way: padded with zero leaves to a power of two, halved until one is left.
    fn slow_root(leaves: &[Hash]) -> Hash {
        let mut level = leaves.to_vec();
        level.resize(leaves.len().next_power_of_two(), [0; 32]);
        while level.len() > 1 {
            level = level.chunks(2).map(|p| node(&p[0], &p[1])).collect();
        }
        level[0]
    }

    #[test]
    fn hashes_bind_every_part() {
        let leaf = leaf_hash("RENDER_Q16", b"lease/1", 7, b"out");
        assert_ne!(leaf, leaf_hash("RENDER_Q17", b"lease/1", 7, b"out"), "another kernel");
        assert_ne!(leaf, leaf_hash("RENDER_Q16", b"lease/2", 7, b"out"), "another lease: no replay");
        assert_ne!(leaf, leaf_hash("RENDER_Q16", b"lease/1", 8, b"out"), "another place: no splice");
        assert_ne!(leaf, leaf_hash("RENDER_Q16", b"lease/1", 7, b"Out"), "another output");
        assert_ne!(leaf_hash("AB", b"C", 0, b""), leaf_hash("A", b"BC", 0, b""), "parts cannot move");
        let seed = sample_seed("aliquot-1", &[1; 32], b"lease/1", &[2; 32]);
        assert_ne!(seed, sample_seed("aliquot-2", &[1; 32], b"lease/1", &[2; 32]));
        assert_ne!(seed, sample_seed("aliquot-1", &[3; 32], b"lease/1", &[2; 32]));
        assert_ne!(seed, sample_seed("aliquot-1", &[1; 32], b"lease/2", &[2; 32]));
        assert_ne!(seed, sample_seed("aliquot-1", &[1; 32], b"lease/1", &[3; 32]));
    }

    /// The documented byte strings, written out here once more by hand.
    #[test]
    fn hashes_are_as_documented() {
        let leaf = b"\0aliquot/job/leaf\0\0\0\x0aRENDER_Q16\0\0\0\x02ab\0\0\x01\x02out";
        assert_eq!(leaf_hash("RENDER_Q16", b"ab", 258, b"out"), <Hash>::from(Sha256::digest(leaf)));
        let mut seed = b"aliquot/job/sample\0\0\0\x01c".to_vec();
        seed.extend([5; 32]);
        seed.extend(b"\0\0\0\x02ab");
        seed.extend([6; 32]);
        assert_eq!(sample_seed("c", &[5; 32], b"ab", &[6; 32]), <Hash>::from(Sha256::digest(&seed)));
    }

    #[test]
    fn sizes_at_the_edges() {
        assert_eq!(root(&[]), Err(TreeError::Empty));
        assert_eq!(root(&vec![[0; 32]; MAX_CHUNKS as usize + 1]), Err(TreeError::TooMany));
        assert_eq!(root(&[[9; 32]]), Ok([9; 32]), "one chunk is its own root");
        assert!(verify_multiproof(&[9; 32], 1, &[0], &[[9; 32]], &[]));
        for chunks in 1..40 {
            let tree = tree(chunks);
            assert_eq!(tree.root(), slow_root(tree.leaves()));
            assert_eq!(tree.chunks(), chunks);
        }
        let full = Tree::new(vec![[1; 32]; MAX_CHUNKS as usize]).unwrap();
        let proof = full.multiproof(&[MAX_CHUNKS - 1]).unwrap();
        assert_eq!(proof.len(), 20);
        assert!(verify_multiproof(&full.root(), MAX_CHUNKS, &[MAX_CHUNKS - 1], &[[1; 32]], &proof));
    }

    #[test]
    fn malformed_requests_are_refused() {
        let tree = tree(10);
        for bad in [&[][..], &[10], &[3, 3], &[4, 2], &[0, u32::MAX]] {
            assert_eq!(tree.multiproof(bad), None, "{bad:?}");
            assert!(!verify_multiproof(&tree.root(), 10, bad, &vec![[0; 32]; bad.len()], &[]));
        }
        let (leaf, proof) = (leaves_at(&tree, &[9]), tree.multiproof(&[9]).unwrap());
        assert!(verify_multiproof(&tree.root(), 10, &[9], &leaf, &proof));
        assert!(!verify_multiproof(&tree.root(), 10, &[9], &[], &proof), "fewer leaves than indices");
        assert!(!verify_multiproof(&tree.root(), 0, &[9], &leaf, &proof));
        assert!(!verify_multiproof(&tree.root(), u32::MAX, &[9], &leaf, &proof));
        for other in [4, 8, 9, 17, 32] {
            assert!(!verify_multiproof(&tree.root(), other, &[9], &leaf, &proof), "{other} chunks");
        }
    }

    /// A tree whose padding is not zero has a root of its own, and its openings fail.
    #[test]
    fn padding_must_be_zero() {
        let mut leaves = tree(5).leaves().to_vec();
        leaves.resize(8, [7; 32]);
        let forged = Tree::new(leaves).unwrap();
        let proof = forged.multiproof(&[4]).unwrap();
        let leaf = leaves_at(&forged, &[4]);
        assert!(verify_multiproof(&forged.root(), 8, &[4], &leaf, &proof));
        assert!(!verify_multiproof(&forged.root(), 5, &[4], &leaf, &proof));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn openings_verify_and_mutations_fail(
            chunks in 1u32..200, picks in prop::collection::btree_set(0u32..200, 1..12), bit in 0usize..256, at: u32,
        ) {
            let tree = tree(chunks);
            let indices: Vec<u32> =
                picks.into_iter().map(|i| i % chunks).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let (root, leaves, proof) = (tree.root(), leaves_at(&tree, &indices), tree.multiproof(&indices).unwrap());
            let holds = |root: &Hash, indices: &[u32], leaves: &[Hash], proof: &[Hash]| {
                verify_multiproof(root, chunks, indices, leaves, proof)
            };
            prop_assert!(holds(&root, &indices, &leaves, &proof));

            let flip = |hashes: &[Hash]| {
                let mut hashes = hashes.to_vec();
                let place = at as usize % hashes.len();
                hashes[place][bit / 8] ^= 1 << (bit % 8);
                hashes
            };
            prop_assert!(!holds(&root, &indices, &flip(&leaves), &proof));
            prop_assert!(!holds(&flip(&[root])[0], &indices, &leaves, &proof));
            if !proof.is_empty() {
                prop_assert!(!holds(&root, &indices, &leaves, &flip(&proof)));
                prop_assert!(!holds(&root, &indices, &leaves, &proof[1..]));
                prop_assert!(!holds(&root, &indices, &leaves, &proof[..proof.len() - 1]));
            }
            let longer = [proof.clone(), vec![[0; 32]]].concat();
            prop_assert!(!holds(&root, &indices, &leaves, &longer));
            let mut moved = indices.clone();
            let place = at as usize % moved.len();
            moved[place] = (moved[place] + 1) % chunks;
            if moved != indices {
                prop_assert!(!holds(&root, &moved, &leaves, &proof));
            }
            let mut swapped = leaves.clone();
            swapped.rotate_left(1);
            if swapped.len() > 1 {
                prop_assert!(!holds(&root, &indices, &swapped, &proof));
            }
        }

        #[test]
        fn hostile_proofs_never_panic(
            root: Hash, chunks: u32, indices in prop::collection::vec(any::<u32>(), 0..20),
            leaves in prop::collection::vec(any::<Hash>(), 0..20), proof in prop::collection::vec(any::<Hash>(), 0..20),
        ) {
            prop_assert!(!verify_multiproof(&root, chunks, &indices, &leaves, &proof) || chunks == 1);
        }
    }
}
