//! Accounts whose keys follow from their names. For networks without value only: anyone can derive them.

use aliquot_client::{Key, Keyring};
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Of every keyring of a local network.
pub const PASSPHRASE: &str = "localnet";

/// The 24 words of an account.
fn mnemonic(name: &str) -> Result<bip39::Mnemonic> {
    let entropy = Sha256::digest(format!("aliquot/localnet/{name}"));
    Ok(bip39::Mnemonic::from_entropy(&entropy)?)
}

/// The key of an account.
pub fn key(name: &str) -> Result<Key> {
    Ok(Key::from_mnemonic(&mnemonic(name)?.to_string())?)
}

/// The address of an account.
pub fn address(name: &str) -> Result<String> {
    Ok(key(name)?.address().to_string())
}

/// Puts an account's key into the keyring of a home, unless it is there.
pub fn keep(home: &Path, name: &str) -> Result<()> {
    let ring = Keyring::open(home.join("keyring"))?;
    if ring.info(name).is_err() {
        ring.add(name, &mnemonic(name)?.to_string(), PASSPHRASE)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_the_same_account_every_time() {
        assert_eq!(address("tenant").unwrap(), address("tenant").unwrap());
        assert_ne!(address("tenant").unwrap(), address("provider").unwrap());
    }
}
