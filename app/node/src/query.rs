//! The one dispatcher: `/package.Service/Method`, request bytes and a height give response bytes or an error.
//!
//! Every door asks here: ABCI queries below, gRPC, gRPC-web and REST in `serve/`. RPCs of modules run over the state of
//! the height; those that belong to no module are in `services/`. Raw keys with proofs are ABCI's alone.

use crate::{app::App, runtime, services};
use aliquot_sdk::{Error, ModuleError, Result, Sdk};
use prost::Message;
use tendermint_proto::v0_38::{
    abci::RequestQuery,
    abci::ResponseQuery,
    crypto::{ProofOp, ProofOps},
};
use tonic::Code;

/// A response, with the height of the state that gave it: never 0, on which clients give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub value: Vec<u8>,
    pub height: u64,
}

/// Answers one RPC over the state of `height`; 0 is the newest.
pub fn dispatch(app: &App, path: &str, raw: &[u8], height: u64) -> Result<Answer> {
    if let Some(handler) = services::find(path) {
        let value = handler(app, raw)?;
        return Ok(Answer { value, height: app.db().height().max(1) });
    }
    let ctx = app.state_at(height)?;
    let value = app.routes().query(&ctx, path, raw)?;
    Ok(Answer { value, height: ctx.block.height.max(1) })
}

/// Paths of every RPC that [`dispatch`] answers.
pub fn served(app: &App) -> Vec<&'static str> {
    app.routes().query_paths().chain(services::paths()).collect()
}

/// Answers an ABCI query; an error becomes its code with a text that clients can match on.
pub fn answer(app: &App, r: &RequestQuery) -> ResponseQuery {
    match try_answer(app, r) {
        Ok(response) => response,
        Err(error) => ResponseQuery {
            code: error.code,
            codespace: error.codespace.into(),
            log: log(&error),
            height: signed(app.db().height()),
            ..ResponseQuery::default()
        },
    }
}

/// Errors that say that something does not exist, by codespace and code.
const NOT_FOUND: &[(&str, &[u32])] = &[
    (Sdk::CODESPACE, &[9, 22, 38]),
    ("audit", &[2]),
    ("authz", &[2]),
    ("beacon", &[3, 6]),
    ("compute", &[2, 6, 11]),
    ("deployment", &[2, 8]),
    ("market", &[2, 4, 13]),
    ("provider", &[3]),
    ("validator", &[4]),
    ("wasm", &[8, 22, 28]),
];

/// The gRPC status of an error, from which REST takes its own.
pub fn status(error: &Error) -> Code {
    if NOT_FOUND.iter().any(|(space, codes)| *space == error.codespace && codes.contains(&error.code)) {
        return Code::NotFound;
    }
    match (error.codespace, error.code) {
        (Sdk::CODESPACE, 2 | 7 | 8 | 10 | 18 | 21 | 26 | 29) => Code::InvalidArgument,
        (Sdk::CODESPACE, 6 | 37) => Code::Unimplemented,
        (Sdk::CODESPACE, 35 | 39) => Code::Internal,
        (services::Error::CODESPACE, code) => services::status(code),
        _ => Code::Unknown,
    }
}

/// The text of an error as the Cosmos SDK puts it into logs and REST answers.
pub fn log(error: &Error) -> String {
    if error.text.starts_with("rpc error: ") {
        error.text.clone()
    } else {
        format!("rpc error: code = {:?} desc = {}", status(error), error.text)
    }
}

fn signed(height: u64) -> i64 {
    i64::try_from(height).unwrap_or(i64::MAX)
}

fn try_answer(app: &App, r: &RequestQuery) -> Result<ResponseQuery> {
    let wanted = u64::try_from(r.height).map_err(|_| Sdk::InvalidHeight("height must not be negative".into()))?;
    if let Some(store) = r.path.strip_prefix("/store/").and_then(|rest| rest.strip_suffix("/key")) {
        return raw_key(app, store, r, wanted);
    }
    let Answer { value, height } = dispatch(app, &r.path, &r.data, wanted)?;
    Ok(ResponseQuery { value: value.into(), height: signed(height), ..ResponseQuery::default() })
}

/// A value with, on demand, its two ICS23 proofs: key in the module's subtree, subtree in the app hash of that height.
fn raw_key(app: &App, store: &str, r: &RequestQuery, wanted: u64) -> Result<ResponseQuery> {
    if !runtime::stores().contains(&store) {
        return Err(Sdk::UnknownRequest(format!("no such store: {store}")).into());
    }
    let height = if wanted == 0 { app.db().height() } else { wanted };
    let held = app.db().snapshot(height);
    let snapshot =
        held.ok_or_else(|| Sdk::InvalidHeight(format!("height {height} is not among those held for proofs")))?;
    let value = snapshot.get(store, &r.data)?;
    let proof_ops = if r.prove { Some(proof(&snapshot, store, &r.data)?) } else { None };
    Ok(ResponseQuery {
        key: r.data.clone(),
        value: value.unwrap_or_default().into(),
        height: signed(height),
        proof_ops,
        ..ResponseQuery::default()
    })
}

fn proof(snapshot: &aliquot_store::Snapshot, store: &str, key: &[u8]) -> Result<ProofOps> {
    let proof = snapshot.prove(store, key)?;
    let op = |key: &[u8], proof: Vec<u8>| ProofOp { r#type: "ics23:smt".into(), key: key.to_vec(), data: proof };
    Ok(ProofOps { ops: vec![op(key, proof.key.encode_to_vec()), op(store.as_bytes(), proof.store.encode_to_vec())] })
}
