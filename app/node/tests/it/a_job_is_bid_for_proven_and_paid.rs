//! The job lease from its deployment to the last sub-unit, on an honest provider.

use crate::chain::*;
use aliquot_kernels::{Kernel, merkle};
use aliquot_proto::{
    compute::v1::{self as compute, JobPhase},
    deployment::v1::{self as deployment, GroupSpec, JobSpec},
    escrow::v1 as escrow,
    market::v1::{self as market, BidState, LeaseClosedReason, LeaseId},
    provider::v1 as provider,
};
use std::sync::LazyLock;

pub const SCENE: &str = include_str!("../../../../gpu-runner/kernels/vectors/odd-size.scene");
pub const PRICE: u128 = 1_234_567;
pub const DEPOSIT: u128 = 5_000_000;

/// Outputs of all chunks of `SCENE`, computed once.
pub static OUTPUTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let job = Kernel::RenderQ16.prepare(SCENE.as_bytes()).unwrap();
    (0..job.chunks()).map(|index| job.run(index)).collect()
});

pub fn lease_id(provider: &str, dseq: u64) -> LeaseId {
    LeaseId { owner: key("tenant").address().into(), dseq, gseq: 1, oseq: 1, provider: key(provider).address().into() }
}

pub fn lease_text(id: &LeaseId) -> String {
    format!("{}/{}/{}/{}/{}", id.owner, id.dseq, id.gseq, id.oseq, id.provider)
}

pub fn create_deployment(dseq: u64) -> deployment::MsgCreateDeployment {
    let job = JobSpec { kernel: "RENDER_Q16".into(), input: SCENE.into(), samples: 0, commit_blocks: 0 };
    deployment::MsgCreateDeployment {
        owner: key("tenant").address().into(),
        dseq,
        groups: vec![GroupSpec {
            name: "picture".into(),
            job: Some(job),
            max_price: Some(coin(2_000_000)),
            ..GroupSpec::default()
        }],
        hash: vec![1; 32],
        deposit: Some(coin(DEPOSIT)),
        ..Default::default()
    }
}

/// Registers a provider with one device; gives the device's id.
pub fn register(chain: &mut TestChain, name: &str, bond: u128) -> Vec<u8> {
    let owner = key(name).address().to_string();
    let host_uri = "http://127.0.0.1:8443".to_string();
    chain.run(&key(name), &provider::MsgCreateProvider { owner: owner.clone(), host_uri, ..Default::default() });
    let msg = compute::MsgRegisterDevice { provider: owner, nonce: 1, bond: Some(coin(bond)) };
    response::<compute::MsgRegisterDeviceResponse>(&chain.run(&key(name), &msg)).device_id
}

pub fn create_bid(name: &str, dseq: u64, device_id: &[u8], price: u128) -> market::MsgCreateBid {
    market::MsgCreateBid {
        signer: key(name).address().into(),
        id: Some(lease_id(name, dseq)),
        price: Some(coin(price)),
        device_id: device_id.to_vec(),
        deposit: Some(coin(500_000)),
        ..Default::default()
    }
}

/// A chain with one leased job of `provider`, at its first block.
pub fn leased(dseq: u64) -> (TestChain, LeaseId) {
    let mut chain = TestChain::new();
    let device = register(&mut chain, "provider", 10_000_000);
    lease(&mut chain, dseq, &device);
    (chain, lease_id("provider", dseq))
}

pub fn lease(chain: &mut TestChain, dseq: u64, device: &[u8]) {
    chain.run(&key("tenant"), &create_deployment(dseq));
    chain.run(&key("provider"), &create_bid("provider", dseq, device, PRICE));
    let id = lease_id("provider", dseq);
    chain.run(&key("tenant"), &market::MsgCreateLease { owner: id.owner.clone(), id: Some(id), ..Default::default() });
}

pub fn tree(id: &LeaseId, outputs: &[Vec<u8>]) -> merkle::Tree {
    let name = lease_text(id);
    let leaf =
        |(index, output): (usize, &Vec<u8>)| merkle::leaf_hash("RENDER_Q16", name.as_bytes(), index as u32, output);
    merkle::Tree::new(outputs.iter().enumerate().map(leaf).collect()).unwrap()
}

pub fn commit(id: &LeaseId, tree: &merkle::Tree) -> compute::MsgCommitResult {
    compute::MsgCommitResult { signer: id.provider.clone(), id: Some(id.clone()), root: tree.root().to_vec() }
}

pub fn job(chain: &TestChain, id: &LeaseId) -> compute::Job {
    let request = compute::QueryJobRequest { id: Some(id.clone()) };
    chain.query::<_, compute::QueryJobResponse>("/aliquot.compute.v1.Query/Job", &request).job.unwrap()
}

pub fn open(id: &LeaseId, tree: &merkle::Tree, outputs: &[Vec<u8>], sampled: &[u32]) -> compute::MsgOpenSamples {
    let path = tree.multiproof(sampled).unwrap().iter().map(|hash| hash.to_vec()).collect();
    let outputs = sampled.iter().map(|index| outputs[*index as usize].clone()).collect();
    let openings = Some(compute::Openings { outputs, path });
    compute::MsgOpenSamples { signer: id.provider.clone(), id: Some(id.clone()), openings }
}

/// Commits `outputs` and goes on to the block that samples them; gives the sampled chunks.
pub fn commit_and_sample(chain: &mut TestChain, id: &LeaseId, outputs: &[Vec<u8>]) -> Vec<u32> {
    let committed = chain.run(&key("provider"), &commit(id, &tree(id, outputs)));
    let sample_height = response::<compute::MsgCommitResultResponse>(&committed).sample_height;
    chain.blocks(sample_height - chain.height);
    let job = job(chain, id);
    assert_eq!(job.phase(), JobPhase::Sampled);
    job.sampled
}

pub fn earnings(chain: &TestChain, payee: &str) -> u128 {
    let request = escrow::QueryEarningsRequest { payee: payee.into() };
    let response: escrow::QueryEarningsResponse = chain.query("/aliquot.escrow.v1.Query/Earnings", &request);
    response.earnings.iter().map(|e| e.earned_sub.parse::<u128>().unwrap()).sum()
}

pub fn lease_record(chain: &TestChain, id: &LeaseId) -> market::Lease {
    let request = market::QueryLeaseRequest { id: Some(id.clone()) };
    chain.query::<_, market::QueryLeaseResponse>("/aliquot.market.v1.Query/Lease", &request).lease.unwrap()
}

#[test]
fn an_honest_job_is_paid_and_the_rest_returns_to_the_sub_unit() {
    let (mut chain, id) = leased(7);
    let (tenant_before, provider) = (chain.balance(&id.owner), id.provider.clone());
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    assert!(!sampled.is_empty() && sampled.is_sorted());
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    // Verified at the end of the very block that opened it, settled after the challenge window.
    assert_eq!(job(&chain, &id).phase(), JobPhase::Verified);
    chain.blocks(4);
    let ended = job(&chain, &id);
    assert_eq!(ended.phase(), JobPhase::Settled);
    let lease = lease_record(&chain, &id);
    assert_eq!(lease.reason(), LeaseClosedReason::Completed);

    // Price 1.234567 ALQ, fee 333 bps: an integer model of its own, in sub-units.
    let gross = PRICE * 1_000_000;
    let fee = gross * 333 / 10_000;
    assert_eq!(earnings(&chain, &provider), gross - fee);
    let part = |name: &str| earnings(&chain, &aliquot_sdk::Address::module(name).to_string());
    let (stakers, community) = (fee * 4000 / 10_000, fee * 3333 / 10_000);
    assert_eq!(
        (part("fee_stakers"), part("community"), part("insurance")),
        (stakers, community, fee - stakers - community)
    );
    assert_eq!(chain.balance(&id.owner), tenant_before + DEPOSIT - PRICE);

    let before = chain.balance(&provider);
    let withdraw = market::MsgWithdrawLease { signer: provider.clone(), id: Some(id.clone()) };
    let paid = response::<market::MsgWithdrawLeaseResponse>(&chain.run(&key("provider"), &withdraw)).amount.unwrap();
    assert_eq!(paid.amount, ((gross - fee) / 1_000_000).to_string());
    assert_eq!(chain.balance(&provider), before - FEE + (gross - fee) / 1_000_000);
    let again = response::<market::MsgWithdrawLeaseResponse>(&chain.run(&key("provider"), &withdraw)).amount.unwrap();
    assert_eq!(again.amount, "0");

    let audit: escrow::QueryAuditResponse =
        chain.query("/aliquot.escrow.v1.Query/Audit", &escrow::QueryAuditRequest {});
    assert!(audit.balanced && audit.denoms.len() == 2, "{audit:?}");
}

#[test]
fn every_loser_is_told_and_gets_its_deposit_back_when_the_lease_is_made() {
    let mut chain = TestChain::new();
    let first = register(&mut chain, "provider", 10_000_000);
    let second = register(&mut chain, "rival", 10_000_000);
    chain.run(&key("tenant"), &create_deployment(3));
    chain.run(&key("provider"), &create_bid("provider", 3, &first, PRICE));
    chain.run(&key("rival"), &create_bid("rival", 3, &second, PRICE + 1));
    let before = chain.balance(key("rival").address());
    let id = lease_id("provider", 3);
    chain.run(&key("tenant"), &market::MsgCreateLease { owner: id.owner.clone(), id: Some(id), ..Default::default() });
    assert_eq!(chain.balance(key("rival").address()), before + 500_000);
    assert!(chain.typed_events().contains(&"aliquot.market.v1.EventBidLost".to_string()));
    let request = market::QueryBidRequest { id: Some(lease_id("rival", 3)) };
    let bid: market::QueryBidResponse = chain.query("/aliquot.market.v1.Query/Bid", &request);
    assert_eq!(bid.bid.unwrap().state(), BidState::Lost);
}

#[test]
fn a_tenant_that_leaves_before_the_commit_pays_the_cancellation_part() {
    let (mut chain, id) = leased(9);
    let before = chain.balance(&id.owner);
    chain.run(&key("tenant"), &market::MsgCloseLease { owner: id.owner.clone(), id: Some(id.clone()) });
    assert_eq!(job(&chain, &id).phase(), JobPhase::Cancelled);
    let gross = PRICE * 1_000_000 / 10;
    assert_eq!(earnings(&chain, &id.provider), gross - gross * 333 / 10_000);
    // 1.234567 ALQ x 10 % = 123456.7 ualq: the refund is floored, the other sub-units wait for the next one.
    let left_sub = DEPOSIT * 1_000_000 - gross;
    assert_eq!(chain.balance(&id.owner), before - FEE + left_sub / 1_000_000);
    let state = chain.export();
    let waiting = state["escrow"]["remainders"][0]["amount_sub"].as_str().unwrap();
    assert_eq!(waiting, (left_sub % 1_000_000).to_string());
}

#[test]
fn a_committed_job_cannot_be_cancelled_and_settles_though_its_deployment_is_closed() {
    let (mut chain, id) = leased(4);
    let sampled = commit_and_sample(&mut chain, &id, &OUTPUTS);
    let close = market::MsgCloseLease { owner: id.owner.clone(), id: Some(id.clone()) };
    assert_eq!(chain.fails(&key("tenant"), &close), ("market".into(), 15));
    chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: id.owner.clone(), dseq: 4 });
    chain.run(&key("provider"), &open(&id, &tree(&id, &OUTPUTS), &OUTPUTS, &sampled));
    chain.blocks(4);
    assert_eq!(job(&chain, &id).phase(), JobPhase::Settled);
}

#[test]
fn closing_an_open_deployment_returns_every_deposit() {
    let mut chain = TestChain::new();
    let device = register(&mut chain, "provider", 10_000_000);
    let (tenant, provider) = (key("tenant"), key("provider"));
    let (t, p) = (chain.balance(tenant.address()), chain.balance(provider.address()));
    chain.run(&tenant, &create_deployment(5));
    chain.run(&provider, &create_bid("provider", 5, &device, PRICE));
    let more = escrow::MsgAccountDeposit {
        depositor: key("alice").address().into(),
        owner: tenant.address().into(),
        dseq: 5,
        amount: Some(coin(77)),
    };
    let a = chain.balance(key("alice").address());
    chain.run(&key("alice"), &more);
    chain.run(&tenant, &deployment::MsgCloseDeployment { owner: tenant.address().into(), dseq: 5 });
    assert_eq!(chain.balance(tenant.address()), t - 2 * FEE);
    assert_eq!(chain.balance(provider.address()), p - FEE);
    assert_eq!(chain.balance(key("alice").address()), a - FEE, "another depositor gets its own back");
}
