//! `deployment:`: where each service runs, from which the groups follow.
//!
//! A placement with something deployed to it becomes a group; groups stand in the order of their names, services in
//! the order of theirs. In 2.0 each service is a resource unit of its own; in 2.1 the services with the same compute
//! profile are one, with the sum of their instances and endpoints.

use std::collections::BTreeMap;

use aliquot_proto::deployment::v1::{GroupSpec, JobSpec, PlacementRequirements};

use super::{
    Result, Version,
    compute::Profiles,
    document::Cursor,
    lease::{self, Instance},
    limits,
    placement::{Placement, Placements},
    services::{Container, Declared, Kind, Services},
};
use crate::manifest::{Group, Job};

/// What the rest of the file says.
pub struct Parts<'a> {
    pub version: Version,
    pub services: Services<'a>,
    pub profiles: Profiles<'a>,
    pub placements: Placements<'a>,
    /// Of groups of services.
    pub reclamation_blocks: u32,
}

/// A service in a placement.
struct Deployed<'a> {
    service: &'a str,
    declared: &'a Declared<'a>,
    at: Cursor<'a>,
}

/// The groups, as the chain and as providers see them.
pub fn groups<'a>(deployment: &Cursor<'a>, parts: &'a Parts<'a>) -> Result<Vec<(GroupSpec, Group)>> {
    let mut places: BTreeMap<&str, (&Placement, Vec<Deployed>)> = BTreeMap::new();
    for (service, entries) in deployment.entries()? {
        let Some(declared) = parts.services.get(service) else {
            return Err(entries.error(&format!("there is no service {service:?} under services")));
        };
        for (place, at) in entries.entries()? {
            let Some(placement) = parts.placements.get(place) else {
                return Err(at.error(&format!("there is no placement {place:?} under profiles.placement")));
            };
            let (_, deployed) = places.entry(place).or_insert((placement, Vec::new()));
            deployed.push(Deployed { service, declared, at });
        }
    }
    if places.is_empty() {
        return Err(deployment.error("deploys nothing"));
    }
    for (name, declared) in &parts.services {
        if !places.values().flat_map(|(_, deployed)| deployed).any(|deployed| deployed.service == *name) {
            return Err(declared.at.error("is not deployed anywhere: name it under deployment, or take it out"));
        }
    }
    places.into_iter().map(|(place, (placement, deployed))| parts.group(place, placement, deployed)).collect()
}

impl<'a> Parts<'a> {
    fn group(&self, place: &str, placement: &Placement, mut deployed: Vec<Deployed>) -> Result<(GroupSpec, Group)> {
        let job = deployed.iter().find_map(|deployed| match &deployed.declared.kind {
            Kind::Job(job) => Some((deployed, job)),
            Kind::Container(_) => None,
        });
        if let Some((only, job)) = job {
            return match deployed.as_slice() {
                [_, second, ..] => Err(second.at.error(&too_much(place, only.service, &deployed))),
                _ => job_group(place, placement, only, job),
            };
        }
        deployed.sort_by_key(|deployed| deployed.service);
        let instances = deployed.iter().filter_map(|deployed| match &deployed.declared.kind {
            Kind::Container(container) => Some(self.instance(deployed, container)),
            Kind::Job(_) => None,
        });
        let instances = instances.collect::<Result<Vec<_>>>()?;
        lease::group(place, placement, &instances, self.version, self.reclamation_blocks)
    }

    fn instance<'s>(&'s self, deployed: &Deployed<'s>, container: &'s Container<'s>) -> Result<Instance<'s>> {
        let fields = deployed.at.fields(&["profile", "count"], &[])?;
        let profile = fields.required("profile")?;
        let name = profile.text()?;
        let Some(resources) = self.profiles.get(name) else {
            return Err(profile.error(&format!("there is no compute profile {name:?} under profiles.compute")));
        };
        let count = fields.required("count")?.number(1, limits::COUNT)?;
        let (declared, at) = (deployed.declared.at.clone(), deployed.at.clone());
        Ok(Instance { container, declared, at, profile: name, resources, count })
    }
}

/// Why a placement with a job takes nothing beside it.
fn too_much(place: &str, job: &str, deployed: &[Deployed]) -> String {
    match deployed.iter().all(|deployed| matches!(deployed.declared.kind, Kind::Job(_))) {
        true => format!("placement {place:?} has the job {job:?} already: a placement takes one job"),
        false => format!(
            "placement {place:?} has both services and the job {job:?}: a placement takes either services or one job"
        ),
    }
}

fn job_group(place: &str, placement: &Placement, deployed: &Deployed, job: &JobSpec) -> Result<(GroupSpec, Group)> {
    let fields = deployed.at.fields(&["profile", "count"], &[])?;
    if let Some(count) = fields.optional("count")
        && count.text()? != "1"
    {
        return Err(count.error("must be 1: a job runs once"));
    }
    let profile = fields.optional("profile").map(|p| p.text()).transpose()?.unwrap_or(deployed.service);
    let max_price = Some(placement.price(profile)?.coin()?);
    let spec = GroupSpec { job: Some(job.clone()), max_price, ..spec(place, placement) };
    let JobSpec { kernel, input, samples, commit_blocks } = job.clone();
    let job = Some(Job { kernel, input, samples, commit_blocks });
    Ok((spec, Group { name: place.into(), services: Vec::new(), job }))
}

/// What a placement says of its group, whatever runs there.
pub fn spec(place: &str, placement: &Placement) -> GroupSpec {
    let (attributes, signed_by) = (placement.attributes.clone(), placement.signed_by.clone());
    GroupSpec {
        name: place.into(),
        requirements: Some(PlacementRequirements { attributes, signed_by }),
        award: placement.award.into(),
        bid_window_blocks: placement.bid_window_blocks,
        ..GroupSpec::default()
    }
}
