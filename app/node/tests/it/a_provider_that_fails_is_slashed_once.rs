//! Each way in which a provider can fail: its slash, its refund, and that neither happens twice.

use crate::{a_job_is_bid_for_proven_and_paid::*, chain::*};
use aliquot_proto::{
    compute::v1::{self as compute, JobFault, JobPhase},
    market::v1::{LeaseClosedReason, LeaseId},
};
use aliquot_sdk::Address;

const LOCKED: u128 = PRICE * 2;

struct Before {
    tenant: u128,
    community: u128,
    supply: u128,
}

fn supply(chain: &TestChain) -> u128 {
    aliquot::modules::bank::supply(&chain.app.state_at(0).unwrap(), "ualq").unwrap()
}

fn community(chain: &TestChain) -> u128 {
    chain.balance(&Address::module("community").to_string())
}

fn before(chain: &TestChain, id: &LeaseId) -> Before {
    Before { tenant: chain.balance(&id.owner), community: community(chain), supply: supply(chain) }
}

fn device(chain: &TestChain, id: &LeaseId) -> compute::Device {
    let request = compute::QueryDeviceRequest { id: job(chain, id).device_id };
    chain.query::<_, compute::QueryDeviceResponse>("/aliquot.compute.v1.Query/Device", &request).device.unwrap()
}

/// The bond lost `slashed`, split 50/30/20, and the whole deposit went back to the tenant.
fn assert_slashed(chain: &TestChain, id: &LeaseId, was: &Before, slashed: u128, fault: JobFault) {
    let ended = job(chain, id);
    assert_eq!((ended.phase(), ended.fault()), (JobPhase::Failed, fault));
    let (burned, tenant) = (slashed / 2, slashed * 3000 / 10_000);
    assert_eq!(supply(chain), was.supply - burned);
    assert_eq!(chain.balance(&id.owner), was.tenant + DEPOSIT + tenant);
    assert_eq!(community(chain), was.community + slashed - burned - tenant);
    let device = device(chain, id);
    assert_eq!(device.bond.unwrap().amount, (10_000_000 - slashed).to_string());
    assert_eq!((device.locked.as_str(), device.jobs_failed), ("0", 1));
    assert_eq!(earnings(chain, &id.provider), 0);
}

#[test]
fn a_wrong_chunk_slashes_what_the_lease_locked() {
    let (mut chain, id) = leased(1);
    let mut outputs = OUTPUTS.clone();
    for output in &mut outputs {
        output[17] ^= 1;
    }
    let sampled = commit_and_sample(&mut chain, &id, &outputs);
    let was = before(&chain, &id);
    chain.run(&key("provider"), &open(&id, &tree(&id, &outputs), &outputs, &sampled));
    assert_slashed(&chain, &id, &was, LOCKED, JobFault::WrongChunk);
    assert_eq!(lease_record(&chain, &id).reason(), LeaseClosedReason::ProviderFraud);
    let supply_then = supply(&chain);
    chain.blocks(20);
    assert_eq!(supply(&chain), supply_then, "slashed twice");
}

#[test]
fn openings_that_are_not_of_the_committed_root_are_fraud() {
    let (mut chain, id) = leased(1);
    let mut outputs = OUTPUTS.clone();
    outputs.iter_mut().for_each(|output| output[0] ^= 0x80);
    let sampled = commit_and_sample(&mut chain, &id, &outputs);
    let was = before(&chain, &id);
    // Right chunks, but not those that were committed.
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    assert_slashed(&chain, &id, &was, LOCKED, JobFault::WrongChunk);
}

#[test]
fn a_result_of_another_lease_is_worth_nothing() {
    let (mut chain, id) = leased(1);
    let other = lease_id("provider", 2);
    let committed = chain.run(&key("provider"), &commit(&id, &tree(&other, &OUTPUTS)));
    let height = response::<compute::MsgCommitResultResponse>(&committed).sample_height;
    chain.blocks(height - chain.height);
    let was = before(&chain, &id);
    let sampled = job(&chain, &id).sampled;
    chain.run(&key("provider"), &open(&id, &tree(&other, &OUTPUTS), &OUTPUTS, &sampled));
    assert_slashed(&chain, &id, &was, LOCKED, JobFault::WrongChunk);
}

#[test]
fn withheld_openings_are_fraud_at_the_deadline_and_not_a_block_before() {
    let (mut chain, id) = leased(1);
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    let was = before(&chain, &id);
    chain.blocks(4);
    assert_eq!(job(&chain, &id).phase(), JobPhase::Sampled);
    chain.blocks(1);
    assert_slashed(&chain, &id, &was, LOCKED, JobFault::MissingOpening);
    let late = open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled);
    assert_eq!(chain.fails(&key("provider"), &late), ("compute".into(), 12));
}

#[test]
fn openings_in_the_last_block_of_the_deadline_are_in_time() {
    let (mut chain, id) = leased(1);
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    chain.blocks(4);
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    assert_eq!(job(&chain, &id).phase(), JobPhase::Verified);
}

#[test]
fn a_late_commit_costs_the_late_part_of_the_locked_bond() {
    let (mut chain, id) = leased(1);
    let was = before(&chain, &id);
    chain.blocks(9);
    assert_eq!(job(&chain, &id).phase(), JobPhase::Leased);
    chain.blocks(1);
    assert_slashed(&chain, &id, &was, LOCKED / 10, JobFault::LateCommit);
    assert_eq!(lease_record(&chain, &id).reason(), LeaseClosedReason::ProviderLate);
    assert_eq!(chain.fails(&key("provider"), &commit(&id, &tree(&id, &OUTPUTS))), ("compute".into(), 12));
}

#[test]
fn a_second_commit_is_refused() {
    let (mut chain, id) = leased(1);
    chain.run(&key("provider"), &commit(&id, &tree(&id, &OUTPUTS)));
    assert_eq!(chain.fails(&key("provider"), &commit(&id, &tree(&id, &OUTPUTS))), ("compute".into(), 12));
}

#[test]
fn more_work_than_the_budget_waits_its_turn_and_is_verified_in_order() {
    let mut state = genesis();
    let cost = aliquot_kernels::Kernel::RenderQ16.prepare(SCENE.as_bytes()).unwrap().chunk_cost();
    // Room for one job of 16 chunks per block, and the four that a plan must leave.
    state["compute"]["params"]["verify_gas_per_block"] = (cost * 16 * 4).to_string().into();
    let mut chain = TestChain::from_genesis(&state);
    let device = register(&mut chain, "provider", 100_000_000);
    let ids: Vec<LeaseId> = (1..=6).map(|dseq| lease_id("provider", dseq)).collect();
    let mut txs = Vec::new();
    for id in &ids {
        lease(&mut chain, id.dseq, &device);
        if id.dseq == 6 {
            for id in &ids {
                txs.push(
                    chain.tx(&key("provider"), aliquot_client::TxBuilder::new().msg(&commit(id, &tree(id, &OUTPUTS)))),
                );
            }
        }
    }
    // Deadlines of the first leases pass while the later ones are made: commit what still stands.
    let results = chain.block(txs);
    let alive: Vec<&LeaseId> = ids.iter().zip(&results).filter(|(_, r)| r.code == 0).map(|(id, _)| id).collect();
    chain.blocks(3);
    let mut opens = Vec::new();
    for id in &alive {
        let sampled = job(&chain, id).sampled;
        let msg = open(id, &tree(id, &OUTPUTS), &OUTPUTS, &sampled);
        opens.push(chain.tx(&key("provider"), aliquot_client::TxBuilder::new().msg(&msg)));
    }
    assert!(chain.block(opens).iter().all(|r| r.code == 0));
    chain.blocks(3);
    for id in alive {
        assert_eq!(job(&chain, id).phase(), JobPhase::Verified, "{id:?}");
    }
}
