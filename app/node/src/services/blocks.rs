//! Blocks, validator sets and consensus parameters, as CometBFT keeps them.

use super::Table;
use crate::app::App;
use aliquot_proto::{
    Any,
    cosmos::{
        base::{
            query::v1beta1::{PageRequest, PageResponse},
            tendermint::v1beta1 as pb,
        },
        crypto::ed25519::PubKey,
    },
};
use aliquot_sdk::{Result, Sdk, consensus_address};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use tendermint_proto::v0_38::types::{Block as RawBlock, BlockId, ConsensusParams, Header as RawHeader};
use tendermint_rpc::{Client as _, Method, endpoint::block::Response as Found};

/// Validators that CometBFT gives at once.
const MAX_VALIDATORS: u64 = 100;

pub(super) fn register(table: &mut Table) {
    table
        .add("/cosmos.base.tendermint.v1beta1.Service/GetSyncing", syncing)
        .add("/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock", latest_block)
        .add("/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight", block_by_height)
        .add("/cosmos.base.tendermint.v1beta1.Service/GetLatestValidatorSet", latest_validators)
        .add("/cosmos.base.tendermint.v1beta1.Service/GetValidatorSetByHeight", validators_by_height)
        .add("/cosmos.consensus.v1.Query/Params", consensus_params);
}

/// A height that CometBFT's typed calls take.
fn checked(height: i64) -> Result<u32> {
    let fits = u32::try_from(height).ok().filter(|height| *height > 0);
    Ok(fits.ok_or_else(|| Sdk::InvalidRequest(format!("height must be greater than 0, but got {height}")))?)
}

pub(super) fn fetch(app: &App, height: i64) -> Result<Found> {
    let height = checked(height)?;
    let newest = app.db().height();
    if u64::from(height) > newest {
        let text = format!("requested block height is bigger then the chain length {newest}");
        return Err(Sdk::InvalidRequest(text).into());
    }
    let comet = app.comet()?;
    comet.ask(comet.rpc().block(height))
}

/// The three parts that answers hold of a block: id, CometBFT's form and the Cosmos SDK's.
fn parts(found: Found) -> (Option<BlockId>, Option<RawBlock>, Option<pb::Block>) {
    let (id, raw) = (BlockId::from(found.block_id), RawBlock::from(found.block));
    let sdk = pb::Block {
        header: raw.header.clone().map(header),
        data: raw.data.clone(),
        evidence: raw.evidence.clone(),
        last_commit: raw.last_commit.clone(),
    };
    (Some(id), Some(raw), Some(sdk))
}

/// The proposer is bech32 here.
fn header(raw: RawHeader) -> pb::Header {
    pb::Header {
        version: raw.version,
        chain_id: raw.chain_id,
        height: raw.height,
        time: raw.time,
        last_block_id: raw.last_block_id,
        last_commit_hash: raw.last_commit_hash,
        data_hash: raw.data_hash,
        validators_hash: raw.validators_hash,
        next_validators_hash: raw.next_validators_hash,
        consensus_hash: raw.consensus_hash,
        app_hash: raw.app_hash,
        last_results_hash: raw.last_results_hash,
        evidence_hash: raw.evidence_hash,
        proposer_address: consensus_address(&raw.proposer_address),
    }
}

fn syncing(app: &App, _: pb::GetSyncingRequest) -> Result<pb::GetSyncingResponse> {
    let comet = app.comet()?;
    let status = comet.ask(comet.rpc().status())?;
    Ok(pb::GetSyncingResponse { syncing: status.sync_info.catching_up })
}

fn latest_block(app: &App, _: pb::GetLatestBlockRequest) -> Result<pb::GetLatestBlockResponse> {
    let comet = app.comet()?;
    let (block_id, block, sdk_block) = parts(comet.ask(comet.rpc().latest_block())?);
    Ok(pb::GetLatestBlockResponse { block_id, block, sdk_block })
}

fn block_by_height(app: &App, q: pb::GetBlockByHeightRequest) -> Result<pb::GetBlockByHeightResponse> {
    let (block_id, block, sdk_block) = parts(fetch(app, q.height)?);
    Ok(pb::GetBlockByHeightResponse { block_id, block, sdk_block })
}

fn latest_validators(app: &App, q: pb::GetLatestValidatorSetRequest) -> Result<pb::GetLatestValidatorSetResponse> {
    let (block_height, validators, pagination) = validators(app, None, q.pagination)?;
    Ok(pb::GetLatestValidatorSetResponse { block_height, validators, pagination })
}

fn validators_by_height(
    app: &App,
    q: pb::GetValidatorSetByHeightRequest,
) -> Result<pb::GetValidatorSetByHeightResponse> {
    let height = checked(q.height)?;
    let (block_height, validators, pagination) = validators(app, Some(height), q.pagination)?;
    Ok(pb::GetValidatorSetByHeightResponse { block_height, validators, pagination })
}

type Validators = (i64, Vec<pb::Validator>, Option<PageResponse>);

/// A page of the set; without a height, of the newest. The typed call drops the priorities.
fn validators(app: &App, height: Option<u32>, page: Option<PageRequest>) -> Result<Validators> {
    let page = page.unwrap_or_default();
    let limit = if page.limit == 0 { MAX_VALIDATORS } else { page.limit.min(MAX_VALIDATORS) };
    let number = page.offset.checked_div(limit).unwrap_or_default().saturating_add(1);
    let mut params: BTreeMap<String, String> =
        BTreeMap::from([("page".into(), number.to_string()), ("per_page".into(), limit.to_string())]);
    if let Some(height) = height {
        params.insert("height".into(), height.to_string());
    }
    let answer = app.comet()?.raw(Method::Validators, params)?;
    let list = answer.get("validators").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let validators = list.iter().map(validator).collect::<Option<Vec<_>>>();
    let validators = validators.ok_or_else(|| Sdk::Logic("CometBFT's validators have another shape".into()))?;
    let total = number_at(&answer, "total").unwrap_or_default();
    let response = PageResponse { next_key: Vec::new(), total: u64::try_from(total).unwrap_or_default() };
    Ok((number_at(&answer, "block_height").unwrap_or_default(), validators, Some(response)))
}

/// CometBFT writes 64-bit numbers as text.
fn number_at(json: &Value, name: &str) -> Option<i64> {
    json.get(name)?.as_str()?.parse().ok()
}

fn validator(json: &Value) -> Option<pb::Validator> {
    let address = hex::decode(json.get("address")?.as_str()?).ok()?;
    let key = BASE64.decode(json.get("pub_key")?.get("value")?.as_str()?).ok()?;
    Some(pb::Validator {
        address: consensus_address(&address),
        pub_key: Some(Any { type_url: "/cosmos.crypto.ed25519.PubKey".into(), value: PubKey { key }.encode_to_vec() }),
        voting_power: number_at(json, "voting_power")?,
        proposer_priority: number_at(json, "proposer_priority")?,
    })
}

/// `cosmos.consensus.v1.QueryParamsRequest` and its response.
#[derive(Clone, PartialEq, prost::Message)]
struct ParamsRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct ParamsResponse {
    #[prost(message, optional, tag = "1")]
    params: Option<ConsensusParams>,
}

fn consensus_params(app: &App, _: ParamsRequest) -> Result<ParamsResponse> {
    let comet = app.comet()?;
    let found = comet.ask(comet.rpc().latest_consensus_params())?;
    // The version is the upgrade module's, as the Cosmos SDK has it.
    let params = ConsensusParams { version: None, ..found.consensus_params.into() };
    Ok(ParamsResponse { params: Some(params) })
}
