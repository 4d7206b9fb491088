//! RPCs of the Cosmos SDK that belong to no module: transactions, blocks, validators and the node itself.
//!
//! | service | here | what it needs |
//! | --- | --- | --- |
//! | `cosmos.tx.v1beta1.Service` | `tx.rs`, `search.rs` | `Simulate`, `TxEncode`, `TxDecode` nothing else; the others CometBFT |
//! | `cosmos.base.tendermint.v1beta1.Service` | `blocks.rs`, `node.rs` | CometBFT, save `ABCIQuery` |
//! | `cosmos.base.node.v1beta1.Service` | `node.rs` | nothing else |
//! | `cosmos.consensus.v1.Query` | `blocks.rs` | CometBFT |
//!
//! What only CometBFT knows is asked over its RPC address (`comet.rs`). Calls block their thread, with a limit: they come
//! from the pool that serves queries or from the ABCI connection of queries, which nothing of consensus waits for. When
//! CometBFT is down the status is `Unavailable` and the text names the address.

mod blocks;
pub mod comet;
mod node;
mod search;
mod tx;

use crate::app::App;
use aliquot_sdk::{ModuleError, Result, Sdk};
use prost::Message;
use std::{collections::BTreeMap, sync::LazyLock};
use tonic::Code;

/// What keeps a node from answering, whatever the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("CometBFT does not answer at {0}: {1}; start it, or set comet_rpc in app.toml to where it serves RPC")]
    Unreachable(String, String),
    #[error("this node knows no CometBFT: set comet_rpc in app.toml")]
    NoComet,
    #[error("CometBFT cannot answer: {0}")]
    Refused(String),
    #[error("too many queries are waiting: try again, or ask another node")]
    Overloaded,
    #[error("the query took longer than {0} ms: ask for less, or ask again")]
    TooSlow(u128),
    #[error("the answer has {0} bytes, more than this node sends: ask for a shorter page")]
    TooLarge(usize),
}

impl ModuleError for Error {
    const CODESPACE: &'static str = "node";
    fn code(&self) -> u32 {
        match self {
            Error::Unreachable(..) => 2,
            Error::NoComet => 3,
            Error::Refused(_) => 4,
            Error::Overloaded => 5,
            Error::TooSlow(_) => 6,
            Error::TooLarge(_) => 7,
        }
    }
}

/// The gRPC status of a code of this codespace.
pub fn status(code: u32) -> Code {
    match code {
        2 | 3 | 5 => Code::Unavailable,
        6 => Code::DeadlineExceeded,
        7 => Code::ResourceExhausted,
        _ => Code::Unknown,
    }
}

pub type Handler = Box<dyn Fn(&App, &[u8]) -> Result<Vec<u8>> + Send + Sync>;

/// Handlers by the path of their RPC.
#[derive(Default)]
struct Table(BTreeMap<&'static str, Handler>);

impl Table {
    fn add<Q, R>(&mut self, path: &'static str, call: fn(&App, Q) -> Result<R>) -> &mut Self
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
    {
        let handler = move |app: &App, raw: &[u8]| {
            let request = Q::decode(raw).map_err(|e| Sdk::InvalidRequest(format!("{path}: {e}")))?;
            call(app, request).map(|response| response.encode_to_vec())
        };
        self.0.insert(path, Box::new(handler));
        self
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    tx::register(&mut table);
    search::register(&mut table);
    blocks::register(&mut table);
    node::register(&mut table);
    table
});

pub fn find(path: &str) -> Option<&'static Handler> {
    TABLE.0.get(path)
}

pub fn paths() -> impl Iterator<Item = &'static str> {
    TABLE.0.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_an_rpc() {
        let pool = aliquot_proto::descriptors();
        for path in paths() {
            let (service, method) = path[1..].split_once('/').unwrap();
            let service = pool.get_service_by_name(service).unwrap_or_else(|| panic!("{path}"));
            assert!(service.methods().any(|m| m.name() == method), "{path}");
        }
    }
}
