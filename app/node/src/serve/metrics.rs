//! Figures for Prometheus: what the doors were asked, what the node has done, and how the chain stands.
//!
//! Doors count as they go; everything else is read when somebody scrapes, from a snapshot of the state and from counters
//! that cost consensus one addition each.

use crate::{app::App, query, runtime};
use aliquot_proto::cosmos::bank::v1beta1::{QueryAllBalancesRequest, QueryAllBalancesResponse};
use aliquot_sdk::{Address, Error, Result};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use prost::Message;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::task::spawn_blocking;

const PREFIX: &str = "aliquot";
/// Accounts of modules that hold what belongs to others.
const HOLDERS: &[&str] = &["escrow", "market", "compute"];

#[derive(Debug, Clone, Copy)]
pub enum Door {
    Grpc,
    Rest,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Door::Grpc => "grpc",
            Door::Rest => "rest",
        }
    }
}

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// What the doors were asked.
pub struct Metrics {
    queries: Family<Labels<2>, Counter>,
    seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets: fn() -> Histogram = || Histogram::new(exponential_buckets(0.0001, 4.0, 10));
        Metrics { queries: Family::default(), seconds: Family::new_with_constructor(buckets) }
    }
}

impl Metrics {
    pub fn asked(&self, door: Door, took: Duration, result: &Result<()>) {
        let status = match result {
            Ok(()) => "ok",
            Err(error) => status_name(error),
        };
        self.queries.get_or_create(&[("door", door.name()), ("status", status)]).inc();
        self.seconds.get_or_create(&[("door", door.name())]).observe(took.as_secs_f64());
    }
}

fn status_name(error: &Error) -> &'static str {
    use tonic::Code::*;
    match query::status(error) {
        NotFound => "not_found",
        InvalidArgument => "invalid_argument",
        Unimplemented => "unimplemented",
        Unavailable => "unavailable",
        DeadlineExceeded => "deadline_exceeded",
        ResourceExhausted => "resource_exhausted",
        Internal => "internal",
        _ => "unknown",
    }
}

#[derive(Clone)]
struct Scraped {
    app: App,
    metrics: Arc<Metrics>,
}

pub fn router(app: &App, metrics: &Arc<Metrics>) -> Router {
    let state = Scraped { app: app.clone(), metrics: metrics.clone() };
    Router::new().route("/metrics", get(scrape)).route("/health", get(|| async { "ok" })).with_state(state)
}

async fn scrape(State(scraped): State<Scraped>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match spawn_blocking(move || text(&scraped)).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn text(scraped: &Scraped) -> Result<String> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register("queries", "Queries by door and status", scraped.metrics.queries.clone());
    registry.register("query_seconds", "Time to answer a query, its wait included", scraped.metrics.seconds.clone());
    node(&mut registry, &scraped.app);
    chain(&mut registry, &scraped.app)?;
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = encode_registry(&mut out, &registry).and_then(|()| encode_eof(&mut out));
    Ok(out)
}

/// What this process has done.
fn node(registry: &mut Registry, app: &App) {
    let stats = app.stats();
    let mut counter = |name: &str, help: &str, of: &AtomicU64| {
        registry.register(name, help, ConstCounter::new(of.load(Relaxed)));
    };
    counter("checked_passed", "Transactions that CheckTx let into the mempool", &stats.checks_passed);
    counter("checked_refused", "Transactions that CheckTx refused", &stats.checks_refused);
    counter("txs_succeeded", "Transactions of blocks that succeeded", &stats.txs_succeeded);
    counter("txs_failed", "Transactions of blocks that failed", &stats.txs_failed);
    counter("blocks", "Blocks run", &stats.blocks);
    counter("abci_queries_answered", "Queries over CometBFT that were answered", &stats.abci_queries_answered);
    counter("abci_queries_failed", "Queries over CometBFT that failed", &stats.abci_queries_failed);
    counter("abci_query_micros", "Microseconds spent on queries over CometBFT", &stats.abci_query_micros);
}

/// How the chain stands at its newest height.
fn chain(registry: &mut Registry, app: &App) -> Result<()> {
    let ctx = app.state_at(0)?;
    let height = i64::try_from(ctx.block.height).unwrap_or(i64::MAX);
    registry.register("height", "Newest committed height", ConstGauge::new(height));
    let time = runtime::TIME.load_or_default(&ctx)?.seconds;
    registry.register("block_time_seconds", "Time of the newest block, since 1970", ConstGauge::new(time));
    let held = Family::<Vec<(&'static str, String)>, Gauge<f64, AtomicU64>>::default();
    for holder in HOLDERS {
        let request = QueryAllBalancesRequest { address: Address::module(holder).to_string(), ..Default::default() };
        let answer = query::dispatch(app, "/cosmos.bank.v1beta1.Query/AllBalances", &request.encode_to_vec(), 0)?;
        let answer = QueryAllBalancesResponse::decode(answer.value.as_slice()).unwrap_or_default();
        for coin in answer.balances {
            let labels = vec![("account", holder.to_string()), ("denom", coin.denom)];
            held.get_or_create(&labels).set(coin.amount.parse().unwrap_or_default());
        }
    }
    registry.register("held", "Base units held by accounts of modules", held);
    Ok(())
}
