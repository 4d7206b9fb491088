//! Files of a node's home, beside those of CometBFT: `config/app.toml`, `config/vrf_key.json`, `data/aliquot`.

use aliquot::{ante::Policy, serve, vrf};
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// `config/app.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: String,
    pub min_gas_prices: String,
    pub retain: u64,
    /// None: what CometBFT's config.toml beside it says.
    #[serde(default)]
    pub comet_rpc: Option<String>,
    #[serde(default)]
    pub grpc: serve::Grpc,
    #[serde(default, rename = "grpc-web")]
    pub grpc_web: serve::GrpcWeb,
    #[serde(default)]
    pub api: serve::Api,
    #[serde(default)]
    pub page: serve::Page,
    #[serde(default)]
    pub telemetry: serve::Telemetry,
}

pub const TEMPLATE: &str = r#"# Configuration of aliquotd; CometBFT's is in config.toml beside it.

# Where CometBFT reaches the state machine: its proxy_app.
listen = "tcp://127.0.0.1:26658"

# The least fee per unit of gas that this node's mempool takes, at most 6 decimals, several parted by commas.
min_gas_prices = "0.001ualq"

# Heights of history kept for queries; 0 keeps all.
retain = 100000

# Where CometBFT serves RPC; without it, where its config.toml says.
# comet_rpc = "tcp://127.0.0.1:26657"

[grpc]
enable = true
address = "localhost:9090"
# Bytes of the largest request and of the largest answer.
max-recv-msg-size = 2000000
max-send-msg-size = 64000000

# gRPC for browsers, on the ports of gRPC and REST.
[grpc-web]
enable = true

# REST.
[api]
enable = true
address = "tcp://localhost:1317"
# Serves /openapi.json.
swagger = true
# Lets pages of any origin ask.
enabled-unsafe-cors = false
# Of each port.
max-open-connections = 1000
rpc-max-body-bytes = 1000000

# The page to rent a GPU on, at / of REST; it needs gRPC-web.
[page]
enable = true
chain-name = "Aliquot"
# Where wallets reach CometBFT's RPC: to be set before others than this machine are served.
rpc = "http://localhost:26657"

# Metrics for Prometheus at /metrics.
[telemetry]
enabled = false
address = "localhost:1319"
"#;

pub fn app_toml(home: &Path) -> PathBuf {
    home.join("config/app.toml")
}

pub fn genesis_file(home: &Path) -> PathBuf {
    home.join("config/genesis.json")
}

pub fn database(home: &Path) -> PathBuf {
    home.join("data/aliquot")
}

fn vrf_file(home: &Path) -> PathBuf {
    home.join("config/vrf_key.json")
}

impl Config {
    pub fn load(home: &Path) -> Result<Self> {
        let path = app_toml(home);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{}: make the home first with `aliquotd init`", path.display()))?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// The RPC address of the CometBFT whose home this is.
    pub fn comet_rpc(&self, home: &Path) -> String {
        let beside = || {
            let text = fs::read_to_string(home.join("config/config.toml")).ok()?;
            let table: toml::Table = toml::from_str(&text).ok()?;
            let address = table.get("rpc")?.get("laddr")?.as_str().filter(|address| address.starts_with("tcp://"))?;
            // It listens everywhere, and can be reached here.
            Some(address.replacen("0.0.0.0", "127.0.0.1", 1))
        };
        self.comet_rpc.clone().or_else(beside).unwrap_or_else(|| "tcp://127.0.0.1:26657".into())
    }

    pub fn policy(&self) -> Result<Policy> {
        let prices = self.min_gas_prices.split(',').map(str::trim).filter(|p| !p.is_empty());
        Ok(Policy { min_gas_prices: prices.map(gas_price).collect::<Result<_>>()? })
    }
}

/// `0.025ualq` as millionths of a base unit.
fn gas_price(text: &str) -> Result<(String, u64)> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, denom) = text.split_at(at);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let micro = format!("{whole}{fraction:0<6}").parse().ok();
    match micro.filter(|_| !whole.is_empty() && fraction.len() <= 6 && denom.len() >= 3) {
        Some(micro) => Ok((denom.into(), micro)),
        None => bail!("min_gas_prices: {text:?} is not a price of at most 6 decimals and a denom, as 0.025ualq"),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VrfFile {
    public_key: String,
    secret_key: String,
}

/// Makes a VRF key, readable by its owner alone, unless there is one.
pub fn ensure_vrf_key(home: &Path) -> Result<()> {
    let path = vrf_file(home);
    if path.exists() {
        return Ok(());
    }
    let key = vrf::SecretKey::generate()?;
    let file =
        VrfFile { public_key: BASE64.encode(key.public_key()), secret_key: BASE64.encode(key.to_bytes().as_slice()) };
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    out.write_all(serde_json::to_string_pretty(&file)?.as_bytes())?;
    out.sync_all()?;
    Ok(())
}

/// The VRF key of a home; none where there is no file.
pub fn vrf_key(home: &Path) -> Result<Option<vrf::SecretKey>> {
    let path = vrf_file(home);
    if !path.exists() {
        return Ok(None);
    }
    let read = || -> Result<vrf::SecretKey> {
        let file: VrfFile = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let secret: [u8; 32] =
            BASE64.decode(file.secret_key)?.try_into().ok().context("secret_key must be 32 bytes in base64")?;
        let key = vrf::SecretKey::from_bytes(secret);
        ensure!(BASE64.encode(key.public_key()) == file.public_key, "public_key is not that of secret_key");
        Ok(key)
    };
    read().map(Some).with_context(|| path.display().to_string())
}

/// Sets `section.key` (or a key of the top, without section) in CometBFT's config.toml, which must have it.
pub fn set_comet(text: &str, name: &str, value: &str) -> Result<String> {
    let (section, key) = name.split_once('.').unwrap_or(("", name));
    let literal = value.parse::<i64>().is_ok() || matches!(value, "true" | "false") || value.starts_with('[');
    let value = if literal { value.to_string() } else { format!("{value:?}") };
    let (mut here, mut found, mut out) = (String::new(), false, String::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            here = name.into();
        }
        let is_it = here == section && line.split_once('=').is_some_and(|(left, _)| left.trim() == key);
        out.push_str(&if is_it && !found { format!("{key} = {value}\n") } else { format!("{line}\n") });
        found |= is_it;
    }
    ensure!(found, "config.toml of CometBFT has no setting {name:?}");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_comet_are_replaced_in_their_section() {
        let text = "moniker = \"a\"\n[rpc]\nladdr = \"x\"\n[p2p]\nladdr = \"y\"\npex = true\n";
        let text = set_comet(text, "p2p.laddr", "tcp://127.0.0.1:1").unwrap();
        let text = set_comet(&text, "p2p.pex", "false").unwrap();
        assert_eq!(text, "moniker = \"a\"\n[rpc]\nladdr = \"x\"\n[p2p]\nladdr = \"tcp://127.0.0.1:1\"\npex = false\n");
        assert!(set_comet(&text, "p2p.none", "1").is_err());
    }

    #[test]
    fn gas_prices_are_read_in_millionths() {
        assert_eq!(gas_price("0.025ualq").unwrap(), ("ualq".into(), 25_000));
        assert_eq!(gas_price("2ualq").unwrap(), ("ualq".into(), 2_000_000));
        for bad in ["ualq", "0.0000001ualq", "1", "1.2.3ualq"] {
            assert!(gas_price(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn template_is_a_configuration() {
        let config: Config = toml::from_str(TEMPLATE).unwrap();
        assert_eq!(config.policy().unwrap().min_gas_prices, [("ualq".to_string(), 1000)]);
        let defaults = (serve::Grpc::default(), serve::GrpcWeb::default(), serve::Api::default());
        assert_eq!(format!("{:?}", (config.grpc, config.grpc_web, config.api)), format!("{defaults:?}"));
        assert_eq!(format!("{:?}", config.page), format!("{:?}", serve::Page::default()));
        assert_eq!(format!("{:?}", config.telemetry), format!("{:?}", serve::Telemetry::default()));
    }
}
