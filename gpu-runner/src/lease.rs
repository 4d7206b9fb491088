//! One lease, from its start to its payment: compute, commit, open, withdraw.

use std::{sync::Arc, time::Duration};

use aliquot_kernels::{
    Kernel,
    merkle::{Hash, Tree},
};
use aliquot_proto::{
    compute::v1::{Job, JobFault, JobPhase, Openings},
    market::v1::{LeaseId, OrderId},
};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

use crate::{
    engine::Engine,
    job::WorkError,
    now,
    queue::Work,
    store::{StoreError, lease_name},
};

/// How long to wait for an event before looking anyway.
const LOOK: Duration = Duration::from_secs(60);
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What a lease's task does next.
enum Step {
    /// Look again at once.
    Again,
    /// Nothing until the chain moves.
    Wait,
    /// Nothing more.
    Ended,
}

struct Lease {
    id: LeaseId,
    name: String,
    wake: Arc<Notify>,
    /// The device's answer, while it works. Dropping it calls the work off.
    work: Option<oneshot::Receiver<Result<Hash, WorkError>>>,
}

impl Engine {
    /// Drives a lease until it has ended.
    pub(crate) async fn live(self: Arc<Self>, id: LeaseId, wake: Arc<Notify>) {
        let name = lease_name(&id);
        let mut lease = Lease { id, name, wake, work: None };
        let mut pause = RETRY_MIN;
        loop {
            match self.step(&mut lease).await {
                Ok(Step::Ended) => break,
                Ok(Step::Again) => pause = RETRY_MIN,
                Ok(Step::Wait) => {
                    pause = RETRY_MIN;
                    let _ = timeout(LOOK, lease.wake.notified()).await;
                }
                Err(error) => {
                    tracing::warn!(lease = lease.name, error = format!("{error:#}"), "trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
        self.book.leave(&lease.id);
    }

    async fn step(&self, lease: &mut Lease) -> Result<Step> {
        let Some(job) = self.chain.job(&lease.id).await? else {
            // Files of another chain, or of one whose closed objects are gone.
            self.store.end(&lease.id, "unknown to the chain", now())?;
            return Ok(Step::Ended);
        };
        self.book.note(&lease.id, job.phase());
        match job.phase() {
            JobPhase::Leased => match self.result(lease, &job).await? {
                None => Ok(Step::Again),
                Some(tree) => {
                    let sent = self.chain.commit(&lease.id, tree.root()).await?;
                    tracing::info!(
                        lease = lease.name,
                        root = hex::encode(tree.root()),
                        height = sent.height,
                        "result committed"
                    );
                    Ok(Step::Again)
                }
            },
            JobPhase::Committed => match self.result(lease, &job).await? {
                // Files were lost after the commit: better computed again now than when the samples are due.
                None => Ok(Step::Again),
                Some(tree) => {
                    if tree.root().as_slice() != job.root {
                        tracing::error!(
                            lease = lease.name,
                            "the committed root is not the one on disk: openings will fail"
                        );
                    }
                    Ok(Step::Wait)
                }
            },
            JobPhase::Sampled => match self.result(lease, &job).await? {
                None => Ok(Step::Again),
                Some(tree) => self.open(lease, &job, tree).await,
            },
            JobPhase::Opened | JobPhase::Verified => Ok(Step::Wait),
            JobPhase::Settled => {
                self.withdraw(&lease.id).await?;
                self.end(lease, &job)
            }
            JobPhase::Cancelled => {
                lease.work = None;
                self.withdraw(&lease.id).await?;
                self.end(lease, &job)
            }
            JobPhase::Failed => {
                lease.work = None;
                self.end(lease, &job)
            }
            JobPhase::Unspecified => bail!("the job has a phase that this program does not know"),
        }
    }

    fn end(&self, lease: &Lease, job: &Job) -> Result<Step> {
        let phase = job.phase().as_str_name();
        self.store.end(&lease.id, phase, now())?;
        match job.fault() {
            JobFault::None => tracing::info!(lease = lease.name, phase, "lease ended"),
            fault => {
                tracing::error!(lease = lease.name, phase, fault = fault.as_str_name(), "lease ended: bond is slashed")
            }
        }
        Ok(Step::Ended)
    }

    /// The result's tree. `None` after a wake-up, which may mean that it is not wanted any more.
    async fn result(&self, lease: &mut Lease, job: &Job) -> Result<Option<Tree>> {
        if lease.work.is_none() {
            if let Some(tree) = self.tree(&lease.id).await? {
                return Ok(Some(tree));
            }
            lease.work = Some(self.begin(lease, job).await?);
        }
        let Some(work) = &mut lease.work else {
            return Ok(None);
        };
        let done = tokio::select! {
            done = work => done,
            _ = timeout(LOOK, lease.wake.notified()) => return Ok(None),
        };
        lease.work = None;
        done.context("the device's thread has stopped")??;
        self.tree(&lease.id).await
    }

    /// Reads leaves and hashes inner nodes: not for the threads that wait for the network.
    async fn tree(&self, id: &LeaseId) -> Result<Option<Tree>> {
        let (store, id) = (self.store.clone(), id.clone());
        Ok(tokio::task::spawn_blocking(move || store.tree(&id)).await??)
    }

    /// Fetches the input from the chain and queues the work.
    async fn begin(&self, lease: &Lease, job: &Job) -> Result<oneshot::Receiver<Result<Hash, WorkError>>> {
        let kernel = Kernel::by_name(&job.kernel);
        let kernel = kernel.with_context(|| format!("kernel {} is unknown to this program", job.kernel))?;
        let id = &lease.id;
        let order = OrderId { owner: id.owner.clone(), dseq: id.dseq, gseq: id.gseq, oseq: id.oseq };
        let order = self.chain.order(&order).await?.context("the lease's order is gone")?;
        let spec = order.spec.and_then(|spec| spec.job);
        let input = spec.context("the lease's order is no job")?.input;
        ensure!(
            <[u8; 32]>::from(Sha256::digest(&input)).as_slice() == job.input_hash,
            "the order's input is not the job's: ask another node"
        );
        let (reply, answer) = oneshot::channel();
        tracing::info!(
            lease = lease.name,
            kernel = kernel.name(),
            chunks = job.chunks,
            due = job.due_height,
            "job queued"
        );
        self.queue.push(Work { lease: id.clone(), kernel, input, due: job.due_height, reply });
        Ok(answer)
    }

    async fn open(&self, lease: &Lease, job: &Job, tree: Tree) -> Result<Step> {
        let outputs = match self.store.outputs(&lease.id, &tree, &job.sampled) {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(lease = lease.name, %error, "computing the job again");
                self.store.discard(&lease.id)?;
                return Ok(Step::Again);
            }
            other => other?,
        };
        let path = tree.multiproof(&job.sampled).context("the chain sampled chunks that the job does not have")?;
        let path = path.iter().map(|hash| hash.to_vec()).collect();
        let sent = self.chain.open(job, Openings { outputs, path }).await?;
        tracing::info!(lease = lease.name, samples = job.sampled.len(), height = sent.height, "samples opened");
        Ok(Step::Again)
    }
}
