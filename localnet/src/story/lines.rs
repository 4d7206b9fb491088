//! What an event means, in a line.

use super::Names;
use aliquot_client::Event;
use aliquot_proto::{
    Coin,
    compute::v1 as compute,
    deployment::v1 as deployment,
    escrow::v1 as escrow,
    market::v1 as market,
    prost::{Message, Name},
    provider::v1 as provider,
};
use anyhow::Result;

/// Nothing for what is about neither the deployments nor a provider with a name.
pub fn line(event: &Event, dseqs: &[u64], names: &Names) -> Result<Option<String>> {
    let of = |id: &Option<market::LeaseId>| id.clone().filter(|id| dseqs.contains(&id.dseq));
    if let Some(line) = of_market(event, &of, names)? {
        return Ok(Some(line));
    }
    if let Some(line) = of_jobs(event, &of)? {
        return Ok(Some(line));
    }
    if let Some(line) = of_funds(event, dseqs, names)? {
        return Ok(Some(line));
    }
    of_providers(event, names)
}

type Of<'a> = &'a dyn Fn(&Option<market::LeaseId>) -> Option<market::LeaseId>;

fn read<T: Name + Message + Default>(event: &Event) -> Result<Option<T>> {
    Ok(event.decode::<T>().transpose()?)
}

fn coin(coin: &Option<Coin>) -> String {
    coin.as_ref().map_or_else(String::new, |coin| format!("{}{}", coin.amount, coin.denom))
}

/// A price, or a rate in base units per block.
fn price(price: &Option<Coin>, rate: &Option<deployment::Rate>) -> String {
    match rate {
        Some(rate) => {
            let sub: u128 = rate.amount_sub.parse().unwrap_or(0);
            format!("{}.{:06}{} per block", sub / 1_000_000, sub % 1_000_000, rate.denom)
        }
        None => coin(price),
    }
}

fn of_market(event: &Event, of: Of, names: &Names) -> Result<Option<String>> {
    if let Some(e) = read::<market::EventBidCreated>(event)? {
        let line = |id: market::LeaseId| format!("bid by {}: {}", names.of(&id.provider), price(&e.price, &e.rate));
        return Ok(of(&e.id).map(line));
    }
    if let Some(e) = read::<market::EventLeaseCreated>(event)? {
        let Some(id) = of(&e.id) else { return Ok(None) };
        return Ok(Some(match (&e.rate, e.standby) {
            (None, _) => "the lease is made: its price is set aside, the provider's bond is locked".into(),
            (_, true) => format!("{} stands by for {}", names.of(&id.provider), names.of(&id.owner)),
            _ => format!("lease {} - {}: {}", names.of(&id.owner), names.of(&id.provider), price(&None, &e.rate)),
        }));
    }
    if let Some(e) = read::<market::EventLeaseAmended>(event)? {
        let line =
            |id: market::LeaseId| format!("{}'s lease is amended: {}", names.of(&id.owner), price(&None, &e.rate));
        return Ok(of(&e.id).map(line));
    }
    if let Some(e) = read::<market::EventStandbyTookOver>(event)? {
        let line =
            |id: market::LeaseId| format!("{} takes over {}'s lease", names.of(&id.provider), names.of(&id.owner));
        return Ok(of(&e.id).map(line));
    }
    let Some(e) = read::<market::EventLeaseClosed>(event)? else { return Ok(None) };
    let line = |id: market::LeaseId| {
        let reason = e.reason().as_str_name().trim_start_matches("LEASE_CLOSED_REASON_").to_lowercase();
        format!("lease {} - {} is closed: {}", names.of(&id.owner), names.of(&id.provider), reason.replace('_', " "))
    };
    // A job says itself how it ended.
    Ok(of(&e.id).filter(|_| e.reason() != market::LeaseClosedReason::Completed).map(line))
}

fn of_jobs(event: &Event, of: Of) -> Result<Option<String>> {
    if let Some(e) = read::<compute::EventJobCommitted>(event)? {
        let (root, sample) = (hex::encode(&e.root), e.sample_height);
        return Ok(
            of(&e.id).map(|_| format!("result committed, root {root}; the beacon of height {sample} will sample it"))
        );
    }
    if let Some(e) = read::<compute::EventJobSampled>(event)? {
        let line = format!("the beacon picked chunks {:?}; open them by height {}", e.sampled, e.open_deadline);
        return Ok(of(&e.id).map(|_| line));
    }
    if let Some(e) = read::<compute::EventJobOpened>(event)? {
        return Ok(of(&e.id).map(|_| "the provider opened them".into()));
    }
    if let Some(e) = read::<compute::EventJobVerified>(event)? {
        let line = format!("every node computed them again: right; it settles at height {}", e.settles_at);
        return Ok(of(&e.id).map(|_| line));
    }
    if let Some(e) = read::<compute::EventJobFailed>(event)? {
        return Ok(of(&e.id).map(|_| format!("the job failed: {:?}", e.fault())));
    }
    let Some(e) = read::<compute::EventJobSettled>(event)? else { return Ok(None) };
    Ok(of(&e.id).map(|_| "settled: the provider has earned the price".into()))
}

fn of_funds(event: &Event, dseqs: &[u64], names: &Names) -> Result<Option<String>> {
    let of = |id: Option<deployment::DeploymentId>| id.filter(|id| dseqs.contains(&id.dseq));
    if let Some(e) = read::<escrow::EventRefunded>(event)? {
        let line = format!("{} returned to {}", coin(&e.amount), names.of(&e.depositor));
        return Ok(dseqs.contains(&e.dseq).then_some(line));
    }
    if let Some(e) = read::<escrow::EventLowFunds>(event)? {
        let line = format!("{}'s funds last for {} more blocks", names.of(&e.owner), e.blocks_left);
        return Ok(dseqs.contains(&e.dseq).then_some(line));
    }
    if let Some(e) = read::<deployment::EventDeploymentPaused>(event)? {
        let closes = e.closes_at;
        return Ok(of(e.id).map(|id| {
            format!("{}'s deployment is paused: its funds ran dry; it closes at height {closes}", names.of(&id.owner))
        }));
    }
    let Some(e) = read::<deployment::EventDeploymentResumed>(event)? else { return Ok(None) };
    Ok(of(e.id).map(|id| format!("{}'s deployment goes on", names.of(&id.owner))))
}

fn of_providers(event: &Event, names: &Names) -> Result<Option<String>> {
    let named = |owner: &str| names.has(owner).then(|| names.of(owner));
    if let Some(e) = read::<provider::EventProviderSilent>(event)? {
        let (last, misses) = (e.last_heartbeat, e.misses);
        return Ok(
            named(&e.owner).map(|name| format!("{name} missed a heartbeat ({misses}): unpaid for blocks above {last}"))
        );
    }
    if let Some(e) = read::<provider::EventProviderBack>(event)? {
        return Ok(named(&e.owner).map(|name| format!("{name} is heard of again, and paid")));
    }
    if let Some(e) = read::<provider::EventProviderJailed>(event)? {
        return Ok(named(&e.owner).map(|name| format!("{name} is jailed: its leases close by its fault")));
    }
    if let Some(e) = read::<provider::EventProviderUnjailed>(event)? {
        return Ok(named(&e.owner).map(|name| format!("{name} may bid again")));
    }
    let Some(e) = read::<compute::EventSlashed>(event)? else { return Ok(None) };
    let Some(id) = e.id.filter(|id| names.has(&id.provider)) else { return Ok(None) };
    let (burned, tenant, community) = (&e.burned, &e.to_tenant, &e.to_community);
    let name = names.of(&id.provider);
    Ok(Some(format!(
        "of {name}'s bond {burned}{0} are burnt, {tenant}{0} go to the tenant, {community}{0} to the community",
        e.denom
    )))
}
