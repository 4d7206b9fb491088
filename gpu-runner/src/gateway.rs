//! The gateway: where tenants send manifests, and get results, states, logs and a shell.
//!
//! Everything but `/status` and `/version` is for the owner of the lease alone, who shows a token signed with the
//! account's key (`aliquot_client::jwt`). Errors are JSON: `{"code": 403, "message": "..."}`. Of a job's lease, at
//! `/lease/{owner}/{dseq}/{gseq}/{oseq}`, there are `status`, `leaves` and `result`. Of a service's lease, at
//! `/lease/{dseq}/{gseq}/{oseq}`:
//!
//! | route | |
//! | --- | --- |
//! | `PUT /deployment/{dseq}/manifest` | the manifest, whose SHA-256 the chain has; for all leases of it here |
//! | `GET manifest`, `GET status` | JSON |
//! | `GET logs?service=&tail=&follow=` | a line of JSON for each: `service`, `instance`, `stream`, `message` |
//! | `GET events?follow=` | a line of JSON for each: `at`, `kind`, `message` |
//! | `POST exec?service=&instance=&tty=&cmd=..&cmd=..` | body is stdin, read while lines `{"stream": "stdout", "data": base64}` come; last `{"exit_code": 0}` |
//!
//! Streams of lines hold empty ones now and then, by which both sides see that the other is there.

mod auth;
mod jobs;
mod lines;
mod manifests;
mod refusal;
mod services;

use std::{
    collections::BTreeMap,
    future::Future,
    net::TcpListener,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aliquot_kernels::Kernel;
use anyhow::{Context, Result};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use hyper_util::rt::TokioTimer;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower_http::cors::{self, CorsLayer};

use self::refusal::{Refused, refused};
use crate::{
    book::Book,
    device::DeviceInfo,
    runtime::Runtime,
    services::{self as hosting, Deployed, inventory::Inventory},
    store::Store,
};

/// How long a request may take until its answer begins.
const ANSWER: Duration = Duration::from_secs(15);
/// How long a client may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(10);
/// Requests answered at once; more are told to come again.
const AT_ONCE: usize = 256;
/// Streams of logs, events and commands at once.
const STREAMS: usize = 128;
/// No request has a body, but manifests and what commands are given.
const MAX_BODY: usize = 1024;
/// How long an account's key is remembered, and how many are.
const KEY_LIFE: Duration = Duration::from_secs(60);
const KEYS: usize = 1000;

type Looked = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, String>> + Send>>;
/// Finds an account's compressed public key on the chain; `None` where there is none.
pub type KeyLookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;

type Found = Pin<Box<dyn Future<Output = Result<Option<Deployed>, String>> + Send>>;
/// Finds a deployment by owner and dseq, with this provider's leases of it; `None` where there is none.
pub type DeploymentLookup = Arc<dyn Fn(String, u64) -> Found + Send + Sync>;

/// What of services the gateway serves from.
#[derive(Clone)]
pub struct Services {
    pub runtime: Arc<dyn Runtime>,
    pub book: hosting::book::Book,
    pub inventory: Inventory,
    pub lookup: DeploymentLookup,
}

/// What the gateway serves from.
pub struct Gateway {
    pub provider: String,
    pub device: DeviceInfo,
    pub store: Store,
    pub book: Book,
    pub lookup: KeyLookup,
    /// Where the provider runs services.
    pub services: Option<Services>,
}

/// Public keys by address, with when they were looked up.
type Seen = BTreeMap<String, (Instant, Option<Vec<u8>>)>;

struct Shared {
    gateway: Gateway,
    permits: Semaphore,
    streams: Arc<Semaphore>,
    keys: Mutex<Seen>,
}

type App = Arc<Shared>;

/// The gateway's routes.
pub fn router(gateway: Gateway) -> Router {
    let shared = Arc::new(Shared {
        gateway,
        permits: Semaphore::new(AT_ONCE),
        streams: Arc::new(Semaphore::new(STREAMS)),
        keys: Mutex::default(),
    });
    let manifest = DefaultBodyLimit::max(aliquot_client::manifest::MAX_BYTES);
    Router::new()
        .route("/status", get(status))
        .route("/version", get(version))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/status", get(jobs::status))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/leaves", get(jobs::leaves))
        .route("/lease/{owner}/{dseq}/{gseq}/{oseq}/result", get(jobs::result))
        .route("/deployment/{dseq}/manifest", put(manifests::put).layer(manifest))
        .route("/lease/{dseq}/{gseq}/{oseq}/manifest", get(manifests::get))
        .route("/lease/{dseq}/{gseq}/{oseq}/status", get(services::status))
        .route("/lease/{dseq}/{gseq}/{oseq}/logs", get(services::logs))
        .route("/lease/{dseq}/{gseq}/{oseq}/events", get(services::events))
        .route("/lease/{dseq}/{gseq}/{oseq}/exec", post(services::exec))
        .fallback(|| async { Refused(StatusCode::NOT_FOUND, "there is nothing here".into()) })
        .method_not_allowed_fallback(|| async {
            Refused(StatusCode::METHOD_NOT_ALLOWED, "this is not served by that method".into())
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), limits))
        .layer(any_origin())
        .with_state(shared)
}

/// A tenant's page comes from a node, or from anywhere. It shows a token, never a cookie, so nothing is open to strangers.
fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::PUT, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(600))
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
        "services": app.gateway.services.as_ref().map(|services| json!({
            "leases": services.book.len(),
            "free": services.inventory.free(),
        })),
    }))
}

async fn version() -> Json<Value> {
    Json(json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }))
}
