//! gRPC without generated code: any path is asked of the dispatcher, messages stay bytes.
//!
//! HTTP/2 without TLS, and gRPC-web over either version of HTTP. Metadata `x-cosmos-block-height` chooses the height and
//! tells it in the answer, `grpc-timeout` is kept, answers are gzipped for those who take it. Requests are not taken
//! compressed: what a few kilobytes unpack to has no bound. Reflection lists the services whose RPCs are answered and
//! knows every symbol of the descriptors.

use super::{
    HEIGHT, clip,
    config::Grpc as Config,
    metrics::Door,
    pool::{LIMIT, Pool},
};
use crate::query::{self, Answer};
use aliquot_sdk::{Result, Sdk};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use prost::bytes::{Buf, BufMut};
use std::{collections::BTreeSet, future::Future, pin::Pin, time::Duration};
use tokio::time::timeout;
use tonic::{
    Status,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
    server::{Grpc, UnaryService},
};
use tonic_reflection::server::Builder;
use tonic_web::GrpcWebLayer;
use tower::Layer;

/// Bytes of the largest question to reflection: it is a name.
const MAX_REFLECTION: usize = 16 * 1024;
const HEALTH: &str = "/grpc.health.v1.Health/Check";
/// `HealthCheckResponse` with status SERVING.
const SERVING: &[u8] = &[0x08, 0x01];

/// gRPC proper: what HTTP/2 clients speak.
pub fn router(pool: &Pool, config: &Config) -> Router {
    let state = Unary { pool: pool.clone(), max_in: config.max_recv_msg_size, max_out: config.max_send_msg_size };
    let router = Router::new().fallback(unary).with_state(state);
    match reflection(pool) {
        Ok(reflection) => router.merge(reflection),
        Err(error) => {
            tracing::error!(%error, "no reflection: the descriptors are broken");
            router
        }
    }
}

/// The router for a port, with or without gRPC-web.
pub fn service(grpc: Router, web: bool) -> Router {
    if web { Router::new().fallback_service(GrpcWebLayer::new().layer(grpc)) } else { grpc }
}

fn reflection(pool: &Pool) -> Result<Router, tonic_reflection::server::Error> {
    let served: BTreeSet<&str> = query::served(pool.app())
        .into_iter()
        .filter_map(|path| path.trim_start_matches('/').split('/').next())
        .collect();
    let builder = || {
        let builder = Builder::configure().register_encoded_file_descriptor_set(aliquot_proto::DESCRIPTOR_SET);
        served.iter().fold(builder, |builder, name| builder.with_service_name(*name))
    };
    let v1 = builder()
        .with_service_name("grpc.reflection.v1.ServerReflection")
        .build_v1()?
        .max_decoding_message_size(MAX_REFLECTION);
    let v1alpha = builder()
        .with_service_name("grpc.reflection.v1alpha.ServerReflection")
        .build_v1alpha()?
        .max_decoding_message_size(MAX_REFLECTION);
    Ok(Router::new()
        .route_service("/grpc.reflection.v1.ServerReflection/{method}", v1)
        .route_service("/grpc.reflection.v1alpha.ServerReflection/{method}", v1alpha))
}

#[derive(Clone)]
struct Unary {
    pool: Pool,
    max_in: usize,
    max_out: usize,
}

async fn unary(State(unary): State<Unary>, request: Request) -> Response {
    let _here = match unary.pool.enter() {
        Ok(here) => here,
        Err(error) => return status(&error).into_http::<Body>(),
    };
    let limit = deadline(request.headers()).map_or(LIMIT, |asked| asked.min(LIMIT));
    let call = Call { pool: unary.pool, path: request.uri().path().to_string(), limit };
    let mut grpc = Grpc::new(BytesCodec)
        .send_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(unary.max_in)
        .max_encoding_message_size(unary.max_out);
    // The call is timed by itself; this is for a request that never arrives in full.
    match timeout(LIMIT.saturating_add(Duration::from_secs(1)), grpc.unary(call, request)).await {
        Ok(response) => response.map(Body::new).into_response(),
        Err(_) => Status::deadline_exceeded("the request did not arrive in time").into_http::<Body>(),
    }
}

/// `grpc-timeout`: up to eight digits and a unit.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number.saturating_mul(3600)),
        "M" => Duration::from_secs(number.saturating_mul(60)),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// One call of one method.
struct Call {
    pool: Pool,
    path: String,
    limit: Duration,
}

impl UnaryService<Bytes> for Call {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let (pool, path, limit) = (self.pool.clone(), std::mem::take(&mut self.path), self.limit);
        Box::pin(async move {
            if path == HEALTH {
                return Ok(tonic::Response::new(Bytes::from_static(SERVING)));
            }
            let height = asked_height(request.metadata()).map_err(|error| status(&error))?;
            let raw = request.into_inner();
            let rpc = path.clone();
            let work = move |app: &crate::app::App| {
                let Answer { value, height } = query::dispatch(app, &rpc, &raw, height)?;
                Ok((value, height))
            };
            let (value, height) = pool.run((Door::Grpc, &path), limit, work).await.map_err(|error| status(&error))?;
            let mut response = tonic::Response::new(Bytes::from(value));
            response.metadata_mut().insert(HEIGHT, height.into());
            Ok(response)
        })
    }
}

fn asked_height(metadata: &MetadataMap) -> Result<u64> {
    let Some(text) = metadata.get(HEIGHT) else { return Ok(0) };
    let height = text.to_str().ok().and_then(|text| text.trim().parse().ok());
    Ok(height.ok_or_else(|| Sdk::InvalidRequest(format!("{HEIGHT} must be a height, got {text:?}")))?)
}

/// The status that gRPC clients see; they put the code before the text themselves.
fn status(error: &aliquot_sdk::Error) -> Status {
    let text = error.text.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = "));
    Status::new(query::status(error), clip(text.map_or(error.text.as_str(), |(_, text)| text)))
}

/// Messages as the bytes they are.
#[derive(Clone, Copy, Default)]
pub struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let all = src.remaining();
        Ok(Some(src.copy_to_bytes(all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_as_grpc_writes_them() {
        let read = |text: &'static str| {
            deadline(&HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), text.parse().unwrap())]))
        };
        assert_eq!(read("5S"), Some(Duration::from_secs(5)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for bad in ["", "S", "5", "-5S", "999999999S", "5x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
