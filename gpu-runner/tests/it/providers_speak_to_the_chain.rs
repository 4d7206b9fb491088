use std::time::Duration;

use aliquot_proto::{
    market::v1::{self as market, LeaseClosedReason, LeaseState},
    provider::v1::MsgHeartbeat,
};
use aliquot_runner::{config::ServicesConfig, price::Coin};
use serde_json::json;
use tokio::time::sleep;

use crate::services_follow_the_chain::{bench, order, settings, within};

#[tokio::test]
async fn a_lease_without_a_manifest_is_left_after_notice() {
    let bench = bench(54, LeaseState::Active, ServicesConfig { manifest_timeout_s: 1, ..settings() }).await;
    bench.host.adopt().await.unwrap();
    let notice = within("notice", || async { bench.node.sent::<market::MsgStartReclaim>().pop() }).await;
    assert_eq!(notice.reason(), LeaseClosedReason::ProviderManifestTimeout);
    assert_eq!(bench.node.sent::<market::MsgCloseBid>(), []);
    {
        let mut ledger = bench.node.ledger();
        ledger.leases[0].state = LeaseState::Reclaiming.into();
        ledger.leases[0].closes_at = 101;
        ledger.leases[0].reclaim_reason = notice.reason;
    }
    sleep(Duration::from_secs(2)).await;
    assert_eq!(bench.node.sent::<market::MsgCloseBid>(), [], "one block more");
    bench.node.ledger().height = 101;
    let left = within("leaving", || async { bench.node.sent::<market::MsgCloseBid>().pop() }).await;
    assert_eq!((left.id, left.reason), (Some(bench.id.clone()), notice.reason));
}

#[tokio::test]
async fn a_bid_says_its_items_and_gives_back_what_it_took_when_lost() {
    let bench = bench(56, LeaseState::Unspecified, settings()).await;
    let bond = Coin::new(1 << 40, "ualq");
    let order = order(&bench.id);
    bench.host.bid(&order, &bond, &Coin::new(5, "ualq")).await.unwrap().unwrap();
    let bids = bench.node.sent::<market::MsgCreateBid>();
    let [bid] = bids.as_slice() else { panic!("{bids:?}") };
    let item = &bid.items[0];
    let parts = [&item.cpu_sub, &item.memory_sub, &item.storage_sub, &item.gpu_sub, &item.endpoints_sub];
    let sum: u128 = parts.map(|part| part.parse::<u128>().unwrap()).iter().sum();
    assert_eq!(bid.rate.as_ref().unwrap().amount_sub, sum.to_string());
    assert_eq!((bid.id.as_ref(), bid.reclamation_blocks), (Some(&bench.id), 1_800), "an hour of blocks");
    assert_eq!(bench.host.inventory.free()["gpu"], 2);
    bench.say("aliquot.market.v1.EventBidLost", json!({"id": bench.id()}));
    assert_eq!(bench.host.inventory.free()["gpu"], 3);
}

#[tokio::test]
async fn the_provider_is_heard_of_while_it_has_leases() {
    let bench = bench(57, LeaseState::Active, settings()).await;
    bench.say("other", json!({}));
    assert_eq!(bench.node.sent::<MsgHeartbeat>(), [], "no lease was seen yet");
    bench.host.adopt().await.unwrap();
    within("the lease", || async { (bench.host.book.live() == 1).then_some(()) }).await;
    for (height, beats) in [(100, 1), (109, 1), (110, 2)] {
        bench.node.ledger().height = height;
        bench.say("other", json!({}));
        sleep(Duration::from_millis(500)).await;
        within("heartbeats", || async { (bench.node.sent::<MsgHeartbeat>().len() == beats).then_some(()) }).await;
    }
    assert_eq!(bench.node.sent::<MsgHeartbeat>()[0].provider, bench.id.provider);
}
