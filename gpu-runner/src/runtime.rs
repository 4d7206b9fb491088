//! What runs the containers of tenants: a backend that is given a lease's services and keeps no state of its own.
//!
//! Whatever must survive a restart of the runner is written on the containers themselves (lease, manifest hash, GPUs),
//! so a new process finds them with [`Runtime::list`] and adopts or removes each. The one backend is [`podman`];
//! another, as for a Kubernetes cluster, implements the same trait.

use std::{future::Future, pin::Pin, time::Duration};

use aliquot_proto::market::v1::LeaseId;
use serde::Serialize;
use tokio::{io::AsyncRead, sync::mpsc::Receiver};

pub mod podman;

#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("{program} cannot be run: {reason}; install it or set services.podman.program")]
    Program { program: String, reason: String },
    #[error("{doing} failed: {reason}")]
    Failed { doing: String, reason: String },
    #[error("{doing} took longer than {after:?}")]
    Slow { doing: String, after: Duration },
    #[error("image {0:?} is no image reference: write registry/name:tag")]
    BadImage(String),
    #[error("image {0} is not one that this provider runs")]
    ForeignImage(String),
    #[error("image {0} is not on this machine, and the provider pulls none")]
    AbsentImage(String),
    #[error("service {service:?} has no instance {instance} here")]
    Absent { service: String, instance: u32 },
}

pub type Result<T> = std::result::Result<T, RuntimeError>;
/// What a backend's methods give: a future that may be sent between threads.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Everything that runs for one lease.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    pub lease: LeaseId,
    /// SHA-256 of the manifest that it comes from, hex.
    pub manifest: String,
    pub services: Vec<Service>,
}

/// Equal containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    pub image: String,
    /// Replaces the image's entry point where it is not empty.
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Thousandths of a core.
    pub cpu_millis: u64,
    pub memory: u64,
    /// Bytes that a container may write into its own layer; what enforces it is the storage driver.
    pub disk: u64,
    pub mounts: Vec<Mount>,
    pub ports: Vec<Port>,
    pub credentials: Option<Credentials>,
    /// One entry for each instance.
    pub instances: Vec<Instance>,
}

/// What one container has for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Numbers of GPUs in the provider's configuration.
    pub gpus: Vec<usize>,
    /// What makes them visible inside, as `/dev/nvidia0`.
    pub devices: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub volume: String,
    pub path: String,
    pub read_only: bool,
    pub bytes: u64,
    /// In memory, and gone with the container. Other volumes last as long as the lease.
    pub ram: bool,
}

/// A port that the world may reach; the backend chooses the port outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub port: u16,
    pub udp: bool,
}

/// Opens a private registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub host: String,
    pub username: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials for {}", self.host)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Made and not started.
    Created,
    Running,
    Paused,
    Exited,
}

/// One container as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Container {
    pub service: String,
    pub instance: u32,
    pub state: State,
    pub exit_code: Option<i32>,
    /// Seconds since 1970.
    pub started_at: Option<u64>,
    pub ports: Vec<Published>,
    /// The manifest that it was made from.
    #[serde(skip)]
    pub manifest: String,
    #[serde(skip)]
    pub gpus: Vec<usize>,
}

/// A port of a container as the world sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    pub port: u16,
    pub protocol: String,
    pub host: String,
    pub host_port: u16,
}

/// Which logs to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// All services where it is absent.
    pub service: Option<String>,
    /// Newest lines of each container; all where it is absent.
    pub tail: Option<u32>,
    /// Goes on with what is written from now on.
    pub follow: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    pub service: String,
    pub instance: u32,
    pub stream: Stream,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A command to run in a container.
pub struct Command {
    pub service: String,
    pub instance: u32,
    pub words: Vec<String>,
    /// With a terminal of its own, so that shells prompt; stderr then comes as stdout.
    pub tty: bool,
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Bytes(Stream, Vec<u8>),
    /// The last.
    Exit(i32),
}

/// Runs containers. Methods that change something may be repeated: they do what is still to be done.
pub trait Runtime: Send + Sync {
    /// Makes and starts what is missing of a workload, and removes containers of the lease that are not part of it.
    /// One that has exited is left alone.
    fn start<'a>(&'a self, workload: &'a Workload) -> Task<'a, ()>;

    /// Starts a container that has exited.
    fn restart<'a>(&'a self, lease: &'a LeaseId, service: &'a str, instance: u32) -> Task<'a, ()>;

    /// Removes the containers of a lease, its network and its volumes.
    fn remove<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()>;

    /// Holds all processes of a lease where they are.
    fn pause<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()>;

    fn resume<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, ()>;

    /// The containers of a lease, by service and instance.
    fn status<'a>(&'a self, lease: &'a LeaseId) -> Task<'a, Vec<Container>>;

    /// Dropping the receiver ends the reading.
    fn logs<'a>(&'a self, lease: &'a LeaseId, query: LogQuery) -> Task<'a, Receiver<LogLine>>;

    /// Dropping the receiver ends the session.
    fn exec<'a>(&'a self, lease: &'a LeaseId, command: Command) -> Task<'a, Receiver<Output>>;

    /// The leases of this provider of which anything is on the machine, with their containers.
    fn list(&self) -> Task<'_, Vec<(LeaseId, Vec<Container>)>>;
}
