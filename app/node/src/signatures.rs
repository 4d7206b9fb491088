//! Verification of secp256k1 signatures, and the memory of those that were right.
//!
//! CheckTx verifies; FinalizeBlock finds the result here and skips the curve, never a check or gas. The memory is of one
//! node, bounded, and keyed by everything that a verification depends on.

use aliquot_proto::{
    amino,
    cosmos::tx::v1beta1::{Fee, SignDoc},
    json,
};
use aliquot_sdk::Tx;
use prost::Message as _;
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

/// What a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignMode {
    Direct,
    Amino,
}

/// A signature of a transaction, with what the state says about its signer.
pub struct Claim<'a> {
    pub tx: &'a Tx,
    /// Its place among the transaction's signatures, and among those of several keys.
    pub index: usize,
    pub part: usize,
    /// Compressed.
    pub key: [u8; 33],
    pub signature: Vec<u8>,
    pub mode: SignMode,
    pub sequence: u64,
    pub chain_id: &'a str,
    pub account_number: u64,
}

impl Claim<'_> {
    /// A hash of all that the verification depends on: the transaction's own hash covers the signed parts, the mode, the
    /// sequence and the signatures, so what is signed need not be put together to be found again.
    fn id(&self) -> [u8; 32] {
        let hash = Sha256::new().chain_update(self.tx.hash).chain_update(self.key);
        let places = [self.index, self.part].map(|place| (place as u64).to_be_bytes());
        let hash = hash.chain_update(places.concat()).chain_update(self.account_number.to_be_bytes());
        hash.chain_update(self.chain_id).finalize().into()
    }

    fn sign_bytes(&self) -> Result<Vec<u8>, json::Error> {
        let body = &self.tx.body;
        match self.mode {
            SignMode::Direct => Ok(SignDoc {
                body_bytes: self.tx.body_bytes.clone(),
                auth_info_bytes: self.tx.auth_bytes.clone(),
                chain_id: self.chain_id.into(),
                account_number: self.account_number,
            }
            .encode_to_vec()),
            SignMode::Amino => amino::SignDoc {
                chain_id: self.chain_id,
                account_number: self.account_number,
                sequence: self.sequence,
                fee: self.tx.auth.fee.as_ref().unwrap_or(&Fee::default()),
                msgs: &body.messages,
                memo: &body.memo,
                timeout_height: body.timeout_height,
            }
            .bytes(),
        }
    }

    fn holds(&self) -> Result<bool, json::Error> {
        let Ok(signature) = <[u8; 64]>::try_from(self.signature.as_slice()) else { return Ok(false) };
        Ok(verify_ecdsa(&Sha256::digest(self.sign_bytes()?).into(), &self.key, &signature))
    }
}

impl Signatures {
    /// Whether the signature (64 bytes, r || s, low s) is over SHA-256 of the sign bytes by the key.
    pub fn verify(&self, claim: &Claim) -> Result<bool, json::Error> {
        let id = claim.id();
        if self.lock().set.contains(&id) {
            return Ok(true);
        }
        let right = claim.holds()?;
        if right {
            self.remember(id);
        }
        Ok(right)
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
