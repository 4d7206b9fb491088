//! REST as grpc-gateway of the Cosmos SDK has it: the RPCs of the descriptors at the paths of `google.api.http`.
//!
//! Answers are JSON as the SDK prints it. An error is `{"code", "message", "details": []}` with the gRPC code and the HTTP
//! status that belongs to it. A path that nothing answers is 501 with code 12, on which wallets rely to find out what a
//! chain has. The header `x-cosmos-block-height` chooses the height, with or without `grpc-metadata-` before it, and the
//! answer tells it.

mod args;
mod encoding;
pub mod route;

use super::{
    HEIGHT,
    config::Api as Config,
    metrics::Door,
    openapi,
    pool::{LIMIT, Pool},
};
use crate::query::{self, Answer};
use aliquot_proto::json;
use aliquot_sdk::{Error, Result, Sdk};
use args::Args;
use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use route::{BodyIs, Captured, Route};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tonic::Code;
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

const HEIGHT_METADATA: &str = "grpc-metadata-x-cosmos-block-height";
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

struct Rest {
    pool: Pool,
    routes: Vec<Route>,
    openapi: Option<Bytes>,
    max_body: usize,
    web: Option<Router>,
}

/// `web` answers gRPC-web where that is wanted.
pub fn router(pool: &Pool, config: &Config, web: Option<Router>) -> Router {
    let routes = route::routes(&query::served(pool.app()));
    let openapi = config.swagger.then(|| openapi::document(&routes).to_string().into());
    let rest = Rest { pool: pool.clone(), routes, openapi, max_body: config.rpc_max_body_bytes, web };
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
    let verb = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some((route, captured)) = route::find(&rest.routes, verb, request.uri().path()) else {
        return not_implemented();
    };
    let route = route.clone();
    match call(&rest, route, captured, request).await {
        Ok((text, height)) => answered(text, height),
        Err(error) => refused(&error),
    }
}

/// Reads what arrives here, and leaves the work to the pool.
async fn call(rest: &Rest, route: Route, captured: Captured, request: Request) -> Result<(String, u64)> {
    let _here = rest.pool.enter()?;
    let height = asked_height(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = if route.body == BodyIs::Nothing { Bytes::new() } else { read(body, rest.max_body).await? };
    let (query, rpc) = (parts.uri.query().unwrap_or_default().to_string(), route.rpc.clone());
    let work = move |app: &crate::app::App| {
        let raw = message(&route, &captured, &query, &body)?;
        let Answer { value, height } = query::dispatch(app, &route.rpc, &raw, height)?;
        let printed = json::to_json_by_name(route.method.output().full_name(), &value);
        let printed = printed.map_err(|e| Sdk::Logic(format!("the answer cannot be printed: {e}")))?;
        Ok((printed.to_string(), height))
    };
    rest.pool.run((Door::Rest, &rpc), LIMIT, work).await
}

async fn read(body: Body, most: usize) -> Result<Bytes> {
    match timeout(ARRIVAL, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Sdk::TxTooLarge(format!("the body has more than {most} bytes, or ended early")).into()),
        Err(_) => Err(Sdk::InvalidRequest(format!("the body did not arrive within {} s", ARRIVAL.as_secs())).into()),
    }
}

/// The encoded request: path before body or query.
fn message(route: &Route, captured: &[(String, String)], query: &str, body: &[u8]) -> Result<Vec<u8>> {
    let input = route.method.input();
    let mut args = Args::new(input);
    args.path(captured)?;
    match &route.body {
        BodyIs::Nothing => args.query(query)?,
        BodyIs::TheMessage => args.body(object(body)?),
        BodyIs::Field(name) => {
            args.body(Map::from_iter([(name.clone(), Value::Object(object(body)?))]));
            args.query(query)?;
        }
    }
    args.encode()
}

fn object(body: &[u8]) -> Result<Map<String, Value>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let value = serde_json::from_slice(body);
    Ok(value.map_err(|e| Sdk::InvalidRequest(format!("the body is not a JSON object: {e}")))?)
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

fn not_implemented() -> Response {
    failure(Code::Unimplemented, "Not Implemented")
}

fn failure(code: Code, message: &str) -> Response {
    let body = json!({ "code": code as i32, "message": message, "details": [] });
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
