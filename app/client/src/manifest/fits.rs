//! Whether a manifest's group is the one that was bid for: a provider asks this before it runs anything.

use aliquot_proto::deployment::v1 as pb;

use super::{Endpoint, Group, Job, Service};

/// How a group of a manifest differs from the group on the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("the group on the chain is named {chain:?}, that of the manifest {manifest:?}")]
    Name { chain: String, manifest: String },
    #[error("the group on the chain and that of the manifest are not the same job")]
    Job,
    #[error("service {service:?} takes resource unit {id}, which the group on the chain does not have")]
    NoUnit { service: String, id: u32 },
    #[error("service {service:?} takes other resources than unit {id} of the group on the chain")]
    Resources { service: String, id: u32 },
    #[error("the services of resource unit {id} have {manifest} instances, the group on the chain has {chain}")]
    Count { id: u32, chain: u32, manifest: u64 },
    #[error("the services of resource unit {id} open other endpoints than the group on the chain has")]
    Endpoints { id: u32 },
}

impl Group {
    /// Whether it takes what the group on the chain says, no more and no less.
    pub fn fits(&self, spec: &pb::GroupSpec) -> Result<(), Misfit> {
        if self.name != spec.name {
            return Err(Misfit::Name { chain: spec.name.clone(), manifest: self.name.clone() });
        }
        let same_job = match (&self.job, &spec.job) {
            (None, None) => true,
            (Some(job), Some(chain)) => self.services.is_empty() && job.is(chain),
            _ => false,
        };
        if !same_job {
            return Err(Misfit::Job);
        }
        let units: &[pb::ResourceUnit] = spec.service.as_ref().map_or(&[], |service| &service.resources);
        if let Some(service) = self.services.iter().find(|s| units.iter().all(|unit| unit.id != s.resources.id)) {
            return Err(Misfit::NoUnit { service: service.name.clone(), id: service.resources.id });
        }
        units.iter().try_for_each(|unit| self.fits_unit(unit))
    }

    fn fits_unit(&self, unit: &pb::ResourceUnit) -> Result<(), Misfit> {
        let id = unit.id;
        let of_unit = || self.services.iter().filter(move |service| service.resources.id == id);
        let chain = without_endpoints(unit.resources.clone().unwrap_or_default());
        if let Some(other) = of_unit().find(|s| without_endpoints(s.resources.to_proto()) != chain) {
            return Err(Misfit::Resources { service: other.name.clone(), id });
        }
        let instances = of_unit().map(|service| u64::from(service.count)).sum::<u64>();
        if instances != u64::from(unit.count) {
            return Err(Misfit::Count { id, chain: unit.count, manifest: instances });
        }
        let mut found: Vec<_> =
            Endpoint::summed(of_unit().flat_map(Service::endpoints)).iter().map(Endpoint::to_proto).collect();
        let mut wanted = unit.resources.clone().unwrap_or_default().endpoints;
        let order = |e: &pb::Endpoint| (e.kind, e.sequence_number);
        found.sort_by_key(order);
        wanted.sort_by_key(order);
        match found == wanted {
            true => Ok(()),
            false => Err(Misfit::Endpoints { id }),
        }
    }
}

/// Absent and empty mean the same.
fn without_endpoints(mut resources: pb::Resources) -> pb::Resources {
    resources.endpoints.clear();
    resources.gpu = resources.gpu.filter(|gpu| gpu.units > 0);
    resources
}

impl Service {
    /// The endpoints on the chain that its ports take.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        Endpoint::summed(self.expose.iter().filter_map(super::Expose::endpoint))
    }
}

impl Job {
    fn is(&self, chain: &pb::JobSpec) -> bool {
        let other = Job {
            kernel: chain.kernel.clone(),
            input: chain.input.clone(),
            samples: chain.samples,
            commit_blocks: chain.commit_blocks,
        };
        *self == other
    }
}
