use aliquot_kernels::Kernel;
use aliquot_proto::{
    compute::v1::Params,
    cosmos::base::v1beta1 as cosmos,
    deployment::v1::{GroupSpec, JobSpec, PlacementRequirements},
    market::v1::{Order, OrderId, OrderState},
    provider::v1::Attribute,
};
use aliquot_runner::{
    bid::{NoBid, Offer},
    device::Reference,
    job::Worker,
    price::{Coin, PriceError, PriceRule, Rate, Skip, locked_bond},
    queue::Queue,
    store::Store,
};

use crate::{SCENE, job};

fn rule() -> PriceRule {
    PriceRule {
        denom: "ualq".into(),
        base: 100,
        per_mega_op: Rate::new(2.5).unwrap(),
        lowest_per_mega_op: Rate::new(0.0).unwrap(),
        min_price: 50,
        max_mega_ops: 0,
    }
}

fn ualq(amount: u128) -> Coin {
    Coin::new(amount, "ualq")
}

#[test]
fn prices_follow_the_rule() {
    let price = |operations, fees, max| rule().price(operations, fees, &ualq(max)).map(|coin| coin.amount);
    assert_eq!(price(1_000_000, 0, 9_999), Ok(103), "2.5 is rounded up");
    assert_eq!(price(2_000_000, 0, 9_999), Ok(105));
    assert_eq!(price(2_000_001, 0, 9_999), Ok(108), "a begun million counts");
    assert_eq!(price(2_000_000, 40, 9_999), Ok(145), "fees are passed on");
    assert_eq!(price(2_000_000_000, 0, 1_000), Ok(1_000), "no more than the order pays");
    assert_eq!(price(0, 0, 60), Ok(60));
    assert_eq!(price(0, 0, 49), Err(Skip::PaysTooLittle { max: 49, lowest: 50 }));
    assert_eq!(price(u128::MAX, u128::MAX, 70), Ok(70), "nothing overflows");
    let cheap = PriceRule { base: 0, per_mega_op: Rate::new(0.0).unwrap(), min_price: 0, ..rule() };
    assert_eq!(cheap.price(5, 0, &ualq(10)), Ok(ualq(1)), "the chain takes no bid of nothing");
}

#[test]
fn orders_beyond_the_limits_are_skipped() {
    assert_eq!(rule().price(1, 0, &Coin::new(99, "utest")), Err(Skip::Denom("utest".into())));
    let limited = PriceRule { max_mega_ops: 10, ..rule() };
    assert!(limited.price(10_000_000, 0, &ualq(999)).is_ok());
    assert_eq!(limited.price(10_000_001, 0, &ualq(999)), Err(Skip::TooCostly(11)));
    let proud = PriceRule { lowest_per_mega_op: Rate::new(2.0).unwrap(), ..rule() };
    assert_eq!(proud.price(100_000_000, 0, &ualq(200)), Ok(ualq(200)));
    assert_eq!(proud.price(100_000_000, 0, &ualq(199)), Err(Skip::PaysTooLittle { max: 199, lowest: 200 }));
}

#[test]
fn rates_and_coins_are_read_exactly() {
    assert_eq!(Rate::new(0.000_001).unwrap().price(1_000_000_000_000), 1);
    assert_eq!(Rate::new(0.1).unwrap().price(30_000_000), 3);
    for bad in [-1.0, f64::NAN, f64::INFINITY, 1e10] {
        assert_eq!(Rate::new(bad), Err(PriceError::Rate));
    }
    assert_eq!("1000000ualq".parse(), Ok(ualq(1_000_000)));
    assert_eq!("7ibc/AB".parse::<Coin>().unwrap().to_string(), "7ibc/AB");
    for bad in ["", "ualq", "1", "1 ualq", "-1ualq", "1.5ualq", "1ab", "1u!lq"] {
        assert!(bad.parse::<Coin>().is_err(), "{bad}");
    }
    assert_eq!(locked_bond(1_000, 5_000), 500);
    assert_eq!(locked_bond(1_001, 5_000), 501, "rounded up, as the chain does");
    assert_eq!(locked_bond(1_001, 20_000), 2_002);
}

fn order(change: impl FnOnce(&mut Order, &mut GroupSpec, &mut JobSpec)) -> Order {
    let id = OrderId { owner: "aliquot1tenant".into(), dseq: 1, gseq: 1, oseq: 1 };
    let mut order = Order { id: Some(id), state: OrderState::Open.into(), ..Order::default() };
    let mut job = JobSpec { kernel: "RENDER_Q16".into(), input: SCENE.into(), ..JobSpec::default() };
    let max_price = Some(cosmos::Coin { denom: "ualq".into(), amount: "1000000000".into() });
    let mut spec = GroupSpec { name: "one".into(), max_price, ..GroupSpec::default() };
    change(&mut order, &mut spec, &mut job);
    spec.job = Some(job);
    order.spec = Some(spec);
    order
}

fn attribute(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: value.into() }
}

/// The price that a runner with a free bond and a device of a billion operations per second bids.
fn offered(order: &Order, free_bond: Coin, kernels: &[Kernel]) -> Result<Coin, NoBid> {
    let dir = tempfile::tempdir().unwrap();
    let worker = Worker {
        device: Box::new(Reference::new()),
        store: Store::open(dir.path()).unwrap(),
        spot_checks: 0,
        tamper: None,
    };
    let (queue, _) = Queue::start(worker, 1e9).unwrap();
    let params = Params { lock_bps: 10_000, default_samples: 16, commit_blocks: 1_000, ..Params::default() };
    let offer = Offer {
        provider: "aliquot1provider",
        attributes: &[attribute("region", "eu")],
        kernels,
        rule: &rule(),
        params: &params,
        free_bond: &free_bond,
        queue: &queue,
        block_ms: 1_000,
        fees: &|_, samples, len| u128::from(samples) * len as u128,
    };
    let price = offer.price(order);
    queue.close();
    price
}

#[test]
fn a_good_order_is_bid_on() {
    let rich = || ualq(10_000_000_000);
    let operations = u128::from(job().chunk_cost()) * u128::from(job().chunks());
    let expected = rule().price(operations, 16 * 1024, &ualq(1_000_000_000)).unwrap();
    assert_eq!(offered(&order(|_, _, _| {}), rich(), &Kernel::ALL), Ok(expected.clone()));
    let fitting = order(|_, spec, _| {
        spec.requirements =
            Some(PlacementRequirements { attributes: vec![attribute("region", "eu")], signed_by: None });
    });
    assert_eq!(offered(&fitting, rich(), &Kernel::ALL), Ok(expected.clone()));
    // The bond is exactly enough, and one too little.
    let amount = expected.amount;
    assert_eq!(offered(&fitting, ualq(amount), &Kernel::ALL), Ok(expected));
    let short = ualq(amount - 1);
    assert_eq!(offered(&fitting, short.clone(), &Kernel::ALL), Err(NoBid::Bond { need: amount, free: short }));
    assert!(matches!(offered(&fitting, Coin::new(1 << 60, "utest"), &Kernel::ALL), Err(NoBid::Bond { .. })));
}

#[test]
fn other_orders_get_no_bid() {
    let no = |change: fn(&mut Order, &mut GroupSpec, &mut JobSpec)| {
        offered(&order(change), ualq(1 << 60), &Kernel::ALL).unwrap_err()
    };
    assert!(matches!(no(|o, _, _| o.state = OrderState::Active.into()), NoBid::NotOpen(_)));
    assert_eq!(no(|o, _, _| o.id.as_mut().unwrap().owner = "aliquot1provider".into()), NoBid::Own);
    assert_eq!(no(|_, _, j| j.kernel = "OTHER".into()), NoBid::Kernel("OTHER".into()));
    assert!(matches!(no(|_, _, j| j.input = b"no scene".to_vec()), NoBid::Input(_)));
    assert_eq!(no(|_, s, _| s.max_price = None), NoBid::NoPrice);
    assert!(matches!(no(|_, s, _| s.max_price.as_mut().unwrap().denom = "utest".into()), NoBid::Price(Skip::Denom(_))));
    assert!(matches!(
        no(|_, s, _| s.max_price.as_mut().unwrap().amount = "1".into()),
        NoBid::Price(Skip::PaysTooLittle { .. })
    ));
    let missing = no(|_, s, _| {
        s.requirements = Some(PlacementRequirements { attributes: vec![attribute("region", "us")], signed_by: None });
    });
    assert_eq!(missing, NoBid::Attribute("region".into(), "us".into()));
    let unserved = offered(&order(|_, _, _| {}), ualq(1 << 60), &[]).unwrap_err();
    assert_eq!(unserved, NoBid::Kernel("RENDER_Q16".into()));
    let large = Kernel::RenderQ16.golden_inputs()[0].1;
    let mut hasty = order(|_, _, j| j.commit_blocks = 1);
    hasty.spec.as_mut().unwrap().job.as_mut().unwrap().input = large.into();
    let late = offered(&hasty, ualq(1 << 60), &Kernel::ALL);
    assert!(matches!(late, Err(NoBid::Busy(..))), "{late:?}");
}
