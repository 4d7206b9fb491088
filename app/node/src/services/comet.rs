//! The CometBFT beside this node, asked over its RPC address from threads that may block.

use super::Error;
use aliquot_sdk::{Error as SdkError, Result, Sdk};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;
use tendermint_rpc::{
    Client as _, HttpClient, Method,
    client::CompatMode,
    dialect::v0_38::Dialect,
    error::ErrorDetail,
    request::{Request, RequestMessage, SimpleRequest},
    response::Response,
};
use tokio::runtime::Handle;

/// How long one call may take. A search over a large index is the slowest.
const LIMIT: Duration = Duration::from_secs(10);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Comet {
    http: HttpClient,
    url: String,
    runtime: Handle,
}

/// What CometBFT said no to.
#[derive(Debug)]
pub struct Refusal(pub String);

impl Comet {
    /// `url` as `http://127.0.0.1:26657` or CometBFT's `tcp://127.0.0.1:26657`. Connects with the first call, on threads of
    /// `runtime`.
    pub fn new(url: &str, runtime: Handle) -> Result<Self> {
        let url = url.replacen("tcp://", "http://", 1);
        let bad = |e: tendermint_rpc::Error| Sdk::InvalidRequest(format!("comet_rpc {url:?}: {}", e.detail()));
        let address = url.trim_end_matches('/').try_into().map_err(bad)?;
        let http = HttpClient::builder(address).compat_mode(CompatMode::V0_38).timeout(LIMIT).build().map_err(bad)?;
        Ok(Comet { http, url, runtime })
    }

    /// The client below. What it returns is waited for with [`Comet::ask`] or [`Comet::try_ask`].
    pub fn rpc(&self) -> &HttpClient {
        &self.http
    }

    /// Waits for a call. Must not run on a thread that drives other tasks.
    pub fn ask<T>(&self, call: impl Future<Output = Result<T, tendermint_rpc::Error>>) -> Result<T> {
        self.try_ask(call)?.map_err(|Refusal(why)| refused(&why))
    }

    /// As [`Comet::ask`]; what CometBFT refused is told apart from what never reached it.
    pub fn try_ask<T>(
        &self,
        call: impl Future<Output = Result<T, tendermint_rpc::Error>>,
    ) -> Result<Result<T, Refusal>> {
        match self.runtime.block_on(call) {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => match error.detail() {
                ErrorDetail::Response(e) => {
                    let source = &e.source;
                    Ok(Err(Refusal(source.data().unwrap_or(source.message()).to_string())))
                }
                detail => Err(Error::Unreachable(self.url.clone(), detail.to_string()).into()),
            },
        }
    }

    /// Calls a method whose answer the typed client does not give in full.
    pub fn raw<P>(&self, method: Method, params: P) -> Result<serde_json::Value>
    where
        P: Serialize + DeserializeOwned + Send,
    {
        self.ask(self.http.perform(Raw { method, params })).map(|Anything(json)| json)
    }
}

/// The error of a call whose refusal has no meaning of its own.
pub fn refused(why: &str) -> SdkError {
    // CometBFT has no codes: these are its words for what the caller did.
    let height = ["must be less than or equal to", "is not available", "must be greater than", "should be within"];
    match height.iter().any(|words| why.contains(words)) {
        true => Sdk::InvalidRequest(why.into()).into(),
        false => Error::Refused(why.into()).into(),
    }
}

/// A call with parameters of our own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Raw<P> {
    #[serde(skip, default = "status_method")]
    method: Method,
    params: P,
}

fn status_method() -> Method {
    Method::Status
}

impl<P: Serialize + DeserializeOwned> RequestMessage for Raw<P> {
    fn method(&self) -> Method {
        self.method
    }
}

impl<P: Serialize + DeserializeOwned + Send> Request<Dialect> for Raw<P> {
    type Response = Anything;
}

impl<P: Serialize + DeserializeOwned + Send> SimpleRequest<Dialect> for Raw<P> {
    type Output = Anything;
}

#[derive(Debug, Serialize, Deserialize)]
struct Anything(serde_json::Value);

impl Response for Anything {}
