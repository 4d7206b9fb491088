//! Whether to bid on an order, and the bid.

use std::time::Duration;

use aliquot_kernels::Kernel;
use aliquot_proto::{
    compute::v1 as compute,
    market::v1::{Order, OrderId, OrderState},
    provider::v1::Attribute,
};
use anyhow::Result;

use crate::{
    price::{Coin, PriceRule, Skip, locked_bond},
    queue::Queue,
};

/// What the runner brings to an order. All amounts as of now.
pub struct Offer<'a> {
    pub provider: &'a str,
    pub attributes: &'a [Attribute],
    pub kernels: &'a [Kernel],
    pub rule: &'a PriceRule,
    pub params: &'a compute::Params,
    /// Bond of the device that no lease locks.
    pub free_bond: &'a Coin,
    pub queue: &'a Queue,
    /// Milliseconds of a block.
    pub block_ms: u32,
    /// Base units that the job's messages will cost, by chunk cost, samples and bytes of an output.
    pub fees: &'a (dyn Fn(u64, u64, usize) -> u128 + Sync),
}

/// Why an order gets no bid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBid {
    #[error("it is {0}, not open")]
    NotOpen(&'static str),
    #[error("it is the provider's own")]
    Own,
    #[error("it is no job")]
    NoJob,
    #[error("kernel {0:?} is not served here")]
    Kernel(String),
    #[error("the kernel refuses its input: {0}")]
    Input(String),
    #[error("it requires attribute {0}={1}")]
    Attribute(String, String),
    #[error(transparent)]
    Price(#[from] Skip),
    #[error("it would lock {need} of bond, {free} is free")]
    Bond { need: u128, free: Coin },
    #[error("the device is busy: it would take {0:?}, the order allows {1:?}")]
    Busy(Duration, Duration),
    #[error("it names no price")]
    NoPrice,
    #[error("{0} leases are under way, which is as many as the configuration allows")]
    Full(usize),
    #[error(transparent)]
    Service(#[from] crate::services::bid::NoBid),
}

impl Offer<'_> {
    /// The price to bid.
    pub fn price(&self, order: &Order) -> Result<Coin, NoBid> {
        if order.state() != OrderState::Open {
            return Err(NoBid::NotOpen(order.state().as_str_name()));
        }
        if order.id.as_ref().is_some_and(|id| id.owner == self.provider) {
            return Err(NoBid::Own);
        }
        let spec = order.spec.as_ref().ok_or(NoBid::NoJob)?;
        let job = spec.job.as_ref().ok_or(NoBid::NoJob)?;
        let required = spec.requirements.iter().flat_map(|r| &r.attributes);
        if let Some(missing) = required.into_iter().find(|a| !self.attributes.contains(a)) {
            return Err(NoBid::Attribute(missing.key.clone(), missing.value.clone()));
        }
        let kernel = Kernel::by_name(&job.kernel).filter(|kernel| self.kernels.contains(kernel));
        let kernel = kernel.ok_or_else(|| NoBid::Kernel(job.kernel.clone()))?;
        let work = kernel.prepare(&job.input).map_err(|e| NoBid::Input(e.to_string()))?;
        let samples = match job.samples {
            0 => self.params.default_samples,
            bought => bought,
        };
        let max = spec.max_price.as_ref().ok_or(NoBid::NoPrice)?;
        let max = Coin::try_from(max).map_err(|_| NoBid::NoPrice)?;
        let operations = work.chunk_cost().saturating_mul(u64::from(work.chunks()));
        let fees = (self.fees)(work.chunk_cost(), u64::from(samples), work.output_len());
        let price = self.rule.price(operations.into(), fees, &max)?;
        self.check_bond(&price)?;
        self.check_time(operations, job.commit_blocks)?;
        Ok(price)
    }

    fn check_bond(&self, price: &Coin) -> Result<(), NoBid> {
        let need = locked_bond(price.amount, self.params.lock_bps);
        match self.free_bond.denom == price.denom && self.free_bond.amount >= need {
            true => Ok(()),
            false => Err(NoBid::Bond { need, free: self.free_bond.clone() }),
        }
    }

    fn check_time(&self, operations: u64, commit_blocks: u32) -> Result<(), NoBid> {
        let blocks = match commit_blocks {
            0 => self.params.commit_blocks,
            asked => asked,
        };
        let allowed = Duration::from_millis(u64::from(blocks) * u64::from(self.block_ms));
        let needed = self.queue.time_for(operations);
        match needed <= allowed {
            true => Ok(()),
            false => Err(NoBid::Busy(needed, allowed)),
        }
    }
}

/// `owner/dseq/gseq/oseq`.
pub fn order_name(id: &OrderId) -> String {
    format!("{}/{}/{}/{}", id.owner, id.dseq, id.gseq, id.oseq)
}
