//! What `beacon` keeps.

use aliquot_proto::beacon::v1 as pb;
use aliquot_sdk::{At, Item, Map, Store};

pub const STORE: Store = Store::new("beacon");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
/// The newest value, 32 bytes.
pub const LAST: Item<Vec<u8>> = STORE.item(1);
pub const BEACONS: Map<u64, pb::Beacon> = STORE.map(2);
pub const OMISSIONS: Map<[u8; 20], pb::Omissions> = STORE.map(3);
pub const SCHEMA: &[At] = &STORE.schema([PARAMS.at(), LAST.at(), BEACONS.at(), OMISSIONS.at()]);
