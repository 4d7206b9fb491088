//! What a block costs that has nothing to do while leases run, and what a bid costs behind many others.
//!
//! `market-bench [bids | idle <largest number of leases>]`; run by `make bench`. Leases come into the state by the modules' genesis,
//! as copies of one that was made by its messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use aliquot::{
    app::{App, BlockInput, Options},
    modules::{compute::Compute, deployment::Deployment, escrow::Escrow, market::Market, provider::Provider},
    runtime,
};
use aliquot_client::{Key, TxBuilder, any, tx::SignerData};
use aliquot_proto::{
    Timestamp,
    compute::v1 as compute,
    deployment::v1::{self as deployment, Cpu, GroupSpec, Memory, Rate, ResourceUnit, Resources, ServiceSpec, Storage},
    market::v1::{self as market, LeaseId, PriceItem},
    provider::v1 as provider,
};
use aliquot_sdk::{Address, Block, Ctx, Mode, Module};
use measure::{coin, key, median, on_one_thread, own, row};
use prost::{Message, bytes::Bytes};
use serde_json::json;
use std::{env, fs, path::Path, process::Command};

mod measure;

/// As in `aliquotd`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHAIN_ID: &str = "aliquot-bench-1";
const SUB: u128 = 1_000_000;
/// Blocks measured at each number of leases.
const IDLE_BLOCKS: usize = 1_000;
/// Leases that one import holds, and those of one provider.
const CHUNK: usize = 20_000;
const OF_PROVIDER: usize = 1_000;
const BIDDERS: usize = 10_000;
/// Bids of one measured block, all of them before an order is full, and how often they are measured.
const MEASURED: usize = 50;
const ROUNDS: usize = 20;

fn address(index: usize) -> Address {
    let mut bytes = [3u8; 20];
    bytes[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Address::from_bytes(&bytes).unwrap()
}

fn open(dir: &Path) -> App {
    App::open(dir, Options { no_sync: true, ..Options::default() }).unwrap()
}

fn genesis(accounts: &[Key]) -> serde_json::Value {
    let funds = json!([{"denom": "ualq", "amount": "1000000000000000"}]);
    let balances: Vec<_> = accounts.iter().map(|key| json!({"address": key.address(), "coins": funds})).collect();
    json!({
        "bank": {"balances": balances}, "validator": {"params": {"epoch_blocks": "60"}}, "beacon": {"params": {"retain_blocks": "100"}},
        "compute": {"params": {"min_bonds": [{"denom": "ualq", "amount": "1"}], "sample_delay_blocks": 3, "open_blocks": 5,
            "challenge_blocks": 4, "commit_blocks": 10, "default_samples": 16, "verify_gas_per_block": "1280000000",
            "max_chunk_cost": "20000000", "service_lock_blocks": 1000}},
        "escrow": {"params": {"fee_bps": 333, "fee_stakers_bps": 4000, "fee_community_bps": 3333, "earnings_lag": 20,
            "max_due": 2000, "min_deposits": [{"denom": "ualq", "amount": "1"}]}},
        "market": {"params": {"min_bid_deposits": [{"denom": "ualq", "amount": "1"}], "order_max_bids": 64,
            "bid_window_blocks": 1000000, "order_ttl_blocks": 1000000, "provider_max_leases": 1000}},
        "deployment": {"params": {"block_ms": 1000, "max_groups": 4, "max_inline_input": 65536}},
    })
}

/// Runs a block and commits it; gives CPU microseconds of its execution.
fn block(app: &App, txs: &[Bytes]) -> f64 {
    let time = Timestamp { seconds: app.db().height() as i64, nanos: 0 };
    let input = BlockInput { height: app.db().height() + 1, time, proposer: &[], txs };
    let cpu = own(|| {
        for outcome in app.finalize_block(&input).unwrap().outcomes {
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
        }
    });
    app.commit().unwrap();
    cpu
}

fn service_group() -> GroupSpec {
    let resources = Resources {
        cpu: Some(Cpu { milli_units: 100, attributes: vec![] }),
        memory: Some(Memory { bytes: 1 << 30 }),
        storage: vec![Storage { bytes: 1 << 30, ..Storage::default() }],
        ..Resources::default()
    };
    let price = Some(Rate { denom: "ualq".into(), amount_sub: (100 * SUB).to_string() });
    let unit = ResourceUnit { id: 1, resources: Some(resources), count: 1, price };
    GroupSpec { name: "web".into(), service: Some(ServiceSpec { resources: vec![unit] }), ..GroupSpec::default() }
}

fn create_deployment(owner: &Key, dseq: u64) -> deployment::MsgCreateDeployment {
    let groups = vec![service_group()];
    let (owner, hash, deposit) = (owner.address().to_string(), vec![1; 32], Some(coin(100_000_000)));
    deployment::MsgCreateDeployment { owner, dseq, groups, hash, deposit, ..Default::default() }
}

fn create_bid(tenant: &Key, dseq: u64, bidder: &Key, device_id: Vec<u8>, rate_sub: u128) -> market::MsgCreateBid {
    let provider = bidder.address().to_string();
    let id = LeaseId { owner: tenant.address().into(), dseq, gseq: 1, oseq: 1, provider: provider.clone() };
    market::MsgCreateBid {
        signer: provider,
        id: Some(id),
        device_id,
        deposit: Some(coin(500)),
        rate: Some(Rate { denom: "ualq".into(), amount_sub: rate_sub.to_string() }),
        items: vec![PriceItem { resource_id: 1, cpu_sub: rate_sub.to_string(), ..PriceItem::default() }],
        ..Default::default()
    }
}

/// The records of one running lease, made by its messages.
struct Template {
    deployment: deployment::GenesisState,
    market: market::GenesisState,
    escrow: aliquot_proto::escrow::v1::GenesisState,
    compute: compute::GenesisState,
    provider: provider::GenesisState,
}

impl Template {
    fn new() -> Self {
        let (tenant, bidder) = (key(0), key(1));
        let mut ctx = Ctx::test();
        runtime::init(&mut ctx, &genesis(&[key(0), key(1)])).unwrap();
        let routes = runtime::routes().unwrap();
        let owner = bidder.address().to_string();
        let register = provider::MsgCreateProvider {
            owner: owner.clone(),
            host_uri: "http://127.0.0.1:1".into(),
            ..Default::default()
        };
        routes.execute(&mut ctx, &any(&register)).unwrap();
        let bond = Some(coin(1_000_000_000));
        let device =
            routes.execute(&mut ctx, &any(&compute::MsgRegisterDevice { provider: owner, nonce: 1, bond })).unwrap();
        let device = compute::MsgRegisterDeviceResponse::decode(device.value.as_slice()).unwrap().device_id;
        routes.execute(&mut ctx, &any(&create_deployment(&tenant, 1))).unwrap();
        let bid = create_bid(&tenant, 1, &bidder, device, 10 * SUB);
        routes.execute(&mut ctx, &any(&bid)).unwrap();
        let lease = market::MsgCreateLease { owner: tenant.address().into(), id: bid.id, standby: String::new() };
        routes.execute(&mut ctx, &any(&lease)).unwrap();
        Template {
            deployment: Deployment::export(&ctx).unwrap(),
            market: Market::export(&ctx).unwrap(),
            escrow: Escrow::export(&ctx).unwrap(),
            compute: Compute::export(&ctx).unwrap(),
            provider: Provider::export(&ctx).unwrap(),
        }
    }

    /// Leases `range`: a thousand to a provider, a thousand deployments to a tenant, dry at heights of their own.
    fn import(&self, ctx: &mut Ctx, range: std::ops::Range<usize>) {
        let (mut deployment, mut market, mut escrow) =
            (self.deployment.clone(), self.market.clone(), self.escrow.clone());
        let (mut compute, mut provider) = (self.compute.clone(), self.provider.clone());
        let (d, g) = (deployment.deployments.remove(0), deployment.groups.remove(0));
        let (order, bid, lease) = (market.orders.remove(0), market.bids.remove(0), market.leases.remove(0));
        let (account, payment) = (escrow.accounts.remove(0), escrow.payments.remove(0));
        let (device, lock, record) = (compute.devices.remove(0), compute.locks.remove(0), provider.providers.remove(0));
        escrow.turns.clear();
        for i in range {
            let (owner, dseq) = (address(i / OF_PROVIDER).to_string(), (i % OF_PROVIDER) as u64 + 1);
            let bidder = address(1_000_000 + i / OF_PROVIDER).to_string();
            let mut device_id = vec![9; 32];
            device_id[..8].copy_from_slice(&((i / OF_PROVIDER) as u64).to_be_bytes());
            let id = Some(LeaseId { owner: owner.clone(), dseq, gseq: 1, oseq: 1, provider: bidder.clone() });
            if i % OF_PROVIDER == 0 {
                let (id, provider_text) = (device_id.clone(), bidder.clone());
                compute.devices.push(compute::Device { id, provider: provider_text, ..device.clone() });
                provider.providers.push(provider::Provider { owner: bidder, ..record.clone() });
            }
            let group = Some(deployment::GroupId { owner: owner.clone(), dseq, gseq: 1 });
            let order_id = Some(market::OrderId { owner: owner.clone(), dseq, gseq: 1, oseq: 1 });
            let deployment_id = Some(deployment::DeploymentId { owner: owner.clone(), dseq });
            deployment.deployments.push(deployment::Deployment { id: deployment_id, ..d.clone() });
            deployment.groups.push(deployment::Group { id: group, ..g.clone() });
            market.orders.push(market::Order { id: order_id, ..order.clone() });
            market.bids.push(market::Bid { id: id.clone(), device_id: device_id.clone(), ..bid.clone() });
            market.leases.push(market::Lease { id: id.clone(), device_id: device_id.clone(), ..lease.clone() });
            let dry_height = 10_000_000 + i as u64;
            escrow.accounts.push(aliquot_proto::escrow::v1::Account { owner, dseq, dry_height, ..account.clone() });
            escrow.payments.push(aliquot_proto::escrow::v1::Payment { id: id.clone(), ..payment.clone() });
            compute.locks.push(compute::Lock { id, device_id, ..lock.clone() });
        }
        Provider::init(ctx, provider).unwrap();
        Escrow::init(ctx, escrow).unwrap();
        Compute::init(ctx, compute).unwrap();
        Market::init(ctx, market).unwrap();
        Deployment::init(ctx, deployment).unwrap();
    }
}

/// A chain with so many running leases, at rest.
fn running(dir: &Path, template: &Template, leases: usize) -> App {
    let app = open(dir);
    app.init_chain(CHAIN_ID, 1, &genesis(&[])).unwrap();
    block(&app, &[]);
    for from in (0..leases).step_by(CHUNK) {
        let height = app.db().height() + 1;
        let at = Block { chain_id: CHAIN_ID.into(), height, ..Block::default() };
        let mut ctx = Ctx::new(app.db().latest(), at, Mode::Deliver);
        template.import(&mut ctx, from..leases.min(from + CHUNK));
        let prepared = app.db().prepare(height, &ctx.take_changes()).unwrap();
        app.db().commit(prepared).unwrap();
    }
    app
}

/// Resident memory of this process in MiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn idle(largest: usize) {
    let template = Template::new();
    let sizes: Vec<usize> = [1_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= largest).collect();
    let dirs: Vec<_> = sizes.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let apps: Vec<App> = sizes.iter().zip(&dirs).map(|(leases, dir)| running(dir.path(), &template, *leases)).collect();
    let mut cpu = vec![vec![]; apps.len()];
    for _ in 0..IDLE_BLOCKS {
        for (app, cpu) in apps.iter().zip(&mut cpu) {
            cpu.push(block(app, &[]));
        }
    }
    drop(apps);
    let medians: Vec<f64> = cpu.into_iter().map(median).collect();
    for ((size, dir), cpu) in sizes.iter().zip(&dirs).zip(&medians) {
        let memory = Command::new(env::current_exe().unwrap()).arg("--memory").arg(dir.path()).output().unwrap();
        let memory = String::from_utf8(memory.stdout).unwrap();
        row(
            &format!("FinalizeBlock, nothing due, {size} leases open"),
            format!("{cpu:.0} us CPU (median of {IDLE_BLOCKS})"),
            format!("{:.2} of that with {}; {} MiB resident", cpu / medians[0], sizes[0], memory.trim()),
        );
    }
}

/// A node that was started on a state and ran some blocks: its memory.
fn memory(dir: &Path) {
    let app = open(dir);
    for _ in 0..100 {
        block(&app, &[]);
    }
    println!("{}", resident());
}

struct Bidders {
    app: App,
    keys: Vec<Key>,
    numbers: Vec<u64>,
    sequences: Vec<u64>,
    devices: Vec<Vec<u8>>,
}

impl Bidders {
    /// The tenant is the first key; every other is a provider with a device.
    fn new(dir: &Path) -> Self {
        let keys: Vec<Key> = (0..=BIDDERS).map(key).collect();
        let app = open(dir);
        app.init_chain(CHAIN_ID, 1, &genesis(&keys)).unwrap();
        block(&app, &[]);
        let ctx = app.state_at(0).unwrap();
        let number = |key: &Key| {
            let account = aliquot::modules::auth::account(&ctx, &Address::parse(key.address()).unwrap());
            account.unwrap().unwrap().account_number
        };
        let numbers = keys.iter().map(number).collect();
        let mut bidders = Bidders { app, numbers, sequences: vec![0; keys.len()], devices: vec![vec![]], keys };
        for from in (1..=BIDDERS).step_by(500) {
            let all: Vec<usize> = (from..(from + 500).min(BIDDERS + 1)).collect();
            let txs: Vec<Bytes> = all.iter().map(|i| bidders.register(*i)).collect();
            block(&bidders.app, &txs);
        }
        let ctx = bidders.app.state_at(0).unwrap();
        let mut of: std::collections::BTreeMap<String, Vec<u8>> =
            Compute::export(&ctx).unwrap().devices.into_iter().map(|device| (device.provider, device.id)).collect();
        let devices = bidders.keys.iter().map(|key| of.remove(key.address()).unwrap_or_default()).collect();
        bidders.devices = devices;
        bidders
    }

    fn sign(&mut self, i: usize, builder: TxBuilder) -> Bytes {
        let signer =
            SignerData { chain_id: CHAIN_ID.into(), account_number: self.numbers[i], sequence: self.sequences[i] };
        self.sequences[i] += 1;
        builder.gas_limit(1_000_000).fee(coin(10_000)).sign(&self.keys[i], &signer).bytes.into()
    }

    fn register(&mut self, i: usize) -> Bytes {
        let owner = self.keys[i].address().to_string();
        let host_uri = "http://127.0.0.1:1".into();
        let provider = provider::MsgCreateProvider { owner: owner.clone(), host_uri, ..Default::default() };
        let device = compute::MsgRegisterDevice { provider: owner, nonce: 1, bond: Some(coin(1_000_000_000)) };
        self.sign(i, TxBuilder::new().msg(&provider).msg(&device))
    }

    fn open_order(&mut self, dseq: u64) {
        let msg = create_deployment(&self.keys[0], dseq);
        let tx = self.sign(0, TxBuilder::new().msg(&msg));
        block(&self.app, &[tx]);
    }

    /// Bids of providers `from..to` on the order of a deployment, each below the one before; gives CPU us of each.
    fn bid(&mut self, dseq: u64, from: usize, to: usize) -> f64 {
        let txs: Vec<Bytes> = (from..to)
            .map(|i| {
                let rate = 99 * SUB - i as u128;
                let bid = create_bid(&self.keys[0], dseq, &self.keys[i], self.devices[i].clone(), rate);
                self.sign(i, TxBuilder::new().msg(&bid))
            })
            .collect();
        // As a node does that saw them before the block: their signatures are remembered.
        txs.iter().for_each(|tx| assert!(self.app.check_tx(tx).unwrap().error.is_none()));
        block(&self.app, &txs) / (to - from) as f64
    }
}

/// One order has nearly all its bids; its last ones are measured beside the first ones of fresh orders.
fn bids() {
    let dir = tempfile::tempdir().unwrap();
    let mut bidders = Bidders::new(dir.path());
    bidders.open_order(1);
    let before = BIDDERS - ROUNDS * MEASURED;
    for from in (1..=before).step_by(500) {
        bidders.bid(1, from, (from + 500).min(before + 1));
    }
    let (mut first, mut last, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let (dseq, at) = (round as u64 + 2, before + 1 + round * MEASURED);
        bidders.open_order(dseq);
        let head = bidders.bid(dseq, round * MEASURED + 1, (round + 1) * MEASURED + 1);
        let end = bidders.bid(1, at, at + MEASURED);
        first.push(head);
        last.push(end);
        ratios.push(end / head);
    }
    row(
        &format!("FinalizeBlock, one of the last bids of {BIDDERS} on an order"),
        format!("{:.0} us CPU", median(last)),
        format!("{:.2} of the first bids on one ({:.0} us)", median(ratios), median(first)),
    );
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["--memory", dir] = args[..] {
        return memory(Path::new(dir));
    }
    on_one_thread();
    println!("| what | measured | beside |\n| --- | --- | --- |");
    match args[..] {
        ["bids"] => bids(),
        ["idle", largest] => idle(largest.parse().expect("a number of leases")),
        _ => {
            bids();
            idle(1_000_000);
        }
    }
}
