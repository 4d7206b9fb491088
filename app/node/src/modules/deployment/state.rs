//! What `deployment` keeps. A group's spec lies with its order, in `market`.

use aliquot_proto::deployment::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Item, Map, Set, Store};

pub const STORE: Store = Store::new("deployment");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const DEPLOYMENTS: IndexedMap<(Address, u64), pb::Deployment> = STORE.indexed_map(1, &[&BY_STATE]);
pub const BY_STATE: Index<(Address, u64), pb::Deployment, u32> =
    STORE.index(2, |_, deployment| deployment.state.unsigned_abs());
pub const GROUPS: Map<(Address, u64, u32), pb::Group> = STORE.map(3);
/// Paused deployments by the height at which they close.
pub const CLOSING: Set<(u64, Address, u64)> = STORE.set(4);
pub const SCHEMA: &[At] = &STORE.schema([PARAMS.at(), DEPLOYMENTS.at(), BY_STATE.at(), GROUPS.at(), CLOSING.at()]);
