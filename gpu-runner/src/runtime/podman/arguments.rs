//! The words that make a container. What tenants chose never stands where podman would read an option.

use aliquot_proto::market::v1::LeaseId;
use sha2::{Digest, Sha256};

use super::{GPUS, INSTANCE, LEASE, MANIFEST, Network, PROVIDER, PodmanConfig, SERVICE};
use crate::{
    runtime::{Instance, Mount, Service, Workload},
    store::lease_name,
};

/// Bytes of a container's log that are kept.
const LOG: &str = "--log-opt=max-size=16m";
const SHARED_MEMORY: &str = "/dev/shm";

/// What the names of all that belongs to a lease begin with; its network is named so.
pub(super) fn prefix(lease: &LeaseId) -> String {
    let hash = Sha256::digest(lease_name(lease));
    format!("aliquot-{}", hex::encode(hash.get(..8).unwrap_or_default()))
}

pub(super) fn container(lease: &LeaseId, service: &str, instance: usize) -> String {
    format!("{}-{service}-{instance}", prefix(lease))
}

pub(super) fn volume(lease: &LeaseId, service: &str, instance: usize, mount: &Mount) -> String {
    format!("{}-{}", container(lease, service, instance), mount.volume)
}

/// The names of a workload's containers.
pub fn names(workload: &Workload) -> Vec<String> {
    let of = |service: &Service| {
        let name = service.name.clone();
        (0..service.instances.len()).map(move |index| container(&workload.lease, &name, index))
    };
    workload.services.iter().flat_map(of).collect()
}

/// Labels by which all that belongs to a lease is found.
pub(super) fn labels(lease: &LeaseId) -> Vec<String> {
    vec![format!("--label={LEASE}={}", lease_name(lease)), format!("--label={PROVIDER}={}", lease.provider)]
}

/// `podman create` for one instance; `image` is its full reference.
pub fn create(
    config: &PodmanConfig,
    workload: &Workload,
    service: &Service,
    index: usize,
    instance: &Instance,
    image: &str,
) -> Vec<String> {
    let lease = &workload.lease;
    let gpus: Vec<_> = instance.gpus.iter().map(ToString::to_string).collect();
    let mut words = vec![
        "create".into(),
        "--pull=never".into(),
        format!("--name={}", container(lease, &service.name, index)),
        format!("--hostname={}-{index}", service.name),
        format!("--label={MANIFEST}={}", workload.manifest),
        format!("--label={SERVICE}={}", service.name),
        format!("--label={INSTANCE}={index}"),
        format!("--label={GPUS}={}", gpus.join(",")),
        "--log-driver=k8s-file".into(),
        LOG.into(),
    ];
    words.extend(labels(lease));
    words.extend(limits(config, service));
    words.extend(network(config, lease, service));
    words.extend(service.mounts.iter().map(|m| mount(lease, &service.name, index, m)));
    words.extend(instance.devices.iter().map(|device| format!("--device={device}")));
    words.extend(service.env.iter().map(|(key, value)| format!("--env={key}={value}")));
    words.extend(config.flags.iter().cloned());
    // An entry point of one word is a path; several are given as JSON.
    if !service.command.is_empty() {
        words.push(format!("--entrypoint={}", serde_json::Value::from(service.command.clone())));
    }
    words.push("--".into());
    words.push(image.into());
    words.extend(service.args.iter().cloned());
    words
}

fn limits(config: &PodmanConfig, service: &Service) -> Vec<String> {
    let mut words = vec![
        format!("--cpus={}.{:03}", service.cpu_millis / 1000, service.cpu_millis % 1000),
        format!("--memory={}", service.memory),
        // No swap beyond the memory: what a tenant did not pay for is not there.
        format!("--memory-swap={}", service.memory),
        format!("--pids-limit={}", config.pids),
    ];
    words.extend(config.ulimits.iter().map(|limit| format!("--ulimit={limit}")));
    if config.read_only {
        words.push("--read-only".into());
    }
    if config.disk_quota {
        words.push(format!("--storage-opt=size={}", service.disk));
    }
    words
}

fn network(config: &PodmanConfig, lease: &LeaseId, service: &Service) -> Vec<String> {
    if config.network == Network::None {
        return vec!["--network=none".into()];
    }
    let mut words = vec![format!("--network={}", prefix(lease)), format!("--network-alias={}", service.name)];
    let address = match config.publish.contains(':') {
        true => format!("[{}]", config.publish),
        false => config.publish.clone(),
    };
    let protocol = |udp| if udp { "udp" } else { "tcp" };
    words.extend(service.ports.iter().map(|p| format!("--publish={address}::{}/{}", p.port, protocol(p.udp))));
    words
}

fn mount(lease: &LeaseId, service: &str, index: usize, mount: &Mount) -> String {
    let access = if mount.read_only { "ro" } else { "rw" };
    match mount.ram {
        true if mount.path == SHARED_MEMORY => format!("--shm-size={}", mount.bytes),
        true => format!("--tmpfs={}:{access},mode=1777,size={}", mount.path, mount.bytes),
        false => format!("--volume={}:{}:{access}", volume(lease, service, index, mount), mount.path),
    }
}
