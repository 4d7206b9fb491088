//! SDL: what a tenant wants, as YAML. Akash's versions 2.0 and 2.1, with our keys for jobs, awards and funds.
//!
//! ```yaml
//! version: "2.1"
//! grace: 20m                     # optional: how long it may stay paused without funds
//! low_funds: 1h                  # optional: funds left at which an event warns
//! reclamation: { min_window: 6h }  # optional: the shortest notice of a provider's leaving
//! services:
//!   web:                         # a container, leased until it is closed
//!     image: nginx:1.27
//!     expose: [{ port: 80, to: [{ global: true }] }]
//!   render:                      # a job
//!     kernel: RENDER_Q16         # instead of image:
//!     input: first-light.scene   # a file, relative to this one
//!     proof: { samples: 16 }     # optional: chunks that are checked, 8 to 128
//!     commit: 5m                 # optional: time from the lease to the latest commit
//! profiles:
//!   compute:
//!     small: { resources: { cpu: { units: 500m }, memory: { size: 512Mi }, storage: { size: 1Gi } } }
//!   placement:
//!     eu:
//!       attributes: { region: eu-central }   # optional: what a provider must have
//!       award: lowest            # optional: manual, lowest or score
//!       bid_window: 1m           # optional: how long bids are collected
//!       pricing:
//!         small: { denom: ualq, amount: 0.25 }    # the most per block, for one instance
//!     anywhere:
//!       pricing:
//!         render: { denom: ualq, amount: 2000000 }   # the most that the whole job may cost
//! deployment:
//!   web:
//!     eu: { profile: small, count: 2 }
//!   render:
//!     anywhere: { count: 1 }     # optional profile: the name under pricing, else the service's
//! ```
//!
//! Each placement becomes a group with either services or one job. Nothing is passed over in silence: an unknown key,
//! or one that cannot be honoured, is refused with its place. Where 2.0 and 2.1 differ: resource units (see
//! `deployment`), the email of credentials and the spaces around them (2.1 carries the one and drops the others), and
//! whether one mounted volume stands for all that persist (2.0) or each must be mounted (2.1).

mod compute;
mod deployment;
mod document;
mod expose;
mod gpu;
mod job;
mod lease;
mod limits;
mod names;
mod node;
mod placement;
mod pricing;
mod quantity;
mod services;

use std::{
    fs,
    path::{Path, PathBuf},
};

use aliquot_proto::deployment::v1::GroupSpec;

use crate::manifest::{self, Manifest, ManifestError};
use deployment::Parts;
use document::{Document, Fields, Unsupported};
pub use quantity::duration_ms;
use services::{Kind, Services};

/// What is wrong with an SDL file, and where. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
pub enum SdlError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax { path: PathBuf, line: u64, column: u64, message: String },
    /// `key` is the way to the value from the top, as `services.render.kernel`.
    #[error("{}:{line}:{column}: {key}: {message}", path.display())]
    Invalid { path: PathBuf, line: u64, column: u64, key: String, message: String },
    #[error("the chain's block time is given as 0 ms, so durations cannot be turned into blocks")]
    NoBlockTime,
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// An SDL file as the chain and the providers take it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// What the chain is told to open orders for.
    pub groups: Vec<GroupSpec>,
    /// What the providers that win are told to run; its groups are those above.
    pub manifest: Manifest,
    /// The manifest as it is sent.
    pub json: String,
    /// SHA-256 of `json`, which the chain keeps.
    pub hash: [u8; 32],
    /// `None` takes the chain's default.
    pub grace_blocks: Option<u32>,
    /// 0 for no warning.
    pub low_funds_blocks: u32,
}

type Result<T> = std::result::Result<T, SdlError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V2_0,
    V2_1,
}

const FROM_THE_KERNEL: &str = "what a job needs follows from its kernel; compute profiles are for services with an image:, of which this file has none";
const NO_SERVICES: &str = "concerns services with an image:, of which this file has none";

/// Reads an SDL file and the inputs that it names. `block_ms` is the chain's block time, of the deployment params.
pub fn load(path: impl AsRef<Path>, block_ms: u32) -> Result<Deployment> {
    let path = path.as_ref();
    let text = fs::read_to_string(path).map_err(|source| SdlError::Read { path: path.into(), source })?;
    parse(&text, path, block_ms)
}

/// As [`load`], with the text at hand: `path` is where inputs are looked for beside, and what errors name.
pub fn parse(text: &str, path: &Path, block_ms: u32) -> Result<Deployment> {
    let document = Document::parse(text, path)?;
    let top = document.root().fields(
        &["version", "services", "profiles", "deployment", "endpoints", "include", "reclamation", "grace", "low_funds"],
        &[],
    )?;
    let at = top.required("version")?;
    let version = match at.text()? {
        "2.0" => Version::V2_0,
        "2.1" => Version::V2_1,
        _ => return Err(at.error("is neither \"2.0\" nor \"2.1\"")),
    };
    includes_nothing(&top)?;
    let endpoints = top.given("endpoints");
    let services = services::services(&top.required("services")?, endpoints.as_ref(), version, path, block_ms)?;
    let duration = |key: &str| top.given(key).map(|at| quantity::blocks(&at, block_ms)).transpose();
    let (grace_blocks, low_funds_blocks) = (duration("grace")?, duration("low_funds")?.unwrap_or(0));
    let reclamation_blocks = reclamation(&top, block_ms)?;
    let profiles = profiles(&top, &services)?;
    let compute = profiles.given("compute").map(|at| compute::profiles(&at)).transpose()?.unwrap_or_default();
    let placements = placement::placements(&profiles.required("placement")?, block_ms)?;
    let parts = Parts { version, services, profiles: compute, placements, reclamation_blocks };
    let groups = deployment::groups(&top.required("deployment")?, &parts)?;
    let (groups, of_manifest) = groups.into_iter().unzip();
    let manifest = Manifest { groups: of_manifest };
    let json = manifest.to_json()?;
    if json.len() > manifest::MAX_BYTES {
        return Err(ManifestError::TooLarge(json.len()).into());
    }
    let hash = manifest::hash(json.as_bytes());
    Ok(Deployment { groups, manifest, json, hash, grace_blocks, low_funds_blocks })
}

/// Akash reads the key and does nothing with it: what a file means would then not be what it says.
fn includes_nothing(top: &Fields) -> Result<()> {
    match top.given("include") {
        Some(at) if !at.items()?.is_empty() => Err(at.error("other files are not read: put everything into this one")),
        _ => Ok(()),
    }
}

fn reclamation(top: &Fields, block_ms: u32) -> Result<u32> {
    let Some(at) = top.given("reclamation") else { return Ok(0) };
    quantity::blocks(&at.fields(&["min_window"], &[])?.required("min_window")?, block_ms)
}

/// The profiles, where what only services have is refused for a file without any.
fn profiles<'a>(top: &Fields<'a>, services: &Services) -> Result<Fields<'a>> {
    let at = top.required("profiles")?;
    if services.values().any(|declared| matches!(declared.kind, Kind::Container(_))) {
        return at.fields(&["compute", "placement"], &[]);
    }
    match ["reclamation", "grace", "low_funds"].iter().find_map(|key| top.given(key)) {
        Some(other) => Err(other.error(NO_SERVICES)),
        None => at.fields(&["placement"], &[Unsupported("compute", FROM_THE_KERNEL)]),
    }
}
