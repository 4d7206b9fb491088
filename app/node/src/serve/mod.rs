//! The doors of a node for wallets, programs and people, beside CometBFT's RPC.
//!
//! | door | address | file |
//! | --- | --- | --- |
//! | gRPC: every served RPC, reflection v1 and v1alpha, `grpc.health.v1`; gRPC-web on the same port | `[grpc]`, 9090 | `grpc.rs` |
//! | REST by `google.api.http`, `/openapi.json`, `/health`; gRPC-web too | `[api]`, 1317 | `rest.rs` |
//! | the page to rent a GPU on, `/keplr.json` | `[page]`, with REST | `page.rs` |
//! | Prometheus metrics, `/health` | `[telemetry]`, 1319, off | `metrics.rs` |
//!
//! No door knows an RPC by name: all ask [`query::dispatch`](crate::query::dispatch), as ABCI's `Query` does, with
//! descriptors to tell them the paths, fields and JSON of each. The edge is async, what answers is not: queries run on a
//! bounded pool of threads over snapshots of the state and take no lock that consensus holds while it works.
//!
//! What strangers can make a node do is bounded: connections per door, requests at once, bytes of a request, of an
//! answer and of an error's text, queries that wait (those beyond are shed at once), time for a request to arrive and to
//! be answered. A connection on which nothing was written for a minute is closed, however busily it trickles. A query that
//! panics is answered with an error and logged; it ends neither the door nor the node.

mod config;
mod grpc;
mod listen;
mod metrics;
mod openapi;
mod page;
mod pool;
mod rest;

pub use config::{Api, Config, Grpc, GrpcWeb, Page, Telemetry};
pub use grpc::BytesCodec;
pub use rest::{Call, Transcoder};

use crate::app::App;
use axum::{
    Router,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use metrics::Metrics;
use pool::Pool;
use std::{any::Any, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::runtime::{Builder, Runtime};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{self, CorsLayer},
};

/// Threads that accept and parse, the most that answer (more than run queries: names are looked up there too), and the
/// name of both.
const EDGE_THREADS: usize = 2;
const QUERY_THREADS: usize = 48;
const THREAD: &str = "serve";
/// How far those threads stand back from all others.
const NICE: i32 = 10;

/// In which the height of the state is asked for and told.
pub const HEIGHT: &str = "x-cosmos-block-height";

/// The doors that are open.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    pub grpc: Option<SocketAddr>,
    pub api: Option<SocketAddr>,
    pub telemetry: Option<SocketAddr>,
}

/// A door that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for {door}: {source}; choose another address in app.toml or by flag")]
pub struct Error {
    door: &'static str,
    address: String,
    source: io::Error,
}

/// The runtime in which doors live.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(EDGE_THREADS)
        .max_blocking_threads(QUERY_THREADS)
        .thread_name(THREAD)
        .on_thread_start(yield_to_blocks)
        .enable_all()
        .build()
}

/// Blocks come first: where cores are short, a thread that serves queries waits for those that execute blocks and for
/// CometBFT's.
fn yield_to_blocks() {
    // A thread's own on Linux; elsewhere it would be the whole process's.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICE)
    {
        tracing::warn!(%error, "queries take as much of the cores as blocks do");
    }
}

/// Bytes of the longest error text that a door gives: some repeat what was asked, and gRPC tells them in a header.
const MAX_TEXT: usize = 1024;

fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

/// Whether this thread serves queries, so that its panic is a query's end and not the node's.
pub fn is_serving() -> bool {
    std::thread::current().name() == Some(THREAD)
}

/// Opens the doors that `config` wants, in the runtime that this is called in.
pub async fn start(app: &App, config: &Config) -> Result<Doors, Error> {
    let metrics = Arc::new(Metrics::default());
    let pool = Pool::new(app.clone(), metrics.clone(), config.grpc.max_send_msg_size);
    let mut doors = Doors::default();
    let grpc = grpc::router(&pool, &config.grpc);
    if config.grpc.enable {
        let max = config.api.max_open_connections;
        let served = guard(grpc::service(grpc.clone(), config.grpc_web.enable), config.api.enabled_unsafe_cors);
        doors.grpc = Some(open("gRPC", &config.grpc.address, max, served).await?);
    }
    if config.api.enable {
        let web = config.grpc_web.enable.then(|| grpc::service(grpc, true));
        let mut router = rest::router(&pool, &config.api, web);
        if config.page.enable && config.grpc_web.enable {
            router = router.merge(page::router(&pool, &config.page));
        }
        let served = guard(router, config.api.enabled_unsafe_cors);
        doors.api = Some(open("REST", &config.api.address, config.api.max_open_connections, served).await?);
    }
    if config.telemetry.enabled {
        let router = guard(metrics::router(app, &metrics), false);
        doors.telemetry = Some(open("metrics", &config.telemetry.address, 16, router).await?);
    }
    Ok(doors)
}

async fn open(door: &'static str, address: &str, max: usize, router: Router) -> Result<SocketAddr, Error> {
    let plain = address.strip_prefix("tcp://").unwrap_or(address);
    let failed = |source| Error { door, address: address.into(), source };
    let listener = listen::Listener::bind(plain, max).await.map_err(failed)?;
    let bound = axum::serve::Listener::local_addr(&listener).map_err(failed)?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(door, %error, "a door closed");
        }
    });
    tracing::info!(door, address = %bound, "open");
    Ok(bound)
}

/// What every door has around it.
fn guard(router: Router, any_origin: bool) -> Router {
    let router = router.layer(CatchPanicLayer::custom(panicked));
    if !any_origin {
        return router;
    }
    let exposed = [HEIGHT, "grpc-metadata-x-cosmos-block-height", "grpc-status", "grpc-message", "grpc-encoding"];
    let cors = CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods(cors::AllowMethods::mirror_request())
        .allow_headers(cors::AllowHeaders::mirror_request())
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_secs(600));
    router.layer(cors)
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request made the node's own code panic");
    (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;
    use tokio::{spawn, task::spawn_blocking};

    #[test]
    fn threads_that_serve_stand_back_and_others_do_not() {
        let nice = || getpriority_process(None).unwrap();
        let before = nice();
        let edge_and_query = runtime()
            .unwrap()
            .block_on(async { (spawn(async move { nice() }).await.unwrap(), spawn_blocking(nice).await.unwrap()) });
        let back = (before + NICE).min(19);
        assert_eq!((edge_and_query, nice()), ((back, back), before));
    }
}
