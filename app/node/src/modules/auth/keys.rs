//! Keys of accounts: one secp256k1 key, or several of which some must sign (the Cosmos SDK's legacy multisig).

use aliquot_proto::{
    Any,
    cosmos::crypto::{multisig::LegacyAminoPubKey, secp256k1::PubKey},
};
use aliquot_sdk::{Address, MAX_SIGNATURES, Result, Sdk, ensure};
use prost::Message;
use sha2::{Digest, Sha256};

const SECP256K1_URL: &str = "/cosmos.crypto.secp256k1.PubKey";
const MULTISIG_URL: &str = "/cosmos.crypto.multisig.LegacyAminoPubKey";
/// What stands before the two kinds of keys in amino's binary encoding, of which the address of several is the hash.
const AMINO_SECP256K1: [u8; 5] = [0xeb, 0x5a, 0xe9, 0x87, 33];
const AMINO_MULTISIG: [u8; 4] = [0x22, 0xc1, 0xf7, 0xe2];

/// Compressed; whether it is on the curve shows when a signature is verified.
pub type Secp256k1 = [u8; 33];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountKey {
    One(Secp256k1),
    Several { threshold: usize, keys: Vec<Secp256k1> },
}

impl AccountKey {
    pub fn parse(any: &Any) -> Result<Self> {
        match any.type_url.as_str() {
            SECP256K1_URL => single(any).map(AccountKey::One),
            MULTISIG_URL => {
                let key: LegacyAminoPubKey = decode(any)?;
                let keys = key.public_keys.iter().map(single).collect::<Result<Vec<_>>>()?;
                let threshold = key.threshold as usize;
                ensure((1..=keys.len()).contains(&threshold) && keys.len() <= MAX_SIGNATURES, || {
                    let most = MAX_SIGNATURES;
                    Sdk::InvalidPubKey(format!(
                        "{threshold} of {} keys must sign; take 1 to all of at most {most}",
                        keys.len()
                    ))
                })?;
                Ok(AccountKey::Several { threshold, keys })
            }
            url => Err(unsupported(url).into()),
        }
    }

    /// A key that its account has not used before: an account's key never changes after that.
    pub fn parse_for(address: &Address, any: &Any) -> Result<Self> {
        let key = Self::parse(any)?;
        ensure(key.address() == *address, || {
            Sdk::InvalidPubKey(format!("pubKey does not match signer address {address}"))
        })?;
        Ok(key)
    }

    /// What stands in the place of a key that a simulation does not name.
    pub fn unknown() -> Any {
        Any { type_url: SECP256K1_URL.into(), value: PubKey { key: vec![0; 33] }.encode_to_vec() }
    }

    fn address(&self) -> Address {
        match self {
            AccountKey::One(key) => Address::from_public_key(key),
            AccountKey::Several { threshold, keys } => {
                let mut hash = Sha256::new().chain_update(AMINO_MULTISIG);
                // Field 1 is the threshold, which fits one byte; field 2 the keys, 38 bytes each.
                hash.update([0x08, u8::try_from(*threshold).unwrap_or(u8::MAX)]);
                for key in keys {
                    hash.update([0x12, 38]);
                    hash.update(AMINO_SECP256K1);
                    hash.update(key);
                }
                Address::from_hash(&hash.finalize().into())
            }
        }
    }

    /// How many signatures it takes at least.
    pub fn threshold(&self) -> usize {
        match self {
            AccountKey::One(_) => 1,
            AccountKey::Several { threshold, .. } => *threshold,
        }
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        match self {
            AccountKey::One(_) => 1,
            AccountKey::Several { keys, .. } => keys.len(),
        }
    }
}

/// The 33 bytes of a compressed secp256k1 key.
fn single(any: &Any) -> Result<Secp256k1> {
    ensure(any.type_url == SECP256K1_URL, || unsupported(&any.type_url))?;
    let key: PubKey = decode(any)?;
    Ok(key.key.try_into().map_err(|_| Sdk::InvalidPubKey("a compressed key has 33 bytes".into()))?)
}

/// Whoever reads a transaction has seen that it is in its one encoding: another would be another key of the account.
fn decode<M: Message + Default>(any: &Any) -> Result<M> {
    Ok(M::decode(any.value.as_slice()).map_err(|e| Sdk::InvalidPubKey(e.to_string()))?)
}

fn unsupported(url: &str) -> Sdk {
    Sdk::InvalidPubKey(format!("key type {} is not supported", url.escape_default().take(128).collect::<String>()))
}
