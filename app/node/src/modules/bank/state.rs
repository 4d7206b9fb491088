//! What `bank` keeps. Amounts are decimal text, never zero.

use aliquot_proto::cosmos::bank::v1beta1::Metadata;
use aliquot_sdk::{Address, At, Map, Store};

pub const STORE: Store = Store::new("bank");
pub const BALANCES: Map<(Address, String), String> = STORE.map(0);
pub const SUPPLY: Map<String, String> = STORE.map(1);
pub const METADATA: Map<String, Metadata> = STORE.map(2);
pub const SCHEMA: &[At] = &STORE.schema([BALANCES.at(), SUPPLY.at(), METADATA.at()]);
