//! `aliquotd status`: the node as CometBFT describes it, and the height of the state machine.

use super::Globals;
use anyhow::Result;
use serde_json::json;

pub async fn run(globals: &Globals) -> Result<()> {
    let client = globals.client()?;
    let status = client.status().await?;
    let height = client.height().await?;
    let sync = &status.sync_info;
    globals.output.print(&json!({
        "chain_id": status.node_info.network.as_str(),
        "moniker": status.node_info.moniker.to_string(),
        "cometbft": status.node_info.version.to_string(),
        "node_id": status.node_info.id.to_string(),
        "height": height,
        "latest_block_height": sync.latest_block_height.value(),
        "latest_block_hash": sync.latest_block_hash.to_string(),
        "latest_block_time": sync.latest_block_time.to_rfc3339(),
        "app_hash": sync.latest_app_hash.to_string(),
        "catching_up": sync.catching_up,
    }))
}
