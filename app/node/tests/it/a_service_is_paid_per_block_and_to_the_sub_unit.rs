//! Service leases: what is paid, when it is verified, and where every sub-unit goes.

use crate::{a_job_is_bid_for_proven_and_paid::register, chain::*};
use aliquot::modules::escrow;
use aliquot_proto::{
    deployment::v1::{self as deployment, Cpu, GroupSpec, Memory, Rate, ResourceUnit, Resources, ServiceSpec, Storage},
    escrow::v1 as pb,
    market::v1::{self as market, LeaseClosedReason, LeaseId, LeaseState, PriceItem},
};
use serde_json::{Value, json};

pub const SUB: u128 = 1_000_000;

/// Genesis without fees and grace, with this lag and least deposits of one unit.
pub fn plain(lag: u32) -> Value {
    let mut genesis = genesis();
    let escrow = &mut genesis["escrow"]["params"];
    (escrow["fee_bps"], escrow["earnings_lag"]) = (json!(0), json!(lag));
    escrow["min_deposits"] = json!([{"denom": "ualq", "amount": "1"}, {"denom": "utest", "amount": "1"}]);
    genesis["deployment"]["params"]["grace_blocks"] = json!(0);
    genesis
}

pub fn id(dseq: u64, gseq: u32, provider: &str) -> LeaseId {
    let (owner, provider) = (key("tenant").address().into(), key(provider).address().into());
    LeaseId { owner, dseq, gseq, oseq: 1, provider }
}

pub fn rate(amount_sub: u128) -> Option<Rate> {
    Some(Rate { denom: "ualq".into(), amount_sub: amount_sub.to_string() })
}

pub fn unit(price_sub: u128) -> ResourceUnit {
    let root = Storage { bytes: 1 << 30, ..Storage::default() };
    let resources = Resources {
        cpu: Some(Cpu { milli_units: 500, attributes: vec![] }),
        memory: Some(Memory { bytes: 1 << 30 }),
        storage: vec![root],
        ..Resources::default()
    };
    ResourceUnit { id: 1, resources: Some(resources), count: 1, price: rate(price_sub) }
}

/// A deployment with one group for each of these most rates.
pub fn create(dseq: u64, most: &[u128], deposit: u128) -> deployment::MsgCreateDeployment {
    let group = |(i, most): (usize, &u128)| GroupSpec {
        name: format!("g{i}"),
        service: Some(ServiceSpec { resources: vec![unit(*most)] }),
        ..GroupSpec::default()
    };
    deployment::MsgCreateDeployment {
        owner: key("tenant").address().into(),
        dseq,
        groups: most.iter().enumerate().map(group).collect(),
        hash: vec![1; 32],
        deposit: Some(coin(deposit)),
        ..Default::default()
    }
}

pub fn bid(id: &LeaseId, device_id: &[u8], rate_sub: u128) -> market::MsgCreateBid {
    let items = vec![PriceItem { resource_id: 1, cpu_sub: rate_sub.to_string(), ..PriceItem::default() }];
    market::MsgCreateBid {
        signer: id.provider.clone(),
        id: Some(id.clone()),
        device_id: device_id.to_vec(),
        deposit: Some(coin(500_000)),
        rate: rate(rate_sub),
        items,
        ..Default::default()
    }
}

pub fn lease_of(chain: &TestChain, id: &LeaseId) -> market::Lease {
    let request = market::QueryLeaseRequest { id: Some(id.clone()) };
    chain.query::<_, market::QueryLeaseResponse>("/aliquot.market.v1.Query/Lease", &request).lease.unwrap()
}

pub fn accept(chain: &mut TestChain, id: &LeaseId) {
    chain.run(
        &key("tenant"),
        &market::MsgCreateLease { owner: id.owner.clone(), id: Some(id.clone()), ..Default::default() },
    );
}

/// The payee's counter in whole units, and what lies behind it in sub-units.
pub fn counter(chain: &TestChain, name: &str) -> u128 {
    let ctx = chain.app.state_at(0).unwrap();
    escrow::earned(&ctx, &key(name).address().parse_address(), "ualq").unwrap()
}

pub fn to_height(chain: &mut TestChain, height: u64) {
    assert!(chain.height <= height, "height {height} is past");
    chain.blocks(height - chain.height);
}

/// A deployment whose lease at `rate_sub` is made in block 100; gives what the tenant held before its deposit.
pub fn leased_at_100(lag: u32, rate_sub: u128, deposit: u128) -> (TestChain, LeaseId, u128) {
    let mut chain = TestChain::from_genesis(&plain(lag));
    let device = register(&mut chain, "provider", 1_000_000_000);
    let before = chain.balance(key("tenant").address());
    let lease = id(7, 1, "provider");
    to_height(&mut chain, 97);
    chain.run(&key("tenant"), &create(7, &[rate_sub], deposit));
    chain.run(&key("provider"), &bid(&lease, &device, rate_sub));
    accept(&mut chain, &lease);
    assert_eq!(chain.height, 100);
    (chain, lease, before)
}

#[test]
fn a_query_and_a_claim_see_the_same_and_blocks_are_paid_one_by_one() {
    // Ownership case 6 drives a vault by this counter; here stands what the chain counts.
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 15_000_000);
    to_height(&mut chain, 200);
    assert_eq!(counter(&chain, "provider"), 1_500 * SUB);
    for (height, sum) in [(201, 1_515), (204, 1_560)] {
        to_height(&mut chain, height);
        assert_eq!(counter(&chain, "provider"), sum * SUB);
    }
    let paid =
        chain.run(&key("provider"), &market::MsgWithdrawLease { signer: lease.provider.clone(), id: Some(lease) });
    let paid: market::MsgWithdrawLeaseResponse = response(&paid);
    assert_eq!(paid.amount.unwrap().amount, "1575");
}

#[test]
fn withdrawing_every_block_and_once_give_the_same() {
    // Ownership case 7: 1.5 a block for ten blocks is 15 either way.
    let sums = [true, false].map(|often| {
        let (mut chain, lease, _) = leased_at_100(0, 1_500_000, 1_000_000);
        let withdraw = market::MsgWithdrawLease { signer: lease.provider.clone(), id: Some(lease) };
        let (mut sum, mut amounts) = (0u128, vec![]);
        for height in 101..=110 {
            if often || height == 110 {
                let result = chain.run(&key("provider"), &withdraw);
                let amount = response::<market::MsgWithdrawLeaseResponse>(&result).amount.unwrap().amount;
                amounts.push(amount.parse::<u128>().unwrap());
            } else {
                chain.blocks(1);
            }
        }
        sum += amounts.iter().sum::<u128>();
        sum
    });
    assert_eq!(sums, [15, 15]);
}

#[test]
fn an_account_runs_dry_in_the_very_block_and_the_rest_returns() {
    // Ownership case 8.
    let (mut chain, lease, before) = leased_at_100(0, 15 * SUB, 1_000);
    for (height, sum, state) in
        [(165, 975, LeaseState::Active), (166, 990, LeaseState::Closed), (500, 990, LeaseState::Closed)]
    {
        to_height(&mut chain, height);
        assert_eq!(counter(&chain, "provider"), sum * SUB, "at {height}");
        assert_eq!(lease_of(&chain, &lease).state(), state, "at {height}");
    }
    let closed = lease_of(&chain, &lease);
    assert_eq!((closed.closed_at, closed.reason()), (166, LeaseClosedReason::InsufficientFunds));
    // Two transactions of the tenant paid their fee.
    assert_eq!(chain.balance(key("tenant").address()), before - 990 - 2 * FEE);
}

#[test]
fn a_second_lease_of_another_deployment_adds_to_the_same_counter() {
    // Ownership case 9.
    let (mut chain, _, _) = leased_at_100(0, 15 * SUB, 1_000);
    let devices: aliquot_proto::compute::v1::QueryDevicesResponse =
        chain.query("/aliquot.compute.v1.Query/Devices", &aliquot_proto::compute::v1::QueryDevicesRequest::default());
    let device = devices.devices[0].id.clone();
    to_height(&mut chain, 107);
    chain.run(&key("tenant"), &create(8, &[5 * SUB], 10_000));
    chain.run(&key("provider"), &bid(&id(8, 1, "provider"), &device, 5 * SUB));
    accept(&mut chain, &id(8, 1, "provider"));
    assert_eq!(chain.height, 110);
    to_height(&mut chain, 200);
    assert_eq!(counter(&chain, "provider"), 1_440 * SUB);
}

#[test]
fn verified_revenue_lags_and_the_last_of_it_comes_after_the_end() {
    // Ownership case 12.
    let (mut chain, _, before) = leased_at_100(20, 15 * SUB, 1_000);
    for (height, sum) in [(110, 0), (140, 300), (160, 600), (166, 690), (185, 975), (186, 990), (300, 990)] {
        to_height(&mut chain, height);
        assert_eq!(counter(&chain, "provider"), sum * SUB, "at {height}");
    }
    assert_eq!(chain.balance(key("tenant").address()), before - 990 - 2 * FEE);
}

#[test]
fn a_silent_provider_is_paid_to_its_last_heartbeat_and_slashed() {
    // Ownership case 11: last seen at 140, found out at 160; the bond that the lease locks is 1,000,000.
    let mut genesis = plain(20);
    genesis["provider"]["params"]["heartbeat_blocks"] = json!(20);
    genesis["provider"]["params"]["jail_after"] = json!(1);
    let compute = &mut genesis["compute"]["params"];
    (compute["service_lock_blocks"], compute["service_fault_bps"]) = (json!(66_667), json!(500));
    (compute["slash_burn_bps"], compute["slash_tenant_bps"]) = (json!(5_000), json!(5_000));
    let mut chain = TestChain::from_genesis(&genesis);
    let device = register(&mut chain, "provider", 100_000_000);
    let lease = id(7, 1, "provider");
    let before = chain.balance(key("tenant").address());
    to_height(&mut chain, 97);
    chain.run(&key("tenant"), &create(7, &[15 * SUB], 15_000));
    chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
    accept(&mut chain, &lease);
    let beat =
        aliquot_proto::provider::v1::MsgHeartbeat { signer: lease.provider.clone(), provider: lease.provider.clone() };
    for height in [119, 139] {
        to_height(&mut chain, height);
        chain.run(&key("provider"), &beat);
    }
    assert_eq!((chain.height, counter(&chain, "provider")), (140, 300 * SUB));
    to_height(&mut chain, 160);
    assert_eq!(counter(&chain, "provider"), 600 * SUB);
    let closed = lease_of(&chain, &lease);
    assert_eq!((closed.state(), closed.reason()), (LeaseState::Closed, LeaseClosedReason::ProviderSilent));
    to_height(&mut chain, 400);
    assert_eq!(counter(&chain, "provider"), 600 * SUB);
    // 15 x 66,667 = 1,000,005 locked: five hundredths of it are 50,000, half to the tenant, half burnt.
    let slashed =
        chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: key("tenant").address().into(), dseq: 7 });
    assert_eq!(slashed.code, 0);
    assert_eq!(chain.balance(key("tenant").address()), before - 600 + 25_000 - 3 * FEE);
}

#[test]
fn a_top_up_in_grace_resumes_the_same_lease_in_that_block() {
    let mut genesis = plain(20);
    genesis["deployment"]["params"]["grace_blocks"] = json!(50);
    let mut chain = TestChain::from_genesis(&genesis);
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    to_height(&mut chain, 97);
    chain.run(&key("tenant"), &create(7, &[15 * SUB], 1_000));
    chain.run(&key("provider"), &bid(&lease, &device, 15 * SUB));
    accept(&mut chain, &lease);
    to_height(&mut chain, 166);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Paused);
    to_height(&mut chain, 199);
    let top_up = |amount: u128| pb::MsgAccountDeposit {
        depositor: key("alice").address().into(),
        owner: key("tenant").address().into(),
        dseq: 7,
        amount: Some(coin(amount)),
    };
    // Less than a block changes nothing: ten lie there already.
    chain.run(&key("alice"), &top_up(4));
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Paused);
    chain.run(&key("alice"), &top_up(301));
    assert_eq!((chain.height, lease_of(&chain, &lease).state()), (201, LeaseState::Active));
    // 315 are 21 blocks: dry again at 222.
    to_height(&mut chain, 222);
    assert_eq!(lease_of(&chain, &lease).state(), LeaseState::Paused);
    assert!(chain.typed_events().contains(&"aliquot.deployment.v1.EventDeploymentPaused".to_string()));
    to_height(&mut chain, 242);
    assert_eq!(counter(&chain, "provider"), (990 + 315) * SUB);
    to_height(&mut chain, 272);
    assert_eq!(lease_of(&chain, &lease).reason(), LeaseClosedReason::InsufficientFunds);
}

#[test]
fn a_standby_takes_over_from_a_provider_that_leaves() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let (first, second) = (id(7, 1, "provider"), id(7, 1, "rival"));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&first, &devices[0], 10 * SUB));
    chain.run(&key("rival"), &bid(&second, &devices[1], 15 * SUB));
    let accept = market::MsgCreateLease {
        owner: first.owner.clone(),
        id: Some(first.clone()),
        standby: second.provider.clone(),
    };
    chain.run(&key("tenant"), &accept);
    let made = chain.height;
    assert_eq!(lease_of(&chain, &second).state(), LeaseState::Standby);
    chain.blocks(9);
    let reason = LeaseClosedReason::ProviderDecommission.into();
    chain.run(
        &key("provider"),
        &market::MsgCloseBid { signer: first.provider.clone(), id: Some(first.clone()), reason },
    );
    let left = chain.height;
    assert_eq!(lease_of(&chain, &first).reason(), LeaseClosedReason::ProviderDecommission);
    assert_eq!(lease_of(&chain, &second).state(), LeaseState::Active);
    chain.blocks(5);
    assert_eq!(counter(&chain, "provider"), u128::from(left - made) * 10 * SUB);
    assert_eq!(counter(&chain, "rival"), 5 * 15 * SUB);
}

#[test]
fn an_amendment_takes_both_signatures() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let amend = |name: &str, rate_sub: u128| market::MsgAmendLease {
        signer: key(name).address().into(),
        id: Some(id(7, 1, "provider")),
        rate: rate(rate_sub),
        resources: vec![],
    };
    chain.run(&key("tenant"), &amend("tenant", 10 * SUB));
    assert_eq!(lease_of(&chain, &lease).rate, rate(15 * SUB));
    chain.run(&key("provider"), &amend("provider", 12 * SUB));
    assert_eq!(lease_of(&chain, &lease).rate, rate(15 * SUB), "another amendment is no signature");
    chain.run(&key("tenant"), &amend("tenant", 12 * SUB));
    assert_eq!(chain.height, 103);
    assert_eq!(lease_of(&chain, &lease).rate, rate(12 * SUB));
    chain.blocks(10);
    assert_eq!(counter(&chain, "provider"), (3 * 15 + 10 * 12) * SUB);
    assert_eq!(chain.fails(&key("rival"), &amend("rival", 12 * SUB)).0, "market");
}

#[test]
fn the_chain_awards_the_lowest_bid_and_expires_what_nobody_took() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let mut wanted = create(7, &[20 * SUB], 1_000_000);
    wanted.groups[0].award = deployment::Award::Lowest.into();
    wanted.groups[0].bid_window_blocks = 5;
    chain.run(&key("tenant"), &wanted);
    chain.run(&key("provider"), &bid(&id(7, 1, "provider"), &devices[0], 15 * SUB));
    chain.run(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 10 * SUB));
    chain.blocks(3);
    assert_eq!(lease_of(&chain, &id(7, 1, "rival")).state(), LeaseState::Active);
    let open = chain.height;
    chain.run(&key("tenant"), &create(8, &[20 * SUB], 1_000_000));
    to_height(&mut chain, open + 1 + 200);
    assert!(
        chain.typed_events().contains(&"aliquot.market.v1.EventOrderExpired".to_string()),
        "{:?}",
        chain.typed_events()
    );
}

#[test]
fn a_full_order_takes_a_better_bid_for_its_worst() {
    let mut genesis = plain(0);
    genesis["market"]["params"]["order_max_bids"] = json!(1);
    let mut chain = TestChain::from_genesis(&genesis);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&id(7, 1, "provider"), &devices[0], 15 * SUB));
    let held = chain.balance(key("provider").address());
    assert_eq!(chain.fails(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 15 * SUB)), ("market".into(), 7));
    chain.run(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 14 * SUB));
    assert_eq!(chain.balance(key("provider").address()), held + 500_000, "the deposit returns in that transaction");
    assert_eq!(chain.fails(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 14 * SUB)), ("market".into(), 6));
    chain.run(&key("rival"), &bid(&id(7, 1, "rival"), &devices[1], 13 * SUB));
}

#[test]
fn fees_and_payees_share_a_rate_that_was_split_once() {
    let mut genesis = plain(0);
    genesis["escrow"]["params"]["fee_bps"] = json!(333);
    let mut chain = TestChain::from_genesis(&genesis);
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    chain.run(&key("tenant"), &create(7, &[1_000_003], 1_000_000));
    let payee = |name: &str, weight| market::Payee { address: key(name).address().into(), weight };
    let payees = vec![payee("alice", 1), payee("bob", 2)];
    chain.run(&key("provider"), &market::MsgCreateBid { payees, ..bid(&lease, &device, 1_000_003) });
    accept(&mut chain, &lease);
    chain.blocks(7);
    // The fee of 1,000,003 is 33,300; the rest of 966,703 is split 1 to 2, the odd sub-unit to the first.
    assert_eq!(counter(&chain, "alice"), 7 * (966_703 / 3 + 1));
    assert_eq!(counter(&chain, "bob"), 7 * (966_703 * 2 / 3));
    assert_eq!(counter(&chain, "provider"), 0);
    let ctx = chain.app.state_at(0).unwrap();
    let named = |name| escrow::earned(&ctx, &aliquot_sdk::Address::module(name), "ualq").unwrap();
    assert_eq!(named("fee_stakers") + named("community") + named("insurance"), 7 * 33_300);
}

#[test]
fn running_leases_go_on_where_they_were_exported() {
    let (mut chain, _, _) = leased_at_100(20, 15 * SUB, 1_000);
    to_height(&mut chain, 130);
    let mut copy = TestChain::from_genesis_at(&chain.export(), 131);
    // Over the end at 166 and the last verification at 186.
    let exports = [&mut chain, &mut copy].map(|chain| {
        chain.blocks(80);
        let mut state = chain.export();
        // Beacons from before the export are not part of it.
        state["beacon"] = Value::Null;
        state
    });
    assert_eq!(exports[0], exports[1]);
    assert_eq!(counter(&copy, "provider"), 990 * SUB);
}

#[test]
fn a_heartbeat_after_silence_costs_the_same_however_many_leases_wait_for_it() {
    let gas = [1, 4].map(|leases| {
        let mut genesis = plain(20);
        genesis["provider"]["params"]["heartbeat_blocks"] = json!(5);
        let mut chain = TestChain::from_genesis(&genesis);
        let device = register(&mut chain, "provider", 1_000_000_000);
        chain.run(&key("tenant"), &create(7, &vec![15 * SUB; leases], 1_000_000));
        for gseq in 1..=leases as u32 {
            chain.run(&key("provider"), &bid(&id(7, gseq, "provider"), &device, 15 * SUB));
            accept(&mut chain, &id(7, gseq, "provider"));
        }
        chain.blocks(6);
        let owner = key("provider").address().to_string();
        let beat = aliquot_proto::provider::v1::MsgHeartbeat { signer: owner.clone(), provider: owner };
        let silent = chain.run(&key("provider"), &beat);
        chain.blocks(3);
        chain.run(&key("provider"), &beat);
        chain.blocks(20);
        assert!(counter(&chain, "provider") >= 4 * leases as u128 * 15 * SUB, "paid from its heartbeat on");
        silent.gas_used
    });
    assert!(gas[1] < gas[0] + gas[0] / 10, "{gas:?}");
}

#[test]
fn an_amendment_to_a_rate_that_no_sum_holds_is_refused_by_the_bond() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let amend = |signer: &str| market::MsgAmendLease {
        signer: signer.into(),
        id: Some(lease.clone()),
        rate: rate(u128::MAX),
        resources: vec![],
    };
    chain.run(&key("tenant"), &amend(&lease.owner));
    let refused = chain.fails(&key("provider"), &amend(&lease.provider));
    assert!(refused.0 != "undefined" && refused != ("sdk".into(), 1), "{refused:?}");
    assert_eq!(lease_of(&chain, &lease).rate, rate(15 * SUB));
}

#[test]
fn a_group_that_asks_for_more_notice_than_any_bid_may_give_is_refused() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let mut msg = create(7, &[SUB], 1_000);
    msg.groups[0].reclamation_blocks = u32::MAX;
    assert_eq!(chain.fails(&key("tenant"), &msg), ("market".into(), 26));
}
