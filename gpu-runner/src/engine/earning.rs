//! Withdrawing what was earned.

use std::{sync::Arc, time::Duration};

use aliquot_proto::{
    compute::v1::{self as compute, JobPhase},
    market::v1::{self as market, Lease, LeaseId, LeaseState},
};
use anyhow::Result;
use tokio::time::sleep;

use super::Engine;
use crate::{price::Coin, services::host::Host};

impl Engine {
    /// Earnings of leases that ended while the runner was away.
    pub(super) async fn withdraw_left(&self) -> Result<()> {
        // What services earn grows with every block, and has its own clock.
        if self.host.as_ref().is_some_and(|host| host.book.live() > 0) {
            return Ok(());
        }
        for coin in self.chain.unpaid().await? {
            let mut ended = self.chain.jobs(JobPhase::Settled).await?;
            ended.extend(self.chain.jobs(JobPhase::Cancelled).await?);
            let pays = |job: &compute::Job| job.price.as_ref().is_some_and(|p| p.denom == coin.denom);
            if let Some(id) = ended.into_iter().find(pays).and_then(|job| job.id) {
                self.withdraw(&id).await?;
            }
        }
        Ok(())
    }

    /// Withdraws what services have earned, at the configured interval, for ever.
    pub(super) async fn earn(self: Arc<Self>, host: Arc<Host>) {
        loop {
            sleep(Duration::from_secs(host.config.withdraw_every_s)).await;
            if let Err(error) = self.withdraw_earned(&host).await {
                tracing::warn!(error = format!("{error:#}"), "withdrawing what services earned");
            }
        }
    }

    /// Withdraws in each denom by any lease in it: one message pays out everything of the denom.
    async fn withdraw_earned(&self, host: &Host) -> Result<()> {
        use LeaseState::{Active, Closed, Paused, Reclaiming};
        for coin in self.chain.unpaid().await? {
            for state in [Active, Reclaiming, Paused, Closed] {
                let leases = host.chain.leases(state, "", 0).await?;
                let pays = |lease: &Lease| lease.rate.as_ref().is_some_and(|rate| rate.denom == coin.denom);
                if let Some(id) = leases.into_iter().find(pays).and_then(|lease| lease.id) {
                    self.withdraw(&id).await?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Withdraws what is there in the denom of a lease.
    pub(crate) async fn withdraw(&self, lease: &LeaseId) -> Result<()> {
        let _one = self.desk.withdrawing.lock().await;
        if self.chain.unpaid().await?.is_empty() {
            return Ok(());
        }
        let sent = self.chain.withdraw(lease).await?;
        let paid: market::MsgWithdrawLeaseResponse = sent.response(0)?;
        let paid = paid.amount.as_ref().and_then(|c| Coin::try_from(c).ok());
        let amount = paid.map(|coin| coin.to_string()).unwrap_or_default();
        tracing::info!(amount, height = sent.height, "withdrawn");
        Ok(())
    }
}
