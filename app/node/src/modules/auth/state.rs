//! What `auth` keeps.

use aliquot_proto::cosmos::auth::v1beta1::{BaseAccount, Params};
use aliquot_sdk::{Address, At, Item, Map, Store};

pub const STORE: Store = Store::new("auth");
pub const PARAMS: Item<Params> = STORE.item(0);
pub const NEXT_NUMBER: Item<u64> = STORE.item(1);
pub const ACCOUNTS: Map<Address, BaseAccount> = STORE.map(2);
pub const SCHEMA: &[At] = &STORE.schema([PARAMS.at(), NEXT_NUMBER.at(), ACCOUNTS.at()]);
