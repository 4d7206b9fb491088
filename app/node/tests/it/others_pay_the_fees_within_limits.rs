//! Fee grants: basic, periodic and for some messages alone; and payers who sign themselves.

use crate::chain::{CHAIN_ID, FEE, FUNDS, GAS, TestChain, coin, key, time_of};
use aliquot_client::{Key, TxBuilder, any};
use aliquot_proto::{
    Any, Timestamp,
    cosmos::{
        bank::v1beta1::{MsgMultiSend, MsgSend},
        feegrant::v1beta1 as feegrant,
        tx::v1beta1::{
            AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxRaw,
            mode_info::{Single, Sum},
        },
    },
    tendermint::google::protobuf::Duration,
};
use prost::{Message, Name};
use serde_json::json;

fn send(from: &Key, amount: u128) -> MsgSend {
    MsgSend { from_address: from.address().into(), to_address: key("bob").address().into(), amount: vec![coin(amount)] }
}

fn grant(allowance: Any) -> feegrant::MsgGrantAllowance {
    let (granter, grantee) = (key("alice").address().into(), key("poor").address().into());
    feegrant::MsgGrantAllowance { granter, grantee, allowance: Some(allowance) }
}

fn basic(limit: u128, expiration: Option<Timestamp>) -> feegrant::BasicAllowance {
    let spend_limit = if limit == 0 { vec![] } else { vec![coin(limit)] };
    feegrant::BasicAllowance { spend_limit, expiration }
}

/// A chain on which somebody holds ten units and no more.
fn chain() -> TestChain {
    let mut chain = TestChain::new();
    let gift = MsgSend {
        from_address: key("tenant").address().into(),
        to_address: key("poor").address().into(),
        amount: vec![coin(10)],
    };
    chain.run(&key("tenant"), &gift);
    chain
}

impl TestChain {
    /// Sends one unit of the poor one's, with the fee on another's account.
    fn on_account_of(&mut self, granter: &Key, msg: &impl Name) -> (String, u32) {
        let mut builder = TxBuilder::new().msg(msg).gas_limit(GAS).fee(coin(FEE));
        builder.fee_granter = granter.address().into();
        let sequence = self.account(&key("poor")).sequence;
        let tx = self.tx_at(&key("poor"), builder, sequence);
        let result = self.block(vec![tx]).remove(0);
        (result.codespace, result.code)
    }

    fn allowance(&self) -> Option<Any> {
        let request = feegrant::QueryAllowanceRequest {
            granter: key("alice").address().into(),
            grantee: key("poor").address().into(),
        };
        let answer = self.try_query("/cosmos.feegrant.v1beta1.Query/Allowance", &request, 0);
        if answer.code != 0 {
            assert_eq!((answer.codespace.as_str(), answer.code), ("sdk", 38), "{}", answer.log);
            return None;
        }
        let answer: feegrant::QueryAllowanceResponse = prost::Message::decode(answer.value).unwrap();
        answer.allowance.unwrap().allowance
    }
}

const OK: (&str, u32) = ("", 0);

fn is(answer: &(String, u32), expected: (&str, u32)) {
    assert_eq!((answer.0.as_str(), answer.1), expected);
}

#[test]
fn a_limit_is_worn_out_and_then_the_grant_is_gone() {
    let (mut chain, alice, poor) = (chain(), key("alice"), key("poor"));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("sdk", 38));
    chain.run(&alice, &grant(any(&basic(2 * FEE, None))));
    assert_eq!(chain.fails(&alice, &grant(any(&basic(1, None)))), ("sdk".into(), 18), "there is one already");
    is(&chain.on_account_of(&key("tenant"), &send(&poor, 1)), ("sdk", 38));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    assert_eq!(chain.allowance(), Some(any(&basic(FEE, None))));
    // What a transaction fails of later does not give the fee back, and wears the grant out.
    is(&chain.on_account_of(&alice, &send(&poor, 100)), ("sdk", 5));
    assert_eq!(chain.allowance(), None);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("sdk", 38));
    assert_eq!(chain.balance(poor.address()), 9);
    assert_eq!(chain.balance(alice.address()), FUNDS - 4 * FEE, "two transactions of its own, two of another's");
}

#[test]
fn a_fee_above_what_is_left_is_refused_and_takes_nothing() {
    let (mut chain, alice, poor) = (chain(), key("alice"), key("poor"));
    chain.run(&alice, &grant(any(&basic(FEE - 1, None))));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("feegrant", 2));
    assert_eq!(chain.allowance(), Some(any(&basic(FEE - 1, None))));
    assert_eq!(chain.balance(poor.address()), 10);
    let revoke = feegrant::MsgRevokeAllowance { granter: alice.address().into(), grantee: poor.address().into() };
    chain.run(&alice, &revoke);
    assert_eq!(chain.fails(&alice, &revoke), ("sdk".into(), 38));
    chain.run(&alice, &grant(any(&basic(0, None))));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    assert_eq!(chain.allowance(), Some(any(&basic(0, None))), "without a limit nothing is worn out");
}

#[test]
fn an_expired_grant_pays_nothing_and_leaves_the_state() {
    let (mut chain, alice, poor) = (chain(), key("alice"), key("poor"));
    assert_eq!(chain.fails(&alice, &grant(any(&basic(0, Some(time_of(1)))))), ("sdk".into(), 18));
    let until = chain.height + 2;
    chain.run(&alice, &grant(any(&basic(0, Some(time_of(until))))));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("feegrant", 3));
    chain.blocks(10 - chain.height);
    assert_eq!(chain.allowance(), None);
    assert_eq!(chain.export()["feegrant"], json!({"allowances": []}));
}

#[test]
fn a_period_has_its_own_limit_and_begins_again() {
    let (mut chain, alice, poor) = (chain(), key("alice"), key("poor"));
    let mut periodic = feegrant::PeriodicAllowance {
        basic: Some(basic(5 * FEE, None)),
        period: Some(Duration { seconds: 5, nanos: 0 }),
        period_spend_limit: vec![coin(2 * FEE)],
        ..Default::default()
    };
    let wrong = feegrant::PeriodicAllowance { period: None, ..periodic.clone() };
    assert_eq!(chain.fails(&alice, &grant(any(&wrong))), ("feegrant".into(), 4));
    let at = chain.height + 1;
    chain.run(&alice, &grant(any(&periodic)));
    periodic.period_can_spend = vec![coin(2 * FEE)];
    periodic.period_reset = Some(time_of(at + 5));
    assert_eq!(chain.allowance(), Some(any(&periodic)));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("feegrant", 2));
    chain.blocks(at + 4 - chain.height);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    periodic.basic = Some(basic(2 * FEE, None));
    periodic.period_can_spend = vec![coin(FEE)];
    periodic.period_reset = Some(time_of(at + 10));
    assert_eq!(chain.allowance(), Some(any(&periodic)));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    chain.blocks(20);
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    assert_eq!(chain.allowance(), None, "the whole is spent");
}

#[test]
fn an_allowance_may_be_for_some_messages_alone() {
    let (mut chain, alice, poor) = (chain(), key("alice"), key("poor"));
    let allowed = |urls: Vec<String>| {
        any(&feegrant::AllowedMsgAllowance { allowance: Some(any(&basic(2 * FEE, None))), allowed_messages: urls })
    };
    assert_eq!(chain.fails(&alice, &grant(allowed(vec![]))), ("feegrant".into(), 6));
    chain.run(&alice, &grant(allowed(vec![MsgMultiSend::type_url()])));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), ("feegrant", 7));
    let revoke = feegrant::MsgRevokeAllowance { granter: alice.address().into(), grantee: poor.address().into() };
    chain.run(&alice, &revoke);
    chain.run(&alice, &grant(allowed(vec![MsgSend::type_url()])));
    is(&chain.on_account_of(&alice, &send(&poor, 1)), OK);
    let list = |path: &str, granter: bool| {
        let address = if granter { alice.address() } else { poor.address() };
        let request = feegrant::QueryAllowancesRequest { grantee: address.into(), pagination: None };
        let answer: feegrant::QueryAllowancesResponse = chain.query(path, &request);
        answer.allowances.len()
    };
    assert_eq!(list("/cosmos.feegrant.v1beta1.Query/Allowances", false), 1);
    assert_eq!(list("/cosmos.feegrant.v1beta1.Query/Allowances", true), 0);
    assert_eq!(list("/cosmos.feegrant.v1beta1.Query/AllowancesByGranter", true), 1);
}

#[test]
fn a_grant_to_oneself_and_what_is_no_allowance_are_refused() {
    let (mut chain, alice) = (chain(), key("alice"));
    let own = feegrant::MsgGrantAllowance { grantee: alice.address().into(), ..grant(any(&basic(1, None))) };
    assert_eq!(chain.fails(&alice, &own), ("sdk".into(), 7));
    let none = feegrant::MsgGrantAllowance { allowance: None, ..grant(any(&basic(1, None))) };
    assert_eq!(chain.fails(&alice, &none), ("sdk".into(), 29));
    assert_eq!(chain.fails(&alice, &grant(any(&send(&alice, 1)))), ("sdk".into(), 29));
    let nested = any(&feegrant::AllowedMsgAllowance {
        allowance: Some(any(&feegrant::AllowedMsgAllowance::default())),
        allowed_messages: vec!["/a.B".into()],
    });
    assert_eq!(chain.fails(&alice, &grant(nested)), ("sdk".into(), 29));
}

/// The payer comes after those whom the messages name, and signs like them.
#[test]
fn a_payer_who_signs_pays_for_another() {
    let (mut chain, poor, alice) = (chain(), key("poor"), key("alice"));
    let body_bytes = TxBuilder::new().msg(&send(&poor, 1)).body().encode_to_vec();
    let direct = ModeInfo { sum: Some(Sum::Single(Single { mode: 1 })) };
    let info = |key: &Key| SignerInfo {
        public_key: Some(key.public_key_any()),
        mode_info: Some(direct.clone()),
        sequence: chain.account(key).sequence,
    };
    let fee = Fee { amount: vec![coin(FEE)], gas_limit: GAS, payer: alice.address().into(), granter: String::new() };
    let signer_infos = vec![info(&poor), info(&alice)];
    let auth_info_bytes = AuthInfo { signer_infos, fee: Some(fee), ..AuthInfo::default() }.encode_to_vec();
    let sign = |key: &Key| {
        let doc = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: CHAIN_ID.into(),
            account_number: chain.account(key).account_number,
        };
        key.sign(&doc.encode_to_vec()).to_vec()
    };
    let signatures = vec![sign(&poor), sign(&alice)];
    let tx = TxRaw { body_bytes, auth_info_bytes, signatures };
    let unsigned = TxRaw { signatures: vec![tx.signatures[0].clone(), vec![7; 64]], ..tx.clone() };
    assert_eq!(chain.check_tx(&unsigned.encode_to_vec()).code, 4);
    let result = chain.block(vec![tx.encode_to_vec()]).remove(0);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(chain.balance(poor.address()), 9);
    assert_eq!(chain.balance(alice.address()), FUNDS - FEE);
    assert_eq!((chain.account(&poor).sequence, chain.account(&alice).sequence), (1, 1));
}
