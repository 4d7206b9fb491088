//! Proofs, verified by the `ics23` crate, and what must not verify.

use aliquot_store::{Changes, Db, Error, StoreProof, check_proof_shape};
use ics23::{CommitmentProof, HostFunctionsManager, commitment_proof::Proof, smt_spec};
use prost::Message;

use crate::naive::{Random, Rows, apply, config, open, store_root};

fn filled(dir: &tempfile::TempDir, count: u64) -> (Db, Rows) {
    let db = open(dir, config());
    let mut changes = Changes::default();
    for key in 0..count {
        changes.set("bank", format!("key {key}"), format!("value {key}"));
    }
    changes.set("wasm", "only", "one");
    let prepared = db.prepare(1, &changes).unwrap();
    db.commit(prepared).unwrap();
    let mut rows = Rows::new();
    apply(&mut rows, &changes);
    (db, rows)
}

/// The two steps of a chained verification, as a light client does them, without our own check.
fn ics23_accepts(proof: &StoreProof, app_hash: [u8; 32], store: &str, key: &[u8], value: Option<&[u8]>) -> bool {
    let spec = smt_spec();
    let (main, root) = (app_hash.to_vec(), proof.root.to_vec());
    ics23::verify_membership::<HostFunctionsManager>(&proof.store, &spec, &main, store.as_bytes(), &proof.root)
        && match value {
            Some(value) => ics23::verify_membership::<HostFunctionsManager>(&proof.key, &spec, &root, key, value),
            None => ics23::verify_non_membership::<HostFunctionsManager>(&proof.key, &spec, &root, key),
        }
}

#[test]
fn presence_and_absence_are_proven_at_every_size() {
    for count in [1u64, 2, 3, 17, 300, 2000] {
        let dir = tempfile::tempdir().unwrap();
        let (db, rows) = filled(&dir, count);
        let snapshot = db.latest();
        let hash = snapshot.app_hash();
        for number in (0..count).step_by(1 + count as usize / 40) {
            let (key, value) = (format!("key {number}"), format!("value {number}"));
            let proof = snapshot.prove("bank", key.as_bytes()).unwrap();
            assert_eq!(proof.value.as_deref(), Some(value.as_bytes()));
            assert_eq!(proof.root, store_root(&rows, "bank"));
            assert!(ics23_accepts(&proof, hash, "bank", key.as_bytes(), Some(value.as_bytes())));
            proof.verify(&hash, "bank", key.as_bytes(), Some(value.as_bytes())).unwrap();
            assert!(proof.verify(&hash, "bank", key.as_bytes(), Some(b"other")).is_err());
            assert!(proof.verify(&hash, "bank", b"other", Some(value.as_bytes())).is_err());
            assert!(proof.verify(&hash, "bank", key.as_bytes(), None).is_err());
            assert!(proof.verify(&hash, "wasm", key.as_bytes(), Some(value.as_bytes())).is_err());
            assert!(proof.verify(&[7; 32], "bank", key.as_bytes(), Some(value.as_bytes())).is_err());
        }
        for number in 0..60 {
            let key = format!("absent {number}");
            let proof = snapshot.prove("bank", key.as_bytes()).unwrap();
            assert_eq!(proof.value, None);
            assert!(ics23_accepts(&proof, hash, "bank", key.as_bytes(), None), "{count} keys, {key}");
            proof.verify(&hash, "bank", key.as_bytes(), None).unwrap();
            assert!(proof.verify(&hash, "bank", key.as_bytes(), Some(b"v")).is_err());
            assert!(proof.verify(&hash, "bank", b"key 0", None).is_err());
        }
    }
}

#[test]
fn an_empty_store_proves_its_root_and_no_absence() {
    let dir = tempfile::tempdir().unwrap();
    let (db, _) = filled(&dir, 5);
    assert!(matches!(db.latest().prove("auth", b"k"), Err(Error::NoNeighbour(_))));
    assert!(matches!(db.latest().prove("gov", b"k"), Err(Error::UnknownStore(_))));
    assert!(matches!(db.latest().prove("bank", b""), Err(Error::EmptyKey(_))));
    // Its root is in the main tree all the same, as the value of its name.
    let proof = db.latest().prove("wasm", b"only").unwrap();
    assert_eq!(proof.root, store_root(&Rows::from([(("wasm", b"only".to_vec()), b"one".to_vec())]), "wasm"));
}

#[test]
fn proofs_are_of_their_own_height() {
    let dir = tempfile::tempdir().unwrap();
    let (db, _) = filled(&dir, 100);
    let before = db.latest();
    let mut changes = Changes::default();
    changes.delete("bank", "key 5");
    changes.set("bank", "key 6", "new");
    let prepared = db.prepare(2, &changes).unwrap();
    db.commit(prepared).unwrap();
    for (snapshot, five, six) in [(before, Some(&b"value 5"[..]), "value 6"), (db.latest(), None, "new")] {
        let hash = snapshot.app_hash();
        snapshot.prove("bank", b"key 5").unwrap().verify(&hash, "bank", b"key 5", five).unwrap();
        snapshot.prove("bank", b"key 6").unwrap().verify(&hash, "bank", b"key 6", Some(six.as_bytes())).unwrap();
    }
    assert_eq!(db.snapshot(1).unwrap().app_hash(), db.snapshot(1).unwrap().app_hash());
    assert_ne!(db.snapshot(1).unwrap().app_hash(), db.snapshot(2).unwrap().app_hash());
}

/// Whether a verifier that checks shapes first accepts; the `ics23` crate must not panic behind the check.
fn accepts(proof: &CommitmentProof, root: &[u8; 32], key: &[u8], value: Option<&[u8]>) -> bool {
    let spec = smt_spec();
    check_proof_shape(proof, &spec).is_ok()
        && match value {
            Some(value) => ics23::verify_membership::<HostFunctionsManager>(proof, &spec, &root.to_vec(), key, value),
            None => ics23::verify_non_membership::<HostFunctionsManager>(proof, &spec, &root.to_vec(), key),
        }
}

#[test]
fn every_changed_byte_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (db, _) = filled(&dir, 40);
    let snapshot = db.latest();
    for (key, value) in [("key 7", Some(&b"value 7"[..])), ("absent 1", None), ("absent 2", None)] {
        let proof = snapshot.prove("bank", key.as_bytes()).unwrap();
        refuses_changes(&proof.key, &proof.root, key.as_bytes(), value);
        refuses_changes(&proof.store, &snapshot.app_hash(), b"bank", Some(&proof.root));
    }
}

fn refuses_changes(proof: &CommitmentProof, root: &[u8; 32], key: &[u8], value: Option<&[u8]>) {
    let bytes = proof.encode_to_vec();
    assert!(accepts(proof, root, key, value));
    let mut decoded = 0;
    for at in 0..bytes.len() {
        for flip in 1..=255u8 {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let Ok(changed) = CommitmentProof::decode(&changed[..]) else {
                continue;
            };
            decoded += 1;
            if changed != *proof && !same_claim(&changed, proof) {
                assert!(!accepts(&changed, root, key, value), "{key:x?}: byte {at} flipped by {flip}");
            }
        }
    }
    assert!(decoded > 1000, "the mutations reach the verifier");
}

/// An absence proof names the absent key for information only: a verifier goes by the key it asks about.
fn same_claim(a: &CommitmentProof, b: &CommitmentProof) -> bool {
    match (&a.proof, &b.proof) {
        (Some(Proof::Nonexist(a)), Some(Proof::Nonexist(b))) => a.left == b.left && a.right == b.right,
        _ => false,
    }
}

#[test]
fn hostile_shapes_are_refused_without_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let (db, _) = filled(&dir, 40);
    let spec = smt_spec();
    let shape = |proof: Proof| check_proof_shape(&CommitmentProof { proof: Some(proof) }, &spec);
    let Some(Proof::Exist(good)) = db.latest().prove("bank", b"key 7").unwrap().key.proof else { unreachable!() };
    assert!(shape(Proof::Exist(good.clone())).is_ok());
    let refused = |change: &dyn Fn(&mut ics23::ExistenceProof)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(shape(Proof::Exist(bad)).is_err());
    };
    refused(&|p| p.leaf = None);
    refused(&|p| p.key.clear());
    refused(&|p| p.value.clear());
    refused(&|p| p.leaf.as_mut().unwrap().prefix.push(0));
    refused(&|p| p.leaf.as_mut().unwrap().prefix.clear());
    refused(&|p| p.leaf.as_mut().unwrap().length = 1);
    refused(&|p| p.leaf.as_mut().unwrap().hash = 99);
    refused(&|p| p.path[0].prefix.clear());
    refused(&|p| p.path[0].prefix[0] = 0);
    refused(&|p| p.path[0].prefix[0] = 2);
    refused(&|p| p.path[0].suffix = vec![0; 64]);
    refused(&|p| p.path[0].suffix = vec![0; 31]);
    refused(&|p| p.path[0].hash = 2);
    refused(&|p| p.path = vec![p.path[0].clone(); 257]);

    // Neighbours with one path, with no path, or with a path that ends inside the other: the crate pops from nothing.
    let both = |left: &ics23::ExistenceProof, right: &ics23::ExistenceProof| {
        let (left, right) = (Some(left.clone()), Some(right.clone()));
        shape(Proof::Nonexist(ics23::NonExistenceProof { key: b"k".to_vec(), left, right }))
    };
    let mut short = good.clone();
    short.path.clear();
    let mut inside = good.clone();
    inside.path = inside.path.split_off(1);
    assert!(both(&good, &good).is_err());
    assert!(both(&short, &good).is_err());
    assert!(both(&short, &short).is_err());
    assert!(both(&good, &inside).is_err());
    let nothing = ics23::NonExistenceProof { key: b"k".to_vec(), left: None, right: None };
    assert!(shape(Proof::Nonexist(nothing)).is_err());
    assert!(shape(Proof::Batch(ics23::BatchProof { entries: vec![] })).is_err());
    assert!(shape(Proof::Compressed(ics23::CompressedBatchProof { entries: vec![], lookup_inners: vec![] })).is_err());
    assert!(check_proof_shape(&CommitmentProof { proof: None }, &spec).is_err());
}

#[test]
fn random_bytes_never_panic_behind_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let (db, _) = filled(&dir, 40);
    let proof = db.latest().prove("bank", b"absent 3").unwrap();
    let bytes = proof.key.encode_to_vec();
    let mut random = Random(7);
    for _ in 0..20_000 {
        let mut changed = bytes.clone();
        for _ in 0..=random.below(4) {
            match random.below(3) {
                0 => {
                    let at = random.below(changed.len() as u64) as usize;
                    changed[at] = random.next() as u8;
                }
                1 => {
                    let at = random.below(changed.len() as u64) as usize;
                    changed.remove(at);
                }
                _ => {
                    let at = random.below(changed.len() as u64) as usize;
                    changed.insert(at, random.next() as u8);
                }
            }
        }
        if let Ok(changed) = CommitmentProof::decode(&changed[..]) {
            accepts(&changed, &proof.root, b"absent 3", None);
            for spec in [ics23::iavl_spec(), ics23::tendermint_spec()] {
                if check_proof_shape(&changed, &spec).is_ok() {
                    ics23::verify_non_membership::<HostFunctionsManager>(
                        &changed,
                        &spec,
                        &proof.root.to_vec(),
                        b"absent 3",
                    );
                }
            }
        }
    }
}
