//! The whole chain in one process: every test drives the code that answers CometBFT. File names are sentences.
#![allow(clippy::too_many_lines)] // tables of cases read best in one piece

mod bare;
mod chain;
mod doors;
mod fuzzed;
mod vault;

mod a_bad_transaction_is_refused_and_changes_nothing;
mod a_filter_holds_on_every_page;
mod a_job_is_bid_for_proven_and_paid;
mod a_provider_that_fails_is_slashed_once;
mod a_service_is_paid_per_block_and_to_the_sub_unit;
mod a_vault_shares_what_the_chain_counted;
mod auditors_attest_and_take_back;
mod contracts_run_on_the_real_ctx;
mod every_counter_agrees_with_a_model_of_leases_that_fail;
mod every_door_gives_the_same_answer;
mod golden_bytes_do_not_change;
mod grants_let_others_act_within_limits;
mod hostile_requests_are_refused_at_every_door;
mod lazy_books_agree_with_a_model_that_pays_every_block;
mod others_pay_the_fees_within_limits;
mod random_lives_keep_every_book;
mod sends_move_coins_and_keep_the_supply;
mod state_survives_restart_rollback_and_export;
mod the_beacon_goes_on_whatever_proposers_do;
mod the_house_keeps_its_shape;
mod wallets_find_what_they_probe_for;
mod wallets_sign_in_amino_and_with_several_keys;
mod what_akash_gets_wrong_does_not_happen_here;
mod what_closed_long_ago_leaves_the_state;
mod what_wallets_stumble_over_is_not_there;
