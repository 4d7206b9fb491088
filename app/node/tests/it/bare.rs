//! `Chain`: the modules over an empty state, driven as blocks drive them. There are no transactions, signatures or
//! database, so that a test can live through hundreds of thousands of blocks.

use crate::chain::{NAMES, key};
use aliquot::{
    modules::escrow,
    runtime::{self, MODULES},
};
use aliquot_client::any;
use aliquot_proto::{
    compute::v1 as compute,
    deployment::v1::{Cpu, GroupSpec, Memory, Rate, ResourceUnit, Resources, ServiceSpec, Storage},
    market::v1::{self as market, LeaseId, PriceItem},
    provider::v1 as provider,
};
use aliquot_sdk::{Address, Ctx};
use prost::{Message, Name};
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

pub const SUB: u128 = 1_000_000;

/// Addresses by name: making a key costs more than a block here.
static KNOWN: LazyLock<BTreeMap<&str, Address>> =
    LazyLock::new(|| NAMES.iter().map(|name| (*name, Address::parse(key(name).address()).unwrap())).collect());

/// Names that genesis does not know stand for accounts without a key, which nothing here needs.
pub fn address(name: &str) -> Address {
    KNOWN.get(name).copied().unwrap_or_else(|| Address::module(name))
}

pub fn text(name: &str) -> String {
    address(name).to_string()
}

pub fn coin(amount: u128) -> Option<aliquot_proto::Coin> {
    Some(crate::chain::coin(amount))
}

pub fn rate(amount_sub: u128) -> Option<Rate> {
    Some(Rate { denom: "ualq".into(), amount_sub: amount_sub.to_string() })
}

/// A group of one service for which its tenant pays at most this much per block.
pub fn service(most_sub: u128) -> GroupSpec {
    let resources = Resources {
        cpu: Some(Cpu { milli_units: 100, attributes: vec![] }),
        memory: Some(Memory { bytes: 1 << 30 }),
        storage: vec![Storage { bytes: 1 << 30, ..Storage::default() }],
        ..Resources::default()
    };
    let unit = ResourceUnit { id: 1, resources: Some(resources), count: 1, price: rate(most_sub) };
    GroupSpec { name: "g".into(), service: Some(ServiceSpec { resources: vec![unit] }), ..GroupSpec::default() }
}

/// A bid of the id's provider for a group made by [`service`].
pub fn bid(id: &LeaseId, device_id: &[u8], rate_sub: u128) -> market::MsgCreateBid {
    let items = vec![PriceItem { resource_id: 1, gpu_sub: rate_sub.to_string(), ..PriceItem::default() }];
    market::MsgCreateBid {
        signer: id.provider.clone(),
        id: Some(id.clone()),
        device_id: device_id.to_vec(),
        deposit: coin(500_000),
        rate: rate(rate_sub),
        items,
        ..Default::default()
    }
}

pub struct Chain {
    pub ctx: Ctx,
    /// In the order in which their providers registered.
    pub devices: Vec<Vec<u8>>,
}

impl Chain {
    pub fn new(state: &Value) -> Self {
        let mut ctx = Ctx::test();
        runtime::init(&mut ctx, state).unwrap();
        Chain { ctx, devices: Vec::new() }
    }

    /// A provider with one device.
    pub fn register(&mut self, name: &str) {
        let host_uri = "http://127.0.0.1:1".into();
        self.run(&provider::MsgCreateProvider { owner: text(name), host_uri, ..Default::default() }).unwrap();
        let bond = coin(500_000_000_000);
        let raw = self.run(&compute::MsgRegisterDevice { provider: text(name), nonce: 1, bond }).unwrap();
        self.devices.push(compute::MsgRegisterDeviceResponse::decode(raw.as_slice()).unwrap().device_id);
    }

    pub fn run<M: Name>(&mut self, msg: &M) -> Result<Vec<u8>, String> {
        let routes = runtime::routes().unwrap();
        let done = self.ctx.atomic(|ctx| routes.execute(ctx, &any(msg)));
        done.map(|any| any.value).map_err(|error| error.text)
    }

    pub fn query<Q: Message, R: Message + Default>(&self, path: &str, request: &Q) -> R {
        let raw = runtime::routes().unwrap().query(&self.ctx, path, &request.encode_to_vec());
        R::decode(raw.unwrap_or_else(|error| panic!("{path}: {}", error.text)).as_slice()).unwrap()
    }

    pub fn height(&self) -> u64 {
        self.ctx.block.height
    }

    pub fn end_block(&mut self) {
        for module in MODULES {
            (module.end_block)(&mut self.ctx).unwrap();
        }
        self.ctx.take_events();
    }

    pub fn begin_block(&mut self) {
        self.ctx.block.height += 1;
        for module in MODULES {
            (module.begin_block)(&mut self.ctx).unwrap();
        }
    }

    pub fn next_block(&mut self) {
        self.end_block();
        self.begin_block();
    }

    /// What a payee's counter shows, in sub-units.
    pub fn earned(&self, payee: &Address) -> u128 {
        escrow::earned(&self.ctx, payee, "ualq").unwrap()
    }
}
