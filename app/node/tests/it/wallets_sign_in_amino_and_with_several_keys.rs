//! SIGN_MODE_LEGACY_AMINO_JSON and legacy multisigs, held against what CosmJS 0.39 makes of the same keys and messages.

use crate::chain::{CHAIN_ID, FEE, FUNDS, GAS, TestChain, coin, key};
use aliquot_client::{Key, TxBuilder, tx::SignerData};
use aliquot_proto::{
    Any,
    cosmos::{
        auth::v1beta1 as auth,
        bank::v1beta1::MsgSend,
        crypto::multisig::{
            LegacyAminoPubKey,
            v1beta1::{CompactBitArray, MultiSignature},
        },
        tx::v1beta1::{
            AuthInfo, Fee, ModeInfo, SignerInfo, SimulateRequest, SimulateResponse, TxRaw,
            mode_info::{Multi, Single, Sum},
        },
    },
    deployment::v1 as deployment,
    provider::v1 as provider,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use prost::Message;

fn send(from: &str, to: &str, amount: u128) -> MsgSend {
    MsgSend { from_address: from.into(), to_address: to.into(), amount: vec![coin(amount)] }
}

/// Keys of 32 equal bytes, as in the vectors.
fn vector_key(byte: u8) -> Key {
    Key::from_secret(&[byte; 32]).unwrap()
}

/// The 2-of-3 of these keys; `pubkeyToAddress(createMultisigThresholdPubkey(keys, 2, true), "aliquot")` of CosmJS.
const MULTISIG: &str = "aliquot1896yggmlu07f0cgd8jrc8mfn2rslkjm8rsyz9p";

#[test]
fn a_document_and_its_signature_are_those_of_cosmjs() {
    let [from, to] = [1, 2].map(vector_key);
    let msg = send(from.address(), to.address(), 12);
    let builder = TxBuilder::new().msg(&msg).memo("a <b> & \"c\" é \u{2028} \n").gas_limit(200_000).fee(coin(5_000));
    let signer = SignerData { chain_id: "aliquot-test-1".into(), account_number: 7, sequence: 9 };
    let expected = concat!(
        r#"{"account_number":"7","chain_id":"aliquot-test-1","fee":{"amount":[{"amount":"5000","denom":"ualq"}],"gas":"200000"},"#,
        r#""memo":"a \u003cb\u003e \u0026 \"c\" é "#,
        "\u{2028}",
        r#" \n","msgs":[{"type":"cosmos-sdk/MsgSend","value":{"amount":[{"amount":"12","denom":"ualq"}],"#,
        r#""from_address":"aliquot10xcqpzrky6eff2g52qdye53xkk9jxkvr5607zx","to_address":"aliquot1a0qwuze2h85zw7nqpsj3ga0z9geyrgwpz9jsct"}}],"#,
        r#""sequence":"9"}"#
    );
    assert_eq!(String::from_utf8(builder.amino_doc(&signer).unwrap()).unwrap(), expected);
    let signed = TxRaw::decode(builder.sign_amino(&from, &signer).unwrap().bytes.as_slice()).unwrap();
    let cosmjs = "JDbwNiAUDdSzf8fFm52XqHjWNGwPI+3aMbPvlcuEM1QBC/OHb1/ND4ik0wCLaEO85K749x3YTz5iVjKti+Endg==";
    assert_eq!(STANDARD.encode(&signed.signatures[0]), cosmjs);
}

impl TestChain {
    fn signer(&self, key: &Key, sequence: u64) -> SignerData {
        SignerData { chain_id: CHAIN_ID.into(), account_number: self.account(key).account_number, sequence }
    }

    fn amino(&self, key: &Key, builder: TxBuilder, sequence: u64) -> Vec<u8> {
        builder.gas_limit(GAS).fee(coin(FEE)).sign_amino(key, &self.signer(key, sequence)).unwrap().bytes
    }
}

#[test]
fn what_is_signed_in_amino_is_taken_as_what_is_signed_direct() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let (alice, bob) = (key("alice"), key("bob"));
    let msg = send(alice.address(), bob.address(), 9);
    // Wallets escape the memo before they sign it, so a node escapes the backslash once more.
    let escaped = r"hello \u003camino\u003e \u0026 more <&> é";
    let with_memo = TxBuilder::new().msg(&msg).memo(escaped).timeout_height(1_000);
    let tx = chain.amino(&alice, with_memo, 0);
    assert_eq!(chain.check_tx(&tx).code, 0, "{}", chain.check_tx(&tx).log);
    let result = chain.block(vec![tx]).remove(0);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(chain.balance(bob.address()), FUNDS + 9);
    // Messages of our own, in one transaction, and the other mode after it with the same key.
    let host_uri = "http://127.0.0.1:8080".into();
    let create = provider::MsgCreateProvider { owner: bob.address().into(), host_uri, ..Default::default() };
    let beat = provider::MsgHeartbeat { signer: bob.address().into(), provider: bob.address().into() };
    let tx = chain.amino(&bob, TxBuilder::new().msg(&create).msg(&beat), 0);
    let result = chain.block(vec![tx]).remove(0);
    assert_eq!(result.code, 0, "{}", result.log);
    let direct = chain.tx_at(&bob, TxBuilder::new().msg(&beat), 1);
    assert_eq!(chain.block(vec![direct]).remove(0).code, 0);
}

#[test]
fn a_changed_transaction_is_not_what_was_signed_in_amino() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let (alice, bob) = (key("alice"), key("bob"));
    let builder = TxBuilder::new().msg(&send(alice.address(), bob.address(), 9)).memo("m").timeout_height(1_000);
    let good = TxRaw::decode(chain.amino(&alice, builder.clone(), 0).as_slice()).unwrap();
    let body = |b: TxBuilder| TxRaw { body_bytes: b.body().encode_to_vec(), ..good.clone() };
    let auth = |change: fn(&mut AuthInfo)| {
        let mut auth = AuthInfo::decode(good.auth_info_bytes.as_slice()).unwrap();
        change(&mut auth);
        TxRaw { auth_info_bytes: auth.encode_to_vec(), ..good.clone() }
    };
    let mut options = builder.clone().body();
    options.non_critical_extension_options =
        vec![Any { type_url: "/cosmos.bank.v1beta1.MsgSend".into(), value: vec![] }];
    let other = |amount| TxBuilder::new().msg(&send(alice.address(), bob.address(), amount)).timeout_height(1_000);
    let cases = [
        ("sdk", 4, body(other(10).memo("m"))),
        ("sdk", 4, body(other(9).memo("n"))),
        ("sdk", 4, body(builder.clone().timeout_height(1_001))),
        ("sdk", 4, auth(|auth| auth.fee.as_mut().unwrap().gas_limit -= 1)),
        ("sdk", 4, auth(|auth| auth.fee.as_mut().unwrap().amount = vec![coin(FEE - 1)])),
        ("sdk", 4, TxRaw { signatures: vec![vec![1; 64]], ..good.clone() }),
        ("sdk", 18, TxRaw { body_bytes: options.encode_to_vec(), ..good.clone() }),
    ];
    for (index, (space, code, tx)) in cases.into_iter().enumerate() {
        let answer = chain.check_tx(&tx.encode_to_vec());
        assert_eq!((answer.codespace.as_str(), answer.code), (space, code), "case {index}: {}", answer.log);
    }
    let direct = builder.gas_limit(GAS).fee(coin(FEE)).sign(&alice, &chain.signer(&alice, 0));
    let direct = TxRaw::decode(direct.bytes.as_slice()).unwrap().signatures;
    let mixed = TxRaw { signatures: direct, ..good.clone() };
    assert_eq!(chain.check_tx(&mixed.encode_to_vec()).code, 4, "a direct signature under the amino mode");
    assert_eq!(chain.check_tx(&good.encode_to_vec()).code, 0);
}

/// What a 2-of-3 account sends, signed by some of its keys.
struct Multisig {
    keys: [Key; 3],
}

impl Multisig {
    fn public_key(&self) -> Any {
        let public_keys = self.keys.iter().map(Key::public_key_any).collect();
        aliquot_client::any(&LegacyAminoPubKey { threshold: 2, public_keys })
    }

    fn tx(&self, chain: &TestChain, msg: &MsgSend, sequence: u64, signers: &[usize]) -> TxRaw {
        let builder = TxBuilder::new().msg(msg).gas_limit(GAS).fee(coin(FEE));
        let request = auth::QueryAccountInfoRequest { address: MULTISIG.into() };
        let account: auth::QueryAccountInfoResponse = chain.query("/cosmos.auth.v1beta1.Query/AccountInfo", &request);
        let account_number = account.info.unwrap().account_number;
        let doc = builder.amino_doc(&SignerData { chain_id: CHAIN_ID.into(), account_number, sequence }).unwrap();
        let signatures = signers.iter().map(|place| self.keys[*place].sign(&doc).to_vec()).collect();
        let bits = signers.iter().fold(0u8, |bits, place| bits | 0x80 >> place);
        let amino = ModeInfo { sum: Some(Sum::Single(Single { mode: 127 })) };
        let multi = Multi {
            bitarray: Some(CompactBitArray { extra_bits_stored: 3, elems: vec![bits] }),
            mode_infos: vec![amino; signers.len()],
        };
        let info = SignerInfo {
            public_key: Some(self.public_key()),
            mode_info: Some(ModeInfo { sum: Some(Sum::Multi(multi)) }),
            sequence,
        };
        let auth_info = AuthInfo { signer_infos: vec![info], fee: Some(builder.wire_fee()), ..AuthInfo::default() };
        TxRaw {
            body_bytes: builder.body().encode_to_vec(),
            auth_info_bytes: auth_info.encode_to_vec(),
            signatures: vec![MultiSignature { signatures }.encode_to_vec()],
        }
    }
}

#[test]
fn two_of_three_keys_move_what_is_theirs_and_one_does_not() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &send(key("alice").address(), MULTISIG, 1_000_000));
    let house = Multisig { keys: [1, 2, 3].map(vector_key) };
    let msg = send(MULTISIG, key("bob").address(), 100);
    let refused = |tx: &TxRaw| {
        let answer = chain.check_tx(&tx.encode_to_vec());
        (answer.codespace, answer.code)
    };
    let unauthorized = ("sdk".to_string(), 4);
    assert_eq!(refused(&house.tx(&chain, &msg, 0, &[1])), unauthorized, "one of three");
    assert_eq!(refused(&house.tx(&chain, &msg, 0, &[1, 0])), unauthorized, "signatures in another order than the keys");
    assert_eq!(refused(&house.tx(&chain, &msg, 0, &[])), unauthorized, "nobody");
    assert_eq!(refused(&house.tx(&chain, &msg, 1, &[0, 1])), ("sdk".into(), 32), "a sequence to come");
    let good = house.tx(&chain, &msg, 0, &[0, 2]);
    let mut twice = good.clone();
    let mut signatures = MultiSignature::decode(twice.signatures[0].as_slice()).unwrap();
    signatures.signatures[1] = signatures.signatures[0].clone();
    twice.signatures = vec![signatures.encode_to_vec()];
    assert_eq!(refused(&twice), unauthorized, "one key for two");
    let mut lower = AuthInfo::decode(good.auth_info_bytes.as_slice()).unwrap();
    let public_keys = house.keys.iter().map(Key::public_key_any).collect();
    lower.signer_infos[0].public_key = Some(aliquot_client::any(&LegacyAminoPubKey { threshold: 1, public_keys }));
    let lower = TxRaw { auth_info_bytes: lower.encode_to_vec(), ..good.clone() };
    assert_eq!(refused(&lower), ("sdk".into(), 8), "another threshold is another account");

    for (sequence, signers) in [&[0, 2][..], &[0, 1], &[0, 1, 2]].into_iter().enumerate() {
        let tx = house.tx(&chain, &msg, sequence as u64, signers);
        let result = chain.block(vec![tx.encode_to_vec()]).remove(0);
        assert_eq!(result.code, 0, "{signers:?}: {}", result.log);
    }
    assert_eq!(chain.balance(key("bob").address()), FUNDS + 300);
    assert_eq!(chain.balance(MULTISIG), 1_000_000 - 3 * (100 + FEE));
}

#[test]
fn a_deployment_in_amino_is_the_deployment() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let tenant = key("tenant");
    let job = deployment::JobSpec { kernel: "RENDER_Q16".into(), input: b"size 8 8\n".to_vec(), ..Default::default() };
    let group = deployment::GroupSpec {
        name: "g".into(),
        job: Some(job),
        max_price: Some(coin(1_000_000)),
        ..Default::default()
    };
    let msg = deployment::MsgCreateDeployment {
        owner: tenant.address().into(),
        dseq: 1,
        groups: vec![group],
        hash: vec![1; 32],
        deposit: Some(coin(2_000_000)),
        ..Default::default()
    };
    let tx = chain.amino(&tenant, TxBuilder::new().msg(&msg), 0);
    let answer = chain.check_tx(&tx);
    assert_eq!(answer.code, 0, "{}", answer.log);
    let result = chain.block(vec![tx]).remove(0);
    assert!(result.code == 0 || result.codespace != "sdk", "{}", result.log);
}

/// CosmJS leaves out signature and fee, Keplr the key too; both add a third or so to what they hear.
#[test]
fn what_a_simulation_says_is_what_the_transaction_uses() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let (alice, fresh) = (key("alice"), key("somebody new"));
    for (sequence, to) in [key("bob").address(), fresh.address(), fresh.address()].into_iter().enumerate() {
        let msg = send(alice.address(), to, 9);
        let simulated = |with_key: bool, mode: i32| {
            let mode_info = Some(ModeInfo { sum: Some(Sum::Single(Single { mode })) });
            let public_key = with_key.then(|| alice.public_key_any());
            let info = SignerInfo { public_key, mode_info, sequence: sequence as u64 };
            let auth_info = AuthInfo { signer_infos: vec![info], fee: Some(Fee::default()), ..AuthInfo::default() };
            let tx = TxRaw {
                body_bytes: TxBuilder::new().msg(&msg).body().encode_to_vec(),
                auth_info_bytes: auth_info.encode_to_vec(),
                signatures: vec![if with_key { vec![] } else { vec![0; 64] }],
            };
            let request = SimulateRequest { tx_bytes: tx.encode_to_vec(), ..Default::default() };
            let answer: SimulateResponse = chain.query("/cosmos.tx.v1beta1.Service/Simulate", &request);
            answer.gas_info.unwrap().gas_used
        };
        let said = [simulated(true, 0), simulated(true, 1), simulated(false, 127)];
        let used = chain.run(&alice, &msg).gas_used as u64;
        for said in said {
            assert!((used..=used + used / 10).contains(&said), "said {said}, used {used}");
        }
    }
}
