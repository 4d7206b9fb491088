//! Addresses: 20 bytes of a key or module, 32 bytes of a contract, written in bech32 with the prefix `aliquot`.

use crate::error::{Result, Sdk};
use bech32::{Bech32, Hrp};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "aliquot";
const CONSENSUS_PREFIX: &str = "aliquotvalcons";

/// An account. Copyable, ordered by its bytes, shown in bech32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    bytes: [u8; 32],
    len: u8,
}

impl Address {
    /// From 20 or 32 raw bytes.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes.get_mut(..raw.len())?.copy_from_slice(raw);
        Some(Address { bytes, len: u8::try_from(raw.len()).ok()? })
    }

    /// RIPEMD160(SHA256(key)) of a compressed secp256k1 key.
    pub fn from_public_key(key: &[u8; 33]) -> Self {
        Self::short(&Ripemd160::digest(Sha256::digest(key)))
    }

    /// The first 20 bytes of SHA256(name): the account of a module, that no key can sign for.
    pub fn module(name: &str) -> Self {
        Self::short(&Sha256::digest(name.as_bytes()))
    }

    fn short(digest: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest.iter().take(20)) {
            *to = *from;
        }
        Address { bytes, len: 20 }
    }

    /// Reads the one spelling that [`fmt::Display`] writes; upper case and foreign prefixes are refused.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: &str| Sdk::InvalidAddress(format!("{text:?}: {why}"));
        if text.is_empty() {
            return Err(Sdk::InvalidAddress("empty address string is not allowed".into()).into());
        }
        if text.len() > 90 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(invalid("decoding bech32 failed: must be lower case and at most 90 characters").into());
        }
        let (hrp, raw) = bech32::decode(text).map_err(|e| invalid(&format!("decoding bech32 failed: {e}")))?;
        if hrp.as_str() != PREFIX {
            return Err(invalid(&format!("expected prefix {PREFIX}, got {hrp}")).into());
        }
        let address = Self::from_bytes(&raw).ok_or_else(|| invalid("must hold 20 or 32 bytes"))?;
        // The crate also takes bech32m, and bits or letters of padding that decode to the same bytes: only re-encoding
        // shows that this is the one spelling.
        if address.to_string() != text {
            return Err(invalid("not in canonical bech32").into());
        }
        Ok(address)
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bech32(PREFIX, self.as_bytes(), f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_bech32(prefix: &str, bytes: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let hrp = Hrp::parse(prefix).map_err(|_| fmt::Error)?;
    bech32::encode_lower_to_fmt::<Bech32, _>(f, hrp, bytes).map_err(|_| fmt::Error)
}

/// CometBFT's address of a consensus key (20 bytes) in bech32, prefix `aliquotvalcons`.
pub fn consensus_address(address: &[u8]) -> String {
    let mut text = String::new();
    match write_bech32(CONSENSUS_PREFIX, address, &mut text) {
        Ok(()) => text,
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let address = Address::module("escrow");
        let text = address.to_string();
        assert_eq!(Address::parse(&text).unwrap(), address);
        for bad in [
            text.to_uppercase(),
            format!("{text} "),
            text.replace("aliquot1", "cosmos1"),
            String::new(),
            "aliquot1".into(),
        ] {
            assert_eq!(Address::parse(&bad).unwrap_err().code, 7, "{bad}");
        }
        let m = bech32::encode::<bech32::Bech32m>(Hrp::parse("aliquot").unwrap(), address.as_bytes()).unwrap();
        assert_eq!(Address::parse(&m).unwrap_err().code, 7);
        let short = bech32::encode::<Bech32>(Hrp::parse("aliquot").unwrap(), &[1; 19]).unwrap();
        assert_eq!(Address::parse(&short).unwrap_err().code, 7);
    }
}
