//! Hostile and mistaken transactions: each refused with its code, by CheckTx and in a block, with the state unchanged.

use crate::{a_job_is_bid_for_proven_and_paid::*, chain::*, sends_move_coins_and_keep_the_supply::send};
use aliquot_client::{TxBuilder, tx::SignerData};
use aliquot_proto::{
    Any,
    compute::v1 as compute,
    cosmos::{
        bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output},
        tx::v1beta1::{AuthInfo, SignDoc, Tip, TxBody, TxRaw},
    },
    deployment::v1::MsgCreateDeployment,
    escrow::v1::MsgAccountDeposit,
    market::v1 as market,
};
use prost::{Message, Name};
use serde_json::Value;

/// A transaction taken apart, to be changed and signed again.
struct Parts {
    body: TxBody,
    auth: AuthInfo,
    chain_id: String,
    account: u64,
    signer: &'static str,
}

impl Parts {
    fn new(chain: &TestChain, msg: Any) -> Self {
        let signer =
            SignerData { chain_id: CHAIN_ID.into(), account_number: 0, sequence: chain.sequence(&key("alice")) };
        let builder = TxBuilder { msgs: vec![msg], gas_limit: GAS, fee: vec![coin(FEE)], ..TxBuilder::default() };
        let raw = TxRaw::decode(builder.sign(&key("alice"), &signer).bytes.as_slice()).unwrap();
        Parts {
            body: TxBody::decode(raw.body_bytes.as_slice()).unwrap(),
            auth: AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap(),
            chain_id: CHAIN_ID.into(),
            account: chain.account(&key("alice")).account_number,
            signer: "alice",
        }
    }
    fn raw(&self) -> TxRaw {
        self.sign(self.body.encode_to_vec(), self.auth.encode_to_vec())
    }
    /// Signs whatever bytes are given as body and auth info: only their encoding can then be wrong.
    fn sign(&self, body_bytes: Vec<u8>, auth_info_bytes: Vec<u8>) -> TxRaw {
        let (chain_id, account_number) = (self.chain_id.clone(), self.account);
        let doc = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id,
            account_number,
        };
        let signature = key(self.signer).sign(&doc.encode_to_vec()).to_vec();
        TxRaw { body_bytes, auth_info_bytes, signatures: vec![signature] }
    }
    fn bytes(&self) -> Vec<u8> {
        self.raw().encode_to_vec()
    }
}

type Case = (&'static str, (&'static str, u32), Vec<u8>);

fn good(chain: &TestChain) -> Parts {
    Parts::new(chain, aliquot_client::any(&send("alice", "bob", 1)))
}

fn changed(chain: &TestChain, change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = good(chain);
    change(&mut parts);
    parts.bytes()
}

/// n - s: the other spelling of a signature.
fn high_s(signature: &mut [u8]) {
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let mut borrow = 0i32;
    for i in (0..32).rev() {
        let digit = i32::from(order[i]) - i32::from(signature[32 + i]) - borrow;
        borrow = i32::from(digit < 0);
        signature[32 + i] = digit.rem_euclid(256) as u8;
    }
}

fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::bytes::encode(number, &bytes.to_vec(), &mut out);
    out
}

fn encodings(chain: &TestChain) -> Vec<Case> {
    let tx = good(chain);
    let (raw, bytes) = (tx.raw(), tx.bytes());
    let (body, auth) = (raw.body_bytes.clone(), raw.auth_info_bytes.clone());
    let with = |extra: &[u8]| [bytes.as_slice(), extra].concat();
    let msg = tx.body.messages[0].clone();
    let body_of = |messages: Vec<u8>| tx.sign(messages, auth.clone()).encode_to_vec();
    let swapped = [field(2, &auth), field(1, &body), field(3, &raw.signatures[0])].concat();
    let long_varint = {
        let mut out = vec![0x0a, (body.len() & 0x7f) as u8 | 0x80, (body.len() >> 7) as u8 | 0x80, 0];
        out.extend([body.clone(), field(2, &auth), field(3, &raw.signatures[0])].concat());
        out
    };
    let any_with = |value: Vec<u8>| field(1, &Any { type_url: msg.type_url.clone(), value }.encode_to_vec());
    let deep = (0..40)
        .fold(msg.clone(), |inner, _| Any { type_url: "/google.protobuf.Any".into(), value: inner.encode_to_vec() });
    vec![
        ("empty", ("sdk", 18), vec![]),
        ("garbage", ("sdk", 2), vec![0xff; 40]),
        ("cut short", ("sdk", 2), bytes[..bytes.len() - 1].to_vec()),
        ("unknown field in the raw transaction", ("sdk", 2), with(&field(9, b"x"))),
        ("body twice", ("sdk", 2), [field(1, &body), bytes.clone()].concat()),
        (
            "auth info twice",
            ("sdk", 2),
            [field(1, &body), field(2, &auth), field(2, &auth), field(3, &raw.signatures[0])].concat(),
        ),
        ("fields out of order", ("sdk", 2), swapped),
        ("length with a long varint", ("sdk", 2), long_varint),
        ("unknown field in the body", ("sdk", 2), body_of([body.clone(), field(77, b"x")].concat())),
        ("unknown field in a message", ("sdk", 2), body_of(any_with([msg.value.clone(), field(9, b"x")].concat()))),
        (
            "field of a message twice",
            ("sdk", 2),
            body_of(any_with([field(1, b"aliquot1x"), msg.value.clone()].concat())),
        ),
        ("explicit default in the body", ("sdk", 2), body_of([body.clone(), vec![0x18, 0]].concat())),
        ("text that is not UTF-8", ("sdk", 2), body_of([body.clone(), field(2, &[0xff, 0xfe])].concat())),
        (
            "unknown field in the auth info",
            ("sdk", 2),
            tx.sign(body.clone(), [auth.clone(), field(50, b"x")].concat()).encode_to_vec(),
        ),
        ("message nested without end", ("sdk", 2), body_of(field(1, &deep.encode_to_vec()))),
        ("oversized", ("sdk", 21), changed(chain, |p| p.body.memo = "x".repeat(600_000))),
        ("no messages", ("sdk", 18), changed(chain, |p| p.body.messages.clear())),
        (
            "unknown message type",
            ("sdk", 2),
            changed(chain, |p| p.body.messages[0].type_url = "/cosmos.bank.v1beta1.MsgNothing".into()),
        ),
    ]
}

fn antes(chain: &TestChain) -> Vec<Case> {
    let mut cut = good(chain).raw();
    cut.signatures[0].pop();
    let mut flipped = good(chain).raw();
    flipped.signatures[0][40] ^= 1;
    let mut high = good(chain).raw();
    high_s(&mut high.signatures[0]);
    let mut unsigned = good(chain).raw();
    unsigned.signatures.clear();
    let mut twice = good(chain).raw();
    twice.signatures.push(twice.signatures[0].clone());
    let spent = chain.tx_at(&key("alice"), TxBuilder::new().msg(&send("alice", "bob", 1)), 0);
    let stranger = TxBuilder::new().msg(&send("stranger", "bob", 1)).gas_limit(GAS).fee(coin(FEE));
    let signer = SignerData { chain_id: CHAIN_ID.into(), account_number: 0, sequence: 0 };
    let extension = Any { type_url: "/cosmos.bank.v1beta1.MsgSend".into(), value: vec![] };
    vec![
        ("another chain's id", ("sdk", 4), changed(chain, |p| p.chain_id = "aliquot-other-1".into())),
        ("another account's number", ("sdk", 4), changed(chain, |p| p.account += 1)),
        ("replay", ("sdk", 32), spent),
        ("sequence of the future", ("sdk", 32), changed(chain, |p| p.auth.signer_infos[0].sequence += 1)),
        ("signature of another key", ("sdk", 4), changed(chain, |p| p.signer = "bob")),
        ("signature cut short", ("sdk", 4), cut.encode_to_vec()),
        ("signature with a flipped bit", ("sdk", 4), flipped.encode_to_vec()),
        ("signature with a high s", ("sdk", 4), high.encode_to_vec()),
        ("no signature", ("sdk", 15), unsigned.encode_to_vec()),
        ("one signature too many", ("sdk", 4), twice.encode_to_vec()),
        ("memo too long", ("sdk", 12), changed(chain, |p| p.body.memo = "x".repeat(257))),
        ("timed out", ("sdk", 30), changed(chain, |p| p.body.timeout_height = 1)),
        ("extension option", ("sdk", 6), changed(chain, |p| p.body.extension_options.push(extension))),
        ("gas of zero", ("sdk", 41), changed(chain, |p| p.auth.fee.as_mut().unwrap().gas_limit = 0)),
        ("gas without end", ("sdk", 41), changed(chain, |p| p.auth.fee.as_mut().unwrap().gas_limit = u64::MAX)),
        ("gas too small for the ante", ("sdk", 11), changed(chain, |p| p.auth.fee.as_mut().unwrap().gas_limit = 5_000)),
        (
            "fee above the balance",
            ("sdk", 5),
            changed(chain, |p| p.auth.fee.as_mut().unwrap().amount = vec![coin(FUNDS * 2)]),
        ),
        (
            "fee that overflows",
            ("sdk", 10),
            changed(chain, |p| p.auth.fee.as_mut().unwrap().amount[0].amount = "9".repeat(40)),
        ),
        ("fee of zero coins", ("sdk", 10), changed(chain, |p| p.auth.fee.as_mut().unwrap().amount = vec![coin(0)])),
        ("no fee at all", ("sdk", 13), changed(chain, |p| p.auth.fee = None)),
        (
            "fee granter who granted nothing",
            ("sdk", 38),
            changed(chain, |p| p.auth.fee.as_mut().unwrap().granter = key("bob").address().into()),
        ),
        (
            "fee payer who did not sign",
            ("sdk", 4),
            changed(chain, |p| p.auth.fee.as_mut().unwrap().payer = key("bob").address().into()),
        ),
        ("account that does not exist", ("sdk", 9), stranger.sign(&key("stranger"), &signer).bytes),
        (
            "key of another account",
            ("sdk", 8),
            changed(chain, |p| p.auth.signer_infos[0].public_key = Some(key("bob").public_key_any())),
        ),
        ("sign mode that is none", ("sdk", 37), changed(chain, |p| p.auth.signer_infos[0].mode_info = None)),
        (
            "sender that is no address",
            ("sdk", 7),
            changed(chain, |p| {
                let msg = MsgSend { from_address: "nobody".into(), ..send("alice", "bob", 1) };
                p.body.messages[0] = aliquot_client::any(&msg);
            }),
        ),
        (
            "sender in upper case",
            ("sdk", 7),
            changed(chain, |p| {
                let msg = MsgSend { from_address: key("alice").address().to_uppercase(), ..send("alice", "bob", 1) };
                p.body.messages[0] = aliquot_client::any(&msg);
            }),
        ),
        (
            "tip",
            ("sdk", 37),
            changed(chain, |p| {
                #[allow(deprecated)] // the field is refused because the Cosmos SDK gave it up
                {
                    p.auth.tip = Some(Tip { amount: vec![coin(1)], tipper: key("bob").address().into() });
                }
            }),
        ),
    ]
}

/// State without what every block moves on by itself.
fn settled(chain: &TestChain) -> Value {
    let mut state = chain.export();
    state["beacon"] = Value::Null;
    state
}

#[test]
fn no_bad_encoding_and_no_bad_ante_passes_or_leaves_a_trace() {
    let mut chain = TestChain::new();
    chain.run(&key("alice"), &send("alice", "bob", 1));
    chain.run(&key("alice"), &send("alice", "bob", 1));
    let before = settled(&chain);
    let cases: Vec<Case> = encodings(&chain).into_iter().chain(antes(&chain)).collect();
    assert!(cases.len() >= 40);
    for (name, expected, raw) in cases {
        let checked = chain.check_tx(&raw);
        assert_eq!((checked.codespace.as_str(), checked.code), expected, "CheckTx of {name}: {}", checked.log);
        chain.app.signatures().forget_all();
        let result = chain.force(&[raw.into()]).remove(0);
        assert_eq!((result.codespace.as_str(), result.code), expected, "block with {name}: {}", result.log);
        assert!(result.events.is_empty(), "{name} left events");
        assert!(settled(&chain) == before, "{name} changed the state");
    }
    // And the transaction that all of them were made from is good.
    let tx = good(&chain).bytes();
    assert_eq!(chain.force(&[tx.into()])[0].code, 0);
}

/// Messages that are refused by their handlers: only fee and sequence move.
#[test]
fn no_wrong_message_changes_more_than_fee_and_sequence() {
    let mut state = genesis();
    state["compute"]["params"]["commit_blocks"] = 1000.into();
    let mut chain = TestChain::from_genesis(&state);
    let first = register(&mut chain, "provider", 10_000_000);
    lease(&mut chain, 1, &first);
    let id = lease_id("provider", 1);
    let device = register(&mut chain, "rival", 2_000_000);
    chain.run(&key("tenant"), &create_deployment(2));
    let lease2 = |name: &str| Some(lease_id(name, 2));
    let deployment = |change: fn(&mut MsgCreateDeployment)| {
        let mut msg = create_deployment(50);
        change(&mut msg);
        aliquot_client::any(&msg)
    };
    let bid = |change: &dyn Fn(&mut market::MsgCreateBid)| {
        let mut msg = create_bid("rival", 2, &device, 500_000);
        change(&mut msg);
        aliquot_client::any(&msg)
    };
    let to = |amount: Vec<aliquot_proto::Coin>| aliquot_client::any(&MsgSend { amount, ..send("alice", "bob", 1) });
    let tenant = key("tenant").address().to_string();
    let cases: Vec<(&str, &str, (&str, u32), Any)> = vec![
        ("alice", "send of zero", ("sdk", 10), to(vec![coin(0)])),
        ("alice", "send of nothing", ("sdk", 10), to(vec![])),
        (
            "alice",
            "send of a negative amount",
            ("sdk", 10),
            to(vec![aliquot_proto::Coin { denom: "ualq".into(), amount: "-1".into() }]),
        ),
        (
            "alice",
            "send that overflows",
            ("sdk", 10),
            to(vec![aliquot_proto::Coin { denom: "ualq".into(), amount: "9".repeat(60) }]),
        ),
        ("alice", "send above the balance", ("sdk", 5), to(vec![coin(u128::MAX)])),
        (
            "alice",
            "send of a denom that is none",
            ("sdk", 10),
            to(vec![aliquot_proto::Coin { denom: "!".into(), amount: "1".into() }]),
        ),
        (
            "alice",
            "send of unsorted coins",
            ("sdk", 10),
            to(vec![aliquot_proto::Coin { denom: "utest".into(), amount: "1".into() }, coin(1)]),
        ),
        (
            "alice",
            "multi-send that does not add up",
            ("sdk", 10),
            aliquot_client::any(&MsgMultiSend {
                inputs: vec![Input { address: key("alice").address().into(), coins: vec![coin(5)] }],
                outputs: vec![Output { address: key("bob").address().into(), coins: vec![coin(6)] }],
            }),
        ),
        ("tenant", "deployment with a used dseq", ("deployment", 3), aliquot_client::any(&create_deployment(2))),
        ("tenant", "deployment without groups", ("deployment", 6), deployment(|m| m.groups.clear())),
        ("tenant", "deployment with dseq 0", ("deployment", 5), deployment(|m| m.dseq = 0)),
        ("tenant", "deployment with a short hash", ("deployment", 7), deployment(|m| m.hash.truncate(31))),
        ("tenant", "deployment of an unknown kernel", ("compute", 2), deployment(|m| job_of(m).kernel = "NOPE".into())),
        (
            "tenant",
            "deployment with a scene that is none",
            ("compute", 3),
            deployment(|m| job_of(m).input = b"size 1 2 3".to_vec()),
        ),
        ("tenant", "deployment with 7 samples", ("compute", 5), deployment(|m| job_of(m).samples = 7)),
        ("tenant", "deployment below the least deposit", ("escrow", 4), deployment(|m| m.deposit = Some(coin(1)))),
        (
            "tenant",
            "deployment in a denom not allowed",
            ("escrow", 3),
            deployment(|m| m.deposit.as_mut().unwrap().denom = "uother".into()),
        ),
        (
            "tenant",
            "deposit into an account that is none",
            ("escrow", 2),
            aliquot_client::any(&MsgAccountDeposit {
                depositor: tenant.clone(),
                owner: tenant.clone(),
                dseq: 99,
                amount: Some(coin(5)),
            }),
        ),
        (
            "tenant",
            "whale deposit that no sub-unit counter holds",
            ("escrow", 6),
            aliquot_client::any(&MsgAccountDeposit {
                depositor: tenant.clone(),
                owner: tenant.clone(),
                dseq: 2,
                amount: Some(coin(1 << 127)),
            }),
        ),
        ("rival", "bid above the maximum", ("market", 8), bid(&|m| m.price = Some(coin(2_000_001)))),
        ("rival", "bid of zero", ("sdk", 10), bid(&|m| m.price = Some(coin(0)))),
        ("rival", "bid beyond the free bond", ("compute", 10), bid(&|m| m.price = Some(coin(1_000_001)))),
        ("rival", "bid with a foreign device", ("compute", 8), bid(&|m| m.device_id = job(&chain, &id).device_id)),
        ("rival", "bid with a device that is none", ("compute", 6), bid(&|m| m.device_id = vec![0; 32])),
        ("rival", "bid on an order that is none", ("market", 2), bid(&|m| m.id.as_mut().unwrap().gseq = 9)),
        ("rival", "bid on an order that is taken", ("market", 3), bid(&|m| m.id = Some(lease_id("rival", 1)))),
        ("rival", "bid with a small deposit", ("market", 9), bid(&|m| m.deposit = Some(coin(1)))),
        ("rival", "bid for another provider", ("provider", 5), bid(&|m| m.id = lease2("provider"))),
        (
            "tenant",
            "lease of a bid that is none",
            ("market", 4),
            aliquot_client::any(&market::MsgCreateLease {
                owner: tenant.clone(),
                id: lease2("rival"),
                ..Default::default()
            }),
        ),
        (
            "tenant",
            "lease of a taken order",
            ("market", 3),
            aliquot_client::any(&market::MsgCreateLease {
                owner: tenant.clone(),
                id: Some(id.clone()),
                ..Default::default()
            }),
        ),
        (
            "alice",
            "lease for another owner",
            ("market", 16),
            aliquot_client::any(&market::MsgCreateLease {
                owner: key("alice").address().into(),
                id: lease2("rival"),
                ..Default::default()
            }),
        ),
        (
            "rival",
            "commit for another provider",
            ("provider", 5),
            aliquot_client::any(&compute::MsgCommitResult {
                signer: key("rival").address().into(),
                id: Some(id.clone()),
                root: vec![0; 32],
            }),
        ),
        (
            "provider",
            "commit of a short root",
            ("compute", 14),
            aliquot_client::any(&compute::MsgCommitResult {
                signer: id.provider.clone(),
                id: Some(id.clone()),
                root: vec![0; 31],
            }),
        ),
        (
            "provider",
            "opening before the sample",
            ("compute", 12),
            aliquot_client::any(&compute::MsgOpenSamples {
                signer: id.provider.clone(),
                id: Some(id.clone()),
                openings: None,
            }),
        ),
        (
            "provider",
            "registering twice",
            ("provider", 2),
            aliquot_client::any(&aliquot_proto::provider::v1::MsgCreateProvider {
                owner: id.provider.clone(),
                host_uri: "http://127.0.0.1:1".into(),
                ..Default::default()
            }),
        ),
        (
            "provider",
            "device twice",
            ("compute", 7),
            aliquot_client::any(&compute::MsgRegisterDevice {
                provider: id.provider.clone(),
                nonce: 1,
                bond: Some(coin(5_000_000)),
            }),
        ),
        (
            "provider",
            "withdrawing locked bond",
            ("compute", 10),
            aliquot_client::any(&compute::MsgUpdateBond {
                provider: id.provider.clone(),
                device_id: job(&chain, &id).device_id,
                amount: Some(coin(8_000_000)),
                withdraw: true,
            }),
        ),
        (
            "alice",
            "validators by a stranger",
            ("validator", 2),
            aliquot_client::any(&aliquot_proto::validator::v1::MsgUpdateValidators {
                authority: key("alice").address().into(),
                validators: vec![],
            }),
        ),
    ];
    for (signer, name, expected, msg) in cases {
        let mut before = settled(&chain);
        let builder = TxBuilder { msgs: vec![msg], gas_limit: GAS, fee: vec![coin(FEE)], ..TxBuilder::default() };
        let tx = chain.tx(&key(signer), builder);
        let result = chain.force(&[tx.into()]).remove(0);
        assert_eq!((result.codespace.as_str(), result.code), expected, "{name}: {}", result.log);
        let mut after = settled(&chain);
        for state in [&mut before, &mut after] {
            for part in ["auth", "bank"] {
                state[part] = Value::Null;
            }
        }
        assert!(after == before, "{name} changed the state");
    }
}

fn job_of(msg: &mut MsgCreateDeployment) -> &mut aliquot_proto::deployment::v1::JobSpec {
    msg.groups[0].job.as_mut().unwrap()
}

#[test]
fn every_message_of_every_module_has_a_route_and_signers() {
    let chain = TestChain::new();
    let urls: Vec<&str> = chain.app.routes().msg_urls().collect();
    assert!(urls.contains(&MsgSend::type_url().as_str()) && urls.len() >= 18, "{urls:?}");
}
