//! Tokens by which an account proves itself to a provider's gateway.
//!
//! A JSON Web Token as Akash's gateways take it: `iss` is the account's address, `aud` the provider's, it lives for
//! an hour at most and may name the leases and the things it is for. The key that signs is the account's own, so a gateway checks
//! it against the public key that the chain holds. `ES256K` is a plain signature over the token; `ES256KADR36` is one
//! over the document that wallets make of arbitrary data (ADR-036), since they sign nothing else.

mod claims;

use aliquot_proto::market::v1::LeaseId;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cosmrs::bip32::secp256k1::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::{Deserialize, Serialize};

pub use self::claims::{Access, Claims, DeploymentPermission, Leases, Permission, Scope};
use crate::key::Key;

/// The longest that a token may live, in seconds.
pub const MAX_LIFE: u64 = 3600;
/// How far two clocks may differ, in seconds.
const SKEW: u64 = 30;
/// How long tokens of [`gateway_token`] live, in seconds: enough to start a download, little to steal.
const LIFE: u64 = 600;
/// The longest token that is read, in bytes.
const MAX_TOKEN: usize = 8192;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    #[error("the token is signed with {0:?}: use ES256K, or ES256KADR36 for wallets")]
    Algorithm(String),
    #[error("the token is for {0:?}, not for this provider")]
    Audience(String),
    #[error("the token has expired: make a new one")]
    Expired,
    #[error("the token is not valid yet: compare the clocks")]
    NotYet,
    #[error("the token lives longer than {MAX_LIFE} s, which is the most that is taken")]
    TooLong,
    #[error("the signature is not by the account's key")]
    Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    /// Extensions that a reader must understand: there are none that this one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// A token of ten minutes by which `key` asks the gateway of `provider`. Opens the given leases, or with none given
/// all of the account's. `now` is in seconds since 1970.
pub fn gateway_token(key: &Key, provider: &str, leases: &[LeaseId], now: u64) -> String {
    token(key, provider, leases, None, now)
}

/// As [`gateway_token`], for one thing alone.
pub fn scoped_token(key: &Key, provider: &str, leases: &[LeaseId], scope: Scope, now: u64) -> String {
    token(key, provider, leases, Some(vec![scope.name().into()]), now)
}

fn token(key: &Key, provider: &str, leases: &[LeaseId], scope: Option<Vec<String>>, now: u64) -> String {
    let deployment =
        |id: &LeaseId| DeploymentPermission { dseq: id.dseq, gseq: id.gseq, oseq: id.oseq, scope: scope.clone() };
    let deployments = leases.iter().map(deployment).collect();
    let leases = match (leases, &scope) {
        ([], None) => Leases::default(),
        ([], Some(_)) => Leases { access: Access::Scoped, scope, ..Leases::default() },
        _ => {
            let access = Some(Access::Granular);
            let permission = Permission { provider: provider.into(), access, scope: None, deployments };
            Leases { access: Access::Granular, permissions: vec![permission], ..Leases::default() }
        }
    };
    sign(
        key,
        &Claims {
            version: "v1".into(),
            iss: key.address().into(),
            aud: provider.into(),
            iat: now,
            nbf: now,
            exp: now + LIFE,
            leases,
        },
    )
}

/// Signs claims as they are, with `ES256K`.
pub fn sign(key: &Key, claims: &Claims) -> String {
    let header = serde_json::json!({ "alg": "ES256K", "typ": "JWT" });
    let body = serde_json::to_value(claims).unwrap_or_default();
    let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&header), part(&body));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// What a token says, before anything of it is checked: to find the account whose key must be asked for.
pub fn peek(token: &str) -> Result<Claims, JwtError> {
    Ok(Parts::of(token)?.claims)
}

/// Checks a token against the account's compressed public key, the provider that is asked, and the clock (seconds
/// since 1970). That the key is the one of `iss` is the caller's to know.
pub fn verify(token: &str, public_key: &[u8], aud: &str, now: u64) -> Result<Claims, JwtError> {
    let parts = Parts::of(token)?;
    parts.check_claims(aud, now)?;
    let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| JwtError::Signature)?;
    key.verify(&parts.signed_bytes()?, &parts.signature).map_err(|_| JwtError::Signature)?;
    Ok(parts.claims)
}

/// A token taken apart.
struct Parts<'a> {
    algorithm: String,
    signed: &'a str,
    claims: Claims,
    signature: Signature,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_TOKEN {
            return Err(JwtError::Malformed("it is too long"));
        }
        let bytes =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed("a part is not base64url"));
        let mut dots = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) = (dots.next(), dots.next(), dots.next(), dots.next())
        else {
            return Err(JwtError::Malformed("it does not have three parts"));
        };
        let signed = &token[..header.len() + 1 + claims.len()];
        let header: Header =
            serde_json::from_slice(&bytes(header)?).map_err(|_| JwtError::Malformed("the header is not understood"))?;
        // Before the signature is even read, so that "none" is called by its name.
        if !matches!(header.alg.as_str(), "ES256K" | "ES256KADR36") {
            return Err(JwtError::Algorithm(header.alg));
        }
        if header.crit.is_some() {
            return Err(JwtError::Malformed("it has critical extensions"));
        }
        let claims = serde_json::from_slice(&bytes(claims)?)
            .map_err(|_| JwtError::Malformed("the claims are not understood"))?;
        let signature = Signature::from_slice(&bytes(signature)?)
            .map_err(|_| JwtError::Malformed("the signature is not 64 bytes"))?;
        Ok(Parts { algorithm: header.alg, signed, claims, signature })
    }

    fn check_claims(&self, aud: &str, now: u64) -> Result<(), JwtError> {
        let claims = &self.claims;
        if claims.version != "v1" {
            return Err(JwtError::Malformed("its version is not v1"));
        }
        if claims.aud != aud {
            return Err(JwtError::Audience(claims.aud.clone()));
        }
        if claims.exp <= claims.iat || claims.exp - claims.iat > MAX_LIFE {
            return Err(JwtError::TooLong);
        }
        if claims.exp <= now {
            return Err(JwtError::Expired);
        }
        if claims.iat.max(claims.nbf) > now.saturating_add(SKEW) {
            return Err(JwtError::NotYet);
        }
        Ok(())
    }

    fn signed_bytes(&self) -> Result<Vec<u8>, JwtError> {
        if self.algorithm == "ES256K" {
            return Ok(self.signed.as_bytes().to_vec());
        }
        // The signer stands inside a JSON text that is built here: an address needs no escaping, anything else is none.
        let signer = &self.claims.iss;
        if !signer.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(JwtError::Malformed("iss is not an address"));
        }
        let data = STANDARD.encode(self.signed);
        Ok(format!(
            r#"{{"account_number":"0","chain_id":"","fee":{{"amount":[],"gas":"0"}},"memo":"","msgs":[{{"type":"sign/MsgSignData","value":{{"data":"{data}","signer":"{signer}"}}}}],"sequence":"0"}}"#
        )
        .into_bytes())
    }
}
