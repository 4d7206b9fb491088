use std::{collections::BTreeMap, fs};

use aliquot_runner::config::{Answers, Config, FILE};

fn answers() -> Answers {
    Answers {
        node: "http://127.0.0.1:26657".into(),
        key: "provider".into(),
        keyring: "keys".into(),
        owner: String::new(),
        auto_register: true,
        device: "auto".into(),
        bond: "5000000ualq".into(),
        per_mega_op: 0.5,
        listen: "127.0.0.1:8443".parse().unwrap(),
        tls: true,
        host_uri: String::new(),
        attributes: BTreeMap::from([("region".into(), "eu \"west\"\\1".into())]),
    }
}

#[test]
fn what_init_writes_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("runner");
    let path = answers().write(&home, false).unwrap();
    assert_eq!(path, home.join(FILE));
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains('{') && text.lines().filter(|l| l.starts_with('#')).count() > 20, "{text}");
    let config = Config::load(&home).unwrap();
    assert_eq!(
        (config.node.as_str(), config.key.as_str(), config.device.as_str()),
        ("http://127.0.0.1:26657", "provider", "auto")
    );
    assert_eq!(config.keyring, home.join("keys"), "relative to the home");
    assert!(config.auto_register && config.gateway.tls);
    assert_eq!(config.provider.attributes["region"], "eu \"west\"\\1");
    assert_eq!((config.bond.as_str(), config.price.per_mega_op), ("5000000ualq", 0.5));
    let error = answers().write(&home, false).unwrap_err().to_string();
    assert!(error.contains("--force"), "{error}");
    answers().write(&home, true).unwrap();
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let write = |change: fn(&mut Answers)| {
        let dir = tempfile::tempdir().unwrap();
        let mut answers = answers();
        change(&mut answers);
        answers.write(dir.path(), false).map(|_| ()).map_err(|e| format!("{e:#}"))
    };
    let refused = |change, part: &str| {
        let error = write(change).unwrap_err();
        assert!(error.contains(part), "{error}");
    };
    refused(|a| (a.tls, a.listen) = (false, "0.0.0.0:80".parse().unwrap()), "loopback");
    refused(|a| a.listen = "0.0.0.0:8443".parse().unwrap(), "host_uri");
    refused(|a| a.host_uri = "http://gpu.example.org".into(), "https://");
    refused(|a| a.bond = "much".into(), "bond");
    refused(|a| a.per_mega_op = -1.0, "per_mega_op");
    assert!(write(|a| a.tls = false).is_ok());
    assert!(
        write(|a| (a.host_uri, a.listen) = ("https://gpu.example.org:1".into(), "0.0.0.0:1".parse().unwrap())).is_ok()
    );
}

#[test]
fn unknown_and_missing_keys_are_named() {
    let least = "node = \"http://n:1\"\nkey = \"k\"\n[gateway]\nlisten = \"127.0.0.1:1\"\n";
    let config = Config::parse(least).unwrap();
    assert_eq!((config.max_leases, config.spot_checks, config.gas_price.as_str()), (16, 2, "0.025ualq"));
    let error = |text: &str| format!("{:#}", Config::parse(text).unwrap_err());
    assert!(error(&format!("colour = 1\n{least}")).contains("colour"));
    assert!(error("key = \"k\"").contains("node"));
    assert!(error(&format!("max_leases = 0\n{least}")).contains("max_leases"));
    assert!(error(&format!("gas_price = \"cheap\"\n{least}")).contains("cheap"));
    let missing = format!("{:#}", Config::load(std::path::Path::new("/nonexistent")).unwrap_err());
    assert!(missing.contains("aliquot-runner init"), "{missing}");
}
