//! `aliquotd init`: the home of a node. Runs again without harm: what is there stays.

use super::{
    Globals,
    config::{self, TEMPLATE, app_toml, genesis_file},
    genesis,
};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Args)]
pub struct Init {
    /// What the node calls itself to its peers.
    moniker: String,
    /// The chain's id, ending in a number as `aliquot-local-1`.
    #[arg(long)]
    chain_id: String,
    /// Params for a network of one second blocks on one machine.
    #[arg(long)]
    localnet: bool,
    /// A setting of CometBFT's config.toml, as `p2p.laddr=tcp://127.0.0.1:26656`.
    #[arg(long, value_name = "KEY=VALUE")]
    comet: Vec<String>,
}

impl Init {
    pub fn run(self, globals: &Globals) -> Result<()> {
        let home = globals.home()?;
        check_chain_id(&self.chain_id)?;
        for folder in ["config", "data"] {
            fs::create_dir_all(home.join(folder)).with_context(|| home.display().to_string())?;
        }
        config::ensure_vrf_key(&home)?;
        if !app_toml(&home).exists() {
            let open = if self.localnet { "enabled-unsafe-cors = true" } else { "enabled-unsafe-cors = false" };
            fs::write(app_toml(&home), TEMPLATE.replace("enabled-unsafe-cors = false", open))?;
        }
        let fresh = !genesis_file(&home).exists();
        if fresh {
            init_comet(&home)?;
            self.write_genesis(&home)?;
        }
        self.configure_comet(&home)?;
        let what = if fresh { "made" } else { "was there already; settings were updated in" };
        println!("{what} {}", home.display());
        Ok(())
    }

    fn write_genesis(&self, home: &Path) -> Result<()> {
        let mut genesis = genesis::File::load(home)?;
        genesis.json["chain_id"] = json!(self.chain_id);
        genesis.json["initial_height"] = json!("1");
        // The state machine names the validators; two lists could disagree.
        genesis.json["validators"] = json!([]);
        genesis.json["app_state"] = genesis::default_app_state(self.localnet);
        genesis.store()
    }

    fn configure_comet(&self, home: &Path) -> Result<()> {
        let path = home.join("config/config.toml");
        let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        text = config::set_comet(&text, "moniker", &self.moniker)?;
        if self.localnet {
            text = config::set_comet(&text, "consensus.timeout_commit", "900ms")?;
            text = config::set_comet(&text, "rpc.cors_allowed_origins", "[\"*\"]")?;
        }
        for setting in &self.comet {
            let (key, value) = setting.split_once('=').with_context(|| format!("{setting:?} is not KEY=VALUE"))?;
            text = config::set_comet(&text, key, value)?;
        }
        fs::write(&path, text)?;
        Ok(())
    }
}

/// Light clients read a number behind the last dash as the revision, so there is exactly one.
fn check_chain_id(id: &str) -> Result<()> {
    let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let mut parts = id.split('-').rev();
    let last = parts.next().is_some_and(number);
    let usable = id.len() <= 50 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    ensure!(
        usable && last && id.contains('-') && !parts.any(number),
        "chain id {id:?} must be letters, digits and dashes with one number, at its end, as aliquot-local-1"
    );
    Ok(())
}

/// CometBFT's own keys and configuration, by its own program.
fn init_comet(home: &Path) -> Result<()> {
    let Some(program) = find_comet() else {
        bail!(
            "cometbft was found neither on PATH nor in Go's bin folder; install it with\n  \
             go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.26\nand run this command again"
        )
    };
    let done = Command::new(&program).arg("init").arg("--home").arg(home).output();
    let done = done.with_context(|| format!("{} does not run", program.display()))?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    ensure!(done.status.success(), "`cometbft init` failed: {said}");
    Ok(())
}

fn find_comet() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let go = env::var_os("GOPATH").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join("go")));
    let folders = env::split_paths(&path).chain(go.map(|go| go.join("bin")));
    folders.map(|folder| folder.join("cometbft")).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_ids_end_in_their_only_number() {
        for good in ["aliquot-1", "aliquot-local-1", "a-b2-17"] {
            check_chain_id(good).unwrap();
        }
        for bad in ["", "aliquot", "aliquot-", "aliquot-1-2", "1", "a_b-1", "aliquot-1-local"] {
            assert!(check_chain_id(bad).is_err(), "{bad}");
        }
    }
}
