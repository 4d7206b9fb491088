//! A command in a container, with this terminal as its own where that is wanted.

use super::{super::Globals, LeaseOf, Opened, now};
use aliquot_client::gateway::{Lines, ShellCommand, Wrote};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{
    io::{IsTerminal, Write},
    process::{Command, Stdio, exit},
};

#[derive(Args)]
pub struct Shell {
    #[command(flatten)]
    of: LeaseOf,
    #[arg(long)]
    service: String,
    #[arg(long, default_value_t = 0)]
    instance: u32,
    /// Passes on what is typed, or piped in.
    #[arg(long, short = 'i')]
    stdin: bool,
    /// Gives the command a terminal; for shells, with --stdin.
    #[arg(long, short)]
    tty: bool,
    /// The command, word by word.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Shell {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let opened = self.of.open(globals).await?;
        let stdin: Option<Box<dyn tokio::io::AsyncRead + Send + Unpin>> =
            if self.stdin { Some(Box::new(tokio::io::stdin())) } else { None };
        let terminal = self.tty && self.stdin && std::io::stdin().is_terminal();
        let command =
            ShellCommand { service: self.service, instance: self.instance, words: self.words, tty: self.tty, stdin };
        let name = opened.name();
        let Opened { gateway, id, key, .. } = opened;
        let lines = gateway.shell(&id, command, &key, now()?).await?;
        let raw = if terminal { Some(Raw::new()?) } else { None };
        let ended = pass_on(lines).await;
        drop(raw);
        let code = ended?.with_context(|| format!("the gateway ended the session with {name}"))?;
        // A thread may still wait for stdin: it does not hold the process up.
        exit(code)
    }
}

/// The command's output becomes this program's; gives its exit code.
async fn pass_on(mut lines: Lines) -> Result<Option<i32>> {
    while let Some(wrote) = lines.wrote().await? {
        match wrote {
            Wrote::Stdout(bytes) => put(std::io::stdout().lock(), &bytes)?,
            Wrote::Stderr(bytes) => put(std::io::stderr().lock(), &bytes)?,
            Wrote::Exit(code) => return Ok(Some(code)),
        }
    }
    Ok(None)
}

fn put(mut out: impl Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// The terminal as the far side needs it: it echoes and edits itself. As it was again when dropped.
struct Raw(String);

impl Raw {
    fn new() -> Result<Self> {
        let saved = stty(&["-g"])?.trim().to_string();
        stty(&["raw", "-echo"])?;
        Ok(Raw(saved))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        stty(&[&self.0]).ok();
    }
}

fn stty(words: &[&str]) -> Result<String> {
    let done = Command::new("stty").args(words).stdin(Stdio::inherit()).output().context("stty does not run")?;
    ensure!(done.status.success(), "stty: {}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
