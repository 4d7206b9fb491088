//! Whether to bid on an order for services, and the bid. What it takes is reserved before it is sent.

use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1::{self as deployment, EndpointKind, ResourceUnit},
    market::v1::{self as market, LeaseId, Order, OrderState, PriceItem},
    provider::v1::Attribute,
};

use super::{
    admission::{Admission, Denied},
    inventory::{Inventory, Short, Taken},
    price::{RuleError, ServicePrices},
};
use crate::{globs::matches, price::Coin, store::lease_name};

/// Sub-units of a base unit.
const SUB: u128 = 1_000_000;

/// What the runner brings to an order.
pub struct Offer<'a> {
    pub provider: &'a str,
    pub attributes: &'a [Attribute],
    pub denom: &'a str,
    pub admission: &'a Admission,
    pub prices: &'a ServicePrices,
    pub inventory: &'a Inventory,
    pub market: &'a market::Params,
    pub compute: &'a compute::Params,
    /// Bond of the device that no lease locks.
    pub free_bond: &'a Coin,
    pub block_ms: u32,
    /// Blocks of notice that are offered where the tenant asks for less.
    pub reclamation_blocks: u32,
}

/// A bid to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Bid {
    pub id: LeaseId,
    pub rate: u128,
    pub denom: String,
    pub items: Vec<PriceItem>,
    pub reclamation_blocks: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBid {
    #[error("it is {0}, not open")]
    NotOpen(&'static str),
    #[error("it is no order for services")]
    NoService,
    #[error("it is the provider's own")]
    Own,
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("it requires attribute {0}={1}")]
    Attribute(String, String),
    #[error("it pays in {0}")]
    Denom(String),
    #[error("it asks for an address of its own, of which there are none here")]
    LeasedAddress,
    #[error("it asks for {asked} blocks of notice, {most} are the most")]
    Notice { asked: u32, most: u32 },
    #[error(transparent)]
    Short(#[from] Short),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("it pays {max} sub-units per block at most, {price} are asked")]
    PaysTooLittle { max: u128, price: u128 },
    #[error("it would lock {need} of bond, {free} is free")]
    Bond { need: u128, free: Coin },
    #[error("{0} service leases are under way, which is as many as the configuration allows")]
    Full(usize),
    #[error("the chain refused a bid on it before")]
    Refused,
}

impl Offer<'_> {
    /// Reserves what the order takes and prices it. Without a bid nothing stays reserved.
    pub fn bid(&self, order: &Order) -> Result<Bid, NoBid> {
        let (id, units) = self.fits(order)?;
        let name = lease_name(&id);
        let had = self.inventory.of(&name).is_some();
        let taken = self.inventory.reserve(&name, units)?;
        let bid = self.priced(order, id, units, &taken);
        if bid.is_err() && !had {
            self.inventory.release(&name);
        }
        bid
    }

    fn fits<'o>(&self, order: &'o Order) -> Result<(LeaseId, &'o [ResourceUnit]), NoBid> {
        if order.state() != OrderState::Open {
            return Err(NoBid::NotOpen(order.state().as_str_name()));
        }
        let spec = order.spec.as_ref().ok_or(NoBid::NoService)?;
        let units = &spec.service.as_ref().ok_or(NoBid::NoService)?.resources;
        let id = order.id.as_ref().ok_or(NoBid::NoService)?;
        if id.owner == self.provider {
            return Err(NoBid::Own);
        }
        self.admission.check(&id.owner, spec)?;
        let required = spec.requirements.iter().flat_map(|r| &r.attributes);
        let has = |a: &Attribute| self.attributes.iter().any(|own| own.key == a.key && matches(&a.value, &own.value));
        if let Some(missing) = required.into_iter().find(|a| !has(a)) {
            return Err(NoBid::Attribute(missing.key.clone(), missing.value.clone()));
        }
        for unit in units {
            let price = unit.price.as_ref();
            if let Some(other) = price.filter(|price| price.denom != self.denom) {
                return Err(NoBid::Denom(other.denom.clone()));
            }
            let endpoints = unit.resources.iter().flat_map(|r| &r.endpoints);
            if endpoints.into_iter().any(|e| e.kind() == EndpointKind::LeasedIp) {
                return Err(NoBid::LeasedAddress);
            }
        }
        let id = LeaseId {
            owner: id.owner.clone(),
            dseq: id.dseq,
            gseq: id.gseq,
            oseq: id.oseq,
            provider: self.provider.into(),
        };
        Ok((id, units))
    }

    fn priced(&self, order: &Order, id: LeaseId, units: &[ResourceUnit], taken: &Taken) -> Result<Bid, NoBid> {
        let kind = |n: &usize| self.inventory.gpu(*n).map(|gpu| (gpu.vendor.clone(), gpu.model.clone()));
        let gpus: Vec<Vec<_>> = taken.gpus.iter().map(|(_, all)| all.iter().filter_map(kind).collect()).collect();
        let quote = self.prices.quote(units, &gpus, self.block_ms)?;
        let most = |unit: &ResourceUnit| {
            let one: u128 = unit.price.as_ref().and_then(|rate| rate.amount_sub.parse().ok()).unwrap_or(0);
            one.saturating_mul(unit.count.into())
        };
        let max = units.iter().map(most).fold(0, u128::saturating_add);
        if quote.rate > max {
            return Err(NoBid::PaysTooLittle { max, price: quote.rate });
        }
        let need = quote.rate.saturating_mul(self.compute.service_lock_blocks.into()).div_ceil(SUB);
        if self.free_bond.denom != self.denom || self.free_bond.amount < need {
            return Err(NoBid::Bond { need, free: self.free_bond.clone() });
        }
        let reclamation_blocks = self.notice(order.spec.as_ref())?;
        Ok(Bid { id, rate: quote.rate, denom: self.denom.into(), items: quote.items, reclamation_blocks })
    }

    fn notice(&self, spec: Option<&deployment::GroupSpec>) -> Result<u32, NoBid> {
        let asked = spec.map_or(0, |spec| spec.reclamation_blocks);
        let (least, most) = (self.market.min_reclamation_blocks, self.market.max_reclamation_blocks);
        match asked > most {
            true => Err(NoBid::Notice { asked, most }),
            false => Ok(self.reclamation_blocks.clamp(least.min(most), most).max(asked)),
        }
    }
}
