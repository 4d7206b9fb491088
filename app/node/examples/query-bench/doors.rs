//! Doors to knock at: those of a node, and bare ones that answer a constant, which are their ceiling.

use aliquot::{
    app::App,
    serve::{self, BytesCodec, Config},
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::header,
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use prost::bytes::Bytes;
use std::{future::Future, net::SocketAddr, pin::Pin};
use tokio::{net::TcpListener, runtime::Runtime};
use tonic::{
    Status,
    server::{Grpc, UnaryService},
};

/// Where each door is.
#[derive(Clone, Copy)]
pub struct Addresses {
    pub grpc: SocketAddr,
    pub rest: SocketAddr,
}

pub fn real(runtime: &Runtime, app: &App) -> Addresses {
    let mut config = Config::default();
    config.grpc.address = "127.0.0.1:0".into();
    config.api.address = "127.0.0.1:0".into();
    let doors = runtime.block_on(serve::start(app, &config)).unwrap();
    Addresses { grpc: doors.grpc.unwrap(), rest: doors.api.unwrap() }
}

/// Doors in the same frameworks without a node behind them.
pub fn bare(runtime: &Runtime, grpc: Bytes, rest: Bytes) -> Addresses {
    let grpc = Router::new().fallback(move |request: Request| unary(grpc.clone(), request));
    let json = [(header::CONTENT_TYPE, "application/json")];
    let rest = Router::new().fallback(move || async move { (json, rest.clone()).into_response() });
    Addresses { grpc: open(runtime, grpc), rest: open(runtime, rest) }
}

fn open(runtime: &Runtime, router: Router) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    runtime.spawn(async move { axum::serve(listener, router).await });
    address
}

struct Constant(Bytes);

impl UnaryService<Bytes> for Constant {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, _: tonic::Request<Bytes>) -> Self::Future {
        let answer = self.0.clone();
        Box::pin(async move { Ok(tonic::Response::new(answer)) })
    }
}

async fn unary(answer: Bytes, request: Request) -> Response {
    Grpc::new(BytesCodec).unary(Constant(answer), request).await.map(Body::new)
}
