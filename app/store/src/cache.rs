//! What the newest height keeps in memory: tree pages for the next update, and values lately written, for reads and for
//! the undo log. Both change only at commit, and both say which height they stand for, so that a reader of another
//! height never takes from them.
#![allow(clippy::disallowed_types)] // looked up by key alone: no order of a map is ever seen

use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash as Hashable;

use crate::page::PageId;

/// A bounded map in two generations: when the young one holds half of the limit it becomes the old one, and what was
/// old is dropped. An entry written again moves to the young one, so what is used stays.
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    bytes: usize,
    limit: usize,
    weigh: fn(&K, &V) -> usize,
}

/// What an entry costs beside its own bytes: table slot, allocation headers.
const OVERHEAD: usize = 96;

impl<K: Eq + Hashable + Send + 'static, V: Send + 'static> Generations<K, V> {
    fn new(limit: usize, weigh: fn(&K, &V) -> usize) -> Self {
        Generations { young: HashMap::new(), old: HashMap::new(), bytes: 0, limit, weigh }
    }

    fn get<Q: Eq + Hashable + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn insert(&mut self, key: K, value: V) {
        let weight = (self.weigh)(&key, &value).saturating_add(OVERHEAD);
        if weight > self.limit >> 1 {
            return self.remove(&key);
        }
        if self.bytes.saturating_add(weight) > self.limit >> 1 {
            let old = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
            self.bytes = 0;
            // Freeing a few hundred thousand entries takes tens of milliseconds, which no commit should wait for.
            rayon::spawn(move || drop(old));
        }
        self.bytes = self.bytes.saturating_add(weight);
        match self.young.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(mut place) => {
                let before = (self.weigh)(place.key(), place.get()).saturating_add(OVERHEAD);
                place.insert(value);
                self.bytes = self.bytes.saturating_sub(before);
            }
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some((key, value)) = self.young.remove_entry(key) {
            let weight = (self.weigh)(&key, &value).saturating_add(OVERHEAD);
            self.bytes = self.bytes.saturating_sub(weight);
        }
        self.old.remove(key);
    }
}

type Bytes = Box<[u8]>;

fn page_weight(_: &PageId, page: &Bytes) -> usize {
    page.len().saturating_add(size_of::<PageId>())
}

fn value_weight(key: &Bytes, value: &Option<Bytes>) -> usize {
    key.len().saturating_add(value.as_ref().map_or(0, |value| value.len()))
}

pub(crate) struct Caches {
    pub height: u64,
    pages: Generations<PageId, Bytes>,
    /// By full key; `None` says that the key is known to be absent.
    values: Generations<Bytes, Option<Bytes>>,
}

impl Caches {
    pub fn new(height: u64, page_bytes: usize, value_bytes: usize) -> Self {
        let pages = Generations::new(page_bytes, page_weight);
        let values = Generations::new(value_bytes, value_weight);
        Caches { height, pages, values }
    }

    pub fn page(&self, id: &PageId) -> Option<&[u8]> {
        self.pages.get(id).map(AsRef::as_ref)
    }

    pub fn put_page(&mut self, id: PageId, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => self.pages.insert(id, bytes.into_boxed_slice()),
            None => self.pages.remove(&id),
        }
    }

    /// `Some(None)`: known to be absent. `None`: not known here.
    pub fn value(&self, full: &[u8]) -> Option<Option<&[u8]>> {
        self.values.get(full).map(Option::as_deref)
    }

    pub fn put_value(&mut self, full: Vec<u8>, value: Option<Vec<u8>>) {
        self.values.insert(full.into_boxed_slice(), value.map(Vec::into_boxed_slice));
    }
}
