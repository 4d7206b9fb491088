//! The page to rent a GPU on, from a browser with a wallet: its files, and what it tells the wallet of this chain.
//!
//! The files are made from `app/sdk-js/page` by `npm run page`. The page asks no other host than this door and the
//! providers' gateways, and no script runs in it but its own.

use super::{config::Page as Config, pool::Pool};
use crate::chain_info;
use axum::{
    Json, Router,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::compression::CompressionLayer;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn router(pool: &Pool, config: &Config) -> Router {
    let file = |kind: &'static str, content: &'static str| get(move || async move { served(kind, content) });
    let (pool, config) = (pool.clone(), config.clone());
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("../../page/index.html")))
        .route("/page.js", file("text/javascript; charset=utf-8", include_str!("../../page/page.js")))
        .route("/style.css", file("text/css; charset=utf-8", include_str!("../../page/style.css")))
        .route("/keplr.json", get(move |headers: HeaderMap| async move { keplr(&pool, &config, &headers) }))
        .layer(CompressionLayer::new())
}

fn served(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

/// REST is where the one who asks found this.
fn keplr(pool: &Pool, config: &Config, headers: &HeaderMap) -> Response {
    let app = pool.app();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost:1317");
    let scheme = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok()).unwrap_or("http");
    let rest = format!("{scheme}://{host}");
    let prices = chain_info::gas_prices(&app.policy().to_string());
    Json(chain_info::keplr(&app.chain_id(), &config.chain_name, &config.rpc, &rest, prices)).into_response()
}
