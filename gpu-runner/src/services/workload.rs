//! From a manifest's group to what the runtime is told to run. The group fits the one on the chain already; here its
//! texts are checked, since they become names, paths and environment on the provider's machine.

use std::collections::BTreeSet;

use aliquot_client::manifest::{self, Group, Protocol};
use aliquot_proto::market::v1::LeaseId;

use super::inventory::{Inventory, Taken};
use crate::runtime::{Credentials, Instance, Mount, Port, Service, Workload, podman::full_reference};

/// Containers of one lease.
const MAX_INSTANCES: u64 = 256;
const DOCKER: &str = "docker.io";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrunnable {
    #[error("{0:?} is no name: use small letters, digits and -, at most 63")]
    Name(String),
    #[error("{0:?} is there twice")]
    Twice(String),
    #[error("service {service:?}: image {image:?} is no image reference: write registry/name:tag")]
    Image { service: String, image: String },
    #[error("service {service:?}: {path:?} is no path to mount at: use letters, digits and ._-/ after a leading /")]
    Path { service: String, path: String },
    #[error("service {service:?}: {entry:?} is no environment variable: write NAME=value")]
    Env { service: String, entry: String },
    #[error("service {service:?} mounts volume {volume:?}, which its resources do not have")]
    Volume { service: String, volume: String },
    #[error("the group has {0} instances, at most {MAX_INSTANCES} run here")]
    Instances(u64),
    #[error("services wait for each other: {0}")]
    Circle(String),
    #[error("a text holds a NUL byte")]
    Nul,
}

/// The workload of a lease. `taken` is what its bid reserved.
pub fn plan(
    lease: &LeaseId,
    hash: &[u8; 32],
    group: &Group,
    taken: &Taken,
    inventory: &Inventory,
) -> Result<Workload, Unrunnable> {
    let instances = group.services.iter().map(|s| u64::from(s.count)).sum();
    if instances > MAX_INSTANCES {
        return Err(Unrunnable::Instances(instances));
    }
    let mut gpus = taken.gpus.clone();
    let mut services = Vec::new();
    for service in ordered(&group.services)? {
        services.push(one(service, &mut gpus, inventory)?);
    }
    Ok(Workload { lease: lease.clone(), manifest: hex::encode(hash), services })
}

fn one(
    service: &manifest::Service,
    gpus: &mut [(u32, Vec<usize>)],
    inventory: &Inventory,
) -> Result<Service, Unrunnable> {
    let name = label(&service.name)?;
    let image = full_reference(&service.image)
        .ok_or_else(|| Unrunnable::Image { service: name.clone(), image: service.image.clone() })?;
    let words = service.command.iter().chain(&service.args).chain(&service.env);
    if words.into_iter().any(|word| word.contains('\0')) {
        return Err(Unrunnable::Nul);
    }
    let root = service.resources.storage.iter().find(|s| s.name.is_empty());
    Ok(Service {
        env: service.env.iter().map(|entry| env(&name, entry)).collect::<Result<_, _>>()?,
        mounts: mounts(&name, service)?,
        ports: ports(service),
        credentials: service.credentials.as_ref().map(|c| credentials(c, &image)),
        instances: (0..service.count).map(|_| instance(service, gpus, inventory)).collect(),
        cpu_millis: service.resources.cpu.units,
        memory: service.resources.memory.size,
        disk: root.map_or(0, |root| root.size),
        command: service.command.clone(),
        args: service.args.clone(),
        image,
        name,
    })
}

/// A DNS label: it becomes part of names and host names.
fn label(name: &str) -> Result<String, Unrunnable> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && !name.ends_with('-')
        && name.len() <= 63
        && name.bytes().all(plain);
    if good { Ok(name.into()) } else { Err(Unrunnable::Name(name.into())) }
}

fn env(service: &str, entry: &str) -> Result<(String, String), Unrunnable> {
    let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
    // A star at the end would have podman pass on the runner's own environment.
    let good = !key.is_empty() && !key.contains('*') && !key.contains(char::is_whitespace);
    match good {
        true => Ok((key.into(), value.into())),
        false => Err(Unrunnable::Env { service: service.into(), entry: key.into() }),
    }
}

fn mounts(name: &str, service: &manifest::Service) -> Result<Vec<Mount>, Unrunnable> {
    let mut seen = BTreeSet::new();
    let asked = service.params.iter().flat_map(|params| &params.storage).filter(|m| !m.mount.is_empty());
    let mount = |asked: &manifest::Mount| {
        let of_resources = service.resources.storage.iter().find(|s| s.name == asked.name && !s.name.is_empty());
        let volume =
            of_resources.ok_or_else(|| Unrunnable::Volume { service: name.into(), volume: asked.name.clone() })?;
        let path = asked.mount.as_str();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let inside = path.len() > 1 && path.starts_with('/') && !path.split('/').any(|part| part == "..");
        if !inside || !path.chars().all(plain) {
            return Err(Unrunnable::Path { service: name.into(), path: path.into() });
        }
        if !seen.insert(path.to_string()) {
            return Err(Unrunnable::Twice(path.into()));
        }
        Ok(Mount {
            volume: label(&volume.name)?,
            path: path.into(),
            read_only: asked.read_only,
            bytes: volume.size,
            ram: volume.is_ram(),
        })
    };
    asked.map(mount).collect()
}

/// Ports that the world may reach, each once.
fn ports(service: &manifest::Service) -> Vec<Port> {
    let open = service.expose.iter().filter(|e| e.global).map(|e| (e.port, e.proto == Protocol::Udp));
    open.collect::<BTreeSet<_>>().into_iter().map(|(port, udp)| Port { port, udp }).collect()
}

fn credentials(given: &manifest::Credentials, image: &str) -> Credentials {
    let registry = image.split('/').next().unwrap_or(DOCKER);
    let host = if given.host.is_empty() { registry } else { given.host.as_str() };
    Credentials { host: host.into(), username: given.username.clone(), password: given.password.clone() }
}

/// The next GPUs of the unit, as many as one instance has.
fn instance(service: &manifest::Service, gpus: &mut [(u32, Vec<usize>)], inventory: &Inventory) -> Instance {
    let units = usize::try_from(service.resources.gpu.units).unwrap_or(usize::MAX);
    let unit = gpus.iter_mut().find(|(id, _)| *id == service.resources.id);
    let own: Vec<usize> = match unit {
        Some((_, left)) => left.drain(..units.min(left.len())).collect(),
        None => Vec::new(),
    };
    let devices = own.iter().filter_map(|n| inventory.gpu(*n)).flat_map(|gpu| &gpu.devices).cloned();
    let mut devices: Vec<_> = devices.collect();
    // Control nodes are listed with every GPU.
    devices.sort();
    devices.dedup();
    Instance { devices, gpus: own }
}

/// Each service after those that it depends on.
fn ordered(services: &[manifest::Service]) -> Result<Vec<&manifest::Service>, Unrunnable> {
    let mut names = BTreeSet::new();
    if let Some(twice) = services.iter().find(|s| !names.insert(s.name.as_str())) {
        return Err(Unrunnable::Twice(twice.name.clone()));
    }
    let mut left: Vec<_> = services.iter().collect();
    let mut done: Vec<&manifest::Service> = Vec::new();
    while !left.is_empty() {
        let ready = |s: &&manifest::Service| {
            // A dependency in another group is not for this provider to wait for.
            s.dependencies.iter().all(|d| !names.contains(d.as_str()) || done.iter().any(|other| other.name == *d))
        };
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(ready);
        if now.is_empty() {
            let stuck: Vec<_> = later.iter().map(|s| s.name.as_str()).collect();
            return Err(Unrunnable::Circle(stuck.join(", ")));
        }
        done.extend(now);
        left = later;
    }
    Ok(done)
}
