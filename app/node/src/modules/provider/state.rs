//! What `provider` keeps.

use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, At, Map, Store};

pub const STORE: Store = Store::new("provider");
pub const PROVIDERS: Map<Address, pb::Provider> = STORE.map(0);
pub const SCHEMA: &[At] = &STORE.schema([PROVIDERS.at()]);
