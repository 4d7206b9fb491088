//! Sends of one key, side by side, against a node that drops, restarts and is used by others: each takes effect once.

use std::time::Duration;

use aliquot_client::{Client, Error, Gas, Key, SendOptions, TxBuilder, any, tx::SignerData};
use aliquot_proto::{Any, cosmos::bank::v1beta1::MsgSend};
use tokio::task::JoinSet;

use crate::{
    chain::{CHAIN_ID, Chain},
    keys_are_kept_safely::ABANDON,
};

fn message() -> Vec<Any> {
    vec![any(&MsgSend::default())]
}

fn memo(memo: impl Into<String>) -> SendOptions {
    SendOptions { memo: memo.into(), gas: Gas::Estimate, ..Default::default() }
}

async fn chain() -> (std::sync::Arc<Chain>, Client, Key) {
    let key = Key::from_mnemonic(ABANDON).unwrap();
    let chain = Chain::start(&key).await;
    let client = Client::new(&chain.url).unwrap();
    (chain, client, key)
}

/// Sends this many at once; every one must be in a block, exactly once, with its own outcome.
async fn send_all(chain: &Chain, client: &Client, key: &Key, count: usize) {
    let mut sends = JoinSet::new();
    for i in 0..count {
        let (client, key) = (client.clone(), key.clone());
        sends.spawn(async move { (i, client.send(&key, message(), &memo(format!("tx {i}"))).await) });
    }
    while let Some(done) = sends.join_next().await {
        let (i, outcome) = done.unwrap();
        let outcome = outcome.unwrap();
        assert_eq!(outcome.data, format!("tx {i}").into_bytes());
        assert_eq!((outcome.gas_wanted, outcome.gas_used), (100, 60));
        assert_eq!(outcome.events[0].attribute("memo"), Some(format!("tx {i}").as_str()));
        assert!(outcome.height > 0);
    }
    let mut executed = chain.state().executed.clone();
    executed.sort();
    let mut expected: Vec<String> = (0..count).map(|i| format!("tx {i}")).collect();
    expected.sort();
    assert_eq!(executed, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn side_by_side_each_takes_effect_once() {
    let (chain, client, key) = chain().await;
    chain.produce(Duration::from_millis(50));
    send_all(&chain, &client, &key, 40).await;
    // The lane knows the sequence: the account is asked for the first one alone.
    assert_eq!(chain.state().requests["broadcast_tx_sync"], 40);
    assert_eq!(chain.state().requests["abci_query"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn though_the_node_drops_some_after_accepting_them() {
    let (chain, client, key) = chain().await;
    chain.state().drop_next = 3;
    chain.produce(Duration::from_millis(50));
    send_all(&chain, &client, &key, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn though_another_program_uses_the_key() {
    let (chain, client, key) = chain().await;
    chain.state().intrude_next = 4;
    chain.produce(Duration::from_millis(50));
    send_all(&chain, &client, &key, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn though_the_node_restarts() {
    let (chain, client, key) = chain().await;
    chain.produce(Duration::from_millis(100));
    client.chain_id().await.unwrap();
    let send = client.send(&key, message(), &memo("once")).await.unwrap();
    let (again, there) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            client.send(&key, message(), &memo("twice")).await
        },
        chain.restart(Duration::from_millis(600)),
    );
    let ((), again) = (there, again.unwrap());
    assert!(again.height > send.height);
    assert_eq!(chain.state().executed, ["once", "twice"]);
}

#[tokio::test]
async fn errors_carry_what_the_chain_said() {
    let (chain, client, key) = chain().await;
    chain.produce(Duration::from_millis(50));
    match client.send(&key, message(), &memo("fails")).await.unwrap_err() {
        Error::Failed { code: 5, codespace, log, height, gas_used: 60, .. } => {
            assert_eq!((codespace.as_str(), log.as_str(), height > 0), ("bank", "insufficient funds", true));
        }
        other => panic!("{other}"),
    }
    // The failed one used its sequence; the next goes on from there.
    client.send(&key, message(), &memo("fine")).await.unwrap();

    let stranger = Key::from_mnemonic(aliquot_client::Mnemonic::generate().unwrap().phrase()).unwrap();
    let error = client.send(&stranger, message(), &memo("")).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownAccount(a) if a == stranger.address()), "{error}");
    assert!(client.tx(&"AB".repeat(32)).await.unwrap().is_none());
    assert!(matches!(client.tx("no hash").await, Err(Error::Decode { .. })));
    assert_eq!(client.account(key.address()).await.unwrap(), (7, 2));
}

#[tokio::test]
async fn signed_bytes_are_refused_with_the_nodes_reason() {
    let (chain, client, key) = chain().await;
    chain.produce(Duration::from_millis(50));
    let good = SignerData { chain_id: CHAIN_ID.into(), account_number: 7, sequence: 0 };
    let tx = TxBuilder { msgs: message(), ..Default::default() };
    let outcome = client.broadcast(&tx.sign(&key, &good).bytes).await.unwrap();
    assert_eq!(client.tx(&outcome.hash).await.unwrap().unwrap().height, outcome.height);

    let again = client.broadcast(&tx.clone().memo("again").sign(&key, &good).bytes).await.unwrap_err();
    assert_eq!(again.code(), Some(("sdk", 32)));
    let foreign = SignerData { chain_id: "other-1".into(), sequence: 1, ..good };
    let error = client.broadcast(&tx.sign(&key, &foreign).bytes).await.unwrap_err();
    assert_eq!(error.code(), Some(("sdk", 4)));
    assert_eq!(error.to_string(), "the transaction was refused: signature verification failed (codespace sdk, code 4)");
}

#[tokio::test]
async fn a_simulation_gives_the_gas_or_refuses_without_a_fee() {
    let (chain, client, key) = chain().await;
    chain.produce(Duration::from_millis(50));
    client.send(&key, message(), &SendOptions::default()).await.unwrap();
    let fee = chain.state().fees[0].clone();
    // 1,001 and two fifths, at 0.025 each, both rounded up.
    assert_eq!((fee.gas_limit, fee.amount[0].amount.as_str()), (1402, "36"));

    let failing = SendOptions { memo: "would fail".into(), ..Default::default() };
    let error = client.send(&key, message(), &failing).await.unwrap_err();
    assert!(matches!(error, Error::Refused { code: 5, .. }), "{error}");
    assert_eq!(chain.state().fees.len(), 1, "nothing was broadcast");
    let given = SendOptions { gas: Gas::Limit(77), gas_price: "0ualq".parse().unwrap(), ..failing };
    client.send(&key, message(), &given).await.unwrap();
    let fee = chain.state().fees[1].clone();
    assert_eq!((fee.gas_limit, fee.amount.len()), (77, 0));
}

#[tokio::test]
async fn waiting_ends_with_a_clear_error() {
    let (chain, client, key) = chain().await;
    // No blocks are made.
    let options = SendOptions { wait: Duration::from_millis(500), ..Default::default() };
    let error = client.send(&key, message(), &options).await.unwrap_err();
    assert!(matches!(error, Error::NotCommitted { .. }), "{error}");
    let error = client.wait_for_height(1, Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, Error::HeightTimeout { wanted: 1, height: 0, .. }), "{error}");
    chain.block(serde_json::json!([]));
    assert_eq!(client.wait_for_height(1, Duration::from_secs(10)).await.unwrap(), 1);
    assert_eq!(client.status().await.unwrap().node_info.network.as_str(), CHAIN_ID);

    let nobody = Client::new("http://127.0.0.1:1").unwrap();
    assert!(nobody.height().await.unwrap_err().is_transport());
    assert!(matches!(Client::new("node"), Err(Error::BadUrl { .. })));
}
