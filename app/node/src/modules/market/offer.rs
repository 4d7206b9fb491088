//! What an order asks of a provider and a bid, and whether they have it.

use super::Error;
use crate::modules::{
    audit, escrow,
    provider::attributes::{cover, matches},
};
use aliquot_proto::{
    deployment::v1::{GroupSpec, Rate, ResourceUnit, ServiceSpec},
    market::v1::PriceItem,
    provider::v1::{Attribute, Provider},
};
use aliquot_sdk::{Address, Coin, Ctx, Result, Sdk, ensure, parse_amount};

/// The key under which providers list GPUs; what a group asks for follows it.
const GPU_PREFIX: &str = "capabilities/gpu/";

/// A rate as it is worked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSub {
    pub denom: String,
    pub amount_sub: u128,
}

pub fn parse_rate(rate: &Option<Rate>) -> Result<RateSub> {
    let rate = rate.as_ref().ok_or(Error::NoRate)?;
    let amount_sub = parse_amount(&rate.amount_sub)?;
    ensure(amount_sub > 0, || Error::NoRate)?;
    Ok(RateSub { denom: rate.denom.clone(), amount_sub })
}

/// The most that a tenant pays per block for all instances.
pub fn max_rate(service: &ServiceSpec) -> Result<RateSub> {
    let mut most: Option<RateSub> = None;
    for unit in &service.resources {
        let price = parse_rate(&unit.price)?;
        let sum = price.amount_sub.checked_mul(u128::from(unit.count));
        let before = most.as_ref().map_or(0, |most| most.amount_sub);
        let sum = sum.and_then(|sum| sum.checked_add(before)).ok_or_else(overflow)?;
        ensure(most.as_ref().is_none_or(|most| most.denom == price.denom), || Error::OneDenom)?;
        most = Some(RateSub { denom: price.denom, amount_sub: sum });
    }
    Ok(most.ok_or(Error::NoRate)?)
}

fn overflow() -> Sdk {
    Sdk::InvalidCoins("prices pass 128 bits".into())
}

/// Whether a provider has what a group requires; the error says what it lacks.
pub fn check_provider(ctx: &Ctx, spec: &GroupSpec, provider: &Provider) -> Result<()> {
    let empty = Vec::new();
    let required = spec.requirements.as_ref().map_or(&empty, |requirements| &requirements.attributes);
    let lacks = |wanted: &&Attribute| !cover(&provider.attributes, std::slice::from_ref(*wanted));
    if let Some(missing) = required.iter().find(lacks) {
        return Err(Error::AttributeMissing(missing.key.clone(), missing.value.clone()).into());
    }
    let units = spec.service.iter().flat_map(|service| &service.resources);
    for gpu in units.filter_map(|unit| unit.resources.as_ref()?.gpu.as_ref()).filter(|gpu| gpu.units > 0) {
        let listed = || provider.attributes.iter().filter_map(|a| a.key.strip_prefix(GPU_PREFIX));
        let fits = gpu.attributes.iter().any(|wanted| listed().any(|listed| fits_gpu(&wanted.key, listed)));
        ensure(fits, || {
            let wanted: Vec<_> = gpu.attributes.iter().map(|wanted| wanted.key.as_str()).collect();
            Error::GpuMissing(wanted.join(" or "))
        })?;
    }
    signed(ctx, spec, provider)
}

/// Whether the auditors whom the group trusts have attested what it requires.
fn signed(ctx: &Ctx, spec: &GroupSpec, provider: &Provider) -> Result<()> {
    let Some(requirements) = &spec.requirements else { return Ok(()) };
    let Some(by) = &requirements.signed_by else { return Ok(()) };
    let owner = Address::parse(&provider.owner)?;
    let signed = audit::signed(ctx, &owner, &requirements.attributes, &by.all_of, &by.any_of)?;
    ensure(signed, || Error::NotSigned)
}

/// What is asked for without memory or interface is met by any: `vendor/nvidia/model/h100` by one with `/ram/80Gi`.
fn fits_gpu(wanted: &str, listed: &str) -> bool {
    matches(wanted, listed) || matches(&format!("{wanted}/*"), listed)
}

/// Holds a job's price against its order.
pub fn check_price(spec: &GroupSpec, price: &Coin) -> Result<()> {
    let most = Coin::parse_positive(&spec.max_price)?;
    ensure(price.denom == most.denom && price.amount <= most.amount, || Error::PriceTooHigh(price.clone(), most))
}

/// Holds a service's rate and its items against its order.
pub fn check_rate(service: &ServiceSpec, rate: &RateSub, items: &[PriceItem]) -> Result<()> {
    let most = max_rate(service)?;
    ensure(rate.denom == most.denom && rate.amount_sub <= most.amount_sub, || {
        Error::RateTooHigh(rate.amount_sub, rate.denom.clone(), most.amount_sub, most.denom.clone())
    })?;
    let mut sum = 0u128;
    for unit in &service.resources {
        let of_unit: Vec<_> = items.iter().filter(|item| item.resource_id == unit.id).collect();
        let [item] = of_unit.as_slice() else { return Err(Error::ItemsDiffer.into()) };
        let parts = [&item.cpu_sub, &item.memory_sub, &item.storage_sub, &item.gpu_sub, &item.endpoints_sub];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let part = parse_amount(part)?.checked_mul(u128::from(unit.count));
            sum = part.and_then(|part| part.checked_add(sum)).ok_or_else(overflow)?;
        }
    }
    ensure(items.len() == service.resources.len() && sum == rate.amount_sub, || Error::ItemsDiffer)
}

/// What a service may ask for; the same limits for a new group and an amended lease.
pub fn check_service(ctx: &Ctx, service: &ServiceSpec) -> Result<()> {
    let most = max_rate(service)?;
    escrow::allowed(ctx, &most.denom)?;
    ensure(service.resources.len() <= MAX_UNITS, || invalid(format!("at most {MAX_UNITS} resource units")))?;
    for (i, unit) in service.resources.iter().enumerate() {
        let doubled = service.resources.iter().take(i).any(|other| other.id == unit.id);
        ensure(unit.id > 0 && !doubled, || invalid("resource ids must be more than zero and unique".into()))?;
        check_unit(unit)?;
    }
    Ok(())
}

const MAX_UNITS: usize = 20;
const MAX_COUNT: u32 = 50;
const MAX_ENDPOINTS: usize = 64;
const MAX_VOLUMES: usize = 16;
const MAX_ATTRIBUTES: usize = 32;
const MAX_ATTRIBUTE: usize = 128;
const GIB: u64 = 1 << 30;

fn invalid(what: String) -> Error {
    Error::InvalidResources(what)
}

fn check_unit(unit: &ResourceUnit) -> Result<()> {
    let within = |name: &str, value: u64, least: u64, most: u64| {
        ensure((least..=most).contains(&value), || {
            invalid(format!("unit {}: {name} must be {least} to {most}, got {value}", unit.id))
        })
    };
    let r = unit.resources.as_ref().ok_or_else(|| invalid(format!("unit {} names no resources", unit.id)))?;
    within("count", unit.count.into(), 1, MAX_COUNT.into())?;
    within("thousandths of a core", r.cpu.as_ref().map_or(0, |cpu| cpu.milli_units).into(), 10, 384_000)?;
    within("bytes of memory", r.memory.as_ref().map_or(0, |memory| memory.bytes), 1 << 20, GIB << 11)?;
    within("gpus", r.gpu.as_ref().map_or(0, |gpu| gpu.units).into(), 0, 24)?;
    within("volumes", r.storage.len() as u64, 1, MAX_VOLUMES as u64)?;
    for storage in &r.storage {
        within("bytes of a volume", storage.bytes, 5 << 20, GIB << 15)?;
        ensure(storage.name.len() <= MAX_ATTRIBUTE, || invalid("a volume's name is too long".into()))?;
    }
    within("endpoints", r.endpoints.len() as u64, 0, MAX_ENDPOINTS as u64)?;
    let gpu = r.gpu.iter().flat_map(|gpu| &gpu.attributes);
    let cpu = r.cpu.iter().flat_map(|cpu| &cpu.attributes);
    let all: Vec<&Attribute> = r.storage.iter().flat_map(|s| &s.attributes).chain(gpu).chain(cpu).collect();
    within("attributes", all.len() as u64, 0, MAX_ATTRIBUTES as u64)?;
    ensure(all.iter().all(|a| a.key.len() <= MAX_ATTRIBUTE && a.value.len() <= MAX_ATTRIBUTE), || {
        invalid(format!("attributes have at most {MAX_ATTRIBUTE} bytes"))
    })?;
    let gpu_named = r.gpu.as_ref().is_none_or(|gpu| (gpu.units > 0) != gpu.attributes.is_empty());
    ensure(gpu_named, || invalid(format!("unit {}: gpus and their attributes come together", unit.id)))
}

/// Who a bid pays, parsed; the provider alone where it names nobody.
pub fn payees(list: &[aliquot_proto::market::v1::Payee], provider: &Address) -> Result<Vec<(Address, u32)>> {
    if list.is_empty() {
        return Ok(vec![(*provider, 1)]);
    }
    ensure(list.len() <= MAX_PAYEES, || Error::InvalidPayees)?;
    let mut out: Vec<(Address, u32)> = Vec::with_capacity(list.len());
    for payee in list {
        let address = Address::parse(&payee.address)?;
        ensure(payee.weight > 0 && out.iter().all(|(other, _)| *other != address), || Error::InvalidPayees)?;
        out.push((address, payee.weight));
    }
    Ok(out)
}

const MAX_PAYEES: usize = 8;

#[cfg(test)]
mod tests {
    use super::fits_gpu;

    #[test]
    fn a_gpu_is_met_by_any_that_is_at_least_as_it_was_asked_for() {
        let listed = "vendor/nvidia/model/h100/ram/80Gi/interface/sxm";
        for fits in ["vendor/nvidia/model/*", "vendor/nvidia/model/h100", "vendor/nvidia/model/h100/ram/80Gi", listed] {
            assert!(fits_gpu(fits, listed), "{fits}");
        }
        for other in ["vendor/nvidia/model/h1", "vendor/nvidia/model/h100/ram/40Gi", "vendor/amd/*", "*pcie", ""] {
            assert!(!fits_gpu(other, listed), "{other}");
        }
    }
}
