//! Leases by name, and the folders that are named after them.

use std::path::{Path, PathBuf};

use aliquot_proto::market::v1::LeaseId;

use crate::store::{Result, StoreError};

/// What the leaves of a lease are hashed with: `owner/dseq/gseq/oseq/provider`.
pub fn lease_name(id: &LeaseId) -> String {
    format!("{}/{}/{}/{}/{}", id.owner, id.dseq, id.gseq, id.oseq, id.provider)
}

/// The folder of a lease. Names come from requests too: nothing but letters and digits may be in them.
pub(crate) fn lease_folder(dir: &Path, id: &LeaseId) -> Result<PathBuf> {
    for part in [&id.owner, &id.provider] {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(StoreError::BadName(part.clone()));
        }
    }
    Ok(dir.join(lease_name(id).replace('/', "-")))
}

/// Reads what [`lease_name`] wrote.
pub(crate) fn lease_named(name: &str) -> Option<LeaseId> {
    let mut parts = name.split('/');
    let (owner, dseq, gseq) = (parts.next()?, parts.next()?, parts.next()?);
    let (oseq, provider) = (parts.next()?, parts.next()?);
    let id = LeaseId {
        owner: owner.into(),
        dseq: dseq.parse().ok()?,
        gseq: gseq.parse().ok()?,
        oseq: oseq.parse().ok()?,
        provider: provider.into(),
    };
    parts.next().is_none().then_some(id)
}
