//! The page to rent a GPU on, from a browser with a wallet: its files, and what it tells the wallet of this chain.
//!
//! The files are made from `app/sdk-js/page` by `npm run page`. The page asks no other host than this door and the
//! providers' gateways, and no script runs in it but its own.

use super::{config::Page as Config, pool::Pool};
use crate::chain_info;
use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header, uri::Authority},
    response::{IntoResponse, Response},
    routing::get,
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{io::Write, sync::LazyLock};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Three files, compressed once: who asks again and has them is told so.
static FILES: LazyLock<[File; 3]> = LazyLock::new(|| {
    [
        File::new("/", "text/html; charset=utf-8", include_bytes!("../../page/index.html")),
        File::new("/page.js", "text/javascript; charset=utf-8", include_bytes!("../../page/page.js")),
        File::new("/style.css", "text/css; charset=utf-8", include_bytes!("../../page/style.css")),
    ]
});

struct File {
    path: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    /// None where it could not be compressed.
    gzipped: Option<Bytes>,
    tag: String,
}

impl File {
    fn new(path: &'static str, kind: &'static str, plain: &'static [u8]) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let gzipped = gzip.write_all(plain).and_then(|()| gzip.finish()).ok().map(Bytes::from);
        File { path, kind, plain, gzipped, tag: format!("\"{}\"", hex::encode(Sha256::digest(plain))) }
    }

    fn serve(&self, asked: &HeaderMap) -> Response {
        let has = |name: HeaderName, what: &str| {
            asked.get_all(name).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(what))
        };
        let headers = [
            (header::CONTENT_TYPE, self.kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, &self.tag),
            (header::VARY, "accept-encoding"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        if has(header::IF_NONE_MATCH, &self.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match self.gzipped.as_ref().filter(|_| has(header::ACCEPT_ENCODING, "gzip")) {
            Some(gzipped) => (headers, [(header::CONTENT_ENCODING, "gzip")], gzipped.clone()).into_response(),
            None => (headers, self.plain).into_response(),
        }
    }
}

pub fn router(pool: &Pool, config: &Config) -> Router {
    let (pool, config) = (pool.clone(), config.clone());
    let about = get(move |headers: HeaderMap, uri: Uri| async move { keplr(&pool, &config, &headers, &uri) });
    let files =
        FILES.iter().map(|file| (file.path, get(move |headers: HeaderMap| async move { file.serve(&headers) })));
    files.fold(Router::new().route("/keplr.json", about), |router, (path, served)| router.route(path, served))
}

/// REST is where the one who asks found this.
fn keplr(pool: &Pool, config: &Config, headers: &HeaderMap, uri: &Uri) -> Response {
    let app = pool.app();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").or_else(|| uri.authority().map(Authority::as_str)).unwrap_or("localhost:1317");
    let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
    let rest = format!("{scheme}://{host}");
    let prices = chain_info::gas_prices(&app.policy().to_string());
    let info = chain_info::keplr(&app.chain_id(), &config.chain_name, &config.rpc, &rest, prices);
    ([(header::CACHE_CONTROL, "no-store")], Json(info)).into_response()
}
