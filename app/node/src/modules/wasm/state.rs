//! What `wasm` keeps. The code itself is state, so that a node which lost or never had its cache of compiled modules
//! makes it again from what consensus agreed on.

use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::{Address, At, Item, Map, Raw, Store};

pub const STORE: Store = Store::new("wasm");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const CODES: Map<u64, pb::CodeInfo> = STORE.map(1);
/// WebAssembly by code, not compressed.
pub const CODE_BYTES: Map<u64, Vec<u8>> = STORE.map(2);
pub const CONTRACTS: Map<Address, pb::ContractInfo> = STORE.map(3);
/// What contracts wrote: key and value exactly as they gave them.
pub const STATE: Raw<(Address, Vec<u8>)> = STORE.raw(4);
/// The last number given to a code and to a contract; both count from 1.
pub const LAST_CODE: Item<u64> = STORE.item(5);
pub const LAST_INSTANCE: Item<u64> = STORE.item(6);
pub const SCHEMA: &[At] = &STORE.schema([
    PARAMS.at(),
    CODES.at(),
    CODE_BYTES.at(),
    CONTRACTS.at(),
    STATE.at(),
    LAST_CODE.at(),
    LAST_INSTANCE.at(),
]);
