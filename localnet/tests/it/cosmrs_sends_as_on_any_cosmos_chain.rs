//! A program that knows cosmrs alone: key, body, fee and signature as its documentation has them, over its RPC client.

use crate::MACHINE;
use aliquot_localnet::{Net, Options, address};
use cosmrs::{
    AccountId, Coin,
    bank::MsgSend,
    bip32::XPrv,
    crypto::secp256k1::SigningKey,
    rpc::{Client, HttpClient},
    tx::{Body, Fee, Msg, SignDoc, SignerInfo},
};
use sha2::{Digest, Sha256};

#[tokio::test]
async fn cosmrs_sends_as_on_any_cosmos_chain() {
    let _turn = MACHINE.read().await;
    let net = Net::start(1, Options::default()).await.unwrap();
    let mnemonic = bip39::Mnemonic::from_entropy(&Sha256::digest("aliquot/localnet/tenant")).unwrap();
    let key = XPrv::derive_from_path(mnemonic.to_seed(""), &"m/44'/118'/0'/0/0".parse().unwrap()).unwrap();
    let key = SigningKey::from_slice(&key.to_bytes()).unwrap();
    let sender = key.public_key().account_id("aliquot").unwrap();
    assert_eq!(sender.as_ref(), address("tenant").unwrap());

    let coin = |amount| Coin { denom: "ualq".parse().unwrap(), amount };
    let to_address: AccountId = address("provider").unwrap().parse().unwrap();
    let send = MsgSend { from_address: sender, to_address, amount: vec![coin(7)] };
    let body = Body::new([send.to_any().unwrap()], "by cosmrs", 0u16);
    let auth = SignerInfo::single_direct(Some(key.public_key()), 0)
        .auth_info(Fee::from_amount_and_gas(coin(5_000), 200_000u64));
    let (account, _) = net.client(0).unwrap().account(&address("tenant").unwrap()).await.unwrap();
    let document = SignDoc::new(&body, &auth, &net.chain_id.parse().unwrap(), account).unwrap();
    let signed = document.sign(&key).unwrap();

    let rpc = HttpClient::new(net.rpc_url(0).as_str()).unwrap();
    let done = rpc.broadcast_tx_commit(signed.to_bytes().unwrap()).await.unwrap();
    assert!(done.check_tx.code.is_ok() && done.tx_result.code.is_ok(), "{done:?}");
    let spent = done.tx_result.events.iter().any(|event| event.kind == "coin_spent");
    assert!(spent, "{:?}", done.tx_result.events);
}
