//! Containers by podman, called as a program: no daemon, no socket, and it works as root in restricted sandboxes.
//!
//! Names begin with `aliquot-` and a hash of the lease. Labels say the rest, so the machine's other containers are
//! never touched, nor those of another provider's runner on it.

mod arguments;
mod call;
mod image;
mod listed;
mod stream;

use std::{collections::BTreeMap, time::Duration};

use aliquot_proto::market::v1::LeaseId;
use serde::Deserialize;
use tokio::sync::mpsc::Receiver;

pub use self::arguments::{create, names};
pub use self::image::full_reference;
use self::listed::Listed;
use super::{Command, Container, LogLine, LogQuery, Output, Result, Runtime, RuntimeError, State, Task, Workload};
use crate::store::{lease_name, lease_named};

pub(crate) const LEASE: &str = "aliquot.lease";
pub(crate) const PROVIDER: &str = "aliquot.provider";
pub(crate) const MANIFEST: &str = "aliquot.manifest";
pub(crate) const SERVICE: &str = "aliquot.service";
pub(crate) const INSTANCE: &str = "aliquot.instance";
pub(crate) const GPUS: &str = "aliquot.gpus";

/// How podman is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PodmanConfig {
    pub program: String,
    /// Arguments before the command, as `--runtime`, `runc`.
    pub global: Vec<String>,
    /// Arguments of `create`.
    pub flags: Vec<String>,
    pub network: Network,
    /// Arguments of `network create`.
    pub network_flags: Vec<String>,
    /// The address on which ports of services are opened.
    pub publish: String,
    pub pull: Pull,
    /// Globs over full image references; empty runs any.
    pub images: Vec<String>,
    pub pids: u32,
    pub ulimits: Vec<String>,
    pub read_only: bool,
    /// Limits the size of containers' own layers; the storage driver must be able to.
    pub disk_quota: bool,
    /// Seconds that a container has to end by itself.
    pub stop_s: u32,
}

/// How the containers of a lease reach each other and the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// A bridge for each lease.
    Bridge,
    /// None at all.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    Never,
    Missing,
    /// At every start, so that an image pulled with one tenant's credentials opens for no other.
    Always,
}

impl Default for PodmanConfig {
    fn default() -> Self {
        PodmanConfig {
            program: "podman".into(),
            global: Vec::new(),
            flags: vec!["--security-opt=no-new-privileges".into()],
            network: Network::Bridge,
            network_flags: vec!["--opt=isolate=true".into()],
            publish: "0.0.0.0".into(),
            pull: Pull::Missing,
            images: Vec::new(),
            pids: 4096,
            ulimits: Vec::new(),
            read_only: false,
            disk_quota: false,
            stop_s: 10,
        }
    }
}

/// The backend. It speaks for one provider and sees no other's containers.
#[derive(Clone, Debug)]
pub struct Podman {
    config: PodmanConfig,
    provider: String,
}

const QUICK: Duration = Duration::from_secs(60);

impl Podman {
    pub fn new(config: PodmanConfig, provider: &str) -> Self {
        Podman { config, provider: provider.into() }
    }

    async fn listed(&self, lease: Option<&LeaseId>) -> Result<Vec<Listed>> {
        let label = match lease {
            Some(lease) => format!("label={LEASE}={}", lease_name(lease)),
            None => format!("label={PROVIDER}={}", self.provider),
        };
        let text =
            self.call("listing containers", &["ps", "--all", "--format=json", "--filter", &label], QUICK).await?;
        let bad =
            |e: serde_json::Error| RuntimeError::Failed { doing: "listing containers".into(), reason: e.to_string() };
        serde_json::from_str(&text).map_err(bad)
    }

    async fn bring_up(&self, workload: &Workload) -> Result<()> {
        let have = self.listed(Some(&workload.lease)).await?;
        let wanted = names(workload);
        let fits = |c: &Listed| c.label(MANIFEST) == workload.manifest && wanted.iter().any(|n| n == c.name());
        for other in have.iter().filter(|c| !fits(c)) {
            self.remove_container(other.name()).await?;
        }
        let stays = |name: &str| have.iter().find(|c| c.name() == name && fits(c));
        self.make_network(workload).await?;
        for service in &workload.services {
            let image = self.image(service).await?;
            for (index, instance) in service.instances.iter().enumerate() {
                let name = arguments::container(&workload.lease, &service.name, index);
                let there = stays(&name).map(Listed::state);
                if there.is_none() {
                    self.make_volumes(workload, service, index).await?;
                    let words = create(&self.config, workload, service, index, instance, &image);
                    self.call(&format!("making container {name}"), &words, QUICK).await?;
                }
                if matches!(there, None | Some(State::Created)) {
                    self.call(&format!("starting container {name}"), &["start", &name], QUICK).await?;
                }
            }
        }
        Ok(())
    }

    async fn remove_container(&self, name: &str) -> Result<()> {
        let time = self.config.stop_s.to_string();
        let patience = QUICK + Duration::from_secs(self.config.stop_s.into());
        self.call("removing a container", &["rm", "--force", "--time", &time, name], patience).await.map(drop)
    }

    async fn remove_all(&self, lease: &LeaseId) -> Result<()> {
        for container in self.listed(Some(lease)).await? {
            // A paused container cannot hear that it should end.
            if container.state() == State::Paused {
                self.call("resuming a container", &["unpause", container.name()], QUICK).await?;
            }
            self.remove_container(container.name()).await?;
        }
        for (kind, doing) in [("volume", "removing volumes"), ("network", "removing the network")] {
            let filter = format!("label={LEASE}={}", lease_name(lease));
            let left = self.call(doing, &[kind, "ls", "--quiet", "--filter", &filter], QUICK).await?;
            for name in left.split_whitespace() {
                self.call(doing, &[kind, "rm", "--force", name], QUICK).await?;
            }
        }
        Ok(())
    }

    async fn each_in(&self, lease: &LeaseId, state: State, command: &str) -> Result<()> {
        for container in self.listed(Some(lease)).await?.iter().filter(|c| c.state() == state) {
            self.call(&format!("podman {command}"), &[command, container.name()], QUICK).await?;
        }
        Ok(())
    }

    async fn found(&self) -> Result<Vec<(LeaseId, Vec<Container>)>> {
        let mut all: BTreeMap<String, Vec<Container>> = BTreeMap::new();
        for listed in self.listed(None).await? {
            all.entry(listed.label(LEASE).into()).or_default().push(listed.container());
        }
        Ok(all.into_iter().filter_map(|(name, containers)| Some((lease_named(&name)?, containers))).collect())
    }
}

impl Runtime for Podman {
    fn start<'a>(&'a self, workload: &'a Workload) -> Task<'a, ()> {
        Box::pin(self.bring_up(workload))
    }

    fn restart<'a>(&'a self, lease: &'a LeaseId, service: &'a str, instance: u32) -> Task<'a, ()> {
        let name = arguments::container(lease, service, instance as usize);
        Box::pin(async move { self.call("restarting a container", &["start", &name], QUICK).await.map(drop) })
    }

    fn remove<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()> {
        Box::pin(self.remove_all(lease))
    }

    fn pause<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()> {
        Box::pin(self.each_in(lease, State::Running, "pause"))
    }

    fn resume<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()> {
        Box::pin(self.each_in(lease, State::Paused, "unpause"))
    }

    fn status<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, Vec<Container>> {
        Box::pin(async move {
            let mut all: Vec<_> = self.listed(Some(lease)).await?.iter().map(Listed::container).collect();
            all.sort_by(|a, b| (&a.service, a.instance).cmp(&(&b.service, b.instance)));
            Ok(all)
        })
    }

    fn logs<'a>(&'a self, lease: &'a LeaseId, query: LogQuery) -> Task<'a, Receiver<LogLine>> {
        Box::pin(self.read_logs(lease, query))
    }

    fn exec<'a>(&'a self, lease: &'a LeaseId, command: Command) -> Task<'a, Receiver<Output>> {
        Box::pin(self.run_command(lease, command))
    }

    fn list(&self) -> Task<'_, Vec<(LeaseId, Vec<Container>)>> {
        Box::pin(self.found())
    }
}
