//! A node's RPC port over HTTP: queries, heights, and the state that sending transactions needs.
//!
//! Queries are the gRPC methods of the node, asked through `abci_query` at `/package.Service/Method`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aliquot_proto::cosmos::auth::v1beta1::{BaseAccount, ModuleAccount, QueryAccountRequest, QueryAccountResponse};
use cosmrs::tendermint::block::Height;
use prost::{Message, Name};
use tendermint_rpc::{Client as _, HttpClient, client::CompatMode, endpoint::status};
use tokio::{
    sync::{Mutex, OnceCell},
    time::{Instant, sleep},
};

use crate::send::Lane;
pub use crate::{
    error::{Error, Result},
    send::{SendOptions, TxOutcome},
};

/// How often a node is asked about what it has not done yet.
pub(crate) const POLL: Duration = Duration::from_millis(200);

/// A connection to one node. Clones share it, and with it the order of each key's transactions.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: HttpClient,
    url: String,
    chain_id: OnceCell<String>,
    /// One per sending address.
    lanes: Mutex<BTreeMap<String, Arc<Mutex<Lane>>>>,
}

impl Client {
    /// `rpc_url` as `http://127.0.0.1:26657`. Connects with the first call.
    pub fn new(rpc_url: &str) -> Result<Self> {
        let bad = |e: tendermint_rpc::Error| Error::BadUrl { url: rpc_url.into(), reason: e.detail().to_string() };
        let address = rpc_url.trim_end_matches('/').try_into().map_err(bad)?;
        let http = HttpClient::builder(address).compat_mode(CompatMode::V0_38).build().map_err(bad)?;
        let inner = Inner { http, url: rpc_url.into(), chain_id: OnceCell::new(), lanes: Mutex::default() };
        Ok(Client { inner: Arc::new(inner) })
    }

    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The RPC client below, for what this one does not wrap.
    pub fn http(&self) -> &HttpClient {
        &self.inner.http
    }

    pub(crate) fn rpc_error(&self, error: tendermint_rpc::Error) -> Error {
        Error::from_rpc(&self.inner.url, error)
    }

    /// Asks a method of the node, `/aliquot.market.v1.Query/Bids`, at its newest or a given height.
    pub async fn query<Q, R>(&self, path: &str, request: &Q, height: Option<u64>) -> Result<R>
    where
        Q: Message,
        R: Message + Default,
    {
        let bytes = self.query_bytes(path, request.encode_to_vec(), height).await?;
        decode_as(path, &bytes)
    }

    /// As [`Client::query`], with encoded messages.
    pub async fn query_bytes(&self, path: &str, request: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>> {
        let height = height.map(Height::try_from).transpose().map_err(|_| Error::Query {
            path: path.into(),
            codespace: "client".into(),
            code: 1,
            log: "the height is out of range".into(),
        })?;
        let answer = self
            .inner
            .http
            .abci_query(Some(path.into()), request, height, false)
            .await
            .map_err(|e| self.rpc_error(e))?;
        match answer.code.value() {
            0 => Ok(answer.value),
            code => Err(Error::Query { path: path.into(), codespace: answer.codespace, code, log: answer.log }),
        }
    }

    /// Number and next sequence of an account, as of the newest block.
    pub async fn account(&self, address: &str) -> Result<(u64, u64)> {
        let request = QueryAccountRequest { address: address.into() };
        let answer: QueryAccountResponse = match self.query("/cosmos.auth.v1beta1.Query/Account", &request, None).await
        {
            Err(e) if e.is_not_found() => return Err(Error::UnknownAccount(address.into())),
            other => other?,
        };
        let account = answer.account.ok_or_else(|| Error::UnknownAccount(address.into()))?;
        let name = account.type_url.trim_start_matches('/');
        let base: BaseAccount = if name == BaseAccount::full_name() {
            decode_as(name, &account.value)?
        } else if name == ModuleAccount::full_name() {
            decode_as::<ModuleAccount>(name, &account.value)?.base_account.unwrap_or_default()
        } else {
            return Err(Error::Decode { what: "an account".into(), reason: format!("its type is {name}") });
        };
        Ok((base.account_number, base.sequence))
    }

    /// What the node says of itself and how far it is.
    pub async fn status(&self) -> Result<status::Response> {
        self.inner.http.status().await.map_err(|e| self.rpc_error(e))
    }

    /// The chain's id, asked once.
    pub async fn chain_id(&self) -> Result<String> {
        let id =
            self.inner.chain_id.get_or_try_init(|| async { Ok(self.status().await?.node_info.network.to_string()) });
        id.await.cloned()
    }

    /// The newest height that the state machine has committed, so that queries see it.
    pub async fn height(&self) -> Result<u64> {
        let info = self.inner.http.abci_info().await.map_err(|e| self.rpc_error(e))?;
        Ok(info.last_block_height.value())
    }

    /// Waits until `height` is committed and returns the height reached. A node that does not answer is asked
    /// again until the time is over.
    pub async fn wait_for_height(&self, height: u64, limit: Duration) -> Result<u64> {
        let end = Instant::now() + limit;
        let mut seen = 0;
        loop {
            match self.height().await {
                Ok(now) if now >= height => return Ok(now),
                Ok(now) => seen = now,
                Err(e) if e.is_transport() && Instant::now() < end => {}
                Err(e) => return Err(e),
            }
            if Instant::now() >= end {
                return Err(Error::HeightTimeout { wanted: height, height: seen, seconds: limit.as_secs() });
            }
            sleep(POLL).await;
        }
    }

    /// The queue in which the transactions of one address get their sequences.
    pub(crate) async fn lane(&self, address: &str) -> Arc<Mutex<Lane>> {
        self.inner.lanes.lock().await.entry(address.into()).or_default().clone()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.inner.url).finish()
    }
}

pub(crate) fn decode_as<R: Message + Default>(what: &str, bytes: &[u8]) -> Result<R> {
    R::decode(bytes).map_err(|e| Error::Decode { what: what.into(), reason: e.to_string() })
}
