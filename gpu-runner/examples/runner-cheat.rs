//! A provider that corrupts a part of its chunks, to show on a test network that the chain catches it:
//! `runner-cheat run --home DIR --cheat 0.05`. The released runner has no such code.

use aliquot_kernels::chacha::{chacha8, key_words};
use aliquot_runner::run::{self, Options};
use anyhow::{Context, Result, ensure};
use clap::Parser;
use sha2::{Digest, Sha256};
use std::{path::PathBuf, sync::OnceLock};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
enum Command {
    Run {
        #[arg(long)]
        home: PathBuf,
        /// Part of the chunks to corrupt, 0 to 1.
        #[arg(long)]
        cheat: f64,
    },
}

static PART: OnceLock<f64> = OnceLock::new();

/// Flips a byte in about the asked part of the chunks, chosen by the lease: the same ones after a restart.
fn corrupt(outputs: &mut [u8], lease: &str, first: u32, output_len: usize) {
    let key = key_words(&Sha256::digest(lease).into());
    let part = PART.get().copied().unwrap_or_default();
    for (index, output) in (first..).zip(outputs.chunks_exact_mut(output_len)) {
        let [draw, at, flip, ..] = chacha8(&key, u64::from(index), u64::from_le_bytes(*b"cheating"));
        if f64::from(draw) < part * 4_294_967_296.0 {
            output[at as usize % output_len] ^= (flip as u8) | 1;
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let Command::Run { home, cheat } = Command::parse();
    ensure!((0.0..=1.0).contains(&cheat), "--cheat is a part, from 0 to 1");
    PART.set(cheat).ok().context("set once")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        terminate.recv().await;
    };
    run::run(&home, Options { tamper: Some(corrupt) }, stop).await
}
