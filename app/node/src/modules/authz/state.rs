//! What `authz` keeps.

use aliquot_proto::cosmos::authz::v1beta1::Grant;
use aliquot_sdk::{Address, At, Index, IndexedMap, Store};

/// Granter, grantee, and the type URL of the messages that the grant is for.
pub type GrantKey = (Address, Address, String);

pub const STORE: Store = Store::new("authz");
pub const GRANTS: IndexedMap<GrantKey, Grant> = STORE.indexed_map(0, &[&GRANTS_BY_GRANTEE, &GRANTS_BY_EXPIRATION]);
pub const GRANTS_BY_GRANTEE: Index<GrantKey, Grant, Address> = STORE.index(1, |(_, grantee, _), _| *grantee);
/// The queue in which grants leave the state: by seconds and nanoseconds, behind all of them those without end.
pub const GRANTS_BY_EXPIRATION: Index<GrantKey, Grant, (u64, u32)> = STORE.index(2, |_, grant| {
    grant.expiration.as_ref().map_or((u64::MAX, 0), |at| (at.seconds.unsigned_abs(), at.nanos.unsigned_abs()))
});
pub const SCHEMA: &[At] = &STORE.schema([GRANTS.at(), GRANTS_BY_GRANTEE.at(), GRANTS_BY_EXPIRATION.at()]);
