//! ABCI queries: `/package.Service/Method` over a snapshot, and raw keys with proofs.

use crate::app::App;
use aliquot_proto::cosmos::{
    base::abci::v1beta1::{GasInfo, Result as TxResult, TxMsgData},
    tx::v1beta1::{SimulateRequest, SimulateResponse},
};
use aliquot_sdk::{Error, ModuleError, Result, Sdk, decode_tx};
use prost::Message;
use tendermint_proto::v0_38::{
    abci::RequestQuery,
    abci::ResponseQuery,
    crypto::{ProofOp, ProofOps},
};

const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Answers a query; an error becomes its code with a text that clients can match on.
pub fn answer(app: &App, r: RequestQuery) -> ResponseQuery {
    match try_answer(app, &r) {
        Ok(response) => response,
        Err(error) => ResponseQuery {
            code: error.code,
            codespace: error.codespace.into(),
            log: log(&error),
            height: i64::try_from(app.db().height()).unwrap_or(i64::MAX),
            ..ResponseQuery::default()
        },
    }
}

fn log(error: &Error) -> String {
    let name = match (error.codespace, error.code) {
        (Sdk::CODESPACE, 22 | 38) => "NotFound",
        (Sdk::CODESPACE, 7 | 10 | 18 | 2) => "InvalidArgument",
        (Sdk::CODESPACE, 6 | 37) => "Unimplemented",
        _ => "Unknown",
    };
    if error.text.starts_with("rpc error: ") {
        error.text.clone()
    } else {
        format!("rpc error: code = {name} desc = {}", error.text)
    }
}

fn try_answer(app: &App, r: &RequestQuery) -> Result<ResponseQuery> {
    let wanted = u64::try_from(r.height).map_err(|_| Sdk::InvalidHeight("height must not be negative".into()))?;
    if r.path == SIMULATE {
        let value = simulate(app, &r.data)?.into();
        let height = i64::try_from(app.db().height().max(1)).unwrap_or(i64::MAX);
        return Ok(ResponseQuery { value, height, ..ResponseQuery::default() });
    }
    if let Some(store) = r.path.strip_prefix("/store/").and_then(|rest| rest.strip_suffix("/key")) {
        return raw_key(app, store, r, wanted);
    }
    let ctx = app.state_at(wanted)?;
    let value = app.routes().query(&ctx, &r.path, &r.data)?;
    let height = i64::try_from(ctx.block.height.max(1)).unwrap_or(i64::MAX);
    Ok(ResponseQuery { value: value.into(), height, ..ResponseQuery::default() })
}

/// A value with, on demand, its two ICS23 proofs: key in the module's subtree, subtree in the app hash of that height.
fn raw_key(app: &App, store: &str, r: &RequestQuery, wanted: u64) -> Result<ResponseQuery> {
    let height = if wanted == 0 { app.db().height() } else { wanted };
    let held = app.db().snapshot(height);
    let snapshot =
        held.ok_or_else(|| Sdk::InvalidHeight(format!("height {height} is not among those held for proofs")))?;
    let value = snapshot.get(store, &r.data)?;
    let proof_ops = if r.prove { Some(proof(&snapshot, store, &r.data)?) } else { None };
    Ok(ResponseQuery {
        key: r.data.clone(),
        value: value.unwrap_or_default().into(),
        height: i64::try_from(height).unwrap_or(i64::MAX),
        proof_ops,
        ..ResponseQuery::default()
    })
}

fn proof(snapshot: &aliquot_store::Snapshot, store: &str, key: &[u8]) -> Result<ProofOps> {
    let proof = snapshot.prove(store, key)?;
    let op = |key: &[u8], proof: Vec<u8>| ProofOp { r#type: "ics23:smt".into(), key: key.to_vec(), data: proof };
    Ok(ProofOps { ops: vec![op(key, proof.key.encode_to_vec()), op(store.as_bytes(), proof.store.encode_to_vec())] })
}

/// What a transaction would cost, for every shape in which clients ask.
fn simulate(app: &App, raw: &[u8]) -> Result<Vec<u8>> {
    let request = SimulateRequest::decode(raw).map_err(|e| Sdk::InvalidRequest(e.to_string()))?;
    let tx = decode_tx(&request.tx_bytes)?;
    let out = app.simulate(&tx)?;
    if let Some(error) = out.error {
        return Err(error);
    }
    let gas_info = Some(GasInfo { gas_wanted: out.gas_wanted, gas_used: out.gas_used });
    let TxMsgData { msg_responses, .. } = TxMsgData::decode(out.data.as_slice()).unwrap_or_default();
    let result = Some(TxResult { msg_responses, ..TxResult::default() });
    Ok(SimulateResponse { gas_info, result }.encode_to_vec())
}
