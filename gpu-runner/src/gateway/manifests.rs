//! Manifests: taken if their hash is the one on the chain, and given back to their tenant.

use aliquot_client::{jwt::Scope, manifest};
use aliquot_proto::market::v1::LeaseId;
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode as S, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{App, Refused, Services, Shared, refused};
use crate::{
    services::{Deployed, inventory::Taken, workload::plan},
    store::lease_name,
};

/// Takes the manifest for every lease that the caller's deployment has here. The workloads start after the answer.
pub(super) async fn put(
    State(app): State<App>,
    Path(dseq): Path<u64>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(S, Json<Value>), Refused> {
    let caller = app.caller(&headers).await?;
    let services = app.services()?;
    let owner = caller.iss.clone();
    let found = (services.lookup)(owner.clone(), dseq).await.map_err(|reason| {
        tracing::warn!(reason, "looking up a deployment");
        Refused(S::BAD_GATEWAY, "the chain cannot be asked at present: come again".into())
    })?;
    let Some(mut deployed) = found else {
        return refused(S::NOT_FOUND, format!("there is no deployment {owner}/{dseq}"));
    };
    deployed.leases.retain(|(lease, _)| lease.id.as_ref().is_some_and(|id| id.owner == owner && id.dseq == dseq));
    if deployed.leases.is_empty() {
        return refused(S::NOT_FOUND, format!("deployment {dseq} has no lease with this provider"));
    }
    deployed.leases.retain(|(lease, _)| lease.id.as_ref().is_some_and(|id| caller.allows(id, Scope::SendManifest)));
    if deployed.leases.is_empty() {
        return refused(S::FORBIDDEN, "the token opens no lease of this deployment for sending a manifest");
    }
    let json = body?;
    let leases = accepted(services, &deployed, &json)?;
    for id in &leases {
        services.book.put_manifest(id, &json)?;
    }
    let names: Vec<_> = leases.iter().map(lease_name).collect();
    Ok((S::ACCEPTED, Json(json!({ "leases": names, "hash": hex::encode(&deployed.hash) }))))
}

/// The leases that the manifest is for, if it is the one that the chain knows and can be run here.
fn accepted(services: &Services, deployed: &Deployed, json: &[u8]) -> Result<Vec<LeaseId>, Refused> {
    let hash = manifest::hash(json);
    if hash.as_slice() != deployed.hash {
        let (sent, chain) = (hex::encode(hash), hex::encode(&deployed.hash));
        return refused(
            S::UNPROCESSABLE_ENTITY,
            format!("the manifest's hash is {sent}, the deployment's on the chain is {chain}: update one of them"),
        );
    }
    let manifest = manifest::parse(json).map_err(|e| Refused(S::BAD_REQUEST, e.to_string()))?;
    let mut leases = Vec::new();
    for (lease, spec) in &deployed.leases {
        let Some(id) = &lease.id else { continue };
        let wrong = |text: String| Refused(S::UNPROCESSABLE_ENTITY, format!("group {:?}: {text}", spec.name));
        let Some(group) = manifest.group(&spec.name) else {
            return Err(wrong("the manifest does not have it".into()));
        };
        group.fits(spec).map_err(|e| wrong(e.to_string()))?;
        plan(id, &hash, group, &Taken::default(), &services.inventory).map_err(|e| wrong(e.to_string()))?;
        leases.push(id.clone());
    }
    Ok(leases)
}

/// The manifest as it was sent.
pub(super) async fn get(
    State(app): State<App>,
    Path(place): Path<(u64, u32, u32)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let id = app.own_lease(place, &headers, Scope::GetManifest).await?;
    match app.services()?.book.manifest(&id)? {
        Some(json) => Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response()),
        None => refused(S::NOT_FOUND, format!("no manifest of lease {} is here", lease_name(&id))),
    }
}

impl Shared {
    pub(super) fn services(&self) -> Result<&Services, Refused> {
        let none = || Refused(S::NOT_FOUND, "this provider runs no services".into());
        self.gateway.services.as_ref().ok_or_else(none)
    }
}
