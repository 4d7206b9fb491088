//! A secp256k1 key in memory: from a mnemonic to an address and signatures.
//!
//! Nothing here prints a secret: `Debug` shows the address alone, and private bytes are wiped when dropped.

use std::fmt;

use aliquot_proto::{Any, cosmos::crypto::secp256k1::PubKey};
use cosmrs::{
    AccountId,
    bip32::{
        DerivationPath, XPrv,
        secp256k1::ecdsa::{Signature, SigningKey, signature::Signer},
    },
    crypto::PublicKey,
};
use zeroize::Zeroizing;

use crate::ADDRESS_PREFIX;

/// Account 0 of the coin type that Cosmos wallets use, so that a mnemonic gives the same key everywhere.
pub const DERIVATION_PATH: &str = "m/44'/118'/0'/0/0";

/// What is wrong with a mnemonic or a private key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a mnemonic has 12 or 24 words, this one has {0}")]
    WordCount(usize),
    #[error("the mnemonic is not valid: {0}; check each word and their order")]
    Mnemonic(bip39::Error),
    #[error("no key can be derived: {0}")]
    Derivation(String),
}

/// The English BIP-39 words that a key is made from. Wiped when dropped, and never printed by `Debug`.
#[derive(Clone)]
pub struct Mnemonic(Zeroizing<String>);

impl Mnemonic {
    /// 24 fresh words from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let words = bip39::Mnemonic::generate(24).map_err(KeyError::Mnemonic)?;
        Ok(Mnemonic(Zeroizing::new(words.to_string())))
    }

    /// Takes 12 or 24 words, however they are spaced.
    pub fn parse(phrase: &str) -> Result<Self, KeyError> {
        let words: Vec<&str> = phrase.split_whitespace().collect();
        if words.len() != 12 && words.len() != 24 {
            return Err(KeyError::WordCount(words.len()));
        }
        let phrase = Zeroizing::new(words.join(" "));
        bip39::Mnemonic::parse_in(bip39::Language::English, phrase.as_str()).map_err(KeyError::Mnemonic)?;
        Ok(Mnemonic(phrase))
    }

    /// The words, to be shown once to the person who will keep them.
    pub fn phrase(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

/// A private key with its address.
#[derive(Clone)]
pub struct Key {
    signing: SigningKey,
    account: AccountId,
}

impl Key {
    /// The key at [`DERIVATION_PATH`], without a BIP-39 passphrase.
    pub fn from_mnemonic(phrase: &str) -> Result<Self, KeyError> {
        let mnemonic = Mnemonic::parse(phrase)?;
        let words =
            bip39::Mnemonic::parse_in(bip39::Language::English, mnemonic.phrase()).map_err(KeyError::Mnemonic)?;
        let seed = Zeroizing::new(words.to_seed_normalized(""));
        let derivation = |e: cosmrs::bip32::Error| KeyError::Derivation(e.to_string());
        let path: DerivationPath = DERIVATION_PATH.parse().map_err(derivation)?;
        let derived = XPrv::derive_from_path(seed.as_slice(), &path).map_err(derivation)?;
        Self::from_signing_key(derived.private_key().clone())
    }

    /// From 32 private bytes, big endian, as a key file holds them.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        Self::from_signing_key(SigningKey::from_slice(secret).map_err(|e| KeyError::Derivation(e.to_string()))?)
    }

    fn from_signing_key(signing: SigningKey) -> Result<Self, KeyError> {
        let account = PublicKey::from(*signing.verifying_key())
            .account_id(ADDRESS_PREFIX)
            .map_err(|e| KeyError::Derivation(e.to_string()))?;
        Ok(Key { signing, account })
    }

    /// 32 private bytes, big endian.
    pub(crate) fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes().into())
    }

    /// The address in bech32, `aliquot1...`.
    pub fn address(&self) -> &str {
        self.account.as_ref()
    }

    pub fn account_id(&self) -> &AccountId {
        &self.account
    }

    /// The compressed public key, 33 bytes.
    pub fn public_key(&self) -> [u8; 33] {
        let mut out = [0; 33];
        out.copy_from_slice(self.signing.verifying_key().to_encoded_point(true).as_bytes());
        out
    }

    /// The public key as it stands in a transaction's signer info.
    pub fn public_key_any(&self) -> Any {
        crate::any(&PubKey { key: self.public_key().to_vec() })
    }

    /// Signs SHA-256 of `doc` deterministically (RFC 6979): r then s, 32 bytes each, with the low s that chains ask for.
    pub fn sign(&self, doc: &[u8]) -> [u8; 64] {
        let signature: Signature = self.signing.sign(doc);
        // The curve's implementation gives the low s already; saying it again keeps it true whatever it does.
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.address()).finish()
    }
}
