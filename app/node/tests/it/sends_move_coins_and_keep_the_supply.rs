//! `bank`: sends, multi-sends, fees; what fails leaves only its fee.

use crate::chain::*;
use aliquot_client::TxBuilder;
use aliquot_proto::cosmos::bank::v1beta1 as bank;
use aliquot_sdk::Address;

pub fn send(from: &str, to: &str, amount: u128) -> bank::MsgSend {
    bank::MsgSend {
        from_address: key(from).address().into(),
        to_address: key(to).address().into(),
        amount: vec![coin(amount)],
    }
}

#[test]
fn a_send_moves_the_amount_and_the_fee() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &send("alice", "bob", 1_000));
    assert_eq!(chain.balance(key("alice").address()), FUNDS - 1_000 - FEE);
    assert_eq!(chain.balance(key("bob").address()), FUNDS + 1_000);
    assert_eq!(chain.balance(&Address::module("fee_collector").to_string()), FEE);
}

#[test]
fn a_send_to_a_new_address_makes_its_account() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &send("alice", "newcomer", 10_000_000));
    assert_eq!(chain.account(&key("newcomer")).sequence, 0);
    chain.run(&key("newcomer"), &send("newcomer", "bob", 1));
    assert_eq!(chain.account(&key("newcomer")).sequence, 1);
}

#[test]
fn a_failing_message_keeps_fee_and_sequence_and_nothing_else() {
    let mut chain = TestChain::new();
    let two = TxBuilder::new().msg(&send("alice", "bob", 7)).msg(&send("alice", "bob", FUNDS));
    let tx = chain.tx(&key("alice"), two);
    let result = chain.block(vec![tx]).remove(0);
    assert_eq!((result.codespace.as_str(), result.code), ("sdk", 5));
    assert_eq!(chain.balance(key("alice").address()), FUNDS - FEE);
    assert_eq!(chain.balance(key("bob").address()), FUNDS);
    assert_eq!(chain.account(&key("alice")).sequence, 1);
    let moved = result.events.iter().filter(|e| e.r#type == "transfer").count();
    assert_eq!(moved, 1, "only the fee may show as a transfer: {:?}", result.events);
}

#[test]
fn many_sends_of_one_key_fit_one_block_in_order() {
    let mut chain = TestChain::new();
    let small = |i: u128| TxBuilder::new().msg(&send("alice", "bob", 1 + i)).gas_limit(200_000).fee(coin(FEE));
    let txs: Vec<_> = (0..50).map(|i| chain.tx(&key("alice"), small(i))).collect();
    for tx in &txs {
        assert_eq!(chain.check_tx(tx).code, 0);
    }
    assert!(chain.block(txs).iter().all(|result| result.code == 0));
    assert_eq!(chain.balance(key("bob").address()), FUNDS + (1..=50).sum::<u128>());
}

#[test]
fn signatures_remembered_and_signatures_cold_give_the_same_block() {
    let (mut warm, mut cold) = (TestChain::new(), TestChain::new());
    let build = |chain: &mut TestChain| -> Vec<Vec<u8>> {
        (0..20).map(|i| chain.tx(&key("alice"), TxBuilder::new().msg(&send("alice", "bob", 1 + i)))).collect()
    };
    let (a, b) = (build(&mut warm), build(&mut cold));
    assert_eq!(a, b);
    for tx in &a {
        assert_eq!(warm.check_tx(tx).code, 0);
    }
    assert_eq!(warm.block(a), cold.block(b));
    assert_eq!(warm.last.app_hash, cold.last.app_hash);
}

#[test]
fn modules_accounts_take_no_plain_sends() {
    let mut chain = TestChain::new();
    for name in aliquot::modules::auth::MODULE_ACCOUNTS {
        let to_address = Address::module(name).to_string();
        let msg = bank::MsgSend { to_address, ..send("alice", "bob", 5) };
        assert_eq!(chain.fails(&key("alice"), &msg), ("sdk".into(), 4), "{name}");
    }
}
