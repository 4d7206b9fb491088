//! Looking at orders, and bidding on them.

use std::sync::Arc;

use aliquot_proto::{
    compute::v1 as compute,
    market::v1::{Order, OrderId},
};
use anyhow::{Context, Result, bail};

use super::{Engine, locked};
use crate::{
    bid::{NoBid, Offer, order_name},
    price::Coin,
};

/// Orders whose reason for no bid is remembered, so that it is told once.
const REMEMBERED: usize = 10_000;

impl Engine {
    /// Looks at an order and bids on it, once.
    pub(super) async fn consider(self: Arc<Self>, id: OrderId) {
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
        if order.spec.as_ref().is_some_and(|spec| spec.service.is_some()) {
            return self.bid_for_service(&order).await;
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

    async fn bid_for_service(&self, order: &Order) -> Result<Result<(), NoBid>> {
        let Some(host) = &self.host else { return Ok(Err(NoBid::NoJob)) };
        let device = self.chain.device(&self.device_id).await?;
        let free_bond = free_bond(&device.context("the device is not on the chain any more")?)?;
        let deposit = self.deposit(&host.config.denom)?;
        Ok(host.bid(order, &free_bond, &deposit).await?.map_err(NoBid::Service))
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
}

fn free_bond(device: &compute::Device) -> Result<Coin> {
    let Some(bond) = &device.bond else { bail!("the device has no bond") };
    let bond = Coin::try_from(bond)?;
    let locked: u128 = device.locked.parse().context("the device's locked bond")?;
    Ok(Coin::new(bond.amount.saturating_sub(locked), bond.denom))
}
