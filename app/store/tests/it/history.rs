//! What is kept of the past, and what is not.

use aliquot_store::{Changes, Config, Db, Error};

use crate::naive::{config, open};

fn block(db: &Db, height: u64, keys: u32) {
    let mut changes = Changes::default();
    for key in 0..keys {
        changes.set("bank", key.to_be_bytes(), height.to_be_bytes());
    }
    changes.set("auth", format!("born at {height:03}"), "x");
    let prepared = db.prepare(height, &changes).unwrap();
    db.commit(prepared).unwrap();
}

fn undo_entries(dir: &tempfile::TempDir) -> usize {
    let options = rocksdb::Options::default();
    let families = rocksdb::DB::list_cf(&options, dir.path()).unwrap();
    let db = rocksdb::DB::open_cf_for_read_only(&options, dir.path(), families, false).unwrap();
    ["undo", "heights"]
        .iter()
        .map(|family| db.iterator_cf(db.cf_handle(family).unwrap(), rocksdb::IteratorMode::Start).count())
        .sum()
}

#[test]
fn pruned_heights_are_refused_and_kept_ones_read_right() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, Config { retain: Some(5), snapshots: 3, ..config() });
    for height in 10..40 {
        block(&db, height, 20);
        assert_eq!(db.snapshot(height).unwrap().height(), height);
        let oldest = (height.saturating_sub(5)).max(10);
        for at in oldest..=height {
            let view = db.at(at).unwrap();
            assert_eq!(view.get("bank", &7u32.to_be_bytes()).unwrap(), Some(at.to_be_bytes().to_vec()));
            assert_eq!(view.get("auth", format!("born at {:03}", at + 1).as_bytes()).unwrap(), None);
            let born = view.range("auth", std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, true);
            assert_eq!(born.count() as u64, at - 9);
        }
        assert!(matches!(db.at(oldest - 1), Err(Error::Pruned(_))));
    }
    assert!(db.snapshot(36).is_none() && db.snapshot(37).is_some());
    for _ in 0..5 {
        db.rollback().unwrap();
    }
    assert_eq!(db.height(), 34);
    assert!(matches!(db.rollback(), Err(Error::NothingToRollBack)));
    drop(db);
    // Nothing of the log is left: the heights kept were rolled back.
    assert_eq!(undo_entries(&dir), 0);
}

#[test]
fn the_keys_that_the_newest_height_changed_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    assert!(matches!(db.changed(), Err(Error::NothingToRollBack)));
    block(&db, 1, 2);
    let born = |height: u64| ("auth", format!("born at {height:03}").into_bytes());
    let bank = |key: u32| ("bank", key.to_be_bytes().to_vec());
    let changed = || {
        let mut keys = db.changed().unwrap();
        keys.sort();
        keys
    };
    assert_eq!(changed(), [born(1), bank(0), bank(1)]);
    let mut changes = Changes::default();
    changes.delete("bank", 1u32.to_be_bytes());
    changes.set("bank", 5u32.to_be_bytes(), "x");
    db.commit(db.prepare(2, &changes).unwrap()).unwrap();
    assert_eq!(changed(), [bank(1), bank(5)]);
    db.rollback().unwrap();
    assert_eq!(changed(), [born(1), bank(0), bank(1)]);
}

#[test]
fn a_node_that_starts_to_prune_does_so_in_bounded_steps() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    for height in 1..=12 {
        block(&db, height, 1500);
    }
    drop(db);
    let all = undo_entries(&dir);
    let db = open(&dir, Config { retain: Some(2), ..config() });
    block(&db, 13, 10);
    assert!(matches!(db.at(10), Err(Error::Pruned(10))));
    assert_eq!(db.at(11).unwrap().get("bank", &1u32.to_be_bytes()).unwrap(), Some(11u64.to_be_bytes().to_vec()));
    drop(db);
    let left = undo_entries(&dir);
    assert!(left < all && left > all / 2, "one commit removed {} of {all}", all - left);
    let db = open(&dir, Config { retain: Some(2), ..config() });
    for height in 14..30 {
        block(&db, height, 10);
    }
    drop(db);
    assert_eq!(undo_entries(&dir), 2 * (11 + 2));
}

#[test]
fn views_outlive_later_commits_and_the_handle() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, Config { snapshots: 1, retain: Some(1), ..config() });
    block(&db, 1, 5);
    let (snapshot, historic) = (db.latest(), db.at(1).unwrap());
    for height in 2..9 {
        block(&db, height, 5);
    }
    assert!(db.snapshot(1).is_none());
    drop(db);
    let value = Some(1u64.to_be_bytes().to_vec());
    assert_eq!(snapshot.get("bank", &0u32.to_be_bytes()).unwrap(), value);
    assert_eq!(historic.get("bank", &0u32.to_be_bytes()).unwrap(), value);
    let hash = snapshot.app_hash();
    snapshot.prove("auth", b"born at 002").unwrap().verify(&hash, "auth", b"born at 002", None).unwrap();
}
