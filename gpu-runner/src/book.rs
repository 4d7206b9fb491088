//! The leases under way: the phase of each as last seen on the chain, and how to wake the task that drives it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aliquot_proto::{compute::v1::JobPhase, market::v1::LeaseId};
use tokio::sync::Notify;

use crate::store::lease_name;

struct Entry {
    wake: Arc<Notify>,
    phase: JobPhase,
}

/// Clones are the same book.
#[derive(Clone, Default)]
pub struct Book {
    leases: Arc<Mutex<BTreeMap<String, Entry>>>,
}

impl Book {
    fn leases(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a lease: gives what its task waits on, or wakes that task and gives nothing where there is one.
    pub fn enter(&self, id: &LeaseId) -> Option<Arc<Notify>> {
        let mut leases = self.leases();
        let name = lease_name(id);
        if let Some(entry) = leases.get(&name) {
            entry.wake.notify_one();
            return None;
        }
        let wake = Arc::new(Notify::new());
        let entry = Entry { wake: wake.clone(), phase: JobPhase::Unspecified };
        leases.insert(name, entry);
        Some(wake)
    }

    /// Has the task of a lease look at the chain. The wake-up is kept if it is busy.
    pub fn wake(&self, id: &LeaseId) {
        if let Some(entry) = self.leases().get(&lease_name(id)) {
            entry.wake.notify_one();
        }
    }

    pub fn note(&self, id: &LeaseId, phase: JobPhase) {
        if let Some(entry) = self.leases().get_mut(&lease_name(id)) {
            entry.phase = phase;
        }
    }

    pub fn phase(&self, id: &LeaseId) -> Option<JobPhase> {
        self.leases().get(&lease_name(id)).map(|entry| entry.phase)
    }

    pub fn leave(&self, id: &LeaseId) {
        self.leases().remove(&lease_name(id));
    }

    /// Leases under way.
    pub fn len(&self) -> usize {
        self.leases().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
