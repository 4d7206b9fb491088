//! A stop at any moment leaves the last commit or the one being written; damage is noticed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use aliquot_store::{Changes, Db, Error};

use crate::naive::{Random, Rows, app_hash, apply, config, open};

/// The block of a height, the same in every process.
fn block(height: u64) -> Changes {
    let mut random = Random(height.wrapping_mul(0x9e3779b97f4a7c15) | 1);
    let mut changes = Changes::default();
    for _ in 0..400 {
        let key = random.below(3000).to_be_bytes();
        match random.below(4) {
            0 => changes.delete("bank", key),
            _ => changes.set("bank", key, random.next().to_be_bytes()),
        }
    }
    changes.set("auth", "height", height.to_be_bytes());
    changes
}

fn commit(db: &Db, height: u64) {
    let prepared = db.prepare(height, &block(height)).unwrap();
    db.commit(prepared).unwrap();
}

#[test]
fn a_stop_between_prepare_and_commit_leaves_the_last_commit() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    commit(&db, 1);
    commit(&db, 2);
    let hash = db.app_hash();
    let prepared = db.prepare(3, &block(3)).unwrap();
    let next = prepared.app_hash();
    drop((prepared, db));
    let db = open(&dir, config());
    assert_eq!((db.height(), db.app_hash()), (2, hash));
    assert_eq!(db.latest().get("auth", b"height").unwrap(), Some(2u64.to_be_bytes().to_vec()));
    let prepared = db.prepare(3, &block(3)).unwrap();
    assert_eq!(prepared.app_hash(), next);
    db.commit(prepared).unwrap();
}

const PLACE: &str = "ALIQUOT_STORE_TEST_CHILD";

/// Not a test by itself: the process that the next test kills.
#[test]
fn child_that_commits_until_it_is_killed() {
    let Some(path) = std::env::var_os(PLACE) else {
        return;
    };
    let db = Db::open(path.as_ref(), config()).unwrap();
    let mut out = std::io::stdout();
    loop {
        let height = db.height() + 1;
        commit(&db, height);
        writeln!(out, "committed {height}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn sigkill_at_any_moment_loses_no_commit_and_splits_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random(std::process::id().into());
    let mut rows = Rows::new();
    let mut applied = 0;
    for _ in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_commits_until_it_is_killed", "--nocapture"])
            .env(PLACE, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = applied;
        let mut wanted = 1 + random.below(12);
        while wanted > 0 {
            let line = lines.next().expect("the child commits");
            if let Some((_, height)) = line.split_once("committed ") {
                seen = height.trim().parse().unwrap();
                wanted -= 1;
            }
        }
        std::thread::sleep(std::time::Duration::from_micros(random.below(8000)));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            if let Some((_, height)) = line.split_once("committed ") {
                seen = height.trim().parse().unwrap_or(seen);
            }
        }
        let db = open(&dir, config());
        assert!(db.height() >= seen && db.height() <= seen + 1, "{} after {seen} was reported", db.height());
        for height in applied + 1..=db.height() {
            apply(&mut rows, &block(height));
        }
        applied = db.height();
        assert_eq!(db.app_hash(), app_hash(&rows));
        let snapshot = db.latest();
        for ((store, key), value) in rows.iter().step_by(17) {
            assert_eq!(snapshot.get(store, key).unwrap().as_ref(), Some(value));
            snapshot.prove(store, key).unwrap().verify(&db.app_hash(), store, key, Some(value)).unwrap();
        }
    }
}

/// Changes the database behind the store's back.
fn tamper(dir: &tempfile::TempDir, family: &str, change: impl Fn(&[u8], &mut Vec<u8>) -> bool) {
    let options = rocksdb::Options::default();
    let families = rocksdb::DB::list_cf(&options, dir.path()).unwrap();
    let db = rocksdb::DB::open_cf(&options, dir.path(), families).unwrap();
    let family = db.cf_handle(family).unwrap();
    let rows: Vec<_> = db.iterator_cf(family, rocksdb::IteratorMode::Start).map(Result::unwrap).collect();
    for (key, value) in rows {
        let mut value = value.to_vec();
        if change(&key, &mut value) {
            db.put_cf(family, key, value).unwrap();
        }
    }
}

#[test]
fn damaged_pages_values_heads_and_undo_entries_are_errors() {
    for (family, cut) in
        [("pages", false), ("pages", true), ("state", false), ("undo", true), ("meta", false), ("meta", true)]
    {
        let dir = tempfile::tempdir().unwrap();
        let db = open(&dir, config());
        commit(&db, 1);
        commit(&db, 2);
        drop(db);
        tamper(&dir, family, |_, value| {
            if cut {
                value.clear();
            } else {
                let last = value.len() - 1;
                value[last] ^= 1;
            }
            true
        });
        let db = match Db::open(dir.path(), config()) {
            Err(error) => {
                assert!(family == "meta" && matches!(error, Error::Corrupt(_)), "{error}");
                continue;
            }
            Ok(db) => db,
        };
        let damaged = |error: Option<Error>| assert!(matches!(error, Some(Error::Corrupt(_))), "{family}: {error:?}");
        match family {
            "pages" => {
                damaged(db.prepare(3, &block(3)).err());
                damaged(db.latest().prove("bank", &7u64.to_be_bytes()).err());
                damaged(db.rollback().err());
            }
            "state" => damaged(db.latest().prove("bank", &7u64.to_be_bytes()).err()),
            "undo" => {
                damaged(db.rollback().err());
                let key = block(2).0.keys().next().unwrap().1.clone();
                damaged(db.at(1).unwrap().get("auth", &key).err());
            }
            _ => panic!("damage of {family} passed"),
        }
    }
}

fn copy(from: &tempfile::TempDir) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(from.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

fn files(dir: &tempfile::TempDir, extension: &str) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = all.filter(|path| path.extension().is_some_and(|ext| ext == extension)).collect();
    files.sort();
    files
}

#[test]
fn a_torn_log_leaves_a_whole_earlier_block() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    let mut rows = Rows::new();
    let mut hashes = vec![[0; 32]];
    for height in 1..=6 {
        commit(&db, height);
        apply(&mut rows, &block(height));
        hashes.push(app_hash(&rows));
    }
    // Copied while it is open: closing would empty the log.
    let mut heights = std::collections::BTreeSet::new();
    for cut in [0, 1, 7, 100, 5_000, 40_000, 120_000, 250_000] {
        let torn = copy(&dir);
        let log = files(&torn, "log").pop().unwrap();
        let size = std::fs::metadata(&log).unwrap().len();
        std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(size.saturating_sub(cut)).unwrap();
        let db = open(&torn, config());
        assert_eq!(db.app_hash(), hashes[db.height() as usize], "{cut} bytes cut");
        heights.insert(db.height());
        // It goes on from there.
        commit(&db, db.height() + 1);
        assert_eq!(hashes.get(db.height() as usize).unwrap_or(&db.app_hash()), &db.app_hash());
    }
    assert!(heights.contains(&6) && heights.len() > 2, "{heights:?}");
}

#[test]
fn a_flipped_bit_on_disk_never_reads_as_another_value() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir, config());
    let mut rows = Rows::new();
    for height in 1..=3 {
        commit(&db, height);
        apply(&mut rows, &block(height));
    }
    let hash = db.app_hash();
    drop(db);
    let mut random = Random(31);
    let mut noticed = 0;
    for number in 0..files(&dir, "sst").len() * 6 {
        let damaged = copy(&dir);
        let tables = files(&damaged, "sst");
        let table = &tables[number % tables.len()];
        let mut bytes = std::fs::read(table).unwrap();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(table, bytes).unwrap();
        let Ok(db) = Db::open(damaged.path(), config()) else {
            noticed += 1;
            continue;
        };
        assert_eq!(db.app_hash(), hash);
        let snapshot = db.latest();
        let mut failed = false;
        for ((store, key), value) in &rows {
            match snapshot.get(store, key) {
                Ok(read) => assert_eq!(read.as_ref(), Some(value)),
                Err(_) => failed = true,
            }
            match snapshot.prove(store, key) {
                Ok(proof) => proof.verify(&hash, store, key, Some(value)).unwrap(),
                Err(_) => failed = true,
            }
        }
        noticed += u32::from(failed);
    }
    assert!(noticed > 5, "{noticed} damages noticed");
}
