//! `localnet up`: validators that run until ctrl-c, with a provider if wanted.

use crate::signals::Signals;
use aliquot_localnet::{Net, Options, Runner, RunnerOptions, address};
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long a provider may take to test its device and to register.
const LIMIT: Duration = Duration::from_secs(180);

#[derive(Args)]
pub struct Up {
    #[arg(long, default_value_t = 4)]
    validators: usize,
    /// A provider too, whose gateway serves plain http on loopback.
    #[arg(long)]
    provider: bool,
    /// Where the homes lie, which is emptied first; network.json in it tells the addresses as soon as all runs.
    #[arg(long, default_value = "target/localnet")]
    folder: PathBuf,
    /// Takes ports that are free instead of the usual ones.
    #[arg(long)]
    any_ports: bool,
}

impl Up {
    pub async fn run(self) -> Result<()> {
        let mut signals = Signals::take()?;
        println!("starting {} validators ...", self.validators);
        let options = Options { folder: Some(self.folder.clone()), usual_port: !self.any_ports, ..Options::default() };
        let Some(mut net) = signals.unless(Net::start(self.validators, options)).await? else { return Ok(()) };
        let mut runner = None;
        if self.provider {
            println!("starting a provider ...");
            match signals.unless(provide(&net)).await? {
                Some(started) => runner = Some(started),
                None => return Ok(()),
            }
        }
        println!("\n{} runs with {} validators:", net.chain_id, self.validators);
        for (i, node) in net.nodes.iter().enumerate() {
            println!("  node{i}  {}  {}", node.rpc_url(), node.home.display());
            println!("         REST {}  gRPC {}", node.api_url(), node.grpc_url());
        }
        if let Some(node) = net.nodes.first() {
            println!("\na page to rent a GPU on: {}/", node.api_url());
        }
        print_environment(&net);
        self.tell(&net)?;
        stay(&mut net, &mut signals).await;
        runner.map_or(Ok(()), |mut runner| runner.check())
    }

    /// For programs: written whole, or not at all.
    fn tell(&self, net: &Net) -> Result<()> {
        let Some(node) = net.nodes.first() else { bail!("a network has at least one validator") };
        let told = json!({
            "chain_id": net.chain_id, "rpc": node.rpc_url(), "rest": node.api_url(), "grpc": node.grpc_url(),
            "aliquotd": net.programs.aliquotd, "home": std::path::absolute(&self.folder)?,
        });
        let (path, partly) = (self.folder.join("network.json"), self.folder.join("network.json.new"));
        fs::write(&partly, format!("{told:#}\n"))?;
        Ok(fs::rename(partly, path)?)
    }
}

/// Starts a provider and waits for its device.
async fn provide(net: &Net) -> Result<Runner> {
    let mut runner = net.start_runner(RunnerOptions { init: vec!["--no-tls".into()], ..RunnerOptions::default() })?;
    let (provider, end) = (address("provider")?, Instant::now() + LIMIT);
    loop {
        let devices = net.aliquotd(&["query", "compute", "device", "list", "--provider", &provider])?;
        if devices["devices"].get(0).is_some() {
            return Ok(runner);
        }
        runner.check()?;
        if Instant::now() > end {
            bail!("the provider has no device on the chain after {LIMIT:?}; {}", runner.tail());
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// What to set so that `aliquotd` talks to this network.
pub fn print_environment(net: &Net) {
    println!("\nto use it from another terminal (accounts: tenant, provider, operator):");
    for (name, value) in net.environment() {
        println!("  export {name}={value}");
    }
    println!("  aliquotd status");
}

/// Waits for ctrl-c, then stops everything.
pub async fn stay(net: &mut Net, signals: &mut Signals) {
    println!("\nctrl-c stops it");
    signals.come().await;
    println!("stopping");
    net.stop();
}
