//! The command line against a chain of one validator.

use crate::MACHINE;
use aliquot_localnet::{Net, Options, address};
use serde_json::Value;

fn balance(net: &Net, address: &str) -> u128 {
    let answer = net.aliquotd(&["query", "bank", "balance", address, "ualq"]).unwrap();
    answer["balance"]["amount"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn coins_are_sent_by_command_line() {
    let _turn = MACHINE.read().await;
    let net = Net::start(1, Options::default()).await.unwrap();
    let (tenant, provider) = (address("tenant").unwrap(), address("provider").unwrap());
    let before = [&tenant, &provider].map(|a| balance(&net, a));

    let sent = net.aliquotd(&["tx", "bank", "send", &provider, "1234567ualq", "--from", "tenant"]).unwrap();
    let hash = sent["txhash"].as_str().unwrap();
    let shown = net.aliquotd(&["query", "tx", hash]).unwrap();
    assert_eq!((&shown["code"], &shown["height"]), (&0.into(), &sent["height"]));
    assert_eq!(shown["tx"]["body"]["messages"][0]["@type"], "/cosmos.bank.v1beta1.MsgSend");
    let fee: u128 = shown["tx"]["auth_info"]["fee"]["amount"][0]["amount"].as_str().unwrap().parse().unwrap();
    assert!(fee > 0);
    let after = [&tenant, &provider].map(|a| balance(&net, a));
    assert_eq!(after, [before[0] - 1_234_567 - fee, before[1] + 1_234_567]);

    // The state of the height before is still told.
    let height: u64 = sent["height"].as_str().unwrap().parse().unwrap();
    let earlier = (height - 1).to_string();
    let old = net.aliquotd(&["query", "bank", "balance", &provider, "ualq", "--height", &earlier]).unwrap();
    assert_eq!(old["balance"]["amount"], before[1].to_string());

    let refused = net.aliquotd(&["tx", "bank", "send", &provider, "999999999999999999ualq", "--from", "tenant"]);
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("is smaller than"), "{error}");
    assert_eq!([&tenant, &provider].map(|a| balance(&net, a)), after);
    let unknown =
        net.aliquotd(&["tx", "bank", "send", &provider, "1ualq", "--from", "nobody"]).unwrap_err().to_string();
    assert!(unknown.contains("keys list"), "{unknown}");
}

#[tokio::test]
async fn a_stopped_node_exports_a_genesis_that_begins_anew() {
    let _turn = MACHINE.read().await;
    let mut net = Net::start(1, Options::default()).await.unwrap();
    let provider = address("provider").unwrap();
    net.aliquotd(&["tx", "bank", "send", &provider, "7ualq", "--from", "tenant"]).unwrap();
    let home = net.nodes[0].home.display().to_string();
    let running = net.command(&["export", "--home", &home]).output().unwrap();
    assert!(String::from_utf8_lossy(&running.stderr).contains("stop the node first"));
    net.stop();

    let exported = net.command(&["export", "--home", &home]).output().unwrap();
    let genesis: Value = serde_json::from_slice(&exported.stdout).unwrap();
    let balances = genesis["app_state"]["bank"]["balances"].as_array().unwrap();
    let found = balances.iter().find(|b| b["address"] == provider.as_str()).unwrap();
    assert!(found["coins"].as_array().unwrap().iter().any(|c| c["amount"] == "1000000000007"), "{found}");
    std::fs::write(net.nodes[0].home.join("config/genesis.json"), genesis.to_string()).unwrap();
    let valid = net.command(&["genesis", "validate", "--home", &home]).output().unwrap();
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stderr));

    let height = |text: &[u8]| {
        String::from_utf8_lossy(text).split_whitespace().find_map(|w| w.trim_matches(',').parse::<u64>().ok())
    };
    let rolled = net.command(&["rollback", "--home", &home]).output().unwrap();
    let first: u64 = genesis["initial_height"].as_str().unwrap().parse().unwrap();
    assert_eq!(height(&rolled.stdout), Some(first - 2), "{}", String::from_utf8_lossy(&rolled.stderr));
}
