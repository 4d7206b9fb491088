//! `aliquotd start`: the state machine, served to CometBFT until it is told to stop.

use super::{
    Globals,
    config::{self, Config},
};
use aliquot::{
    app::{App, Options},
    socket,
};
use anyhow::{Context, Result};
use clap::Args;
use std::{net::TcpListener, panic, process, thread};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[derive(Args)]
pub struct Start {
    /// Where CometBFT reaches this program [default: as app.toml says].
    #[arg(long)]
    listen: Option<String>,
    /// Logs as JSON lines. What is logged is chosen by RUST_LOG.
    #[arg(long)]
    log_json: bool,
}

impl Start {
    pub fn run(self, globals: &Globals) -> Result<()> {
        // A thread that dies silently would leave a node that answers wrongly.
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            print(info);
            process::abort();
        }));
        self.log();
        let home = globals.home()?;
        let config = Config::load(&home)?;
        let options = Options {
            policy: config.policy()?,
            retain: (config.retain > 0).then_some(config.retain),
            vrf_key: config::vrf_key(&home)?,
            ..Options::default()
        };
        aliquot::modules::wasm::open_cache(&home.join("data/wasm"))?;
        let database = config::database(&home);
        let app = App::open(&database, options).with_context(|| format!("{} does not open", database.display()))?;
        let listen = self.listen.unwrap_or(config.listen);
        let address = listen.strip_prefix("tcp://").unwrap_or(&listen);
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {listen}"))?;
        stop_on_signal()?;
        let (version, height) = (env!("CARGO_PKG_VERSION"), app.db().height());
        tracing::info!(version, height, chain_id = app.chain_id(), %listen, "serves CometBFT");
        socket::serve(listener, &app).context("the ABCI socket failed")
    }

    fn log(&self) {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        if self.log_json { builder.json().init() } else { builder.init() }
    }
}

/// Ends the process on SIGTERM or ctrl-c. Any moment will do: a block is on the disk whole or not at all.
fn stop_on_signal() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        });
        tracing::info!("told to stop");
        process::exit(0);
    })?;
    Ok(())
}
