//! The gateway: where the tenant of a lease gets its state, its leaf hashes and its result.
//!
//! Everything but `/status` is for the owner of the lease alone, who shows a token signed with the account's key
//! (`aliquot_client::jwt`). Errors are JSON: `{"code": 403, "message": "..."}`.

use std::{
    collections::BTreeMap,
    future::Future,
    net::TcpListener,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aliquot_client::jwt;
use aliquot_kernels::Kernel;
use aliquot_proto::market::v1::LeaseId;
use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use hyper_util::rt::TokioTimer;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;

use crate::{
    book::Book,
    device::DeviceInfo,
    now,
    store::{Store, StoreError, lease_name},
};

/// How long a request may take until its answer begins.
const ANSWER: Duration = Duration::from_secs(15);
/// How long a client may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(10);
/// Requests answered at once; more are told to come again.
const AT_ONCE: usize = 256;
/// No request has a body.
const MAX_BODY: usize = 1024;
/// How long an account's key is remembered, and how many are.
const KEY_LIFE: Duration = Duration::from_secs(60);
const KEYS: usize = 1000;

type Looked = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, String>> + Send>>;
/// Finds an account's compressed public key on the chain; `None` where there is none.
pub type KeyLookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;

/// What the gateway serves from.
pub struct Gateway {
    pub provider: String,
    pub device: DeviceInfo,
    pub store: Store,
    pub book: Book,
    pub lookup: KeyLookup,
}

/// Public keys by address, with when they were looked up.
type Seen = BTreeMap<String, (Instant, Option<Vec<u8>>)>;

struct Shared {
    gateway: Gateway,
    permits: Semaphore,
    keys: Mutex<Seen>,
}

type App = Arc<Shared>;

/// A refusal.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused(status, message) = self;
        let mut response = (status, Json(json!({ "code": status.as_u16(), "message": message }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

fn refused<T>(status: StatusCode, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(status, message.into()))
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unfinished(_) => Refused(StatusCode::CONFLICT, "the result is not finished yet".into()),
            error => {
                tracing::error!(%error, "gateway");
                Refused(StatusCode::INTERNAL_SERVER_ERROR, "the result cannot be read".into())
            }
        }
    }
}

/// The gateway's routes.
pub fn router(gateway: Gateway) -> Router {
    let shared = Arc::new(Shared { gateway, permits: Semaphore::new(AT_ONCE), keys: Mutex::default() });
    Router::new()
        .route("/status", get(status))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/status", get(lease_status))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/leaves", get(leaves))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/result", get(result))
        .fallback(|| async { Refused(StatusCode::NOT_FOUND, "there is nothing here".into()) })
        .method_not_allowed_fallback(|| async { Refused(StatusCode::METHOD_NOT_ALLOWED, "only GET is served".into()) })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), limits))
        .with_state(shared)
}

/// Serves until `handle` says stop. `tls`: none serves plain http.
pub async fn serve(listener: TcpListener, gateway: Gateway, tls: Option<RustlsConfig>, handle: Handle) -> Result<()> {
    listener.set_nonblocking(true)?;
    let service = router(gateway).into_make_service();
    fn patient<A>(mut server: Server<A>, handle: Handle) -> Server<A> {
        let mut http = server.http_builder().http1();
        http.header_read_timeout(HEADERS);
        http.timer(TokioTimer::new());
        server.handle(handle)
    }
    let served = match tls {
        Some(tls) => patient(axum_server::from_tcp_rustls(listener, tls), handle).serve(service).await,
        None => patient(axum_server::from_tcp(listener), handle).serve(service).await,
    };
    served.context("the gateway stopped")
}

async fn limits(State(app): State<App>, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.permits.try_acquire() else {
        return Refused(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once: come again".into())
            .into_response();
    };
    match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refused(StatusCode::GATEWAY_TIMEOUT, "it took too long: come again".into()).into_response(),
    }
}

async fn status(State(app): State<App>) -> Json<Value> {
    let kernels = Kernel::ALL.map(|kernel| {
        json!({
            "name": kernel.name(),
            "spec_hash": hex::encode(kernel.spec_hash()),
            "vectors_hash": hex::encode(kernel.vectors_hash()),
        })
    });
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "provider": app.gateway.provider,
        "devices": [app.gateway.device],
        "kernels": kernels,
        "leases": app.gateway.book.len(),
    }))
}

/// The place of a lease in a path; the provider is this one.
type Place = Path<(String, u64, u32, u32)>;

async fn lease_status(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Json<Value>, Refused> {
    let id = app.authorize(place, &headers).await?;
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

async fn leaves(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Response, Refused> {
    let id = app.authorize(place, &headers).await?;
    app.known(&id)?;
    send(app.gateway.store.files(&id)?.0).await
}

async fn result(State(app): State<App>, place: Place, headers: HeaderMap) -> Result<Response, Refused> {
    let id = app.authorize(place, &headers).await?;
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
    /// The lease, if the request shows a good token of its owner.
    async fn authorize(&self, Path((owner, dseq, gseq, oseq)): Place, headers: &HeaderMap) -> Result<LeaseId, Refused> {
        use StatusCode as S;
        let provider = &self.gateway.provider;
        let id = LeaseId { owner, dseq, gseq, oseq, provider: provider.clone() };
        let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let Some(token) = given.and_then(|v| v.strip_prefix("Bearer ")) else {
            return refused(
                S::UNAUTHORIZED,
                "a token is needed: Authorization: Bearer JWT, signed with the account's key",
            );
        };
        let unsure = |e: jwt::JwtError| Refused(S::UNAUTHORIZED, e.to_string());
        let claims = jwt::peek(token).map_err(unsure)?;
        // Before the chain is asked: tokens for other leases cost nothing.
        if !claims.opens(&id) {
            return refused(S::FORBIDDEN, "the token does not open this lease");
        }
        let Some(key) = self.key(&claims.iss).await? else {
            return refused(S::FORBIDDEN, format!("the chain knows no single public key of {}", claims.iss));
        };
        jwt::verify(token, &key, provider, now()).map_err(unsure)?;
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
            Refused(StatusCode::BAD_GATEWAY, "the chain cannot be asked at present: come again".into())
        })?;
        let mut keys = keys();
        if keys.len() >= KEYS {
            keys.clear();
        }
        keys.insert(address.to_string(), (Instant::now(), key.clone()));
        Ok(key)
    }

    fn known(&self, id: &LeaseId) -> Result<(), Refused> {
        match self.gateway.store.record(id)?.is_some() || self.gateway.book.phase(id).is_some() {
            true => Ok(()),
            false => refused(StatusCode::NOT_FOUND, format!("lease {} is not here", lease_name(id))),
        }
    }
}
