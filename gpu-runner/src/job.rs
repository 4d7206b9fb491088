//! The queue of work and the thread that owns the device.
//!
//! Jobs are computed one at a time, the one with the nearest deadline first, in batches that the device takes about
//! a fifth of a second for: often enough on disk, and quick to stop. Before a result counts, the host computes a few
//! of its chunks again.

use std::{
    collections::BinaryHeap,
    io::IsTerminal as _,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use aliquot_kernels::{
    Kernel,
    chacha::sample_indices,
    merkle::{Hash, sample_seed},
};
use aliquot_proto::market::v1::LeaseId;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::{
    device::{Device, DeviceError},
    store::{Outputs, Record, Store, StoreError, lease_name},
};

/// How long one batch should take: the device is not to be held longer, and what is lost in a crash is this much.
const BATCH: Duration = Duration::from_millis(200);

/// Bars of long work, drawn where a person watches.
pub static BARS: std::sync::LazyLock<MultiProgress> = std::sync::LazyLock::new(MultiProgress::new);

#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("kernel {kernel} refuses the input: {reason}")]
    Input { kernel: String, reason: String },
    #[error(
        "the device computed chunk {index} of lease {lease} wrongly: nothing was committed; take it out of service"
    )]
    WrongChunk { lease: String, index: u32 },
    #[error("the work was called off")]
    Cancelled,
}

/// A job to compute. Dropping the receiver of `reply` calls it off.
pub struct Work {
    pub lease: LeaseId,
    pub kernel: Kernel,
    pub input: Vec<u8>,
    /// The height at which the result must be on the chain.
    pub due: u64,
    pub reply: oneshot::Sender<Result<Hash, WorkError>>,
}

struct Queued {
    due: u64,
    arrival: u64,
    operations: u64,
    work: Work,
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
struct Waiting {
    heap: BinaryHeap<Queued>,
    arrivals: u64,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
    /// Operations of the jobs that wait or run.
    backlog: AtomicU64,
    /// Operations per second, as last measured.
    speed: AtomicU64,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where jobs wait for the device. Clones are the same queue.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

/// The device's thread, and how it works.
pub struct Worker {
    pub device: Box<dyn Device>,
    pub store: Store,
    /// Chunks of each job that the host computes again.
    pub spot_checks: u32,
    /// Part of the chunks to corrupt.
    #[cfg(feature = "cheat")]
    pub cheat: f64,
}

impl Queue {
    /// Starts the thread of `worker`. `speed`: operations per second of its device.
    pub fn start(worker: Worker, speed: f64) -> std::io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared::default());
        shared.speed.store(speed as u64, Ordering::Relaxed);
        let queue = Queue {
            shared: shared.clone(),
        };
        let thread = std::thread::Builder::new().name("device".into());
        Ok((queue, thread.spawn(move || worker.serve(&shared))?))
    }

    pub fn push(&self, work: Work) {
        let job = work.kernel.prepare(&work.input).ok();
        let operations = job.map_or(0, |job| {
            job.chunk_cost().saturating_mul(u64::from(job.chunks()))
        });
        self.shared.backlog.fetch_add(operations, Ordering::Relaxed);
        let mut waiting = self.shared.waiting();
        waiting.arrivals += 1;
        let arrival = waiting.arrivals;
        waiting.heap.push(Queued {
            due: work.due,
            arrival,
            operations,
            work,
        });
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

impl Worker {
    fn serve(mut self, shared: &Shared) {
        while let Some(queued) = next(shared) {
            let Queued {
                work, operations, ..
            } = queued;
            let lease = lease_name(&work.lease);
            let start = Instant::now();
            let done = self.compute(&work, shared);
            shared.backlog.fetch_sub(operations, Ordering::Relaxed);
            match &done {
                Ok((_, computed)) => {
                    tracing::info!(lease, computed, ms = start.elapsed().as_millis() as u64, "job computed")
                }
                Err(WorkError::Cancelled) => tracing::info!(lease, "job called off"),
                Err(error) => tracing::error!(lease, %error, "job not computed"),
            }
            // Nobody waits any more when the lease has ended meanwhile.
            let _ = work.reply.send(done.map(|(root, _)| root));
        }
    }

    /// Computes what is not on disk yet; gives the root and the number of chunks computed.
    fn compute(&mut self, work: &Work, shared: &Shared) -> Result<(Hash, u32), WorkError> {
        let job = prepare(work.kernel, &work.input)?;
        let record = Record {
            owner: work.lease.owner.clone(),
            dseq: work.lease.dseq,
            gseq: work.lease.gseq,
            oseq: work.lease.oseq,
            provider: work.lease.provider.clone(),
            kernel: work.kernel.name().into(),
            input_hash: hex::encode(Sha256::digest(&work.input)),
            chunks: job.chunks(),
            output_len: job.output_len(),
            root: None,
            ended: None,
        };
        let mut files = self.store.begin(&record)?;
        let checks = self.checks(work, job.chunks());
        let bar = bar(&record);
        bar.set_position(u64::from(files.done()));
        let before = files.done();
        let mut batch = 1;
        while files.done() < job.chunks() {
            if work.reply.is_closed() || shared.waiting().closed {
                return Err(WorkError::Cancelled);
            }
            let (first, count) = (files.done(), batch.min(job.chunks() - files.done()));
            let start = Instant::now();
            self.batch(work, &job, first, count, &checks, &mut files)?;
            let spent = start.elapsed();
            bar.inc(u64::from(count));
            learn(shared, job.chunk_cost().saturating_mul(u64::from(count)), spent, batch > 1);
            batch = next_batch(batch, spent, self.greatest_batch(job.output_len()));
        }
        bar.finish_and_clear();
        let computed = files.done() - before;
        Ok((files.finish()?, computed))
    }

    fn batch(
        &mut self,
        work: &Work,
        job: &aliquot_kernels::Job,
        first: u32,
        count: u32,
        checks: &[u32],
        files: &mut Outputs,
    ) -> Result<(), WorkError> {
        let outputs = self.device.run(work.kernel, job, first, count)?;
        let wanted = job.output_len() * count as usize;
        if outputs.len() != wanted {
            return Err(DeviceError::WrongSize {
                chunks: count,
                got: outputs.len(),
                wanted,
            }
            .into());
        }
        for (index, output) in (first..).zip(outputs.chunks_exact(job.output_len())) {
            if checks.contains(&index) && job.run(index) != output {
                let lease = lease_name(&work.lease);
                return Err(WorkError::WrongChunk { lease, index });
            }
        }
        #[cfg(feature = "cheat")]
        let outputs = corrupt(outputs, &lease_name(&work.lease), self.cheat, first, job.output_len());
        Ok(files.append(&outputs)?)
    }

    /// The chunks to compute again, the same after a restart.
    fn checks(&self, work: &Work, chunks: u32) -> Vec<u32> {
        let seed = sample_seed("spot check", &[0; 32], lease_name(&work.lease).as_bytes(), &[0; 32]);
        sample_indices(&seed, chunks, self.spot_checks)
    }

    /// Chunks whose outputs fit well into the device's memory.
    fn greatest_batch(&self, output_len: usize) -> u32 {
        let info = self.device.info();
        let bytes = (info.max_allocation / 2).min(info.memory / 4).max(1);
        u32::try_from(bytes / output_len.max(1) as u64)
            .unwrap_or(u32::MAX)
            .clamp(1, 1 << 16)
    }
}

/// Waits for work; `None` when the queue is closed.
fn next(shared: &Shared) -> Option<Queued> {
    let mut waiting = shared.waiting();
    loop {
        if waiting.closed {
            return None;
        }
        if let Some(queued) = waiting.heap.pop() {
            return Some(queued);
        }
        waiting = shared
            .news
            .wait(waiting)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Takes a batch's speed into the average. The first batch of a job may hold a compilation, so it does not count.
fn learn(shared: &Shared, operations: u64, spent: Duration, counts: bool) {
    if counts {
        let speed = operations as f64 / spent.as_secs_f64().max(1e-6);
        let old = shared.speed.load(Ordering::Relaxed) as f64;
        let new = if old > 0.0 { old * 0.9 + speed * 0.1 } else { speed };
        shared.speed.store(new as u64, Ordering::Relaxed);
    }
}

/// Grows or shrinks a batch towards its time, at most fourfold at once.
fn next_batch(batch: u32, spent: Duration, greatest: u32) -> u32 {
    let ratio = BATCH.as_secs_f64() / spent.as_secs_f64().max(1e-6);
    ((f64::from(batch) * ratio.clamp(0.25, 4.0)) as u32).clamp(1, greatest)
}

/// Reads an input, with an error that names the kernel.
pub fn prepare(kernel: Kernel, input: &[u8]) -> Result<aliquot_kernels::Job, WorkError> {
    kernel.prepare(input).map_err(|e| WorkError::Input {
        kernel: kernel.name().into(),
        reason: e.to_string(),
    })
}

fn bar(record: &Record) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{msg} [{bar:30}] {pos}/{len} chunks, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = BARS.add(ProgressBar::new(u64::from(record.chunks)));
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(format!("{} dseq {}", record.kernel, record.dseq));
    bar
}

/// Flips a byte in about `fraction` of the chunks, chosen by the lease: the same ones after a restart.
#[cfg(feature = "cheat")]
pub fn corrupt(mut outputs: Vec<u8>, lease: &str, fraction: f64, first: u32, output_len: usize) -> Vec<u8> {
    use aliquot_kernels::chacha::{chacha8, key_words};
    let key = key_words(&Sha256::digest(lease).into());
    for (index, output) in (first..).zip(outputs.chunks_exact_mut(output_len)) {
        let [draw, at, flip, ..] = chacha8(&key, u64::from(index), u64::from_le_bytes(*b"cheating"));
        if f64::from(draw) < fraction * 4_294_967_296.0 {
            output[at as usize % output_len] ^= (flip as u8) | 1;
        }
    }
    outputs
}
