//! Verification of secp256k1 signatures, and the memory of those that were right.
//!
//! CheckTx verifies; FinalizeBlock finds the result here and skips the curve, never a check or gas. The memory is of one
//! node, bounded, and keyed by everything that a verification depends on.

use secp256k1::{Message, PublicKey, SECP256K1, ecdsa::Signature};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Verified signatures kept: about 10 MB.
const CAPACITY: usize = 100_000;

#[derive(Default)]
struct Known {
    set: BTreeSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

#[derive(Default)]
pub struct Signatures {
    known: Mutex<Known>,
}

impl Signatures {
    /// Whether `signature` (64 bytes, r || s, low s) is over SHA-256 of `doc` by `key` (33 bytes, compressed).
    pub fn verify(&self, doc: &[u8], key: &[u8; 33], signature: &[u8]) -> bool {
        let Ok(signature) = <[u8; 64]>::try_from(signature) else { return false };
        let digest: [u8; 32] = Sha256::digest(doc).into();
        let id: [u8; 32] =
            Sha256::new().chain_update(digest).chain_update(key).chain_update(signature).finalize().into();
        if self.lock().set.contains(&id) {
            return true;
        }
        let right = verify_ecdsa(&digest, key, &signature);
        if right {
            self.remember(id);
        }
        right
    }

    /// Notes a transaction that passed CheckTx, all of whose signatures are therefore remembered.
    pub fn note_tx(&self, hash: [u8; 32]) {
        self.remember(hash);
    }

    pub fn has_tx(&self, hash: &[u8; 32]) -> bool {
        self.lock().set.contains(hash)
    }

    pub fn forget_all(&self) {
        *self.lock() = Known::default();
    }

    fn remember(&self, id: [u8; 32]) {
        let mut known = self.lock();
        if known.set.insert(id) {
            known.order.push_back(id);
        }
        if known.order.len() > CAPACITY
            && let Some(oldest) = known.order.pop_front()
        {
            known.set.remove(&oldest);
        }
    }

    /// The data is a cache: whatever a panicking thread left in it is still right or absent.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// libsecp256k1 refuses signatures with a high s, so no signature has a second spelling.
fn verify_ecdsa(digest: &[u8; 32], key: &[u8; 33], signature: &[u8; 64]) -> bool {
    let (Ok(key), Ok(signature)) = (PublicKey::from_slice(key), Signature::from_compact(signature)) else {
        return false;
    };
    SECP256K1.verify_ecdsa(Message::from_digest(*digest), &signature, &key).is_ok()
}
