//! What the chain says about one deployment, block by block, as it happens.

use aliquot_client::{Event, events, follow};
use aliquot_proto::{compute::v1 as compute, escrow::v1 as escrow, market::v1 as market, prost::Name};
use anyhow::{Context, Result, bail};
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};

/// Follows a chain and prints what happens to one deployment.
pub struct Story {
    blocks: mpsc::Receiver<aliquot_client::rpc::Result<events::BlockEvents>>,
    dseq: u64,
}

impl Story {
    pub fn follow(rpc_url: &str, from_height: u64, dseq: u64) -> Result<Self> {
        Ok(Story { blocks: follow(rpc_url, from_height)?, dseq })
    }

    /// Prints until an event of the type has come, and gives it.
    pub async fn until<T: Name + Default>(&mut self, limit: Duration) -> Result<(u64, T)> {
        let wait = async {
            while let Some(block) = self.blocks.recv().await {
                let block = block?;
                let mut found = None;
                for event in &block.events {
                    if let Some(line) = line(event, self.dseq)? {
                        println!("  height {:>4}  {line}", block.height);
                        found = found.or(event.decode::<T>().transpose()?);
                    }
                }
                if let Some(event) = found {
                    return Ok((block.height, event));
                }
            }
            bail!("the chain can no longer be followed")
        };
        timeout(limit, wait).await.with_context(|| format!("no {} within {limit:?}", T::NAME))?
    }
}

/// What an event means, if it is about the deployment.
fn line(event: &Event, dseq: u64) -> Result<Option<String>> {
    let job = |id: &Option<market::LeaseId>| id.as_ref().is_some_and(|id| id.dseq == dseq);
    if let Some(e) = event.decode::<market::EventBidCreated>().transpose()? {
        let (id, price) = (e.id.clone().unwrap_or_default(), e.price.unwrap_or_default());
        return Ok(job(&e.id).then(|| format!("bid by {}: {}{}", id.provider, price.amount, price.denom)));
    }
    if let Some(e) = event.decode::<market::EventLeaseCreated>().transpose()? {
        return Ok(
            job(&e.id).then(|| "the lease is made: its price is set aside, the provider's bond is locked".into())
        );
    }
    if let Some(e) = event.decode::<compute::EventJobCommitted>().transpose()? {
        let (root, sample) = (hex::encode(&e.root), e.sample_height);
        return Ok(
            job(&e.id).then(|| format!("result committed, root {root}; the beacon of height {sample} will sample it"))
        );
    }
    if let Some(e) = event.decode::<compute::EventJobSampled>().transpose()? {
        return Ok(job(&e.id)
            .then(|| format!("the beacon picked chunks {:?}; open them by height {}", e.sampled, e.open_deadline)));
    }
    if let Some(e) = event.decode::<compute::EventJobOpened>().transpose()? {
        return Ok(job(&e.id).then(|| "the provider opened them".into()));
    }
    if let Some(e) = event.decode::<compute::EventJobVerified>().transpose()? {
        return Ok(
            job(&e.id).then(|| format!("every node computed them again: right; it settles at height {}", e.settles_at))
        );
    }
    if let Some(e) = event.decode::<compute::EventJobFailed>().transpose()? {
        return Ok(job(&e.id).then(|| format!("the job failed: {:?}", e.fault())));
    }
    if let Some(e) = event.decode::<compute::EventJobSettled>().transpose()? {
        return Ok(job(&e.id).then(|| "settled: the provider has earned the price".into()));
    }
    if let Some(e) = event.decode::<escrow::EventRefunded>().transpose()? {
        let coin = e.amount.unwrap_or_default();
        return Ok((e.dseq == dseq).then(|| format!("{}{} returned to {}", coin.amount, coin.denom, e.depositor)));
    }
    Ok(None)
}
