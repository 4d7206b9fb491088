//! The whole chain in one process: every test drives the code that answers CometBFT. File names are sentences.
#![allow(clippy::too_many_lines)] // tables of cases read best in one piece

mod chain;

mod a_bad_transaction_is_refused_and_changes_nothing;
mod a_job_is_bid_for_proven_and_paid;
mod a_provider_that_fails_is_slashed_once;
mod a_service_is_paid_per_block_and_to_the_sub_unit;
mod auditors_attest_and_take_back;
mod contracts_run_on_the_real_ctx;
mod golden_bytes_do_not_change;
mod grants_let_others_act_within_limits;
mod lazy_books_agree_with_a_model_that_pays_every_block;
mod sends_move_coins_and_keep_the_supply;
mod state_survives_restart_rollback_and_export;
mod the_beacon_goes_on_whatever_proposers_do;
mod the_house_keeps_its_shape;
mod what_akash_gets_wrong_does_not_happen_here;
