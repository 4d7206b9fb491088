//! The overlay against a stack of maps.

use std::collections::BTreeMap;
use std::ops::Bound;

use aliquot_store::{Changes, Error, Name, Overlay, Snapshot};
use proptest::prelude::*;

use crate::naive::{STORES, config, open};

#[derive(Clone, Debug)]
enum Step {
    Set(Name, Vec<u8>, Vec<u8>),
    Delete(Name, Vec<u8>),
    Push,
    Merge,
    Drop,
    Get(Name, Vec<u8>),
    Range(Name, Bound<Vec<u8>>, Bound<Vec<u8>>, bool),
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    let store = || prop::sample::select(STORES.to_vec());
    let key = || prop::collection::vec(prop::sample::select(vec![0u8, 0x2f, 0x30, 0xff]), 1..3);
    let bound = || {
        let some = prop::collection::vec(prop::sample::select(vec![0u8, 0x2f, 0x30, 0xff]), 0..3);
        prop_oneof![Just(Bound::Unbounded), some.clone().prop_map(Bound::Included), some.prop_map(Bound::Excluded)]
    };
    prop_oneof![
        6 => (store(), key(), prop::collection::vec(any::<u8>(), 1..3)).prop_map(|(s, k, v)| Step::Set(s, k, v)),
        3 => (store(), key()).prop_map(|(s, k)| Step::Delete(s, k)),
        2 => Just(Step::Push),
        2 => Just(Step::Merge),
        1 => Just(Step::Drop),
        4 => (store(), key()).prop_map(|(s, k)| Step::Get(s, k)),
        4 => (store(), bound(), bound(), any::<bool>()).prop_map(|(s, a, b, r)| Step::Range(s, a, b, r)),
        1 => Just(Step::Take),
    ]
}

type Flat = BTreeMap<(Name, Vec<u8>), Vec<u8>>;

/// Every layer is the whole state as seen from it, and what was written since the start.
#[derive(Clone, Default)]
struct Model {
    seen: Flat,
    written: BTreeMap<(Name, Vec<u8>), Option<Vec<u8>>>,
}

fn run(base: &Flat, overlay: &mut Overlay, steps: &[Step]) {
    let fresh = || vec![Model { seen: base.clone(), ..Model::default() }];
    let mut layers = fresh();
    for step in steps {
        let top = layers.last_mut().unwrap();
        match step.clone() {
            Step::Set(store, key, value) => {
                overlay.set(store, &key, value.clone()).unwrap();
                top.seen.insert((store, key.clone()), value.clone());
                top.written.insert((store, key), Some(value));
            }
            Step::Delete(store, key) => {
                overlay.delete(store, &key).unwrap();
                top.seen.remove(&(store, key.clone()));
                top.written.insert((store, key), None);
            }
            Step::Push => {
                overlay.push();
                let copy = top.clone();
                layers.push(copy);
            }
            Step::Merge => {
                assert_eq!(overlay.merge().is_ok(), layers.len() > 1);
                if layers.len() > 1 {
                    let top = layers.pop().unwrap();
                    *layers.last_mut().unwrap() = top;
                }
            }
            Step::Drop => {
                assert_eq!(overlay.drop_top().is_ok(), layers.len() > 1);
                if layers.len() > 1 {
                    layers.pop();
                }
            }
            Step::Get(store, key) => {
                assert_eq!(overlay.get(store, &key).unwrap(), top.seen.get(&(store, key)).cloned());
            }
            Step::Range(store, from, to, reverse) => {
                let inside = |key: &Vec<u8>| {
                    (match &from {
                        Bound::Unbounded => true,
                        Bound::Included(from) => key >= from,
                        Bound::Excluded(from) => key > from,
                    }) && match &to {
                        Bound::Unbounded => true,
                        Bound::Included(to) => key <= to,
                        Bound::Excluded(to) => key < to,
                    }
                };
                let mut expected: Vec<_> = top
                    .seen
                    .iter()
                    .filter(|((name, key), _)| *name == store && inside(key))
                    .map(|((_, key), value)| (key.clone(), value.clone()))
                    .collect();
                if reverse {
                    expected.reverse();
                }
                let (from, to) = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
                let got: Vec<_> = overlay.range(store, from, to, reverse).map(Result::unwrap).collect();
                assert_eq!(got, expected);
            }
            Step::Take => {
                assert_eq!(overlay.take_changes().0, top.written);
                assert_eq!(overlay.depth(), 0);
                layers = fresh();
            }
        }
        assert_eq!(overlay.depth(), layers.len() - 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn layers_behave_like_copies(
        first in prop::collection::btree_map((prop::sample::select(STORES.to_vec()), prop::collection::vec(prop::sample::select(vec![0u8, 0x2f, 0x30, 0xff]), 1..3)), prop::collection::vec(any::<u8>(), 1..3), 0..20),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let changes = Changes(first.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect());
        run(&first, &mut Overlay::new(Snapshot::memory(&changes)), &steps);
        let dir = tempfile::tempdir().unwrap();
        let db = open(&dir, config());
        let prepared = db.prepare(1, &changes).unwrap();
        db.commit(prepared).unwrap();
        run(&first, &mut Overlay::new(db.latest()), &steps);
        // The same view, read through the undo log after everything is deleted.
        let mut gone = Changes::default();
        for (store, key) in first.keys() {
            gone.delete(store, key.clone());
        }
        let prepared = db.prepare(2, &gone).unwrap();
        db.commit(prepared).unwrap();
        run(&first, &mut Overlay::new(db.at(1).unwrap()), &steps);
        run(&Flat::new(), &mut Overlay::new(db.latest()), &steps);
    }
}

#[test]
fn refuses_empty_keys_and_values() {
    let mut overlay = Overlay::new(Snapshot::empty());
    assert!(matches!(overlay.set("bank", b"", vec![1]), Err(Error::EmptyKey(_))));
    assert!(matches!(overlay.set("bank", b"k", vec![]), Err(Error::EmptyValue(_))));
    assert!(matches!(overlay.delete("bank", b""), Err(Error::EmptyKey(_))));
    assert!(overlay.into_changes().is_empty());
}

#[test]
fn a_limited_read_of_a_long_range_is_cheap() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    let mut changes = Changes::default();
    for key in 0..50_000u32 {
        changes.set("bank", key.to_be_bytes(), [1]);
    }
    let prepared = db.prepare(1, &changes).unwrap();
    db.commit(prepared).unwrap();
    let mut overlay = Overlay::new(db.latest());
    for key in 50_000..60_000u32 {
        overlay.set("bank", &key.to_be_bytes(), vec![2]).unwrap();
    }
    let whole = std::time::Instant::now();
    assert_eq!(overlay.range("bank", Bound::Unbounded, Bound::Unbounded, false).count(), 60_000);
    let whole = whole.elapsed();
    let first = std::time::Instant::now();
    for reverse in [false, true].into_iter().cycle().take(100) {
        let row = overlay.range("bank", Bound::Unbounded, Bound::Unbounded, reverse).next().unwrap().unwrap();
        assert_eq!(row.1, [if reverse { 2 } else { 1 }]);
    }
    // A hundred reads of one row against one read of all: materialising the range would cost a hundred times as much.
    assert!(first.elapsed() < whole * 4, "{:?} {whole:?}", first.elapsed());
}

#[test]
fn an_overlay_can_be_sent_to_another_thread() {
    fn send<T: Send + 'static>(_: &T) {}
    fn share<T: Send + Sync + Clone + 'static>(_: &T) {}
    send(&Overlay::new(Snapshot::empty()));
    share(&Snapshot::empty());
}
