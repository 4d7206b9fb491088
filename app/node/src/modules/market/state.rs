//! What `market` keeps.

use crate::ids::{LeaseKey, OrderKey};
use aliquot_proto::market::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Item, Map, Queue, Store, parse_amount};

pub const STORE: Store = Store::new("market");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const ORDERS: IndexedMap<OrderKey, pb::Order> = STORE.indexed_map(1, &[&ORDERS_BY_STATE]);
pub const ORDERS_BY_STATE: Index<OrderKey, pb::Order, u32> = STORE.index(2, |_, order| order.state.unsigned_abs());
/// Bids as they were made, accepted or closed; whether one is open stands in [`OPEN_BIDS`] alone.
pub const BIDS: IndexedMap<LeaseKey, pb::Bid> = STORE.indexed_map(3, &[&BIDS_BY_PROVIDER]);
pub const BIDS_BY_PROVIDER: Index<LeaseKey, pb::Bid, Address> = STORE.index(4, |key, _| key.provider);
pub const LEASES: IndexedMap<LeaseKey, pb::Lease> = STORE.indexed_map(5, &[&LEASES_BY_PROVIDER]);
pub const LEASES_BY_PROVIDER: Index<LeaseKey, pb::Lease, (Address, u32)> =
    STORE.index(6, |key, lease| (key.provider, lease.state.unsigned_abs()));
/// The open bids of an order, the best first.
pub const OPEN_BIDS: Map<OrderKey, pb::OpenBids> = STORE.map(7);
/// Orders by the height at which their bid window ends, they expire, or their records are removed.
pub const ORDERS_DUE: Queue<OrderKey> = STORE.queue(8);
/// Prices of the last awards by class and denom.
pub const QUOTES: Map<(String, String), pb::Quote> = STORE.map(9);
pub const SCHEMA: &[At] = &STORE.schema([
    PARAMS.at(),
    ORDERS.at(),
    ORDERS_BY_STATE.at(),
    BIDS.at(),
    BIDS_BY_PROVIDER.at(),
    LEASES.at(),
    LEASES_BY_PROVIDER.at(),
    OPEN_BIDS.at(),
    ORDERS_DUE.at(),
    QUOTES.at(),
]);

/// What bids of one order are compared by: a job's total in base units, a service's rate in sub-units.
pub fn price_of(bid: &pb::Bid) -> u128 {
    let text = match (&bid.rate, &bid.price) {
        (Some(rate), _) => &rate.amount_sub,
        (None, Some(price)) => &price.amount,
        (None, None) => return 0,
    };
    // What stands in state was parsed before it was written.
    parse_amount(text).unwrap_or(u128::MAX)
}
