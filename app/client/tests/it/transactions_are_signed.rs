//! A signed transaction is what a node will check: its bytes, its hash, its fee.

use aliquot_client::{
    GasPrice, Key, TxBuilder, any,
    tx::{SignedTx, SignerData, estimate_gas},
};
use aliquot_proto::cosmos::{
    bank::v1beta1::MsgSend,
    base::v1beta1::Coin,
    tx::v1beta1::{AuthInfo, SignDoc, TxBody, TxRaw},
};
use cosmrs::bip32::{
    XPrv,
    secp256k1::ecdsa::{Signature, VerifyingKey, signature::Verifier},
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::keys_are_kept_safely::ABANDON;

fn signed() -> (Key, MsgSend, SignedTx) {
    let key = Key::from_mnemonic(ABANDON).unwrap();
    let coin = |amount: &str| Coin { denom: "ualq".into(), amount: amount.into() };
    let address = key.address().to_string();
    let send = MsgSend { from_address: address.clone(), to_address: address, amount: vec![coin("7")] };
    let builder = TxBuilder::new().msg(&send).memo("hello").gas_limit(80_000).timeout_height(99);
    let signer = SignerData { chain_id: "aliquot-local-1".into(), account_number: 3, sequence: 9 };
    let signed = builder.fee(coin("2000")).sign(&key, &signer);
    (key, send, signed)
}

fn sign_doc(raw: &TxRaw) -> SignDoc {
    SignDoc {
        body_bytes: raw.body_bytes.clone(),
        auth_info_bytes: raw.auth_info_bytes.clone(),
        chain_id: "aliquot-local-1".into(),
        account_number: 3,
    }
}

#[test]
fn the_signature_is_over_the_sign_doc() {
    let (key, _, signed) = signed();
    let raw = TxRaw::decode(&signed.bytes[..]).unwrap();
    let verifying = VerifyingKey::from_sec1_bytes(&key.public_key()).unwrap();
    let signature = Signature::from_slice(&raw.signatures[0]).unwrap();
    verifying.verify(&sign_doc(&raw).encode_to_vec(), &signature).unwrap();
    assert_eq!(signed.hash, hex::encode_upper(Sha256::digest(&signed.bytes)));

    // cosmrs signs the same document to the same bytes.
    let seed = bip39::Mnemonic::parse(ABANDON).unwrap().to_seed("");
    let secret = XPrv::derive_from_path(seed, &"m/44'/118'/0'/0/0".parse().unwrap()).unwrap();
    let theirs = cosmrs::tx::SignDoc::from(sign_doc(&raw)).sign(&secret.into()).unwrap();
    assert_eq!(theirs.to_bytes().unwrap(), signed.bytes);
}

#[test]
fn the_bytes_say_what_was_asked_for() {
    let (_, send, signed) = signed();
    let raw = TxRaw::decode(&signed.bytes[..]).unwrap();
    let body = TxBody::decode(&raw.body_bytes[..]).unwrap();
    assert_eq!(body.messages[0].type_url, "/cosmos.bank.v1beta1.MsgSend");
    assert_eq!(MsgSend::decode(&body.messages[0].value[..]).unwrap(), send);
    assert_eq!((body.memo.as_str(), body.timeout_height), ("hello", 99));
    let auth = AuthInfo::decode(&raw.auth_info_bytes[..]).unwrap();
    let signer = &auth.signer_infos[0];
    assert_eq!(signer.sequence, 9);
    assert_eq!(signer.public_key.as_ref().unwrap().type_url, "/cosmos.crypto.secp256k1.PubKey");
    let fee = auth.fee.unwrap();
    assert_eq!((fee.gas_limit, fee.amount[0].amount.as_str()), (80_000, "2000"));
}

#[test]
fn fees_round_up_and_prices_parse_exactly() {
    for (price, gas, fee) in [
        ("0.025ualq", 200_000, "5000"),
        ("0.025ualq", 1, "1"),
        ("0.000000000000000001ualq", 3, "1"),
        ("3ualq", 7, "21"),
        ("1.5ibc/ABC", 3, "5"),
    ] {
        let parsed: GasPrice = price.parse().unwrap();
        assert_eq!(parsed.to_string(), price);
        assert_eq!(parsed.fee(gas)[0].amount, fee, "{price}");
    }
    assert!("0ualq".parse::<GasPrice>().unwrap().fee(1_000_000).is_empty());
    for bad in ["", "ualq", "0.025", ".5ualq", "1.2.3ualq", "-1ualq", "0.0000000000000000001ualq", "1 ualq", "1u"] {
        let error = bad.parse::<GasPrice>().unwrap_err().to_string();
        assert!(error.contains("0.025ualq"), "{bad}: {error}");
    }
    assert_eq!(GasPrice::default().to_string(), "0.025ualq");
}

#[test]
fn larger_messages_are_given_more_gas() {
    let send = |n: usize| any(&MsgSend { from_address: "x".repeat(n), ..Default::default() });
    assert!(estimate_gas(&[send(1)]) > 0);
    assert!(estimate_gas(&[send(10_000)]) > estimate_gas(&[send(1)]));
    assert!(estimate_gas(&[send(1), send(1)]) > estimate_gas(&[send(1)]));
}
