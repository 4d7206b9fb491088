//! What can go wrong in the store. Texts are for logs: none of them may reach state or results.

/// Any failure of the store. `Io` and `Corrupt` mean that the node must stop; the others are a caller's mistake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("database: {0}; check the disk and the data directory")]
    Io(#[from] rocksdb::Error),
    #[error("data directory: {0}; check that the path can be written")]
    Directory(#[from] std::io::Error),
    #[error("stored {0} is damaged; restore the data directory from a backup or sync again")]
    Corrupt(&'static str),
    #[error("database format {0} is not known; use the release that wrote it, or migrate")]
    Format(u8),
    #[error("store name {0:?} is not made of lower-case letters, or is listed twice")]
    StoreName(String),
    #[error("store {0:?} is not one of the configured stores")]
    UnknownStore(String),
    #[error("store {0:?} holds data but is missing from the configuration")]
    StoreLeftOut(String),
    #[error("empty key in store {0:?}; a key has at least one byte")]
    EmptyKey(String),
    #[error("empty value in store {0:?}; a value has at least one byte, delete the key instead")]
    EmptyValue(String),
    #[error("height {got} cannot follow height {tip}")]
    Height { got: u64, tip: u64 },
    #[error("the prepared block does not follow the committed state; prepare it again")]
    Stale,
    #[error("height {0} is pruned; ask a node that keeps more history")]
    Pruned(u64),
    #[error("height {0} is not committed yet")]
    Future(u64),
    #[error("nothing to roll back: no height is committed, or its undo log is pruned")]
    NothingToRollBack,
    #[error("store {0:?} is empty, so there is no neighbour to prove absence with")]
    NoNeighbour(String),
    #[error("a view in memory has no proofs")]
    NoProofs,
    #[error("proof refused: {0}")]
    Proof(&'static str),
    #[error("no open layer to {0}; push one first")]
    NoLayer(&'static str),
}
