//! What the machine has for services, and what of it is spoken for.
//!
//! A reservation is made for a bid and stays with the lease that comes of it. It is known by the lease's name, so
//! making one twice or giving one back twice changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aliquot_proto::deployment::v1::ResourceUnit;
use serde::Deserialize;

pub use super::gpu::GpuConfig;
use super::price::class_of;

/// Storage of this class is memory.
const RAM: &str = "ram";
const MIB: u64 = 1 << 20;

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Thousandths of a core.
    pub cpu_millis: u64,
    pub memory_mib: u64,
    /// By class; `ephemeral` for volumes that go with their container.
    pub storage_mib: BTreeMap<String, u64>,
    /// Endpoints that are open to the world.
    pub endpoints: u64,
    pub gpus: Vec<GpuConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Short {
    #[error("it takes {wanted} of {what}, {free} is free")]
    Of { what: String, wanted: u64, free: u64 },
    #[error("it takes {wanted} GPUs of a kind of which {free} are free")]
    Gpus { wanted: u64, free: u64 },
}

/// What one lease takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Bytes, thousandths of a core, and numbers, by what they are of.
    amounts: BTreeMap<String, u64>,
    /// For each resource unit its id and the GPUs of all its instances together.
    pub gpus: Vec<(u32, Vec<usize>)>,
}

impl Taken {
    fn of(units: &[ResourceUnit]) -> Self {
        let mut taken = Taken::default();
        for unit in units {
            let Some(r) = &unit.resources else { continue };
            let mut add = |what: &str, one: u64| {
                let sum = taken.amounts.entry(what.to_string()).or_default();
                *sum = sum.saturating_add(one.saturating_mul(unit.count.into()));
            };
            add("cpu", r.cpu.as_ref().map_or(0, |cpu| cpu.milli_units.into()));
            add("memory", r.memory.as_ref().map_or(0, |memory| memory.bytes));
            add("endpoints", r.endpoints.len() as u64);
            for volume in &r.storage {
                let class = class_of(volume);
                let what = if class == RAM { "memory".into() } else { format!("storage {class}") };
                add(&what, volume.bytes);
            }
        }
        taken
    }
}

impl Taken {
    /// Whether these units take just this.
    fn is_for(&self, units: &[ResourceUnit]) -> bool {
        let gpus = |unit: &ResourceUnit| {
            let one = unit.resources.as_ref().and_then(|r| r.gpu.as_ref()).map_or(0, |gpu| gpu.units);
            u64::from(one).saturating_mul(unit.count.into())
        };
        let wanted = units.iter().map(|unit| (unit.id, gpus(unit)));
        self.amounts == Taken::of(units).amounts
            && wanted.eq(self.gpus.iter().map(|(id, gpus)| (*id, gpus.len() as u64)))
    }
}

/// Clones are the same inventory.
#[derive(Clone, Default)]
pub struct Inventory {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    capacity: Capacity,
    taken: Mutex<BTreeMap<String, Taken>>,
}

impl Inventory {
    pub fn new(capacity: Capacity) -> Self {
        Inventory { shared: Arc::new(Shared { capacity, taken: Mutex::default() }) }
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<String, Taken>> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn gpu(&self, number: usize) -> Option<&GpuConfig> {
        self.shared.capacity.gpus.get(number)
    }

    fn capacity_of(&self, what: &str) -> u64 {
        let all = &self.shared.capacity;
        match what {
            "cpu" => all.cpu_millis,
            "memory" => all.memory_mib.saturating_mul(MIB),
            "endpoints" => all.endpoints,
            other => {
                let class = other.strip_prefix("storage ").unwrap_or(other);
                all.storage_mib.get(class).copied().unwrap_or(0).saturating_mul(MIB)
            }
        }
    }

    /// Reserves what the units take, under the name of the lease that may come of it.
    pub fn reserve(&self, name: &str, units: &[ResourceUnit]) -> Result<Taken, Short> {
        self.take(name, units, &[], false)
    }

    /// As [`Inventory::reserve`], for a lease that exists: it has what it has, even if the configuration now says
    /// that there is less, and it has other resources than before where it was amended. GPUs in `held` are those of
    /// its containers; they are taken first.
    pub fn hold(&self, name: &str, units: &[ResourceUnit], held: &[usize]) -> Result<Taken, Short> {
        let Some(before) = self.of(name) else { return self.take(name, units, held, true) };
        if before.is_for(units) {
            return Ok(before);
        }
        self.release(name);
        let gpus: Vec<usize> = before.gpus.iter().flat_map(|(_, gpus)| gpus).copied().collect();
        let taken = self.take(name, units, &gpus, true);
        if taken.is_err() {
            self.taken().insert(name.to_string(), before);
        }
        taken
    }

    fn take(&self, name: &str, units: &[ResourceUnit], held: &[usize], exists: bool) -> Result<Taken, Short> {
        let mut all = self.taken();
        if let Some(taken) = all.get(name) {
            return Ok(taken.clone());
        }
        let mut taken = Taken::of(units);
        for (what, wanted) in &taken.amounts {
            let used: u64 = all.values().filter_map(|t| t.amounts.get(what)).sum();
            let free = self.capacity_of(what).saturating_sub(used);
            if *wanted > free && !exists {
                return Err(Short::Of { what: what.clone(), wanted: *wanted, free });
            }
        }
        let mut used: BTreeSet<usize> = all.values().flat_map(|t| &t.gpus).flat_map(|(_, g)| g).copied().collect();
        for unit in units {
            let picked = self.pick(unit, held, &mut used)?;
            taken.gpus.push((unit.id, picked));
        }
        all.insert(name.to_string(), taken.clone());
        Ok(taken)
    }

    fn pick(&self, unit: &ResourceUnit, held: &[usize], used: &mut BTreeSet<usize>) -> Result<Vec<usize>, Short> {
        let Some(wanted) = unit.resources.as_ref().and_then(|r| r.gpu.as_ref()) else {
            return Ok(Vec::new());
        };
        let count = u64::from(wanted.units).saturating_mul(unit.count.into());
        let gpus = self.shared.capacity.gpus.iter().enumerate();
        let mut free: Vec<usize> =
            gpus.filter(|(n, gpu)| !used.contains(n) && gpu.is_one_of(wanted)).map(|(n, _)| n).collect();
        free.sort_by_key(|n| !held.contains(n));
        if count > free.len() as u64 {
            return Err(Short::Gpus { wanted: count, free: free.len() as u64 });
        }
        free.truncate(count as usize);
        free.sort_unstable();
        used.extend(&free);
        Ok(free)
    }

    /// What a lease or bid has reserved.
    pub fn of(&self, name: &str) -> Option<Taken> {
        self.taken().get(name).cloned()
    }

    /// Gives back what was reserved. Says whether there was anything.
    pub fn release(&self, name: &str) -> bool {
        self.taken().remove(name).is_some()
    }

    /// The names under which something is reserved.
    pub fn names(&self) -> Vec<String> {
        self.taken().keys().cloned().collect()
    }

    /// What is free, by what it is of, with GPUs as `gpu`.
    pub fn free(&self) -> BTreeMap<String, u64> {
        let classes = self.shared.capacity.storage_mib.keys().map(|class| format!("storage {class}"));
        let whats = ["cpu", "memory", "endpoints"].map(String::from).into_iter().chain(classes);
        let all = self.taken();
        let left = |what: String| {
            let used: u64 = all.values().filter_map(|t| t.amounts.get(&what)).sum();
            (what.clone(), self.capacity_of(&what).saturating_sub(used))
        };
        let mut free: BTreeMap<_, _> = whats.map(left).collect();
        let used = all.values().flat_map(|t| &t.gpus).map(|(_, gpus)| gpus.len() as u64).sum();
        free.insert("gpu".into(), (self.shared.capacity.gpus.len() as u64).saturating_sub(used));
        free
    }
}
