//! Leases: why they end, what becomes of their group, and how they change.

use crate::{a_job_is_bid_for_proven_and_paid::register, a_service_is_paid_per_block_and_to_the_sub_unit::*, chain::*};
use aliquot_proto::{
    deployment::v1::{self as deployment, GroupState},
    market::v1::{self as market, LeaseClosedReason, LeaseState},
};
use serde_json::json;

// Leases are closed with a wrong reason or with none.
#[test]
fn a_lease_closes_with_the_reason_of_what_really_happened() {
    use LeaseClosedReason::*;
    #[derive(Debug, Clone, Copy)]
    enum Cause {
        LeaseClosed,
        GroupPaused,
        GroupClosed,
        DeploymentClosed,
        ProviderLeft(LeaseClosedReason),
        FundsEnded,
        Silence,
    }
    let left = [ProviderUnstable, ProviderDecommission, ProviderUnspecified, ProviderManifestTimeout];
    let by_tenant = [Cause::LeaseClosed, Cause::GroupPaused, Cause::GroupClosed, Cause::DeploymentClosed];
    let cases = by_tenant.map(|cause| (cause, Owner)).into_iter().chain(left.map(|r| (Cause::ProviderLeft(r), r)));
    for (cause, expected) in cases.chain([(Cause::FundsEnded, InsufficientFunds), (Cause::Silence, ProviderSilent)]) {
        let mut genesis = plain(20);
        let heartbeats = &mut genesis["provider"]["params"];
        let asked = if matches!(cause, Cause::Silence) { 20 } else { 0 };
        (heartbeats["heartbeat_blocks"], heartbeats["jail_after"]) = (json!(asked), json!(1));
        let mut chain = TestChain::from_genesis(&genesis);
        let device = register(&mut chain, "provider", 1_000_000_000);
        let lease = id(7, 1, "provider");
        // 66 blocks, unless something else ends the lease.
        chain.run(&key("tenant"), &create(7, &[15 * SUB], 1_000));
        chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
        accept(&mut chain, &lease);
        let begun = chain.height;
        let (tenant, owner, id) = (key("tenant"), lease.owner.clone(), Some(lease.clone()));
        match cause {
            Cause::LeaseClosed => drop(chain.run(&tenant, &market::MsgCloseLease { owner, id })),
            Cause::GroupPaused => drop(chain.run(&tenant, &deployment::MsgPauseGroup { owner, dseq: 7, gseq: 1 })),
            Cause::GroupClosed => drop(chain.run(&tenant, &deployment::MsgCloseGroup { owner, dseq: 7, gseq: 1 })),
            Cause::DeploymentClosed => {
                drop(chain.run(&tenant, &deployment::MsgCloseDeployment { owner, dseq: 7 }));
            }
            Cause::ProviderLeft(reason) => {
                let (signer, reason) = (lease.provider.clone(), reason.into());
                chain.run(&key("provider"), &market::MsgCloseBid { signer, id, reason });
            }
            Cause::FundsEnded => to_height(&mut chain, begun + 66),
            Cause::Silence => to_height(&mut chain, begun + 20),
        }
        let closed = lease_of(&chain, &lease);
        assert_eq!((closed.state(), closed.reason()), (LeaseState::Closed, expected), "{cause:?}");
        assert_eq!(closed.closed_at, chain.height, "{cause:?}");
        assert!(chain.typed_events().contains(&"aliquot.market.v1.EventLeaseClosed".into()), "{cause:?}");
    }
}

// A provider closes and calls it the tenant's doing.
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

// What becomes of a group whose lease ended differs from path to path.
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

// A larger or cheaper lease means deploying anew.
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
