//! What `provider` keeps.

use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, At, Item, Map, Queue, Store};

pub const STORE: Store = Store::new("provider");
pub const PROVIDERS: Map<Address, pb::Provider> = STORE.map(0);
pub const PARAMS: Item<pb::Params> = STORE.item(1);
pub const RELIABILITY: Map<Address, pb::Reliability> = STORE.map(2);
/// Providers by the height up to which their heartbeat must come.
pub const OVERDUE: Queue<Address> = STORE.queue(3);
/// Providers that came back from silence in this block.
pub const BACK: Queue<Address> = STORE.queue(4);
pub const SCHEMA: &[At] = &STORE.schema([PROVIDERS.at(), PARAMS.at(), RELIABILITY.at(), OVERDUE.at(), BACK.at()]);
