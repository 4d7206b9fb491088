//! Readers beside a writer: what a view shows is one height, whole.

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};

use aliquot_store::{Changes, Config};

use crate::naive::{config, open};

#[test]
fn every_view_shows_one_height_while_blocks_are_committed() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, Config { snapshots: 5, retain: Some(5), ..config() });
    let block = |height: u64| {
        let mut changes = Changes::default();
        for key in 0..300u32 {
            changes.set("bank", key.to_be_bytes(), height.to_be_bytes());
        }
        let prepared = db.prepare(height, &changes).unwrap();
        db.commit(prepared).unwrap();
    };
    block(1);
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let reader = || {
            let mut heights = std::collections::BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                let snapshot = db.latest();
                let height = snapshot.height();
                let expected = height.to_be_bytes().to_vec();
                for key in (0..300u32).step_by(7) {
                    assert_eq!(snapshot.get("bank", &key.to_be_bytes()).unwrap().as_ref(), Some(&expected));
                }
                let rows = snapshot.range("bank", Bound::Unbounded, Bound::Unbounded, height.is_multiple_of(2));
                assert_eq!(rows.filter(|row| row.as_ref().unwrap().1 == expected).count(), 300);
                let past = height.saturating_sub(2).max(1);
                if let Ok(view) = db.at(past) {
                    assert_eq!(view.get("bank", &[0; 4]).unwrap(), Some(past.to_be_bytes().to_vec()));
                }
                let proof = snapshot.prove("bank", &9u32.to_be_bytes()).unwrap();
                proof.verify(&snapshot.app_hash(), "bank", &9u32.to_be_bytes(), Some(&expected)).unwrap();
                heights.insert(height);
            }
            heights.len()
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        for height in 2..=150 {
            block(height);
        }
        done.store(true, Ordering::Relaxed);
        readers.map(|reader| reader.join().unwrap())
    });
    assert!(seen.iter().all(|heights| *heights > 1), "the readers kept up with some heights: {seen:?}");
}
