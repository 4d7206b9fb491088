//! The manifest: what a tenant tells its providers to run, which the chain knows by its hash alone.
//!
//! It is a JSON array of groups in the order of their names, shaped as Akash's manifest: quantities are objects with
//! a decimal text under `val`, keys are in camel case (`sequence_number` aside). Every key is printed, lists that
//! are empty as `[]` and what is absent as `null`; keys are sorted and nothing stands between them. The hash is the
//! SHA-256 of exactly these bytes, so a provider hashes what it received, compares, and only then reads it.
//!
//! ```json
//! [{"job":null,"name":"eu","services":[{"args":[],"command":[],"count":1,"credentials":null,"dependencies":[],
//!   "env":["MODEL=demo"],"expose":[{"endpointSequenceNumber":0,"externalPort":80,"global":true,"hosts":[],
//!   "httpOptions":{..},"ip":"","port":8000,"proto":"TCP","service":""}],"image":"nginx:1.27","name":"web",
//!   "params":null,"resources":{"cpu":{"attributes":[],"units":{"val":"500"}},..}}]}]
//! ```

mod encoding;
mod fits;
mod resources;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use fits::Misfit;
pub use resources::{Attribute, Cpu, Endpoint, EndpointKind, Gpu, Memory, Resources, Storage};

/// Bytes of a manifest that [`parse`] takes: a job's input travels in it.
pub const MAX_BYTES: usize = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest has {0} bytes: at most {MAX_BYTES} are taken")]
    TooLarge(usize),
    #[error("the manifest is not as this version writes it: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// All groups of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest {
    pub groups: Vec<Group>,
}

/// What one lease runs: services, or one job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Name of its placement, and of the group on the chain.
    pub name: String,
    /// In the order of their names; empty for a job.
    pub services: Vec<Service>,
    pub job: Option<Job>,
}

/// A container image and how it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// A DNS label, unique in its group.
    pub name: String,
    pub image: String,
    /// Instead of the image's entry point, unless empty.
    pub command: Vec<String>,
    /// Instead of the image's arguments, unless empty.
    pub args: Vec<String>,
    /// `NAME=value`, or `NAME` for an empty value.
    pub env: Vec<String>,
    /// Of one instance; `resources.id` is that of the group's resource unit.
    pub resources: Resources,
    /// Instances.
    pub count: u32,
    pub expose: Vec<Expose>,
    pub params: Option<Params>,
    pub credentials: Option<Credentials>,
    /// Services that start before this one, where they are in the same group.
    pub dependencies: Vec<String>,
}

/// One port, opened to one kind of caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expose {
    /// On which the container listens.
    pub port: u16,
    /// On which callers reach it; `port` where the tenant does not say.
    pub external_port: u16,
    pub proto: Protocol,
    /// The service of the group that may call; empty with `global` false for all of them.
    pub service: String,
    /// Whether the world may call.
    pub global: bool,
    /// Host names for a proxy in front of the provider; the runner itself has none yet.
    pub hosts: Vec<String>,
    pub http_options: HttpOptions,
    /// Name of the leased address, else empty.
    pub ip: String,
    /// Number of the leased address in the group's endpoints, else 0.
    pub endpoint_sequence_number: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
}

impl Expose {
    /// Whether it is reached through the gateway's HTTP proxy, by host name.
    pub fn is_http(&self) -> bool {
        self.global && self.ip.is_empty() && self.proto == Protocol::Tcp && self.external_port == 80
    }

    /// The endpoint on the chain that it takes, where it is open to the world.
    pub fn endpoint(&self) -> Option<Endpoint> {
        let kind = match self.global {
            false => return None,
            true if !self.ip.is_empty() => EndpointKind::LeasedIp,
            true if self.is_http() => EndpointKind::SharedHttp,
            true => EndpointKind::RandomPort,
        };
        Some(Endpoint { kind, sequence_number: self.endpoint_sequence_number })
    }
}

/// How the gateway's HTTP proxy treats a port. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpOptions {
    /// Bytes of a request's body.
    pub max_body_size: u32,
    /// Bytes; 0 leaves it to the provider.
    pub proxy_buffer_size: u32,
    pub read_timeout: u32,
    pub send_timeout: u32,
    /// Instances that are tried in turn.
    pub next_tries: u32,
    /// In which they are tried; 0 for no limit.
    pub next_timeout: u32,
    /// After which the next instance is tried; `off` for none.
    pub next_cases: Vec<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            max_body_size: 1 << 20,
            proxy_buffer_size: 0,
            read_timeout: 60_000,
            send_timeout: 60_000,
            next_tries: 3,
            next_timeout: 0,
            next_cases: vec!["error".into(), "timeout".into()],
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// Where volumes are mounted, in the order of their names.
    pub storage: Vec<Mount>,
    /// What of its own lease the service may read: `deployment`, `logs`, `events`.
    pub permissions: Vec<String>,
    /// The kind of trusted execution that it needs: `cpu`, `cpu-gpu`.
    pub tee: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mount {
    /// Of the volume in the service's resources.
    pub name: String,
    /// An absolute path; empty where the volume is not mounted.
    pub mount: String,
    pub read_only: bool,
}

/// For a private image registry.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    pub host: String,
    pub username: String,
    pub password: String,
    pub email: String,
}

// A password must not come into a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("host", &self.host)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A batch of deterministic kernel chunks, as the chain has it in the group's spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Job {
    pub kernel: String,
    #[serde(with = "encoding::base64")]
    pub input: Vec<u8>,
    pub samples: u32,
    pub commit_blocks: u32,
}

impl Manifest {
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The one text that is hashed and sent.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        Ok(encoding::sorted(serde_json::to_value(self)?).to_string())
    }
}

/// Reads a manifest. Its hash is to be compared before: see [`hash`].
pub fn parse(json: &[u8]) -> Result<Manifest, ManifestError> {
    if json.len() > MAX_BYTES {
        return Err(ManifestError::TooLarge(json.len()));
    }
    Ok(serde_json::from_slice(json)?)
}

/// What the deployment on the chain holds of a manifest: SHA-256 of the bytes as they are.
pub fn hash(json: &[u8]) -> [u8; 32] {
    Sha256::digest(json).into()
}
