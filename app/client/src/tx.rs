//! Transactions: messages wrapped, gas and fee reckoned, signed by one key in SIGN_MODE_DIRECT, or as wallets do in
//! SIGN_MODE_LEGACY_AMINO_JSON.

use std::{fmt, str::FromStr};

use aliquot_proto::{
    Any, amino,
    cosmos::{
        base::v1beta1::Coin,
        tx::{
            signing::v1beta1::SignMode,
            v1beta1::{
                AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw,
                mode_info::{Single, Sum},
            },
        },
    },
    json,
};
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use crate::{BASE_DENOM, key::Key};

/// Wraps a message under its type URL, `/package.Name`.
pub fn any<M: Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

/// What a transaction holds before it is signed.
#[derive(Clone, Debug, Default)]
pub struct TxBuilder {
    pub msgs: Vec<Any>,
    pub memo: String,
    pub gas_limit: u64,
    pub fee: Vec<Coin>,
    /// The account that pays the fee by a grant to the signer; empty when the signer pays.
    pub fee_granter: String,
    /// The last height at which the transaction may be in a block; 0 for none.
    pub timeout_height: u64,
}

/// What a signature is bound to besides the transaction itself.
#[derive(Clone, Debug)]
pub struct SignerData {
    pub chain_id: String,
    pub account_number: u64,
    pub sequence: u64,
}

/// A transaction as it goes to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTx {
    /// An encoded `TxRaw`.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes in upper-case hex, by which nodes know it.
    pub hash: String,
}

impl SignedTx {
    fn new(body_bytes: Vec<u8>, auth_info_bytes: Vec<u8>, signature: Vec<u8>) -> Self {
        let bytes = TxRaw { body_bytes, auth_info_bytes, signatures: vec![signature] }.encode_to_vec();
        SignedTx { hash: hash(&bytes), bytes }
    }
}

impl TxBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn msg<M: Name>(mut self, message: &M) -> Self {
        self.msgs.push(any(message));
        self
    }

    pub fn memo(mut self, memo: impl Into<String>) -> Self {
        self.memo = memo.into();
        self
    }

    pub fn gas_limit(mut self, gas: u64) -> Self {
        self.gas_limit = gas;
        self
    }

    pub fn fee(mut self, fee: Coin) -> Self {
        self.fee = vec![fee];
        self
    }

    pub fn timeout_height(mut self, height: u64) -> Self {
        self.timeout_height = height;
        self
    }

    /// Signs with `key` in SIGN_MODE_DIRECT.
    pub fn sign(&self, key: &Key, signer: &SignerData) -> SignedTx {
        let body_bytes = self.body().encode_to_vec();
        let auth_info_bytes = self.auth_info(key, signer.sequence, SignMode::Direct).encode_to_vec();
        let doc = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: signer.chain_id.clone(),
            account_number: signer.account_number,
        };
        SignedTx::new(body_bytes, auth_info_bytes, key.sign(&doc.encode_to_vec()).to_vec())
    }

    /// Signs with `key` in SIGN_MODE_LEGACY_AMINO_JSON.
    pub fn sign_amino(&self, key: &Key, signer: &SignerData) -> Result<SignedTx, json::Error> {
        let auth_info = self.auth_info(key, signer.sequence, SignMode::LegacyAminoJson).encode_to_vec();
        let signature = key.sign(&self.amino_doc(signer)?).to_vec();
        Ok(SignedTx::new(self.body().encode_to_vec(), auth_info, signature))
    }

    /// What a key signs in SIGN_MODE_LEGACY_AMINO_JSON; each member of a multisig signs the same.
    pub fn amino_doc(&self, signer: &SignerData) -> Result<Vec<u8>, json::Error> {
        let doc = amino::SignDoc {
            chain_id: &signer.chain_id,
            account_number: signer.account_number,
            sequence: signer.sequence,
            fee: &self.wire_fee(),
            msgs: &self.msgs,
            memo: &self.memo,
            timeout_height: self.timeout_height,
        };
        doc.bytes()
    }

    /// The bytes that a simulation takes: an empty signature in the place of the real one.
    pub fn unsigned(&self, key: &Key, sequence: u64) -> Vec<u8> {
        TxRaw {
            body_bytes: self.body().encode_to_vec(),
            auth_info_bytes: self.auth_info(key, sequence, SignMode::Direct).encode_to_vec(),
            signatures: vec![Vec::new()],
        }
        .encode_to_vec()
    }

    pub fn body(&self) -> TxBody {
        TxBody {
            messages: self.msgs.clone(),
            memo: self.memo.clone(),
            timeout_height: self.timeout_height,
            ..Default::default()
        }
    }

    pub fn wire_fee(&self) -> Fee {
        Fee {
            amount: self.fee.clone(),
            gas_limit: self.gas_limit,
            payer: String::new(),
            granter: self.fee_granter.clone(),
        }
    }

    fn auth_info(&self, key: &Key, sequence: u64, mode: SignMode) -> AuthInfo {
        AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some(key.public_key_any()),
                mode_info: Some(ModeInfo { sum: Some(Sum::Single(Single { mode: mode.into() })) }),
                sequence,
            }],
            fee: Some(self.wire_fee()),
            ..Default::default()
        }
    }
}

/// The name of a transaction's bytes: SHA-256 in upper-case hex.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode_upper(Sha256::digest(bytes))
}

/// How the gas limit of a transaction is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gas {
    /// What a simulation at the node used, and two fifths more.
    #[default]
    Simulate,
    /// From the number and size of the messages, without asking the node.
    Estimate,
    Limit(u64),
}

const GAS_PER_TX: u64 = 100_000;
const GAS_PER_MESSAGE: u64 = 200_000;
// A byte is paid for when it comes in and again each time it is stored: inputs of jobs lie with group and order.
const GAS_PER_BYTE: u64 = 100;

/// A limit that the messages of this chain stay under as long as they do no declared work beyond storing themselves.
/// Where a message declares work (openings of samples), the caller adds it.
pub fn estimate_gas(msgs: &[Any]) -> u64 {
    let each = |m: &Any| GAS_PER_MESSAGE.saturating_add(GAS_PER_BYTE.saturating_mul(m.value.len() as u64));
    msgs.iter().map(each).fold(GAS_PER_TX, u64::saturating_add)
}

/// What a unit of gas costs, exact to 18 decimals of the base denom, as `0.025ualq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasPrice {
    /// 1e-18 of the denom for one gas.
    atto: u128,
    denom: String,
}

const ATTO: u128 = 1_000_000_000_000_000_000;

impl GasPrice {
    /// The fee for a gas limit, rounded up. Empty when the price is zero.
    pub fn fee(&self, gas_limit: u64) -> Vec<Coin> {
        let amount = u128::from(gas_limit).saturating_mul(self.atto).div_ceil(ATTO);
        match amount {
            0 => Vec::new(),
            _ => vec![Coin { denom: self.denom.clone(), amount: amount.to_string() }],
        }
    }
}

impl Default for GasPrice {
    /// 0.025 of the base denom.
    fn default() -> Self {
        GasPrice { atto: ATTO / 40, denom: BASE_DENOM.into() }
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:018}", self.atto % ATTO);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}{}", self.atto / ATTO, self.denom),
            fraction => write!(f, "{}.{fraction}{}", self.atto / ATTO, self.denom),
        }
    }
}

/// A gas price that is not a decimal number followed by a denom.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a gas price: write a number of at most 18 decimals and a denom, as 0.025ualq")]
pub struct BadGasPrice(String);

impl FromStr for GasPrice {
    type Err = BadGasPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadGasPrice(text.into());
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, denom) = text.split_at(split);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let denom_ok = denom.len() >= 3 && denom.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c));
        if whole.is_empty() || fraction.len() > 18 || fraction.contains('.') || !denom_ok {
            return Err(bad());
        }
        let whole: u64 = whole.parse().map_err(|_| bad())?;
        let fraction: u128 = format!("{fraction:0<18}").parse().map_err(|_| bad())?;
        let atto = u128::from(whole).checked_mul(ATTO).and_then(|w| w.checked_add(fraction)).ok_or_else(bad)?;
        Ok(GasPrice { atto, denom: denom.into() })
    }
}
