//! The service leases of this provider: the manifest of each, what happened to it, and how to wake its task.
//!
//! Manifests are kept on disk as they came, readable by this user alone since they hold secrets; what happened is kept
//! in memory, the newest of it.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aliquot_proto::market::v1::{LeaseId, LeaseState};
use serde::Serialize;
use tokio::sync::{Notify, broadcast};

use super::decide::Health;
use crate::{
    now,
    store::{Result, io_error, lease_folder, lease_name, lease_named, write_secret},
};

const MANIFEST: &str = "manifest.json";
/// Events kept of a lease.
const EVENTS: usize = 256;
/// Events that a slow reader may fall behind.
const AHEAD: usize = 64;

/// Something that happened to a lease here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// Seconds since 1970.
    pub at: u64,
    pub kind: &'static str,
    pub message: String,
}

struct Entry {
    wake: Arc<Notify>,
    /// As last seen on the chain.
    state: Option<LeaseState>,
    events: VecDeque<Happened>,
    /// Instances of each service that should run.
    desired: BTreeMap<String, u32>,
    news: broadcast::Sender<Happened>,
    health: Health,
}

impl Default for Entry {
    fn default() -> Self {
        let (news, _) = broadcast::channel(AHEAD);
        Entry {
            wake: Arc::default(),
            state: None,
            events: VecDeque::new(),
            desired: BTreeMap::new(),
            news,
            health: Health::default(),
        }
    }
}

/// Clones are the same book.
#[derive(Clone)]
pub struct Book {
    dir: PathBuf,
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
}

impl Book {
    /// Opens the folder of manifests, and makes it if it is not there.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        std::fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        Ok(Book { dir, entries: Arc::default() })
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, id: &LeaseId, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.entries().get_mut(&lease_name(id)).map(change)
    }

    /// Enters a lease: gives what its task waits on, or wakes that task and gives nothing where there is one.
    pub fn enter(&self, id: &LeaseId) -> Option<Arc<Notify>> {
        let mut entries = self.entries();
        if let Some(entry) = entries.get(&lease_name(id)) {
            entry.wake.notify_one();
            return None;
        }
        let entry = entries.entry(lease_name(id)).or_default();
        Some(entry.wake.clone())
    }

    pub fn wake(&self, id: &LeaseId) {
        self.with(id, |entry| entry.wake.notify_one());
    }

    /// Wakes the tasks of all leases of a deployment.
    pub fn wake_deployment(&self, owner: &str, dseq: u64) {
        let beginning = format!("{owner}/{dseq}/");
        let entries = self.entries();
        for (_, entry) in entries.iter().filter(|(name, _)| name.starts_with(&beginning)) {
            entry.wake.notify_one();
        }
    }

    pub fn has(&self, id: &LeaseId) -> bool {
        self.entries().contains_key(&lease_name(id))
    }

    /// Forgets a lease, its manifest too.
    pub fn leave(&self, id: &LeaseId) -> Result<()> {
        self.entries().remove(&lease_name(id));
        let folder = lease_folder(&self.dir, id)?;
        match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io_error(&folder)(e)),
            _ => Ok(()),
        }
    }

    /// Notes the lease's state; says whether it is another than before.
    pub fn note(&self, id: &LeaseId, state: LeaseState) -> bool {
        self.with(id, |entry| entry.state.replace(state) != Some(state)).unwrap_or(false)
    }

    pub fn state(&self, id: &LeaseId) -> Option<LeaseState> {
        self.with(id, |entry| entry.state).flatten()
    }

    /// Notes how many instances of each service should run.
    pub fn want(&self, id: &LeaseId, desired: BTreeMap<String, u32>) {
        self.with(id, |entry| entry.desired = desired);
    }

    pub fn desired(&self, id: &LeaseId) -> BTreeMap<String, u32> {
        self.with(id, |entry| entry.desired.clone()).unwrap_or_default()
    }

    /// The leases that run or wait here.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Leases for whose sake the provider must be heard of.
    pub fn live(&self) -> usize {
        let live = |e: &&Entry| !matches!(e.state, None | Some(LeaseState::Closed | LeaseState::Unspecified));
        self.entries().values().filter(live).count()
    }

    /// Keeps a manifest and has the lease's task look at it.
    pub fn put_manifest(&self, id: &LeaseId, json: &[u8]) -> Result<()> {
        let folder = lease_folder(&self.dir, id)?;
        std::fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        write_secret(&folder.join(MANIFEST), json)?;
        self.tell(id, "manifest", "a manifest came".into());
        self.with(id, |entry| entry.health.reset());
        self.wake(id);
        Ok(())
    }

    /// Leases of which a manifest is kept.
    pub fn kept(&self) -> Result<Vec<LeaseId>> {
        let entries = std::fs::read_dir(&self.dir).map_err(io_error(&self.dir))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter_map(|name| lease_named(&name.replace('-', "/"))).collect())
    }

    /// The manifest as it came.
    pub fn manifest(&self, id: &LeaseId) -> Result<Option<Vec<u8>>> {
        let path = lease_folder(&self.dir, id)?.join(MANIFEST);
        match std::fs::read(&path) {
            Ok(json) => Ok(Some(json)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io_error(&path)(e)),
        }
    }

    /// Records what happened, for the tenant and in the log.
    pub fn tell(&self, id: &LeaseId, kind: &'static str, message: String) {
        tracing::info!(lease = lease_name(id), kind, message, "service");
        self.with(id, |entry| {
            let event = Happened { at: now(), kind, message };
            // The same again and again is one event: the newest.
            if entry.events.back().is_some_and(|last| (last.kind, &last.message) == (kind, &event.message)) {
                entry.events.pop_back();
            }
            if entry.events.len() >= EVENTS {
                entry.events.pop_front();
            }
            entry.events.push_back(event.clone());
            // Nobody may be listening.
            let _ = entry.news.send(event);
        });
    }

    /// What happened so far, and what will.
    pub fn events(&self, id: &LeaseId) -> Option<(Vec<Happened>, broadcast::Receiver<Happened>)> {
        self.with(id, |entry| (entry.events.iter().cloned().collect(), entry.news.subscribe()))
    }

    /// Looks at a lease's health, or changes it.
    pub fn health<T>(&self, id: &LeaseId, change: impl FnOnce(&mut Health) -> T) -> Option<T> {
        self.with(id, |entry| change(&mut entry.health))
    }
}
