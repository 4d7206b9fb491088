//! What `audit` keeps, by auditor and provider.

use aliquot_proto::audit::v1 as pb;
use aliquot_sdk::{Address, At, Index, IndexedMap, Store};

pub const STORE: Store = Store::new("audit");
pub const ATTESTATIONS: IndexedMap<(Address, Address), pb::Attestation> =
    STORE.indexed_map(0, &[&ATTESTATIONS_BY_PROVIDER]);
pub const ATTESTATIONS_BY_PROVIDER: Index<(Address, Address), pb::Attestation, Address> =
    STORE.index(1, |(_, provider), _| *provider);
pub const SCHEMA: &[At] = &STORE.schema([ATTESTATIONS.at(), ATTESTATIONS_BY_PROVIDER.at()]);
