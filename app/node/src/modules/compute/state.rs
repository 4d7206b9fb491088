//! What `compute` keeps.

use crate::ids::LeaseKey;
use aliquot_proto::compute::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Item, Map, Queue, Store};

pub const STORE: Store = Store::new("compute");
pub const PARAMS: Item<pb::Params> = STORE.item(0);
pub const KERNELS: Map<String, pb::Kernel> = STORE.map(1);
pub const DEVICES: IndexedMap<[u8; 32], pb::Device> = STORE.indexed_map(2, &[&DEVICES_BY_PROVIDER]);
pub const DEVICES_BY_PROVIDER: Index<[u8; 32], pb::Device, String> =
    STORE.index(3, |_, device| device.provider.clone());
pub const JOBS: IndexedMap<LeaseKey, pb::Job> = STORE.indexed_map(4, &[&JOBS_BY_PROVIDER, &JOBS_BY_PHASE]);
pub const JOBS_BY_PROVIDER: Index<LeaseKey, pb::Job, Address> = STORE.index(5, |lease, _| lease.provider);
pub const JOBS_BY_PHASE: Index<LeaseKey, pb::Job, u32> = STORE.index(6, |_, job| job.phase.unsigned_abs());
/// Inputs of jobs that have not ended.
pub const INPUTS: Map<LeaseKey, Vec<u8>> = STORE.map(7);
/// Jobs by the height at which their phase falls due.
pub const DUE: Queue<LeaseKey> = STORE.queue(8);
/// Openings to verify, first in, first out.
pub const PENDING: Map<u64, pb::PendingOpenings> = STORE.map(9);
pub const NEXT_PENDING: Item<u64> = STORE.item(10);
pub const FIRST_PENDING: Item<u64> = STORE.item(12);
/// Bond that service leases and standbys lock.
pub const LOCKS: Map<LeaseKey, pb::Lock> = STORE.map(11);
pub const SCHEMA: &[At] = &STORE.schema([
    PARAMS.at(),
    KERNELS.at(),
    DEVICES.at(),
    DEVICES_BY_PROVIDER.at(),
    JOBS.at(),
    JOBS_BY_PROVIDER.at(),
    JOBS_BY_PHASE.at(),
    INPUTS.at(),
    DUE.at(),
    PENDING.at(),
    NEXT_PENDING.at(),
    FIRST_PENDING.at(),
    LOCKS.at(),
]);
