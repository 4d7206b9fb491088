use aliquot_client::{
    Key,
    jwt::{
        Access, Claims, DeploymentPermission, JwtError, Leases, MAX_LIFE, Permission, Scope, gateway_token, peek,
        scoped_token, sign, verify,
    },
};
use aliquot_proto::market::v1::LeaseId;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const PROVIDER: &str = "aliquot1provider";

pub fn key(n: u8) -> Key {
    Key::from_secret(&[n; 32]).unwrap()
}

fn claims() -> Claims {
    Claims {
        version: "v1".into(),
        iss: key(1).address().into(),
        aud: PROVIDER.into(),
        iat: NOW,
        nbf: NOW,
        exp: NOW + 60,
        leases: Leases::default(),
    }
}

fn checked(token: &str) -> Result<Claims, JwtError> {
    verify(token, &key(1).public_key(), PROVIDER, NOW)
}

/// A token with any header and claims, signed by the key that should.
fn raw(header: Value, claims: Value) -> String {
    let part = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(1).sign(signed.as_bytes())))
}

fn header() -> Value {
    json!({ "alg": "ES256K", "typ": "JWT" })
}

#[test]
fn good_tokens_pass() {
    let token = gateway_token(&key(1), PROVIDER, &[], NOW);
    let read = checked(&token).unwrap();
    assert_eq!(read.iss, key(1).address());
    assert_eq!(peek(&token).unwrap(), read);
    assert!(verify(&token, &key(1).public_key(), PROVIDER, NOW + 599).is_ok());
    assert!(checked(&sign(&key(1), &Claims { exp: NOW + MAX_LIFE, ..claims() })).is_ok());
    // As other programs write it: nbf is optional, more claims do no harm.
    let mut other = serde_json::to_value(claims()).unwrap();
    other.as_object_mut().unwrap().remove("nbf");
    other["jti"] = "x".into();
    assert!(checked(&raw(header(), other)).is_ok());
}

#[test]
fn bad_claims_are_refused() {
    use JwtError::{Audience, Expired, Malformed, NotYet, TooLong};
    let table: Vec<(&str, Claims, JwtError)> = vec![
        ("expired", Claims { iat: NOW - 60, nbf: 0, exp: NOW, ..claims() }, Expired),
        ("long expired", Claims { iat: 1, nbf: 0, exp: 100, ..claims() }, Expired),
        ("for another provider", Claims { aud: "aliquot1other".into(), ..claims() }, Audience("aliquot1other".into())),
        ("for nobody", Claims { aud: String::new(), ..claims() }, Audience(String::new())),
        ("ends too far away", Claims { exp: NOW + MAX_LIFE + 1, ..claims() }, TooLong),
        ("without an end", Claims { exp: u64::MAX, ..claims() }, TooLong),
        ("ends before it begins", Claims { exp: NOW - 1, ..claims() }, TooLong),
        ("made in the future", Claims { iat: NOW + 120, exp: NOW + 180, ..claims() }, NotYet),
        ("not valid before", Claims { nbf: NOW + 50, ..claims() }, NotYet),
        ("of another version", Claims { version: "v2".into(), ..claims() }, Malformed("its version is not v1")),
    ];
    for (what, claims, expected) in table {
        assert_eq!(checked(&sign(&key(1), &claims)), Err(expected), "{what}");
    }
}

#[test]
fn bad_signatures_are_refused() {
    let foreign = sign(&key(2), &claims());
    assert_eq!(checked(&foreign), Err(JwtError::Signature), "another account's key");
    let good = sign(&key(1), &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let moved = sign(&key(1), &Claims { exp: NOW + 61, ..claims() });
    let (other, _) = moved.rsplit_once('.').unwrap();
    assert_eq!(checked(&format!("{other}.{signature}")), Err(JwtError::Signature), "other claims");
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[40] ^= 1;
    let flipped = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&bytes));
    assert_eq!(checked(&flipped), Err(JwtError::Signature), "a flipped bit");
    let zero = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
    assert!(matches!(checked(&zero), Err(JwtError::Malformed(_))), "zeros");
    assert_eq!(verify(&good, &[2; 33], PROVIDER, NOW), Err(JwtError::Signature), "not a point");
    assert_eq!(verify(&good, &[], PROVIDER, NOW), Err(JwtError::Signature), "no key");
}

#[test]
fn other_algorithms_are_refused() {
    let claims = serde_json::to_value(claims()).unwrap();
    for name in ["none", "None", "HS256", "ES256", "RS256", "", "es256k"] {
        let token = raw(json!({ "alg": name, "typ": "JWT" }), claims.clone());
        assert_eq!(checked(&token), Err(JwtError::Algorithm(name.into())));
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(checked(&unsigned), Err(JwtError::Algorithm(name.into())), "{name} without signature");
    }
    let critical = raw(json!({ "alg": "ES256K", "typ": "JWT", "crit": ["x"] }), claims);
    assert_eq!(checked(&critical), Err(JwtError::Malformed("it has critical extensions")));
}

#[test]
fn malformed_tokens_are_refused() {
    let good = sign(&key(1), &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let short = URL_SAFE_NO_PAD.encode([1; 63]);
    let table = [
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        format!("{head}.{body}"),
        format!("{good}.x"),
        format!("{head}.{body}.{short}"),
        format!("{head}.{body}.{signature}="),
        format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode("[]")),
        format!("{}.{body}.{signature}", URL_SAFE_NO_PAD.encode("nothing")),
        format!("{head}.{body}.\u{e9}"),
        "x".repeat(100_000),
    ];
    for token in table {
        assert!(matches!(checked(&token), Err(JwtError::Malformed(_))), "{token:.80}");
    }
    for missing in ["iss", "aud", "iat", "exp", "version", "leases"] {
        let mut claims = serde_json::to_value(claims()).unwrap();
        claims.as_object_mut().unwrap().remove(missing);
        assert!(matches!(checked(&raw(header(), claims)), Err(JwtError::Malformed(_))), "{missing}");
    }
}

/// What a wallet signs when it is asked to sign arbitrary data.
#[test]
fn wallets_sign_in_their_own_way() {
    let part = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let header = json!({ "alg": "ES256KADR36", "typ": "JWT" });
    let signed = format!("{}.{}", part(header), part(serde_json::to_value(claims()).unwrap()));
    let doc = |signer: &str| {
        // Keys in alphabetic order, as amino JSON has them.
        json!({
            "account_number": "0", "chain_id": "", "fee": { "amount": [], "gas": "0" }, "memo": "",
            "msgs": [{ "type": "sign/MsgSignData", "value": { "data": STANDARD.encode(&signed), "signer": signer } }],
            "sequence": "0",
        })
        .to_string()
    };
    let token = |doc: &str| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(1).sign(doc.as_bytes())));
    assert_eq!(checked(&token(&doc(key(1).address()))).unwrap(), claims());
    assert_eq!(checked(&token(&doc("aliquot1other"))), Err(JwtError::Signature));
    assert_eq!(checked(&token(&signed)), Err(JwtError::Signature), "a plain signature is another algorithm");
}

#[test]
fn tokens_open_what_they_name() {
    let lease = |dseq, gseq, provider: &str| LeaseId {
        owner: key(1).address().into(),
        dseq,
        gseq,
        oseq: 1,
        provider: provider.into(),
    };
    let one = checked(&gateway_token(&key(1), PROVIDER, &[lease(7, 1, PROVIDER)], NOW)).unwrap();
    assert!(one.opens(&lease(7, 1, PROVIDER)));
    assert!(!one.opens(&lease(8, 1, PROVIDER)) && !one.opens(&lease(7, 2, PROVIDER)));
    assert!(!one.opens(&lease(7, 1, "aliquot1other")));
    let all = checked(&gateway_token(&key(1), PROVIDER, &[], NOW)).unwrap();
    assert!(all.opens(&lease(7, 1, PROVIDER)) && all.opens(&lease(8, 3, PROVIDER)));
    assert!(!all.opens(&LeaseId { owner: key(2).address().into(), ..lease(7, 1, PROVIDER) }), "another's lease");
    let mut whole = claims();
    whole.leases = Leases {
        access: Access::Granular,
        permissions: vec![Permission {
            provider: PROVIDER.into(),
            deployments: vec![DeploymentPermission { dseq: 7, ..DeploymentPermission::default() }],
            ..Permission::default()
        }],
        ..Leases::default()
    };
    assert!(whole.opens(&lease(7, 5, PROVIDER)) && !whole.opens(&lease(8, 5, PROVIDER)));
}

#[test]
fn scoped_tokens_are_for_one_thing() {
    let lease = |dseq| LeaseId { owner: key(1).address().into(), dseq, gseq: 1, oseq: 1, provider: PROVIDER.into() };
    let any = checked(&scoped_token(&key(1), PROVIDER, &[], Scope::Logs, NOW)).unwrap();
    assert_eq!(any.leases.access, Access::Scoped);
    assert!(any.allows(&lease(7), Scope::Logs) && any.allows(&lease(8), Scope::Logs));
    assert!(any.opens(&lease(7)) && !any.allows(&lease(7), Scope::Shell));
    let one = checked(&scoped_token(&key(1), PROVIDER, &[lease(7)], Scope::Shell, NOW)).unwrap();
    assert!(one.allows(&lease(7), Scope::Shell) && !one.allows(&lease(7), Scope::Logs));
    assert!(!one.allows(&lease(8), Scope::Shell));
    // Scoped to nothing that is named opens nothing; names that only other gateways know do no harm.
    let scoped = |scope: Option<Vec<String>>| Claims {
        leases: Leases { access: Access::Scoped, scope, ..Leases::default() },
        ..claims()
    };
    assert!(!scoped(None).allows(&lease(7), Scope::Logs));
    let foreign = scoped(Some(vec!["hostname-migrate".into(), "logs".into()]));
    assert!(checked(&sign(&key(1), &foreign)).unwrap().allows(&lease(7), Scope::Logs));
}
