//! Bonds of devices: put up, locked by leases, unlocked, slashed.

use super::{Error, address, params, state::*};
use crate::{
    ids::LeaseKey,
    modules::{
        auth, bank,
        escrow::{SUB, part},
    },
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

/// Whether a provider has a device whose bond is not all locked.
pub fn has_free_bond(ctx: &Ctx, provider: &Address) -> Result<bool> {
    for key in DEVICES_BY_PROVIDER.under(ctx, &provider.to_string()) {
        let device = DEVICES.get(ctx, &key?)?;
        if device.map_or(Ok(0), |device| free(&device))? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the devices of a provider that goes, none of which a lease may lock, and returns their bonds.
pub fn retire_devices(ctx: &mut Ctx, provider: &Address) -> Result<()> {
    let keys = DEVICES_BY_PROVIDER.under(ctx, &provider.to_string()).collect::<Result<Vec<_>>>()?;
    for key in keys {
        let (_, device) = load(ctx, &key)?;
        let (bond, locked) = (bond(&device)?, locked(&device)?);
        ensure(locked == 0, || Error::BondTooSmall { free: 0, need: Coin::new(&bond.denom, locked) })?;
        DEVICES.remove(ctx, &key)?;
        bank::send(ctx, &address(), provider, &bond)?;
    }
    Ok(())
}

/// Refuses a bid that the device's free bond does not cover; gives what a lease of that price would lock.
pub fn check_bid(ctx: &Ctx, provider: &Address, device_id: &[u8], price: &Coin) -> Result<u128> {
    let (_, device) = load_of(ctx, provider, device_id)?;
    covers(&device, &Coin::new(&price.denom, lock_for(ctx, price)?))
}

/// The bond that a service lease at this rate locks, rounded up to whole base units.
fn lock_for_service(ctx: &Ctx, rate_sub: u128) -> Result<u128> {
    let locked = rate_sub.checked_mul(u128::from(params(ctx)?.service_lock_blocks));
    Ok(locked.ok_or_else(|| Sdk::InvalidCoins("the rate is too large".into()))?.div_ceil(SUB))
}

/// Refuses a bid for a service that the device's free bond does not cover.
pub fn check_service_bid(ctx: &Ctx, provider: &Address, device_id: &[u8], denom: &str, rate_sub: u128) -> Result<u128> {
    let (_, device) = load_of(ctx, provider, device_id)?;
    covers(&device, &Coin::new(denom, lock_for_service(ctx, rate_sub)?))
}

/// Locks bond for a service lease or a standby until [`unlock_service`].
pub fn lock_service(ctx: &mut Ctx, lease: &LeaseKey, device_id: &[u8], denom: &str, rate_sub: u128) -> Result<()> {
    let need = check_service_bid(ctx, &lease.provider, device_id, denom, rate_sub)?;
    add_locked(ctx, device_id, need)?;
    let (id, device_id, amount) = (Some(lease.id()), device_id.to_vec(), need.to_string());
    LOCKS.set(ctx, lease, &pb::Lock { id, device_id, amount })
}

/// Ends the lock of a service lease: `slash_bps` of it are slashed, the rest is free again.
pub fn unlock_service(ctx: &mut Ctx, lease: &LeaseKey, slash: Slash) -> Result<()> {
    let lock = LOCKS.get(ctx, lease)?.ok_or_else(|| Sdk::Logic(format!("lease {lease} locks no bond")))?;
    LOCKS.remove(ctx, lease)?;
    let (key, mut device) = load(ctx, &lock.device_id)?;
    release(ctx, lease, (key, &mut device), parse_amount(&lock.amount)?, slash)
}

/// Changes what a service lease locks to the lock of another rate.
pub fn relock_service(ctx: &mut Ctx, lease: &LeaseKey, denom: &str, rate_sub: u128) -> Result<()> {
    let lock = LOCKS.get(ctx, lease)?.ok_or_else(|| Sdk::Logic(format!("lease {lease} locks no bond")))?;
    unlock_service(ctx, lease, Slash::None)?;
    lock_service(ctx, lease, &lock.device_id, denom, rate_sub)
}

/// What ending a lock costs the provider, in basis points of it.
#[derive(Clone, Copy)]
pub enum Slash {
    None,
    /// For a fault: burnt, to the tenant and to the community by the params.
    Fault(u32),
    /// For leaving early: all to the tenant.
    ToTenant(u32),
}

fn add_locked(ctx: &mut Ctx, device_id: &[u8], amount: u128) -> Result<()> {
    let (key, mut device) = load(ctx, device_id)?;
    device.locked = locked(&device)?.saturating_add(amount).to_string();
    DEVICES.set(ctx, &key, &device)
}

fn covers(device: &pb::Device, need: &Coin) -> Result<u128> {
    let bond = bond(device)?;
    ensure(bond.denom == need.denom, || Error::InvalidBond(need.clone(), Coin::new(&bond.denom, 0)))?;
    let free = free(device)?;
    ensure(free >= need.amount, || Error::BondTooSmall { free, need: need.clone() })?;
    Ok(need.amount)
}

pub fn lock(ctx: &mut Ctx, provider: &Address, device_id: &[u8], price: &Coin) -> Result<u128> {
    let need = check_bid(ctx, provider, device_id, price)?;
    add_locked(ctx, device_id, need)?;
    Ok(need)
}

/// Ends a job's lock: `slash_bps` of it are slashed, the rest is free again. Counts the job for the device.
pub fn unlock(ctx: &mut Ctx, lease: &LeaseKey, job: &pb::Job, slash_bps: u32) -> Result<()> {
    let (key, mut device) = load(ctx, &job.device_id)?;
    if job.phase == i32::from(pb::JobPhase::Settled) {
        device.jobs_settled = device.jobs_settled.saturating_add(1);
    } else if job.phase == i32::from(pb::JobPhase::Failed) {
        device.jobs_failed = device.jobs_failed.saturating_add(1);
    }
    release(ctx, lease, (key, &mut device), parse_amount(&job.locked)?, Slash::Fault(slash_bps))
}

/// Takes `held` off a device's locked bond, and the slashed part of it off the bond.
fn release(
    ctx: &mut Ctx,
    lease: &LeaseKey,
    (key, device): ([u8; 32], &mut pb::Device),
    held: u128,
    slash: Slash,
) -> Result<()> {
    let params = params(ctx)?;
    let (bps, burn_bps, tenant_bps) = match slash {
        Slash::None => (0, 0, 0),
        Slash::Fault(bps) => (bps, params.slash_burn_bps, params.slash_tenant_bps),
        Slash::ToTenant(bps) => (bps, 0, 10_000),
    };
    let slashed = part(held, bps);
    let mut bond = bond(device)?;
    bond.amount = bond.amount.saturating_sub(slashed);
    device.locked = locked(device)?.saturating_sub(held).to_string();
    device.bond = Some((&bond).into());
    DEVICES.set(ctx, &key, device)?;
    if slashed == 0 {
        return Ok(());
    }
    distribute(ctx, lease, &key, &Coin::new(bond.denom, slashed), (burn_bps, tenant_bps))
}

/// Slashed bond: burnt and to the tenant, floored, all else to the community.
fn distribute(
    ctx: &mut Ctx,
    lease: &LeaseKey,
    device_id: &[u8; 32],
    slashed: &Coin,
    (burn_bps, tenant_bps): (u32, u32),
) -> Result<()> {
    let denom = slashed.denom.clone();
    let (burned, tenant) = (part(slashed.amount, burn_bps), part(slashed.amount, tenant_bps));
    let community = slashed.amount.saturating_sub(burned).saturating_sub(tenant);
    if burned > 0 {
        bank::burn(ctx, &address(), &Coin::new(&denom, burned))?;
    }
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
    for entry in LOCKS.under(ctx, &()) {
        let (_, lock) = entry.map_err(|e| e.to_string())?;
        let sum = sums.entry(lock.device_id).or_default();
        *sum = sum.saturating_add(parse_amount(&lock.amount).map_err(|e| e.to_string())?);
    }
    for entry in DEVICES.under(ctx, &()) {
        let (key, device) = entry.map_err(|e| e.to_string())?;
        let sum = sums.remove(key.as_slice()).unwrap_or(0);
        if device.locked != sum.to_string() {
            return Err(format!("device {} has {} locked, its leases lock {sum}", hex::encode(key), device.locked));
        }
    }
    if sums.is_empty() { Ok(()) } else { Err("a lease names a device that does not exist".into()) }
}
