//! `localnet up`: validators that run until ctrl-c.

use crate::signals::Signals;
use aliquot_localnet::{Net, Options};
use anyhow::Result;
use std::path::PathBuf;

pub async fn run(validators: usize) -> Result<()> {
    let mut signals = Signals::take()?;
    println!("starting {validators} validators ...");
    let folder = Some(PathBuf::from("target/localnet"));
    let options = Options { folder, usual_port: true, ..Options::default() };
    let Some(mut net) = signals.unless(Net::start(validators, options)).await? else { return Ok(()) };
    println!("\n{} runs with {validators} validators:", net.chain_id);
    for (i, node) in net.nodes.iter().enumerate() {
        println!("  node{i}  {}  {}", node.rpc_url(), node.home.display());
        println!("         REST {}  gRPC {}", node.api_url(), node.grpc_url());
    }
    print_environment(&net);
    stay(&mut net, &mut signals).await;
    Ok(())
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
