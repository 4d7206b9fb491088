//! RocksDB's column families: what they hold and how they are tuned.

use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DataBlockIndexType,
    FlushOptions, Options,
};

use crate::error::Error;

const ALL: [&str; 6] = [META, STATE, PAGES, KEYS, UNDO, HEIGHTS];

/// Newest values: full key -> value.
pub(crate) const STATE: &str = "state";
/// Tree pages: `name/`, level, nibbles -> slots.
pub(crate) const PAGES: &str = "pages";
/// Raw keys behind leaves: `name/`, key hash -> key.
pub(crate) const KEYS: &str = "keys";
pub(crate) const UNDO: &str = "undo";
pub(crate) const HEIGHTS: &str = "heights";
pub(crate) const META: &str = "meta";
pub(crate) const HEAD: &[u8] = b"head";

pub(crate) fn column<'a>(db: &'a DB, name: &str) -> Result<&'a ColumnFamily, Error> {
    db.cf_handle(name).ok_or(Error::Corrupt("list of column families"))
}

pub(crate) fn open(path: &Path, block_cache: usize) -> Result<DB, Error> {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_background_jobs(2);
    options.set_max_open_files(1000);
    // What a start after a crash has to replay.
    options.set_max_total_wal_size(64 << 20);
    options.set_skip_stats_update_on_db_open(true);
    options.set_keep_log_file_num(3);
    options.set_bytes_per_sync(1 << 20);
    let cache = Cache::new_lru_cache(block_cache);
    let family = |name: &str, compression| {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&cache);
        table.set_bloom_filter(10.0, false);
        // A read looks keys up in blocks far more often than it walks them.
        table.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
        table.set_format_version(5);
        let mut options = Options::default();
        options.set_block_based_table_factory(&table);
        options.set_compression_type(compression);
        options.set_write_buffer_size(64 << 20);
        // Ranges pass the marks of what was removed: where they are dense, tables are merged soon.
        options.add_compact_on_deletion_collector_factory(4096, 1024, 0.5);
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(0.02);
        options.set_level_compaction_dynamic_level_bytes(true);
        ColumnFamilyDescriptor::new(name, options)
    };
    // Hashes do not compress.
    let (plain, lz4) = (DBCompressionType::None, DBCompressionType::Lz4);
    let families = [
        family(META, plain),
        family(STATE, lz4),
        family(PAGES, plain),
        family(KEYS, plain),
        family(UNDO, lz4),
        family(HEIGHTS, lz4),
    ];
    Ok(DB::open_cf_descriptors(&options, path, families)?)
}

/// Writes all families' memory to tables, at one point of the log.
pub(crate) fn flush(db: &DB) -> Result<(), Error> {
    let families = ALL.iter().map(|name| column(db, name)).collect::<Result<Vec<_>, _>>()?;
    Ok(db.flush_cfs_opt(&families, &FlushOptions::default())?)
}
