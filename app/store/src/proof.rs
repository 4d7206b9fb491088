//! ICS23 proofs: making them, checking them, and refusing the malformed ones that others send.
//!
//! A proof of a key is two commitment proofs: the key in its subtree, and the subtree's root, under the store's name,
//! in the main tree. Absence is shown by the two neighbours in hash order, which a proof gives as raw keys.

use ics23::{
    CommitmentProof, ExistenceProof, HashOp, HostFunctionsManager, InnerOp, LeafOp, LengthOp, NonExistenceProof,
    ProofSpec, commitment_proof::Proof,
};

use crate::error::Error;
use crate::hash::Hash;

/// No path is longer than a key hash has bits.
pub(crate) const MAX_PATH: usize = 256;

/// A proof that a key has a value, or has none.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreProof {
    /// The key in the subtree: existence or absence.
    pub key: CommitmentProof,
    /// The subtree's root in the main tree: always existence.
    pub store: CommitmentProof,
    /// The subtree's root.
    pub root: [u8; 32],
    /// The value proven, `None` when absence is proven.
    pub value: Option<Vec<u8>>,
}

impl StoreProof {
    /// Checks this proof against an app hash; `value` is what the caller claims, `None` for absence.
    pub fn verify(&self, app_hash: &[u8; 32], store: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Error> {
        let spec = ics23::smt_spec();
        check_proof_shape(&self.key, &spec)?;
        check_proof_shape(&self.store, &spec)?;
        let (main, root) = (app_hash.to_vec(), self.root.to_vec());
        let member = ics23::verify_membership::<HostFunctionsManager>;
        let non_member = ics23::verify_non_membership::<HostFunctionsManager>;
        if !member(&self.store, &spec, &main, store.as_bytes(), &self.root) {
            return Err(Error::Proof("the subtree's root does not belong to this app hash"));
        }
        let holds = match value {
            Some(value) => member(&self.key, &spec, &root, key, value),
            None => non_member(&self.key, &spec, &root, key),
        };
        if holds { Ok(()) } else { Err(Error::Proof("the subtree does not say this of the key")) }
    }
}

/// Refuses proofs that the `ics23` crate must not see, because it can panic on them or take them for something else:
/// batches and compressed ones, missing parts, long paths, hash inputs whose lengths do not fit `spec`, and pairs of
/// neighbours whose paths do not part. Call it on every proof that comes from outside, before verification.
pub fn check_proof_shape(proof: &CommitmentProof, spec: &ProofSpec) -> Result<(), Error> {
    match &proof.proof {
        Some(Proof::Exist(exist)) => check_existence(exist, spec),
        Some(Proof::Nonexist(absent)) => {
            for side in [&absent.left, &absent.right].into_iter().flatten() {
                check_existence(side, spec)?;
            }
            match (&absent.left, &absent.right) {
                (None, None) => Err(Error::Proof("absence without a neighbour")),
                (Some(left), Some(right)) => check_parting(&left.path, &right.path),
                _ => Ok(()),
            }
        }
        Some(Proof::Batch(_) | Proof::Compressed(_)) => Err(Error::Proof("batched or compressed")),
        None => Err(Error::Proof("empty")),
    }
}

fn check_existence(exist: &ExistenceProof, spec: &ProofSpec) -> Result<(), Error> {
    let leaf = exist.leaf.as_ref().ok_or(Error::Proof("no leaf"))?;
    let (leaf_spec, inner) = match (&spec.leaf_spec, &spec.inner_spec) {
        (Some(leaf), Some(inner)) => (leaf, inner),
        _ => return Err(Error::Proof("the specification lacks a part")),
    };
    if exist.key.is_empty() || exist.value.is_empty() {
        return Err(Error::Proof("empty key or value"));
    }
    // IAVL's leaf prefix carries varints behind the fixed byte; elsewhere the prefix is exact.
    let exact = inner.min_prefix_length == inner.max_prefix_length;
    if !leaf.prefix.starts_with(&leaf_spec.prefix)
        || leaf.prefix.len() > leaf_spec.prefix.len().saturating_add(if exact { 0 } else { 32 })
    {
        return Err(Error::Proof("leaf prefix"));
    }
    let ops = |leaf: &LeafOp| (leaf.hash, leaf.prehash_key, leaf.prehash_value, leaf.length);
    if ops(leaf) != ops(leaf_spec) {
        return Err(Error::Proof("leaf operation"));
    }
    if exist.path.len() > MAX_PATH {
        return Err(Error::Proof("path too long"));
    }
    let size = |number: i32| usize::try_from(number).map_err(|_| Error::Proof("the specification has a negative size"));
    let (child, min, max) = (size(inner.child_size)?, size(inner.min_prefix_length)?, size(inner.max_prefix_length)?);
    let fits =
        |prefix: usize, before: usize| prefix >= min.saturating_add(before) && prefix <= max.saturating_add(before);
    for step in &exist.path {
        let (prefix, suffix) = (step.prefix.len(), step.suffix.len());
        let left = fits(prefix, 0) && suffix == child;
        let right = fits(prefix, child) && suffix == 0;
        if !(left || right) || step.hash != inner.hash || step.prefix.starts_with(&leaf_spec.prefix) {
            return Err(Error::Proof("inner operation"));
        }
        if exact && step.prefix.first() != Some(&1) {
            return Err(Error::Proof("inner prefix"));
        }
    }
    Ok(())
}

/// The paths run from leaf to root; seen from the root they must differ before either ends.
fn check_parting(left: &[InnerOp], right: &[InnerOp]) -> Result<(), Error> {
    let mut both = left.iter().rev().zip(right.iter().rev());
    if both.any(|(a, b)| a.prefix != b.prefix || a.suffix != b.suffix) {
        Ok(())
    } else {
        Err(Error::Proof("the neighbours' paths do not part"))
    }
}

pub(crate) fn existence(exist: ExistenceProof) -> CommitmentProof {
    CommitmentProof { proof: Some(Proof::Exist(exist)) }
}

pub(crate) fn absence(key: Vec<u8>, left: Option<ExistenceProof>, right: Option<ExistenceProof>) -> CommitmentProof {
    CommitmentProof { proof: Some(Proof::Nonexist(NonExistenceProof { key, left, right })) }
}

pub(crate) fn leaf_op() -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::Sha256.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::NoPrefix.into(),
        prefix: vec![0],
    }
}

pub(crate) fn inner_op(right: bool, beside: &Hash) -> InnerOp {
    let mut prefix = vec![1];
    let mut suffix = Vec::new();
    if right { &mut prefix } else { &mut suffix }.extend_from_slice(beside);
    InnerOp { hash: HashOp::Sha256.into(), prefix, suffix }
}
