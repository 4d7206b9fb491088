//! Hostile transactions: decoding, the checks before and at CheckTx, the documents of both sign modes, and simulation,
//! which anybody may ask for without a signature.

use super::{CHAIN, sample::sample};
use crate::chain::{CHAIN_ID, FEE, GAS, coin, key};
use aliquot::{
    ante::{self, Gate},
    deliver,
    modules::beacon,
    signatures::{Claim, SignMode, Signatures},
};
use aliquot_client::{Key, TxBuilder, any, tx::SignerData};
use aliquot_proto::{
    Any, amino,
    cosmos::{
        crypto::multisig::{
            LegacyAminoPubKey,
            v1beta1::{CompactBitArray, MultiSignature},
        },
        tx::v1beta1::{
            AuthInfo, Fee, ModeInfo, SignerInfo, TxRaw,
            mode_info::{Multi, Single, Sum},
        },
    },
    descriptors,
    prost_reflect::DynamicMessage,
    strict,
};
use aliquot_sdk::{Mode, Tx, decode_tx};
use prost::Message;

pub fn run(bytes: &[u8]) {
    let app = &CHAIN.app;
    let decoded = decode_tx(bytes);
    let mut ctx = app.state_at(0).unwrap();
    ctx.block.height += 1;
    if beacon::is_item(bytes) {
        assert!(beacon::check(&ctx, bytes).is_err(), "an item that no key of this chain made");
    }
    let Ok(tx) = decoded else { return };
    assert!(strict::check_tx(bytes).is_ok());
    has_one_encoding(&tx, bytes);
    has_documents(&tx);
    ante::claims(&ctx, app.routes(), &tx);
    let check = || {
        let signatures = Signatures::default();
        let gate = Gate { routes: app.routes(), signatures: &signatures, policy: app.policy() };
        let mut ctx = app.state_at(0).unwrap();
        ctx.block.height += 1;
        ctx.mode = Mode::Check;
        let out = deliver::check(&mut ctx, &gate, &tx);
        (out.error, out.gas_used, out.events)
    };
    assert_eq!(check(), check());
    let simulated = app.simulate(&tx).unwrap();
    assert!(simulated.error.is_none_or(|error| !error.is_io() && error.text.len() < bytes.len() * 8 + 4096));
}

/// What was taken is what its parts encode to, the messages of every `Any` included.
fn has_one_encoding(tx: &Tx, bytes: &[u8]) {
    let (body_bytes, auth_info_bytes) = (tx.body.encode_to_vec(), tx.auth.encode_to_vec());
    assert_eq!(TxRaw { body_bytes, auth_info_bytes, signatures: tx.signatures.clone() }.encode_to_vec(), bytes);
    for Any { type_url, value } in &tx.body.messages {
        if type_url.is_empty() && value.is_empty() {
            continue;
        }
        let descriptor = descriptors().get_message_by_name(&type_url[1..]).unwrap();
        let message = DynamicMessage::decode(descriptor, value.as_slice()).unwrap();
        assert_eq!(message.encode_to_vec(), *value, "{type_url}");
    }
}

/// What is signed is the same each time, and in amino JSON is JSON.
fn has_documents(tx: &Tx) {
    let fee = Fee::default();
    let doc = amino::SignDoc {
        chain_id: CHAIN_ID,
        account_number: 7,
        sequence: 1,
        fee: tx.auth.fee.as_ref().unwrap_or(&fee),
        msgs: &tx.body.messages,
        memo: &tx.body.memo,
        timeout_height: tx.body.timeout_height,
    };
    let document = doc.bytes();
    assert_eq!(document, doc.bytes());
    if let Ok(bytes) = document {
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["memo"], tx.body.memo);
        assert_eq!(json["msgs"].as_array().unwrap().len(), tx.body.messages.len());
    }
    for mode in [SignMode::Direct, SignMode::Amino] {
        let claim = Claim {
            tx,
            index: 0,
            part: 0,
            key: [2; 33],
            signature: vec![1; 64],
            mode,
            sequence: 1,
            chain_id: CHAIN_ID,
            account_number: 7,
        };
        assert!(!Signatures::default().verify(&claim).unwrap_or(false));
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let alice = key("alice");
    let signer =
        SignerData { chain_id: CHAIN_ID.into(), account_number: CHAIN.account(&alice).account_number, sequence: 2 };
    let mut out = Vec::new();
    for url in CHAIN.app.routes().msg_urls() {
        let message = descriptors().get_message_by_name(&url[1..]).unwrap();
        for depth in [0, 4] {
            let value = sample(&message, depth).encode_to_vec();
            let mut builder = TxBuilder::new().memo("<&>").gas_limit(GAS).fee(coin(FEE));
            builder.msgs.push(Any { type_url: url.into(), value });
            out.push(builder.sign(&alice, &signer).bytes);
            out.extend(builder.sign_amino(&alice, &signer).map(|signed| signed.bytes));
            if depth > 0 {
                out.push(several(&builder));
            }
        }
    }
    out
}

/// Signed, as far as bytes go, by two of three keys.
fn several(builder: &TxBuilder) -> Vec<u8> {
    let keys = ["alice", "bob", "rival"].map(key);
    let public_keys = keys.iter().map(Key::public_key_any).collect();
    let amino = ModeInfo { sum: Some(Sum::Single(Single { mode: 127 })) };
    let multi = Multi {
        bitarray: Some(CompactBitArray { extra_bits_stored: 3, elems: vec![0xc0] }),
        mode_infos: vec![amino; 2],
    };
    let info = SignerInfo {
        public_key: Some(any(&LegacyAminoPubKey { threshold: 2, public_keys })),
        mode_info: Some(ModeInfo { sum: Some(Sum::Multi(multi)) }),
        sequence: 0,
    };
    let auth = AuthInfo { signer_infos: vec![info], fee: Some(builder.wire_fee()), ..AuthInfo::default() };
    let signatures = vec![MultiSignature { signatures: vec![vec![1; 64]; 2] }.encode_to_vec()];
    let (body_bytes, auth_info_bytes) = (builder.body().encode_to_vec(), auth.encode_to_vec());
    TxRaw { body_bytes, auth_info_bytes, signatures }.encode_to_vec()
}
