use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1::{
        Cpu, Endpoint, EndpointKind, Gpu, GroupSpec, Memory, PlacementRequirements, Rate, ResourceUnit, Resources,
        ServiceSpec, Storage,
    },
    market::v1::{self as market, Order, OrderId, OrderState, PriceItem},
    provider::v1::Attribute,
};
use aliquot_runner::{
    price::Coin,
    services::{
        admission::{Admission, Denied},
        bid::{Bid, NoBid, Offer},
        inventory::{Capacity, GpuConfig, Inventory, Short},
        price::{Hourly, RuleError, ServicePrices},
    },
};

pub const GIB: u64 = 1 << 30;

pub fn attribute(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: value.into() }
}

/// Half a core, 1 GiB of memory, 5 GiB of disk, an open port, and GPUs.
pub fn unit(id: u32, count: u32, gpus: u32) -> ResourceUnit {
    let wanted = vec![attribute("vendor/nvidia/model/h100", "true"), attribute("vendor/amd/model/mi*", "true")];
    ResourceUnit {
        id,
        resources: Some(Resources {
            cpu: Some(Cpu { milli_units: 500, attributes: Vec::new() }),
            memory: Some(Memory { bytes: GIB }),
            storage: vec![Storage { bytes: 5 * GIB, ..Storage::default() }],
            gpu: (gpus > 0).then_some(Gpu { units: gpus, attributes: wanted }),
            endpoints: vec![Endpoint { kind: EndpointKind::RandomPort.into(), sequence_number: 0 }],
        }),
        count,
        price: Some(Rate { denom: "ualq".into(), amount_sub: "1000000000000".into() }),
    }
}

pub fn prices(extra: &str) -> ServicePrices {
    let text = format!(
        r#"
        cpu = "1800"
        memory = "0.9"
        endpoint = "3.6"
        {extra}
        storage = {{ ephemeral = "0.36", beta3 = "36" }}
        gpus = [{{ gpu = "nvidia/h100", per_hour = "3600000" }}, {{ gpu = "amd/*", per_hour = "1800000.5" }}]
        "#
    );
    toml::from_str(&text).unwrap()
}

pub fn gpu(vendor: &str, model: &str) -> GpuConfig {
    GpuConfig {
        vendor: vendor.into(),
        model: model.into(),
        devices: vec![format!("/dev/{model}")],
        ..GpuConfig::default()
    }
}

pub fn inventory() -> Inventory {
    Inventory::new(Capacity {
        cpu_millis: 4_000,
        memory_mib: 8 * 1024,
        storage_mib: [("ephemeral".to_string(), 20 * 1024), ("beta3".to_string(), 1024)].into(),
        endpoints: 5,
        gpus: vec![gpu("nvidia", "h100"), gpu("amd", "mi300x"), gpu("nvidia", "rtx4090"), gpu("nvidia", "h100")],
    })
}

fn sum(item: &PriceItem) -> u128 {
    let parts = [&item.cpu_sub, &item.memory_sub, &item.storage_sub, &item.gpu_sub, &item.endpoints_sub];
    parts.map(|part| part.parse::<u128>().unwrap()).iter().sum()
}

#[test]
fn items_are_the_rules_to_the_sub_unit() {
    let h100 = ("nvidia".to_string(), "h100".to_string());
    let quote = prices("").quote(&[unit(1, 2, 1)], &[vec![h100.clone(), h100.clone()]], 2_000).unwrap();
    // An hour has 1,800 blocks of two seconds. 1,800 per core and hour are one per core and block, so half a core is
    // half a base unit, 500,000 sub-units; 0.9 are 500 sub-units; 5 x 0.36 are 1,000; 3,600,000 are 2,000 base units.
    let item = &quote.items[0];
    let parts = [&item.cpu_sub, &item.memory_sub, &item.storage_sub, &item.gpu_sub, &item.endpoints_sub];
    assert_eq!(parts, ["500000", "500", "1000", "2000000000", "2000"]);
    assert_eq!((item.resource_id, quote.rate), (1, 2 * 2_000_503_500));
    let slow = prices("margin_bps = 2500").quote(&[unit(1, 2, 0)], &[], 2_000).unwrap();
    assert_eq!(slow.rate, 2 * (625_000 + 625 + 1_250 + 2_500), "a quarter more on each item");
    // A block of an odd length: every item is rounded up, and they add up still.
    let odd = prices("").quote(&[unit(1, 3, 0), unit(2, 1, 0)], &[], 1_777).unwrap();
    assert_eq!(odd.items[0].memory_sub, "445", "0.9 x 1777 / 3600 = 444.25 sub-units");
    assert_eq!(odd.rate, 3 * sum(&odd.items[0]) + sum(&odd.items[1]));
}

#[test]
fn the_minimum_is_reached_and_the_items_add_up_to_it() {
    // 18,000 an hour are ten base units per block.
    let quote = prices("minimum = \"18000\"").quote(&[unit(1, 3, 0), unit(2, 1, 0)], &[], 2_000).unwrap();
    assert_eq!(quote.rate, 3 * sum(&quote.items[0]) + sum(&quote.items[1]));
    assert!((10_000_000..10_000_003).contains(&quote.rate), "{}", quote.rate);
    let free: ServicePrices = toml::from_str("storage = { ephemeral = \"0\" }").unwrap();
    assert_eq!(free.quote(&[unit(1, 1, 0)], &[], 2_000).unwrap().rate, 1, "the chain takes no bid of nothing");
}

#[test]
fn what_has_no_price_is_not_bid_on() {
    let mut wants = unit(1, 1, 1);
    let other = vec![vec![("nvidia".to_string(), "rtx4090".to_string())]];
    assert_eq!(prices("").quote(&[wants.clone()], &other, 2_000), Err(RuleError::Gpu("nvidia/rtx4090".into())));
    wants.resources.as_mut().unwrap().storage[0].attributes = vec![attribute("class", "beta2")];
    assert_eq!(prices("").quote(&[wants], &[], 2_000), Err(RuleError::Class("beta2".into())));
    let dear = ServicePrices { cpu: "99999999999999999999".parse().unwrap(), ..prices("") };
    let mut large = unit(1, u32::MAX, 0);
    large.resources.as_mut().unwrap().cpu = Some(Cpu { milli_units: u32::MAX, attributes: Vec::new() });
    assert_eq!(dear.quote(&[large], &[], u32::MAX), Err(RuleError::Overflow));
}

#[test]
fn prices_are_decimal_texts() {
    assert_eq!("1.5".parse::<Hourly>(), "1.500000".parse());
    assert!("0.000001".parse::<Hourly>().unwrap() > "0".parse().unwrap());
    for bad in ["", ".5", "1.", "-1", "1e3", "1.0000001", "1 000", "0x1", "999999999999999999999"] {
        assert!(bad.parse::<Hourly>().is_err(), "{bad}");
    }
}

fn order(units: Vec<ResourceUnit>) -> Order {
    let id = OrderId { owner: "aliquot1tenant".into(), dseq: 7, gseq: 1, oseq: 1 };
    let requirements = PlacementRequirements { attributes: vec![attribute("region", "eu-*")], signed_by: None };
    let spec = GroupSpec {
        requirements: Some(requirements),
        service: Some(ServiceSpec { resources: units }),
        reclamation_blocks: 500,
        ..GroupSpec::default()
    };
    Order { id: Some(id), state: OrderState::Open.into(), spec: Some(spec), ..Order::default() }
}

fn offered(order: &Order, inventory: &Inventory, admission: &Admission, free: u128) -> Result<Bid, NoBid> {
    Offer {
        provider: "aliquot1provider",
        attributes: &[attribute("region", "eu-west")],
        denom: "ualq",
        admission,
        prices: &prices(""),
        inventory,
        market: &market::Params { min_reclamation_blocks: 10, max_reclamation_blocks: 1_000, ..Default::default() },
        compute: &compute::Params { service_lock_blocks: 100, ..Default::default() },
        free_bond: &Coin::new(free, "ualq"),
        block_ms: 2_000,
        reclamation_blocks: 100,
    }
    .bid(order)
}

#[test]
fn a_bid_reserves_what_it_offers() {
    let (inventory, all) = (inventory(), Admission::default());
    let order = order(vec![unit(1, 1, 2), unit(2, 2, 0)]);
    let bid = offered(&order, &inventory, &all, 1 << 40).unwrap();
    assert_eq!(bid.rate, sum(&bid.items[0]) + 2 * sum(&bid.items[1]));
    assert_eq!(bid.items[0].gpu_sub, "4000000000", "two of the dearer kind that it would get");
    assert_eq!(bid.reclamation_blocks, 500, "the tenant asks for more notice than is offered");
    let free = inventory.free();
    assert_eq!((free["cpu"], free["gpu"], free["endpoints"]), (4_000 - 1_500, 2, 2));
    assert_eq!(free["memory"], 5 * GIB);
    // The same order again takes nothing more.
    assert_eq!(offered(&order, &inventory, &all, 1 << 40), Ok(bid));
    assert_eq!(inventory.free(), free);
    let name = "aliquot1tenant/7/1/1/aliquot1provider";
    assert!(inventory.release(name));
    assert!(!inventory.release(name), "once");
    assert_eq!(inventory.free()["gpu"], 4);
}

#[test]
fn an_order_without_a_bid_leaves_nothing_reserved() {
    let all = Admission::default();
    let no = |change: &dyn Fn(&mut Order), admission: &Admission, free| {
        let inventory = inventory();
        let mut order = order(vec![unit(1, 1, 1)]);
        change(&mut order);
        let reason = offered(&order, &inventory, admission, free).unwrap_err();
        assert_eq!(inventory.names(), Vec::<String>::new(), "{reason}");
        reason
    };
    fn spec(order: &mut Order) -> &mut GroupSpec {
        order.spec.as_mut().unwrap()
    }
    fn first(order: &mut Order) -> &mut ResourceUnit {
        &mut spec(order).service.as_mut().unwrap().resources[0]
    }
    let rich = 1 << 40;
    assert!(matches!(no(&|o| o.state = OrderState::Closed.into(), &all, rich), NoBid::NotOpen(_)));
    assert_eq!(no(&|o| o.id.as_mut().unwrap().owner = "aliquot1provider".into(), &all, rich), NoBid::Own);
    assert_eq!(no(&|o| spec(o).service = None, &all, rich), NoBid::NoService);
    assert!(matches!(
        no(&|o| first(o).price.as_mut().unwrap().amount_sub = "1".into(), &all, rich),
        NoBid::PaysTooLittle { max: 1, .. }
    ));
    assert_eq!(
        no(&|o| first(o).price.as_mut().unwrap().denom = "utest".into(), &all, rich),
        NoBid::Denom("utest".into())
    );
    let leased = |o: &mut Order| first(o).resources.as_mut().unwrap().endpoints[0].kind = EndpointKind::LeasedIp.into();
    assert_eq!(no(&leased, &all, rich), NoBid::LeasedAddress);
    assert_eq!(no(&|o| first(o).count = 4, &all, rich), NoBid::Short(Short::Gpus { wanted: 4, free: 3 }));
    let short = no(&|o| first(o).count = 9, &all, rich);
    assert!(matches!(&short, NoBid::Short(Short::Of { what, .. }) if what == "cpu"), "{short}");
    assert_eq!(no(&|o| spec(o).reclamation_blocks = 1_001, &all, rich), NoBid::Notice { asked: 1_001, most: 1_000 });
    let us = |o: &mut Order| spec(o).requirements.as_mut().unwrap().attributes[0].value = "us".into();
    assert_eq!(no(&us, &all, rich), NoBid::Attribute("region".into(), "us".into()));
    // 2,000.5035 base units per block, 100 blocks of which are locked, rounded up.
    let free = Coin::new(200_050, "ualq");
    assert_eq!(no(&|_| {}, &all, 200_050), NoBid::Bond { need: 200_051, free });
    assert!(offered(&order(vec![unit(1, 1, 1)]), &inventory(), &all, 200_051).is_ok());
}

#[test]
fn lists_say_who_is_served() {
    let globs = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let check = |admission: Admission| admission.check("aliquot1tenant", order(Vec::new()).spec.as_ref().unwrap());
    let base = Admission::default;
    assert_eq!(check(base()), Ok(()));
    let tenant = Err(Denied::Tenant("aliquot1tenant".into()));
    assert_eq!(check(Admission { deny_tenants: globs(&["aliquot1ten*"]), ..base() }), tenant);
    assert_eq!(check(Admission { allow_tenants: globs(&["aliquot1other"]), ..base() }), tenant);
    assert_eq!(check(Admission { allow_tenants: globs(&["*"]), deny_tenants: globs(&["*tenant"]), ..base() }), tenant);
    assert_eq!(check(Admission { allow_tenants: globs(&["*tenant"]), ..base() }), Ok(()));
    let denied = Admission { deny_attributes: globs(&["region=*"]), ..base() };
    assert_eq!(check(denied), Err(Denied::Attribute("region=eu-*".into())));
    assert_eq!(check(Admission { require_attributes: globs(&["region=eu*"]), ..base() }), Ok(()));
    let wanting = Admission { require_attributes: globs(&["tier=*"]), ..base() };
    assert_eq!(check(wanting), Err(Denied::Unasked("tier=*".into())));
}
