//! What `feegrant` keeps.

use aliquot_proto::cosmos::feegrant::v1beta1::Grant;
use aliquot_sdk::{Address, At, Index, IndexedMap, Store};

/// Grantee and granter.
pub type GrantKey = (Address, Address);

pub const STORE: Store = Store::new("feegrant");
pub const GRANTS: IndexedMap<GrantKey, Grant> = STORE.indexed_map(0, &[&GRANTS_BY_GRANTER, &GRANTS_BY_EXPIRATION]);
pub const GRANTS_BY_GRANTER: Index<GrantKey, Grant, Address> = STORE.index(1, |(_, granter), _| *granter);
/// The queue in which grants leave the state: by seconds and nanoseconds, behind all of them those without end.
pub const GRANTS_BY_EXPIRATION: Index<GrantKey, Grant, (u64, u32)> = STORE.index(2, |_, grant| {
    let allowance = super::allowance::Allowance::parse(grant.allowance.as_ref()).ok();
    let until = allowance.and_then(|allowance| allowance.expiration().cloned());
    until.map_or((u64::MAX, 0), |at| (at.seconds.unsigned_abs(), at.nanos.unsigned_abs()))
});
pub const SCHEMA: &[At] = &STORE.schema([GRANTS.at(), GRANTS_BY_GRANTER.at(), GRANTS_BY_EXPIRATION.at()]);
