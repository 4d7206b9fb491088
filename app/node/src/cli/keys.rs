//! `aliquotd keys`: keys in files under `<home>/keyring`, each encrypted under a passphrase.
//!
//! The passphrase comes from ALIQUOT_PASSPHRASE or is asked for without echo.

use super::{Globals, Output};
use aliquot_client::KeyInfo;
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{env, io};
use zeroize::Zeroizing;

#[derive(Subcommand)]
pub enum Keys {
    /// Makes a key and shows its 24 words once.
    Add { name: String },
    /// Takes a key from the words of a mnemonic, read from the input.
    Import { name: String },
    /// Lists every key.
    List,
    /// Shows one key.
    Show {
        name: String,
        /// Its address alone.
        #[arg(long, short)]
        address: bool,
    },
    /// Deletes a key for good.
    Delete {
        name: String,
        /// Does not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

impl Keys {
    pub fn run(self, globals: &Globals) -> Result<()> {
        let (ring, output) = (globals.keyring()?, globals.output);
        match self {
            Keys::Add { name } => {
                let mnemonic = ring.generate(&name, &new_passphrase()?)?;
                let mut shown = shown(&ring.info(&name)?);
                shown["mnemonic"] = json!(mnemonic.phrase());
                output.print(&shown)?;
                if output == Output::Text {
                    eprintln!("\nWrite the words down: they are the only way back to this key.");
                }
                Ok(())
            }
            Keys::Import { name } => {
                eprintln!("the words of the mnemonic, in one line:");
                let mut words = Zeroizing::new(String::new());
                io::stdin().read_line(&mut words)?;
                output.print(&shown(&ring.add(&name, &words, &new_passphrase()?)?))
            }
            Keys::List => output.print(&Value::Array(ring.list()?.iter().map(shown).collect())),
            Keys::Show { name, address: true } => {
                println!("{}", ring.info(&name)?.address);
                Ok(())
            }
            Keys::Show { name, address: false } => output.print(&shown(&ring.info(&name)?)),
            Keys::Delete { name, yes } => {
                let info = ring.info(&name)?;
                if !yes {
                    eprintln!("this deletes {name} ({}) for good; type its name to do so:", info.address);
                    let mut typed = String::new();
                    io::stdin().read_line(&mut typed)?;
                    ensure!(typed.trim() == name, "nothing was deleted");
                }
                Ok(ring.delete(&name)?)
            }
        }
    }
}

fn shown(info: &KeyInfo) -> Value {
    let key = json!({ "@type": "/cosmos.crypto.secp256k1.PubKey", "key": BASE64.encode(&info.public_key) });
    json!({ "name": info.name, "type": "local", "address": info.address, "pubkey": key })
}

const VARIABLE: &str = "ALIQUOT_PASSPHRASE";

/// The passphrase of a key that exists.
pub fn passphrase(name: &str) -> Result<Zeroizing<String>> {
    if let Ok(given) = env::var(VARIABLE) {
        return Ok(Zeroizing::new(given));
    }
    let asked = rpassword::prompt_password(format!("passphrase of key {name}: "));
    asked.map(Zeroizing::new).with_context(|| format!("no passphrase: there is no terminal, so set {VARIABLE}"))
}

fn new_passphrase() -> Result<Zeroizing<String>> {
    if env::var(VARIABLE).is_ok() {
        return passphrase("");
    }
    let first = passphrase("(new)")?;
    let again = Zeroizing::new(rpassword::prompt_password("again: ")?);
    if first != again {
        bail!("the two passphrases differ");
    }
    Ok(first)
}
