//! Calling podman and taking what it says.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use super::{
    Network, Podman, QUICK,
    arguments::{labels, prefix, volume},
};
use crate::runtime::{Result, RuntimeError, Service, Workload};

/// Bytes of an error's text that are passed on.
const REASON: usize = 600;

impl Podman {
    /// The program with the arguments that come before every command. It dies with whoever waits for it.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.config.program);
        command.args(&self.config.global).stdin(Stdio::null()).kill_on_drop(true);
        // Its monitor leaves a file where it works when a container runs out of memory.
        command.current_dir(std::env::temp_dir());
        command
    }

    pub(super) fn unusable(&self, error: std::io::Error) -> RuntimeError {
        RuntimeError::Program { program: self.config.program.clone(), reason: error.to_string() }
    }

    /// Runs a command to its end and gives its stdout. The words are not in the error: some are a tenant's secrets.
    pub(super) async fn call<S: AsRef<str>>(&self, doing: &str, words: &[S], patience: Duration) -> Result<String> {
        let output = self.command().args(words.iter().map(AsRef::as_ref)).output();
        let output = tokio::time::timeout(patience, output).await;
        let output = output.map_err(|_| RuntimeError::Slow { doing: doing.into(), after: patience })?;
        let output = output.map_err(|e| self.unusable(e))?;
        if !output.status.success() {
            return Err(RuntimeError::Failed { doing: doing.into(), reason: reason(&output.stderr) });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether something exists, by a command that says so in its exit status.
    pub(super) async fn exists(&self, kind: &str, name: &str) -> Result<bool> {
        let status = self.command().args([kind, "exists", name]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = tokio::time::timeout(QUICK, status).await;
        let status = status.map_err(|_| RuntimeError::Slow { doing: format!("looking for a {kind}"), after: QUICK })?;
        Ok(status.map_err(|e| self.unusable(e))?.success())
    }

    pub(super) async fn make_network(&self, workload: &Workload) -> Result<()> {
        let name = prefix(&workload.lease);
        if self.config.network == Network::None || self.exists("network", &name).await? {
            return Ok(());
        }
        let mut words = vec!["network".into(), "create".into()];
        words.extend(labels(&workload.lease));
        words.extend(self.config.network_flags.iter().cloned());
        words.push(name);
        self.call("making the network", &words, QUICK).await.map(drop)
    }

    pub(super) async fn make_volumes(&self, workload: &Workload, service: &Service, index: usize) -> Result<()> {
        for mount in service.mounts.iter().filter(|m| !m.ram) {
            let name = volume(&workload.lease, &service.name, index, mount);
            if !self.exists("volume", &name).await? {
                let mut words = vec!["volume".into(), "create".into()];
                words.extend(labels(&workload.lease));
                words.push(name);
                self.call("making a volume", &words, QUICK).await?;
            }
        }
        Ok(())
    }
}

/// The end of what was said on stderr: podman tells the cause last.
fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = lines.join("; ");
    let skip = told.chars().count().saturating_sub(REASON);
    told.chars().skip(skip).collect()
}
