//! Bonds of devices: put up, locked by leases, unlocked, slashed.

use super::{Error, address, params, state::*};
use crate::{
    ids::LeaseKey,
    modules::{auth, bank, escrow::part},
};
use aliquot_proto::compute::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Sdk, ensure, parse_amount};
use std::collections::BTreeMap;

pub fn device_key(id: &[u8]) -> Result<[u8; 32]> {
    Ok(id.try_into().map_err(|_| Sdk::InvalidRequest("a device id has 32 bytes".into()))?)
}

pub fn load(ctx: &Ctx, id: &[u8]) -> Result<([u8; 32], pb::Device)> {
    let key = device_key(id)?;
    let device = DEVICES.get(ctx, &key)?.ok_or_else(|| Error::DeviceNotFound(hex::encode(id)))?;
    Ok((key, device))
}

/// A device that must belong to `provider`.
pub fn load_of(ctx: &Ctx, provider: &Address, id: &[u8]) -> Result<([u8; 32], pb::Device)> {
    let (key, device) = load(ctx, id)?;
    ensure(device.provider == provider.to_string(), || Error::ForeignDevice(hex::encode(id)))?;
    Ok((key, device))
}

pub fn bond(device: &pb::Device) -> Result<Coin> {
    Coin::parse(device.bond.as_ref().ok_or_else(|| Sdk::Logic("a device without bond".into()))?)
}

pub fn locked(device: &pb::Device) -> Result<u128> {
    parse_amount(&device.locked)
}

pub fn free(device: &pb::Device) -> Result<u128> {
    Ok(bond(device)?.amount.saturating_sub(locked(device)?))
}

/// The bond that a job of this price locks, rounded up to whole base units.
fn lock_for(ctx: &Ctx, price: &Coin) -> Result<u128> {
    let bps = params(ctx)?.lock_bps;
    // part() of one less, plus one, is the ceiling wherever the product has a remainder.
    let floor = part(price.amount, bps);
    let exact = price.amount.checked_mul(u128::from(bps)).is_some_and(|product| product % 10_000 == 0);
    Ok(if exact { floor } else { floor.saturating_add(1) })
}

/// Refuses a bid that the device's free bond does not cover; gives what a lease of that price would lock.
pub fn check_bid(ctx: &Ctx, provider: &Address, device_id: &[u8], price: &Coin) -> Result<u128> {
    let (_, device) = load_of(ctx, provider, device_id)?;
    let bond = bond(&device)?;
    ensure(bond.denom == price.denom, || Error::InvalidBond(price.clone(), Coin::new(&bond.denom, 0)))?;
    let need = lock_for(ctx, price)?;
    let free = free(&device)?;
    ensure(free >= need, || Error::BondTooSmall { free, need: Coin::new(&bond.denom, need) })?;
    Ok(need)
}

pub fn lock(ctx: &mut Ctx, provider: &Address, device_id: &[u8], price: &Coin) -> Result<u128> {
    let need = check_bid(ctx, provider, device_id, price)?;
    let (key, mut device) = load(ctx, device_id)?;
    device.locked = locked(&device)?.saturating_add(need).to_string();
    DEVICES.set(ctx, &key, &device)?;
    Ok(need)
}

/// Ends a job's lock: `slash_bps` of it are slashed, the rest is free again. Counts the job for the device.
pub fn unlock(ctx: &mut Ctx, lease: &LeaseKey, job: &pb::Job, slash_bps: u32) -> Result<()> {
    let (key, mut device) = load(ctx, &job.device_id)?;
    let held = parse_amount(&job.locked)?;
    let slashed = part(held, slash_bps);
    let (mut bond, still) = (bond(&device)?, locked(&device)?.saturating_sub(held));
    bond.amount = bond.amount.saturating_sub(slashed);
    device.locked = still.to_string();
    device.bond = Some((&bond).into());
    if job.phase == i32::from(pb::JobPhase::Settled) {
        device.jobs_settled = device.jobs_settled.saturating_add(1);
    } else if job.phase == i32::from(pb::JobPhase::Failed) {
        device.jobs_failed = device.jobs_failed.saturating_add(1);
    }
    DEVICES.set(ctx, &key, &device)?;
    if slashed > 0 { distribute(ctx, lease, &key, &Coin::new(bond.denom, slashed)) } else { Ok(()) }
}

/// Slashed bond: burnt and to the tenant by the params, floored, all else to the community.
fn distribute(ctx: &mut Ctx, lease: &LeaseKey, device_id: &[u8; 32], slashed: &Coin) -> Result<()> {
    let params = params(ctx)?;
    let denom = slashed.denom.clone();
    let (burned, tenant) = (part(slashed.amount, params.slash_burn_bps), part(slashed.amount, params.slash_tenant_bps));
    let community = slashed.amount.saturating_sub(burned).saturating_sub(tenant);
    bank::burn(ctx, &address(), &Coin::new(&denom, burned))?;
    for (to, amount) in [(lease.order.owner, tenant), (Address::module(auth::COMMUNITY), community)] {
        if amount > 0 {
            bank::send(ctx, &address(), &to, &Coin::new(&denom, amount))?;
        }
    }
    ctx.emit(&pb::EventSlashed {
        device_id: device_id.to_vec(),
        id: Some(lease.id()),
        denom,
        burned: burned.to_string(),
        to_tenant: tenant.to_string(),
        to_community: community.to_string(),
    })
}

pub fn bonds_are_held(ctx: &Ctx) -> Result<(), String> {
    let mut sums: BTreeMap<String, u128> = BTreeMap::new();
    for entry in DEVICES.under(ctx, &()) {
        let (_, device) = entry.map_err(|e| e.to_string())?;
        let bond = bond(&device).map_err(|e| e.to_string())?;
        let sum = sums.entry(bond.denom).or_default();
        *sum = sum.saturating_add(bond.amount);
    }
    for (denom, sum) in sums {
        let held = bank::balance(ctx, &address(), &denom).map_err(|e| e.to_string())?;
        if held != sum {
            return Err(format!("the module holds {held}{denom}, the bonds sum to {sum}"));
        }
    }
    Ok(())
}

pub fn locked_is_the_sum_over_jobs(ctx: &Ctx) -> Result<(), String> {
    let mut sums: BTreeMap<Vec<u8>, u128> = BTreeMap::new();
    for entry in JOBS.under(ctx, &()) {
        let (_, job) = entry.map_err(|e| e.to_string())?;
        if job.ended_at == 0 {
            let sum = sums.entry(job.device_id).or_default();
            *sum = sum.saturating_add(parse_amount(&job.locked).map_err(|e| e.to_string())?);
        }
    }
    for entry in DEVICES.under(ctx, &()) {
        let (key, device) = entry.map_err(|e| e.to_string())?;
        let sum = sums.remove(key.as_slice()).unwrap_or(0);
        if device.locked != sum.to_string() {
            return Err(format!("device {} has {} locked, its jobs lock {sum}", hex::encode(key), device.locked));
        }
    }
    if sums.is_empty() { Ok(()) } else { Err("a job names a device that does not exist".into()) }
}
