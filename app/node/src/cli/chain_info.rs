//! `aliquotd chain-info`: what wallets and the chain registry want to know of a chain, from a node of it.
//!
//! `--keplr` prints the ChainInfo that `experimentalSuggestChain` takes; `--registry FOLDER` writes `chain.json` and
//! `assetlist.json` in the form of github.com/cosmos/chain-registry.

use super::{Globals, Output};
use aliquot::chain_info::{self, COIN_TYPE, DECIMALS, SYMBOL, gas_prices};
use aliquot_client::{ADDRESS_PREFIX, BASE_DENOM};
use aliquot_proto::cosmos::base::node::v1beta1::{ConfigRequest, ConfigResponse};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

#[derive(Args)]
pub struct ChainInfo {
    /// Prints the ChainInfo of Keplr and its like.
    #[arg(long, required_unless_present = "registry")]
    keplr: bool,
    /// Writes chain.json and assetlist.json of the chain registry into this folder.
    #[arg(long, value_name = "FOLDER")]
    registry: Option<PathBuf>,
    /// Name that people read.
    #[arg(long, default_value = "Aliquot")]
    name: String,
    /// RPC address of the chain for wallets.
    #[arg(long, default_value = "http://127.0.0.1:26657")]
    rpc: String,
    /// REST address of the chain for wallets.
    #[arg(long, default_value = "http://127.0.0.1:1317")]
    rest: String,
    /// gRPC address of the chain.
    #[arg(long, default_value = "127.0.0.1:9090")]
    grpc: String,
    /// `mainnet`, `testnet` or `devnet`.
    #[arg(long, default_value = "devnet", value_parser = ["mainnet", "testnet", "devnet"])]
    network: String,
}

impl ChainInfo {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        for (flag, address) in [("--rpc", &self.rpc), ("--rest", &self.rest)] {
            let web = address.starts_with("http://") || address.starts_with("https://");
            ensure(
                web && !address.contains('?'),
                flag,
                "an address that begins with http:// or https://, without `?`",
            )?;
        }
        ensure((1..=36).contains(&self.name.chars().count()), "--name", "1 to 36 characters")?;
        let client = globals.client()?;
        let chain_id = client.chain_id().await?;
        let config: ConfigResponse =
            client.query("/cosmos.base.node.v1beta1.Service/Config", &ConfigRequest {}, None).await?;
        let prices = gas_prices(&config.minimum_gas_price);
        if let Some(folder) = &self.registry {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            for (name, content) in [("chain.json", self.chain(&chain_id, prices)), ("assetlist.json", self.assets())] {
                let path = folder.join(name);
                let text = serde_json::to_string_pretty(&content)? + "\n";
                fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        // Wallets take nothing but JSON.
        if self.keplr {
            let info = chain_info::keplr(&chain_id, &self.name, &self.rpc, &self.rest, prices);
            return Output::Json.print(&info);
        }
        Ok(())
    }

    /// As the registry names chains: lower case and digits alone.
    fn registry_name(&self) -> String {
        self.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
    }

    fn chain(&self, chain_id: &str, [low, average, high]: [f64; 3]) -> Value {
        let at = |address: &str| json!([{"address": address, "provider": self.name}]);
        json!({
            "$schema": "../chain.schema.json", "chain_name": self.registry_name(), "chain_type": "cosmos",
            "status": "live", "network_type": self.network, "pretty_name": self.name, "chain_id": chain_id,
            "bech32_prefix": ADDRESS_PREFIX, "daemon_name": "aliquotd", "node_home": "$HOME/.aliquot",
            "key_algos": ["secp256k1"], "slip44": COIN_TYPE,
            "fees": {"fee_tokens": [{"denom": BASE_DENOM, "fixed_min_gas_price": low, "low_gas_price": low,
                "average_gas_price": average, "high_gas_price": high}]},
            "codebase": {"sdk": {"type": "other"}, "consensus": {"type": "cometbft", "version": "v0.38.26"},
                "cosmwasm": {"enabled": true}, "language": {"type": "rust"}},
            "apis": {"rpc": at(&self.rpc), "rest": at(&self.rest), "grpc": at(&self.grpc)},
        })
    }

    fn assets(&self) -> Value {
        json!({
            "$schema": "../assetlist.schema.json", "chain_name": self.registry_name(),
            "assets": [{
                "description": "The coin that pays for work and fees on Aliquot.", "type_asset": "sdk.coin",
                "denom_units": [{"denom": BASE_DENOM, "exponent": 0}, {"denom": "alq", "exponent": DECIMALS}],
                "base": BASE_DENOM, "display": "alq", "name": "Aliquot", "symbol": SYMBOL,
            }],
        })
    }
}

fn ensure(holds: bool, flag: &str, want: &str) -> Result<()> {
    anyhow::ensure!(holds, "{flag} takes {want}");
    Ok(())
}
