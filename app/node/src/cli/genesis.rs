//! `aliquotd genesis`: the file that a chain begins with.

use super::{Globals, amount, config};
use aliquot::app::{App, Options};
use aliquot_sdk::Address;
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{env, fs, path::Path, path::PathBuf, process};

#[derive(Subcommand)]
pub enum Genesis {
    /// Gives an account its first coins.
    AddAccount {
        address: String,
        /// As `1000000ualq,5utest`.
        coins: String,
    },
    /// Adds a validator by the keys in a home: config/priv_validator_key.json and config/vrf_key.json.
    AddValidator {
        /// The account that runs it.
        operator: String,
        #[arg(long, default_value_t = 100)]
        power: u64,
        /// The validator's home [default: --home].
        #[arg(long)]
        from_home: Option<PathBuf>,
    },
    /// Prints the params, or sets some: `compute.commit_blocks=50 validator.authority=aliquot1...`.
    Params {
        #[arg(value_name = "MODULE.PARAM=VALUE")]
        set: Vec<String>,
    },
    /// Begins a chain with the file in memory and says what is wrong.
    Validate,
}

/// A genesis file of CometBFT, whose `app_state` is ours.
pub struct File {
    path: PathBuf,
    pub json: Value,
}

impl File {
    pub fn load(home: &Path) -> Result<Self> {
        let path = config::genesis_file(home);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{}: make the home first with `aliquotd init`", path.display()))?;
        let json = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(File { path, json })
    }

    pub fn store(&self) -> Result<()> {
        let text = format!("{}\n", serde_json::to_string_pretty(&self.json)?);
        fs::write(&self.path, text).with_context(|| self.path.display().to_string())
    }

    /// A list in `app_state`, made where there is none.
    fn list(&mut self, module: &str, name: &str) -> Result<&mut Vec<Value>> {
        let list = &mut self.json["app_state"][module][name];
        if list.is_null() {
            *list = json!([]);
        }
        list.as_array_mut().with_context(|| format!("app_state.{module}.{name} is no list"))
    }
}

impl Genesis {
    pub fn run(self, globals: &Globals) -> Result<()> {
        let home = globals.home()?;
        let mut file = File::load(&home)?;
        match self {
            Genesis::AddAccount { address, coins } => add_account(&mut file, &address, &coins)?,
            Genesis::AddValidator { operator, power, from_home } => {
                add_validator(&mut file, from_home.as_deref().unwrap_or(&home), &operator, power)?
            }
            Genesis::Params { set } if set.is_empty() => {
                let states = file.json["app_state"].as_object().cloned().unwrap_or_default();
                let params = states.iter().filter(|(_, s)| s["params"].is_object());
                let all = params.map(|(name, state)| (name.clone(), state["params"].clone())).collect();
                return globals.output.print(&Value::Object(all));
            }
            Genesis::Params { set } => set.iter().try_for_each(|change| set_param(&mut file, change))?,
            Genesis::Validate => return validate(&file),
        }
        file.store()
    }
}

fn add_account(file: &mut File, address: &str, coins: &str) -> Result<()> {
    Address::parse(address)?;
    let coins = amount::coins(coins)?;
    let balances = file.list("bank", "balances")?;
    ensure!(balances.iter().all(|b| b["address"] != address), "{address} has coins in the file already");
    let coins: Vec<Value> = coins.iter().map(|c| json!({ "denom": c.denom, "amount": c.amount })).collect();
    balances.push(json!({ "address": address, "coins": coins }));
    Ok(())
}

fn add_validator(file: &mut File, home: &Path, operator: &str, power: u64) -> Result<()> {
    Address::parse(operator)?;
    let path = home.join("config/priv_validator_key.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let keys: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let (kind, key) = (&keys["pub_key"]["type"], keys["pub_key"]["value"].clone());
    ensure!(kind == "tendermint/PubKeyEd25519", "{}: the key is of type {kind}, not ed25519", path.display());
    let vrf = config::vrf_key(home)?.with_context(|| format!("{} has no config/vrf_key.json", home.display()))?;
    let validators = file.list("validator", "validators")?;
    ensure!(validators.iter().all(|v| v["consensus_key"] != key), "this validator is in the file already");
    validators.push(json!({
        "consensus_key": key,
        "operator": operator,
        "power": power.to_string(),
        "vrf_key": BASE64.encode(vrf.public_key()),
    }));
    Ok(())
}

fn set_param(file: &mut File, change: &str) -> Result<()> {
    let shape = || format!("{change:?} is not MODULE.PARAM=VALUE");
    let (name, value) = change.split_once('=').with_context(shape)?;
    let (module, param) = name.split_once('.').with_context(shape)?;
    let params = file.json["app_state"][module]["params"].as_object_mut();
    let params = params.with_context(|| format!("the file has no params of module {module:?}"))?;
    let Some(old) = params.get_mut(param) else {
        let known: Vec<&String> = params.keys().collect();
        bail!("{module} has no param {param:?}, but {known:?}")
    };
    // Coins and lists are given as JSON; all else may stand as it is.
    let new = if old.is_string() { json!(value) } else { serde_json::from_str(value).unwrap_or_else(|_| json!(value)) };
    *old = new;
    Ok(())
}

fn validate(file: &File) -> Result<()> {
    let chain_id = file.json["chain_id"].as_str().context("chain_id is missing")?;
    let folder = env::temp_dir().join(format!("aliquot-genesis-{}", process::id()));
    let begun = App::open(&folder, Options { no_sync: true, ..Options::default() })
        .and_then(|app| app.init_chain(chain_id, 1, &file.json["app_state"]));
    fs::remove_dir_all(&folder).ok();
    let (validators, app_hash) = begun?;
    ensure!(!validators.is_empty(), "there is no validator: add one with `aliquotd genesis add-validator`");
    println!(
        "{} is valid: {} validators, app hash {}",
        file.path.display(),
        validators.len(),
        hex::encode_upper(app_hash)
    );
    Ok(())
}

/// What the chain begins with, before accounts and validators. `localnet` is for one second blocks and one machine.
pub fn default_app_state(localnet: bool) -> Value {
    let each = |amount: &str| json!([coin("ualq", amount), coin("utest", amount)]);
    let kernels: Vec<Value> = aliquot_kernels::Kernel::ALL
        .iter()
        .map(|kernel| {
            json!({
                "name": kernel.name(),
                "spec_hash": BASE64.encode(kernel.spec_hash()),
                "vectors_hash": BASE64.encode(kernel.vectors_hash()),
            })
        })
        .collect();
    json!({
        "bank": { "balances": [], "denom_metadata": [metadata()] },
        "validator": {
            "params": { "authority": "", "epoch_blocks": if localnet { "60" } else { "1800" } },
            "validators": [],
        },
        "beacon": { "params": { "retain_blocks": "1000" } },
        "escrow": { "params": {
            "min_deposits": each("500000"), "fee_bps": 200, "fee_stakers_bps": 4000, "fee_community_bps": 2000,
            // A day of blocks: 24 epochs.
            "earnings_lag": if localnet { 20 } else { 43200 }, "max_due": 2000,
        } },
        "compute": { "params": compute_params(localnet), "kernels": kernels },
        "market": { "params": {
            "min_bid_deposits": each("500000"), "order_max_bids": 64, "bid_window_blocks": if localnet { 10 } else { 30 },
            "order_ttl_blocks": if localnet { 300 } else { 43200 }, "min_reclamation_blocks": 0,
            "max_reclamation_blocks": 1296000, "early_exit_bps": 2000, "provider_max_leases": 1000,
        } },
        "provider": { "params": {
            "heartbeat_blocks": if localnet { 10 } else { 450 }, "jail_after": 3,
            "half_life_blocks": if localnet { 86400 } else { 1296000 },
        } },
        "deployment": { "params": {
            "block_ms": if localnet { 1000 } else { 2000 }, "max_groups": 20, "max_inline_input": 65536,
            "grace_blocks": if localnet { 60 } else { 600 }, "max_grace_blocks": 43200, "retain_blocks": 100000,
        } },
        "wasm": { "params": {
            "code_upload_access": { "permission": if localnet { "ACCESS_TYPE_EVERYBODY" } else { "ACCESS_TYPE_NOBODY" } },
            "instantiate_default_permission": "ACCESS_TYPE_EVERYBODY",
        } },
    })
}

fn coin(denom: &str, amount: &str) -> Value {
    json!({ "denom": denom, "amount": amount })
}

fn compute_params(localnet: bool) -> Value {
    json!({
        // Ten times the price of a small job, of which a lease locks twice its price.
        "min_bonds": if localnet { vec![coin("ualq", "20000000"), coin("utest", "20000000")] } else { vec![coin("ualq", "20000000")] },
        "lock_bps": 20000,
        "slash_burn_bps": 5000,
        "slash_tenant_bps": 3000,
        "late_bps": 1000,
        "job_cancel_bps": 1000,
        "sample_delay_blocks": 3,
        "open_blocks": 15,
        "challenge_blocks": 10,
        "commit_blocks": if localnet { 120 } else { 1800 },
        "default_samples": 16,
        // Four jobs of sixteen of the costliest chunks; half a second of one core.
        "verify_gas_per_block": "1280000000",
        "max_chunk_cost": "20000000",
        // A hundred hours of a service's rate.
        "service_lock_blocks": if localnet { 3600 } else { 180000 },
        "service_fault_bps": 500,
    })
}

fn metadata() -> Value {
    json!({
        "description": "The coin of Aliquot: fees, bonds and payments.",
        "denom_units": [
            { "denom": "ualq", "exponent": 0, "aliases": [] },
            { "denom": "ALQ", "exponent": 6, "aliases": [] },
        ],
        "base": "ualq", "display": "ALQ", "name": "Aliquot", "symbol": "ALQ",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliquot::runtime::MODULES;
    use aliquot_proto::json as protojson;

    #[test]
    fn defaults_name_params_of_their_modules() {
        for localnet in [true, false] {
            let state = default_app_state(localnet);
            for (module, state) in state.as_object().unwrap() {
                assert!(MODULES.iter().any(|m| m.name == module), "{module}");
                let package = match module.as_str() {
                    "bank" => "cosmos.bank.v1beta1".into(),
                    "wasm" => "cosmwasm.wasm.v1".into(),
                    _ => format!("aliquot.{module}.v1"),
                };
                protojson::from_json_by_name(&format!("{package}.GenesisState"), state).unwrap();
            }
        }
    }

    #[test]
    fn params_are_set_by_name() {
        let json = json!({ "app_state": default_app_state(true) });
        let mut file = File { path: "genesis.json".into(), json };
        set_param(&mut file, "compute.commit_blocks=7").unwrap();
        set_param(&mut file, "validator.authority=aliquot1x").unwrap();
        let min_bonds = r#"compute.min_bonds=[{"denom":"ualq","amount":"5"}]"#;
        set_param(&mut file, min_bonds).unwrap();
        let state = &file.json["app_state"];
        assert_eq!(state["compute"]["params"]["commit_blocks"], 7);
        assert_eq!(state["validator"]["params"]["authority"], "aliquot1x");
        assert_eq!(state["compute"]["params"]["min_bonds"][0]["amount"], "5");
        assert!(set_param(&mut file, "compute.nothing=1").is_err());
        assert!(set_param(&mut file, "compute").is_err());
    }
}
