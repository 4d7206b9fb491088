//! Reliability: what a provider's leases and proofs came to, from chain facts alone.
//!
//! Every lease that ends counts once, as completed or as failed by the provider's fault, with the weight of the protocol
//! fee that it paid, so that a score costs money to make. What was counted halves every `half_life_blocks`. In a score
//! one tenant weighs at most a tenth of all, and a provider that nobody knows has half of it.

use super::{params, state::RELIABILITY};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, parse_amount};

/// Tenants remembered apart; of more, the lightest is forgotten and stays in the sums alone.
const MAX_TENANTS: usize = 64;
/// Fees, in sub-units, that weigh as much as knowing nothing: one whole ALQ.
const PRIOR: u128 = 1_000_000_000_000;
pub const FULL_BPS: u128 = 10_000;

/// How a lease ended.
#[derive(Clone, Copy, PartialEq)]
pub enum Outcome {
    Completed,
    Failed,
}

pub fn load(ctx: &Ctx, provider: &Address) -> Result<pb::Reliability> {
    let fresh = || pb::Reliability {
        provider: provider.to_string(),
        completed: "0".into(),
        faults: "0".into(),
        at: ctx.block.height,
        ..pb::Reliability::default()
    };
    let mut record = RELIABILITY.get(ctx, provider)?.unwrap_or_else(fresh);
    fade(ctx, &mut record)?;
    Ok(record)
}

/// Halves what is counted for every half-life that passed.
fn fade(ctx: &Ctx, record: &mut pb::Reliability) -> Result<()> {
    let span = u64::from(params(ctx)?.half_life_blocks);
    let passed = ctx.block.height.saturating_sub(record.at).checked_div(span).unwrap_or(0);
    if passed == 0 {
        return Ok(());
    }
    record.at = record.at.saturating_add(passed.saturating_mul(span));
    let shift = u32::try_from(passed).unwrap_or(u32::MAX);
    let halve = |text: &mut String| -> Result<()> {
        *text = parse_amount(text)?.checked_shr(shift).unwrap_or(0).to_string();
        Ok(())
    };
    halve(&mut record.completed)?;
    halve(&mut record.faults)?;
    for tenant in &mut record.tenants {
        halve(&mut tenant.completed)?;
        halve(&mut tenant.faults)?;
    }
    record.tenants.retain(|tenant| tenant.completed != "0" || tenant.faults != "0");
    Ok(())
}

/// Counts a lease that ended, by the fee it paid. One sub-unit more, so that a free lease is counted too.
pub fn lease_ended(ctx: &mut Ctx, provider: &Address, tenant: &Address, fee_sub: u128, outcome: Outcome) -> Result<()> {
    let mut record = load(ctx, provider)?;
    let weight = fee_sub.saturating_add(1);
    let owner = tenant.to_string();
    let at = match record.tenants.iter().position(|tenant| tenant.owner == owner) {
        Some(at) => at,
        None => {
            record.tenants.push(pb::Tenant { owner, completed: "0".into(), faults: "0".into() });
            record.tenants.len().saturating_sub(1)
        }
    };
    let add = |text: &mut String| -> Result<()> {
        *text = parse_amount(text)?.saturating_add(weight).to_string();
        Ok(())
    };
    let tenant = record.tenants.get_mut(at);
    match outcome {
        Outcome::Completed => {
            record.leases_completed = record.leases_completed.saturating_add(1);
            add(&mut record.completed)?;
            tenant.map_or(Ok(()), |tenant| add(&mut tenant.completed))?;
        }
        Outcome::Failed => {
            record.leases_failed = record.leases_failed.saturating_add(1);
            add(&mut record.faults)?;
            tenant.map_or(Ok(()), |tenant| add(&mut tenant.faults))?;
        }
    }
    if record.tenants.len() > MAX_TENANTS {
        let lightest = record.tenants.iter().enumerate().min_by_key(|(_, tenant)| weight_of(tenant));
        let lightest = lightest.map_or(0, |(at, _)| at);
        record.tenants.remove(lightest);
    }
    RELIABILITY.set(ctx, provider, &record)
}

pub fn proof_ended(ctx: &mut Ctx, provider: &Address, passed: bool) -> Result<()> {
    let mut record = load(ctx, provider)?;
    let count = if passed { &mut record.proofs_passed } else { &mut record.proofs_failed };
    *count = count.saturating_add(1);
    RELIABILITY.set(ctx, provider, &record)
}

pub fn missed_heartbeat(ctx: &mut Ctx, provider: &Address) -> Result<()> {
    let mut record = load(ctx, provider)?;
    record.heartbeats_missed = record.heartbeats_missed.saturating_add(1);
    RELIABILITY.set(ctx, provider, &record)
}

fn weight_of(tenant: &pb::Tenant) -> u128 {
    parse_amount(&tenant.completed).unwrap_or(0).saturating_add(parse_amount(&tenant.faults).unwrap_or(0))
}

/// 0 to 10000: the completed part of all that counts, the unknown part counted half.
pub fn score(record: &pb::Reliability) -> Result<u32> {
    let all = parse_amount(&record.completed)?.saturating_add(parse_amount(&record.faults)?);
    let most = all.checked_div(10).unwrap_or(0).max(1);
    let (mut good, mut sum) = (0u128, 0u128);
    for tenant in &record.tenants {
        let weight = weight_of(tenant);
        let counted = weight.min(most);
        let part = parse_amount(&tenant.completed)?.saturating_mul(counted).checked_div(weight).unwrap_or(0);
        (good, sum) = (good.saturating_add(part), sum.saturating_add(counted));
    }
    let (good, sum) = (good.saturating_add(PRIOR.checked_div(2).unwrap_or(0)), sum.saturating_add(PRIOR));
    let bps = good.saturating_mul(FULL_BPS).checked_div(sum).unwrap_or(0);
    Ok(u32::try_from(bps).unwrap_or(10_000))
}
