//! The story of the market, with real runners and real containers: each of its steps checks what really happened.

use crate::MACHINE;
use aliquot_localnet::market::{self, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_market_is_played_to_the_last_unit() {
    // Alone: how heartbeats stay away is measured in blocks.
    let _turn = MACHINE.write().await;
    // The SDL files are named from the repository's root; other tests of this binary name nothing from here.
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    let suffix = format!("-{}", std::process::id());
    market::run(Stage { suffix, ..Stage::default() }).await.unwrap_or_else(|e| panic!("{e:#}"));
}
