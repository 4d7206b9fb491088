//! Random blocks against a map: reads, ranges, roots, history at every height, reopening, going back.

use std::ops::Bound;

use aliquot_store::{Changes, Config, Db, Error, Overlay, Reads, View};
use proptest::prelude::*;

use crate::naive::{Rows, STORES, app_hash, apply, config, open};

/// Keys from a small set with zero bytes and shared beginnings, so that blocks overlap and escaping matters.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 0x2f, 0x61, 0xff]), 1..4)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    let some = prop::collection::vec(prop::sample::select(vec![0u8, 1, 0x2f, 0x61, 0xff]), 0..4);
    prop_oneof![Just(Bound::Unbounded), some.clone().prop_map(Bound::Included), some.prop_map(Bound::Excluded)]
}

fn block() -> impl Strategy<Value = Changes> {
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 1..5));
    prop::collection::btree_map((prop::sample::select(STORES.to_vec()), key()), value, 0..25).prop_map(Changes)
}

type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

fn by_ref(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

fn inside(key: &[u8], bounds: &Bounds) -> bool {
    let above = match &bounds.0 {
        Bound::Unbounded => true,
        Bound::Included(from) => key >= &from[..],
        Bound::Excluded(from) => key > &from[..],
    };
    let below = match &bounds.1 {
        Bound::Unbounded => true,
        Bound::Included(to) => key <= &to[..],
        Bound::Excluded(to) => key < &to[..],
    };
    above && below
}

fn same(view: View, rows: &Rows, all: &Rows, ranges: &[Bounds]) {
    for (store, key) in all.keys() {
        assert_eq!(view.get(store, key).unwrap(), rows.get(&(*store, key.clone())).cloned());
    }
    for (bounds, store) in ranges.iter().zip(STORES.iter().cycle()) {
        let mut expected: Vec<_> = rows
            .iter()
            .filter(|((name, key), _)| name == store && inside(key, bounds))
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect();
        for reverse in [false, true] {
            let range = view.range(store, by_ref(&bounds.0), by_ref(&bounds.1), reverse);
            let got: Vec<_> = range.map(Result::unwrap).collect();
            assert_eq!(got, expected, "{store} {bounds:?} reverse: {reverse}");
            expected.reverse();
        }
    }
}

fn check_all(db: &Db, states: &[Rows], first: u64, ranges: &[Bounds]) {
    let all: Rows = states.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    let tip = first + states.len() as u64 - 1;
    assert_eq!(db.height(), tip);
    for (height, rows) in (first..).zip(states) {
        same(db.at(height).unwrap().into(), rows, &all, ranges);
        if let Some(snapshot) = db.snapshot(height) {
            assert_eq!(snapshot.app_hash(), app_hash(rows));
            same(snapshot.into(), rows, &all, ranges);
        }
    }
    same(db.latest().into(), states.last().unwrap(), &all, ranges);
    assert_eq!(db.app_hash(), app_hash(states.last().unwrap()));
    assert!(matches!(db.at(tip + 1), Err(Error::Future(_))));
    assert!(matches!(db.at(first - 1), Err(Error::Pruned(_))));
}

/// What a block saw that looked at every key there ever is.
fn reads(db: &Db, blocks: &[Changes]) -> Reads {
    let mut overlay = Overlay::new(db.latest());
    for (store, key) in blocks.iter().flat_map(|changes| changes.0.keys()) {
        overlay.get(store, key).unwrap();
    }
    overlay.take_reads()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_map_with_history(
        blocks in prop::collection::vec(block(), 1..9),
        ranges in prop::collection::vec((bound(), bound()), 9),
        first in 1u64..5,
        back in 1usize..4,
        tiny_caches: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let cache = if tiny_caches { 2000 } else { 1 << 20 };
        let config = Config { page_cache: cache, value_cache: cache, snapshots: 4, ..config() };
        let mut db = open(&dir, config.clone());
        let mut states: Vec<Rows> = Vec::new();
        for (height, changes) in (first..).zip(&blocks) {
            let mut rows = states.last().cloned().unwrap_or_default();
            apply(&mut rows, changes);
            let prepared = db.prepare(height, changes).unwrap();
            prop_assert_eq!(prepared.app_hash(), app_hash(&rows));
            // Preparing changes nothing and can be repeated.
            prop_assert_eq!(db.prepare(height, changes).unwrap().app_hash(), prepared.app_hash());
            db.commit(prepared.keeping(reads(&db, &blocks))).unwrap();
            states.push(rows);
        }
        check_all(&db, &states, first, &ranges);
        drop(db);
        db = open(&dir, config.clone());
        check_all(&db, &states, first, &ranges);
        for _ in 0..back.min(states.len() - 1) {
            states.pop();
            prop_assert_eq!(db.rollback().unwrap(), first + states.len() as u64 - 1);
            check_all(&db, &states, first, &ranges);
        }
        // The same blocks again give the same hashes, from rebuilt pages.
        for changes in blocks.iter().skip(states.len()) {
            let mut rows = states.last().cloned().unwrap();
            apply(&mut rows, changes);
            let prepared = db.prepare(db.height() + 1, changes).unwrap();
            prop_assert_eq!(prepared.app_hash(), app_hash(&rows));
            db.commit(prepared.keeping(reads(&db, &blocks))).unwrap();
            states.push(rows);
        }
        check_all(&db, &states, first, &ranges);
        while !states.is_empty() {
            states.pop();
            db.rollback().unwrap();
        }
        prop_assert_eq!((db.height(), db.app_hash()), (0, [0; 32]));
        prop_assert!(matches!(db.rollback(), Err(Error::NothingToRollBack)));
    }
}
