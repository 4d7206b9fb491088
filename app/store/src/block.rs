//! A block's writes worked out: which rows really change, the trees after them, and the batch that makes them durable.
//! Used forward by `prepare` and backward by `rollback`, with new and old values exchanged.

use rayon::prelude::*;
use rocksdb::{ColumnFamily, DB, WriteBatch};

use crate::Changes;
use crate::cache::Caches;
use crate::columns::{self, column};
use crate::error::Error;
use crate::hash::{self, Hash};
use crate::head::Head;
use crate::key;
use crate::lanes;
use crate::page::{Page, PageId};
use crate::snapshot::Snapshot;
use crate::tree::{self, Change, Dirty};
use crate::undo;

/// Rows one task takes at least: reading and hashing them must outweigh handing them over.
const TASK: usize = 64;
/// Rows hashed together.
const HASHED: usize = 512;

/// One row that changes.
pub(crate) struct Row {
    pub store: String,
    pub full: Vec<u8>,
    pub old: Option<Vec<u8>>,
    pub new: Option<Vec<u8>>,
    key_hash: Hash,
}

/// The tree's view of rows, many at a time: key hashes, value hashes, leaves.
fn changes(rows: &mut [Row]) -> Vec<Change> {
    let keys: Vec<&[u8]> = rows.iter().map(|row| key::strip(&row.full)).collect();
    let keys = lanes::sha256_many(&keys);
    let values: Vec<&[u8]> = rows.iter().filter_map(|row| row.new.as_deref()).collect();
    let values = lanes::sha256_many(&values);
    let kept = rows.iter().zip(&keys).filter(|(row, _)| row.new.is_some());
    let pairs: Vec<_> = kept.zip(&values).map(|((_, key), value)| hash::pair(key, value)).collect();
    let mut leaves = hash::leaves(&pairs).into_iter();
    rows.iter_mut()
        .zip(keys)
        .map(|(row, key)| {
            row.key_hash = key;
            Change { key, leaf: if row.new.is_some() { leaves.next() } else { None } }
        })
        .collect()
}

/// The rows of `changes` that differ from the newest state, in key order.
pub(crate) fn rows(newest: &Snapshot, changes: &Changes) -> Result<Vec<Row>, Error> {
    let all: Vec<_> = changes.0.iter().collect();
    let rows: Vec<Option<Row>> = all
        .par_iter()
        .with_min_len(TASK)
        .map(|((store, key), new)| {
            if key.is_empty() {
                return Err(Error::EmptyKey((*store).to_owned()));
            }
            if new.as_ref().is_some_and(Vec::is_empty) {
                return Err(Error::EmptyValue((*store).to_owned()));
            }
            let full = key::full(store, key);
            let old = newest.get_full(&full)?;
            let changed = old != **new;
            Ok(changed.then(|| Row {
                store: (*store).to_owned(),
                full,
                old,
                new: (*new).clone(),
                key_hash: hash::EMPTY,
            }))
        })
        .collect::<Result<_, Error>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// The same rows seen from the other side: what undoes them.
pub(crate) fn row(newest: &Snapshot, full: &[u8], new: Option<Vec<u8>>) -> Result<Row, Error> {
    let store = String::from_utf8(key::name(full).to_vec()).map_err(|_| Error::Corrupt("undo log"))?;
    Ok(Row { store, full: full.to_vec(), old: newest.get_full(full)?, new, key_hash: hash::EMPTY })
}

/// Puts the roots after `rows` into `head` and returns the pages that change. `caches` must stand for the newest height.
pub(crate) fn trees(db: &DB, caches: &Caches, head: &mut Head, rows: &mut [Row]) -> Result<Vec<Dirty>, Error> {
    let stores: Vec<String> = head.roots.keys().cloned().collect();
    let family = column(db, columns::PAGES)?;
    let groups: Vec<&mut [Row]> = rows.chunk_by_mut(|a, b| a.store == b.store).collect();
    let done: Vec<_> = groups
        .into_par_iter()
        .map(|rows| {
            let name = rows.first().map(|row| row.store.clone()).unwrap_or_default();
            let unknown = || Error::UnknownStore(name.clone());
            let number = stores.iter().position(|store| *store == name).ok_or_else(unknown)?;
            let number = u8::try_from(number).map_err(|_| unknown())?;
            let mut changes: Vec<Change> = rows.par_chunks_mut(HASHED).flat_map_iter(changes).collect();
            changes.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
            let load = |id: &PageId, root: &Hash| load(db, family, caches, &name, id, root);
            let before = head.root(&name).ok_or_else(unknown)?;
            let (root, dirty) = tree::update(number, before, &changes, &load)?;
            Ok((name, root, dirty))
        })
        .collect::<Result<_, Error>>()?;
    let mut pages = Vec::new();
    for (name, root, dirty) in done {
        head.roots.insert(name, root);
        pages.extend(dirty);
    }
    // In the order of their records.
    pages.par_sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    head.app_hash = head.main_tree().root();
    Ok(pages)
}

fn load(db: &DB, family: &ColumnFamily, caches: &Caches, name: &str, id: &PageId, root: &Hash) -> Result<Page, Error> {
    match caches.page(id) {
        Some(bytes) => Page::from_cache(id, root, bytes),
        None => {
            let record = db.get_pinned_cf(family, id.record(name))?.ok_or(Error::Corrupt("tree page"))?;
            Page::from_disk(id, root, &record)
        }
    }
}

/// State rows, raw keys behind leaves, and pages.
pub(crate) fn write(db: &DB, batch: &mut WriteBatch, head: &Head, rows: &[Row], pages: &[Dirty]) -> Result<(), Error> {
    let (state, keys, tree) = (column(db, columns::STATE)?, column(db, columns::KEYS)?, column(db, columns::PAGES)?);
    for row in rows {
        match &row.new {
            Some(value) => batch.put_cf(state, &row.full, value),
            None => batch.delete_cf(state, &row.full),
        }
    }
    for row in rows {
        match (&row.old, &row.new) {
            (None, Some(_)) => batch.put_cf(keys, key::full(&row.store, &row.key_hash), key::strip(&row.full)),
            (Some(_), None) => batch.delete_cf(keys, key::full(&row.store, &row.key_hash)),
            _ => {}
        }
    }
    let names: Vec<&String> = head.roots.keys().collect();
    for (id, page) in pages {
        let name = names.get(usize::from(id.store)).ok_or(Error::Corrupt("tree page"))?;
        match page {
            Some(page) => {
                let stored = page.bytes.get(..page.stored).ok_or(Error::Corrupt("tree page"))?;
                batch.put_cf(tree, id.record(name), stored);
            }
            None => batch.delete_cf(tree, id.record(name)),
        }
    }
    Ok(())
}

/// The undo log of `rows` at `height`; `before` is the head record of the height below.
pub(crate) fn log(db: &DB, batch: &mut WriteBatch, height: u64, before: &Head, rows: &[Row]) -> Result<(), Error> {
    let (log, heights) = (column(db, columns::UNDO)?, column(db, columns::HEIGHTS)?);
    for row in rows {
        batch.put_cf(log, undo::entry_key(&row.full, height), undo::encode_old(row.old.as_deref()));
    }
    let head = if before.height == 0 { Vec::new() } else { before.encode()? };
    batch.put_cf(heights, undo::chunk_key(height, 0), head);
    for (rows, number) in rows.chunks(undo::CHUNK).zip(1u32..) {
        let keys = undo::encode_keys(rows.iter().map(|row| row.full.as_slice()))?;
        batch.put_cf(heights, undo::chunk_key(height, number), keys);
    }
    Ok(())
}
