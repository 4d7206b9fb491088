//! What `market` keeps.

use crate::ids::{LeaseKey, OrderKey};
use aliquot_proto::market::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Item, Store};

pub const STORE: Store = Store::new("market");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const ORDERS: IndexedMap<OrderKey, pb::Order> = STORE.indexed_map(1, &[&ORDERS_BY_STATE]);
pub const ORDERS_BY_STATE: Index<OrderKey, pb::Order, u32> = STORE.index(2, |_, order| order.state.unsigned_abs());
pub const BIDS: IndexedMap<LeaseKey, pb::Bid> = STORE.indexed_map(3, &[&BIDS_BY_PROVIDER]);
pub const BIDS_BY_PROVIDER: Index<LeaseKey, pb::Bid, (Address, u32)> =
    STORE.index(4, |key, bid| (key.provider, bid.state.unsigned_abs()));
pub const LEASES: IndexedMap<LeaseKey, pb::Lease> = STORE.indexed_map(5, &[&LEASES_BY_PROVIDER]);
pub const LEASES_BY_PROVIDER: Index<LeaseKey, pb::Lease, (Address, u32)> =
    STORE.index(6, |key, lease| (key.provider, lease.state.unsigned_abs()));
pub const SCHEMA: &[At] = &STORE.schema([
    PARAMS.at(),
    ORDERS.at(),
    ORDERS_BY_STATE.at(),
    BIDS.at(),
    BIDS_BY_PROVIDER.at(),
    LEASES.at(),
    LEASES_BY_PROVIDER.at(),
]);
