//! `localnet`: a network to try things on, and the stories of a job and of a market told on it.

mod demo;
mod signals;
mod up;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "localnet", version, about = "Runs Aliquot networks on this machine.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A tenant's job from the deployment to the picture, on a network of one validator. KEEP=1 leaves it running.
    Demo,
    /// Three tenants, two providers and their containers: awards, a standby, funds that run dry, an amendment, the books.
    DemoMarket,
    /// A network that runs until ctrl-c.
    Up(up::Up),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo => demo::run().await,
        Command::DemoMarket => demo::market().await,
        Command::Up(up) => up.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
