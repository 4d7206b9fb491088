//! What `validator` keeps, by consensus address.

use aliquot_proto::validator::v1 as pb;
use aliquot_sdk::{At, Item, Map, Store};

pub const STORE: Store = Store::new("validator");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const VALIDATORS: Map<[u8; 20], pb::Validator> = STORE.map(1);
/// Changes of the present block; empty between blocks.
pub const UPDATES: Item<pb::Updates> = STORE.item(2);
pub const SCHEMA: &[At] = &STORE.schema([PARAMS.at(), VALIDATORS.at(), UPDATES.at()]);
