//! What services cost: rules in base units per hour, bids in sub-units per block, nothing rounded on the way.
//!
//! A rule's prices are decimal texts. They are kept as millionths of a base unit per hour, which are sub-units per
//! hour; an item of a bid is price x quantity x `block_ms` / an hour, with all factors multiplied before the one
//! division, rounded up. The margin is part of the product. The rate is the sum of the rounded items, so they add up.

use std::collections::BTreeMap;

use aliquot_proto::{
    deployment::v1::{ResourceUnit, Resources, Storage},
    market::v1::PriceItem,
};
use serde::Deserialize;

use crate::globs::matches;

/// Sub-units of a base unit.
const SUB: u128 = 1_000_000;
const HOUR_MS: u128 = 3_600_000;
const GIB: u128 = 1 << 30;
const BPS: u128 = 10_000;
/// The class of storage that names none.
pub const EPHEMERAL: &str = "ephemeral";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("{0:?} is no price: write base units per hour with at most six decimals, as \"12.5\"")]
    Text(String),
    #[error("there is no price for storage of class {0:?}: the order cannot be priced")]
    Class(String),
    #[error("there is no price for any GPU that the order takes: {0}")]
    Gpu(String),
    #[error("the price does not fit into a number")]
    Overflow,
}

/// Base units per hour, exact to a millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Hourly(u128);

impl TryFrom<String> for Hourly {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl std::str::FromStr for Hourly {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let bad = || RuleError::Text(text.into());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 || whole.len() > 20 {
            return Err(bad());
        }
        let whole: u128 = whole.parse().map_err(|_| bad())?;
        let part: u128 = format!("{part:0<6}").parse().map_err(|_| bad())?;
        Ok(Hourly(whole * SUB + part))
    }
}

/// The price of one GPU of a vendor and model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuPrice {
    /// A glob over `vendor/model`, as `nvidia/h100` or `amd/*`. The first that fits counts.
    pub gpu: String,
    pub per_hour: Hourly,
}

/// All per hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServicePrices {
    /// A core.
    pub cpu: Hourly,
    /// A GiB.
    pub memory: Hourly,
    /// A GiB of each class; `ephemeral` for volumes that go with their container.
    pub storage: BTreeMap<String, Hourly>,
    pub gpus: Vec<GpuPrice>,
    /// An endpoint that is open to the world.
    pub endpoint: Hourly,
    /// Added to every item, in basis points.
    pub margin_bps: u32,
    /// The least for a whole group.
    pub minimum: Hourly,
}

/// A group's price.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// Sub-units per block for all units.
    pub rate: u128,
    pub items: Vec<PriceItem>,
}

/// Sub-units per block of a quantity.
struct PerBlock<'a> {
    rules: &'a ServicePrices,
    block_ms: u32,
}

impl PerBlock<'_> {
    /// `quantity` is in parts of which `whole` make what the price is for.
    fn of(&self, price: Hourly, quantity: u128, whole: u128) -> Result<u128, RuleError> {
        let factors = [quantity, u128::from(self.block_ms), BPS + u128::from(self.rules.margin_bps)];
        let product = factors.iter().try_fold(price.0, |product, f| product.checked_mul(*f));
        Ok(product.ok_or(RuleError::Overflow)?.div_ceil(whole * HOUR_MS * BPS))
    }

    fn storage(&self, volumes: &[Storage]) -> Result<u128, RuleError> {
        volumes.iter().try_fold(0, |sum: u128, volume| {
            let class = class_of(volume);
            let price = *self.rules.storage.get(class).ok_or_else(|| RuleError::Class(class.into()))?;
            sum.checked_add(self.of(price, volume.bytes.into(), GIB)?).ok_or(RuleError::Overflow)
        })
    }
}

/// The class under which a volume is priced and counted.
pub fn class_of(volume: &Storage) -> &str {
    let attribute = |key: &str| volume.attributes.iter().find(|a| a.key == key).map(|a| a.value.as_str());
    attribute("class").unwrap_or(EPHEMERAL)
}

impl ServicePrices {
    /// The price of a GPU of this vendor and model.
    pub fn gpu(&self, vendor: &str, model: &str) -> Option<Hourly> {
        let name = format!("{vendor}/{model}");
        self.gpus.iter().find(|rule| matches(&rule.gpu, &name)).map(|rule| rule.per_hour)
    }

    /// Prices a group. `gpus`: for each unit the vendor and model of every GPU that all its instances would get.
    pub fn quote(
        &self,
        units: &[ResourceUnit],
        gpus: &[Vec<(String, String)>],
        block_ms: u32,
    ) -> Result<Quote, RuleError> {
        let per_block = PerBlock { rules: self, block_ms };
        let mut quote = Quote { rate: 0, items: Vec::new() };
        for (index, unit) in units.iter().enumerate() {
            let got = gpus.get(index).map_or(&[][..], Vec::as_slice);
            let parts = self.parts(&per_block, unit.resources.as_ref(), got)?;
            quote.add(unit, parts)?;
        }
        let least = per_block.of(self.minimum, 1, 1)?.max(1);
        quote.raise(units, least)?;
        Ok(quote)
    }

    /// Cpu, memory, storage, GPU and endpoints of one instance.
    fn parts(
        &self,
        per_block: &PerBlock,
        resources: Option<&Resources>,
        gpus: &[(String, String)],
    ) -> Result<[u128; 5], RuleError> {
        let Some(r) = resources else { return Ok([0; 5]) };
        let cpu = r.cpu.as_ref().map_or(0, |cpu| cpu.milli_units);
        let memory = r.memory.as_ref().map_or(0, |memory| memory.bytes);
        let wanted = r.gpu.as_ref().map_or(0, |gpu| gpu.units);
        // Instances of a unit cost the same: as much as the dearest GPU among those they would get.
        let dearest = gpus
            .iter()
            .map(|(vendor, model)| self.gpu(vendor, model).ok_or_else(|| RuleError::Gpu(format!("{vendor}/{model}"))));
        let dearest = dearest.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or_default();
        Ok([
            per_block.of(self.cpu, cpu.into(), 1000)?,
            per_block.of(self.memory, memory.into(), GIB)?,
            per_block.storage(&r.storage)?,
            per_block.of(dearest, wanted.into(), 1)?,
            per_block.of(self.endpoint, r.endpoints.len() as u128, 1)?,
        ])
    }
}

impl Quote {
    fn add(&mut self, unit: &ResourceUnit, parts: [u128; 5]) -> Result<(), RuleError> {
        let one = parts.iter().try_fold(0_u128, |sum, part| sum.checked_add(*part)).ok_or(RuleError::Overflow)?;
        let all = one.checked_mul(unit.count.into()).and_then(|all| self.rate.checked_add(all));
        self.rate = all.ok_or(RuleError::Overflow)?;
        let [cpu, memory, storage, gpu, endpoints] = parts.map(|part| part.to_string());
        self.items.push(PriceItem {
            resource_id: unit.id,
            cpu_sub: cpu,
            memory_sub: memory,
            storage_sub: storage,
            gpu_sub: gpu,
            endpoints_sub: endpoints,
        });
        Ok(())
    }

    /// Brings the rate to the least that is asked, on the processors of the first unit.
    fn raise(&mut self, units: &[ResourceUnit], least: u128) -> Result<(), RuleError> {
        let (Some(unit), Some(item)) = (units.first(), self.items.first_mut()) else { return Ok(()) };
        let count = u128::from(unit.count.max(1));
        let more = least.saturating_sub(self.rate).div_ceil(count);
        let cpu: u128 = item.cpu_sub.parse().map_err(|_| RuleError::Overflow)?;
        item.cpu_sub = cpu.checked_add(more).ok_or(RuleError::Overflow)?.to_string();
        self.rate = more.checked_mul(count).and_then(|all| self.rate.checked_add(all)).ok_or(RuleError::Overflow)?;
        Ok(())
    }
}
