//! The engine of services: finds leases and bids after a restart, bids, and follows what the chain says of both.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aliquot_client::BlockEvents;
use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1::GroupSpec,
    market::v1::{self as market, LeaseId, LeaseState, Order},
    provider::v1::{self as provider, Attribute},
};
use anyhow::{Context, Result};

use super::{
    bid::{NoBid, Offer},
    book::Book,
    decide::Patience,
    events::{bid_gone, deployment_moved, lease_moved},
    inventory::{Inventory, Taken},
    upkeep::Beat,
};
use crate::{chain::Chain, config::ServicesConfig, engine::typed, price::Coin, runtime::Runtime, store::lease_name};

/// Refused bids that are remembered.
const REMEMBERED: usize = 10_000;
const LIVE: [LeaseState; 4] = [LeaseState::Active, LeaseState::Reclaiming, LeaseState::Paused, LeaseState::Standby];

/// Everything that services share.
pub struct Host {
    pub chain: Chain,
    pub runtime: Arc<dyn Runtime>,
    pub book: Book,
    pub inventory: Inventory,
    pub config: ServicesConfig,
    pub device_id: Vec<u8>,
    pub attributes: Vec<Attribute>,
    pub market: market::Params,
    pub compute: compute::Params,
    pub provider: provider::Params,
    pub block_ms: u32,
    pub(crate) patience: Patience,
    pub(crate) beat: Beat,
    /// Bids on their way to the chain, by the name of the lease that they may become.
    sending: Mutex<BTreeSet<String>>,
    /// Bids that the chain refused: sending them again would cost a fee each time.
    refused: Mutex<BTreeSet<String>>,
}

impl Host {
    /// Reads what the chain says about services. `runtime` runs them, `book` is the gateway's too.
    pub async fn new(
        chain: Chain,
        config: ServicesConfig,
        runtime: Arc<dyn Runtime>,
        book: Book,
        inventory: Inventory,
        device_id: Vec<u8>,
    ) -> Result<Self> {
        let record = chain.record().await?.context("the provider is not registered")?;
        Ok(Host {
            patience: config.patience(),
            market: chain.market_params().await?,
            compute: chain.compute_params().await?,
            provider: chain.provider_params().await?,
            block_ms: chain.deployment_params().await?.block_ms,
            attributes: record.attributes,
            beat: Beat::default(),
            sending: Mutex::default(),
            refused: Mutex::default(),
            chain,
            config,
            runtime,
            book,
            inventory,
            device_id,
        })
    }

    fn sending(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds what there was before this start, so that what runs is counted before anything new is bid on: first
    /// containers, which keep their GPUs, then other leases, then open bids.
    pub async fn adopt(self: &Arc<Self>) -> Result<()> {
        let found = self.runtime.list().await.context("the container runtime")?;
        for (id, containers) in &found {
            let held: Vec<usize> = containers.iter().flat_map(|c| &c.gpus).copied().collect();
            if self.chain.lease(id).await?.is_some_and(|lease| LIVE.contains(&lease.state())) {
                self.hold_or_tell(id, &held).await?;
            }
        }
        self.sweep().await?;
        for id in found.iter().map(|(id, _)| id) {
            self.drive(id);
        }
        for id in self.book.kept()? {
            self.drive(&id);
        }
        tracing::info!(containers = found.len(), leases = self.book.len(), "services found again");
        Ok(())
    }

    /// Counts what a lease takes, unless it is counted. That the machine lacks it now must not stop other leases.
    async fn hold_or_tell(&self, id: &LeaseId, held: &[usize]) -> Result<()> {
        if self.inventory.of(&lease_name(id)).is_some() {
            return Ok(());
        }
        let Some(spec) = self.chain.group_of(id).await? else { return Ok(()) };
        if let Err(error) = self.take_for(id, &spec, held) {
            tracing::error!(lease = lease_name(id), %error, "the machine lacks what the lease was promised");
        }
        Ok(())
    }

    /// Counts what a lease of this group takes.
    pub(crate) fn take_for(&self, id: &LeaseId, spec: &GroupSpec, held: &[usize]) -> Result<Taken> {
        let units = spec.service.as_ref().map_or(&[][..], |service| service.resources.as_slice());
        Ok(self.inventory.hold(&lease_name(id), units, held)?)
    }

    /// Finds on the chain what is to be done, and gives back what bids took that are gone.
    pub async fn sweep(self: &Arc<Self>) -> Result<()> {
        for state in LIVE {
            for id in self.chain.leases(state, "", 0).await?.into_iter().filter_map(|lease| lease.id) {
                self.hold_or_tell(&id, &[]).await?;
                self.drive(&id);
            }
        }
        // Bids are asked for last: one that becomes a lease meanwhile has a task by then or is found here.
        let open: Vec<_> = self.chain.open_bids().await?.into_iter().filter_map(|bid| bid.id).collect();
        for id in &open {
            self.hold_or_tell(id, &[]).await?;
        }
        let open: BTreeSet<_> = open.iter().map(lease_name).collect();
        for name in self.inventory.names() {
            let Some(id) = crate::store::lease_named(&name) else { continue };
            let alive = open.contains(&name) || self.book.has(&id) || self.sending().contains(&name);
            if !alive && self.chain.lease(&id).await?.is_none_or(|lease| !LIVE.contains(&lease.state())) {
                self.inventory.release(&name);
            }
        }
        Ok(())
    }

    /// Starts the task of a lease, or wakes it.
    pub(crate) fn drive(self: &Arc<Self>, id: &LeaseId) {
        if let Some(wake) = self.book.enter(id) {
            tokio::spawn(self.clone().tend(id.clone(), wake));
        }
    }

    /// What a block says of this provider's bids and leases, and the heartbeat if it is time.
    pub fn take(self: &Arc<Self>, block: &BlockEvents) {
        for event in &block.events {
            if let Some(created) = typed::<market::EventLeaseCreated>(event) {
                let own = created.id.filter(|id| id.provider == self.chain.provider() && created.rate.is_some());
                if let Some(id) = own {
                    let standby = created.standby;
                    tracing::info!(lease = lease_name(&id), standby, height = block.height, "service lease won");
                    self.drive(&id);
                }
            } else if let Some(id) = bid_gone(event) {
                if id.provider == self.chain.provider() && !self.book.has(&id) {
                    self.inventory.release(&lease_name(&id));
                }
            } else if let Some(id) = lease_moved(event) {
                self.book.wake(&id);
            } else if let Some((owner, dseq)) = deployment_moved(event) {
                self.book.wake_deployment(&owner, dseq);
            }
        }
        self.beat(block.height);
    }

    /// Bids on an order for services. What it takes stays reserved while the bid is open.
    pub async fn bid(&self, order: &Order, free_bond: &Coin, deposit: &Coin) -> Result<Result<(), NoBid>> {
        let blocks = self.config.reclamation_s.saturating_mul(1000).div_ceil(u64::from(self.block_ms.max(1)));
        let offer = Offer {
            provider: self.chain.provider(),
            attributes: &self.attributes,
            denom: &self.config.denom,
            admission: &self.config.admission,
            prices: &self.config.prices,
            inventory: &self.inventory,
            market: &self.market,
            compute: &self.compute,
            free_bond,
            block_ms: self.block_ms,
            reclamation_blocks: u32::try_from(blocks).unwrap_or(u32::MAX),
        };
        if self.book.len() >= self.config.max_leases {
            return Ok(Err(NoBid::Full(self.book.len())));
        }
        let bid = match offer.bid(order) {
            Ok(bid) => bid,
            Err(reason) => return Ok(Err(reason)),
        };
        let name = lease_name(&bid.id);
        if self.refused().contains(&name) {
            self.inventory.release(&name);
            return Ok(Err(NoBid::Refused));
        }
        self.sending().insert(name.clone());
        let sent = self.chain.bid_for_service(&bid, &self.device_id, deposit).await;
        self.sending().remove(&name);
        // A bid that was sent and not seen in a block is found again by the sweep if it is there.
        if let Err(error) = &sent {
            self.inventory.release(&name);
            if error.code().is_some() {
                let mut refused = self.refused();
                if refused.len() >= REMEMBERED {
                    refused.clear();
                }
                refused.insert(name.clone());
            }
        }
        tracing::info!(lease = name, rate_sub = bid.rate, denom = bid.denom, height = sent?.height, "service bid");
        Ok(Ok(()))
    }
}
