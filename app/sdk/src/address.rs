//! Addresses: 20 bytes of a key or module, 32 bytes of a contract, written in bech32 with the prefix `aliquot`.

use crate::error::{Result, Sdk};
use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
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

    /// The first 20 bytes of a hash.
    pub fn from_hash(hash: &[u8; 32]) -> Self {
        Self::short(hash)
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
        let checked = CheckedHrpstring::new::<Bech32>(text)
            .map_err(|e| invalid(&format!("decoding bech32 failed: {e}; take the address as the wallet shows it")))?;
        if checked.hrp().as_str() != PREFIX {
            return Err(invalid(&format!("expected prefix {PREFIX}, got {}", checked.hrp())).into());
        }
        // Letters or bits that the decoder would drop make a second spelling of the same bytes.
        checked.validate_segwit_padding().map_err(|e| invalid(&format!("not in canonical bech32: {e}")))?;
        let raw = checked.byte_iter();
        let mut address = Address { bytes: [0; 32], len: u8::try_from(raw.len()).unwrap_or(u8::MAX) };
        if address.len != 20 && address.len != 32 {
            return Err(invalid("must hold 20 or 32 bytes").into());
        }
        address.bytes.iter_mut().zip(raw).for_each(|(to, from)| *to = from);
        Ok(address)
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text { bytes: [0; 90], len: 0 };
        write_bech32(PREFIX, self.as_bytes(), &mut text)?;
        f.write_str(text.as_str())
    }
}

/// Room for any bech32: the encoder writes letter by letter, which would grow a `String` five times.
struct Text {
    bytes: [u8; 90],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|written| std::str::from_utf8(written).ok()).unwrap_or_default()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len.saturating_add(part.len());
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
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
    use bech32::{Bech32m, ByteIterExt, Fe32, Fe32IterExt};
    use proptest::prelude::*;

    fn refused(text: &str) {
        let error = Address::parse(text).expect_err(text);
        assert_eq!((error.codespace, error.code), ("sdk", 7), "{text}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let text = Address::module("escrow").to_string();
        assert_eq!(Address::parse(&text).unwrap(), Address::module("escrow"));
        for bad in [&text.to_uppercase(), &format!("{text} "), &text.replace("aliquot1", "cosmos1"), "", "aliquot1"] {
            refused(bad);
        }
        let hrp = Hrp::parse(PREFIX).unwrap();
        refused(&bech32::encode::<Bech32m>(hrp, Address::module("escrow").as_bytes()).unwrap());
        for len in (0..48).filter(|len| ![20, 32].contains(len)) {
            refused(&bech32::encode::<Bech32>(hrp, &vec![1; len]).unwrap());
        }
    }

    proptest! {
        /// The checksum holds for each of these: they differ in letters and bits that a decoder drops.
        #[test]
        fn an_address_has_one_spelling(raw in prop_oneof![prop::collection::vec(any::<u8>(), 20), prop::collection::vec(any::<u8>(), 32)], extra in 0u8..32) {
            let address = Address::from_bytes(&raw).unwrap();
            let hrp = Hrp::parse(PREFIX).unwrap();
            let letters: Vec<Fe32> = raw.iter().copied().bytes_to_fes().collect();
            let spell = |letters: &[Fe32]| letters.iter().copied().with_checksum::<Bech32>(&hrp).chars().collect::<String>();
            prop_assert_eq!(spell(&letters), address.to_string());
            prop_assert_eq!(Address::parse(&spell(&letters)).unwrap(), address);
            let extra = Fe32::try_from(extra).unwrap();
            refused(&spell(&[&letters[..], &[extra]].concat()));
            if raw.len() == 32 {
                let (last, head) = letters.split_last().unwrap();
                for bits in 1..16 {
                    let padded = Fe32::try_from(last.to_u8() | bits).unwrap();
                    refused(&spell(&[head, &[padded]].concat()));
                }
            }
        }
    }
}
