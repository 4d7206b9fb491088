//! What goes wrong, and how it is made good: a provider that falls silent, funds that run dry.

use super::{
    LIMIT, Market, POLL,
    cast::{HEARTBEAT, Provider},
};
use crate::{
    containers,
    teller::{number, text},
};
use aliquot_proto::{
    compute::v1::EventSlashed,
    deployment::v1::{EventDeploymentPaused, EventDeploymentResumed},
    escrow::v1::EventLowFunds,
    market::v1::{EventLeaseCreated, EventStandbyTookOver, LeaseId},
    provider::v1::{EventProviderJailed, EventProviderSilent},
};
use anyhow::{Result, ensure};
use std::time::Instant;
use tokio::time::sleep;

impl Market {
    pub(super) async fn a_provider_is_killed(&mut self) -> Result<()> {
        self.teller.headline("Mia's provider is killed; its heartbeats stay away, and its pay stops where they did");
        println!("  $ kill -9 the aliquot-runner of {}", self.dear.account);
        self.dear.runner.kill();
        let killed = self.story.height();
        let dear = self.dear.address.clone();
        let (height, silent) =
            self.story.until_one(LIMIT, |height, e: &EventProviderSilent| height > killed && e.owner == dear).await?;
        ensure!(silent.last_heartbeat + HEARTBEAT == height, "the first miss of {silent:?} came at height {height}");
        let (owner, dseq) = (crate::address(&self.cast.mia.account)?, self.cast.mia.dseq.to_string());
        let id = ["--owner", &owner, "--dseq", &dseq, "--provider", &dear];
        let payment = self.teller.run(&[&["query", "escrow", "payment"], &id[..]].concat())?;
        let payment = &payment["payment"];
        let mia = self.cast.mia.dseq;
        let is_mias =
            |_, lease: &EventLeaseCreated| lease.id.as_ref().is_some_and(|id| id.dseq == mia && id.provider == dear);
        let (began, lease) = self.story.until_one(LIMIT, is_mias).await?;
        let blocks = u128::from(silent.last_heartbeat - began);
        let paid = blocks * lease.rate.unwrap_or_default().amount_sub.parse::<u128>()?;
        println!("  paid: {} = {blocks} blocks up to {}", text(&payment["paid_sub"]), silent.last_heartbeat);
        ensure!(number(&payment["paid_sub"])? == paid && payment["held"] == true, "payment: {payment}");

        self.teller.headline("The second miss closes the lease; the standby takes over");
        self.story.until_one(LIMIT, |_, e: &EventProviderJailed| e.owner == dear).await?;
        let is_hers = |id: &Option<LeaseId>| id.as_ref().is_some_and(|id| id.dseq == mia);
        self.story.until_one(LIMIT, |_, e: &EventSlashed| is_hers(&e.id)).await?;
        let (_, taken) = self.story.until_one(LIMIT, |_, e: &EventStandbyTookOver| is_hers(&e.id)).await?;
        ensure!(taken.id.is_some_and(|id| id.provider == self.cheap.address), "another took over");
        self.answers(&self.cast.mia).await
    }

    pub(super) async fn olga_runs_dry(&mut self) -> Result<()> {
        self.teller.headline("Olga's funds run dry: she is warned, her shop is held where it is");
        let (owner, dseq) = (crate::address(&self.cast.olga.account)?, self.cast.olga.dseq);
        let (warned, low) = self.story.until_one(LIMIT, |_, e: &EventLowFunds| e.dseq == dseq).await?;
        let is_hers = |_, e: &EventDeploymentPaused| e.id.as_ref().is_some_and(|id| id.dseq == dseq);
        let (paused, _) = self.story.until_one(LIMIT, is_hers).await?;
        ensure!(
            warned + low.blocks_left == paused,
            "warned at {warned} of {} blocks, dry at {paused}",
            low.blocks_left
        );
        self.instance(&self.cast.olga, "paused").await?;
        let lease = ["query", "market", "lease", "list", "--owner", &owner];
        let before = self.teller.run(&lease)?["leases"][0].clone();
        ensure!(before["state"] == "LEASE_STATE_PAUSED", "the lease is {before}");

        self.teller.headline("A deposit in the time of grace lets the same lease go on, in the same block");
        let (account, text_dseq) = (self.cast.olga.account.clone(), dseq.to_string());
        let top_up = ["tx", "escrow", "deposit", "500000ualq", "--dseq", &text_dseq];
        let deposited = self.transact(&account, &top_up).await?;
        let is_hers = |_, e: &EventDeploymentResumed| e.id.as_ref().is_some_and(|id| id.dseq == dseq);
        let (resumed, _) = self.story.until_one(LIMIT, is_hers).await?;
        ensure!(
            number(&deposited["height"])? == u128::from(resumed),
            "deposited at {}, resumed at {resumed}",
            deposited["height"]
        );
        let after = self.teller.run(&lease)?["leases"][0].clone();
        let same = before["id"] == after["id"] && before["created_at"] == after["created_at"];
        ensure!(same && after["state"] == "LEASE_STATE_ACTIVE", "the lease is {after}");
        self.answers(&self.cast.olga).await
    }

    pub(super) async fn the_killed_comes_back(&mut self) -> Result<()> {
        self.teller.headline("The killed provider comes back, clears away what it still ran, and may bid again");
        let Provider { account, address, runner } = &mut self.dear;
        let (account, address) = (account.clone(), address.clone());
        ensure!(!containers::of_provider(&address)?.is_empty(), "its container is gone already");
        println!("  $ aliquot-runner run --home {}", runner.home.display());
        runner.restart()?;
        let end = Instant::now() + LIMIT;
        while !containers::of_provider(&address)?.is_empty() {
            runner.check()?;
            ensure!(Instant::now() < end, "the container of a lost lease still runs");
            sleep(POLL).await;
        }
        self.transact(&account, &["tx", "provider", "unjail"]).await?;
        let record = self.teller.run(&["query", "provider", "get", &address])?;
        ensure!(record["provider"]["jailed"] == false, "it is still jailed: {record}");
        Ok(())
    }
}
