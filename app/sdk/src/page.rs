//! Pages of a list, as `cosmos.base.query.v1beta1` asks for them.
//!
//! A page costs what it holds, however long the list, and looks at 10,000 entries at most: so far a total counts, and so far
//! an offset reaches. A filter holds on every page: the next key points behind the
//! last entry looked at, not behind the last one that passed.

use crate::{
    collections::{Index, Map, after},
    ctx::Ctx,
    error::{Result, Sdk},
    key::Key,
};
use cosmos_sdk_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use prost::Message;
use std::ops::Bound;

/// Entries in a page that names no limit, and the most that a page may hold.
const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 1000;
/// Entries that one page may look at, whether a filter drops them, an offset skips them or a total counts them.
const MAX_SCAN: u64 = 10_000;

pub struct Page<T> {
    pub items: Vec<T>,
    pub response: Option<PageResponse>,
}

/// A range of state with the two things a page needs to know of it.
pub struct Listed<'a, T> {
    store: &'static str,
    prefix: Vec<u8>,
    read: Read<'a, T>,
}

/// Makes an item of a raw entry; none where the entry points at nothing.
type Read<'a, T> = Box<dyn Fn(&Ctx, &[u8], &[u8]) -> Result<Option<T>> + 'a>;

impl<K: Key, V: Message + Default> Map<K, V> {
    /// The entries under `part`, for [`paginate`].
    pub fn listed<P: Key>(&self, part: &P) -> Listed<'_, (K, V)> {
        let read = move |_: &Ctx, key: &[u8], value: &[u8]| self.read_entry(key, value).map(Some);
        Listed { store: self.at().store, prefix: self.at().prefix(part), read: Box::new(read) }
    }
}

impl<K: Key, V, I: Key> Index<K, V, I> {
    /// The values of `map` that sort under `part` of this index, for [`paginate`].
    pub fn listed<'a, P: Key>(&'a self, map: &'a Map<K, V>, part: &P) -> Listed<'a, (K, V)>
    where
        V: Message + Default,
    {
        let read = move |ctx: &Ctx, key: &[u8], _: &[u8]| {
            let primary = self.primary(key)?;
            Ok(map.get(ctx, &primary)?.map(|value| (primary, value)))
        };
        Listed { store: self.at().store, prefix: self.at().prefix(part), read: Box::new(read) }
    }
}

/// One page of `list`: entries for which `keep` gives something.
pub fn paginate<T, U>(
    ctx: &Ctx,
    request: Option<PageRequest>,
    list: Listed<'_, T>,
    mut keep: impl FnMut(T) -> Result<Option<U>>,
) -> Result<Page<U>> {
    let request = request.unwrap_or_default();
    if !request.key.is_empty() && request.offset > 0 {
        return Err(Sdk::InvalidRequest("invalid request, either offset or key is expected, got both".into()).into());
    }
    if request.offset >= MAX_SCAN {
        let text = format!("an offset is less than {MAX_SCAN}: go on from the next_key of a page instead");
        return Err(Sdk::InvalidRequest(text).into());
    }
    let limit = if request.limit == 0 { DEFAULT_LIMIT } else { request.limit.min(MAX_LIMIT) };
    let mut from = Bound::Included(list.prefix.clone());
    let mut to = after(&list.prefix);
    if !request.key.is_empty() {
        let at = [list.prefix.as_slice(), &request.key].concat();
        if request.reverse { to = Bound::Included(at) } else { from = Bound::Included(at) }
    }
    let (mut items, mut skipped, mut seen, mut next_key, mut total) = (Vec::new(), 0u64, 0u64, Vec::new(), 0u64);
    for entry in ctx.range(list.store, from, to, request.reverse) {
        let (key, value) = entry?;
        seen = seen.saturating_add(1);
        let full = items.len() as u64 >= limit;
        if (full && !request.count_total) || seen > MAX_SCAN {
            next_key = if next_key.is_empty() { tail(&key, &list.prefix) } else { next_key };
            break;
        }
        if full && next_key.is_empty() {
            next_key = tail(&key, &list.prefix);
        }
        let kept = match (list.read)(ctx, &key, &value)? {
            Some(entry) => keep(entry)?,
            None => None,
        };
        let Some(kept) = kept else { continue };
        total = total.saturating_add(1);
        if skipped < request.offset {
            skipped = skipped.saturating_add(1);
        } else if !full {
            items.push(kept);
        }
    }
    let total = if request.count_total { total } else { 0 };
    Ok(Page { items, response: Some(PageResponse { next_key, total }) })
}

fn tail(key: &[u8], prefix: &[u8]) -> Vec<u8> {
    key.get(prefix.len()..).unwrap_or_default().to_vec()
}
