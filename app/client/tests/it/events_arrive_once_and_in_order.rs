//! Following a chain through gaps and restarts, and reading typed events.

use std::time::{Duration, Instant};

use aliquot_client::{BlockEvents, Error, Event, Key, decode, follow};
use aliquot_proto::{
    compute::v1::{EventJobSampled, EventSlashed},
    cosmos::base::v1beta1::Coin,
    json::to_json,
    market::v1::{EventBidCreated, EventLeaseClosed, LeaseId},
};
use prost::{Message, Name};
use serde_json::{Value, json};
use tokio::{sync::mpsc::Receiver, time::timeout};

use crate::{chain::Chain, keys_are_kept_safely::ABANDON};

const LIMIT: Duration = Duration::from_secs(30);

async fn chain() -> std::sync::Arc<Chain> {
    Chain::start(&Key::from_mnemonic(ABANDON).unwrap()).await
}

/// An event that says which block it is of.
fn mark(n: u64) -> Value {
    json!([{ "type": "mark", "attributes": [{ "key": "block", "value": n.to_string(), "index": true }] }])
}

async fn expect(blocks: &mut Receiver<Result<BlockEvents, Error>>, heights: std::ops::RangeInclusive<u64>) {
    for height in heights {
        let block = timeout(LIMIT, blocks.recv()).await.unwrap().unwrap().unwrap();
        assert_eq!(block.height, height);
        let event = Event { kind: "mark".into(), attributes: vec![("block".into(), height.to_string())], tx: None };
        assert_eq!(block.events, [event]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_height_is_left_out_or_given_twice() {
    let chain = chain().await;
    (1..=5).for_each(|n| chain.block(mark(n)));
    let mut blocks = follow(&chain.url, 2).unwrap();
    // What has passed, then what comes, then what came while the node was away.
    expect(&mut blocks, 2..=5).await;
    (6..=7).for_each(|n| chain.block(mark(n)));
    expect(&mut blocks, 6..=7).await;
    chain.restart(Duration::from_millis(700)).await;
    (8..=30).for_each(|n| chain.block(mark(n)));
    expect(&mut blocks, 8..=30).await;
    // The subscription came back and wakes the follower.
    let subscribed = async {
        while chain.state().requests.get("subscribe").is_none_or(|n| *n < 2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, subscribed).await.unwrap();
    let start = Instant::now();
    for n in 31..=60 {
        chain.block(mark(n));
        expect(&mut blocks, n..=n).await;
    }
    // Asking once a second alone would take at least this long.
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    // Nothing more is given, and nothing was given twice.
    assert!(timeout(Duration::from_millis(1500), blocks.recv()).await.is_err());
}

#[tokio::test]
async fn a_pruned_block_ends_it_with_an_error() {
    let chain = chain().await;
    (1..=5).for_each(|n| chain.block(mark(n)));
    chain.state().lowest = 4;
    let mut blocks = follow(&chain.url, 0).unwrap();
    let error = timeout(LIMIT, blocks.recv()).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::Pruned { height: 1, lowest: 4 }), "{error}");
    assert!(blocks.recv().await.is_none());
    let mut blocks = follow(&chain.url, 4).unwrap();
    expect(&mut blocks, 4..=5).await;
    assert!(follow("ftp://x", 1).is_err());
}

/// As the runtime emits it: each field as JSON under its name, then where it came from.
fn emitted<M: Message + Name>(message: &M) -> Event {
    let Value::Object(fields) = to_json(message).unwrap() else { panic!() };
    let mut attributes: Vec<_> = fields.into_iter().map(|(key, value)| (key, value.to_string())).collect();
    attributes.push(("msg_index".into(), "0".into()));
    Event { kind: M::full_name(), attributes, tx: Some(0) }
}

#[test]
fn typed_events_come_back_as_they_were() {
    let id = LeaseId { owner: "aliquot1a".into(), dseq: u64::MAX, gseq: 1, oseq: 2, provider: "aliquot1\"b".into() };
    let price = Some(Coin { denom: "ualq".into(), amount: "5".into() });
    let bid = EventBidCreated { id: Some(id.clone()), price, rate: None };
    let event = emitted(&bid);
    assert_eq!(event.kind, "aliquot.market.v1.EventBidCreated");
    assert_eq!(decode::<EventBidCreated>(&event).unwrap().unwrap(), bid);
    assert!(event.decode::<EventLeaseClosed>().is_none());

    let sampled = EventJobSampled { id: Some(id.clone()), sampled: vec![0, 7, 900], open_deadline: 44 };
    assert_eq!(emitted(&sampled).decode::<EventJobSampled>().unwrap().unwrap(), sampled);
    let slashed = EventSlashed {
        device_id: vec![1; 32],
        id: Some(id),
        burned: "18446744073709551616".into(),
        ..Default::default()
    };
    assert_eq!(emitted(&slashed).decode::<EventSlashed>().unwrap().unwrap(), slashed);
}

#[test]
fn events_that_are_not_what_they_say_are_errors() {
    let of = |key: &str, value: &str| Event {
        kind: "aliquot.compute.v1.EventJobSampled".into(),
        attributes: vec![(key.into(), value.into())],
        tx: None,
    };
    for (key, value) in
        [("open_deadline", "unquoted text"), ("open_deadline", "\"x\""), ("nothing", "1"), ("sampled", "{}")]
    {
        let error = of(key, value).decode::<EventJobSampled>().unwrap().unwrap_err();
        assert!(error.to_string().contains("aliquot.compute.v1.EventJobSampled"), "{error}");
    }
    let mut twice = of("open_deadline", "\"1\"");
    twice.attributes.push(twice.attributes[0].clone());
    assert!(twice.decode::<EventJobSampled>().unwrap().is_err());
}
