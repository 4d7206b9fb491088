//! `aliquotd provider`: what a tenant says to a provider's gateway, and hears there, about a lease.
//!
//! The gateway's address and certificate are those of the provider's record on the chain; a token signed with the
//! tenant's key, for this one lease and purpose, says who asks.

mod shell;
mod streams;

use super::{
    Globals,
    ids::{self, LeaseArgs},
    keys,
};
use aliquot_client::{Client, Key, gateway::Gateway, sdl};
use aliquot_proto::{
    deployment::v1 as deployment,
    market::v1::{self as market, Lease, LeaseId, LeaseState},
    provider::v1 as pb,
};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf, time::SystemTime};

const EXAMPLES: &str = "Examples:
  aliquotd provider send-manifest web.sdl.yaml --dseq 7 --from tenant
  aliquotd provider lease-status --dseq 7 --from tenant
  aliquotd provider lease-logs --dseq 7 --service web --tail 50 --follow --from tenant
  aliquotd provider lease-shell --dseq 7 --service web --tty --stdin --from tenant -- /bin/sh
The provider need not be named while the deployment has one lease that runs.";

#[derive(Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Provider {
    /// What a provider tells everyone: its devices, its kernels, what of its capacity is free.
    Status {
        /// The provider's address.
        provider: String,
    },
    /// Sends a deployment's manifest to its providers, which then start its services.
    SendManifest {
        /// The SDL file that the deployment was made from.
        file: PathBuf,
        /// The deployment.
        #[arg(long)]
        dseq: u64,
        /// To this provider alone [default: to all that have leases of it, standbys too].
        #[arg(long)]
        provider: Option<String>,
        #[command(flatten)]
        from: From,
    },
    /// The manifest as the provider has it.
    GetManifest(LeaseOf),
    /// Services of a lease: instances, restarts, and the ports at which the world reaches them; of a job, its phase.
    LeaseStatus(LeaseOf),
    /// What containers wrote.
    LeaseLogs(streams::Logs),
    /// What the provider did about a lease.
    LeaseEvents(streams::Events),
    /// Runs a command in a container and ends with its exit code.
    LeaseShell(shell::Shell),
}

#[derive(Args)]
pub struct From {
    /// The tenant's key.
    #[arg(long, env = "ALIQUOT_FROM", hide_env = true)]
    from: String,
}

/// A lease of the tenant who asks.
#[derive(Args)]
pub struct LeaseOf {
    #[command(flatten)]
    id: LeaseArgs,
    #[command(flatten)]
    from: From,
}

/// A lease, its provider's gateway, and the key that opens it.
pub struct Opened {
    pub gateway: Gateway,
    pub lease: Lease,
    pub id: LeaseId,
    pub key: Key,
}

impl From {
    fn key(&self, globals: &Globals) -> Result<Key> {
        let ring = globals.keyring()?;
        ring.info(&self.from)?;
        Ok(ring.load(&self.from, &keys::passphrase(&self.from)?)?)
    }
}

impl LeaseOf {
    async fn open(self, globals: &Globals) -> Result<Opened> {
        let (client, key) = (globals.client()?, self.from.key(globals)?);
        let provider = self.id.provider;
        let order = self.id.order.id(key.address());
        ensure!(
            order.owner == key.address(),
            "the lease is {}'s: a gateway opens a lease to the key of its tenant alone",
            order.owner
        );
        let mut found = leases(&client, key.address(), order.dseq, provider.as_deref().unwrap_or_default()).await?;
        found.retain(|(id, _)| (id.gseq, id.oseq) == (order.gseq, order.oseq));
        // The one that runs; else, as for a closed one, the one there is.
        let serving = |lease: &Lease| !matches!(lease.state(), LeaseState::Closed | LeaseState::Standby);
        let runs = found.iter().position(|(_, lease)| serving(lease));
        let (id, lease) = match (runs, found.len()) {
            (Some(at), _) => found.swap_remove(at),
            (None, 1) => found.swap_remove(0),
            (None, 0) => bail!("the chain has no such lease: `aliquotd query market lease list --dseq {}`", order.dseq),
            _ => bail!("none of these runs: say which with --provider: {}", names(&found)),
        };
        let gateway = Gateway::new(&record(&client, &id.provider).await?)?;
        Ok(Opened { gateway, lease, id, key })
    }
}

fn names(leases: &[(LeaseId, Lease)]) -> String {
    leases.iter().map(|(id, _)| id.provider.as_str()).collect::<Vec<_>>().join(", ")
}

/// The leases of a deployment, by one provider where it is named.
async fn leases(client: &Client, owner: &str, dseq: u64, provider: &str) -> Result<Vec<(LeaseId, Lease)>> {
    let filters = market::LeaseFilters { owner: owner.into(), dseq, provider: provider.into(), state: 0 };
    let request = market::QueryLeasesRequest { filters: Some(filters), pagination: None };
    let answer: market::QueryLeasesResponse = client.query("/aliquot.market.v1.Query/Leases", &request, None).await?;
    Ok(answer.leases.into_iter().filter_map(|lease| Some((lease.id.clone()?, lease))).collect())
}

/// The record of a provider, which says where its gateway is.
pub async fn record(client: &Client, owner: &str) -> Result<pb::Provider> {
    let request = pb::QueryProviderRequest { owner: owner.into() };
    let answer: pb::QueryProviderResponse = client.query("/aliquot.provider.v1.Query/Provider", &request, None).await?;
    answer.provider.context("the chain has no record of the provider")
}

/// Seconds since 1970. A token for a gateway says when it was made; no block depends on it.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
}

impl Provider {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        match self {
            Provider::Status { provider } => {
                let record = record(&globals.client()?, &provider).await?;
                globals.output.print(&Gateway::new(&record)?.status().await?)
            }
            Provider::SendManifest { file, dseq, provider, from } => {
                let told = send_manifest(globals, &from, &file, dseq, provider).await?;
                globals.output.print(&told)
            }
            Provider::GetManifest(of) => {
                let Opened { gateway, id, key, .. } = of.open(globals).await?;
                globals.output.print(&gateway.manifest(&id, &key, now()?).await?)
            }
            Provider::LeaseStatus(of) => {
                let Opened { gateway, lease, id, key } = of.open(globals).await?;
                let status = match lease.rate {
                    Some(_) => gateway.service_status(&id, &key, now()?).await?,
                    None => gateway.job_status(&id, &key, now()?).await?,
                };
                globals.output.print(&status)
            }
            Provider::LeaseLogs(logs) => logs.run(globals).await,
            Provider::LeaseEvents(events) => events.run(globals).await,
            Provider::LeaseShell(shell) => shell.run(globals).await,
        }
    }
}

/// Sends it to each provider; one that refuses does not keep it from the others.
async fn send_manifest(
    globals: &Globals,
    from: &From,
    file: &PathBuf,
    dseq: u64,
    provider: Option<String>,
) -> Result<Value> {
    let (client, key) = (globals.client()?, from.key(globals)?);
    let params: deployment::QueryParamsResponse =
        client.query("/aliquot.deployment.v1.Query/Params", &deployment::QueryParamsRequest {}, None).await?;
    let block_ms = params.params.context("the chain has no deployment params")?.block_ms;
    let manifest = sdl::load(file, block_ms)?.json;
    let leases = leases(&client, key.address(), dseq, provider.as_deref().unwrap_or_default()).await?;
    let live = leases.iter().filter(|(_, lease)| lease.rate.is_some() && lease.state() != LeaseState::Closed);
    let providers: BTreeSet<&String> = live.map(|(id, _)| &id.provider).collect();
    ensure!(!providers.is_empty(), "deployment {dseq} has no lease of services: take a bid first");
    let (mut sent, mut refused) = (Vec::new(), Vec::new());
    for provider in providers {
        let gateway = Gateway::new(&record(&client, provider).await?);
        let answer = match gateway {
            Ok(gateway) => gateway.send_manifest(dseq, &manifest, &key, now()?).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => sent.push(json!({ "provider": provider, "leases": answer["leases"] })),
            Err(error) => refused.push(format!("{provider}: {error}")),
        }
    }
    ensure!(refused.is_empty(), "{} took the manifest; not so {}", sent.len(), refused.join("; "));
    Ok(json!({ "dseq": dseq.to_string(), "sent": sent }))
}

impl Opened {
    fn name(&self) -> String {
        ids::lease_text(&self.id)
    }
}
