//! The tree over the stores' roots: a few leaves, built whole each time.

use ics23::{CommitmentProof, ExistenceProof};

use crate::hash::{self, Hash};
use crate::proof::{MAX_PATH, existence, inner_op, leaf_op};

/// Key hash and leaf hash.
type Leaf = (Hash, Hash);

pub(crate) struct MainTree {
    leaves: Vec<Leaf>,
}

pub(crate) fn main_tree<'a>(roots: impl Iterator<Item = (&'a [u8], Hash)>) -> MainTree {
    let mut leaves: Vec<_> = roots
        .map(|(name, root)| {
            let key = hash::sha256(name);
            (key, hash::leaf(&key, &hash::sha256(&root)))
        })
        .collect();
    leaves.sort_unstable();
    MainTree { leaves }
}

impl MainTree {
    pub fn root(&self) -> Hash {
        build(&self.leaves, 0)
    }

    /// The proof that `store` has the root `root` here.
    pub fn prove(&self, store: &str, root: &Hash) -> CommitmentProof {
        let target = hash::sha256(store.as_bytes());
        let mut path = Vec::new();
        let (mut leaves, mut depth) = (self.leaves.as_slice(), 0);
        while leaves.len() > 1 && depth < MAX_PATH {
            let (left, right) = halves(leaves, depth);
            let go_right = hash::bit(&target, depth);
            depth = depth.saturating_add(1);
            let (taken, beside) = if go_right { (right, left) } else { (left, right) };
            path.push(inner_op(go_right, &build(beside, depth)));
            leaves = taken;
        }
        path.reverse();
        let (key, value) = (store.as_bytes().to_vec(), root.to_vec());
        existence(ExistenceProof { key, value, leaf: Some(leaf_op()), path })
    }
}

fn halves(leaves: &[Leaf], depth: usize) -> (&[Leaf], &[Leaf]) {
    leaves.split_at(leaves.partition_point(|(key, _)| !hash::bit(key, depth)))
}

fn build(leaves: &[Leaf], depth: usize) -> Hash {
    match leaves {
        [] => hash::EMPTY,
        [(_, leaf)] => *leaf,
        _ if depth >= MAX_PATH => hash::EMPTY,
        _ => {
            let (left, right) = halves(leaves, depth);
            let below = depth.saturating_add(1);
            hash::inner(&build(left, below), &build(right, below))
        }
    }
}
