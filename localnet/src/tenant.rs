//! A tenant in a few calls: deploys scenes, takes the first bid, waits for the end of jobs.

use aliquot_client::{Client, Key, SendOptions, any};
use aliquot_proto::{
    compute::v1::{Job, JobPhase, QueryJobRequest, QueryJobResponse},
    cosmos::base::v1beta1::Coin,
    deployment::v1::{GroupSpec, JobSpec, MsgCreateDeployment},
    market::v1::{self as market, LeaseId, OrderId},
};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const POLL: Duration = Duration::from_millis(500);
/// The most that a job may cost, in ualq; also its deposit.
const PRICE: &str = "2000000";

/// The picture of the front page in 160x90: 60 chunks.
pub fn small_scene() -> String {
    let scene = include_str!("../../gpu-runner/kernels/scenes/first-light.scene");
    scene.replace("size 640 360", "size 160 90")
}

#[derive(Clone)]
pub struct Tenant {
    client: Client,
    key: Key,
}

impl Tenant {
    pub fn new(client: Client, key: Key) -> Self {
        Tenant { client, key }
    }

    pub fn address(&self) -> &str {
        self.key.address()
    }

    /// Opens a deployment of one job. `dseq` must not have been used.
    pub async fn deploy(&self, dseq: u64, scene: &str) -> Result<OrderId> {
        let coin = Coin { denom: "ualq".into(), amount: PRICE.into() };
        let job =
            JobSpec { kernel: "RENDER_Q16".into(), input: scene.as_bytes().to_vec(), samples: 16, commit_blocks: 0 };
        let group =
            GroupSpec { name: "job".into(), job: Some(job), max_price: Some(coin.clone()), ..GroupSpec::default() };
        let owner = self.address().to_string();
        let message = MsgCreateDeployment {
            owner: owner.clone(),
            dseq,
            groups: vec![group],
            hash: Sha256::digest(scene).to_vec(),
            deposit: Some(coin),
            ..Default::default()
        };
        self.client.send(&self.key, vec![any(&message)], &SendOptions::default()).await?;
        Ok(OrderId { owner, dseq, gseq: 1, oseq: 1 })
    }

    /// Waits for a bid and takes it.
    pub async fn take_bid(&self, order: &OrderId, limit: Duration) -> Result<LeaseId> {
        let filters = market::BidFilters {
            owner: order.owner.clone(),
            dseq: order.dseq,
            state: market::BidState::Open.into(),
            ..Default::default()
        };
        let request = market::QueryBidsRequest { filters: Some(filters), pagination: None };
        let end = Instant::now() + limit;
        loop {
            let answer: market::QueryBidsResponse =
                self.client.query("/aliquot.market.v1.Query/Bids", &request, None).await?;
            if let Some(id) = answer.bids.into_iter().next().and_then(|bid| bid.id) {
                let message =
                    market::MsgCreateLease { owner: order.owner.clone(), id: Some(id.clone()), ..Default::default() };
                self.client.send(&self.key, vec![any(&message)], &SendOptions::default()).await?;
                return Ok(id);
            }
            ensure!(Instant::now() < end, "no bid on deployment {} within {limit:?}", order.dseq);
            sleep(POLL).await;
        }
    }

    pub async fn job(&self, lease: &LeaseId) -> Result<Job> {
        let request = QueryJobRequest { id: Some(lease.clone()) };
        let answer: QueryJobResponse = self.client.query("/aliquot.compute.v1.Query/Job", &request, None).await?;
        answer.job.context("the chain has no such job")
    }

    /// Waits until the job has settled or failed.
    pub async fn end_of_job(&self, lease: &LeaseId, limit: Duration) -> Result<Job> {
        let end = Instant::now() + limit;
        loop {
            match self.job(lease).await {
                Ok(job) if job.ended_at > 0 => return Ok(job),
                Ok(job) => {
                    let phase = JobPhase::try_from(job.phase).unwrap_or_default();
                    ensure!(
                        Instant::now() < end,
                        "job {} is still {} after {limit:?}",
                        lease.dseq,
                        phase.as_str_name()
                    );
                }
                Err(e) => ensure!(Instant::now() < end, "job {}: {e:#}", lease.dseq),
            }
            sleep(POLL).await;
        }
    }

    /// From the deployment to the end.
    pub async fn run_job(&self, dseq: u64, scene: &str, limit: Duration) -> Result<Job> {
        let order = self.deploy(dseq, scene).await?;
        let lease = self.take_bid(&order, limit).await?;
        self.end_of_job(&lease, limit).await
    }
}
