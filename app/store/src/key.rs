//! Keys as they stand in the database: `name/key`. Names are letters only, so the first `/` ends the name, and all keys
//! of one store lie between `name/` and `name0` (`0` is the byte after `/`).

use std::ops::Bound;

const INLINE: usize = 120;

/// Writes `store/key`.
pub(crate) fn full(store: &str, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(store.len().saturating_add(1).saturating_add(key.len()));
    out.extend_from_slice(store.as_bytes());
    out.push(b'/');
    out.extend_from_slice(key);
    out
}

/// Runs `read` on `store/key` without an allocation for keys of usual length: this is on the path of every read.
pub(crate) fn with_full<R>(store: &str, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> R {
    let mut buffer = [0u8; INLINE];
    let (name, slash) = (store.len(), store.len().saturating_add(1));
    let end = slash.saturating_add(key.len());
    if end > INLINE {
        return read(&full(store, key));
    }
    if let Some(part) = buffer.get_mut(..name) {
        part.copy_from_slice(store.as_bytes());
    }
    if let Some(byte) = buffer.get_mut(name) {
        *byte = b'/';
    }
    if let Some(part) = buffer.get_mut(slash..end) {
        part.copy_from_slice(key);
    }
    read(buffer.get(..end).unwrap_or_default())
}

/// The key without its store's name.
pub(crate) fn strip(full: &[u8]) -> &[u8] {
    full.iter().position(|byte| *byte == b'/').and_then(|slash| full.get(slash.saturating_add(1)..)).unwrap_or_default()
}

/// The name of the store that a full key belongs to.
pub(crate) fn name(full: &[u8]) -> &[u8] {
    full.split(|byte| *byte == b'/').next().unwrap_or_default()
}

/// A half-open range of full keys; empty when `from >= to`.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
}

impl Span {
    /// Every combination of bounds becomes half-open: the key just after `k` is `k` with a zero byte.
    pub fn new(store: &str, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Span {
        let after = |key: &[u8]| {
            let mut out = full(store, key);
            out.push(0);
            out
        };
        let from = match from {
            Bound::Included(key) => full(store, key),
            Bound::Excluded(key) => after(key),
            Bound::Unbounded => full(store, &[]),
        };
        let to = match to {
            Bound::Included(key) => after(key),
            Bound::Excluded(key) => full(store, key),
            Bound::Unbounded => {
                let mut out = store.as_bytes().to_vec();
                out.push(b'0');
                out
            }
        };
        Span { from, to }
    }

    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// For `BTreeMap::range`, which panics on a reversed range: check `is_empty` first.
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.from), Bound::Excluded(&self.to))
    }
}
