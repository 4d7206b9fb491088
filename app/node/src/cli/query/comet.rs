//! What CometBFT knows: transactions by their hash, and blocks.

use aliquot_client::Client;
use aliquot_proto::{
    cosmos::tx::v1beta1::{AuthInfo, Tx, TxBody, TxRaw},
    json as protojson,
};
use anyhow::{Context, Result};
use prost::Message;
use serde_json::{Value, json};
use tendermint_rpc::Client as _;

/// A transaction with its result; one that failed too.
pub async fn tx(client: &Client, hash: &str) -> Result<Value> {
    let id = hash.to_uppercase().parse().with_context(|| format!("{hash:?} is not a hash of 64 hex digits"))?;
    let found = client.http().tx(id, false).await;
    let found = found.map_err(|e| anyhow::anyhow!("{}", e.detail())).context("the node has no such transaction")?;
    let result = found.tx_result;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let events: Vec<Value> = result
        .events
        .iter()
        .map(|event| {
            let attributes = event.attributes.iter();
            let attributes = attributes.map(|a| json!({ "key": text(a.key_bytes()), "value": text(a.value_bytes()) }));
            json!({ "type": event.kind, "attributes": attributes.collect::<Vec<_>>() })
        })
        .collect();
    Ok(json!({
        "height": found.height.value().to_string(),
        "txhash": found.hash.to_string(),
        "codespace": result.codespace,
        "code": result.code.value(),
        "raw_log": result.log,
        "gas_wanted": result.gas_wanted.to_string(),
        "gas_used": result.gas_used.to_string(),
        "tx": contents(&found.tx)?,
        "events": events,
    }))
}

fn contents(raw: &[u8]) -> Result<Value> {
    let raw = TxRaw::decode(raw)?;
    let body = Some(TxBody::decode(raw.body_bytes.as_slice())?);
    // The beacon item alone has no AuthInfo.
    let auth_info = Some(AuthInfo::decode(raw.auth_info_bytes.as_slice())?);
    Ok(protojson::to_json(&Tx { body, auth_info, signatures: raw.signatures })?)
}

/// The newest block, or one of a height.
pub async fn block(client: &Client, height: Option<u32>) -> Result<Value> {
    let found = match height {
        Some(height) => client.http().block(height).await,
        None => client.http().latest_block().await,
    };
    let found = found.map_err(|e| anyhow::anyhow!("{}", e.detail())).context("the node has no such block")?;
    Ok(serde_json::to_value(found)?)
}
