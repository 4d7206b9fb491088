//! Results on disk: one folder per lease, good after a crash at any moment.
//!
//! A folder holds `job.json` (replaced atomically), `outputs` (the outputs of all chunks, one after the other) and
//! `leaves` (their leaf hashes). Both grow batch by batch, outputs first and synced, so the leaves say how far the
//! work came; what does not hash to its leaf is computed again. The root is written when all chunks are there.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use aliquot_kernels::merkle::{Hash, Tree, TreeError, leaf_hash};
use aliquot_proto::market::v1::LeaseId;
use serde::{Deserialize, Serialize};

pub(crate) use crate::{
    files::io_error,
    names::{lease_folder, lease_named},
};
use crate::{files::sync_dir, outputs::Outputs};
pub use crate::{
    files::{write_file, write_secret},
    names::lease_name,
};

const RECORD: &str = "job.json";
pub(crate) const OUTPUTS: &str = "outputs";
pub(crate) const LEAVES: &str = "leaves";

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} does not read as a job's record: {reason}; remove its folder to compute the job again", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("{0:?} cannot be part of a lease's name")]
    BadName(String),
    #[error("lease {0} has no finished result on disk")]
    Unfinished(String),
    #[error("chunk {index} of lease {lease} on disk is not what its leaf hash says")]
    Damaged { lease: String, index: u32 },
    #[error(transparent)]
    Tree(#[from] TreeError),
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// What is kept of a job besides its outputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub owner: String,
    pub dseq: u64,
    pub gseq: u32,
    pub oseq: u32,
    pub provider: String,
    pub kernel: String,
    /// SHA-256 of the input, hex.
    pub input_hash: String,
    pub chunks: u32,
    /// Bytes of each chunk's output.
    pub output_len: usize,
    /// Hex; there once all chunks are.
    pub root: Option<String>,
    /// The phase in which the job ended, and when, in seconds since 1970.
    pub ended: Option<(String, u64)>,
}

impl Record {
    pub fn lease(&self) -> LeaseId {
        LeaseId {
            owner: self.owner.clone(),
            dseq: self.dseq,
            gseq: self.gseq,
            oseq: self.oseq,
            provider: self.provider.clone(),
        }
    }
}

/// The folder of all jobs.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// Opens the folder, and makes it if it is not there.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        Ok(Store { dir })
    }

    fn folder(&self, id: &LeaseId) -> Result<PathBuf> {
        lease_folder(&self.dir, id)
    }

    pub fn record(&self, id: &LeaseId) -> Result<Option<Record>> {
        read_record(&self.folder(id)?.join(RECORD))
    }

    /// Every job on disk. Folders without a record are passed over: their work had not begun.
    pub fn list(&self) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(io_error(&self.dir))? {
            let path = entry.map_err(io_error(&self.dir))?.path();
            match read_record(&path.join(RECORD)) {
                Ok(Some(record)) => records.push(record),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "job on disk passed over"),
            }
        }
        Ok(records)
    }

    /// Begins a job or goes on with it: gives the files and how many chunks they hold already.
    pub fn begin(&self, record: &Record) -> Result<Outputs> {
        let id = record.lease();
        let dir = self.folder(&id)?;
        let same = |old: &Record| {
            old.input_hash == record.input_hash
                && old.kernel == record.kernel
                && (old.chunks, old.output_len) == (record.chunks, record.output_len)
        };
        let record = match self.record(&id) {
            Ok(Some(old)) if same(&old) => old,
            // Another input, or a record that cannot be read: what was computed is worth nothing.
            _ => {
                self.discard(&id)?;
                fs::create_dir_all(&dir).map_err(io_error(&dir))?;
                sync_dir(&self.dir)?;
                write_record(&dir, record)?;
                record.clone()
            }
        };
        Outputs::open(dir, record)
    }

    pub fn discard(&self, id: &LeaseId) -> Result<()> {
        let dir = self.folder(id)?;
        match fs::remove_dir_all(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(io_error(&dir)),
        }
    }

    /// The tree of a finished result, or `None` while there is none. Leaves that do not make the root are discarded.
    pub fn tree(&self, id: &LeaseId) -> Result<Option<Tree>> {
        let dir = self.folder(id)?;
        let Some(Record { root: Some(root), chunks, .. }) = self.record(id)? else {
            return Ok(None);
        };
        let leaves = read_leaves(&dir.join(LEAVES))?;
        if leaves.len() == chunks as usize {
            let tree = Tree::new(leaves)?;
            if hex::encode(tree.root()) == root {
                return Ok(Some(tree));
            }
        }
        tracing::error!(lease = lease_name(id), "leaves on disk are damaged: the job is computed again");
        self.discard(id)?;
        Ok(None)
    }

    /// The outputs of some chunks, each checked against its leaf.
    pub fn outputs(&self, id: &LeaseId, tree: &Tree, indices: &[u32]) -> Result<Vec<Vec<u8>>> {
        let record = self.record(id)?;
        let record = record.ok_or_else(|| StoreError::Unfinished(lease_name(id)))?;
        let path = self.folder(id)?.join(OUTPUTS);
        let file = File::open(&path).map_err(io_error(&path))?;
        let name = lease_name(id);
        let mut outputs = Vec::new();
        for index in indices {
            let mut output = vec![0; record.output_len];
            let at = u64::from(*index) * record.output_len as u64;
            let read = file.read_exact_at(&mut output, at);
            let leaf = leaf_hash(&record.kernel, name.as_bytes(), *index, &output);
            if read.is_err() || tree.leaves().get(*index as usize) != Some(&leaf) {
                return Err(StoreError::Damaged { lease: name, index: *index });
            }
            outputs.push(output);
        }
        Ok(outputs)
    }

    /// The files of a lease's finished result, as the gateway hands them out: leaf hashes and outputs.
    pub fn files(&self, id: &LeaseId) -> Result<(PathBuf, PathBuf)> {
        match self.record(id)? {
            Some(Record { root: Some(_), .. }) => {
                let dir = self.folder(id)?;
                Ok((dir.join(LEAVES), dir.join(OUTPUTS)))
            }
            _ => Err(StoreError::Unfinished(lease_name(id))),
        }
    }

    /// Chunks that are computed and on disk.
    pub fn progress(&self, id: &LeaseId) -> u32 {
        let leaves = self.folder(id).map(|dir| dir.join(LEAVES));
        let bytes = leaves.ok().and_then(|path| fs::metadata(path).ok());
        bytes.map_or(0, |m| (m.len() / 32) as u32)
    }

    /// Notes that a job has ended. Its files stay for a while, for the tenant.
    pub fn end(&self, id: &LeaseId, phase: &str, now: u64) -> Result<()> {
        match self.record(id)? {
            Some(record) if record.ended.is_none() => {
                let ended = Some((phase.to_string(), now));
                write_record(&self.folder(id)?, &Record { ended, ..record })
            }
            _ => Ok(()),
        }
    }

    /// Removes jobs that ended before `before` (seconds since 1970); says how many.
    pub fn prune(&self, before: u64) -> Result<usize> {
        let mut removed = 0;
        for record in self.list()? {
            if record.ended.as_ref().is_some_and(|(_, at)| *at < before) {
                self.discard(&record.lease())?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn read_record(path: &Path) -> Result<Option<Record>> {
    let bytes = match fs::read(path) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other.map_err(io_error(path))?,
    };
    let malformed = |e: serde_json::Error| StoreError::Malformed { path: path.into(), reason: e.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(malformed)
}

pub(crate) fn write_record(dir: &Path, record: &Record) -> Result<()> {
    let json = serde_json::to_vec_pretty(record).unwrap_or_default();
    write_file(&dir.join(RECORD), &json)
}

pub(crate) fn read_leaves(path: &Path) -> Result<Vec<Hash>> {
    let bytes = match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(io_error(path))?,
    };
    Ok(bytes.as_chunks::<32>().0.to_vec())
}
