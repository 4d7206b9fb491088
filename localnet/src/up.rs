//! `localnet up`: validators that run until ctrl-c.

use aliquot_localnet::{Net, Options};
use anyhow::Result;
use std::path::PathBuf;

pub async fn run(validators: usize) -> Result<()> {
    println!("starting {validators} validators ...");
    let folder = Some(PathBuf::from("target/localnet"));
    let mut net = Net::start(validators, Options { folder, usual_port: true, ..Options::default() }).await?;
    println!("\n{} runs with {validators} validators:", net.chain_id);
    for (i, node) in net.nodes.iter().enumerate() {
        println!("  node{i}  {}  {}", node.rpc_url(), node.home.display());
    }
    print_environment(&net);
    stay(&mut net).await
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
pub async fn stay(net: &mut Net) -> Result<()> {
    println!("\nctrl-c stops it");
    tokio::signal::ctrl_c().await?;
    println!("stopping");
    net.stop();
    Ok(())
}
