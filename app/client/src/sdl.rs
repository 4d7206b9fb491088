//! SDL: what a tenant wants, as YAML. Akash's versions 2.0 and 2.1 with our keys for jobs.
//!
//! ```yaml
//! version: "2.1"
//! services:
//!   render:                      # one job
//!     kernel: RENDER_Q16         # instead of image:
//!     input: first-light.scene   # a file, relative to this one
//!     proof: { samples: 16 }     # optional: chunks that are checked, 8 to 128
//!     commit: 5m                 # optional: time from the lease to the latest commit
//! profiles:
//!   placement:
//!     anywhere:
//!       attributes: { region: eu-central }   # optional: what a provider must have
//!       pricing:
//!         render: { denom: ualq, amount: 2000000 }   # the most that the whole job may cost
//! deployment:
//!   render:
//!     anywhere: { count: 1 }     # optional profile: the name under pricing, else the service's
//! ```
//!
//! Each placement that a service is deployed to becomes a group with one job; groups stand in the order of their
//! names. Nothing is passed over in silence: an unknown key, or one of Akash's that this version cannot honour, is
//! refused with its place. Services with an `image:` are refused until service leases exist.

mod document;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use aliquot_proto::{
    cosmos::base::v1beta1::Coin,
    deployment::v1::{GroupSpec, JobSpec, PlacementRequirements},
    json,
    provider::v1::Attribute,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use document::{Cursor, Document, Unsupported};

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
    #[error("the groups have no JSON form: {0}")]
    Json(#[from] json::Error),
}

/// An SDL file as a deployment takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub groups: Vec<GroupSpec>,
    /// SHA-256 of [`Manifest::json`].
    pub hash: [u8; 32],
    /// The groups as JSON with sorted keys and no spaces.
    pub json: String,
}

type Result<T> = std::result::Result<T, SdlError>;

// Keys of Akash's SDL that say something about a container that runs, which a job is not.
const OF_A_SERVICE: &[&str] = &["command", "args", "env", "expose", "dependencies", "params", "credentials"];
const NO_SERVICES: &str = "service leases are not supported yet by this version";
const FROM_THE_KERNEL: &str = "what a job needs follows from its kernel; compute profiles belong to service leases, which are not supported yet by this version";

/// Reads an SDL file and the inputs that it names. `block_ms` is the chain's block time, of the deployment params.
pub fn load(path: impl AsRef<Path>, block_ms: u32) -> Result<Manifest> {
    let path = path.as_ref();
    let text = fs::read_to_string(path).map_err(|source| SdlError::Read { path: path.into(), source })?;
    parse(&text, path, block_ms)
}

/// As [`load`], with the text at hand: `path` is where inputs are looked for beside, and what errors name.
pub fn parse(text: &str, path: &Path, block_ms: u32) -> Result<Manifest> {
    let document = Document::parse(text, path)?;
    let top = document.root().fields(
        &["version", "services", "profiles", "deployment"],
        &[
            Unsupported("endpoints", NO_SERVICES),
            Unsupported("include", "including files is not supported by this version"),
            Unsupported("reclamation", NO_SERVICES),
        ],
    )?;
    let version = top.required("version")?;
    if !matches!(version.text()?, "2.0" | "2.1") {
        return Err(version.error("is neither \"2.0\" nor \"2.1\""));
    }
    let services = jobs(&top.required("services")?, path, block_ms)?;
    let profiles = top.required("profiles")?.fields(&["placement"], &[Unsupported("compute", FROM_THE_KERNEL)])?;
    let placements: BTreeMap<&str, Cursor> = profiles.required("placement")?.entries()?.into_iter().collect();
    let groups = groups(&top.required("deployment")?, &services, &placements)?;
    for (name, (at, _)) in &services {
        if !top.required("deployment")?.entries()?.iter().any(|(service, _)| service == name) {
            return Err(at.error("is not deployed anywhere: name it under deployment, or take it out"));
        }
    }
    manifest(groups)
}

type Jobs<'a> = BTreeMap<&'a str, (Cursor<'a>, JobSpec)>;

fn jobs<'a>(services: &Cursor<'a>, path: &Path, block_ms: u32) -> Result<Jobs<'a>> {
    let mut jobs = BTreeMap::new();
    for (name, service) in services.entries()? {
        let mut unsupported = vec![Unsupported(
            "image",
            "service leases are not supported yet by this version: a job names a kernel: instead",
        )];
        unsupported.extend(OF_A_SERVICE.iter().map(|key| Unsupported(key, NO_SERVICES)));
        let fields = service.fields(&["kernel", "input", "proof", "commit"], &unsupported)?;
        let kernel = fields.required("kernel")?;
        let name_of_kernel = kernel.text()?;
        let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name_of_kernel.is_empty() || !name_of_kernel.chars().all(letters) {
            return Err(kernel.error("is not the name of a kernel: these are in capitals, as RENDER_Q16"));
        }
        let samples = match fields.optional("proof") {
            None => 0,
            Some(proof) => match proof.fields(&["samples"], &[])?.optional("samples") {
                None => 0,
                Some(samples) => samples.number(8, 128)?,
            },
        };
        let commit_blocks = fields.optional("commit").map(|c| commit_blocks(&c, block_ms)).transpose()?.unwrap_or(0);
        let input = input(&fields.required("input")?, path)?;
        let job = JobSpec { kernel: name_of_kernel.into(), input, samples, commit_blocks };
        jobs.insert(name, (service, job));
    }
    Ok(jobs)
}

fn input(input: &Cursor, sdl: &Path) -> Result<Vec<u8>> {
    let file = sdl.parent().unwrap_or(Path::new("")).join(input.text()?);
    let bytes = fs::read(&file).map_err(|e| input.error(&format!("{}: {e}", file.display())))?;
    if bytes.is_empty() {
        return Err(input.error(&format!("{} is empty", file.display())));
    }
    Ok(bytes)
}

fn commit_blocks(commit: &Cursor, block_ms: u32) -> Result<u32> {
    if block_ms == 0 {
        return Err(SdlError::NoBlockTime);
    }
    let blocks = duration_ms(commit.text()?).map(|ms| ms.div_ceil(u64::from(block_ms)));
    blocks
        .and_then(|blocks| u32::try_from(blocks).ok())
        .ok_or_else(|| commit.error("is not a duration: write a number above 0 and ms, s, m, h or d, as 5m"))
}

/// Milliseconds of `500ms`, `30s`, `5m`, `6h` or `2d`; `None` for anything else, for 0, and beyond 64 bits.
pub fn duration_ms(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok().filter(|n| *n > 0)?.checked_mul(unit_ms)
}

fn groups(deployment: &Cursor, services: &Jobs, placements: &BTreeMap<&str, Cursor>) -> Result<Vec<GroupSpec>> {
    let mut groups: BTreeMap<&str, (GroupSpec, &str)> = BTreeMap::new();
    for (service, places) in deployment.entries()? {
        let Some((_, job)) = services.get(service) else {
            return Err(places.error(&format!("there is no service {service:?} under services")));
        };
        for (place, entry) in places.entries()? {
            let Some(placement) = placements.get(place) else {
                return Err(entry.error(&format!("there is no placement {place:?} under profiles.placement")));
            };
            let fields = entry.fields(&["profile", "count"], &[])?;
            if let Some(count) = fields.optional("count")
                && count.text()? != "1"
            {
                return Err(count.error("must be 1: a job runs once"));
            }
            let profile = fields.optional("profile").map(|p| p.text()).transpose()?.unwrap_or(service);
            let (attributes, max_price) = terms(placement, profile)?;
            let spec = GroupSpec {
                name: place.into(),
                requirements: Some(PlacementRequirements { attributes }),
                job: Some(job.clone()),
                max_price: Some(max_price),
            };
            if let Some((_, other)) = groups.insert(place, (spec, service)) {
                let message = format!("placement {place:?} has the job {other:?} already: a placement takes one job");
                return Err(entry.error(&message));
            }
        }
    }
    match groups.is_empty() {
        true => Err(deployment.error("deploys nothing")),
        false => Ok(groups.into_values().map(|(spec, _)| spec).collect()),
    }
}

/// What a placement asks of providers, and the most that it pays under `profile`.
fn terms(placement: &Cursor, profile: &str) -> Result<(Vec<Attribute>, Coin)> {
    let fields = placement.fields(
        &["attributes", "pricing"],
        &[Unsupported("signedBy", "audited attributes are not supported yet by this version")],
    )?;
    let mut attributes = Vec::new();
    if let Some(at) = fields.optional("attributes") {
        for (key, value) in at.entries()? {
            attributes.push(Attribute { key: key.into(), value: value.text()?.into() });
        }
    }
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    let pricing = fields.required("pricing")?;
    let Some((_, price)) = pricing.entries()?.into_iter().find(|(name, _)| *name == profile) else {
        return Err(pricing.error(&format!("there is no price for {profile:?}")));
    };
    let fields = price.fields(&["denom", "amount"], &[])?;
    let denom = fields.required("denom")?;
    let letters = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
    let name = denom.text()?;
    if !(3..=128).contains(&name.len())
        || !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || !name.chars().all(letters)
    {
        return Err(denom.error("is not a denom, as ualq"));
    }
    let amount: u128 = fields.required("amount")?.number(1, u128::MAX)?;
    Ok((attributes, Coin { denom: name.into(), amount: amount.to_string() }))
}

fn manifest(groups: Vec<GroupSpec>) -> Result<Manifest> {
    let values = groups.iter().map(json::to_json).collect::<std::result::Result<Vec<_>, _>>()?;
    let json = sorted(Value::Array(values)).to_string();
    Ok(Manifest { groups, hash: Sha256::digest(&json).into(), json })
}

/// The same JSON with the keys of every object in order, whatever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(fields) => {
            let ordered: BTreeMap<String, Value> = fields.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        other => other,
    }
}
