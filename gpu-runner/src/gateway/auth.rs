//! Who asks: the token, the account's key from the chain, and what the token is for.

use std::sync::PoisonError;
use std::time::Instant;

use aliquot_client::jwt::{self, Claims, Scope};
use aliquot_proto::market::v1::LeaseId;
use axum::http::{HeaderMap, StatusCode as S, header};

use super::{KEY_LIFE, KEYS, Refused, Shared, refused};
use crate::now;

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
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Claims, Refused> {
        let (token, claims) = shown(headers)?;
        let Some(key) = self.key(&claims.iss).await? else {
            return refused(S::FORBIDDEN, format!("the chain knows no single public key of {}", claims.iss));
        };
        let provider = &self.gateway.provider;
        jwt::verify(token, &key, provider, now()).map_err(|e| Refused(S::UNAUTHORIZED, e.to_string()))
    }

    /// Refuses a request that does not show a good token of the lease's owner.
    pub(super) async fn authorize(&self, id: &LeaseId, headers: &HeaderMap, scope: Scope) -> Result<(), Refused> {
        // Before the chain is asked: tokens for other leases cost nothing.
        let (_, claims) = shown(headers)?;
        if !claims.opens(id) {
            return refused(S::FORBIDDEN, "the token does not open this lease");
        }
        match self.caller(headers).await?.allows(id, scope) {
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
