//! What tenants do with a running service, and how everyone sends a transaction.

use super::{LIMIT, Market, POLL, cast::Tenant};
use crate::teller::number;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// A service as a client reaches it.
fn get(port: u64) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", u16::try_from(port)?))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.") && answer.contains(" 200 "), "the service answers {answer:?}");
    Ok(answer.rsplit("\r\n\r\n").next().unwrap_or_default().trim().to_string())
}

impl Market {
    /// Sends a transaction, and tells what it and the blocks before it brought.
    pub(super) async fn transact(&mut self, from: &str, args: &[&str]) -> Result<Value> {
        let answer = self.teller.transact(from, args)?;
        self.story.until_height(u64::try_from(number(&answer["height"])?)?, LIMIT).await?;
        Ok(answer)
    }

    /// What the gateway says of the one instance of a tenant's service, once it is in a state.
    pub(super) async fn instance(&self, tenant: &Tenant, state: &str) -> Result<Value> {
        let dseq = tenant.dseq.to_string();
        let status = ["provider", "lease-status", "--dseq", &dseq, "--from", &tenant.account];
        println!("  $ aliquotd {}", status.join(" "));
        let end = Instant::now() + LIMIT;
        loop {
            let told = self.teller.net.aliquotd(&status);
            let instance = told.as_ref().ok().map(|told| told["services"][0]["instances"][0].clone());
            if let Some(instance) = instance.filter(|instance| instance["state"] == state) {
                return Ok(instance);
            }
            ensure!(Instant::now() < end, "the service of {} is not {state}: {told:?}", tenant.account);
            sleep(POLL).await;
        }
    }

    /// The service answers on its published port.
    pub(super) async fn answers(&self, tenant: &Tenant) -> Result<()> {
        let instance = self.instance(tenant, "running").await?;
        let port = instance["ports"][0]["host_port"].as_u64();
        let port = port.with_context(|| format!("no port is published: {instance}"))?;
        let end = Instant::now() + LIMIT;
        let answer = loop {
            match get(port) {
                Ok(answer) => break answer,
                Err(error) if Instant::now() > end => bail!("port {port} of {}: {error:#}", tenant.account),
                Err(_) => sleep(POLL).await,
            }
        };
        println!("  GET http://127.0.0.1:{port}/ -> {answer:?}");
        ensure!(answer == tenant.greeting, "the service answers {answer:?}");
        Ok(())
    }

    /// The logs and a command, as the command line prints them.
    pub(super) fn logs_and_shell(&self, account: &str, dseq: &str) -> Result<()> {
        let shown = |words: &[&str]| -> Result<String> {
            println!("  $ aliquotd {}", words.join(" "));
            let done = self.teller.net.command(words).output()?;
            let said = String::from_utf8_lossy(&done.stdout).trim().to_string();
            ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            println!("  {said}");
            Ok(said)
        };
        let logs = shown(&["provider", "lease-logs", "--dseq", dseq, "--service", "api", "--from", account])?;
        ensure!(logs == "[api-0] serving", "the logs are {logs:?}");
        let page = ["--service", "api", "--from", account, "--", "cat", "/www/index.html"];
        let page = shown(&[&["provider", "lease-shell", "--dseq", dseq], &page[..]].concat())?;
        ensure!(page == self.cast.noah.greeting, "the shell printed {page:?}");
        Ok(())
    }
}
