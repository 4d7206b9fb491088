//! Keys: known vectors, files that open only with their passphrase, and errors that say what to do.

use std::{fs, os::unix::fs::PermissionsExt};

use aliquot_client::{Key, Keyring, KeyringError, Mnemonic};
use cosmrs::{
    AccountId,
    bip32::secp256k1::ecdsa::{Signature, VerifyingKey, signature::Verifier},
};

pub const ABANDON: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASS: &str = "correct horse";

#[test]
fn a_published_mnemonic_gives_its_published_address() {
    let key = Key::from_mnemonic(ABANDON).unwrap();
    let cosmos: AccountId = "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4".parse().unwrap();
    assert_eq!(key.account_id().to_bytes(), cosmos.to_bytes());
    assert_eq!(key.address(), AccountId::new("aliquot", &cosmos.to_bytes()).unwrap().as_ref());
    assert!(key.address().starts_with("aliquot19rl4cm2hmr8afy4kldpxz3fka4jguq0a"));
    // However it is spaced.
    let spaced = ABANDON.replace(' ', "\n  ");
    assert_eq!(Key::from_mnemonic(&spaced).unwrap().address(), key.address());
}

#[test]
fn signatures_verify_are_low_s_and_repeat() {
    let key = Key::from_mnemonic(ABANDON).unwrap();
    let verifying = VerifyingKey::from_sec1_bytes(&key.public_key()).unwrap();
    for i in 0..64u8 {
        let doc = [i; 40];
        let bytes = key.sign(&doc);
        let signature = Signature::from_slice(&bytes).unwrap();
        verifying.verify(&doc, &signature).unwrap();
        assert!(verifying.verify(&[i; 41], &signature).is_err());
        assert!(signature.normalize_s().is_none(), "high s for document {i}");
        assert_eq!(bytes, key.sign(&doc));
    }
}

#[test]
fn a_key_comes_back_with_its_passphrase_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home/keyring");
    let ring = Keyring::open(&home).unwrap();
    let words = ring.generate("tenant", PASS).unwrap();
    assert_eq!(words.phrase().split(' ').count(), 24);
    let info = ring.add("provider", ABANDON, PASS).unwrap();

    // A second view of the same folder, as another run of the program has it.
    let ring = Keyring::open(&home).unwrap();
    let names: Vec<String> = ring.list().unwrap().into_iter().map(|k| k.name).collect();
    assert_eq!(names, ["provider", "tenant"]);
    assert_eq!(ring.info("provider").unwrap(), info);
    let key = ring.load("tenant", PASS).unwrap();
    assert_eq!(key.address(), Key::from_mnemonic(words.phrase()).unwrap().address());
    assert_eq!(ring.load("provider", PASS).unwrap().address(), info.address);
    assert!(matches!(ring.load("tenant", "correct hors"), Err(KeyringError::WrongPassphrase(n)) if n == "tenant"));

    let file = home.join("tenant.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
    // No temporary file stays, and no two words of the mnemonic are in what does. (One word could be: `address`,
    // `public` and `memory` are words of BIP 39 and names in the file.)
    assert_eq!(fs::read_dir(&home).unwrap().count(), 2);
    let text = fs::read_to_string(&file).unwrap();
    let words: Vec<&str> = words.phrase().split(' ').collect();
    assert!(words.windows(2).all(|pair| !text.contains(&pair.join(" "))), "{text}");

    ring.delete("tenant").unwrap();
    assert!(matches!(ring.load("tenant", PASS), Err(KeyringError::NotFound { .. })));
    assert_eq!(ring.list().unwrap().len(), 1);
}

#[test]
fn debug_shows_no_secret() {
    let key = Key::from_mnemonic(ABANDON).unwrap();
    assert_eq!(format!("{key:?}"), format!("Key({:?})", key.address()));
    let words = Mnemonic::parse(ABANDON).unwrap();
    assert_eq!(format!("{words:?}"), "Mnemonic(..)");
}

#[test]
fn a_file_that_was_altered_or_exchanged_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let ring = Keyring::open(dir.path()).unwrap();
    ring.add("a", ABANDON, PASS).unwrap();
    ring.generate("b", PASS).unwrap();
    let (a, b) = (dir.path().join("a.json"), dir.path().join("b.json"));

    // One key's file under the other's name, with the name inside changed too.
    let exchanged = fs::read_to_string(&a).unwrap().replace("\"name\": \"a\"", "\"name\": \"b\"");
    fs::write(&b, exchanged).unwrap();
    assert!(matches!(ring.load("b", PASS), Err(KeyringError::WrongPassphrase(_))));

    // Another address over the same secret.
    let good = fs::read_to_string(&a).unwrap();
    let address = ring.info("a").unwrap().address;
    fs::write(&a, good.replace(&address, "aliquot1elsewhere")).unwrap();
    assert!(matches!(ring.load("a", PASS), Err(KeyringError::WrongPassphrase(_))));

    for (from, to, why) in [
        ("\"version\": 1", "\"version\": 2", "version is 2"),
        ("argon2id", "scrypt", "unknown algorithm"),
        ("\"memory_kib\": 65536", "\"memory_kib\": 4000000000", "more work"),
        ("\"nonce\": \"", "\"nonce\": \"*", "nonce is not base64"),
        ("\"cipher\"", "\"sipher\"", "unknown field"),
        ("{", "", "expected value"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        fs::write(&a, bad).unwrap();
        let error = ring.load("a", PASS).unwrap_err();
        assert!(matches!(error, KeyringError::Malformed { .. }), "{from}: {error}");
        assert!(error.to_string().contains(why) || from == "{", "{from}: {error}");
        assert!(error.to_string().contains("a.json"), "{error}");
    }
    fs::write(&a, good).unwrap();
    assert_eq!(ring.load("a", PASS).unwrap().address(), address);
}

#[test]
fn what_is_refused_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let ring = Keyring::open(dir.path()).unwrap();
    ring.add("taken", ABANDON, PASS).unwrap();
    let (eleven, unknown) = (&ABANDON[8..], ABANDON.replace("about", "aboud"));
    let checksum = ABANDON.replace("about", "abandon");
    let cases = [
        ("taken", ABANDON, PASS, "a key named \"taken\" exists already"),
        ("x", eleven, PASS, "has 12 or 24 words, this one has 11"),
        ("x", "", PASS, "this one has 0"),
        ("x", &unknown, PASS, "the mnemonic is not valid"),
        ("x", &checksum, PASS, "the mnemonic is not valid"),
        ("x", ABANDON, "seven77", "at least 8 characters"),
        ("", ABANDON, PASS, "key name \"\" is not usable"),
        ("../x", ABANDON, PASS, "is not usable"),
        (".x", ABANDON, PASS, "is not usable"),
        ("a/b", ABANDON, PASS, "is not usable"),
    ];
    for (name, words, pass, why) in cases {
        let error = ring.add(name, words, pass).unwrap_err().to_string();
        assert!(error.contains(why), "{name:?}: {error}");
        assert!(!error.contains("aboud"), "words of a mnemonic are secret: {error}");
    }
    assert_eq!(ring.list().unwrap().len(), 1, "nothing refused leaves a file");
    assert!(ring.delete("gone").unwrap_err().to_string().contains("no key named \"gone\""));
    // The key that was there is there still.
    ring.load("taken", PASS).unwrap();
}
