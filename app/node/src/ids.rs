//! The ids of the marketplace as keys: parsed once from a message, sorted as Akash's users expect.

use aliquot_proto::market::v1::{LeaseId, OrderId};
use aliquot_sdk::{Address, Key, Result, Sdk};
use std::fmt;

/// `{owner, dseq, gseq, oseq}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    pub owner: Address,
    pub dseq: u64,
    pub gseq: u32,
    pub oseq: u32,
}

/// An order's id and a provider: names a bid, the lease made from it, and the lease's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaseKey {
    pub order: OrderKey,
    pub provider: Address,
}

impl OrderKey {
    pub fn parse(id: &Option<OrderId>) -> Result<Self> {
        let id = id.as_ref().ok_or_else(|| Sdk::InvalidRequest("no order id given".into()))?;
        Ok(OrderKey { owner: Address::parse(&id.owner)?, dseq: id.dseq, gseq: id.gseq, oseq: id.oseq })
    }

    pub fn id(&self) -> OrderId {
        OrderId { owner: self.owner.to_string(), dseq: self.dseq, gseq: self.gseq, oseq: self.oseq }
    }
}

impl LeaseKey {
    pub fn parse(id: &Option<LeaseId>) -> Result<Self> {
        let id = id.as_ref().ok_or_else(|| Sdk::InvalidRequest("no lease id given".into()))?;
        let order = OrderKey { owner: Address::parse(&id.owner)?, dseq: id.dseq, gseq: id.gseq, oseq: id.oseq };
        Ok(LeaseKey { order, provider: Address::parse(&id.provider)? })
    }

    pub fn id(&self) -> LeaseId {
        let OrderId { owner, dseq, gseq, oseq } = self.order.id();
        LeaseId { owner, dseq, gseq, oseq, provider: self.provider.to_string() }
    }
}

/// `owner/dseq/gseq/oseq`.
impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.owner, self.dseq, self.gseq, self.oseq)
    }
}

/// `owner/dseq/gseq/oseq/provider`: what the leaves and sample seeds of a job's proof hash as its lease.
impl fmt::Display for LeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.order, self.provider)
    }
}

impl Key for OrderKey {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        (self.owner, self.dseq, (self.gseq, self.oseq)).write(out, true);
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        let (owner, dseq, (gseq, oseq)) = Key::read(raw, true)?;
        Some(OrderKey { owner, dseq, gseq, oseq })
    }
}

impl Key for LeaseKey {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        (self.order, self.provider).write(out, true);
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        let (order, provider) = Key::read(raw, true)?;
        Some(LeaseKey { order, provider })
    }
}
