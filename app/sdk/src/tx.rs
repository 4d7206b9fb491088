//! Transactions: `cosmos.tx.v1beta1.TxRaw`, taken only in its one canonical encoding.

use crate::error::{Result, Sdk, ensure};
use aliquot_proto::strict;
use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use prost::Message;
use sha2::{Digest, Sha256};

/// Bytes of the largest transaction: one with a multiproof of 128 openings is about 160 KiB.
pub const MAX_TX_BYTES: usize = 512 * 1024;
pub const MAX_SIGNATURES: usize = 8;

/// A transaction, decoded once.
#[derive(Debug, Clone)]
pub struct Tx {
    /// SHA-256 of the bytes as sent: CometBFT's transaction hash.
    pub hash: [u8; 32],
    pub size: usize,
    pub body: TxBody,
    pub auth: AuthInfo,
    /// The signed parts exactly as sent.
    pub body_bytes: Vec<u8>,
    pub auth_bytes: Vec<u8>,
    pub signatures: Vec<Vec<u8>>,
}

/// Decodes a transaction; whatever would encode to other bytes is refused, so that one transaction has one hash.
pub fn decode_tx(raw: &[u8]) -> Result<Tx> {
    ensure(raw.len() <= MAX_TX_BYTES, || {
        Sdk::TxTooLarge(format!("{} bytes where at most {MAX_TX_BYTES} are taken", raw.len()))
    })?;
    strict::check::<TxRaw>(raw).map_err(|e| Sdk::TxDecode(e.to_string()))?;
    let tx = TxRaw::decode(raw).map_err(|e| Sdk::TxDecode(e.to_string()))?;
    strict::check::<TxBody>(&tx.body_bytes).map_err(|e| Sdk::TxDecode(format!("body: {e}")))?;
    strict::check::<AuthInfo>(&tx.auth_info_bytes).map_err(|e| Sdk::TxDecode(format!("auth_info: {e}")))?;
    let body = TxBody::decode(tx.body_bytes.as_slice()).map_err(|e| Sdk::TxDecode(format!("body: {e}")))?;
    let auth = AuthInfo::decode(tx.auth_info_bytes.as_slice()).map_err(|e| Sdk::TxDecode(format!("auth_info: {e}")))?;
    ensure(body.extension_options.is_empty(), || Sdk::UnknownRequest("unknown extension options".into()))?;
    ensure(!body.messages.is_empty(), || Sdk::InvalidRequest("must contain at least one message".into()))?;
    Ok(Tx {
        hash: Sha256::digest(raw).into(),
        size: raw.len(),
        body,
        auth,
        body_bytes: tx.body_bytes,
        auth_bytes: tx.auth_info_bytes,
        signatures: tx.signatures,
    })
}
