//! `audit`: attestations are signed, signed again, taken back, found by either side, and move with the chain.

use crate::chain::*;
use aliquot_proto::{
    audit::v1 as audit,
    cosmos::base::query::v1beta1::PageRequest,
    provider::v1::{Attribute, MsgCreateProvider},
};

fn register(chain: &mut TestChain, name: &str) {
    let (owner, host_uri) = (key(name).address().into(), "http://127.0.0.1:8443".into());
    chain.run(&key(name), &MsgCreateProvider { owner, host_uri, ..Default::default() });
}

fn attributes(given: &[(&str, &str)]) -> Vec<Attribute> {
    given.iter().map(|(key, value)| Attribute { key: key.to_string(), value: value.to_string() }).collect()
}

fn sign(auditor: &str, provider: &str, given: &[(&str, &str)]) -> audit::MsgSignProviderAttributes {
    audit::MsgSignProviderAttributes {
        auditor: key(auditor).address().into(),
        provider: key(provider).address().into(),
        attributes: attributes(given),
        ..Default::default()
    }
}

fn take_back(auditor: &str, provider: &str, keys: &[&str]) -> audit::MsgDeleteProviderAttributes {
    audit::MsgDeleteProviderAttributes {
        auditor: key(auditor).address().into(),
        provider: key(provider).address().into(),
        keys: keys.iter().map(|key| key.to_string()).collect(),
    }
}

fn get(chain: &TestChain, auditor: &str, provider: &str) -> Option<audit::Attestation> {
    let (auditor, provider) = (key(auditor).address().into(), key(provider).address().into());
    let request = audit::QueryAttestationRequest { auditor, provider };
    let answer = chain.try_query("/aliquot.audit.v1.Query/Attestation", &request, 0);
    if answer.code != 0 {
        assert_eq!((answer.codespace.as_str(), answer.code), ("audit", 2), "{}", answer.log);
        return None;
    }
    <audit::QueryAttestationResponse as prost::Message>::decode(answer.value).unwrap().attestation
}

#[test]
fn what_is_signed_again_changes_and_the_rest_stays() {
    let mut chain = TestChain::new();
    register(&mut chain, "provider");
    let first = audit::MsgSignProviderAttributes {
        expires_at: 50,
        evidence_hash: vec![7; 32],
        ..sign("alice", "provider", &[("tier", "2"), ("region", "eu-west")])
    };
    chain.run(&key("alice"), &first);
    assert!(chain.typed_events().contains(&"aliquot.audit.v1.EventAttestationSigned".into()));
    let signed = get(&chain, "alice", "provider").unwrap();
    assert_eq!(signed.attributes, attributes(&[("region", "eu-west"), ("tier", "2")]));
    assert_eq!((signed.expires_at, signed.evidence_hash, signed.signed_at), (50, vec![7; 32], chain.height));
    chain.run(&key("alice"), &sign("alice", "provider", &[("tier", "3"), ("arch", "gfx1100")]));
    let again = get(&chain, "alice", "provider").unwrap();
    assert_eq!(again.attributes, attributes(&[("arch", "gfx1100"), ("region", "eu-west"), ("tier", "3")]));
    assert_eq!((again.expires_at, again.evidence_hash, again.signed_at), (0, vec![], chain.height));
    // No attribute at all: those signed before, under a new term.
    chain.run(&key("alice"), &audit::MsgSignProviderAttributes { expires_at: 99, ..sign("alice", "provider", &[]) });
    let renewed = get(&chain, "alice", "provider").unwrap();
    assert_eq!((renewed.attributes, renewed.expires_at), (again.attributes, 99));
}

#[test]
fn what_is_taken_back_is_gone_and_an_empty_attestation_with_it() {
    let mut chain = TestChain::new();
    register(&mut chain, "provider");
    let before = chain.export();
    let given = [("a", "1"), ("b", "2"), ("c", "3")];
    chain.run(&key("alice"), &sign("alice", "provider", &given));
    assert_eq!(chain.fails(&key("bob"), &take_back("bob", "provider", &["a"])), ("audit".into(), 2));
    for keys in [&["d"][..], &["a", "a"], &["a", "d"]] {
        assert_eq!(chain.fails(&key("alice"), &take_back("alice", "provider", keys)), ("audit".into(), 3));
    }
    chain.run(&key("alice"), &take_back("alice", "provider", &["c", "a"]));
    assert!(chain.typed_events().contains(&"aliquot.audit.v1.EventAttestationDeleted".into()));
    assert_eq!(get(&chain, "alice", "provider").unwrap().attributes, attributes(&[("b", "2")]));
    chain.run(&key("alice"), &take_back("alice", "provider", &["b"]));
    assert_eq!(get(&chain, "alice", "provider"), None);
    chain.run(&key("alice"), &sign("alice", "provider", &given));
    chain.run(&key("alice"), &take_back("alice", "provider", &[]));
    assert_eq!(get(&chain, "alice", "provider"), None);
    assert_eq!(chain.export()["audit"], before["audit"]);
    assert_eq!(chain.fails(&key("alice"), &take_back("alice", "provider", &[])), ("audit".into(), 2));
}

#[test]
fn attestations_out_of_bounds_are_refused() {
    let mut chain = TestChain::new();
    assert_eq!(chain.fails(&key("alice"), &sign("alice", "provider", &[("a", "1")])), ("provider".into(), 3));
    register(&mut chain, "provider");
    let long = "x".repeat(129);
    let many: Vec<String> = (0..64).map(|i| format!("key {i}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "1")).collect();
    let good = sign("alice", "provider", &[("a", "1")]);
    let invalid = ("audit".to_string(), 4);
    for bad in [
        sign("alice", "provider", &[]),
        sign("alice", "provider", &[("a", "1"), ("a", "2")]),
        sign("alice", "provider", &[("", "1")]),
        sign("alice", "provider", &[("a", "")]),
        sign("alice", "provider", &[(&long, "1")]),
        sign("alice", "provider", &[("a", &long)]),
        audit::MsgSignProviderAttributes { expires_at: 1, ..good.clone() },
        audit::MsgSignProviderAttributes { evidence_hash: vec![1; 31], ..good.clone() },
    ] {
        assert_eq!(chain.fails(&key("alice"), &bad), invalid, "{bad:?}");
    }
    chain.run(&key("alice"), &sign("alice", "provider", &many));
    assert_eq!(chain.fails(&key("alice"), &good), invalid, "65 in all");
    chain.run(&key("alice"), &sign("alice", "provider", &[("key 1", "2")]));
}

#[test]
fn filters_hold_on_every_page() {
    let mut chain = TestChain::new();
    let providers = ["provider", "rival", "tenant"];
    for provider in providers {
        register(&mut chain, provider);
        for auditor in ["alice", "bob"] {
            chain.run(&key(auditor), &sign(auditor, provider, &[("a", "1")]));
        }
    }
    let list = |auditor: &str, provider: &str| {
        let address = |name: &str| if name.is_empty() { String::new() } else { key(name).address().into() };
        let (mut found, mut next) = (Vec::new(), vec![]);
        loop {
            let pagination = Some(PageRequest { limit: 1, key: next, ..Default::default() });
            let (auditor, provider) = (address(auditor), address(provider));
            let request = audit::QueryAttestationsRequest { auditor, provider, pagination };
            let page: audit::QueryAttestationsResponse = chain.query("/aliquot.audit.v1.Query/Attestations", &request);
            found.extend(page.attestations.into_iter().map(|a| (a.auditor, a.provider)));
            next = page.pagination.unwrap().next_key;
            if next.is_empty() {
                return found;
            }
        }
    };
    let pair =
        |auditor: &str, provider: &str| (key(auditor).address().to_string(), key(provider).address().to_string());
    assert_eq!(list("alice", "rival"), [pair("alice", "rival")]);
    assert!(list("carol", "rival").is_empty());
    for (auditor, provider, expected) in [
        ("", "", providers.iter().flat_map(|p| [pair("alice", p), pair("bob", p)]).collect::<Vec<_>>()),
        ("bob", "", providers.iter().map(|p| pair("bob", p)).collect()),
        ("", "rival", vec![pair("alice", "rival"), pair("bob", "rival")]),
    ] {
        let (mut found, mut expected) = (list(auditor, provider), expected);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "auditor {auditor:?}, provider {provider:?}");
    }
    let exported = chain.export();
    let mut copy = TestChain::from_genesis(&exported);
    copy.force(&[]);
    assert_eq!(copy.export()["audit"], exported["audit"]);
    assert_eq!(get(&copy, "bob", "tenant"), get(&chain, "bob", "tenant"));
}
