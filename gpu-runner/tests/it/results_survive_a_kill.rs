use std::fs;

use aliquot_kernels::merkle::{Tree, leaf_hash};
use aliquot_runner::store::{Record, Store, StoreError, lease_name, write_file};

use crate::lease;

const CHUNKS: u32 = 7;
const LEN: usize = 10;

fn record(dseq: u64) -> Record {
    let id = lease(dseq);
    Record {
        owner: id.owner,
        dseq,
        gseq: 1,
        oseq: 1,
        provider: id.provider,
        kernel: "RENDER_Q16".into(),
        input_hash: "00".into(),
        chunks: CHUNKS,
        output_len: LEN,
        root: None,
        ended: None,
    }
}

fn output(index: u32) -> Vec<u8> {
    (0..LEN as u32).map(|i| (index * 31 + i * 7) as u8).collect()
}

fn outputs(range: std::ops::Range<u32>) -> Vec<u8> {
    range.flat_map(output).collect()
}

fn tree(dseq: u64) -> Tree {
    let name = lease_name(&lease(dseq));
    let leaf = |i| leaf_hash("RENDER_Q16", name.as_bytes(), i, &output(i));
    Tree::new((0..CHUNKS).map(leaf).collect()).unwrap()
}

#[test]
fn work_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut files = store.begin(&record(1)).unwrap();
    assert_eq!(files.done(), 0);
    files.append(&outputs(0..3)).unwrap();
    drop(files);
    assert!(store.tree(&lease(1)).unwrap().is_none());
    assert!(matches!(store.files(&lease(1)), Err(StoreError::Unfinished(_))));

    let store = Store::open(dir.path()).unwrap();
    let mut files = store.begin(&record(1)).unwrap();
    assert_eq!(files.done(), 3);
    files.append(&outputs(3..CHUNKS)).unwrap();
    assert_eq!(files.finish().unwrap(), tree(1).root());

    let found = store.tree(&lease(1)).unwrap().unwrap();
    assert_eq!(found.leaves(), tree(1).leaves());
    assert_eq!(store.outputs(&lease(1), &found, &[0, 4, 6]).unwrap(), [output(0), output(4), output(6)]);
    assert_eq!(fs::read(store.files(&lease(1)).unwrap().1).unwrap(), outputs(0..CHUNKS));
    assert_eq!(store.begin(&record(1)).unwrap().done(), CHUNKS);
}

/// Whatever lengths a crash leaves the two files at, and whatever half-written block one of them ends in.
#[test]
fn any_torn_tail_is_computed_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let folder = dir.path().join(lease_name(&lease(2)).replace('/', "-"));
    let all_leaves: Vec<u8> = tree(2).leaves().concat();
    store.begin(&record(2)).unwrap();
    for kept_outputs in 0..=CHUNKS as usize * LEN {
        for kept_leaves in [0, 1, 31, 32, 33, 64, 100, 128, 200, 224] {
            for garbage in [&[][..], &[0; 25]] {
                let mut bytes = outputs(0..CHUNKS)[..kept_outputs].to_vec();
                bytes.extend_from_slice(garbage);
                fs::write(folder.join("outputs"), &bytes).unwrap();
                fs::write(folder.join("leaves"), &all_leaves[..kept_leaves]).unwrap();
                let mut files = store.begin(&record(2)).unwrap();
                let expected = (kept_outputs / LEN).min(kept_leaves / 32) as u32;
                assert_eq!(files.done(), expected, "{kept_outputs} {kept_leaves}");
                if kept_outputs % 7 == 0 {
                    files.append(&outputs(expected..CHUNKS)).unwrap();
                    assert_eq!(files.finish().unwrap(), tree(2).root());
                    assert_eq!(fs::read(folder.join("outputs")).unwrap(), outputs(0..CHUNKS));
                    store.discard(&lease(2)).unwrap();
                    store.begin(&record(2)).unwrap();
                }
            }
        }
    }
}

#[test]
fn damage_is_seen_and_never_opened() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let finish = || {
        let mut files = store.begin(&record(3)).unwrap();
        let from = files.done();
        files.append(&outputs(from..CHUNKS)).unwrap();
        files.finish().unwrap();
    };
    finish();
    let (leaves, result) = store.files(&lease(3)).unwrap();
    let mut bytes = outputs(0..CHUNKS);
    bytes[4 * LEN] ^= 1;
    fs::write(&result, bytes).unwrap();
    let found = store.tree(&lease(3)).unwrap().unwrap();
    assert_eq!(store.outputs(&lease(3), &found, &[3, 5]).unwrap().len(), 2);
    let error = store.outputs(&lease(3), &found, &[3, 4]).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { index: 4, .. }), "{error}");
    // Work begun again keeps what is good.
    assert_eq!(store.begin(&record(3)).unwrap().done(), 4);
    finish();

    let mut bytes = fs::read(&leaves).unwrap();
    bytes[0] ^= 1;
    fs::write(&leaves, bytes).unwrap();
    assert!(store.tree(&lease(3)).unwrap().is_none(), "leaves without their root are no result");
    assert!(store.record(&lease(3)).unwrap().is_none());
}

#[test]
fn another_input_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.begin(&record(4)).unwrap().append(&outputs(0..2)).unwrap();
    let other = Record { input_hash: "11".into(), ..record(4) };
    assert_eq!(store.begin(&other).unwrap().done(), 0);
    fs::write(dir.path().join(lease_name(&lease(4)).replace('/', "-")).join("job.json"), "{").unwrap();
    assert!(matches!(store.record(&lease(4)), Err(StoreError::Malformed { .. })));
    assert_eq!(store.begin(&record(4)).unwrap().done(), 0, "a record that does not read is no obstacle");
}

#[test]
fn ended_jobs_are_kept_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for dseq in [5, 6, 7] {
        store.begin(&record(dseq)).unwrap();
    }
    store.end(&lease(5), "JOB_PHASE_SETTLED", 100).unwrap();
    store.end(&lease(6), "JOB_PHASE_FAILED", 200).unwrap();
    store.end(&lease(6), "JOB_PHASE_SETTLED", 1).unwrap();
    assert_eq!(store.prune(150).unwrap(), 1);
    let mut left: Vec<_> = store.list().unwrap().iter().map(|r| r.dseq).collect();
    left.sort_unstable();
    assert_eq!(left, [6, 7]);
    assert_eq!(store.record(&lease(6)).unwrap().unwrap().ended, Some(("JOB_PHASE_FAILED".into(), 200)));
}

#[test]
fn names_cannot_leave_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for owner in ["", "..", "../../etc", "a/b", "a b", "\u{e9}"] {
        let id = aliquot_proto::market::v1::LeaseId { owner: owner.into(), ..lease(1) };
        assert!(matches!(store.record(&id), Err(StoreError::BadName(_))), "{owner}");
    }
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    write_file(&path, b"one").unwrap();
    // What an interrupted write leaves behind is in nobody's way.
    fs::write(dir.path().join("file.tmp"), "half").unwrap();
    write_file(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
