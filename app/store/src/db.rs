//! The database: opening, committing, going back. One writer, any number of readers.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rocksdb::{DB, DBIterator, IteratorMode, ReadOptions, WriteBatch, WriteOptions};

use crate::block::{self, Row};
use crate::cache::Caches;
use crate::columns::{self, HEAD, HEIGHTS, META, UNDO, column};
use crate::error::Error;
use crate::head::Head;
use crate::key;
use crate::overlay::Reads;
use crate::page::Node;
use crate::snapshot::Snapshot;
use crate::tree::Dirty;
use crate::undo::{self, Historic};
use crate::{Changes, Config, Name};

/// A commit removes at least this many entries of the undo log while there is something to prune, and at most twice
/// what it adds: a node that starts to prune after years does so without a pause.
const PRUNE_AT_LEAST: usize = 2000;

/// The store's database. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    db: Arc<DB>,
    config: Config,
    /// Held by whoever writes.
    writer: Mutex<()>,
    /// Locked only to copy a handle out or to put one in, so that readers and the writer never wait for each other's work.
    tip: RwLock<Tip>,
    caches: Arc<RwLock<Caches>>,
}

impl Drop for Shared {
    /// Moves what is only in the log into tables, so that the next start has nothing to replay. A process that is killed
    /// skips this and loses nothing.
    fn drop(&mut self) {
        if let Err(error) = columns::flush(&self.db) {
            tracing::warn!(%error, "store closed without a flush");
        }
    }
}

struct Tip {
    head: Arc<Head>,
    /// Oldest first; the last one is the newest height.
    recent: VecDeque<Snapshot>,
}

/// A block worked out and not yet written.
pub struct Prepared {
    before: Arc<Head>,
    head: Head,
    batch: WriteBatch,
    rows: Vec<Row>,
    pages: Vec<Dirty>,
    reads: Reads,
}

impl Prepared {
    /// Also keeps in memory what the block read of the height before it: most blocks read the same.
    pub fn keeping(self, reads: Reads) -> Self {
        Prepared { reads, ..self }
    }

    /// The root of the main tree after this block.
    pub fn app_hash(&self) -> [u8; 32] {
        self.head.app_hash
    }

    pub fn height(&self) -> u64 {
        self.head.height
    }

    /// How many bytes the commit will write to the log.
    pub fn bytes(&self) -> usize {
        self.batch.size_in_bytes()
    }
}

impl Db {
    /// Opens the database at `path`, creating it when missing. Reads nothing but the head record, whatever the size.
    pub fn open(path: &Path, config: Config) -> Result<Db, Error> {
        check_names(&config)?;
        std::fs::create_dir_all(path)?;
        let db = Arc::new(columns::open(path, config.block_cache)?);
        let head = match db.get_cf(column(&db, META)?, HEAD)? {
            Some(bytes) => Head::decode(&bytes)?,
            None => Head::genesis(),
        };
        // Refuses to go on without a store that holds data; the head itself stays as it was committed.
        with_stores(head.clone(), &config)?;
        let caches = Arc::new(RwLock::new(Caches::new(head.height, config.page_cache, config.value_cache)));
        let newest = Snapshot::of(&db, head.clone(), &caches);
        tracing::debug!(height = head.height, "store opened");
        let tip = RwLock::new(Tip { head: Arc::new(head), recent: VecDeque::from([newest]) });
        Ok(Db(Arc::new(Shared { db, config, writer: Mutex::new(()), tip, caches })))
    }

    /// The newest committed height; 0 before the first.
    pub fn height(&self) -> u64 {
        self.head().height
    }

    /// The root of the main tree at the newest height; zero before the first.
    pub fn app_hash(&self) -> [u8; 32] {
        self.head().app_hash
    }

    /// The newest committed state.
    pub fn latest(&self) -> Snapshot {
        let tip = self.0.tip.read().unwrap_or_else(PoisonError::into_inner);
        tip.recent.back().cloned().unwrap_or_else(Snapshot::empty)
    }

    /// The state after a recent height, with proofs; `None` when it is not held (any more).
    pub fn snapshot(&self, height: u64) -> Option<Snapshot> {
        let tip = self.0.tip.read().unwrap_or_else(PoisonError::into_inner);
        tip.recent.iter().rev().find(|snapshot| snapshot.height() == height).cloned()
    }

    /// The state after an earlier height, without proofs.
    pub fn at(&self, height: u64) -> Result<Historic, Error> {
        let newest = self.latest();
        let head = newest.head().ok_or(Error::Future(height))?;
        if height > head.height {
            return Err(Error::Future(height));
        }
        if height < head.first.max(head.pruned) {
            return Err(Error::Pruned(height));
        }
        Ok(Historic::new(newest, height))
    }

    /// The keys that the newest height wrote or deleted, each with its store: for whoever follows the state.
    pub fn changed(&self) -> Result<Vec<(Name, Vec<u8>)>, Error> {
        let (_, current) = self.tip();
        let named = |full: &[u8]| {
            let name = self.0.config.stores.iter().find(|name| name.as_bytes() == key::name(full));
            Some((*name?, key::strip(full).to_vec()))
        };
        Ok(self.logged(&current)?.1.iter().filter_map(|full| named(full)).collect())
    }

    /// Works out the block `height` that makes `changes`: its roots, app hash and whole batch. Writes nothing.
    /// `height` follows the newest one; the very first may be any from 1.
    pub fn prepare(&self, height: u64, changes: &Changes) -> Result<Prepared, Error> {
        let (newest, before) = self.tip();
        if height == 0 || (before.height != 0 && Some(height) != before.height.checked_add(1)) {
            return Err(Error::Height { got: height, tip: before.height });
        }
        let mut head = with_stores(Head::clone(&before), &self.0.config)?;
        if let Some(store) = changes.0.keys().map(|(store, _)| store).find(|store| head.root(store).is_none()) {
            return Err(Error::UnknownStore((*store).to_owned()));
        }
        let mut rows = block::rows(&newest, changes)?;
        head.height = height;
        if before.height == 0 {
            (head.first, head.swept) = (height, height);
        }
        let pages = self.trees(&before, &mut head, &mut rows)?;
        let mut batch = WriteBatch::default();
        block::write(&self.0.db, &mut batch, &head, &rows, &pages)?;
        block::log(&self.0.db, &mut batch, height, &before, &rows)?;
        self.prune(&mut batch, &mut head, rows.len())?;
        batch.put_cf(column(&self.0.db, META)?, HEAD, head.encode()?);
        Ok(Prepared { before, head, batch, rows, pages, reads: Reads::default() })
    }

    /// Makes a prepared block durable and visible, all of it or nothing.
    pub fn commit(&self, prepared: Prepared) -> Result<(), Error> {
        let _writer = self.writer();
        let Prepared { before, head, batch, rows, pages, reads } = prepared;
        if *self.head() != *before {
            return Err(Error::Stale);
        }
        let options = self.write_options();
        // The caches follow on another core while the disk is waited for. Nobody reads from them meanwhile: they stand
        // for a height that is not published yet.
        let height = head.height;
        let ((), written) =
            rayon::join(|| self.remember(height, rows, pages, reads), || self.0.db.write_opt(batch, &options));
        if let Err(error) = written {
            self.forget(before.height);
            return Err(error.into());
        }
        self.publish(head, |_| true);
        Ok(())
    }

    /// Takes the newest height back and returns the one below (0 when it was the first). The trees are rebuilt from the
    /// old values, and their root must be the one that was committed then.
    pub fn rollback(&self) -> Result<u64, Error> {
        let _writer = self.writer();
        let (newest, current) = self.tip();
        let (head, full_keys) = self.logged(&current)?;
        let (log, heights) = (column(&self.0.db, UNDO)?, column(&self.0.db, HEIGHTS)?);
        let mut batch = WriteBatch::default();
        let mut rows = Vec::with_capacity(full_keys.len());
        for full in &full_keys {
            let entry = undo::entry_key(full, current.height);
            let old = self.0.db.get_cf(log, &entry)?.ok_or(Error::Corrupt("undo log"))?;
            rows.push(block::row(&newest, full, undo::decode_old(&old)?)?);
            batch.delete_cf(log, entry);
        }
        let mut rebuilt = Head::clone(&current);
        let pages = self.trees(&current, &mut rebuilt, &mut rows)?;
        if !rebuilt.same_roots(&head) {
            return Err(Error::Corrupt("undo log"));
        }
        block::write(&self.0.db, &mut batch, &rebuilt, &rows, &pages)?;
        let (from, to) = (undo::chunk_key(current.height, 0), undo::chunk_key(current.height, u32::MAX));
        batch.delete_range_cf(heights, from, to);
        let meta = column(&self.0.db, META)?;
        if head.height == 0 {
            batch.delete_cf(meta, HEAD);
        } else {
            batch.put_cf(meta, HEAD, head.encode()?);
        }
        self.0.db.write_opt(batch, &self.write_options())?;
        let height = head.height;
        self.forget(height);
        self.publish(head, |snapshot| snapshot.height() < height);
        Ok(height)
    }

    /// Takes a block's values and pages into the caches. What it wrote replaces what it read.
    fn remember(&self, height: u64, rows: Vec<Row>, pages: Vec<Dirty>, reads: Reads) {
        let mut caches = self.0.caches.write().unwrap_or_else(PoisonError::into_inner);
        caches.height = height;
        for (full, value) in reads.0 {
            caches.put_value(full.to_vec(), value);
        }
        for row in rows {
            caches.put_value(row.full, row.new);
        }
        for (id, page) in pages {
            caches.put_page(id, page.map(|page| page.bytes));
        }
    }

    /// Starts the caches anew for `height`.
    fn forget(&self, height: u64) {
        let fresh = Caches::new(height, self.0.config.page_cache, self.0.config.value_cache);
        *self.0.caches.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// The head before the newest height and the keys which that height changed.
    fn logged(&self, current: &Head) -> Result<(Head, Vec<Vec<u8>>), Error> {
        if current.height == 0 || current.height <= current.pruned {
            return Err(Error::NothingToRollBack);
        }
        let mut chunks = self.chunks(current.height)?;
        let (_, first) = chunks.next().ok_or(Error::NothingToRollBack)??;
        let mut head = if first.is_empty() { Head::genesis() } else { Head::decode(&first)? };
        // Pruning is not undone.
        (head.pruned, head.swept) = (current.pruned, current.swept);
        let mut keys = Vec::new();
        for chunk in chunks {
            let (place, bytes) = chunk?;
            if undo::parse_chunk_key(&place)?.0 != current.height {
                break;
            }
            keys.extend(undo::decode_keys(&bytes)?.into_iter().map(<[u8]>::to_vec));
        }
        Ok((head, keys))
    }

    fn chunks(&self, from: u64) -> Result<DBIterator<'_>, Error> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(undo::chunk_key(from, 0));
        Ok(self.0.db.iterator_cf_opt(column(&self.0.db, HEIGHTS)?, options, IteratorMode::Start))
    }

    fn trees(&self, before: &Head, head: &mut Head, rows: &mut [Row]) -> Result<Vec<Dirty>, Error> {
        let caches = self.0.caches.read().unwrap_or_else(PoisonError::into_inner);
        if caches.height != before.height {
            return Err(Error::Stale);
        }
        block::trees(&self.0.db, &caches, head, rows)
    }

    /// Deletes entries of the undo log that no height kept can need, oldest first and not more than a share of the work
    /// of this block.
    fn prune(&self, batch: &mut WriteBatch, head: &mut Head, added: usize) -> Result<(), Error> {
        let Some(retain) = self.0.config.retain else {
            return Ok(());
        };
        head.pruned = head.pruned.max(head.height.saturating_sub(retain));
        let (log, heights) = (column(&self.0.db, UNDO)?, column(&self.0.db, HEIGHTS)?);
        let mut left = added.saturating_mul(2).max(PRUNE_AT_LEAST);
        for chunk in self.chunks(head.swept)? {
            let (place, bytes) = chunk?;
            let (height, number) = undo::parse_chunk_key(&place)?;
            if height > head.pruned || left == 0 {
                break;
            }
            // What comes first at a height says that everything below is gone.
            head.swept = head.swept.max(height);
            if number != 0 {
                let keys = undo::decode_keys(&bytes)?;
                left = left.saturating_sub(keys.len());
                for full in keys {
                    batch.delete_cf(log, undo::entry_key(full, height));
                }
            }
            batch.delete_cf(heights, &place);
            left = left.saturating_sub(1);
        }
        Ok(())
    }

    /// Makes `head` the newest height, with a snapshot of what is in the database now.
    fn publish(&self, head: Head, keep: impl Fn(&Snapshot) -> bool) {
        let newest = Snapshot::of(&self.0.db, head.clone(), &self.0.caches);
        let mut dropped = Vec::new();
        let mut tip = self.0.tip.write().unwrap_or_else(PoisonError::into_inner);
        tip.head = Arc::new(head);
        tip.recent.retain(|snapshot| keep(snapshot));
        tip.recent.push_back(newest);
        while tip.recent.len() > self.0.config.snapshots.max(1) {
            dropped.extend(tip.recent.pop_front());
        }
        // Released after the lock: the last holder gives the snapshot back to RocksDB, which takes a lock of its own.
        drop(tip);
    }

    fn head(&self) -> Arc<Head> {
        self.0.tip.read().unwrap_or_else(PoisonError::into_inner).head.clone()
    }

    /// The newest snapshot and its head, from one look.
    fn tip(&self) -> (Snapshot, Arc<Head>) {
        let tip = self.0.tip.read().unwrap_or_else(PoisonError::into_inner);
        (tip.recent.back().cloned().unwrap_or_else(Snapshot::empty), tip.head.clone())
    }

    fn writer(&self) -> MutexGuard<'_, ()> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_options(&self) -> WriteOptions {
        let mut options = WriteOptions::default();
        options.set_sync(self.0.config.sync);
        options
    }
}

fn check_names(config: &Config) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for name in &config.stores {
        let letters = !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase());
        // A page names its store by one byte.
        if !letters || !seen.insert(*name) || seen.len() > usize::from(u8::MAX) {
            return Err(Error::StoreName((*name).to_owned()));
        }
    }
    Ok(())
}

/// The head with exactly the configured stores: new ones are empty, and none that holds data is lost.
fn with_stores(mut head: Head, config: &Config) -> Result<Head, Error> {
    for name in &config.stores {
        head.roots.entry((*name).to_owned()).or_insert(Node::Empty);
    }
    for (name, root) in &head.roots {
        if !config.stores.contains(&name.as_str()) && *root != Node::Empty {
            return Err(Error::StoreLeftOut(name.clone()));
        }
    }
    head.roots.retain(|name, _| config.stores.contains(&name.as_str()));
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_and_unique() {
        let config = |stores: &[&'static str]| Config { stores: stores.to_vec(), ..Config::default() };
        assert!(check_names(&config(&["auth", "bank"])).is_ok());
        for bad in [&["auth", "auth"][..], &[""], &["a/b"], &["Auth"], &["a1"]] {
            assert!(check_names(&config(bad)).is_err(), "{bad:?}");
        }
    }
}
