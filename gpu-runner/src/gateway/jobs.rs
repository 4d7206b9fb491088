//! What the tenant of a job gets: its state, its leaf hashes and its result.

use std::path::PathBuf;

use aliquot_client::jwt::Scope;
use aliquot_proto::market::v1::LeaseId;
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::{App, Refused, Shared, refused};
use crate::store::{StoreError, lease_name};

/// The place of a lease in a path; the provider is this one.
type Place = Path<(String, u64, u32, u32)>;

pub(super) async fn status(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Json<Value>, Refused> {
    let id = app.place(place);
    app.authorize(&id, &headers, Scope::Status).await?;
    let gateway = &app.gateway;
    let record = gateway.store.record(&id)?;
    let phase = gateway.book.phase(&id).map(|phase| phase.as_str_name());
    if record.is_none() && phase.is_none() {
        return refused(StatusCode::NOT_FOUND, format!("lease {} is not here", lease_name(&id)));
    }
    let ended = record.as_ref().and_then(|r| r.ended.as_ref()).map(|(phase, _)| phase.as_str());
    Ok(Json(json!({
        "lease": lease_name(&id),
        "phase": phase.or(ended),
        "kernel": record.as_ref().map(|r| &r.kernel),
        "chunks": record.as_ref().map(|r| r.chunks),
        "chunks_done": gateway.store.progress(&id),
        "output_len": record.as_ref().map(|r| r.output_len),
        "root": record.as_ref().and_then(|r| r.root.as_ref()),
    })))
}

pub(super) async fn leaves(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Response, Refused> {
    let id = app.place(place);
    app.authorize(&id, &headers, Scope::Result).await?;
    app.known(&id)?;
    send(app.gateway.store.files(&id)?.0).await
}

pub(super) async fn result(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Response, Refused> {
    let id = app.place(place);
    app.authorize(&id, &headers, Scope::Result).await?;
    app.known(&id)?;
    send(app.gateway.store.files(&id)?.1).await
}

/// A file as a stream, so that large results take no memory.
async fn send(path: PathBuf) -> Result<Response, Refused> {
    let io = |source| StoreError::Io { path: path.clone(), source };
    let file = tokio::fs::File::open(&path).await.map_err(io)?;
    let io = |source| StoreError::Io { path: path.clone(), source };
    let length = file.metadata().await.map_err(io)?.len();
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_string()), (header::CONTENT_LENGTH, length.to_string())];
    let body = Body::from_stream(ReaderStream::with_capacity(file, 1 << 16));
    Ok((headers, body).into_response())
}

impl Shared {
    fn place(&self, Path((owner, dseq, gseq, oseq)): Place) -> LeaseId {
        LeaseId { owner, dseq, gseq, oseq, provider: self.gateway.provider.clone() }
    }

    fn known(&self, id: &LeaseId) -> Result<(), Refused> {
        match self.gateway.store.record(id)?.is_some() || self.gateway.book.phase(id).is_some() {
            true => Ok(()),
            false => refused(StatusCode::NOT_FOUND, format!("lease {} is not here", lease_name(id))),
        }
    }
}
