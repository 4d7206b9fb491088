//! Providers at the market: bids, replaced and taken back, leases amended, left and paid out.

use super::{
    life::{Draft, Life, coin},
    tenants::{GPU, units},
};
use aliquot::ids::LeaseKey;
use aliquot_proto::{
    deployment::v1::{GroupSpec, Rate, ServiceSpec},
    escrow::v1::MsgWithdraw,
    market::v1::{self as pb, Bid, BidState, LeaseState, Payee, PriceItem},
    provider::v1::Provider,
};
use aliquot_sdk::Address;
use rand::seq::{IteratorRandom, SliceRandom};

/// The provider itself or, if it has one, its operator.
pub fn hand_of(life: &mut Life, provider: &str) -> String {
    let operator = life.mirror.providers.get(provider).map(|provider| provider.operator.clone()).unwrap_or_default();
    if operator.is_empty() || life.chance(50) { provider.into() } else { operator }
}

/// Whether a provider has what a group asks for, roughly: what is signed by whom is left to the chain.
fn fits(spec: &GroupSpec, provider: &Provider) -> bool {
    let has =
        |key: &str, value: &str| provider.attributes.iter().any(|a| a.key == key && (value == "*" || a.value == value));
    let required = spec.requirements.iter().flat_map(|r| &r.attributes).all(|a| has(&a.key, &a.value));
    let units = spec.service.iter().flat_map(|service| &service.resources);
    let gpu = units.filter_map(|unit| unit.resources.as_ref()?.gpu.as_ref()).next().is_some();
    required && (!gpu || has(&format!("capabilities/gpu/{GPU}"), "*"))
}

/// A device of the provider with so much free bond.
fn device(life: &mut Life, provider: &str, denom: &str, need: u128) -> Option<Vec<u8>> {
    let amount = |text: &str| text.parse::<u128>().unwrap();
    let enough = life.mirror.devices.values().filter(|device| {
        let bond = device.bond.as_ref().unwrap();
        device.provider == provider && bond.denom == denom && amount(&bond.amount) - amount(&device.locked) >= need
    });
    enough.map(|device| device.id.clone()).choose(&mut life.rng)
}

pub fn create_bid(life: &mut Life) -> Option<Draft> {
    let (order, spec) = life.mirror.orders.iter().choose(&mut life.rng)?;
    let (order, spec) = (*order, spec.spec.clone()?);
    let owner = order.owner.to_string();
    let fitting = life.mirror.providers.values().filter(|p| !p.jailed && p.owner != owner && fits(&spec, p));
    let provider = fitting.choose(&mut life.rng)?.owner.clone();
    let key = LeaseKey { order, provider: Address::parse(&provider).unwrap() };
    let own = life.mirror.bids.get(&key).filter(|bid| bid.state() == BidState::Open).cloned();
    // A replacement is tried less often than a first bid.
    if (own.is_some() && life.chance(60)) || !life.claim(format!("bid {key}")) {
        return None;
    }
    let (signer, deposit_in) = (hand_of(life, &provider), life.denom());
    let mut msg = pb::MsgCreateBid {
        signer: signer.clone(),
        id: Some(key.id()),
        deposit: coin(&deposit_in, life.number(500_000..600_000)),
        ..Default::default()
    };
    match &spec.service {
        Some(service) => offer_service(life, &spec, service, own.as_ref(), &mut msg)?,
        None => offer_job(life, &spec, own.as_ref(), &mut msg)?,
    }
    Draft::of(&signer, &msg)
}

fn offer_job(life: &mut Life, spec: &GroupSpec, own: Option<&Bid>, msg: &mut pb::MsgCreateBid) -> Option<()> {
    let most = own.and_then(|own| own.price.clone()).or(spec.max_price.clone())?;
    let highest: u128 = most.amount.parse().unwrap();
    let price = life.number((highest / 3).max(1)..=highest);
    msg.price = coin(&most.denom, price);
    let provider = msg.id.clone()?.provider;
    msg.device_id = device(life, &provider, &most.denom, price.saturating_mul(2))?;
    Some(())
}

fn offer_service(
    life: &mut Life,
    spec: &GroupSpec,
    service: &ServiceSpec,
    own: Option<&Bid>,
    msg: &mut pb::MsgCreateBid,
) -> Option<()> {
    let (mut sum, mut denom) = (0u128, String::new());
    for unit in &service.resources {
        let most = unit.price.clone()?;
        // The units may have been amended since the own bid was made; then it prices others.
        let before = own.and_then(|own| own.items.iter().find(|item| item.resource_id == unit.id));
        let part = |text: &str| text.parse::<u128>().unwrap_or(0);
        let total = |item: &PriceItem| part(&item.cpu_sub).saturating_add(part(&item.gpu_sub));
        let highest: u128 = before.map_or_else(|| most.amount_sub.parse().unwrap(), total);
        let price = life.number(highest / 3..=highest);
        let (cpu, gpu) = (price / 3, price - price / 3);
        sum = sum.saturating_add(price.saturating_mul(unit.count.into()));
        denom = most.denom;
        let (cpu_sub, gpu_sub) = (cpu.to_string(), gpu.to_string());
        msg.items.push(PriceItem { resource_id: unit.id, cpu_sub, gpu_sub, ..PriceItem::default() });
    }
    let provider = msg.id.clone()?.provider;
    msg.device_id = device(life, &provider, &denom, sum / 10_000 + 1)?;
    msg.rate = Some(Rate { denom, amount_sub: sum.to_string() });
    msg.reclamation_blocks = spec.reclamation_blocks.saturating_add(life.number(0..5));
    if life.chance(40) {
        let mut paid = life.cast.payees.clone();
        paid.push(provider);
        paid.shuffle(&mut life.rng);
        paid.truncate(life.number(1..=4));
        msg.payees = paid.into_iter().map(|address| Payee { address, weight: life.number(1..10) }).collect();
    }
    Some(())
}

pub fn close_bid(life: &mut Life) -> Option<Draft> {
    let open = life.mirror.bids.iter().filter(|(_, bid)| bid.state() == BidState::Open);
    let key = *open.map(|(key, _)| key).choose(&mut life.rng)?;
    if !life.claim(format!("bid {key}")) {
        return None;
    }
    let signer = hand_of(life, &key.provider.to_string());
    Draft::of(&signer, &pb::MsgCloseBid { signer: signer.clone(), id: Some(key.id()), reason: 0 })
}

/// A live lease of a service, in one of the states.
fn lease(life: &mut Life, states: &[LeaseState]) -> Option<(LeaseKey, pb::Lease)> {
    let live = life.mirror.leases.iter();
    let of_services = live.filter(|(_, lease)| lease.rate.is_some() && states.contains(&lease.state()));
    let (key, lease) = of_services.choose(&mut life.rng)?;
    let (key, lease) = (*key, lease.clone());
    life.claim(format!("order {}", key.order)).then_some((key, lease))
}

/// A provider leaves, with or without notice, also as the one that stands by.
pub fn leave_lease(life: &mut Life) -> Option<Draft> {
    let all = [LeaseState::Active, LeaseState::Reclaiming, LeaseState::Paused, LeaseState::Standby];
    let reclaiming = [LeaseState::Reclaiming];
    let (key, _) = if life.chance(60) { lease(life, &reclaiming)? } else { lease(life, &all)? };
    let signer = hand_of(life, &key.provider.to_string());
    let reason = life.one(&[0, 10_000, 10_001, 10_003])?;
    Draft::of(&signer, &pb::MsgCloseBid { signer: signer.clone(), id: Some(key.id()), reason })
}

pub fn start_reclaim(life: &mut Life) -> Option<Draft> {
    let (key, _) = lease(life, &[LeaseState::Active])?;
    let signer = hand_of(life, &key.provider.to_string());
    Draft::of(&signer, &pb::MsgStartReclaim { signer: signer.clone(), id: Some(key.id()), reason: 10_001 })
}

/// Proposes a change, or more often agrees to one that the other side has signed.
pub fn amend_lease(life: &mut Life) -> Option<Draft> {
    let agrees = life.chance(60);
    let active =
        life.mirror.leases.iter().filter(|(_, lease)| lease.state() == LeaseState::Active && lease.rate.is_some());
    let asked = active.filter(|(_, lease)| lease.amendment.is_some() == agrees);
    let (key, lease) = asked.choose(&mut life.rng)?;
    let (key, lease) = (*key, lease.clone());
    if !life.claim(format!("order {}", key.order)) {
        return None;
    }
    let (owner, provider, id) = (key.order.owner.to_string(), key.provider.to_string(), Some(key.id()));
    let (signer, rate, resources) = match lease.amendment {
        Some(first) => {
            let signer = if first.proposer == owner { hand_of(life, &provider) } else { owner };
            (signer, first.rate, first.resources)
        }
        None => {
            let signer = if life.chance(50) { hand_of(life, &provider) } else { owner };
            let now = lease.rate?;
            let amount: u128 = now.amount_sub.parse().unwrap();
            let amount_sub = life.number(amount / 2 + 1..=amount * 3 / 2 + 1).to_string();
            let resources = if life.chance(30) { units(life, &now.denom) } else { vec![] };
            (signer, Some(Rate { denom: now.denom, amount_sub }), resources)
        }
    };
    Draft::of(&signer, &pb::MsgAmendLease { signer: signer.clone(), id, rate, resources })
}

/// Of a lease that lives or of one that ended.
pub fn withdraw_lease(life: &mut Life) -> Option<Draft> {
    let past = life.mirror.past.iter().copied();
    let key = life.mirror.leases.keys().copied().chain(past).choose(&mut life.rng)?;
    let signer = hand_of(life, &key.provider.to_string());
    Draft::of(&signer, &pb::MsgWithdrawLease { signer: signer.clone(), id: Some(key.id()) })
}

pub fn withdraw(life: &mut Life) -> Option<Draft> {
    let (payee, denom) = life.mirror.earnings.keys().choose(&mut life.rng)?;
    let (payee, denom) = (payee.to_string(), denom.clone());
    if !life.cast.all.contains(&payee) {
        return None;
    }
    Draft::of(&payee, &MsgWithdraw { payee: payee.clone(), denom })
}
