//! Orders and the bids on them.

use crate::{a_job_is_bid_for_proven_and_paid::register, a_service_is_paid_per_block_and_to_the_sub_unit::*, chain::*};
use aliquot_proto::{
    audit::v1 as audit,
    compute::v1 as compute,
    deployment::v1::{self as deployment, Award, Gpu, PlacementRequirements, SignedBy},
    market::v1::{self as market, BidState, LeaseClosedReason, LeaseState, OrderState},
    provider::v1::{self as provider, Attribute},
};
use aliquot_sdk::Address;
use serde_json::json;

fn has(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: value.into() }
}

fn order_id(dseq: u64) -> market::OrderId {
    market::OrderId { owner: key("tenant").address().into(), dseq, gseq: 1, oseq: 1 }
}

fn order(chain: &TestChain, dseq: u64) -> market::Order {
    let request = market::QueryOrderRequest { id: Some(order_id(dseq)) };
    chain.query::<_, market::QueryOrderResponse>("/aliquot.market.v1.Query/Order", &request).order.unwrap()
}

fn bid_of(chain: &TestChain, id: &market::LeaseId) -> market::Bid {
    let request = market::QueryBidRequest { id: Some(id.clone()) };
    chain.query::<_, market::QueryBidResponse>("/aliquot.market.v1.Query/Bid", &request).bid.unwrap()
}

fn matches(chain: &TestChain) -> Vec<market::ProviderMatch> {
    let request = market::QueryMatchRequest { id: Some(order_id(7)), pagination: None };
    chain.query::<_, market::QueryMatchResponse>("/aliquot.market.v1.Query/Match", &request).providers
}

/// The deposits of all bids that stand.
fn held(chain: &TestChain) -> u128 {
    chain.balance(&Address::module("market").to_string())
}

// An order takes one bid more than its limit, and closing the losers stops at the first error.
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

// The slots of an order are full of high bids, and a better one is turned away.
#[test]
fn a_better_bid_finds_room_on_a_full_order() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let bidders = ["provider", "rival", "alice", "bob", "authority"];
    let devices = bidders.map(|name| register(&mut chain, name, 1_000_000_000));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    for ((name, device), rate) in bidders.iter().zip(&devices).zip([15, 18, 16, 17]) {
        chain.run(&key(name), &bid(&id(7, 1, name), device, rate * SUB));
    }
    let (worst, had) = (id(7, 1, "rival"), chain.balance(key("rival").address()));
    chain.run(&key("authority"), &bid(&id(7, 1, "authority"), &devices[4], 14 * SUB));
    assert_eq!((bid_of(&chain, &worst).state(), bid_of(&chain, &worst).deposit), (BidState::Lost, None));
    assert_eq!(chain.balance(key("rival").address()), had + 500_000);
    for name in ["provider", "alice", "bob", "authority"] {
        assert_eq!(bid_of(&chain, &id(7, 1, name)).state(), BidState::Open);
    }
    assert_eq!((order(&chain, 7).open_bids, held(&chain)), (4, 4 * 500_000));
}

// Deposits of bids that came to nothing stay locked until the provider's wallet is empty.
#[test]
fn the_deposit_of_a_bid_returns_however_the_bid_ends() {
    #[derive(Debug, Clone, Copy)]
    enum End {
        Lost,
        Lowered,
        Withdrawn,
        OrderExpired,
        GroupPaused,
        DeploymentClosed,
        LeaseClosed,
    }
    use End::*;
    for end in [Lost, Lowered, Withdrawn, OrderExpired, GroupPaused, DeploymentClosed, LeaseClosed] {
        let mut chain = TestChain::from_genesis(&plain(0));
        let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
        let (mine, other) = (id(7, 1, "provider"), id(7, 1, "rival"));
        let owner = mine.owner.clone();
        chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
        let had = chain.balance(&mine.provider);
        chain.run(&key("provider"), &bid(&mine, &devices[0], 15 * SUB));
        let (mut fees, mut standing) = (FEE, 0);
        match end {
            Lost => {
                chain.run(&key("rival"), &bid(&other, &devices[1], 14 * SUB));
                accept(&mut chain, &other);
                standing = 500_000;
            }
            Lowered | Withdrawn => {
                let close = market::MsgCloseBid { signer: mine.provider.clone(), id: Some(mine.clone()), reason: 0 };
                if matches!(end, Lowered) {
                    chain.run(&key("provider"), &bid(&mine, &devices[0], 14 * SUB));
                    assert_eq!(held(&chain), 500_000, "one bid, one deposit");
                    fees += FEE;
                }
                chain.run(&key("provider"), &close);
                fees += FEE;
            }
            OrderExpired => chain.blocks(200),
            GroupPaused => {
                chain.run(&key("tenant"), &deployment::MsgPauseGroup { owner, dseq: 7, gseq: 1 });
            }
            DeploymentClosed => {
                chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner, dseq: 7 });
            }
            LeaseClosed => {
                accept(&mut chain, &mine);
                chain.run(&key("tenant"), &market::MsgCloseLease { owner, id: Some(mine.clone()) });
            }
        }
        assert_eq!(chain.balance(&mine.provider), had - fees, "{end:?}");
        assert_eq!((bid_of(&chain, &mine).deposit, held(&chain)), (None, standing), "{end:?}");
    }
}

// GPUs of other vendors than NVIDIA cannot be asked for.
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

// There are plenty of GPUs and no bids, and nobody says why.
#[test]
fn a_match_says_of_every_provider_what_keeps_it_from_bidding() {
    let gpu = || has("capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi", "true");
    let (region, none) = (|| has("region", "eu"), Vec::new());
    let providers = [
        ("provider", vec![region(), gpu()], ""),
        ("rival", vec![gpu()], "lacks attribute region=eu"),
        ("bob", vec![region()], "lists none of the GPUs asked for: vendor/nvidia/model/h100"),
        ("authority", vec![region(), gpu()], "auditors that the order names have not signed"),
        ("deviceless", vec![region(), gpu()], "has no device with free bond"),
        ("silent", vec![region(), gpu()], "is jailed for missed heartbeats"),
        ("tenant", none, "the owner cannot bid on its own order"),
    ];
    let mut genesis = plain(0);
    let records = providers.iter().map(|(name, attributes, _)| {
        let attributes: Vec<_> = attributes.iter().map(|a| json!({"key": a.key, "value": a.value})).collect();
        json!({"owner": key(name).address(), "host_uri": "http://127.0.0.1:1", "attributes": attributes,
            "jailed": *name == "silent"})
    });
    genesis["provider"]["providers"] = records.collect();
    let mut chain = TestChain::from_genesis(&genesis);
    let owner = key("provider").address().to_string();
    let device = compute::MsgRegisterDevice { provider: owner, nonce: 1, bond: Some(coin(1_000_000_000)) };
    let device = response::<compute::MsgRegisterDeviceResponse>(&chain.run(&key("provider"), &device)).device_id;
    for name in ["provider", "deviceless", "silent"] {
        let (auditor, provider) = (key("alice").address().into(), key(name).address().into());
        let attributes = vec![region()];
        let signed = audit::MsgSignProviderAttributes { auditor, provider, attributes, ..Default::default() };
        chain.run(&key("alice"), &signed);
    }
    let mut wanted = create(7, &[15 * SUB], 1_000_000);
    let group = &mut wanted.groups[0];
    let signed_by = Some(SignedBy { all_of: vec![key("alice").address().into()], any_of: vec![] });
    group.requirements = Some(PlacementRequirements { attributes: vec![region()], signed_by });
    let resources = group.service.as_mut().unwrap().resources[0].resources.as_mut().unwrap();
    resources.gpu = Some(Gpu { units: 1, attributes: vec![has("vendor/nvidia/model/h100", "true")] });
    chain.run(&key("tenant"), &wanted);
    let found = matches(&chain);
    assert_eq!(found.len(), providers.len());
    for (name, _, reason) in providers {
        let row = found.iter().find(|row| row.provider == key(name).address()).unwrap();
        assert_eq!(row.fits, reason.is_empty(), "{row:?}");
        assert!(row.reason.contains(reason), "{row:?} should say {reason:?}");
    }
    chain.run(&key("provider"), &bid(&id(7, 1, "provider"), &device, 15 * SUB));
}

// An order that finds no bid at once must be made again and again.
#[test]
fn an_order_stands_until_a_provider_comes() {
    let mut genesis = plain(0);
    genesis["market"]["params"]["bid_window_blocks"] = json!(5);
    let mut chain = TestChain::from_genesis(&genesis);
    let mut awarded = create(7, &[20 * SUB], 1_000_000);
    awarded.groups[0].award = Award::Lowest.into();
    chain.run(&key("tenant"), &awarded);
    let made = chain.height;
    chain.run(&key("tenant"), &create(8, &[20 * SUB], 1_000_000));
    chain.blocks(100);
    assert_eq!([7, 8].map(|dseq| order(&chain, dseq).state()), [OrderState::Open; 2]);
    let device = register(&mut chain, "provider", 1_000_000_000);
    for dseq in [7, 8] {
        chain.run(&key("provider"), &bid(&id(dseq, 1, "provider"), &device, 15 * SUB));
    }
    accept(&mut chain, &id(8, 1, "provider"));
    // What its tenant left to the chain goes to the best bid at the latest when the order's time is over.
    to_height(&mut chain, made + 200);
    assert_eq!([7, 8].map(|dseq| order(&chain, dseq).state()), [OrderState::Active; 2]);
    assert_eq!(lease_of(&chain, &id(7, 1, "provider")).state(), LeaseState::Active);
}

// When a provider dies its tenant starts all over, by hand.
#[test]
fn a_lease_fails_over_to_its_standby_when_its_provider_goes_silent() {
    let mut genesis = plain(20);
    let heartbeats = &mut genesis["provider"]["params"];
    (heartbeats["heartbeat_blocks"], heartbeats["jail_after"]) = (json!(20), json!(1));
    let mut chain = TestChain::from_genesis(&genesis);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 1_000_000_000));
    let (first, second) = (id(7, 1, "provider"), id(7, 1, "rival"));
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&first, &devices[0], 15 * SUB));
    chain.run(&key("rival"), &bid(&second, &devices[1], 12 * SUB));
    let (owner, standby) = (first.owner.clone(), second.provider.clone());
    chain.run(&key("tenant"), &market::MsgCreateLease { owner, id: Some(first.clone()), standby });
    let begun = chain.height;
    let rival = second.provider.clone();
    let beat = provider::MsgHeartbeat { signer: rival.clone(), provider: rival };
    for (height, state) in [(10, LeaseState::Standby), (25, LeaseState::Active), (40, LeaseState::Active)] {
        to_height(&mut chain, begun + height - 1);
        chain.run(&key("rival"), &beat);
        assert_eq!(lease_of(&chain, &second).state(), state, "{height} blocks on");
    }
    let left = lease_of(&chain, &first);
    assert_eq!((left.closed_at, left.reason()), (begun + 20, LeaseClosedReason::ProviderSilent));
    // Ten blocks of the standby, at its own price, are verified; the other was not seen after the lease was made.
    to_height(&mut chain, begun + 50);
    assert_eq!((counter(&chain, "provider"), counter(&chain, "rival")), (0, 10 * 12 * SUB));
}

// What the market pays can only be guessed.
#[test]
fn what_others_paid_is_shown_by_the_chain() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let device = register(&mut chain, "provider", 1_000_000_000);
    for (dseq, rate) in [(1, 12), (2, 20), (3, 10), (4, 11)] {
        chain.run(&key("tenant"), &create(dseq, &[20 * SUB], 1_000_000));
        chain.run(&key("provider"), &bid(&id(dseq, 1, "provider"), &device, rate * SUB));
        accept(&mut chain, &id(dseq, 1, "provider"));
    }
    let request = market::QueryQuoteRequest { class: "cpu".into(), denom: "ualq".into() };
    let quote: market::QueryQuoteResponse = chain.query("/aliquot.market.v1.Query/Quote", &request);
    assert_eq!(quote.awards, 4);
    assert_eq!([quote.min, quote.median, quote.p90], [10, 11, 20].map(|rate| (rate * SUB).to_string()));
}

/// A tenant names the provider and not the price, so a provider who sees that coming must not be able to ask for more.
#[test]
fn a_bid_that_was_closed_does_not_come_back_dearer() {
    let mut chain = TestChain::from_genesis(&plain(0));
    let device = register(&mut chain, "provider", 1_000_000_000);
    let mine = id(7, 1, "provider");
    chain.run(&key("tenant"), &create(7, &[20 * SUB], 1_000_000));
    chain.run(&key("provider"), &bid(&mine, &device, 15 * SUB));
    let close = market::MsgCloseBid { signer: mine.provider.clone(), id: Some(mine.clone()), reason: 0 };
    chain.run(&key("provider"), &close);
    assert_eq!(chain.fails(&key("provider"), &bid(&mine, &device, 15 * SUB + 1)), ("market".into(), 33));
    chain.run(&key("provider"), &bid(&mine, &device, 15 * SUB));
    accept(&mut chain, &mine);
}
