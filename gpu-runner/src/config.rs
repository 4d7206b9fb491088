//! The runner's home folder and its configuration file, `config.toml`.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use aliquot_client::GasPrice;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

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

/// What `init` fills in.
#[derive(Clone, Debug)]
pub struct Answers {
    pub node: String,
    pub key: String,
    pub keyring: PathBuf,
    pub owner: String,
    pub auto_register: bool,
    pub device: String,
    pub bond: String,
    pub per_mega_op: f64,
    pub listen: SocketAddr,
    pub tls: bool,
    pub host_uri: String,
    pub attributes: BTreeMap<String, String>,
}

impl Answers {
    /// Makes the home folder and writes `config.toml`; an existing one is kept unless `force`.
    pub fn write(&self, home: &Path, force: bool) -> Result<PathBuf> {
        let path = home.join(FILE);
        if path.exists() && !force {
            bail!("{} exists: edit it, or write it anew with --force", path.display());
        }
        let text = self.render();
        Config::parse(&text).context("these settings do not go together")?;
        std::fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))?;
        crate::store::write_file(&path, text.as_bytes())?;
        Ok(path)
    }

    fn render(&self) -> String {
        // TOML's basic strings and JSON's agree on everything that can stand in a setting.
        let text = |s: &str| serde_json::Value::from(s).to_string();
        let number = |n: f64| format!("{n:?}");
        let attributes: String =
            self.attributes.iter().map(|(key, value)| format!("{} = {}\n", text(key), text(value))).collect();
        let values = [
            ("NODE", text(&self.node)),
            ("KEYRING", text(&self.keyring.to_string_lossy())),
            ("KEY", text(&self.key)),
            ("OWNER", text(&self.owner)),
            ("AUTO_REGISTER", self.auto_register.to_string()),
            ("DEVICE", text(&self.device)),
            ("BOND", text(&self.bond)),
            ("PER_MEGA_OP", number(self.per_mega_op)),
            ("LISTEN", text(&self.listen.to_string())),
            ("TLS", self.tls.to_string()),
            ("HOST_URI", text(&self.host_uri)),
            ("ATTRIBUTES", attributes),
        ];
        values.iter().fold(TEMPLATE.to_string(), |page, (name, value)| page.replace(&format!("{{{name}}}"), value))
    }
}

const TEMPLATE: &str = include_str!("config.template.toml");
