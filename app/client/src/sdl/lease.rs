//! A group of services: resource units for the chain, containers for the provider.

use std::collections::BTreeMap;

use aliquot_proto::{
    deployment::v1::{GroupSpec, ResourceUnit, ServiceSpec},
    provider::v1::Attribute,
};

use super::{Result, Version, deployment, document::Cursor, limits, placement::Placement, services::Container};
use crate::manifest::{Endpoint, Group, Mount, Resources, Service, Storage};

/// The placement attribute that a service with `tee:` asks for.
const TEE: &str = "tee/type";

/// A service with the compute profile that it is deployed with.
pub struct Instance<'a> {
    pub container: &'a Container<'a>,
    /// Where the service is declared, and where it is deployed.
    pub declared: Cursor<'a>,
    pub at: Cursor<'a>,
    pub profile: &'a str,
    pub resources: &'a Resources,
    pub count: u32,
}

/// `instances` stand in the order of their services' names.
pub fn group(
    place: &str,
    placement: &Placement,
    instances: &[Instance],
    version: Version,
    reclamation_blocks: u32,
) -> Result<(GroupSpec, Group)> {
    let mut spec = GroupSpec { reclamation_blocks, ..deployment::spec(place, placement) };
    if let Some(kind) = tee(instances, &placement.attributes)?
        && let Some(requirements) = &mut spec.requirements
    {
        requirements.attributes.retain(|a| a.key != TEE);
        requirements.attributes.push(Attribute { key: TEE.into(), value: kind.into() });
        requirements.attributes.sort_by(|a, b| a.key.cmp(&b.key));
    }
    hosts_are_apart(instances)?;
    one_denom(placement, instances)?;
    let mut units: Vec<(&str, ResourceUnit, Vec<Endpoint>)> = Vec::new();
    let mut services = Vec::new();
    for instance in instances {
        instance.check_volumes(version)?;
        let known = units.iter().position(|(profile, ..)| version == Version::V2_1 && *profile == instance.profile);
        let at = known.unwrap_or(units.len());
        if known.is_none() {
            let resources = Some(instance.resources.to_proto());
            let price = Some(placement.price(instance.profile)?.rate());
            let id = units.len() as u32 + 1;
            units.push((instance.profile, ResourceUnit { id, resources, count: 0, price }, Vec::new()));
        }
        let (_, unit, endpoints) = &mut units[at];
        let service = instance.service(unit.id);
        endpoints.extend(&service.resources.endpoints);
        unit.count += instance.count;
        services.push(service);
        if unit.count > limits::COUNT || endpoints.len() > limits::ENDPOINTS || at >= limits::UNITS {
            let (units, count, ends) = (limits::UNITS, limits::COUNT, limits::ENDPOINTS);
            let message = format!(
                "is too much for one group, which has {units} resource units, each of {count} instances and {ends} endpoints"
            );
            return Err(instance.at.error(&message));
        }
    }
    let with_endpoints = |(_, mut unit, endpoints): (_, ResourceUnit, Vec<Endpoint>)| {
        if let Some(resources) = &mut unit.resources {
            resources.endpoints = Endpoint::summed(endpoints).iter().map(Endpoint::to_proto).collect();
        }
        unit
    };
    spec.service = Some(ServiceSpec { resources: units.into_iter().map(with_endpoints).collect() });
    Ok((spec, Group { name: place.into(), services, job: None }))
}

/// A lease has one denom.
fn one_denom(placement: &Placement, instances: &[Instance]) -> Result<()> {
    let mut first: Option<&str> = None;
    for instance in instances {
        let denom = placement.price(instance.profile)?.denom();
        if *first.get_or_insert(denom) != denom {
            let message = format!("is priced in {denom}, others of the placement are not: one denom for a placement");
            return Err(instance.at.error(&message));
        }
    }
    Ok(())
}

/// The kind of trusted execution that the group needs: a provider offers a lease one kind.
fn tee<'a>(instances: &[Instance<'a>], attributes: &[Attribute]) -> Result<Option<&'a str>> {
    let mut found: Option<&str> = attributes.iter().find(|a| a.key == TEE).map(|a| a.value.as_str());
    let mut kind = None;
    for instance in instances {
        let Some(at) = &instance.container.tee else { continue };
        let wanted = at.text()?;
        if let Some(other) = found.filter(|other| *other != wanted) {
            return Err(at.error(&format!("the placement needs {other:?} already: one kind for a placement")));
        }
        if wanted == "cpu-gpu" && instance.resources.gpu.units == 0 {
            return Err(at.error(&format!("compute profile {:?} has no GPU to trust", instance.profile)));
        }
        found = Some(wanted);
        kind = Some(wanted);
    }
    Ok(kind)
}

/// A host name leads to one port of one service.
fn hosts_are_apart(instances: &[Instance]) -> Result<()> {
    let mut seen: BTreeMap<&str, (&str, u16, u16)> = BTreeMap::new();
    for instance in instances {
        let service = &instance.container.service;
        for port in &service.expose {
            // One port opened to several callers says its hosts several times.
            let place = (service.name.as_str(), port.port, port.external_port);
            for host in &port.hosts {
                let first = *seen.entry(host).or_insert(place);
                if first != place {
                    let message = format!("the host {host} leads to port {} of service {:?} already", first.1, first.0);
                    return Err(instance.declared.error(&message));
                }
            }
        }
    }
    Ok(())
}

impl Instance<'_> {
    fn service(&self, id: u32) -> Service {
        let mut service = self.container.service.clone();
        service.count = self.count;
        service.resources = Resources { id, endpoints: service.endpoints(), ..self.resources.clone() };
        service
    }

    fn check_volumes(&self, version: Version) -> Result<()> {
        let mounts: &[Mount] = self.container.service.params.as_ref().map_or(&[], |params| &params.storage);
        for (mount, at) in mounts.iter().zip(&self.container.mounts) {
            let found = |volume: &&Storage| volume.name == mount.name && !mount.name.is_empty();
            let Some(volume) = self.resources.storage.iter().find(found) else {
                let message = format!("compute profile {:?} has no volume {:?}", self.profile, mount.name);
                return Err(at.error(&message));
            };
            if volume.is_ram() && mount.read_only {
                return Err(at.error("a volume in ram begins empty: it cannot be read only"));
            }
            if version == Version::V2_1 && volume.is_persistent() && mount.mount.is_empty() {
                return Err(at.error("a persistent volume needs a mount, as mount: /data"));
            }
        }
        // 2.0 asks for one mount, whichever, where anything persists; 2.1 for each.
        let any = mounts.iter().any(|mount| !mount.mount.is_empty());
        let mounted = |volume: &Storage| match version {
            Version::V2_0 => any,
            Version::V2_1 => mounts.iter().any(|mount| mount.name == volume.name),
        };
        match self.resources.storage.iter().find(|volume| volume.is_persistent() && !mounted(volume)) {
            Some(volume) => Err(self.declared.error(&format!(
                "volume {:?} of compute profile {:?} is persistent: say under params.storage where it is mounted",
                volume.name, self.profile
            ))),
            None => Ok(()),
        }
    }
}
