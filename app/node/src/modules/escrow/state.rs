//! What `escrow` keeps.

use crate::ids::LeaseKey;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, At, Item, Map, Queue, Store};

pub const STORE: Store = Store::new("escrow");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
/// By owner and dseq of the deployment.
pub const ACCOUNTS: Map<(Address, u64), pb::Account> = STORE.map(1);
pub const HOLDS: Map<LeaseKey, pb::Hold> = STORE.map(2);
pub const EARNINGS: Map<(Address, String), pb::Earnings> = STORE.map(3);
pub const REMAINDERS: Map<(Address, String), pb::Remainder> = STORE.map(4);
pub const PAYMENTS: Map<LeaseKey, pb::Payment> = STORE.map(5);
/// Changes of payees' rates, by the height at which they are verified.
pub const TURNS: Map<(u64, Address, String), pb::Turn> = STORE.map(6);
pub const TURNS_DUE: Queue<(Address, String)> = STORE.queue(11);
/// Accounts by the height at which they run dry.
pub const DUE: Queue<(Address, u64)> = STORE.queue(7);
/// Accounts by the height at which their funds are low.
pub const LOW: Queue<(Address, u64)> = STORE.queue(9);
/// Closing accounts by the height at which their last revenue is verified.
pub const FINALS: Queue<(Address, u64)> = STORE.queue(10);
pub const SCHEMA: &[At] = &STORE.schema([
    PARAMS.at(),
    ACCOUNTS.at(),
    HOLDS.at(),
    EARNINGS.at(),
    REMAINDERS.at(),
    PAYMENTS.at(),
    TURNS.at(),
    TURNS_DUE.at(),
    DUE.at(),
    LOW.at(),
    FINALS.at(),
]);
