//! The gateway of a provider: results of jobs, and manifests, states, logs and shells of services.
//!
//! The provider's record on the chain names the gateway and the SHA-256 of its certificate: that hash is all that is
//! believed. Plain http is for gateways on loopback. Who asks is said by a token ([`crate::jwt`]).

mod pinned;
mod results;
mod services;

use std::time::Duration;

use aliquot_proto::provider::v1::Provider;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use self::pinned::{PIN_TEXT, pinned};
pub use self::results::{Artifacts, fetch_result};
pub use self::services::{Lines, LogQuery, ShellCommand, Wrote};

const CONNECT: Duration = Duration::from_secs(10);
/// How long the gateway may be silent.
const SILENCE: Duration = Duration::from_secs(30);
const HASH: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("gateway {uri} of provider {provider} cannot be used: {reason}")]
    Unusable { provider: String, uri: String, reason: String },
    #[error("the gateway does not answer: {0}")]
    Unreachable(String),
    #[error("the gateway shows another certificate than the provider's record names")]
    Certificate,
    #[error("the gateway refused: {message} (status {status})")]
    Refused { status: u16, message: String },
    #[error("the answer is longer than {0} bytes")]
    TooLong(u64),
    #[error("the answer has {got} bytes where the job has {wanted}")]
    WrongSize { got: u64, wanted: u64 },
    #[error("the answer is not understood: {0}")]
    Malformed(String),
}

type Result<T> = std::result::Result<T, GatewayError>;

/// The gateway of one provider, as its record on the chain describes it.
#[derive(Clone, Debug)]
pub struct Gateway {
    http: reqwest::Client,
    base: String,
    provider: String,
}

impl Gateway {
    /// Reads the provider's record; connects with the first call.
    pub fn new(provider: &Provider) -> Result<Self> {
        let unusable = |reason: &str| GatewayError::Unusable {
            provider: provider.owner.clone(),
            uri: provider.host_uri.clone(),
            reason: reason.into(),
        };
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let uri = provider.host_uri.trim_end_matches('/');
        let builder = if uri.starts_with("https://") {
            let hash = <[u8; HASH]>::try_from(provider.certificate_hash.as_slice());
            let hash = hash.map_err(|_| unusable("its record has no certificate hash"))?;
            builder.use_preconfigured_tls(pinned(hash).map_err(|e| unusable(&e.to_string()))?)
        } else if is_loopback(uri) {
            builder
        } else {
            return Err(unusable("it is neither https nor http on this very machine"));
        };
        let http = builder.build().map_err(|e| unusable(&e.to_string()))?;
        Ok(Gateway { http, base: uri.into(), provider: provider.owner.clone() })
    }

    /// What the gateway tells everyone about itself.
    pub async fn status(&self) -> Result<Value> {
        let response = self.http.get(format!("{}/status", self.base)).send().await;
        json(accepted(response.map_err(failure)?).await?).await
    }

    /// A request that shows a token, and its answer if it is no refusal.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &str,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response> {
        let request = self.http.request(method, format!("{}/{path}", self.base)).bearer_auth(token);
        accepted(more(request).send().await.map_err(failure)?).await
    }
}

async fn json(mut response: Response) -> Result<Value> {
    const MOST: usize = 1 << 20;
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failure)? {
        if bytes.len() + part.len() > MOST {
            return Err(GatewayError::TooLong(MOST as u64));
        }
        bytes.extend_from_slice(&part);
    }
    serde_json::from_slice(&bytes).map_err(|e| GatewayError::Malformed(e.to_string()))
}

async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let told = json(response).await.ok();
    let message = told.as_ref().and_then(|v| v["message"].as_str());
    Err(GatewayError::Refused { status: status.as_u16(), message: message.unwrap_or("no reason given").into() })
}

fn failure(error: reqwest::Error) -> GatewayError {
    // The reason is at the end of the chain: reqwest's own text says only that a request failed.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    match reason.contains(PIN_TEXT) {
        true => GatewayError::Certificate,
        false => GatewayError::Unreachable(reason),
    }
}

fn is_loopback(uri: &str) -> bool {
    ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|prefix| uri.starts_with(prefix))
}
