//! Errors of `wasm`, with the codes of wasmd, which clients match on.

use aliquot_sdk::{Address, ModuleError};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: create wasm contract failed")]
    Create(String),
    #[error("{0}: instantiate wasm contract failed")]
    Instantiate(String),
    #[error("{0}: execute wasm contract failed")]
    Execute(String),
    #[error("{0}: query wasm contract failed")]
    Query(String),
    #[error("{0}: empty")]
    Empty(String),
    #[error("{0}: exceeds limit")]
    Limit(String),
    #[error("{0}: invalid")]
    Invalid(String),
    #[error("{0}: unknown message from the contract")]
    UnknownMsg(String),
    #[error("{0}: invalid event")]
    InvalidEvent(String),
    #[error("no such contract: address {0}")]
    NoSuchContract(Address),
    #[error("queries of contracts to contracts are nested at most {0} deep: exceed max query stack size")]
    QueryDepth(u32),
    #[error("no such code: code id {0}")]
    NoSuchCode(u64),
    #[error("{0}: wasmvm error")]
    Vm(String),
    #[error("messages of contracts are nested at most {0} deep: exceed max call depth")]
    CallDepth(u32),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "wasm";
    fn code(&self) -> u32 {
        match self {
            Error::Create(_) => 2,
            Error::Instantiate(_) => 4,
            Error::Execute(_) => 5,
            Error::Query(_) => 9,
            Error::Empty(_) => 12,
            Error::Limit(_) => 13,
            Error::Invalid(_) => 14,
            Error::UnknownMsg(_) => 20,
            Error::InvalidEvent(_) => 21,
            Error::NoSuchContract(_) => 22,
            Error::QueryDepth(_) => 27,
            Error::NoSuchCode(_) => 28,
            Error::Vm(_) => 29,
            Error::CallDepth(_) => 30,
        }
    }
}
