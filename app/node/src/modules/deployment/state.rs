//! What `deployment` keeps. A group's spec lies with its order, in `market`.

use aliquot_proto::deployment::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Item, Map, Queue, Store};

pub const STORE: Store = Store::new("deployment");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const DEPLOYMENTS: IndexedMap<(Address, u64), pb::Deployment> = STORE.indexed_map(1, &[&BY_STATE]);
pub const BY_STATE: Index<(Address, u64), pb::Deployment, u32> =
    STORE.index(2, |_, deployment| deployment.state.unsigned_abs());
pub const GROUPS: Map<(Address, u64, u32), pb::Group> = STORE.map(3);
/// Paused deployments by the height at which they close, and closed ones by that at which their records are removed.
pub const DUE: Queue<(Address, u64)> = STORE.queue(4);
/// The largest dseq of each owner whose records were removed.
pub const REMOVED: Map<Address, u64> = STORE.map(5);
pub const SCHEMA: &[At] =
    &STORE.schema([PARAMS.at(), DEPLOYMENTS.at(), BY_STATE.at(), GROUPS.at(), DUE.at(), REMOVED.at()]);
