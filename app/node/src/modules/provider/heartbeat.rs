//! Heartbeats: a provider with service leases says in every span of `heartbeat_blocks` that it is there.
//!
//! The first miss stops the pay of its service leases for every block above its last heartbeat, as long as it stays
//! silent; `jail_after` misses in a row close them by its fault and jail it. Nothing is asked of a provider without
//! service leases.

use super::{Error, load, params, state::*};
use crate::{hooks, isolate::isolate};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result};

/// Overdue providers that one block handles; pay stops at the last heartbeat however late that is.
const MAX_OVERDUE: usize = 64;

/// Height up to which the next heartbeat must come; 0 when none is asked for.
pub fn due_height(ctx: &Ctx, provider: &pb::Provider) -> Result<u64> {
    let span = u64::from(params(ctx)?.heartbeat_blocks);
    if provider.last_heartbeat == 0 || span == 0 {
        return Ok(0);
    }
    let spans = u64::from(provider.misses).saturating_add(1);
    Ok(provider.last_heartbeat.saturating_add(spans.saturating_mul(span)))
}

fn dequeue(ctx: &mut Ctx, owner: &Address, provider: &pb::Provider) -> Result<()> {
    let due = due_height(ctx, provider)?;
    if due > 0 { OVERDUE.remove(ctx, due, *owner) } else { Ok(()) }
}

fn save(ctx: &mut Ctx, owner: &Address, provider: &pb::Provider) -> Result<()> {
    let due = due_height(ctx, provider)?;
    if due > 0 {
        OVERDUE.insert(ctx, due, *owner)?;
    }
    PROVIDERS.set(ctx, owner, provider)
}

/// A service lease or a standby began: from the first on heartbeats are asked for.
pub fn lease_began(ctx: &mut Ctx, owner: &Address) -> Result<()> {
    let mut provider = load(ctx, owner)?;
    provider.leases = provider.leases.saturating_add(1);
    if provider.last_heartbeat == 0 {
        provider.last_heartbeat = ctx.block.height;
    }
    save(ctx, owner, &provider)
}

/// A service lease or a standby ended: with the last one silence is forgotten.
pub fn lease_ended(ctx: &mut Ctx, owner: &Address) -> Result<()> {
    let mut provider = load(ctx, owner)?;
    provider.leases = provider.leases.saturating_sub(1);
    if provider.leases == 0 {
        dequeue(ctx, owner, &provider)?;
        (provider.last_heartbeat, provider.misses, provider.silent) = (0, 0, false);
    }
    PROVIDERS.set(ctx, owner, &provider)
}

/// Takes a heartbeat; gives the height up to which the next must come.
pub fn beat(ctx: &mut Ctx, owner: &Address) -> Result<u64> {
    let mut provider = load(ctx, owner)?;
    if provider.leases == 0 {
        return Ok(0);
    }
    dequeue(ctx, owner, &provider)?;
    let was_silent = std::mem::take(&mut provider.silent);
    (provider.last_heartbeat, provider.misses) = (ctx.block.height, 0);
    save(ctx, owner, &provider)?;
    if was_silent {
        ctx.emit(&pb::EventProviderBack { owner: owner.to_string() })?;
        BACK.insert(ctx, ctx.block.height, *owner)?;
    }
    due_height(ctx, &provider)
}

/// Lets the leases of providers that are back be paid again: at the end of the block, since a provider may have more of
/// them than the gas of a heartbeat would reach.
pub fn run_back(ctx: &mut Ctx) -> Result<()> {
    for (_, owner) in BACK.take_due(ctx, usize::MAX)? {
        isolate(ctx, format!("provider/back/{owner}"), |ctx| match PROVIDERS.get(ctx, &owner)? {
            Some(provider) if !provider.silent => hooks::provider_back(ctx, &owner),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// Providers whose heartbeat stayed away.
pub fn run_overdue(ctx: &mut Ctx) -> Result<()> {
    for (_, owner) in OVERDUE.take_due(ctx, MAX_OVERDUE)? {
        isolate(ctx, format!("provider/{owner}"), |ctx| miss(ctx, &owner))?;
    }
    Ok(())
}

fn miss(ctx: &mut Ctx, owner: &Address) -> Result<()> {
    let mut provider = load(ctx, owner)?;
    provider.misses = provider.misses.saturating_add(1);
    let first = !std::mem::replace(&mut provider.silent, true);
    let last_heartbeat = provider.last_heartbeat;
    provider.jailed |= provider.misses >= params(ctx)?.jail_after;
    save(ctx, owner, &provider)?;
    super::reliability::missed_heartbeat(ctx, owner)?;
    let (name, misses) = (owner.to_string(), provider.misses);
    ctx.emit(&pb::EventProviderSilent { owner: name.clone(), last_heartbeat, misses })?;
    if first {
        hooks::provider_silent(ctx, owner, last_heartbeat)?;
    }
    if provider.jailed {
        ctx.emit(&pb::EventProviderJailed { owner: name })?;
        hooks::provider_failed(ctx, owner, last_heartbeat)?;
    }
    Ok(())
}

/// Lets a jailed provider bid again.
pub fn unjail(ctx: &mut Ctx, owner: &Address) -> Result<()> {
    let mut provider = load(ctx, owner)?;
    if !std::mem::take(&mut provider.jailed) {
        return Err(Error::NotJailed(owner.to_string()).into());
    }
    PROVIDERS.set(ctx, owner, &provider)?;
    ctx.emit(&pb::EventProviderUnjailed { owner: owner.to_string() })
}
