//! Logs and events of a lease, as they come.

use super::{
    super::{Globals, Output},
    LeaseOf, Opened, now,
};
use aliquot_client::gateway::{Lines, LogQuery};
use anyhow::Result;
use clap::Args;
use serde_json::Value;
use std::io::Write;

#[derive(Args)]
pub struct Logs {
    #[command(flatten)]
    of: LeaseOf,
    /// Of this service alone.
    #[arg(long)]
    service: Option<String>,
    /// The newest lines of each container [default: all].
    #[arg(long)]
    tail: Option<u32>,
    /// Goes on with what is written from now on, until ctrl-c.
    #[arg(long, short)]
    follow: bool,
}

#[derive(Args)]
pub struct Events {
    #[command(flatten)]
    of: LeaseOf,
    /// Goes on with what happens from now on, until ctrl-c.
    #[arg(long, short)]
    follow: bool,
}

impl Logs {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let Opened { gateway, id, key, .. } = self.of.open(globals).await?;
        let query = LogQuery { service: self.service.unwrap_or_default(), tail: self.tail, follow: self.follow };
        let lines = gateway.logs(&id, &query, &key, now()?).await?;
        print(globals, lines, |line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default();
            format!("[{}-{}] {}", text("service"), line["instance"], text("message"))
        })
        .await
    }
}

impl Events {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let Opened { gateway, id, key, .. } = self.of.open(globals).await?;
        let lines = gateway.events(&id, self.follow, &key, now()?).await?;
        let started = now()?;
        print(globals, lines, |line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default();
            let ago = started.saturating_sub(line["at"].as_u64().unwrap_or(started));
            format!("{ago:>6} s ago  {:<10} {}", text("kind"), text("message"))
        })
        .await
    }
}

/// Until the gateway ends it, or nobody reads any more.
async fn print(globals: &Globals, mut lines: Lines, text: impl Fn(&Value) -> String) -> Result<()> {
    while let Some(line) = lines.next().await? {
        let shown = match globals.output {
            Output::Json => line.to_string(),
            Output::Text => text(&line),
        };
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{shown}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    Ok(())
}
