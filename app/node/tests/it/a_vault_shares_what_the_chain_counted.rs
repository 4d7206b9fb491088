//! The counter of verified revenue drives a vault: what its holders get, when, and that looking often changes nothing.
//!
//! A vault is a payee like any other. It reads its counter in whole units, as contracts do, before every change of its
//! shares, and withdraws when somebody claims. Shares and amounts are those of the acceptance table, and so are rates and
//! heights where it has any.

use crate::{
    a_job_is_bid_for_proven_and_paid::register, a_service_is_paid_per_block_and_to_the_sub_unit::*, chain::*,
    sends_move_coins_and_keep_the_supply::send, vault::Vault,
};
use aliquot_proto::{escrow::v1 as escrow, market::v1 as market};

/// The account that stands for the vault.
const VAULT: &str = "alice";

/// A lease from block 100 on that pays the vault `rate` units per block as long as the deposit lasts.
fn paying_at_100(rate: u128, deposit: u128) -> TestChain {
    let mut chain = TestChain::from_genesis(&plain(0));
    let device = register(&mut chain, "provider", 1_000_000_000);
    let lease = id(7, 1, "provider");
    to_height(&mut chain, 97);
    chain.run(&key("tenant"), &create(7, &[rate * SUB], deposit));
    let payees = vec![market::Payee { address: key(VAULT).address().into(), weight: 1 }];
    chain.run(&key("provider"), &market::MsgCreateBid { payees, ..bid(&lease, &device, rate * SUB) });
    accept(&mut chain, &lease);
    assert_eq!(chain.height, 100);
    chain
}

/// The counter as the vault reads it.
fn verified(chain: &TestChain) -> u128 {
    counter(chain, VAULT) / SUB
}

/// 250 shares are A's, 750 are B's.
fn shared(fees: &[(&'static str, u128)]) -> Vault {
    let mut vault = Vault::new(fees);
    vault.mint("A", 250);
    vault.mint("B", 750);
    vault
}

fn claimable<const N: usize>(vault: &Vault, chain: &TestChain, who: [&'static str; N]) -> [u128; N] {
    who.map(|who| vault.claimable(who, verified(chain)))
}

#[test]
fn two_holders_share_a_million_and_the_vault_keeps_what_is_not_claimed() {
    // Case 1.
    let mut chain = paying_at_100(10_000, 1_000_000);
    let mut vault = shared(&[]);
    to_height(&mut chain, 200);
    vault.sync(verified(&chain));
    assert_eq!((vault.claim("A"), vault.claimable("B", verified(&chain))), (250_000, 750_000));
    let holder = key("bob").address().to_string();
    let (vault_had, holder_had) = (chain.balance(key(VAULT).address()), chain.balance(&holder));
    chain.run(&key(VAULT), &escrow::MsgWithdraw { payee: key(VAULT).address().into(), denom: "ualq".into() });
    chain.run(&key(VAULT), &send(VAULT, "bob", 250_000));
    assert_eq!(chain.balance(&holder), holder_had + 250_000);
    assert_eq!(chain.balance(key(VAULT).address()), vault_had + 750_000 - 2 * FEE);
    // The lease ended at 200 with its deposit.
    chain.blocks(20);
    assert_eq!(claimable(&vault, &chain, ["A", "B"]), [0, 750_000]);
    assert!(vault.is_conserved());
}

#[test]
fn fees_come_off_before_the_holders_and_their_remainder_is_kept() {
    // Case 2.
    let fees = [("platform", 200), ("operator", 1_000), ("reserve", 500)];
    for (rate, blocks, platform, holders) in [(10_000, 100, 20_000, 830_000), (37_037, 27, 19_999, 830_000)] {
        let mut chain = paying_at_100(rate, rate * blocks);
        let mut vault = shared(&fees);
        to_height(&mut chain, 100 + blocks as u64);
        vault.sync(verified(&chain));
        vault.pay_fees();
        let paid = ["platform", "operator", "reserve"].map(|name| vault.fees_paid[name]);
        assert_eq!(paid, [platform, 100_000, 50_000]);
        assert_eq!(claimable(&vault, &chain, ["A", "B"]), [holders / 4, holders * 3 / 4]);
        assert!(vault.is_conserved());
    }
}

#[test]
fn who_claims_often_gets_what_who_claims_once_gets() {
    // Case 3: 100 three times over, to three shares.
    let mut chain = paying_at_100(10, 300);
    let mut vault = Vault::new(&[]);
    ["A", "B", "C"].into_iter().for_each(|who| vault.mint(who, 1));
    let claims = [110, 120, 130].map(|height| {
        to_height(&mut chain, height);
        vault.sync(verified(&chain));
        vault.claim("A")
    });
    assert_eq!(claims, [33, 33, 34]);
    assert_eq!((vault.claim("B"), vault.claim("C")), (100, 100));
    assert!(vault.is_conserved());
}

#[test]
fn a_transfer_takes_nothing_that_was_earned_before_it() {
    // Case 4: a million, the transfer, another million.
    let mut chain = paying_at_100(10_000, 2_000_000);
    let mut vault = shared(&[]);
    to_height(&mut chain, 200);
    vault.sync(verified(&chain));
    vault.transfer("A", "C", 150);
    to_height(&mut chain, 300);
    assert_eq!(claimable(&vault, &chain, ["A", "B", "C"]), [350_000, 1_500_000, 150_000]);
}

#[test]
fn revenue_from_before_the_first_share_is_the_first_holder_s() {
    // Case 5: 500 without shares, 500 with.
    let mut chain = paying_at_100(5, 1_000);
    let mut vault = Vault::new(&[]);
    to_height(&mut chain, 200);
    vault.sync(verified(&chain));
    vault.mint("A", 100);
    to_height(&mut chain, 300);
    vault.sync(verified(&chain));
    assert_eq!(vault.claim("A"), 1_000);
    assert!(vault.is_conserved());
}

#[test]
fn a_query_shows_what_a_claim_in_that_block_pays() {
    // Case 6.
    let mut chain = paying_at_100(15, 15_000);
    let mut vault = shared(&[]);
    to_height(&mut chain, 200);
    assert_eq!(claimable(&vault, &chain, ["A"]), [375]);
    vault.sync(verified(&chain));
    assert_eq!(vault.claim("A"), 375);
    for (height, more) in [(201, 3), (204, 15)] {
        to_height(&mut chain, height);
        assert_eq!(claimable(&vault, &chain, ["A"]), [more]);
    }
}

#[test]
fn shares_that_change_hands_in_the_middle_of_a_lease_earn_from_then_on() {
    // Case 10.
    let mut chain = paying_at_100(15, 15_000);
    let mut vault = shared(&[]);
    let mut unsynced = vault.clone();
    to_height(&mut chain, 150);
    vault.sync(verified(&chain));
    vault.transfer("A", "C", 150);
    unsynced.transfer("A", "C", 150);
    to_height(&mut chain, 200);
    assert_eq!(claimable(&vault, &chain, ["A", "B", "C"]), [262, 1_125, 112]);
    // A vault that did not look at the transfer would hand over what A had earned.
    assert_eq!(claimable(&unsynced, &chain, ["A", "B", "C"]), [150, 1_125, 225]);
    to_height(&mut chain, 204);
    assert_eq!(claimable(&vault, &chain, ["A", "B", "C"]), [268, 1_170, 121]);
    vault.sync(verified(&chain));
    assert!(vault.is_conserved());
}

#[test]
fn nobody_erases_fees_by_looking_in_every_block() {
    // Case 41.
    let mut chain = paying_at_100(15, 15_000);
    let (mut often, mut once) = (shared(&[("platform", 200)]), shared(&[("platform", 200)]));
    for height in 101..=1_100 {
        to_height(&mut chain, height);
        often.sync(verified(&chain));
        assert!(often.is_conserved());
    }
    once.sync(verified(&chain));
    assert_eq!([often.fee_pool, once.fee_pool], [300, 300]);
    assert_eq!(claimable(&often, &chain, ["A", "B"]), claimable(&once, &chain, ["A", "B"]));
    // The lease ran from 100 to the end of its deposit.
    assert_eq!(verified(&chain), 15_000);
}

#[test]
fn every_history_of_a_vault_conserves_all_that_came_in() {
    use proptest::{prelude::*, test_runner::TestRunner};
    const WHO: [&str; 5] = ["A", "B", "C", "D", "E"];
    let amount = prop_oneof![0..100u128, Just(1_000_000), Just(1_000_000_000_000_007), 0..1u128 << 64];
    let op = (0..6u8, 0..5usize, 0..5usize, amount);
    let fees = (0..500u128, 0..2_000u128);
    let mut runner = TestRunner::new(ProptestConfig { cases: 400, ..ProptestConfig::default() });
    let history = (fees, prop::collection::vec(op, 1..120));
    let outcome = runner.run(&history, |((platform, operator), ops)| {
        let (mut vault, mut counter) = (Vault::new(&[("platform", platform), ("operator", operator)]), 0u128);
        for (kind, a, b, amount) in ops {
            let (a, b) = (WHO[a], WHO[b]);
            let some = if vault.shares(a) == 0 { 0 } else { amount % (vault.shares(a) + 1) };
            match kind {
                0 => vault.mint(a, amount >> 8),
                1 => vault.burn(a, some),
                2 => vault.transfer(a, b, some),
                3 => {
                    counter += amount;
                    let shown = vault.claimable(a, counter);
                    vault.sync(counter);
                    prop_assert_eq!(vault.claim(a), shown);
                }
                4 => {
                    counter += amount;
                    vault.sync(counter);
                    vault.pay_fees();
                }
                _ => drop(vault.claim(a)),
            }
            prop_assert!(vault.is_conserved());
        }
        Ok(())
    });
    outcome.unwrap();
}
