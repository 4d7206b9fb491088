//! Who plays: tenants with their files, providers with their prices.

use crate::{Net, Options, Runner, RunnerOptions, address, containers::GLOBAL};
use anyhow::Result;

/// Blocks from a provider's heartbeat to the latest next one; earnings are verified after as many.
pub const HEARTBEAT: u64 = 10;

/// One who deploys.
#[derive(Clone)]
pub struct Tenant {
    pub account: String,
    pub dseq: u64,
    pub file: &'static str,
    /// Into the account of the deployment.
    pub deposit: u128,
    /// What the service answers.
    pub greeting: &'static str,
}

pub struct Cast {
    pub cheap: String,
    pub dear: String,
    /// Chooses by hand, with a standby.
    pub mia: Tenant,
    /// Takes the lowest bid; amends.
    pub noah: Tenant,
    /// Takes the best score; her funds run dry.
    pub olga: Tenant,
}

/// Params that make the story short: silence and verification are a matter of seconds.
pub fn params() -> Vec<String> {
    let least = r#"escrow.min_deposits=[{"denom":"ualq","amount":"10000"},{"denom":"utest","amount":"10000"}]"#;
    vec![
        least.into(),
        format!("escrow.earnings_lag={HEARTBEAT}"),
        format!("provider.heartbeat_blocks={HEARTBEAT}"),
        "provider.jail_after=2".into(),
    ]
}

impl Cast {
    pub fn named(suffix: &str) -> Result<Self> {
        let name = |name: &str| format!("{name}{suffix}");
        let tenant = |account: &str, dseq, file, deposit, greeting| {
            let account = name(account);
            Tenant { account, dseq, file, deposit, greeting }
        };
        Ok(Cast {
            cheap: name("atlas"),
            dear: name("zenith"),
            mia: tenant("mia", 101, "examples/market/blog.sdl.yaml", 2_000_000, "the blog of mia"),
            noah: tenant("noah", 102, "examples/market/api.sdl.yaml", 2_000_000, "the api of noah"),
            olga: tenant("olga", 103, "examples/market/shop.sdl.yaml", 65_000, "the shop of olga"),
        })
    }

    pub fn tenants(&self) -> [Tenant; 3] {
        [&self.mia, &self.noah, &self.olga].map(Tenant::clone)
    }

    pub fn dseqs(&self) -> Vec<u64> {
        self.tenants().map(|tenant| tenant.dseq).to_vec()
    }

    pub fn all(&self) -> [&str; 5] {
        [&self.cheap, &self.dear, &self.mia.account, &self.noah.account, &self.olga.account]
    }

    pub fn accounts(&self, options: Options) -> Options {
        let coins = "1000000000ualq";
        self.all().into_iter().fold(options, |options, name| options.account(name, coins))
    }

    /// Addresses with the names that the story calls them.
    pub fn names(&self) -> Result<Vec<(String, String)>> {
        self.all().into_iter().map(|name| Ok((address(name)?, name.to_string()))).collect()
    }

    pub fn provider_addresses(&self) -> Result<Vec<String>> {
        [&self.cheap, &self.dear].into_iter().map(|name| address(name)).collect()
    }
}

pub struct Provider {
    pub account: String,
    pub address: String,
    pub runner: Runner,
}

impl Provider {
    /// Starts a runner that adds `margin_bps` to prices which both have.
    pub fn start(net: &Net, account: &str, margin_bps: u32) -> Result<Self> {
        let options = RunnerOptions {
            account: account.into(),
            device: "reference".into(),
            init: vec!["--attribute".into(), format!("organization={account}")],
            services: Some(services(margin_bps)),
            ..RunnerOptions::default()
        };
        let runner = net.start_runner(options)?;
        Ok(Provider { account: account.into(), address: address(account)?, runner })
    }
}

fn services(margin_bps: u32) -> String {
    let global = GLOBAL.map(|word| format!("{word:?}")).join(", ");
    format!(
        r#"[services]
enabled = true
reclamation_s = 60
look_every_s = 2
withdraw_every_s = 86400

[services.capacity]
cpu_millis = 2000
memory_mib = 2048
endpoints = 20
[services.capacity.storage_mib]
ephemeral = 4096

# Base units per hour.
[services.prices]
cpu = "36000000"
memory = "3600000"
endpoint = "100000"
margin_bps = {margin_bps}
[services.prices.storage]
ephemeral = "72000"

[services.podman]
global = [{global}]
publish = "127.0.0.1"
pull = "never"
pids = 64
ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
stop_s = 0
"#
    )
}
