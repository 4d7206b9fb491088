//! The daemon: follows the chain, bids on orders, and drives each lease from its start to its payment.
//!
//! What to do next is always read from the chain: events only say when to look, and a sweep every minute finds what
//! they missed. So a restart, a gap or an event seen twice changes nothing. Every lease has a task of its own; the
//! loop that takes events never waits for anything else.

mod bidding;
mod earning;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aliquot_client::{BlockEvents, Event, follow};
use aliquot_kernels::Kernel;
use aliquot_proto::{
    compute::v1::{self as compute, JobPhase},
    market::v1::{self as market, LeaseId},
    prost::{Message, Name},
    provider::v1::Attribute,
};
use anyhow::Result;
use tokio::{
    sync::{Mutex as AsyncMutex, Semaphore},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    book::Book,
    chain::Chain,
    price::{Coin, PriceRule},
    queue::Queue,
    services::host::Host,
    store::Store,
};

const SWEEP: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_secs(1);
/// Orders that are looked at side by side.
const BIDDING: usize = 8;

/// Everything that the tasks share.
pub struct Engine {
    pub chain: Chain,
    pub store: Store,
    pub queue: Queue,
    pub book: Book,
    pub rule: PriceRule,
    pub cover_fees: bool,
    pub max_leases: usize,
    pub device_id: Vec<u8>,
    pub attributes: Vec<Attribute>,
    pub kernels: Vec<Kernel>,
    pub params: compute::Params,
    pub market: market::Params,
    pub block_ms: u32,
    pub desk: Desk,
    /// Runs services, where the configuration says so.
    pub host: Option<Arc<Host>>,
}

/// What bidding and withdrawing keep in mind.
pub struct Desk {
    permits: Semaphore,
    looking_at: Mutex<BTreeSet<String>>,
    told: Mutex<BTreeMap<String, String>>,
    /// One withdrawal at a time: each pays out everything there is.
    pub(crate) withdrawing: AsyncMutex<()>,
}

impl Default for Desk {
    fn default() -> Self {
        Desk {
            permits: Semaphore::new(BIDDING),
            looking_at: Mutex::default(),
            told: Mutex::default(),
            withdrawing: AsyncMutex::default(),
        }
    }
}

impl Engine {
    /// Follows the chain for ever.
    pub async fn serve(self: Arc<Self>) -> Result<()> {
        if let Some(host) = &self.host {
            while let Err(error) = host.adopt().await {
                tracing::warn!(error = format!("{error:#}"), "finding what ran before this start");
                sleep(RETRY).await;
            }
            tokio::spawn(self.clone().earn(host.clone()));
        }
        loop {
            // Taken before the sweep: what happens during it is seen again as events, which is harmless.
            let height = loop {
                match self.chain.client().height().await {
                    Ok(height) => break height,
                    Err(error) => tracing::warn!(%error, "waiting for the node"),
                }
                sleep(RETRY).await;
            };
            let mut blocks = follow(self.chain.client().url(), height + 1)?;
            tracing::info!(height, "following the chain");
            let mut sweep = interval(SWEEP);
            sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    block = blocks.recv() => match block {
                        Some(Ok(block)) => self.take(&block),
                        Some(Err(error)) => {
                            tracing::warn!(%error, "starting over from the chain's present state");
                            break;
                        }
                        None => break,
                    },
                    // The first tick comes at once: it finds what was under way before this start.
                    _ = sweep.tick() => {
                        let engine = self.clone();
                        tokio::spawn(async move {
                            if let Err(error) = engine.sweep().await {
                                tracing::warn!(%error, "sweep of the chain");
                            }
                        });
                    }
                }
            }
            sleep(RETRY).await;
        }
    }

    fn take(self: &Arc<Self>, block: &BlockEvents) {
        if let Some(host) = &self.host {
            host.take(block);
        }
        for event in &block.events {
            if let Some(created) = typed::<market::EventOrderCreated>(event) {
                if let Some(id) = created.id {
                    tokio::spawn(self.clone().consider(id));
                }
            } else if let Some(created) = typed::<market::EventLeaseCreated>(event) {
                if let Some(id) = created.id.filter(|id| id.provider == self.chain.provider() && created.rate.is_none())
                {
                    let price = created.price.as_ref().and_then(|p| Coin::try_from(p).ok());
                    let price = price.map(|p| p.to_string()).unwrap_or_default();
                    tracing::info!(lease = crate::store::lease_name(&id), price, height = block.height, "lease won");
                    self.drive(&id);
                }
            } else if let Some(id) = lease_of(event) {
                self.book.wake(&id);
            }
        }
    }

    /// Finds on the chain what is to be done: leases under way, earnings, open orders.
    async fn sweep(self: &Arc<Self>) -> Result<()> {
        use JobPhase::{Committed, Leased, Opened, Sampled, Verified};
        for phase in [Leased, Sampled, Committed, Opened, Verified] {
            for job in self.chain.jobs(phase).await? {
                if let Some(id) = &job.id {
                    self.drive(id);
                }
            }
        }
        self.end_forgotten().await?;
        if let Some(host) = &self.host {
            // What jobs need goes on, whatever is wrong with services.
            if let Err(error) = host.sweep().await {
                tracing::warn!(error = format!("{error:#}"), "sweep of service leases");
            }
        }
        self.withdraw_left().await?;
        for order in self.chain.open_orders().await? {
            if let Some(id) = order.id {
                tokio::spawn(self.clone().consider(id));
            }
        }
        Ok(())
    }

    /// Jobs that ended while the runner was away: their files know nothing of it yet.
    async fn end_forgotten(self: &Arc<Self>) -> Result<()> {
        for record in self.store.list()?.iter().filter(|r| r.ended.is_none()) {
            self.drive(&record.lease());
        }
        Ok(())
    }

    /// Starts the task of a lease, or wakes it.
    fn drive(self: &Arc<Self>, id: &LeaseId) {
        if let Some(wake) = self.book.enter(id) {
            tokio::spawn(self.clone().live(id.clone(), wake));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The event as `T`, if it is one.
pub(crate) fn typed<T: Name + Message + Default>(event: &Event) -> Option<T> {
    match event.decode::<T>()? {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::warn!(%error, "event passed over");
            None
        }
    }
}

/// The lease that an event moved on.
fn lease_of(event: &Event) -> Option<LeaseId> {
    if let Some(e) = typed::<compute::EventJobSampled>(event) {
        return e.id;
    }
    if let Some(e) = typed::<compute::EventJobVerified>(event) {
        return e.id;
    }
    if let Some(e) = typed::<compute::EventJobSettled>(event) {
        return e.id;
    }
    if let Some(e) = typed::<compute::EventJobFailed>(event) {
        return e.id;
    }
    typed::<market::EventLeaseClosed>(event)?.id
}
