//! What can go wrong between this program and a chain.

use tendermint_rpc::error::ErrorDetail;

use crate::key::KeyError;

/// The codespace and code of the Cosmos SDK for a sequence that is not the account's next.
const SDK: &str = "sdk";
const WRONG_SEQUENCE: u32 = 32;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{url:?} is not the address of a node's RPC port: {reason}; write it as http://127.0.0.1:26657")]
    BadUrl { url: String, reason: String },
    /// Nothing is known about what became of the call: it may be made again.
    #[error("the node at {url} does not answer: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("the node refused the call: {0}")]
    Rpc(String),
    #[error("query {path} failed: {log} (codespace {codespace}, code {code})")]
    Query { path: String, codespace: String, code: u32, log: String },
    #[error("account {0} is not on the chain: it appears with the first coins sent to it")]
    UnknownAccount(String),
    #[error("the answer of the node does not decode as {what}: {reason}")]
    Decode { what: String, reason: String },
    /// CheckTx or the simulation said no: the transaction is in no block and cost nothing.
    #[error("the transaction was refused: {log} (codespace {codespace}, code {code})")]
    Refused { hash: String, codespace: String, code: u32, log: String },
    /// It is in a block without effect other than its fee.
    #[error("transaction {hash} failed in block {height}: {log} (codespace {codespace}, code {code})")]
    Failed { hash: String, height: u64, codespace: String, code: u32, log: String, gas_wanted: u64, gas_used: u64 },
    #[error(
        "transaction {hash} was accepted but is in no block after {seconds} s: look it up by its hash before sending it again"
    )]
    NotCommitted { hash: String, seconds: u64 },
    #[error(
        "another transaction of the account took sequence {sequence}: transaction {hash} can no longer be in a block"
    )]
    SequenceTaken { hash: String, sequence: u64 },
    #[error("the chain did not reach height {wanted} within {seconds} s: it is at {height}")]
    HeightTimeout { wanted: u64, height: u64, seconds: u64 },
    #[error(
        "block {height} is no longer held by the node, whose lowest is {lowest}: follow from there, or use a node that keeps more"
    )]
    Pruned { height: u64, lowest: u64 },
    #[error(transparent)]
    Key(#[from] KeyError),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The chain's own error code, with its codespace, where one was given.
    pub fn code(&self) -> Option<(&str, u32)> {
        match self {
            Error::Query { codespace, code, .. }
            | Error::Refused { codespace, code, .. }
            | Error::Failed { codespace, code, .. } => Some((codespace, *code)),
            _ => None,
        }
    }

    /// Whether the node could not be reached, so that the same call may be made again.
    pub fn is_transport(&self) -> bool {
        matches!(self, Error::Unreachable { .. })
    }

    /// Whether a query was answered with "there is no such thing".
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::UnknownAccount(_) => true,
            // gRPC's code or the SDK's, according to how far the query came; the text is what clients match.
            Error::Query { code, codespace, log, .. } => {
                log.contains("code = NotFound") || (codespace == SDK && matches!(code, 22 | 38))
            }
            _ => false,
        }
    }

    pub(crate) fn is_wrong_sequence(&self) -> bool {
        self.code() == Some((SDK, WRONG_SEQUENCE))
    }

    pub(crate) fn from_rpc(url: &str, error: tendermint_rpc::Error) -> Self {
        match error.detail() {
            ErrorDetail::Response(e) => {
                let source = &e.source;
                Error::Rpc(match source.data() {
                    Some(data) => format!("{}: {data}", source.message()),
                    None => source.message().to_string(),
                })
            }
            ErrorDetail::Http(_) | ErrorDetail::HttpRequestFailed(_) | ErrorDetail::Io(_) | ErrorDetail::Timeout(_) => {
                Error::Unreachable { url: url.into(), reason: error.detail().to_string() }
            }
            detail => Error::Decode { what: "a JSON-RPC answer".into(), reason: detail.to_string() },
        }
    }
}
