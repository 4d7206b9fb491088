//! REST as grpc-gateway of the Cosmos SDK has it: the RPCs of the descriptors at the paths of `google.api.http`.
//!
//! Answers are JSON as the SDK prints it. An error is `{"code", "message", "details": []}` with the gRPC code and the HTTP
//! status that belongs to it. A path that nothing answers is 501 with code 12, on which wallets rely to find out what a
//! chain has. The header `x-cosmos-block-height` chooses the height, with or without `grpc-metadata-` before it, and the
//! answer tells it.

mod args;
mod encoding;
pub mod route;
mod transcoder;

pub use transcoder::{Call, Transcoder};

use super::{
    HEIGHT, clip,
    config::Api as Config,
    metrics::Door,
    openapi,
    pool::{LIMIT, Pool},
};
use crate::query;
use aliquot_sdk::{Error, Result, Sdk};
use axum::{
    Json, Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tonic::Code;
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

const HEIGHT_METADATA: &str = "grpc-metadata-x-cosmos-block-height";
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

struct Rest {
    pool: Pool,
    transcoder: Transcoder,
    openapi: Option<Bytes>,
    max_body: usize,
    web: Option<Router>,
}

/// `web` answers gRPC-web where that is wanted.
pub fn router(pool: &Pool, config: &Config, web: Option<Router>) -> Router {
    let transcoder = Transcoder::new(pool.app());
    let openapi = config.swagger.then(|| openapi::document(transcoder.routes()).to_string().into());
    let rest = Rest { pool: pool.clone(), transcoder, openapi, max_body: config.rpc_max_body_bytes, web };
    Router::new()
        .route("/health", get(health))
        .route("/openapi.json", get(document))
        .fallback(any)
        .layer(CompressionLayer::new())
        .with_state(Arc::new(rest))
}

async fn health(State(rest): State<Arc<Rest>>) -> Response {
    let height = rest.pool.app().db().height().to_string();
    Json(json!({ "status": "ok", "height": height })).into_response()
}

async fn document(State(rest): State<Arc<Rest>>) -> Response {
    match &rest.openapi {
        Some(document) => ([(header::CONTENT_TYPE, "application/json")], document.clone()).into_response(),
        None => not_implemented(),
    }
}

async fn any(State(rest): State<Arc<Rest>>, request: Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if let Some(web) = rest.web.clone().filter(|_| kind.is_some_and(|kind| kind.starts_with("application/grpc-web"))) {
        return web.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    let arrived = request.body().is_end_stream();
    let Some(call) = rest.transcoder.find(request.method(), request.uri().path()) else {
        return if arrived { not_implemented() } else { closing(not_implemented()) };
    };
    let asked = match arrive(&rest, &call, request).await {
        Ok(asked) => asked,
        Err(error) if arrived => return refused(&error),
        Err(error) => return closing(refused(&error)),
    };
    match answer(&rest, call, asked).await {
        Ok((text, height)) => answered(text, height),
        Err(error) => refused(&error),
    }
}

/// A request that is here in full, in its place among those that may be.
struct Asked {
    query: String,
    body: Bytes,
    height: u64,
    _here: OwnedSemaphorePermit,
}

async fn arrive(rest: &Rest, call: &Call, request: Request) -> Result<Asked> {
    let _here = rest.pool.enter()?;
    let height = asked_height(request.headers())?;
    let query = request.uri().query().unwrap_or_default().to_string();
    let body = if call.takes_body() { read(request.into_body(), rest.max_body).await? } else { Bytes::new() };
    Ok(Asked { query, body, height, _here })
}

/// Leaves the work to the pool.
async fn answer(rest: &Rest, call: Call, asked: Asked) -> Result<(String, u64)> {
    let rpc = call.rpc().to_string();
    let work = move |app: &crate::app::App| call.answer(app, &asked.query, &asked.body, asked.height);
    rest.pool.run((Door::Rest, &rpc), LIMIT, work).await
}

async fn read(body: Body, most: usize) -> Result<Bytes> {
    match timeout(ARRIVAL, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Sdk::TxTooLarge(format!("the body has more than {most} bytes, or ended early")).into()),
        Err(_) => Err(Sdk::InvalidRequest(format!("the body did not arrive within {} s", ARRIVAL.as_secs())).into()),
    }
}

fn asked_height(headers: &HeaderMap) -> Result<u64> {
    let Some(value) = headers.get(HEIGHT).or_else(|| headers.get(HEIGHT_METADATA)) else { return Ok(0) };
    let height = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    Ok(height.ok_or_else(|| Sdk::InvalidRequest(format!("{HEIGHT} must be a height, got {value:?}")))?)
}

fn answered(text: String, height: u64) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    for name in [HEIGHT, HEIGHT_METADATA] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(height));
    }
    response
}

fn refused(error: &Error) -> Response {
    failure(query::status(error), &query::log(error))
}

/// Of the request a part was not read: what the client sends next on this connection would be taken for it.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_implemented() -> Response {
    failure(Code::Unimplemented, "Not Implemented")
}

fn failure(code: Code, message: &str) -> Response {
    let body = json!({ "code": code as i32, "message": clip(message), "details": [] });
    (http_status(code), Json(body)).into_response()
}

/// As grpc-gateway maps them.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => StatusCode::REQUEST_TIMEOUT,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
