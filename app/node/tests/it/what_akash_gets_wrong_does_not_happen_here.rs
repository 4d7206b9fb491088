//! Defects and complaints of Akash that a chain can solve, one test each.

use crate::{a_job_is_bid_for_proven_and_paid::register, a_service_is_paid_per_block_and_to_the_sub_unit::*, chain::*};
use aliquot_client::TxBuilder;
use aliquot_proto::{
    deployment::v1::{self as deployment, Gpu, GroupState},
    market::v1::{self as market, BidState, LeaseClosedReason, LeaseState},
    provider::v1::{self as provider, Attribute},
};
use serde_json::json;

fn withdraw(id: &market::LeaseId) -> market::MsgWithdrawLease {
    market::MsgWithdrawLease { signer: id.provider.clone(), id: Some(id.clone()) }
}

fn paid(result: &tendermint_proto::v0_38::abci::ExecTxResult) -> String {
    response::<market::MsgWithdrawLeaseResponse>(result).amount.unwrap().amount
}

#[test]
fn withdrawing_twice_in_one_block_pays_once_and_breaks_nothing() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 15_000_000);
    chain.blocks(9);
    let txs = [1, 2].map(|_| chain.tx(&key("provider"), TxBuilder::new().msg(&withdraw(&lease))));
    let results = chain.block(txs.into());
    assert_eq!(results.iter().map(paid).collect::<Vec<_>>(), ["150", "0"]);
}

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

#[test]
fn an_order_takes_as_many_bids_as_it_says_and_every_loser_ends_with_the_lease() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let bidders = ["provider", "rival", "alice", "bob", "authority"];
    let devices = bidders.map(|name| register(&mut chain, name, 1_000_000_000));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    for (name, device) in bidders.iter().zip(&devices).take(4) {
        chain.run(&key(name), &bid(&id(7, 1, name), device, 15 * SUB));
    }
    // Four is the limit of this genesis: not five.
    let fifth = bid(&id(7, 1, "authority"), &devices[4], 15 * SUB);
    assert_eq!(chain.fails(&key("authority"), &fifth), ("market".into(), 7));
    let before = chain.balance(key("bob").address());
    accept(&mut chain, &id(7, 1, "provider"));
    let bids: market::QueryBidsResponse =
        chain.query("/aliquot.market.v1.Query/Bids", &market::QueryBidsRequest::default());
    let lost = bids.bids.iter().filter(|bid| bid.state() == BidState::Lost && bid.deposit.is_none());
    assert_eq!(lost.count(), 3);
    assert_eq!(chain.balance(key("bob").address()), before + 500_000);
}

#[test]
fn a_lease_closes_with_the_reason_of_what_really_happened() {
    for expected in
        [LeaseClosedReason::Owner, LeaseClosedReason::ProviderUnstable, LeaseClosedReason::InsufficientFunds]
    {
        let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000);
        let (owner, id) = (lease.owner.clone(), Some(lease.clone()));
        match expected {
            LeaseClosedReason::Owner => drop(chain.run(&key("tenant"), &market::MsgCloseLease { owner, id })),
            LeaseClosedReason::ProviderUnstable => {
                let (signer, reason) = (lease.provider.clone(), expected.into());
                chain.run(&key("provider"), &market::MsgCloseBid { signer, id, reason });
            }
            _ => chain.blocks(100),
        }
        assert_eq!(lease_of(&chain, &lease).reason(), expected);
    }
}

#[test]
fn a_provider_that_lies_about_its_reason_is_refused() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    for reason in [LeaseClosedReason::Owner, LeaseClosedReason::ProviderFraud, LeaseClosedReason::InsufficientFunds] {
        let msg =
            market::MsgCloseBid { signer: lease.provider.clone(), id: Some(lease.clone()), reason: reason.into() };
        assert_eq!(chain.fails(&key("provider"), &msg), ("market".into(), 27));
    }
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Active);
}

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

#[test]
fn an_amd_gpu_is_asked_for_as_any_other_and_a_match_says_who_lacks_it() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let listed = |key: &str| Attribute { key: key.into(), value: "true".into() };
    let owner = key("rival").address().to_string();
    let attributes = vec![listed("capabilities/gpu/vendor/amd/model/mi300x/ram/192Gi")];
    let host_uri = "http://127.0.0.1:8443".into();
    chain.run(&key("rival"), &provider::MsgUpdateProvider { owner, host_uri, attributes, ..Default::default() });
    let mut wanted = create(7, &[15 * SUB], 1_000_000);
    let unit = &mut wanted.groups[0].service.as_mut().unwrap().resources[0];
    unit.resources.as_mut().unwrap().gpu = Some(Gpu { units: 1, attributes: vec![listed("vendor/amd/model/mi300x")] });
    chain.run(&key("tenant"), &wanted);
    let order = market::OrderId { owner: key("tenant").address().into(), dseq: 7, gseq: 1, oseq: 1 };
    let request = market::QueryMatchRequest { id: Some(order), pagination: None };
    let found: market::QueryMatchResponse = chain.query("/aliquot.market.v1.Query/Match", &request);
    for row in found.providers {
        let fits = row.provider == key("rival").address();
        assert_eq!((row.fits, row.reason.contains("vendor/amd/model/mi300x")), (fits, !fits), "{row:?}");
    }
    let without = bid(&id(7, 1, "provider"), &devices[0], 15 * SUB);
    assert_eq!(chain.fails(&key("provider"), &without), ("market".into(), 21));
    chain.run(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 15 * SUB));
    accept(&mut chain, &id(7, 1, "rival"));
    let quote = market::QueryQuoteRequest { class: "amd/mi300x".into(), denom: "ualq".into() };
    let quote: market::QueryQuoteResponse = chain.query("/aliquot.market.v1.Query/Quote", &quote);
    assert_eq!((quote.awards, quote.median), (1, (15 * SUB).to_string()));
}

#[test]
fn a_score_follows_what_leases_came_to() {
    let mut genesis = plain(0);
    genesis["escrow"]["params"]["fee_bps"] = json!(1_000);
    let mut chain = TestChain::from_genesis(&genesis);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 100_000_000_000));
    let score = |chain: &TestChain, name: &str| {
        let request = provider::QueryReliabilityRequest { owner: key(name).address().into() };
        let path = "/aliquot.provider.v1.Query/Reliability";
        chain.query::<_, provider::QueryReliabilityResponse>(path, &request).score_bps
    };
    assert_eq!(score(&chain, "provider"), 5_000, "a provider that nobody knows has half");
    for (dseq, name, device) in [(7, "provider", &devices[0]), (8, "rival", &devices[1])] {
        let lease = id(dseq, 1, name);
        chain.run(&key("tenant"), &create(dseq, &[10_000_000 * SUB], 1_000_000_000));
        chain.run(&key(name), &bid(&lease, device, 10_000_000 * SUB));
        accept(&mut chain, &lease);
        chain.blocks(9);
        let (owner, id) = (lease.owner.clone(), Some(lease.clone()));
        match name {
            "provider" => drop(chain.run(&key("tenant"), &market::MsgCloseLease { owner, id })),
            _ => {
                drop(chain.run(&key(name), &market::MsgCloseBid { signer: lease.provider.clone(), id, reason: 10_000 }))
            }
        }
    }
    let (kept, left) = (score(&chain, "provider"), score(&chain, "rival"));
    assert!(kept > 5_000 && left < 5_000, "{kept} and {left}");
}

#[test]
fn a_lease_is_resized_without_redeploying() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let mut larger = unit(30 * SUB);
    larger.resources.as_mut().unwrap().cpu.as_mut().unwrap().milli_units = 2_000;
    let amend = |name: &str| market::MsgAmendLease {
        signer: key(name).address().into(),
        id: Some(lease.clone()),
        rate: rate(25 * SUB),
        resources: vec![larger.clone()],
    };
    for name in ["provider", "tenant"] {
        chain.run(&key(name), &amend(name));
    }
    let order = market::OrderId { owner: lease.owner.clone(), dseq: 7, gseq: 1, oseq: 1 };
    let order: market::QueryOrderResponse =
        chain.query("/aliquot.market.v1.Query/Order", &market::QueryOrderRequest { id: Some(order) });
    assert_eq!(order.order.unwrap().spec.unwrap().service.unwrap().resources, [larger]);
    assert_eq!(lease_of(&chain, &lease).rate, rate(25 * SUB));
}

#[test]
fn a_provider_can_be_deleted_and_has_its_bond_back() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let delete = provider::MsgDeleteProvider { owner: lease.provider.clone() };
    assert_eq!(chain.fails(&key("provider"), &delete), ("provider".into(), 8));
    chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: lease.owner.clone(), dseq: 7 });
    let before = chain.balance(&lease.provider);
    chain.run(&key("provider"), &delete);
    assert_eq!(chain.balance(&lease.provider), before + 1_000_000_000 - FEE);
}

#[test]
fn a_group_is_listed_again_when_its_tenant_leaves_and_waits_when_its_provider_does() {
    let state = |chain: &TestChain| {
        let request = deployment::QueryGroupRequest { owner: key("tenant").address().into(), dseq: 7, gseq: 1 };
        let answer: deployment::QueryGroupResponse = chain.query("/aliquot.deployment.v1.Query/Group", &request);
        answer.group.map(|group| (group.state(), group.oseq)).unwrap()
    };
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let owner = lease.owner.clone();
    chain.run(&key("tenant"), &market::MsgCloseLease { owner: owner.clone(), id: Some(lease.clone()) });
    assert_eq!(state(&chain), (GroupState::Open, 2));
    let pause = deployment::MsgPauseGroup { owner: owner.clone(), dseq: 7, gseq: 1 };
    chain.run(&key("tenant"), &pause);
    assert_eq!(state(&chain), (GroupState::Paused, 2));
    assert_eq!(chain.fails(&key("tenant"), &pause), ("deployment".into(), 9));
    chain.run(&key("tenant"), &deployment::MsgStartGroup { owner: owner.clone(), dseq: 7, gseq: 1 });
    assert_eq!(state(&chain), (GroupState::Open, 3));
    chain.run(&key("tenant"), &deployment::MsgCloseGroup { owner, dseq: 7, gseq: 1 });
    assert_eq!(state(&chain), (GroupState::Closed, 3));
}
