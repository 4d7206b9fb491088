//! Where jobs wait for the device: the one with the nearest deadline goes first.

use std::{
    collections::BinaryHeap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use aliquot_kernels::{Kernel, merkle::Hash};
use aliquot_proto::market::v1::LeaseId;
use tokio::sync::oneshot;

use crate::job::{WorkError, Worker};

/// A job to compute. Dropping the receiver of `reply` calls it off.
pub struct Work {
    pub lease: LeaseId,
    pub kernel: Kernel,
    pub input: Vec<u8>,
    /// The height at which the result must be on the chain.
    pub due: u64,
    pub reply: oneshot::Sender<Result<Hash, WorkError>>,
}

pub(crate) struct Queued {
    due: u64,
    arrival: u64,
    pub(crate) operations: u64,
    pub(crate) work: Work,
}

impl Ord for Queued {
    /// The heap gives its greatest first: the nearest deadline, then the first to come.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.due, other.arrival).cmp(&(self.due, self.arrival))
    }
}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Queued {}

#[derive(Default)]
pub(crate) struct Waiting {
    heap: BinaryHeap<Queued>,
    arrivals: u64,
    pub(crate) closed: bool,
}

#[derive(Default)]
pub(crate) struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
    /// Operations of the jobs that wait or run.
    pub(crate) backlog: AtomicU64,
    /// Operations per second, as last measured.
    speed: AtomicU64,
}

impl Shared {
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where jobs wait for the device. Clones are the same queue.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

impl Queue {
    /// Starts the thread of `worker`. `speed`: operations per second of its device.
    pub fn start(worker: Worker, speed: f64) -> std::io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared::default());
        shared.speed.store(speed as u64, Ordering::Relaxed);
        let queue = Queue { shared: shared.clone() };
        let thread = std::thread::Builder::new().name("device".into());
        Ok((queue, thread.spawn(move || worker.serve(&shared))?))
    }

    pub fn push(&self, work: Work) {
        let job = work.kernel.prepare(&work.input).ok();
        let operations = job.map_or(0, |job| job.chunk_cost().saturating_mul(u64::from(job.chunks())));
        self.shared.backlog.fetch_add(operations, Ordering::Relaxed);
        let mut waiting = self.shared.waiting();
        waiting.arrivals += 1;
        let arrival = waiting.arrivals;
        waiting.heap.push(Queued { due: work.due, arrival, operations, work });
        self.shared.news.notify_one();
    }

    /// How long everything that waits and `operations` more will take.
    pub fn time_for(&self, operations: u64) -> Duration {
        let speed = self.shared.speed.load(Ordering::Relaxed).max(1);
        let all = self.backlog().saturating_add(operations);
        Duration::from_secs_f64(all as f64 / speed as f64)
    }

    pub fn backlog(&self) -> u64 {
        self.shared.backlog.load(Ordering::Relaxed)
    }

    pub fn speed(&self) -> u64 {
        self.shared.speed.load(Ordering::Relaxed)
    }

    /// Ends the thread after its present batch. What is on disk is gone on with at the next start.
    pub fn close(&self) {
        self.shared.waiting().closed = true;
        self.shared.news.notify_all();
    }
}

/// Waits for work; `None` when the queue is closed.
pub(crate) fn next(shared: &Shared) -> Option<Queued> {
    let mut waiting = shared.waiting();
    loop {
        if waiting.closed {
            return None;
        }
        if let Some(queued) = waiting.heap.pop() {
            return Some(queued);
        }
        waiting = shared.news.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Takes a batch's speed into the average. The first batch of a job may hold a compilation, so it does not count.
pub(crate) fn learn(shared: &Shared, operations: u64, spent: Duration, counts: bool) {
    if counts {
        let speed = operations as f64 / spent.as_secs_f64().max(1e-6);
        let old = shared.speed.load(Ordering::Relaxed) as f64;
        let new = if old > 0.0 { old * 0.9 + speed * 0.1 } else { speed };
        shared.speed.store(new as u64, Ordering::Relaxed);
    }
}
