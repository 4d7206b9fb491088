//! Books of leases kept from the chain's events alone, in another way than the chain's: every stretch of blocks at one
//! rate is multiplied out and added up.

use aliquot_client::Event;
use aliquot_proto::{
    deployment::v1::{DeploymentId, EventDeploymentPaused, EventDeploymentResumed},
    escrow::v1::{EventDeposited, EventRefunded},
    market::v1::{EventLeaseAmended, EventLeaseClosed, EventLeaseCreated, EventStandbyTookOver, LeaseId},
    prost::{Message, Name},
    provider::v1::{EventProviderBack, EventProviderSilent},
};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

const BPS: u128 = 10_000;

/// What of each payment goes where, as genesis says it.
#[derive(Clone, Copy, Debug)]
pub struct Fees {
    pub fee_bps: u128,
    pub stakers_bps: u128,
    pub community_bps: u128,
}

/// Who is paid for a lease, in the order of the chain's legs.
pub const FEE_PARTS: [&str; 3] = ["stakers", "community", "insurance"];

impl Fees {
    /// The provider's part of a rate, and those of [`FEE_PARTS`].
    fn split(self, rate: u128) -> [u128; 4] {
        let fee = rate * self.fee_bps / BPS;
        let (stakers, community) = (fee * self.stakers_bps / BPS, fee * self.community_bps / BPS);
        [rate - fee, stakers, community, fee - stakers - community]
    }
}

#[derive(Debug, Default)]
struct Lease {
    rate: u128,
    /// Blocks above this height are paid, while it is paid.
    since: Option<u64>,
    standby: bool,
    closed: bool,
}

/// All of it in sub-units, but what came and went as coins.
#[derive(Debug, Default)]
pub struct Books {
    /// By payee: a provider's address, or one of [`FEE_PARTS`].
    pub earned: BTreeMap<String, u128>,
    /// By dseq.
    pub paid: BTreeMap<u64, u128>,
    /// By dseq, in ualq.
    pub deposited: BTreeMap<u64, u128>,
    pub refunded: BTreeMap<u64, u128>,
    /// Blocks that were paid, by dseq.
    pub blocks: BTreeMap<u64, u64>,
    leases: BTreeMap<(u64, String), Lease>,
    paused: BTreeSet<u64>,
    silent: BTreeSet<String>,
}

fn is<T: Name + Message + Default>(event: &Event) -> Result<Option<T>> {
    Ok(event.decode::<T>().transpose()?)
}

fn key(id: Option<LeaseId>) -> (u64, String) {
    id.map(|id| (id.dseq, id.provider)).unwrap_or_default()
}

fn dseq(id: Option<DeploymentId>) -> u64 {
    id.unwrap_or_default().dseq
}

impl Books {
    pub fn of(events: &[(u64, Event)], fees: Fees) -> Result<Self> {
        let mut books = Books::default();
        for (height, event) in events {
            books.of_leases(*height, event, fees)?;
            books.of_funds(*height, event, fees)?;
            books.of_providers(*height, event, fees)?;
        }
        ensure!(books.leases.values().all(|lease| lease.closed), "not all leases are closed: {:?}", books.leases);
        Ok(books)
    }

    fn of_leases(&mut self, height: u64, event: &Event, fees: Fees) -> Result<()> {
        if let Some(e) = is::<EventLeaseCreated>(event)? {
            let rate = e.rate.context("a lease of a job")?.amount_sub.parse()?;
            let key = key(e.id);
            self.leases.insert(key.clone(), Lease { rate, standby: e.standby, ..Lease::default() });
            self.start(&key, height);
        } else if let Some(e) = is::<EventStandbyTookOver>(event)? {
            let key = key(e.id);
            self.leases.get_mut(&key).context("a standby that was never made")?.standby = false;
            self.start(&key, height);
        } else if let Some(e) = is::<EventLeaseAmended>(event)? {
            let (key, rate) = (key(e.id), e.rate.context("an amendment without a rate")?.amount_sub.parse()?);
            self.stop(&key, height, fees);
            self.leases.get_mut(&key).context("an amendment of no lease")?.rate = rate;
            self.start(&key, height);
        } else if let Some(e) = is::<EventLeaseClosed>(event)? {
            let key = key(e.id);
            self.stop(&key, height, fees);
            self.leases.get_mut(&key).context("a lease that was never made")?.closed = true;
        }
        Ok(())
    }

    fn of_funds(&mut self, height: u64, event: &Event, fees: Fees) -> Result<()> {
        let ualq = |coin: Option<aliquot_proto::Coin>| coin.unwrap_or_default().amount.parse::<u128>();
        if let Some(e) = is::<EventDeposited>(event)? {
            *self.deposited.entry(e.dseq).or_default() += ualq(e.amount)?;
        } else if let Some(e) = is::<EventRefunded>(event)? {
            *self.refunded.entry(e.dseq).or_default() += ualq(e.amount)?;
        } else if let Some(e) = is::<EventDeploymentPaused>(event)? {
            self.paused.insert(dseq(e.id.clone()));
            self.each(|lease| lease.0 == dseq(e.id.clone()), |books, key| books.stop(key, height, fees));
        } else if let Some(e) = is::<EventDeploymentResumed>(event)? {
            self.paused.remove(&dseq(e.id.clone()));
            self.each(|lease| lease.0 == dseq(e.id.clone()), |books, key| books.start(key, height));
        }
        Ok(())
    }

    fn of_providers(&mut self, height: u64, event: &Event, fees: Fees) -> Result<()> {
        if let Some(e) = is::<EventProviderSilent>(event)? {
            self.silent.insert(e.owner.clone());
            self.each(|lease| lease.1 == e.owner, |books, key| books.stop(key, e.last_heartbeat, fees));
        } else if let Some(e) = is::<EventProviderBack>(event)? {
            self.silent.remove(&e.owner);
            self.each(|lease| lease.1 == e.owner, |books, key| books.start(key, height));
        }
        Ok(())
    }

    fn each(&mut self, of: impl Fn(&(u64, String)) -> bool, mut act: impl FnMut(&mut Self, &(u64, String))) {
        let keys: Vec<_> = self.leases.keys().filter(|key| of(key)).cloned().collect();
        keys.iter().for_each(|key| act(self, key));
    }

    /// Pays blocks above `height`, if nothing is in the way.
    fn start(&mut self, key: &(u64, String), height: u64) {
        let held = self.paused.contains(&key.0) || self.silent.contains(&key.1);
        if let Some(lease) = self.leases.get_mut(key).filter(|l| !held && !l.standby && !l.closed) {
            lease.since.get_or_insert(height);
        }
    }

    /// Pays no block above `height`, and counts those that were.
    fn stop(&mut self, key: &(u64, String), height: u64, fees: Fees) {
        let Some(lease) = self.leases.get_mut(key) else { return };
        let Some(since) = lease.since.take() else { return };
        let blocks = height.saturating_sub(since);
        let [provider, parts @ ..] = fees.split(lease.rate).map(|leg| leg * u128::from(blocks));
        *self.paid.entry(key.0).or_default() += lease.rate * u128::from(blocks);
        *self.blocks.entry(key.0).or_default() += blocks;
        *self.earned.entry(key.1.clone()).or_default() += provider;
        for (name, part) in FEE_PARTS.into_iter().zip(parts) {
            *self.earned.entry(name.into()).or_default() += part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_split_without_a_rest() {
        let fees = Fees { fee_bps: 200, stakers_bps: 4_000, community_bps: 2_000 };
        for rate in [1, 49, 50, 1_234_567_891, 999_999_999_999_999] {
            assert_eq!(fees.split(rate).iter().sum::<u128>(), rate);
        }
        assert_eq!(fees.split(1_234_567_891), [1_209_876_534, 9_876_542, 4_938_271, 9_876_544]);
    }
}
