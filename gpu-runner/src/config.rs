//! The runner's home folder and its configuration file, `config.toml`.

mod answers;
mod services;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use aliquot_client::GasPrice;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;

pub use self::answers::Answers;
pub use self::services::ServicesConfig;
use crate::price::{Coin, PriceRule, Rate};

/// The file, in the home folder.
pub const FILE: &str = "config.toml";

/// Everything that `config.toml` may say. Keys that are not here are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// RPC port of a node.
    pub node: String,
    /// Name of the key in the keyring.
    pub key: String,
    #[serde(default = "default_keyring")]
    pub keyring: PathBuf,
    /// The provider's address where the key is its operator's; empty: the key's own.
    #[serde(default)]
    pub owner: String,
    /// Register provider and device, and correct the provider's record, when `run` starts.
    #[serde(default)]
    pub auto_register: bool,
    #[serde(default = "default_gas_price")]
    pub gas_price: String,
    /// `auto`, `reference`, `PLATFORM:DEVICE` by number, or part of a device's name.
    #[serde(default = "default_device")]
    pub device: String,
    /// Tells the devices of one provider apart.
    #[serde(default)]
    pub device_nonce: u64,
    /// Bond to register the device with, as `1000000ualq`; empty: the least that the chain takes.
    #[serde(default)]
    pub bond: String,
    /// Leases under way beyond which the runner does not bid.
    #[serde(default = "default_max_leases")]
    pub max_leases: usize,
    /// Chunks of each job that the host computes again before the result is committed.
    #[serde(default = "default_spot_checks")]
    pub spot_checks: u32,
    /// Days for which results of ended leases are kept.
    #[serde(default = "default_keep_days")]
    pub keep_days: u64,
    #[serde(default)]
    pub price: PriceConfig,
    pub gateway: GatewayConfig,
    #[serde(default)]
    pub provider: ProviderConfig,
    #[serde(default)]
    pub services: ServicesConfig,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceConfig {
    pub denom: String,
    pub base: u64,
    pub per_mega_op: f64,
    pub lowest_per_mega_op: f64,
    pub min_price: u64,
    pub cover_fees: bool,
    /// Greatest cost of a job, in millions of kernel operations; 0 for none.
    pub max_mega_ops: u64,
}

impl Default for PriceConfig {
    fn default() -> Self {
        PriceConfig {
            denom: aliquot_client::BASE_DENOM.into(),
            base: 1_000,
            per_mega_op: 1.0,
            lowest_per_mega_op: 0.0,
            min_price: 1,
            cover_fees: true,
            max_mega_ops: 0,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    pub listen: SocketAddr,
    /// False serves plain http, which is for loopback alone.
    #[serde(default = "yes")]
    pub tls: bool,
    /// The address that tenants reach the gateway at; empty: made from `listen`.
    #[serde(default)]
    pub host_uri: String,
}

/// What the provider's record on the chain says besides the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderConfig {
    pub operator: String,
    pub payout: String,
    pub email: String,
    pub website: String,
    pub attributes: BTreeMap<String, String>,
}

fn default_keyring() -> PathBuf {
    "keys".into()
}
fn default_gas_price() -> String {
    GasPrice::default().to_string()
}
fn default_device() -> String {
    "auto".into()
}
fn default_max_leases() -> usize {
    16
}
fn default_spot_checks() -> u32 {
    2
}
fn default_keep_days() -> u64 {
    30
}
fn yes() -> bool {
    true
}

impl Config {
    /// Reads `config.toml` of a home folder and checks it.
    pub fn load(home: &Path) -> Result<Self> {
        let path = home.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read {}: make it with `aliquot-runner init --home {}`", path.display(), home.display())
        })?;
        let mut config = Self::parse(&text).with_context(|| format!("{} is not usable", path.display()))?;
        // Relative to the file, so that the home folder can be moved.
        config.keyring = home.join(&config.keyring);
        Ok(config)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let config: Config = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        ensure!(self.max_leases > 0, "max_leases is 0: the runner would never bid; set at least 1");
        self.price_rule()?;
        self.gas_price()?;
        self.services.check()?;
        if !self.bond.is_empty() {
            self.bond.parse::<Coin>().context("bond")?;
        }
        let gateway = &self.gateway;
        let uri = &gateway.host_uri;
        if gateway.tls {
            ensure!(
                uri.is_empty() || uri.starts_with("https://"),
                "gateway.host_uri must begin with https:// when gateway.tls is true"
            );
            ensure!(
                !uri.is_empty() || !gateway.listen.ip().is_unspecified(),
                "gateway.listen is every address of the machine: say in gateway.host_uri which one tenants use"
            );
        } else {
            ensure!(
                gateway.listen.ip().is_loopback(),
                "gateway.tls = false is for loopback alone: listen on 127.0.0.1, or set tls = true"
            );
            ensure!(
                uri.is_empty() || uri.starts_with("http://"),
                "gateway.host_uri must begin with http:// when gateway.tls is false"
            );
        }
        Ok(())
    }

    pub fn gas_price(&self) -> Result<GasPrice> {
        Ok(self.gas_price.parse()?)
    }

    pub fn price_rule(&self) -> Result<PriceRule> {
        let price = &self.price;
        Ok(PriceRule {
            denom: price.denom.clone(),
            base: price.base.into(),
            per_mega_op: Rate::new(price.per_mega_op).context("price.per_mega_op")?,
            lowest_per_mega_op: Rate::new(price.lowest_per_mega_op).context("price.lowest_per_mega_op")?,
            min_price: price.min_price.into(),
            max_mega_ops: price.max_mega_ops.into(),
        })
    }
}
