//! The node itself: what it runs, how it is configured, and raw ABCI queries.

use super::Table;
use crate::{app::App, query, runtime};
use aliquot_proto::cosmos::base::{node::v1beta1 as node, tendermint::v1beta1 as pb};
use aliquot_sdk::{Ctx, Result, Sdk, ensure};
use tendermint_proto::v0_38::{
    abci::RequestQuery,
    p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion},
};
use tendermint_rpc::Client as _;

const ABCI_QUERY: &str = "/cosmos.base.tendermint.v1beta1.Service/ABCIQuery";
/// The version of the Cosmos SDK whose API this node speaks. Explorers choose their dialect by it.
const SDK_VERSION: &str = "v0.50.9";
/// Relayers read what they can expect from the dependencies of a Go program; these name what we are compatible with.
const DEPENDENCIES: &[(&str, &str)] =
    &[("github.com/cosmos/cosmos-sdk", SDK_VERSION), ("github.com/CosmWasm/wasmd", "v0.52.0")];

pub(super) fn register(table: &mut Table) {
    table
        .add("/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo", node_info)
        .add(ABCI_QUERY, abci_query)
        .add("/cosmos.base.node.v1beta1.Service/Config", config)
        .add("/cosmos.base.node.v1beta1.Service/Status", status);
}

fn node_info(app: &App, _: pb::GetNodeInfoRequest) -> Result<pb::GetNodeInfoResponse> {
    let comet = app.comet()?;
    let info = comet.ask(comet.rpc().status())?.node_info;
    let comet_version = info.version.to_string();
    let module =
        |path: &str, version: &str| pb::Module { path: path.into(), version: version.into(), sum: String::new() };
    let mut build_deps = vec![module("github.com/cometbft/cometbft", &format!("v{comet_version}"))];
    build_deps.extend(DEPENDENCIES.iter().map(|(path, version)| module(path, version)));
    // Its fields are private; its JSON is what CometBFT sent.
    let other = serde_json::to_value(&info).unwrap_or_default();
    let text =
        |of: &serde_json::Value, name: &str| of.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_string();
    let rpc_address = other.get("other").map(|other| text(other, "rpc_address")).unwrap_or_default();
    let tx_index = other.get("other").map(|other| text(other, "tx_index")).unwrap_or_default();
    let version = &info.protocol_version;
    let default_node_info = Some(DefaultNodeInfo {
        protocol_version: Some(ProtocolVersion { p2p: version.p2p, block: version.block, app: version.app }),
        default_node_id: info.id.to_string(),
        listen_addr: text(&other, "listen_addr"),
        network: info.network.to_string(),
        version: comet_version,
        channels: hex::decode(text(&other, "channels")).unwrap_or_default(),
        moniker: info.moniker.to_string(),
        other: Some(DefaultNodeInfoOther { tx_index, rpc_address }),
    });
    let application_version = Some(pb::VersionInfo {
        name: "aliquot".into(),
        app_name: "aliquotd".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        build_deps,
        cosmos_sdk_version: SDK_VERSION.into(),
        ..pb::VersionInfo::default()
    });
    Ok(pb::GetNodeInfoResponse { default_node_info, application_version })
}

/// What CometBFT's `abci_query` would answer. It cannot ask itself: that would nest without end.
fn abci_query(app: &App, q: pb::AbciQueryRequest) -> Result<pb::AbciQueryResponse> {
    ensure(q.path != ABCI_QUERY, || Sdk::InvalidRequest("path: an ABCI query cannot ask for another".into()))?;
    let request = RequestQuery { data: q.data.into(), path: q.path, height: q.height, prove: q.prove };
    let r = query::answer(app, &request);
    let ops = |ops: tendermint_proto::v0_38::crypto::ProofOps| pb::ProofOps {
        ops: ops.ops.into_iter().map(|op| pb::ProofOp { r#type: op.r#type, key: op.key, data: op.data }).collect(),
    };
    Ok(pb::AbciQueryResponse {
        code: r.code,
        log: r.log,
        info: r.info,
        index: r.index,
        key: r.key.to_vec(),
        value: r.value.to_vec(),
        proof_ops: r.proof_ops.map(ops),
        height: r.height,
        codespace: r.codespace,
    })
}

fn config(app: &App, _: node::ConfigRequest) -> Result<node::ConfigResponse> {
    let retain = app.retain();
    Ok(node::ConfigResponse {
        minimum_gas_price: app.policy().to_string(),
        pruning_keep_recent: retain.unwrap_or(0).to_string(),
        pruning_interval: if retain.is_some() { "1" } else { "0" }.into(),
        halt_height: 0,
    })
}

fn status(app: &App, _: node::StatusRequest) -> Result<node::StatusResponse> {
    let ctx: Ctx = app.state_at(0)?;
    let height = ctx.block.height;
    let retain = app.retain().unwrap_or(height);
    Ok(node::StatusResponse {
        earliest_store_height: height.saturating_sub(retain).max(1).min(height),
        height,
        timestamp: Some(runtime::TIME.load_or_default(&ctx)?),
        app_hash: app.db().app_hash().to_vec(),
        validator_hash: Vec::new(),
    })
}
