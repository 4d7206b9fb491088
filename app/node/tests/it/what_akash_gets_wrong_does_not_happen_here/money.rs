//! What is deposited, earned, and withdrawn.

use super::{paid, withdraw};
use crate::{
    a_job_is_bid_for_proven_and_paid::{DEPOSIT, PRICE, create_bid, create_deployment, register},
    a_service_is_paid_per_block_and_to_the_sub_unit::*,
    chain::*,
};
use aliquot_client::TxBuilder;
use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1 as deployment,
    escrow::v1 as escrow,
    market::v1::{self as market, LeaseClosedReason, LeaseState},
    provider::v1 as provider,
};
use aliquot_sdk::Address;
use serde_json::json;

fn emitted(chain: &TestChain, kind: &str) -> bool {
    chain.typed_events().iter().any(|event| event == kind)
}

/// A deployment with a lease of 15 a block that its deposit pays for 66 blocks, and 50 blocks of grace behind them.
fn for_66_blocks(low_funds_blocks: u32) -> (TestChain, market::LeaseId, Vec<u8>) {
    let mut genesis = plain(0);
    genesis["deployment"]["params"]["grace_blocks"] = json!(50);
    let mut chain = TestChain::from_genesis(&genesis);
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    let wanted = deployment::MsgCreateDeployment { low_funds_blocks, ..create(7, &[15 * SUB], 1_000) };
    chain.run(&key("tenant"), &wanted);
    chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
    accept(&mut chain, &lease);
    (chain, lease, device)
}

// The deployment is destroyed in the moment its funds end, and nobody is told before.
#[test]
fn a_deployment_outlives_the_end_of_its_funds_and_its_tenant_is_warned() {
    let (mut chain, lease, _) = for_66_blocks(10);
    let begun = chain.height;
    to_height(&mut chain, begun + 55);
    assert!(!emitted(&chain, "aliquot.escrow.v1.EventLowFunds"));
    to_height(&mut chain, begun + 56);
    assert!(emitted(&chain, "aliquot.escrow.v1.EventLowFunds"));
    to_height(&mut chain, begun + 66);
    assert!(emitted(&chain, "aliquot.deployment.v1.EventDeploymentPaused"));
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Paused);
    chain.blocks(30);
    let top_up = escrow::MsgAccountDeposit {
        depositor: key("alice").address().into(),
        owner: lease.owner.clone(),
        dseq: 7,
        amount: Some(coin(1_000)),
    };
    chain.run(&key("alice"), &top_up);
    assert!(emitted(&chain, "aliquot.deployment.v1.EventDeploymentResumed"));
    chain.blocks(10);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Active);
    assert_eq!(counter(&chain, "provider"), (66 + 10) * 15 * SUB);
}

// Overdrawn leases run on for free until somebody sends a transaction, and their providers cannot withdraw.
#[test]
fn no_lease_runs_for_free_and_the_provider_of_one_that_is_not_paid_may_go() {
    let (mut chain, lease, device) = for_66_blocks(0);
    let begun = chain.height;
    // Blocks without a single transaction.
    to_height(&mut chain, begun + 65);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Active);
    to_height(&mut chain, begun + 66);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Paused);
    assert_eq!(paid(&chain.run(&key("provider"), &withdraw(&lease))), "990");
    chain.blocks(10);
    assert_eq!(counter(&chain, "provider"), 990 * SUB);
    let (signer, reason) = (lease.provider.clone(), LeaseClosedReason::ProviderUnspecified.into());
    chain.run(&key("provider"), &market::MsgCloseBid { signer, id: Some(lease.clone()), reason });
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Closed);
    let request = compute::QueryDeviceRequest { id: device };
    let device: compute::QueryDeviceResponse = chain.query("/aliquot.compute.v1.Query/Device", &request);
    let device = device.device.unwrap();
    assert_eq!((device.bond.unwrap().amount.as_str(), device.locked.as_str()), ("1000000000", "0"));
}

// A second withdrawal in one block panics.
#[test]
fn withdrawing_twice_in_one_block_pays_once_and_breaks_nothing() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 15_000_000);
    chain.blocks(9);
    let txs = [1, 2].map(|_| chain.tx(&key("provider"), TxBuilder::new().msg(&withdraw(&lease))));
    let results = chain.block(txs.into());
    assert_eq!(results.iter().map(paid).collect::<Vec<_>>(), ["150", "0"]);
}

// A withdrawal fails in the block in which something else settled the account.
#[test]
fn a_withdrawal_in_the_block_of_a_settlement_succeeds() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    chain.blocks(9);
    let (owner, id) = (lease.owner.clone(), Some(lease.clone()));
    let closes = chain.tx(&key("tenant"), TxBuilder::new().msg(&market::MsgCloseLease { owner, id }));
    let before = chain.tx(&key("provider"), TxBuilder::new().msg(&withdraw(&lease)));
    let after = chain.tx(&key("provider"), TxBuilder::new().msg(&withdraw(&lease)));
    let results = chain.block(vec![before, closes, after]);
    assert!(results.iter().all(|result| result.code == 0), "{results:?}");
    assert_eq!([paid(&results[0]), paid(&results[2])], ["150", "0"]);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Closed);
}

// A second lease of a deployment throws away what the first has earned since the last settlement.
#[test]
fn a_later_lease_of_the_same_deployment_takes_nothing_from_an_earlier_one() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    chain.run(&key("tenant"), &create(7, &[15 * SUB, 5 * SUB], 1_000_000));
    let (first, second) = (id(7, 1, "provider"), id(7, 2, "rival"));
    chain.run(&key("provider"), &bid(&first, &devices[0], 15 * SUB));
    accept(&mut chain, &first);
    let begun = chain.height;
    chain.blocks(20);
    chain.run(&key("rival"), &bid(&second, &devices[1], 5 * SUB));
    accept(&mut chain, &second);
    let joined = chain.height;
    chain.blocks(10);
    assert_eq!(counter(&chain, "provider"), u128::from(chain.height - begun) * 15 * SUB);
    assert_eq!(counter(&chain, "rival"), u128::from(chain.height - joined) * 5 * SUB);
}

// A short outage of the provider closes all its leases.
#[test]
fn an_outage_stops_the_pay_and_not_the_lease() {
    let mut genesis = plain(20);
    genesis["provider"]["params"]["heartbeat_blocks"] = json!(20);
    let mut chain = TestChain::from_genesis(&genesis);
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    chain.run(&key("tenant"), &create(7, &[15 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
    accept(&mut chain, &lease);
    let begun = chain.height;
    chain.blocks(30);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Active);
    let owner = lease.provider.clone();
    chain.run(&key("provider"), &provider::MsgHeartbeat { signer: owner.clone(), provider: owner });
    let back = chain.height;
    chain.blocks(10);
    let silent: provider::QueryReliabilityResponse = chain.query(
        "/aliquot.provider.v1.Query/Reliability",
        &provider::QueryReliabilityRequest { owner: lease.provider.clone() },
    );
    assert_eq!(silent.reliability.unwrap().heartbeats_missed, 1);
    // Nothing was paid from its last sign of life, the lease itself, until it was back.
    to_height(&mut chain, back + 19);
    assert_eq!((chain.height - begun, counter(&chain, "provider")), (50, 0));
}

// Earnings can only go to the hot key that bids.
#[test]
fn a_provider_is_paid_to_a_cold_account() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let device = register(&mut chain, "provider", 1_000_000_000);
    let (owner, cold) = (key("provider").address().to_string(), key("bob").address().to_string());
    let host_uri = "http://127.0.0.1:8443".into();
    chain.run(
        &key("provider"),
        &provider::MsgUpdateProvider { owner, host_uri, payout: cold.clone(), ..Default::default() },
    );
    let lease = id(7, 1, "provider");
    chain.run(&key("tenant"), &create(7, &[15 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
    accept(&mut chain, &lease);
    chain.blocks(9);
    let before = chain.balance(&cold);
    assert_eq!(paid(&chain.run(&key("provider"), &withdraw(&lease))), "150");
    assert_eq!(chain.balance(&cold), before + 150);
}

// The sum of deposits, holds and earnings is never held against the coins of the module.
#[test]
fn every_coin_in_escrow_is_accounted_for_at_every_step() {
    let mut chain = TestChain::new();
    let device = register(&mut chain, "provider", 1_000_000_000);
    let (service, job) = (id(7, 1, "provider"), id(8, 1, "provider"));
    let unit = |text: &str| text.parse::<u128>().unwrap();
    let audit = |chain: &TestChain| {
        let answer: escrow::QueryAuditResponse =
            chain.query("/aliquot.escrow.v1.Query/Audit", &escrow::QueryAuditRequest {});
        let row = answer.denoms.iter().find(|row| row.denom == "ualq").unwrap();
        let [held, deposits, holds, unpaid] =
            [&row.module_balance_sub, &row.deposits_sub, &row.holds_sub, &row.unpaid_sub].map(|text| unit(text));
        assert!(answer.balanced);
        assert_eq!(held, deposits + holds + unpaid);
        assert_eq!(held, chain.balance(&Address::module("escrow").to_string()) * SUB);
        [deposits, holds, unpaid]
    };
    assert_eq!(audit(&chain), [0, 0, 0]);
    chain.run(&key("tenant"), &create(7, &[15_000_001], 1_000_000));
    chain.run(&key("tenant"), &create_deployment(8));
    assert_eq!(audit(&chain), [(1_000_000 + DEPOSIT) * SUB, 0, 0]);
    chain.run(&key("provider"), &create_bid("provider", 8, &device, PRICE));
    accept(&mut chain, &job);
    assert_eq!(audit(&chain), [(1_000_000 + DEPOSIT - PRICE) * SUB, PRICE * SUB, 0]);
    chain.run(&key("provider"), &bid(&service, &device, 15_000_001));
    accept(&mut chain, &service);
    // Five blocks before the job is late; nothing is verified, so nothing has left the deposits.
    chain.blocks(5);
    assert_eq!(audit(&chain), [(1_000_000 + DEPOSIT - PRICE) * SUB, PRICE * SUB, 0]);
    chain.blocks(25);
    // The job was late: all of its deposit has returned. Of the service ten blocks are verified.
    assert_eq!(audit(&chain), [1_000_000 * SUB - 10 * 15_000_001, 0, 10 * 15_000_001]);
    let paid_out = unit(&paid(&chain.run(&key("provider"), &withdraw(&service))));
    assert!(paid_out > 0);
    assert_eq!(audit(&chain)[2], 11 * 15_000_001 - paid_out * SUB);
    chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: service.owner.clone(), dseq: 7 });
    chain.blocks(20);
    // 32 blocks were paid: up to the one in which its tenant closed it.
    let unpaid = 32 * 15_000_001 - paid_out * SUB;
    let remainder = (SUB - 32 * 15_000_001 % SUB) % SUB;
    assert_eq!(audit(&chain), [0, 0, unpaid + remainder]);
}
