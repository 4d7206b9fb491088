//! Records of closed deployments, orders, bids, leases and jobs are removed after `retain_blocks`.

use crate::{
    a_job_is_bid_for_proven_and_paid::{create_bid, create_deployment, lease_id, register},
    a_service_is_paid_per_block_and_to_the_sub_unit::*,
    chain::*,
};
use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1 as deployment,
    market::v1::{self as market, LeaseClosedReason, LeaseState},
};
use serde_json::{Value, json};

const RETAIN: u64 = 25;

fn keeping(blocks: u64) -> TestChain {
    let mut genesis = plain(20);
    genesis["deployment"]["params"]["retain_blocks"] = json!(blocks);
    TestChain::from_genesis(&genesis)
}

/// How many records of this kind the state holds.
fn count(state: &Value, module: &str, kind: &str) -> usize {
    state[module][kind].as_array().unwrap().len()
}

fn close(chain: &mut TestChain, dseq: u64) {
    chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: key("tenant").address().into(), dseq });
}

#[test]
fn nothing_of_a_closed_deployment_stays_and_its_id_is_not_used_again() {
    let mut chain = keeping(RETAIN);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let fresh = chain.export();
    chain.run(&key("tenant"), &create(7, &[20 * SUB, 20 * SUB], 1_000));
    for (name, device) in ["provider", "rival"].iter().zip(&devices) {
        chain.run(&key(name), &bid(&id(7, 1, name), device, 10 * SUB));
    }
    accept(&mut chain, &id(7, 1, "provider"));
    chain.run(&key("tenant"), &create_deployment(8));
    chain.run(&key("provider"), &create_bid("provider", 8, &devices[0], 1_000));
    accept(&mut chain, &lease_id("provider", 8));
    close(&mut chain, 7);
    close(&mut chain, 8);
    let closed = chain.height;
    to_height(&mut chain, closed - 1 + RETAIN - 1);
    assert_eq!(count(&chain.export(), "market", "bids"), 3);
    assert_eq!(count(&chain.export(), "compute", "jobs"), 1);
    // An export remembers what is to go.
    let imported = TestChain::from_genesis_at(&chain.export(), chain.height + 1);
    for mut chain in [chain, imported] {
        to_height(&mut chain, closed + RETAIN);
        let after = chain.export();
        for (module, kinds) in [
            ("deployment", ["deployments", "groups"].as_slice()),
            ("market", &["orders", "bids", "leases"]),
            ("compute", &["jobs", "inputs", "locks"]),
            ("escrow", &["accounts", "payments", "holds", "turns"]),
        ] {
            for kind in kinds {
                assert_eq!(count(&after, module, kind), count(&fresh, module, kind), "{module} {kind}");
            }
        }
        assert_eq!(chain.fails(&key("tenant"), &create(8, &[SUB], 1_000)), ("deployment".into(), 15));
        chain.run(&key("tenant"), &create(9, &[SUB], 1_000));
    }
}

#[test]
fn an_order_goes_after_another_took_its_place_and_its_deployment_lives() {
    let mut chain = keeping(RETAIN);
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 100_000));
    chain.run(&key("provider"), &bid(&lease, &device, 10 * SUB));
    accept(&mut chain, &lease);
    chain.run(&key("tenant"), &market::MsgCloseLease { owner: lease.owner.clone(), id: Some(lease) });
    let relisted = chain.height;
    assert_eq!(count(&chain.export(), "market", "orders"), 2);
    to_height(&mut chain, relisted + RETAIN);
    let state = chain.export();
    assert_eq!((count(&state, "market", "orders"), count(&state, "market", "leases")), (1, 0));
    let again = market::LeaseId { oseq: 2, ..id(7, 1, "provider") };
    chain.run(&key("provider"), &bid(&again, &device, 10 * SUB));
    accept(&mut chain, &again);
    assert_eq!(lease_of(&chain, &again).state(), LeaseState::Active);
}

#[test]
fn without_a_limit_all_is_kept_and_a_limit_below_the_lag_is_refused() {
    let mut chain = keeping(0);
    chain.run(&key("tenant"), &create(7, &[SUB], 1_000));
    close(&mut chain, 7);
    chain.blocks(60);
    assert_eq!(count(&chain.export(), "deployment", "deployments"), 1);
    let params: deployment::QueryParamsResponse =
        chain.query("/aliquot.deployment.v1.Query/Params", &deployment::QueryParamsRequest {});
    let params = params.params.map(|params| deployment::Params { retain_blocks: 20, ..params });
    let authority = key("authority").address().to_string();
    let update = deployment::MsgUpdateParams { authority, params };
    assert_eq!(chain.fails(&key("authority"), &update), ("deployment".into(), 14));
}

#[test]
fn a_standby_takes_over_while_the_funds_are_dry_and_is_paid_from_the_top_up_on() {
    let mut genesis = plain(0);
    genesis["deployment"]["params"]["grace_blocks"] = json!(50);
    let mut chain = TestChain::from_genesis(&genesis);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let (first, second) = (id(7, 1, "provider"), id(7, 1, "rival"));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 100));
    chain.run(&key("provider"), &bid(&first, &devices[0], 10 * SUB));
    chain.run(&key("rival"), &bid(&second, &devices[1], 15 * SUB));
    let (owner, standby) = (first.owner.clone(), second.provider.clone());
    chain.run(&key("tenant"), &market::MsgCreateLease { owner: owner.clone(), id: Some(first.clone()), standby });
    chain.blocks(15);
    assert_eq!(lease_of(&chain, &first).state(), LeaseState::Paused);
    let reason = LeaseClosedReason::ProviderDecommission.into();
    let leave = market::MsgCloseBid { signer: first.provider.clone(), id: Some(first), reason };
    chain.run(&key("provider"), &leave);
    assert_eq!(lease_of(&chain, &second).state(), LeaseState::Paused);
    let amount = Some(coin(150));
    let top_up = aliquot_proto::escrow::v1::MsgAccountDeposit { depositor: owner.clone(), owner, dseq: 7, amount };
    chain.run(&key("tenant"), &top_up);
    assert_eq!(lease_of(&chain, &second).state(), LeaseState::Active);
    chain.blocks(4);
    assert_eq!((counter(&chain, "provider"), counter(&chain, "rival")), (100 * SUB, 4 * 15 * SUB));
}

#[test]
fn bond_is_taken_in_each_denom_that_params_name_and_locked_by_leases_of_that_denom() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let ualq = register(&mut chain, "provider", 1_000_000_000);
    let in_denom = |denom: &str| aliquot_proto::Coin { denom: denom.into(), amount: "1000000000".into() };
    let provider = key("provider").address().to_string();
    let bonded = |nonce, denom| {
        let bond = Some(in_denom(denom));
        compute::MsgRegisterDevice { provider: provider.clone(), nonce, bond }
    };
    assert_eq!(chain.fails(&key("provider"), &bonded(2, "nope")), ("compute".into(), 17));
    let utest: compute::MsgRegisterDeviceResponse = response(&chain.run(&key("provider"), &bonded(2, "utest")));
    let rate = |amount: u128| deployment::Rate { denom: "utest".into(), amount_sub: amount.to_string() };
    let mut deploy = create(7, &[20 * SUB], 1);
    deploy.deposit = Some(in_denom("utest"));
    for unit in deploy.groups.iter_mut().flat_map(|group| &mut group.service.as_mut().unwrap().resources) {
        unit.price = Some(rate(20 * SUB));
    }
    chain.run(&key("tenant"), &deploy);
    let lease = id(7, 1, "provider");
    let offer = |device: &[u8]| market::MsgCreateBid { rate: Some(rate(10 * SUB)), ..bid(&lease, device, 10 * SUB) };
    assert_eq!(chain.fails(&key("provider"), &offer(&ualq)).0, "compute");
    chain.run(&key("provider"), &offer(&utest.device_id));
    accept(&mut chain, &lease);
    let device: compute::QueryDeviceResponse =
        chain.query("/aliquot.compute.v1.Query/Device", &compute::QueryDeviceRequest { id: utest.device_id.clone() });
    assert_ne!(device.device.unwrap().locked, "0");
}
