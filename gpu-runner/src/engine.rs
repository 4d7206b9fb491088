//! The daemon: follows the chain, bids on orders, and drives each lease from its start to its payment.
//!
//! What to do next is always read from the chain: events only say when to look, and a sweep every minute finds what
//! they missed. So a restart, a gap or an event seen twice changes nothing. Every lease has a task of its own; the
//! loop that takes events never waits for anything else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aliquot_client::{BlockEvents, Event, follow};
use aliquot_kernels::Kernel;
use aliquot_proto::{
    compute::v1::{self as compute, JobPhase},
    market::v1::{self as market, LeaseId, OrderId},
    prost::{Message, Name},
    provider::v1::Attribute,
};
use anyhow::{Context, Result, bail};
use tokio::{
    sync::{Mutex as AsyncMutex, Semaphore},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    bid::{NoBid, Offer, order_name},
    book::Book,
    chain::Chain,
    price::{Coin, PriceRule},
    queue::Queue,
    store::Store,
};

const SWEEP: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_secs(1);
/// Orders that are looked at side by side.
const BIDDING: usize = 8;
/// Orders whose reason for no bid is remembered, so that it is told once.
const REMEMBERED: usize = 10_000;

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
        for event in &block.events {
            if let Some(created) = typed::<market::EventOrderCreated>(event) {
                if let Some(id) = created.id {
                    tokio::spawn(self.clone().consider(id));
                }
            } else if let Some(created) = typed::<market::EventLeaseCreated>(event) {
                if let Some(id) = created.id.filter(|id| id.provider == self.chain.provider()) {
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

    /// Looks at an order and bids on it, once.
    async fn consider(self: Arc<Self>, id: OrderId) {
        let name = order_name(&id);
        let fresh = locked(&self.desk.looking_at).insert(name.clone());
        if !fresh {
            return;
        }
        let Ok(_permit) = self.desk.permits.acquire().await else {
            return;
        };
        match self.bid(&id).await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => self.tell(&name, &reason.to_string()),
            Err(error) => tracing::warn!(order = name, error = format!("{error:#}"), "bid failed"),
        }
        locked(&self.desk.looking_at).remove(&name);
    }

    /// Says why there is no bid, unless it was said before.
    fn tell(&self, order: &str, reason: &str) {
        let mut told = locked(&self.desk.told);
        if told.len() >= REMEMBERED {
            told.clear();
        }
        if told.insert(order.into(), reason.into()).as_deref() != Some(reason) {
            tracing::info!(order, reason, "no bid");
        }
    }

    async fn bid(&self, id: &OrderId) -> Result<Result<(), NoBid>> {
        let Some(order) = self.chain.order(id).await? else {
            return Ok(Err(NoBid::NotOpen("gone")));
        };
        if self.chain.own_bid(id).await?.is_some() {
            return Ok(Ok(()));
        }
        if self.book.len() >= self.max_leases {
            return Ok(Err(NoBid::Full(self.book.len())));
        }
        let device = self.chain.device(&self.device_id).await?;
        let free_bond = free_bond(&device.context("the device is not on the chain any more")?)?;
        let fees = |cost, samples, len| match self.cover_fees {
            true => self.chain.expected_fees(cost, samples, len),
            false => 0,
        };
        let offered = Offer {
            provider: self.chain.provider(),
            attributes: &self.attributes,
            kernels: &self.kernels,
            rule: &self.rule,
            params: &self.params,
            free_bond: &free_bond,
            queue: &self.queue,
            block_ms: self.block_ms,
            fees: &fees,
        }
        .price(&order);
        let price = match offered {
            Ok(price) => price,
            Err(reason) => return Ok(Err(reason)),
        };
        let deposit = self.deposit(&price.denom)?;
        let sent = self.chain.create_bid(id, &price, &self.device_id, &deposit).await?;
        tracing::info!(order = order_name(id), %price, height = sent.height, "bid");
        Ok(Ok(()))
    }

    /// The least deposit that a bid takes, in the price's denom where that is possible.
    fn deposit(&self, denom: &str) -> Result<Coin> {
        let least = &self.market.min_bid_deposits;
        let one = least.iter().find(|c| c.denom == denom).or(least.first());
        let one = one.context("the chain takes no deposit for bids in any denom")?;
        let coin = Coin::try_from(one)?;
        // The chain wants more than nothing.
        Ok(Coin::new(coin.amount.max(1), coin.denom))
    }

    /// Earnings of leases that ended while the runner was away.
    async fn withdraw_left(&self) -> Result<()> {
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

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn free_bond(device: &compute::Device) -> Result<Coin> {
    let Some(bond) = &device.bond else { bail!("the device has no bond") };
    let bond = Coin::try_from(bond)?;
    let locked: u128 = device.locked.parse().context("the device's locked bond")?;
    Ok(Coin::new(bond.amount.saturating_sub(locked), bond.denom))
}

/// The event as `T`, if it is one.
fn typed<T: Name + Message + Default>(event: &Event) -> Option<T> {
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
