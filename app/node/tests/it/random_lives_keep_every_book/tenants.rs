//! Tenants: deployments of jobs and services, their funds, their groups, and the leases they make and end.

use super::{
    jobs,
    life::{Draft, Life, coin},
};
use aliquot_proto::{
    deployment::v1::{
        self as pb, Cpu, DeploymentState, Gpu, GroupSpec, GroupState, JobSpec, Memory, PlacementRequirements, Rate,
        ResourceUnit, Resources, ServiceSpec, SignedBy, Storage,
    },
    escrow::v1::MsgAccountDeposit,
    market::v1::{BidState, LeaseState, MsgCloseLease, MsgCreateLease},
    provider::v1::Attribute,
};
use rand::{Rng, seq::IteratorRandom};

/// Deployments that live side by side.
const MAX_DEPLOYMENTS: usize = 150;

pub fn attribute(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: value.into() }
}

pub const GPU: &str = "vendor/nvidia/model/h100";

fn unit(life: &mut Life, id: u32, denom: &str) -> ResourceUnit {
    let gpu = Gpu { units: 1, attributes: vec![attribute(GPU, "true")] };
    let resources = Resources {
        cpu: Some(Cpu { milli_units: life.number(10..4000), attributes: vec![] }),
        memory: Some(Memory { bytes: 1 << 30 }),
        storage: vec![Storage { bytes: 1 << 30, ..Storage::default() }],
        gpu: life.chance(20).then_some(gpu),
        ..Resources::default()
    };
    // Up to twenty base units a block, most of them with a fraction.
    let amount_sub = life.number(1..20_000_000u64).to_string();
    let price = Some(Rate { denom: denom.into(), amount_sub });
    ResourceUnit { id, resources: Some(resources), count: life.number(1..=2), price }
}

pub fn units(life: &mut Life, denom: &str) -> Vec<ResourceUnit> {
    (1..=life.number(1..=2)).map(|id| unit(life, id, denom)).collect()
}

fn group(life: &mut Life, denom: &str) -> GroupSpec {
    let signed_by = life.chance(30).then(|| SignedBy { any_of: life.cast.auditors.clone(), all_of: vec![] });
    let region = if life.chance(50) { "eu" } else { "*" };
    let requirements = PlacementRequirements { attributes: vec![attribute("region", region)], signed_by };
    let spec = GroupSpec {
        name: "g".into(),
        requirements: life.chance(25).then_some(requirements),
        award: life.number(0..3),
        bid_window_blocks: life.number(0..8),
        ..GroupSpec::default()
    };
    if life.chance(45) {
        let (samples, commit_blocks) = (life.one(&[0, 8, 20]).unwrap(), life.one(&[0, 0, 5, 12]).unwrap());
        let job = JobSpec { kernel: "RENDER_Q16".into(), input: jobs::input(life), samples, commit_blocks };
        GroupSpec { job: Some(job), max_price: coin(denom, life.number(1..3_000_000)), ..spec }
    } else {
        let service = Some(ServiceSpec { resources: units(life, denom) });
        GroupSpec { service, reclamation_blocks: life.one(&[0, 0, 2, 5]).unwrap(), ..spec }
    }
}

pub fn create_deployment(life: &mut Life) -> Option<Draft> {
    if life.mirror.deployments.len() > MAX_DEPLOYMENTS {
        return None;
    }
    let (tenants, denom) = (life.cast.tenants.clone(), life.denom());
    let owner = life.one(&tenants)?;
    let groups: Vec<GroupSpec> = (0..life.number(1..=3)).map(|_| group(life, &denom)).collect();
    // Jobs need their whole price, services run dry sooner or later.
    let jobs = groups.iter().filter(|group| group.job.is_some()).count() as u128;
    let deposit = jobs * 3_000_000 + life.number(1000..5000u128);
    life.next_dseq += 1;
    let msg = pb::MsgCreateDeployment {
        owner: owner.clone(),
        dseq: life.next_dseq,
        groups,
        hash: vec![1; 32],
        deposit: coin(&denom, deposit),
        grace_blocks: life.one(&[None, Some(0), Some(3), Some(20)])?,
        low_funds_blocks: life.one(&[0, 5])?,
    };
    Draft::of(&owner, &msg)?.gas(8_000_000)
}

/// Any deployment that is not closed.
fn deployment(life: &mut Life) -> Option<(String, u64)> {
    let (owner, dseq) = *life.mirror.deployments.keys().choose(&mut life.rng)?;
    life.claim(format!("deployment {owner}/{dseq}")).then(|| (owner.to_string(), dseq))
}

pub fn update_deployment(life: &mut Life) -> Option<Draft> {
    let (owner, dseq) = deployment(life)?;
    let hash: [u8; 32] = life.rng.r#gen();
    Draft::of(&owner, &pb::MsgUpdateDeployment { owner: owner.clone(), dseq, hash: hash.into() })
}

pub fn close_deployment(life: &mut Life) -> Option<Draft> {
    let (owner, dseq) = deployment(life)?;
    Draft::of(&owner, &pb::MsgCloseDeployment { owner: owner.clone(), dseq })
}

fn group_in(life: &mut Life, state: GroupState) -> Option<(String, u64, u32)> {
    let with = life.mirror.groups.iter().filter(|(_, group)| group.state() == state);
    let (owner, dseq, gseq) = *with.map(|(key, _)| key).choose(&mut life.rng)?;
    life.claim(format!("deployment {owner}/{dseq}")).then(|| (owner.to_string(), dseq, gseq))
}

pub fn close_group(life: &mut Life) -> Option<Draft> {
    let (owner, dseq, gseq) = group_in(life, GroupState::Open)?;
    Draft::of(&owner, &pb::MsgCloseGroup { owner: owner.clone(), dseq, gseq })
}

pub fn pause_group(life: &mut Life) -> Option<Draft> {
    let (owner, dseq, gseq) = group_in(life, GroupState::Open)?;
    Draft::of(&owner, &pb::MsgPauseGroup { owner: owner.clone(), dseq, gseq })
}

pub fn start_group(life: &mut Life) -> Option<Draft> {
    let (owner, dseq, gseq) = group_in(life, GroupState::Paused)?;
    Draft::of(&owner, &pb::MsgStartGroup { owner: owner.clone(), dseq, gseq })
}

/// From anyone, more often where funds ran dry.
pub fn account_deposit(life: &mut Life) -> Option<Draft> {
    let paused_only = life.chance(50);
    let open = life.mirror.deployments.iter();
    let asked = open.filter(|(_, d)| !paused_only || d.state() == DeploymentState::Paused);
    let (owner, dseq) = *asked.map(|(key, _)| key).choose(&mut life.rng)?;
    let (depositor, denom, amount) = (life.anyone(), life.denom(), life.number(1..2_000));
    let amount = coin(&denom, amount);
    let msg = MsgAccountDeposit { depositor: depositor.clone(), owner: owner.to_string(), dseq, amount };
    Draft::of(&depositor, &msg)
}

/// Takes one of the open bids, and sometimes a second to stand by.
pub fn create_lease(life: &mut Life) -> Option<Draft> {
    let open = life.mirror.bids.iter().filter(|(_, bid)| bid.state() == BidState::Open);
    let (key, bid) = open.choose(&mut life.rng)?;
    let (key, is_service) = (*key, bid.rate.is_some());
    let others = life.mirror.bids.iter().filter(|(other, bid)| {
        other.order == key.order && other.provider != key.provider && bid.state() == BidState::Open
    });
    let standby = others.map(|(other, _)| other.provider).choose(&mut life.rng).filter(|_| is_service);
    let standby = standby.map(|provider| provider.to_string()).filter(|_| life.chance(60)).unwrap_or_default();
    if !life.claim(format!("order {}", key.order)) {
        return None;
    }
    let owner = key.order.owner.to_string();
    Draft::of(&owner, &MsgCreateLease { owner: owner.clone(), id: Some(key.id()), standby })?.gas(8_000_000)
}

pub fn close_lease(life: &mut Life) -> Option<Draft> {
    let live = life.mirror.leases.iter().filter(|(_, lease)| lease.state() != LeaseState::Standby);
    let key = *live.map(|(key, _)| key).choose(&mut life.rng)?;
    if !life.claim(format!("order {}", key.order)) {
        return None;
    }
    let owner = key.order.owner.to_string();
    Draft::of(&owner, &MsgCloseLease { owner: owner.clone(), id: Some(key.id()) })
}
