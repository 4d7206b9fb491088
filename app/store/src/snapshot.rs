//! Read-only views of one height. A [`Snapshot`] is a RocksDB snapshot held together with its database, so it outlives
//! every borrow and later commits do not show in it; in tests it can be a plain map in memory.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;
use std::sync::{Arc, RwLock};

use rocksdb::{DB, DBRawIterator, ReadOptions};
use self_cell::self_cell;

use crate::Changes;
use crate::cache::Caches;
use crate::columns::{self, column};
use crate::error::Error;
use crate::hash;
use crate::head::Head;
use crate::key::{self, Span};
use crate::page::{Page, PageId};
use crate::proof::{self, StoreProof};
use crate::search::{Found, Prover, Search};
use crate::undo::{Historic, PastRange};

/// A snapshot with the options to read from it: RocksDB's options are too big to make for every read.
struct Pinned<'a> {
    options: ReadOptions,
    snapshot: rocksdb::Snapshot<'a>,
}

impl<'a> Pinned<'a> {
    fn new(db: &'a DB) -> Self {
        let snapshot = db.snapshot();
        let mut options = ReadOptions::default();
        options.set_snapshot(&snapshot);
        Pinned { options, snapshot }
    }
}

self_cell!(
    // A RocksDB snapshot borrows its database; here they travel together.
    struct Held {
        owner: Arc<DB>,
        #[covariant]
        dependent: Pinned,
    }
);

/// The state after one height. Cheap to clone, free to send to other threads.
#[derive(Clone)]
pub struct Snapshot(Arc<Kind>);

enum Kind {
    Disk(Disk),
    Memory(BTreeMap<Vec<u8>, Vec<u8>>),
}

struct Disk {
    held: Held,
    head: Head,
    caches: Arc<RwLock<Caches>>,
}

impl Snapshot {
    pub(crate) fn of(db: &Arc<DB>, head: Head, caches: &Arc<RwLock<Caches>>) -> Snapshot {
        let held = Held::new(db.clone(), |db| Pinned::new(db));
        Snapshot(Arc::new(Kind::Disk(Disk { held, head, caches: caches.clone() })))
    }

    /// A view of nothing, in memory.
    pub fn empty() -> Snapshot {
        Snapshot(Arc::new(Kind::Memory(BTreeMap::new())))
    }

    /// A view of these writes, in memory: for tests of code that reads. It has height 0 and no proofs.
    pub fn memory(changes: &Changes) -> Snapshot {
        let rows = changes.0.iter().filter_map(|((store, key), value)| Some((key::full(store, key), value.clone()?)));
        Snapshot(Arc::new(Kind::Memory(rows.collect())))
    }

    /// The height after which the state looks like this; 0 before the first.
    pub fn height(&self) -> u64 {
        self.disk().map_or(0, |disk| disk.head.height)
    }

    /// The root of the main tree at this height; zero before the first.
    pub fn app_hash(&self) -> [u8; 32] {
        self.disk().map_or([0; 32], |disk| disk.head.app_hash)
    }

    /// The value of `key`. A store that does not exist has no keys.
    pub fn get(&self, store: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        key::with_full(store, key, |full| self.get_full(full))
    }

    /// Keys and values between the bounds, in key order or against it. Reads as it goes.
    pub fn range(&self, store: &str, from: Bound<&[u8]>, to: Bound<&[u8]>, reverse: bool) -> Range<'_> {
        Range::new(store, self.rows(&Span::new(store, from, to), reverse))
    }

    /// Proves what this height says of `key`: its value, or that it has none.
    pub fn prove(&self, store: &str, key: &[u8]) -> Result<StoreProof, Error> {
        let disk = self.disk().ok_or(Error::NoProofs)?;
        if key.is_empty() {
            return Err(Error::EmptyKey(store.to_owned()));
        }
        let root = disk.head.root(store).ok_or_else(|| Error::UnknownStore(store.to_owned()))?;
        let load = |id: &PageId, root: &hash::Hash| {
            let record = disk.read(columns::PAGES, &id.record(store))?.ok_or(Error::Corrupt("tree page"))?;
            Page::from_disk(id, root, &record)
        };
        let mut prover = Prover { load: &load, pages: BTreeMap::new() };
        let (proof, value) = match prover.search(root, &hash::sha256(key))? {
            Search::Here(found) => {
                let exist = disk.exist(store, &found)?;
                let value = exist.value.clone();
                (proof::existence(exist), Some(value))
            }
            Search::Between(None, None) => return Err(Error::NoNeighbour(store.to_owned())),
            Search::Between(left, right) => {
                let side = |found: Option<Found>| found.map(|found| disk.exist(store, &found)).transpose();
                (proof::absence(key.to_vec(), side(left)?, side(right)?), None)
            }
        };
        let root = root.hash();
        Ok(StoreProof { key: proof, store: disk.head.main_tree().prove(store, &root), root, value })
    }

    fn disk(&self) -> Option<&Disk> {
        match &*self.0 {
            Kind::Disk(disk) => Some(disk),
            Kind::Memory(_) => None,
        }
    }

    pub(crate) fn head(&self) -> Option<&Head> {
        self.disk().map(|disk| &disk.head)
    }

    pub(crate) fn get_full(&self, full: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match &*self.0 {
            Kind::Memory(rows) => Ok(rows.get(full).cloned()),
            Kind::Disk(disk) => {
                // A commit that is changing the cache makes readers go to the database, not wait.
                if let Ok(caches) = disk.caches.try_read()
                    && caches.height == disk.head.height
                    && let Some(known) = caches.value(full)
                {
                    return Ok(known.map(<[u8]>::to_vec));
                }
                disk.read(columns::STATE, full)
            }
        }
    }

    pub(crate) fn rows(&self, span: &Span, reverse: bool) -> Rows<'_> {
        match &*self.0 {
            _ if span.is_empty() => Rows::Nothing,
            Kind::Memory(rows) => Rows::Memory(rows.range::<[u8], _>(span.bounds()), reverse),
            Kind::Disk(disk) => match disk.cursor(columns::STATE, &span.from, &span.to) {
                Ok(cursor) => Rows::Disk(DiskRange { cursor, reverse, begun: false }),
                Err(error) => Rows::Failed(Some(error)),
            },
        }
    }

    /// A cursor over a column family as it was at this height; none for a view in memory.
    pub(crate) fn cursor(&self, family: &str, from: &[u8], to: &[u8]) -> Option<Result<DBRawIterator<'_>, Error>> {
        self.disk().map(|disk| disk.cursor(family, from, to))
    }
}

impl Disk {
    fn read(&self, family: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let db = self.held.borrow_owner();
        let options = &self.held.borrow_dependent().options;
        let found = db.get_pinned_cf_opt(column(db, family)?, key, options)?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn cursor(&self, family: &str, from: &[u8], to: &[u8]) -> Result<DBRawIterator<'_>, Error> {
        let family = column(self.held.borrow_owner(), family)?;
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        options.set_iterate_upper_bound(to);
        Ok(self.held.borrow_dependent().snapshot.raw_iterator_cf_opt(family, options))
    }

    /// The raw key and value behind a leaf, held against the leaf's hash.
    fn exist(&self, store: &str, found: &Found) -> Result<ics23::ExistenceProof, Error> {
        let key = self.read(columns::KEYS, &key::full(store, &found.key))?.ok_or(Error::Corrupt("key record"))?;
        if hash::sha256(&key) != found.key {
            return Err(Error::Corrupt("key record"));
        }
        let value = self.read(columns::STATE, &key::full(store, &key))?.ok_or(Error::Corrupt("value"))?;
        if hash::leaf(&found.key, &hash::sha256(&value)) != found.leaf {
            return Err(Error::Corrupt("value"));
        }
        Ok(found.exist(key, value))
    }
}

/// A full key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

pub(crate) enum Rows<'a> {
    Nothing,
    Failed(Option<Error>),
    Memory(btree_map::Range<'a, Vec<u8>, Vec<u8>>, bool),
    Disk(DiskRange<'a>),
    Past(Box<PastRange<'a>>),
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Rows::Nothing => None,
            Rows::Failed(error) => error.take().map(Err),
            Rows::Memory(rows, reverse) => {
                let row = if *reverse { rows.next_back() } else { rows.next() };
                row.map(|(key, value)| Ok((key.clone(), value.clone())))
            }
            Rows::Disk(range) => range.next(),
            Rows::Past(range) => range.next(),
        }
    }
}

pub(crate) struct DiskRange<'a> {
    cursor: DBRawIterator<'a>,
    reverse: bool,
    begun: bool,
}

impl Iterator for DiskRange<'_> {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.begun, self.reverse) {
            (false, false) => self.cursor.seek_to_first(),
            (false, true) => self.cursor.seek_to_last(),
            // Past its end a cursor must not be moved.
            (true, _) if !self.cursor.valid() => return None,
            (true, false) => self.cursor.next(),
            (true, true) => self.cursor.prev(),
        }
        self.begun = true;
        match self.cursor.item() {
            Some((key, value)) => Some(Ok((key.to_vec(), value.to_vec()))),
            None => self.cursor.status().err().map(|error| Err(error.into())),
        }
    }
}

/// Keys (without the store's name) and values, in the order asked for.
pub struct Range<'a> {
    rows: Rows<'a>,
    prefix: usize,
}

impl<'a> Range<'a> {
    pub(crate) fn new(store: &str, rows: Rows<'a>) -> Range<'a> {
        Range { rows, prefix: store.len().saturating_add(1) }
    }
}

impl Iterator for Range<'_> {
    type Item = Result<(Vec<u8>, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next().map(|row| {
            let (mut key, value) = row?;
            key.drain(..self.prefix.min(key.len()));
            Ok((key, value))
        })
    }
}

/// Any read-only view: of a height held as a snapshot, or of one read through the undo log.
#[derive(Clone)]
pub enum View {
    Snapshot(Snapshot),
    Historic(Historic),
}

impl From<Snapshot> for View {
    fn from(snapshot: Snapshot) -> View {
        View::Snapshot(snapshot)
    }
}

impl From<Historic> for View {
    fn from(historic: Historic) -> View {
        View::Historic(historic)
    }
}

impl View {
    pub fn height(&self) -> u64 {
        match self {
            View::Snapshot(snapshot) => snapshot.height(),
            View::Historic(historic) => historic.height(),
        }
    }

    pub fn get(&self, store: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        key::with_full(store, key, |full| self.get_full(full))
    }

    /// Keys and values between the bounds, in key order or against it. Reads as it goes.
    pub fn range(&self, store: &str, from: Bound<&[u8]>, to: Bound<&[u8]>, reverse: bool) -> Range<'_> {
        Range::new(store, self.rows(&Span::new(store, from, to), reverse))
    }

    pub(crate) fn get_full(&self, full: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self {
            View::Snapshot(snapshot) => snapshot.get_full(full),
            View::Historic(historic) => historic.get_full(full),
        }
    }

    pub(crate) fn rows(&self, span: &Span, reverse: bool) -> Rows<'_> {
        match self {
            View::Snapshot(snapshot) => snapshot.rows(span, reverse),
            View::Historic(historic) => historic.rows(span, reverse),
        }
    }
}
