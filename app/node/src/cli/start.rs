//! `aliquotd start`: the state machine, served to CometBFT until it is told to stop.

use super::{
    Globals,
    config::{self, Config},
};
use aliquot::{
    app::{App, Options},
    serve, services, socket,
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
    /// Where gRPC is served [default: as app.toml says].
    #[arg(long = "grpc.address", value_name = "ADDRESS")]
    grpc_address: Option<String>,
    /// Whether gRPC is served [default: as app.toml says].
    #[arg(long = "grpc.enable", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    grpc_enable: Option<bool>,
    /// Whether gRPC-web is served [default: as app.toml says].
    #[arg(long = "grpc-web.enable", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    grpc_web_enable: Option<bool>,
    /// Where REST is served [default: as app.toml says].
    #[arg(long = "api.address", value_name = "ADDRESS")]
    api_address: Option<String>,
    /// Whether REST is served [default: as app.toml says].
    #[arg(long = "api.enable", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    api_enable: Option<bool>,
    /// Whether pages of any origin may ask [default: as app.toml says].
    #[arg(long = "api.enabled-unsafe-cors", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    api_cors: Option<bool>,
    /// Where wallets reach CometBFT's RPC [default: as app.toml says].
    #[arg(long = "page.rpc", value_name = "URL")]
    page_rpc: Option<String>,
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
            // A query that panics fails alone.
            if !serve::is_serving() {
                process::abort();
            }
        }));
        self.log();
        let home = globals.home()?;
        let config = Config::load(&home)?;
        let runtime = serve::runtime().context("no runtime for gRPC and REST")?;
        let comet = services::comet::Comet::new(&config.comet_rpc(&home), runtime.handle().clone())?;
        let options = Options {
            comet: Some(comet),
            policy: config.policy()?,
            retain: (config.retain > 0).then_some(config.retain),
            vrf_key: config::vrf_key(&home)?,
            ..Options::default()
        };
        aliquot::modules::wasm::open_cache(&home.join("data/wasm"))?;
        let database = config::database(&home);
        let app = App::open(&database, options).with_context(|| format!("{} does not open", database.display()))?;
        let listen = self.listen.clone().unwrap_or_else(|| config.listen.clone());
        let address = listen.strip_prefix("tcp://").unwrap_or(&listen);
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {listen}"))?;
        runtime.block_on(serve::start(&app, &self.doors(config)))?;
        stop_on_signal()?;
        let (version, height) = (env!("CARGO_PKG_VERSION"), app.db().height());
        tracing::info!(version, height, chain_id = app.chain_id(), %listen, "serves CometBFT");
        socket::serve(listener, &app).context("the ABCI socket failed")
    }

    /// What app.toml says, unless a flag says otherwise.
    fn doors(&self, config: Config) -> serve::Config {
        let mut doors = serve::Config {
            grpc: config.grpc,
            grpc_web: config.grpc_web,
            api: config.api,
            page: config.page,
            telemetry: config.telemetry,
        };
        let text = |flag: &Option<String>, setting: &mut String| flag.iter().for_each(|to| setting.clone_from(to));
        let switch = |flag: Option<bool>, setting: &mut bool| *setting = flag.unwrap_or(*setting);
        text(&self.grpc_address, &mut doors.grpc.address);
        text(&self.api_address, &mut doors.api.address);
        text(&self.page_rpc, &mut doors.page.rpc);
        switch(self.grpc_enable, &mut doors.grpc.enable);
        switch(self.grpc_web_enable, &mut doors.grpc_web.enable);
        switch(self.api_enable, &mut doors.api.enable);
        switch(self.api_cors, &mut doors.api.enabled_unsafe_cors);
        doors
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
