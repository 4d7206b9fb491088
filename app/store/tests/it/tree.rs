//! The tree: its root follows from the set of keys and values alone.

use aliquot_store::{Changes, Config, Error};

use crate::naive::{Random, Rows, app_hash, apply, config, open};

fn commit(db: &aliquot_store::Db, changes: &Changes) -> [u8; 32] {
    let prepared = db.prepare(db.height() + 1, changes).unwrap();
    let hash = prepared.app_hash();
    db.commit(prepared).unwrap();
    hash
}

fn set(keys: impl Iterator<Item = u64>, round: u64) -> Changes {
    let mut changes = Changes::default();
    for key in keys {
        changes.set("bank", key.to_be_bytes(), (key ^ round).to_be_bytes());
    }
    changes
}

#[test]
fn order_and_cut_of_batches_do_not_matter() {
    let count = 4000;
    let mut hashes = Vec::new();
    for cut in [1usize << 20, 700, 255, 33] {
        let dir = tempfile::tempdir().unwrap();
        let db = open(&dir, config());
        let mut keys: Vec<u64> = (0..count).collect();
        let mut random = Random(cut as u64 + 7);
        for at in (1..keys.len()).rev() {
            keys.swap(at, random.below(at as u64 + 1) as usize);
        }
        let mut hash = [0; 32];
        for batch in keys.chunks(cut) {
            hash = commit(&db, &set(batch.iter().copied(), 0));
        }
        hashes.push(hash);
    }
    let mut rows = Rows::new();
    apply(&mut rows, &set(0..count, 0));
    assert!(hashes.iter().all(|hash| *hash == app_hash(&rows)), "{hashes:x?}");
}

#[test]
fn big_and_small_batches_with_deletes_equal_the_naive_root() {
    let dir = tempfile::tempdir().unwrap();
    // A page cache that holds a part only: cold and warm pages mix.
    let db = open(&dir, Config { page_cache: 300_000, ..config() });
    let mut random = Random(88172645463325252);
    let mut rows = Rows::new();
    for round in 0..24u64 {
        let size = [3000, 1, 40, 700][round as usize % 4];
        let mut changes = Changes::default();
        for _ in 0..size {
            let key = random.below(5000).to_be_bytes();
            let store = ["auth", "bank"][random.below(2) as usize];
            match random.below(3) {
                0 => changes.delete(store, key),
                _ => changes.set(store, key, random.below(3).to_le_bytes()),
            }
        }
        apply(&mut rows, &changes);
        assert_eq!(commit(&db, &changes), app_hash(&rows), "round {round}");
    }
    let mut all = Changes::default();
    for (store, key) in rows.keys() {
        all.delete(store, key.clone());
    }
    rows.clear();
    assert_eq!(commit(&db, &all), app_hash(&rows), "empty again");
    assert_eq!(
        commit(&db, &set(0..1, 3)),
        {
            apply(&mut rows, &set(0..1, 3));
            app_hash(&rows)
        },
        "one leaf"
    );
}

#[test]
fn writing_what_is_there_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    let hash = commit(&db, &set(0..500, 1));
    let mut again = set(0..500, 1);
    again.delete("auth", "never there");
    assert_eq!(commit(&db, &again), hash);
    assert_eq!(db.at(1).unwrap().get("bank", &3u64.to_be_bytes()).unwrap(), Some(2u64.to_be_bytes().to_vec()));
}

#[test]
fn refuses_empty_keys_values_and_unknown_stores() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    let one = |store, key: &str, value: &str| {
        let mut changes = Changes::default();
        changes.set(store, key, value);
        changes
    };
    assert!(matches!(db.prepare(1, &one("bank", "", "v")), Err(Error::EmptyKey(_))));
    assert!(matches!(db.prepare(1, &one("bank", "k", "")), Err(Error::EmptyValue(_))));
    assert!(matches!(db.prepare(1, &one("gov", "k", "v")), Err(Error::UnknownStore(_))));
    assert!(matches!(db.prepare(0, &one("bank", "k", "v")), Err(Error::Height { .. })));
    let (first, second) = (db.prepare(7, &one("bank", "k", "v")), db.prepare(7, &one("bank", "k", "w")));
    db.commit(first.unwrap()).unwrap();
    assert!(matches!(db.commit(second.unwrap()), Err(Error::Stale)));
    assert!(matches!(db.prepare(7, &one("bank", "k", "v")), Err(Error::Height { got: 7, tip: 7 })));
    assert!(matches!(db.prepare(9, &one("bank", "k", "v")), Err(Error::Height { got: 9, tip: 7 })));
}

#[test]
fn stores_can_be_added_but_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, Config { stores: vec!["bank"], ..config() });
    let before = commit(&db, &set(0..10, 0));
    drop(db);
    assert!(matches!(
        aliquot_store::Db::open(dir.path(), Config { stores: vec!["auth"], ..config() }),
        Err(Error::StoreLeftOut(_))
    ));
    let db = open(&dir, config());
    assert_eq!(db.app_hash(), before);
    let mut rows = Rows::new();
    apply(&mut rows, &set(0..10, 0));
    assert_eq!(commit(&db, &Changes::default()), app_hash(&rows));
    db.rollback().unwrap();
    assert_eq!(db.app_hash(), before);
}
