//! The thread that owns the device.
//!
//! Jobs are computed one at a time, in batches that the device takes about a fifth of a second for: often enough on
//! disk, and quick to stop. Before a result counts, the host computes a few of its chunks again.

use std::{
    io::IsTerminal as _,
    sync::{LazyLock, atomic::Ordering},
    time::{Duration, Instant},
};

use aliquot_kernels::{
    Kernel,
    chacha::sample_indices,
    merkle::{Hash, sample_seed},
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use crate::{
    device::{Device, DeviceError},
    outputs::Outputs,
    queue::{Queued, Shared, Work, learn, next},
    store::{Record, Store, StoreError, lease_name},
};

/// How long one batch should take: the device is not to be held longer, and what is lost in a crash is this much.
const BATCH: Duration = Duration::from_millis(200);

/// Bars of long work, drawn where a person watches.
pub static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

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

/// The device's thread, and how it works.
pub struct Worker {
    pub device: Box<dyn Device>,
    pub store: Store,
    /// Chunks of each job that the host computes again.
    pub spot_checks: u32,
    /// What is done to outputs before they are kept: nothing, but in the test that shows how the chain catches cheats.
    pub tamper: Option<Tamper>,
}

/// Changes the outputs of chunks, given the lease, the first chunk's number and the size of one output.
pub type Tamper = fn(outputs: &mut [u8], lease: &str, first: u32, output_len: usize);

impl Worker {
    pub(crate) fn serve(mut self, shared: &Shared) {
        while let Some(queued) = next(shared) {
            let Queued { work, operations, .. } = queued;
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
            let count = batch.min(job.chunks() - files.done());
            let start = Instant::now();
            self.batch(work, &job, count, &checks, &mut files)?;
            let spent = start.elapsed();
            bar.inc(u64::from(count));
            let operations = job.chunk_cost().saturating_mul(u64::from(count));
            learn(shared, operations, spent, batch > 1);
            batch = next_batch(batch, spent, self.greatest_batch(job.output_len()));
        }
        bar.finish_and_clear();
        let computed = files.done() - before;
        Ok((files.finish()?, computed))
    }

    /// Computes the next `count` chunks, checks some of them, and puts them on disk.
    fn batch(
        &mut self,
        work: &Work,
        job: &aliquot_kernels::Job,
        count: u32,
        checks: &[u32],
        files: &mut Outputs,
    ) -> Result<(), WorkError> {
        let first = files.done();
        let mut outputs = self.device.run(work.kernel, job, first, count)?;
        let wanted = job.output_len() * count as usize;
        if outputs.len() != wanted {
            return Err(DeviceError::WrongSize { chunks: count, got: outputs.len(), wanted }.into());
        }
        for (index, output) in (first..).zip(outputs.chunks_exact(job.output_len())) {
            if checks.contains(&index) && job.run(index) != output {
                let lease = lease_name(&work.lease);
                return Err(WorkError::WrongChunk { lease, index });
            }
        }
        if let Some(tamper) = self.tamper {
            tamper(&mut outputs, &lease_name(&work.lease), first, job.output_len());
        }
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
        u32::try_from(bytes / output_len.max(1) as u64).unwrap_or(u32::MAX).clamp(1, 1 << 16)
    }
}

/// Grows or shrinks a batch towards its time, at most fourfold at once.
fn next_batch(batch: u32, spent: Duration, greatest: u32) -> u32 {
    let ratio = BATCH.as_secs_f64() / spent.as_secs_f64().max(1e-6);
    ((f64::from(batch) * ratio.clamp(0.25, 4.0)) as u32).clamp(1, greatest)
}

/// Reads an input, with an error that names the kernel.
pub fn prepare(kernel: Kernel, input: &[u8]) -> Result<aliquot_kernels::Job, WorkError> {
    kernel.prepare(input).map_err(|e| WorkError::Input { kernel: kernel.name().into(), reason: e.to_string() })
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
