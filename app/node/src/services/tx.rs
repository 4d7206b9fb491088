//! Transactions: what one would cost, sending one, finding one by its hash, and both directions of its encoding.

use super::{
    Table,
    comet::{Comet, Refusal, refused},
};
use crate::app::App;
use aliquot_proto::{
    Any,
    cosmos::{
        base::abci::v1beta1::{GasInfo, Result as TxResult, TxMsgData, TxResponse},
        tx::v1beta1 as pb,
    },
};
use aliquot_sdk::{ModuleError, Result, Sdk, decode_tx, ensure};
use prost::Message;
use sha2::{Digest, Sha256};
use tendermint_proto::v0_38::abci::ExecTxResult;
use tendermint_rpc::{Client as _, endpoint::tx::Response as Found};

const TX_URL: &str = "/cosmos.tx.v1beta1.Tx";
const BROADCAST_MODE_SYNC: i32 = 2;
const BROADCAST_MODE_ASYNC: i32 = 3;

pub(super) fn register(table: &mut Table) {
    table
        .add("/cosmos.tx.v1beta1.Service/Simulate", simulate)
        .add("/cosmos.tx.v1beta1.Service/BroadcastTx", broadcast_tx)
        .add("/cosmos.tx.v1beta1.Service/GetTx", get_tx)
        .add("/cosmos.tx.v1beta1.Service/TxEncode", tx_encode)
        .add("/cosmos.tx.v1beta1.Service/TxDecode", tx_decode);
}

/// What a transaction would cost, for every shape in which clients ask.
#[allow(deprecated)] // relayers still send the field `tx`
fn simulate(app: &App, q: pb::SimulateRequest) -> Result<pb::SimulateResponse> {
    let raw = match q.tx {
        Some(tx) if q.tx_bytes.is_empty() => encode(tx),
        _ => q.tx_bytes,
    };
    ensure(!raw.is_empty(), || Sdk::InvalidRequest("empty txBytes is not allowed".into()))?;
    let out = app.simulate(&decode_tx(&raw)?)?;
    if let Some(mut error) = out.error {
        error.text = format!("{} with gas used: '{}'", error.text, out.gas_used);
        return Err(error);
    }
    let gas_info = Some(GasInfo { gas_wanted: out.gas_wanted, gas_used: out.gas_used });
    let TxMsgData { msg_responses, .. } = TxMsgData::decode(out.data.as_slice()).unwrap_or_default();
    let events = crate::deliver::abci_events(out.events);
    let result = Some(TxResult { msg_responses, events, ..TxResult::default() });
    Ok(pb::SimulateResponse { gas_info, result })
}

/// Hands a transaction to the mempool. One that is refused is an answer with its code, not an error.
fn broadcast_tx(app: &App, q: pb::BroadcastTxRequest) -> Result<pb::BroadcastTxResponse> {
    ensure(!q.tx_bytes.is_empty(), || Sdk::InvalidRequest("invalid empty tx".into()))?;
    let comet = app.comet()?;
    let txhash = hex::encode_upper(Sha256::digest(&q.tx_bytes));
    let sent = match q.mode {
        BROADCAST_MODE_SYNC => comet.try_ask(comet.rpc().broadcast_tx_sync(q.tx_bytes))?.map(|r| TxResponse {
            codespace: r.codespace,
            code: r.code.value(),
            data: hex::encode_upper(&r.data),
            raw_log: r.log,
            ..TxResponse::default()
        }),
        BROADCAST_MODE_ASYNC => {
            comet.try_ask(comet.rpc().broadcast_tx_async(q.tx_bytes))?.map(|_| TxResponse::default())
        }
        mode => {
            let text =
                format!("unsupported broadcast mode {mode}; supported: BROADCAST_MODE_SYNC, BROADCAST_MODE_ASYNC");
            return Err(Sdk::InvalidRequest(text).into());
        }
    };
    let tx_response = sent.or_else(|Refusal(why)| not_taken(&why))?;
    Ok(pb::BroadcastTxResponse { tx_response: Some(TxResponse { txhash, ..tx_response }) })
}

/// What the mempool refuses before CheckTx has codes in the Cosmos SDK, on which clients match.
fn not_taken(why: &str) -> Result<TxResponse> {
    let code = match why {
        _ if why.contains("tx already exists in cache") => 19,
        _ if why.contains("mempool is full") => 20,
        _ if why.contains("Tx too large") => 21,
        _ => return Err(refused(why)),
    };
    Ok(TxResponse { codespace: Sdk::CODESPACE.into(), code, raw_log: why.into(), ..TxResponse::default() })
}

fn get_tx(app: &App, q: pb::GetTxRequest) -> Result<pb::GetTxResponse> {
    let hash = q.hash.strip_prefix("0x").unwrap_or(&q.hash).to_uppercase();
    ensure(!hash.is_empty(), || Sdk::InvalidRequest("tx hash cannot be empty".into()))?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    ensure(is_hash, || Sdk::InvalidRequest(format!("{:?} is not a hash of 64 hex digits", q.hash)))?;
    let id = hash.parse().map_err(|_| Sdk::InvalidRequest(format!("{hash:?} is not a hash")))?;
    let comet = app.comet()?;
    let found = comet.try_ask(comet.rpc().tx(id, false))?.map_err(|Refusal(why)| match why {
        _ if why.contains("not found") => Sdk::NotFound(format!("tx not found: {hash}")).into(),
        _ => refused(&why),
    })?;
    let time = block_time(comet, found.height.value())?;
    let (tx, response) = shown(found, time)?;
    Ok(pb::GetTxResponse { tx: Some(tx), tx_response: Some(response) })
}

/// The time of a block as the Cosmos SDK writes it beside transactions: to the second.
pub(super) fn block_time(comet: &Comet, height: u64) -> Result<String> {
    let height = u32::try_from(height).map_err(|_| Sdk::InvalidHeight(format!("{height}")))?;
    let time = comet.ask(comet.rpc().header(height))?.header.time.to_rfc3339();
    let seconds = time.split(['.', 'Z']).next().unwrap_or_default();
    Ok(format!("{seconds}Z"))
}

/// A transaction with its result, as both parts of an answer need them.
pub(super) fn shown(found: Found, timestamp: String) -> Result<(pb::Tx, TxResponse)> {
    let tx = decode(&found.tx)?;
    let result = ExecTxResult::from(found.tx_result);
    let response = TxResponse {
        height: i64::try_from(found.height.value()).unwrap_or(i64::MAX),
        txhash: found.hash.to_string(),
        codespace: result.codespace,
        code: result.code,
        data: hex::encode_upper(&result.data),
        raw_log: result.log,
        info: result.info,
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        tx: Some(Any { type_url: TX_URL.into(), value: tx.encode_to_vec() }),
        timestamp,
        events: result.events,
        ..TxResponse::default()
    };
    Ok((tx, response))
}

/// The transaction of a block. That of the beacon has no AuthInfo.
pub(super) fn decode(raw: &[u8]) -> Result<pb::Tx> {
    let bad = |e: prost::DecodeError| Sdk::TxDecode(e.to_string());
    let raw = pb::TxRaw::decode(raw).map_err(bad)?;
    let body = Some(pb::TxBody::decode(raw.body_bytes.as_slice()).map_err(bad)?);
    let auth_info = Some(pb::AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(bad)?);
    Ok(pb::Tx { body, auth_info, signatures: raw.signatures })
}

fn encode(tx: pb::Tx) -> Vec<u8> {
    let body_bytes = tx.body.unwrap_or_default().encode_to_vec();
    let auth_info_bytes = tx.auth_info.unwrap_or_default().encode_to_vec();
    pb::TxRaw { body_bytes, auth_info_bytes, signatures: tx.signatures }.encode_to_vec()
}

fn tx_encode(_: &App, q: pb::TxEncodeRequest) -> Result<pb::TxEncodeResponse> {
    let tx = q.tx.ok_or_else(|| Sdk::InvalidRequest("invalid empty tx".into()))?;
    Ok(pb::TxEncodeResponse { tx_bytes: encode(tx) })
}

fn tx_decode(_: &App, q: pb::TxDecodeRequest) -> Result<pb::TxDecodeResponse> {
    ensure(!q.tx_bytes.is_empty(), || Sdk::InvalidRequest("invalid empty tx bytes".into()))?;
    decode_tx(&q.tx_bytes)?;
    Ok(pb::TxDecodeResponse { tx: Some(decode(&q.tx_bytes)?) })
}
