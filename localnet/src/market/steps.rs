//! What happens when all goes well, one function a step; the rest is in `troubles`.

use super::{
    LIMIT, Market, POLL,
    cast::{HEARTBEAT, Tenant},
};
use crate::{
    containers,
    teller::{number, text},
};
use aliquot_proto::market::v1::{EventBidCreated, EventLeaseCreated};
use anyhow::{Context, Result, ensure};
use std::time::Instant;
use tokio::time::sleep;

/// Noah's price per block after the amendment.
const AMENDED: &str = "1234.567891ualq";

impl Market {
    pub(super) fn introduce(&mut self) -> Result<()> {
        self.teller.headline("A chain of one validator, two providers, three tenants");
        self.teller.introduce(&self.cast.all())
    }

    pub(super) async fn providers_register(&mut self) -> Result<()> {
        self.teller.headline("The providers register; the second asks a third more for the same");
        for provider in [&self.cheap, &self.dear] {
            println!("  $ aliquot-runner run --home {}", provider.runner.home.display());
        }
        let end = Instant::now() + LIMIT;
        let addresses = [self.cheap.address.clone(), self.dear.address.clone()];
        for address in &addresses {
            let device = ["query", "compute", "device", "list", "--provider", address.as_str()];
            while self.teller.net.aliquotd(&device)?["devices"].get(0).is_none() {
                self.cheap.runner.check()?;
                self.dear.runner.check()?;
                ensure!(Instant::now() < end, "a provider did not register within {LIMIT:?}");
                sleep(POLL).await;
            }
            let record = self.teller.run(&["query", "provider", "get", address])?;
            let status = self.teller.run(&["provider", "status", address])?;
            let free = &status["services"]["free"];
            println!("  gateway {}, free: {free}", text(&record["provider"]["host_uri"]));
            ensure!(free["cpu"] == 2000, "the gateway tells of {free}");
        }
        Ok(())
    }

    pub(super) async fn tenants_deploy(&mut self) -> Result<()> {
        self.teller.headline("The tenants deploy; one chooses by hand, one takes the lowest bid, one the best score");
        for Tenant { account, dseq, file, deposit, .. } in self.cast.tenants() {
            let (dseq, deposit) = (dseq.to_string(), format!("{deposit}ualq"));
            let create = ["tx", "deployment", "create", file, "--dseq", &dseq, "--deposit", &deposit];
            self.transact(&account, &create).await?;
        }
        Ok(())
    }

    /// Both providers have bid on a deployment; the bids of the two.
    async fn bids(&mut self, dseq: u64) -> Result<[u128; 2]> {
        let mut rates = [0; 2];
        for (rate, provider) in rates.iter_mut().zip([&self.cheap.address, &self.dear.address]) {
            let is = |_, bid: &EventBidCreated| {
                bid.id.as_ref().is_some_and(|id| id.dseq == dseq && id.provider == *provider)
            };
            let (_, bid) = self.story.until_one(LIMIT, is).await?;
            *rate = bid.rate.context("a bid without a rate")?.amount_sub.parse()?;
        }
        ensure!(rates[0] < rates[1], "the cheap provider bids {}, the dear one {}", rates[0], rates[1]);
        Ok(rates)
    }

    pub(super) async fn mia_chooses(&mut self) -> Result<()> {
        self.teller.headline("Mia takes the dear provider, and has the cheap one stand by");
        self.bids(self.cast.mia.dseq).await?;
        let (account, dseq) = (self.cast.mia.account.clone(), self.cast.mia.dseq.to_string());
        let bids = self.teller.run(&["query", "market", "bid", "list", "--dseq", &dseq, "--state", "open"])?;
        ensure!(bids["bids"].as_array().is_some_and(|bids| bids.len() == 2), "there are not two bids: {bids}");
        let (dear, cheap) = (self.dear.address.clone(), self.cheap.address.clone());
        let create = ["tx", "market", "lease", "create", "--dseq", &dseq, "--provider", &dear, "--standby", &cheap];
        self.transact(&account, &create).await?;
        let lost = self.teller.run(&["query", "market", "lease", "list", "--dseq", &dseq])?;
        let leases = lost["leases"].as_array().context("no leases")?;
        let state = |provider: &str| {
            let lease = leases.iter().find(|lease| lease["id"]["provider"] == provider);
            lease.map_or("", |lease| text(&lease["state"])).to_string()
        };
        ensure!(state(&dear) == "LEASE_STATE_ACTIVE" && state(&cheap) == "LEASE_STATE_STANDBY", "leases: {lost}");
        Ok(())
    }

    pub(super) async fn chain_awards(&mut self) -> Result<()> {
        self.teller.headline("When the bid windows end, the chain awards the others' orders");
        for dseq in [self.cast.noah.dseq, self.cast.olga.dseq] {
            let [lowest, _] = self.bids(dseq).await?;
            let is = |_, lease: &EventLeaseCreated| lease.id.as_ref().is_some_and(|id| id.dseq == dseq);
            let (_, lease) = self.story.until_one(LIMIT, is).await?;
            let (provider, rate) = (lease.id.unwrap_or_default().provider, lease.rate.unwrap_or_default().amount_sub);
            ensure!(provider == self.cheap.address, "deployment {dseq} was awarded to {provider}");
            ensure!(rate == lowest.to_string(), "deployment {dseq} pays {rate}, the lowest bid was {lowest}");
        }
        Ok(())
    }

    pub(super) async fn manifests_are_sent(&mut self) -> Result<()> {
        self.teller.headline("The tenants send their manifests, and the services answer");
        for Tenant { account, dseq, file, .. } in self.cast.tenants() {
            let dseq = dseq.to_string();
            let sent = self.teller.run(&["provider", "send-manifest", file, "--dseq", &dseq, "--from", &account])?;
            println!("  taken by {}", sent["sent"].as_array().map_or(0, Vec::len));
        }
        for tenant in self.cast.tenants() {
            self.answers(&tenant).await?;
        }
        let (account, dseq) = (&self.cast.noah.account, self.cast.noah.dseq.to_string());
        self.logs_and_shell(account, &dseq)
    }

    pub(super) async fn noah_amends(&mut self) -> Result<()> {
        self.teller.headline("Noah and his provider agree on another price: both sign");
        let (tenant, provider) = (self.cast.noah.account.clone(), self.cheap.account.clone());
        let (dseq, address) = (self.cast.noah.dseq.to_string(), self.cheap.address.clone());
        let amend = ["tx", "market", "lease", "amend", "--dseq", &dseq, "--rate", AMENDED];
        let first = self.transact(&tenant, &[&amend[..], &["--provider", &address]].concat()).await?;
        ensure!(first["amended"] == false, "one signature was enough: {first}");
        let owner = crate::address(&tenant)?;
        let second = self.transact(&provider, &[&amend[..], &["--owner", &owner]].concat()).await?;
        ensure!(second["amended"] == true, "two signatures were not enough: {second}");
        let height = u64::try_from(number(&second["height"])?)?;
        self.story.until_height(height, LIMIT).await?;
        let id = ["--owner", &owner, "--dseq", &dseq, "--provider", &address];
        let payment = self.teller.run(&[&["query", "escrow", "payment"], &id[..]].concat())?;
        let payment = &payment["payment"];
        println!(
            "  since height {}: {} millionths of a ualq per block",
            text(&payment["since"]),
            text(&payment["rate_sub"])
        );
        ensure!(payment["rate_sub"] == "1234567891" && payment["since"] == second["height"], "payment: {payment}");
        Ok(())
    }

    /// Closes all; gives the height at which everything earned is verified and everything left is back.
    pub(super) async fn everything_closes(&mut self) -> Result<u64> {
        self.teller.headline("The tenants close; what is left returns once all that was earned is verified");
        let mut last = 0;
        for Tenant { account, dseq, .. } in self.cast.tenants() {
            let closed = self.transact(&account, &["tx", "deployment", "close", "--dseq", &dseq.to_string()]).await?;
            last = u64::try_from(number(&closed["height"])?)?;
        }
        let end = last + HEARTBEAT + 1;
        self.story.until_height(end, LIMIT).await?;
        let stop = Instant::now() + LIMIT;
        while !containers::of_provider(&self.cheap.address)?.is_empty() {
            ensure!(Instant::now() < stop, "containers of closed leases still run");
            sleep(POLL).await;
        }
        Ok(end)
    }
}
