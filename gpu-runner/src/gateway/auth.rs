//! Who asks: the token, the account's key from the chain, and what the token is for.
//!
//! A token may be narrowed to scopes: `scope` under `leases` for all of it, or under a permission or one of its
//! deployments for what these name. One without scopes opens everything.

use std::sync::PoisonError;
use std::time::Instant;

use aliquot_client::jwt::{self, Claims};
use aliquot_proto::market::v1::LeaseId;
use axum::http::{HeaderMap, StatusCode as S, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{KEY_LIFE, KEYS, Refused, Shared, refused};
use crate::now;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    SendManifest,
    GetManifest,
    Status,
    Logs,
    Events,
    Shell,
    Result,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Scope::SendManifest => "send-manifest",
            Scope::GetManifest => "get-manifest",
            Scope::Status => "status",
            Scope::Logs => "logs",
            Scope::Events => "events",
            Scope::Shell => "shell",
            Scope::Result => "result",
        }
    }
}

/// The part of a token that says scopes; the rest of it is `Claims`.
#[derive(Default, Deserialize)]
struct Scopes {
    leases: Narrowed,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Narrowed {
    scope: Option<Vec<String>>,
    permissions: Vec<Permission>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Permission {
    provider: String,
    scope: Option<Vec<String>>,
    deployments: Vec<Deployment>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deployment {
    dseq: u64,
    gseq: u32,
    oseq: u32,
    scope: Option<Vec<String>>,
}

impl Scopes {
    fn of(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// Whether a lease is opened for this. `opens` of the claims has been asked already.
    fn grant(&self, lease: &LeaseId, scope: Scope) -> bool {
        let has = |list: &Option<Vec<String>>| list.as_ref().is_none_or(|all| all.iter().any(|s| s == scope.name()));
        let any_or = |claim: u32, id: u32| claim == 0 || claim == id;
        let of_lease =
            |d: &&Deployment| d.dseq == lease.dseq && any_or(d.gseq, lease.gseq) && any_or(d.oseq, lease.oseq);
        let permitted = |p: &Permission| {
            p.provider == lease.provider
                && has(&p.scope)
                && (p.deployments.is_empty() || p.deployments.iter().filter(of_lease).any(|d| has(&d.scope)))
        };
        has(&self.leases.scope) && (self.leases.permissions.is_empty() || self.leases.permissions.iter().any(permitted))
    }
}

/// A token whose signature is good, and what it is for.
pub(super) struct Caller {
    pub claims: Claims,
    scopes: Scopes,
}

impl Caller {
    pub fn opens(&self, lease: &LeaseId, scope: Scope) -> bool {
        self.claims.opens(lease) && self.scopes.grant(lease, scope)
    }
}

/// The token of a request, and its claims before anything of them is checked.
fn shown(headers: &HeaderMap) -> Result<(&str, Claims), Refused> {
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let Some(token) = given.and_then(|v| v.strip_prefix("Bearer ")) else {
        return refused(S::UNAUTHORIZED, "a token is needed: Authorization: Bearer JWT, signed with the account's key");
    };
    let claims = jwt::peek(token).map_err(|e| Refused(S::UNAUTHORIZED, e.to_string()))?;
    Ok((token, claims))
}

impl Shared {
    /// The one who asks, if the token is good.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refused> {
        let (token, claims) = shown(headers)?;
        let Some(key) = self.key(&claims.iss).await? else {
            return refused(S::FORBIDDEN, format!("the chain knows no single public key of {}", claims.iss));
        };
        let provider = &self.gateway.provider;
        let claims = jwt::verify(token, &key, provider, now()).map_err(|e| Refused(S::UNAUTHORIZED, e.to_string()))?;
        let Some(scopes) = Scopes::of(token) else {
            return refused(S::UNAUTHORIZED, "the scopes of the token are not understood");
        };
        Ok(Caller { claims, scopes })
    }

    /// Refuses a request that does not show a good token of the lease's owner.
    pub(super) async fn authorize(&self, id: &LeaseId, headers: &HeaderMap, scope: Scope) -> Result<(), Refused> {
        // Before the chain is asked: tokens for other leases cost nothing.
        let (_, claims) = shown(headers)?;
        if !claims.opens(id) {
            return refused(S::FORBIDDEN, "the token does not open this lease");
        }
        let caller = self.caller(headers).await?;
        match caller.opens(id, scope) {
            true => Ok(()),
            false => refused(S::FORBIDDEN, format!("the token's scopes do not hold {:?}", scope.name())),
        }
    }

    /// The lease of a path without an owner, which is the one who asks; checked as by [`Shared::authorize`].
    pub(super) async fn own_lease(
        &self,
        (dseq, gseq, oseq): (u64, u32, u32),
        headers: &HeaderMap,
        scope: Scope,
    ) -> Result<LeaseId, Refused> {
        let owner = shown(headers)?.1.iss;
        let id = LeaseId { owner, dseq, gseq, oseq, provider: self.gateway.provider.clone() };
        self.authorize(&id, headers, scope).await?;
        Ok(id)
    }

    /// An account's key, from memory or from the chain.
    async fn key(&self, address: &str) -> Result<Option<Vec<u8>>, Refused> {
        let keys = || self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, key)) = keys().get(address)
            && at.elapsed() < KEY_LIFE
        {
            return Ok(key.clone());
        }
        let looked = (self.gateway.lookup)(address.to_string()).await;
        let key = looked.map_err(|reason| {
            tracing::warn!(reason, "looking up an account's key");
            Refused(S::BAD_GATEWAY, "the chain cannot be asked at present: come again".into())
        })?;
        let mut keys = keys();
        if keys.len() >= KEYS {
            keys.clear();
        }
        keys.insert(address.to_string(), (Instant::now(), key.clone()));
        Ok(key)
    }
}
