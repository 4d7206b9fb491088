//! Contracts: WebAssembly run by `cosmwasm-vm`, with the messages, queries, events, addresses, gas and errors of wasmd,
//! so that clients written for it work unchanged.
//!
//! A message to a contract moves its funds, runs the contract, emits its events and then runs the messages it answered
//! with, depth first, each in a layer of state of its own. A failing one drops its writes and events; whether the
//! contract hears of it, or fails with it, is what its `reply_on` says. A contract's queries read the very context that
//! it writes to: they see what it has written and spend the same gas. Gas of the VM is metered at 140000 for one unit of
//! the chain's; running out ends the whole message unless a submessage had a limit of its own.
//!
//! Served for now: upload, instantiate, execute, smart, raw and info queries; contracts may send and burn coins, execute
//! and instantiate contracts, and query `bank` and each other. Everything else is refused by name.

mod access;
mod backend;
mod cache;
mod contract;
mod dispatch;
mod error;
mod events;
mod genesis;
mod msgs;
mod querier;
mod query;
mod state;
mod vm;

use aliquot_proto::cosmwasm::wasm::v1::GenesisState;
use aliquot_sdk::{Address, At, Ctx, Module, Result, Routes, Sdk};
use sha2::{Digest, Sha256};

pub use cache::open_cache;
pub use error::Error;

pub struct Wasm;

impl Module for Wasm {
    const NAME: &'static str = "wasm";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: GenesisState) -> Result<()> {
        genesis::init(ctx, genesis)
    }

    fn export(ctx: &Ctx) -> Result<GenesisState> {
        genesis::export(ctx)
    }
}

/// The address of the `instance`th contract of the chain: 32 bytes that no key hashes to.
fn contract_address(code_id: u64, instance: u64) -> Result<Address> {
    let key = Sha256::new()
        .chain_update(Sha256::digest("module"))
        .chain_update(b"wasm\0")
        .chain_update(code_id.to_be_bytes())
        .chain_update(instance.to_be_bytes());
    Ok(Address::from_bytes(&key.finalize()).ok_or_else(|| Sdk::Logic("a hash has 32 bytes".into()))?)
}

/// The number after the last one given.
fn next(counter: &aliquot_sdk::Item<u64>, ctx: &mut Ctx) -> Result<u64> {
    let next = counter.load_or_default(ctx)?.checked_add(1).ok_or_else(|| Sdk::Logic("numbers are used up".into()))?;
    counter.set(ctx, &next)?;
    Ok(next)
}
