//! The command line: one file per command, each saying what it needs and what it prints.

mod amount;
mod chain_info;
mod config;
mod genesis;
mod ids;
mod init;
mod job;
mod keys;
mod print;
mod provider;
mod query;
mod sdl;
mod start;
mod state;
mod status;
mod tx;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

pub use print::Output;

/// Node and command line of Aliquot, a marketplace of provable GPU work.
#[derive(Parser)]
#[command(name = "aliquotd", version)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
pub struct Globals {
    /// Folder of node and keys [default: ~/.aliquot].
    #[arg(long, global = true, env = "ALIQUOT_HOME", hide_env = true)]
    home: Option<PathBuf>,
    /// RPC address of the CometBFT node to ask.
    #[arg(long, global = true, env = "ALIQUOT_NODE", hide_env = true, default_value = "tcp://127.0.0.1:26657")]
    node: String,
    /// How answers are printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the home of a node: its keys, its configuration, a genesis file.
    Init(init::Init),
    /// Runs the state machine for a CometBFT node.
    Start(start::Start),
    /// Keeps keys in an encrypted keyring.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Edits and checks the genesis file.
    #[command(subcommand)]
    Genesis(genesis::Genesis),
    /// Signs a transaction and waits until it is in a block.
    Tx(Box<tx::Tx>),
    /// Asks the chain.
    #[command(subcommand, alias = "q")]
    Query(Box<query::Query>),
    /// Describes the chain to wallets and to the chain registry.
    ChainInfo(chain_info::ChainInfo),
    /// Says how far the node is.
    Status,
    /// Prints the newest state of a stopped node as a genesis file.
    Export,
    /// Takes a stopped node back by one block.
    Rollback,
    /// Checks SDL files without a node.
    #[command(subcommand)]
    Sdl(sdl::Sdl),
    /// Talks to providers: manifests, logs and shells of services.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Results of jobs.
    #[command(subcommand)]
    Job(job::Job),
}

impl Globals {
    pub fn home(&self) -> Result<PathBuf> {
        match &self.home {
            Some(home) => Ok(home.clone()),
            None => std::env::home_dir()
                .map(|home| home.join(".aliquot"))
                .context("no home folder is known: say where with --home"),
        }
    }

    /// A client of the node; CometBFT's `tcp://` is plain HTTP.
    pub fn client(&self) -> Result<aliquot_client::Client> {
        let url = self.node.replacen("tcp://", "http://", 1);
        Ok(aliquot_client::Client::new(&url)?)
    }

    pub fn keyring(&self) -> Result<aliquot_client::Keyring> {
        Ok(aliquot_client::Keyring::open(self.home()?.join("keyring"))?)
    }
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let globals = cli.globals;
    match cli.command {
        Command::Init(command) => command.run(&globals),
        Command::Start(command) => command.run(&globals),
        Command::Keys(command) => command.run(&globals),
        Command::Genesis(command) => command.run(&globals),
        Command::Sdl(command) => command.run(&globals),
        Command::Export => state::export(&globals),
        Command::Rollback => state::rollback(&globals),
        Command::Tx(command) => wait(command.run(&globals)),
        Command::Query(command) => wait(command.run(&globals)),
        Command::ChainInfo(command) => wait(command.run(&globals)),
        Command::Status => wait(status::run(&globals)),
        Command::Provider(command) => wait(command.run(&globals)),
        Command::Job(command) => wait(command.run(&globals)),
    }
}

/// Runs what talks to a network.
fn wait(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Runtime::new().context("no runtime for network calls")?.block_on(work)
}
