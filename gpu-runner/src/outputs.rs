//! The growing result of a job on disk: outputs first, then their leaves, so that leaves say what is good.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use aliquot_kernels::merkle::{Hash, Tree, leaf_hash};

use crate::store::{LEAVES, OUTPUTS, Record, Result, StoreError, io_error, lease_name, read_leaves, write_record};

/// The growing result of one job.
#[derive(Debug)]
pub struct Outputs {
    dir: PathBuf,
    record: Record,
    lease: String,
    outputs: File,
    leaves_file: File,
    leaves: Vec<Hash>,
}

impl Outputs {
    pub(crate) fn open(dir: PathBuf, record: Record) -> Result<Self> {
        let open = |name| {
            let path = dir.join(name);
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true).truncate(false);
            options.open(&path).map_err(io_error(&path))
        };
        let mut outputs = open(OUTPUTS)?;
        let mut leaves_file = open(LEAVES)?;
        let lease = lease_name(&record.lease());
        let mut leaves = read_leaves(&dir.join(LEAVES))?;
        leaves.truncate(record.chunks as usize);
        let good = good_prefix(&mut outputs, &record, &lease, &leaves);
        leaves.truncate(good);
        // What follows the good part goes, so that the next batch lands right behind it.
        let cut = |file: &mut File, name: &str, len: u64| {
            file.set_len(len).and_then(|()| file.seek(SeekFrom::Start(len))).map_err(io_error(&dir.join(name)))
        };
        cut(&mut outputs, OUTPUTS, good as u64 * record.output_len as u64)?;
        cut(&mut leaves_file, LEAVES, good as u64 * 32)?;
        Ok(Outputs { dir, record, lease, outputs, leaves_file, leaves })
    }

    /// Chunks that are there.
    pub fn done(&self) -> u32 {
        self.leaves.len() as u32
    }

    /// Adds the outputs of the next chunks.
    pub fn append(&mut self, outputs: &[u8]) -> Result<()> {
        let mut hashes = Vec::new();
        for (index, output) in (self.done()..).zip(outputs.chunks_exact(self.record.output_len)) {
            let leaf = leaf_hash(&self.record.kernel, self.lease.as_bytes(), index, output);
            hashes.push(leaf);
        }
        let path = self.dir.join(OUTPUTS);
        let written = self.outputs.write_all(outputs);
        written.and_then(|()| self.outputs.sync_data()).map_err(io_error(&path))?;
        let path = self.dir.join(LEAVES);
        let written = self.leaves_file.write_all(hashes.as_flattened());
        written.and_then(|()| self.leaves_file.sync_data()).map_err(io_error(&path))?;
        self.leaves.extend(hashes);
        Ok(())
    }

    /// Closes the result once every chunk is there, and gives its root.
    pub fn finish(mut self) -> Result<Hash> {
        if self.done() != self.record.chunks {
            return Err(StoreError::Unfinished(self.lease));
        }
        let root = Tree::new(self.leaves)?.root();
        self.record.root = Some(hex::encode(root));
        write_record(&self.dir, &self.record)?;
        Ok(root)
    }
}

/// How many chunks from the first on hash to their leaves.
fn good_prefix(outputs: &mut File, record: &Record, lease: &str, leaves: &[Hash]) -> usize {
    let mut reader = io::BufReader::with_capacity(1 << 20, outputs);
    let mut output = vec![0; record.output_len];
    for (index, leaf) in (0..).zip(leaves) {
        let read = reader.read_exact(&mut output);
        if read.is_err() || leaf_hash(&record.kernel, lease.as_bytes(), index, &output) != *leaf {
            return index as usize;
        }
    }
    leaves.len()
}
