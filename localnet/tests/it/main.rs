//! Real networks: CometBFT, `aliquotd`, `aliquot-runner`.
//!
//! The tests share the machine: those that measure what survives a kill run alone, the others beside each other.

mod a_cheating_runner_is_caught;
mod a_market_is_played_to_the_last_unit;
mod a_provider_under_load_loses_no_bid;
mod coins_are_sent_by_command_line;
mod cosmrs_sends_as_on_any_cosmos_chain;
mod crashes_lose_nothing;
mod every_message_is_sent_by_command_line;
mod jobs_run_from_deployment_to_payment;
mod networks_end_with_their_program;
mod wallets_and_explorers_are_served_by_rest_and_grpc;

use tokio::sync::RwLock;

/// Read by tests that share the machine, written by those that need it whole.
static MACHINE: RwLock<()> = RwLock::const_new(());

/// A number from the environment, for tests that can be made longer.
fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
