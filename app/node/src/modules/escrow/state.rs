//! What `escrow` keeps.

use crate::ids::LeaseKey;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, At, Item, Map, Store};

pub const STORE: Store = Store::new("escrow");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
/// By owner and dseq of the deployment.
pub const ACCOUNTS: Map<(Address, u64), pb::Account> = STORE.map(1);
pub const HOLDS: Map<LeaseKey, pb::Hold> = STORE.map(2);
pub const EARNINGS: Map<(Address, String), pb::Earnings> = STORE.map(3);
pub const REMAINDERS: Map<(Address, String), pb::Remainder> = STORE.map(4);
pub const SCHEMA: &[At] = &STORE.schema([PARAMS.at(), ACCOUNTS.at(), HOLDS.at(), EARNINGS.at(), REMAINDERS.at()]);
