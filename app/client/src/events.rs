//! Following a chain: the events of every block in order, none twice and none left out.
//!
//! A subscription to new blocks only wakes the follower; what it gives out is read from `block_results`, height by
//! height up to what the state machine has committed. So a broken connection, a restarted node or a burst of
//! blocks changes when events arrive, never which. Without a working subscription the node is asked every second.

use std::{sync::Arc, time::Duration};

use aliquot_proto::json;
use cosmrs::tendermint::abci;
use futures_util::StreamExt;
use prost::{Message, Name};
use serde_json::{Map, Value};
use tendermint_rpc::{
    Client as _, SubscriptionClient, WebSocketClient, WebSocketClientUrl,
    client::CompatMode,
    query::{EventType, Query},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use crate::{
    error::{Error, Result},
    rpc::Client,
};

/// Blocks read ahead of the receiver.
const AHEAD: usize = 64;
const ASK_EVERY: Duration = Duration::from_secs(1);
const RECONNECT_MIN: Duration = Duration::from_millis(250);
const RECONNECT_MAX: Duration = Duration::from_secs(10);
/// How often a block's results may be unreadable before the follower gives up.
const MAX_BAD_ANSWERS: u32 = 10;

/// An event of a transaction or of the block itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `transfer`, or for ours the full protobuf name, `aliquot.market.v1.EventBidCreated`.
    pub kind: String,
    pub attributes: Vec<(String, String)>,
    /// Which transaction of its block emitted it; `None` for begin and end of the block.
    pub tx: Option<u32>,
}

/// All events of one block: those of its transactions in their order, then those of the block itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockEvents {
    pub height: u64,
    pub events: Vec<Event>,
}

/// An event whose attributes do not make the message that its type names.
#[derive(Debug, thiserror::Error)]
#[error("event {kind} does not decode: {reason}")]
pub struct EventError {
    pub kind: String,
    pub reason: String,
}

impl Event {
    pub(crate) fn new(event: abci::Event, tx: Option<u32>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let attributes = event.attributes.iter().map(|a| (text(a.key_bytes()), text(a.value_bytes()))).collect();
        Event { kind: event.kind, attributes, tx }
    }

    /// The value of an attribute, as text.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The typed event, or `None` if this is an event of another type.
    pub fn decode<T: Name + Message + Default>(&self) -> Option<std::result::Result<T, EventError>> {
        (self.kind == T::full_name()).then(|| self.typed())
    }

    fn typed<T: Name + Message + Default>(&self) -> std::result::Result<T, EventError> {
        let error = |reason: String| EventError { kind: self.kind.clone(), reason };
        let mut fields = Map::new();
        for (key, value) in &self.attributes {
            // The runtime says with these where an event comes from; they are no fields of it.
            if matches!(key.as_str(), "msg_index" | "mode") {
                continue;
            }
            let value: Value = serde_json::from_str(value).map_err(|e| error(format!("{key}: {e}")))?;
            if fields.insert(key.clone(), value).is_some() {
                return Err(error(format!("{key} is there twice")));
            }
        }
        json::from_json(&Value::Object(fields)).map_err(|e| error(e.to_string()))
    }
}

/// [`Event::decode`] as a function, to be passed to `filter_map`.
pub fn decode<T: Name + Message + Default>(event: &Event) -> Option<std::result::Result<T, EventError>> {
    event.decode()
}

/// Gives the events of every block from `from_height` on (0 counts as 1), past ones first.
///
/// Ends when the receiver is dropped, or after an error that asking again cannot mend: a block that the node no
/// longer holds, or answers that do not decode. A node that is away is waited for. Must be called within tokio.
pub fn follow(rpc_url: &str, from_height: u64) -> Result<mpsc::Receiver<Result<BlockEvents>>> {
    let client = Client::new(rpc_url)?;
    let websocket = websocket_url(rpc_url)?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let news = Arc::new(Notify::new());
    let waker = tokio::spawn(wake(websocket, news.clone()));
    tokio::spawn(async move {
        tokio::select! {
            end = read_blocks(&client, from_height.max(1), &news, &sender) => {
                if let Err(e) = end {
                    let _ = sender.send(Err(e)).await;
                }
            }
            () = sender.closed() => {}
        }
        waker.abort();
    });
    Ok(receiver)
}

/// Reads heights in order for as long as there is a receiver.
async fn read_blocks(
    client: &Client,
    mut next: u64,
    news: &Notify,
    sender: &mpsc::Sender<Result<BlockEvents>>,
) -> Result<()> {
    let mut bad = 0;
    loop {
        match read_ready(client, &mut next, sender).await {
            Ok(true) => bad = 0,
            Ok(false) => return Ok(()),
            Err(e) if e.is_transport() => {
                tracing::warn!("following the chain at height {next}: {e}")
            }
            Err(e @ Error::Pruned { .. }) => return Err(e),
            // The node can be between having a block and having its results.
            Err(e) if bad < MAX_BAD_ANSWERS => {
                bad += 1;
                tracing::warn!("following the chain at height {next}: {e}");
            }
            Err(e) => return Err(e),
        }
        let _ = timeout(ASK_EVERY, news.notified()).await;
    }
}

/// Gives out what is committed by now; false when nobody receives any more.
async fn read_ready(client: &Client, next: &mut u64, sender: &mpsc::Sender<Result<BlockEvents>>) -> Result<bool> {
    let top = client.height().await?;
    while *next <= top {
        let block = client.block_events(*next).await?;
        if sender.send(Ok(block)).await.is_err() {
            return Ok(false);
        }
        *next += 1;
    }
    Ok(true)
}

impl Client {
    /// The events of one committed block.
    pub async fn block_events(&self, height: u64) -> Result<BlockEvents> {
        let out_of_range = |_| Error::Rpc(format!("height {height} is out of range"));
        let wanted = cosmrs::tendermint::block::Height::try_from(height).map_err(out_of_range)?;
        let results = self.http().block_results(wanted).await.map_err(|e| match self.rpc_error(e) {
            Error::Rpc(text) => match lowest_height(&text) {
                Some(lowest) => Error::Pruned { height, lowest },
                None => Error::Rpc(text),
            },
            other => other,
        })?;
        let mut events = Vec::new();
        for (index, tx) in (0u32..).zip(results.txs_results.unwrap_or_default()) {
            events.extend(tx.events.into_iter().map(|e| Event::new(e, Some(index))));
        }
        events.extend(results.finalize_block_events.into_iter().map(|e| Event::new(e, None)));
        Ok(BlockEvents { height, events })
    }
}

/// The number in "height 5 is not available, lowest height is 100".
fn lowest_height(text: &str) -> Option<u64> {
    let digits = text.split_once("lowest height is ")?.1;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Keeps a subscription to new blocks and passes each on as a wake-up.
async fn wake(url: WebSocketClientUrl, news: Arc<Notify>) {
    let mut pause = RECONNECT_MIN;
    loop {
        match subscribe(&url, &news).await {
            // It worked for a while.
            Ok(true) => pause = RECONNECT_MIN,
            Ok(false) => {}
            Err(e) => tracing::debug!("subscription to new blocks: {}", e.detail()),
        }
        sleep(pause).await;
        pause = (pause * 2).min(RECONNECT_MAX);
    }
}

/// Returns when the subscription ends: whether it brought any block.
async fn subscribe(url: &WebSocketClientUrl, news: &Notify) -> std::result::Result<bool, tendermint_rpc::Error> {
    let (client, driver) = WebSocketClient::builder(url.clone()).compat_mode(CompatMode::V0_38).build().await?;
    let driver = AbortOnDrop(tokio::spawn(driver.run()));
    let mut blocks = client.subscribe(Query::from(EventType::NewBlock)).await?;
    let mut any = false;
    // Blocks may have come since the last look.
    news.notify_one();
    while let Some(block) = blocks.next().await {
        // What the event says is not read, so one that does not parse wakes as well as any.
        any |= block.is_ok();
        news.notify_one();
        if block.is_err() {
            break;
        }
    }
    let _ = client.close();
    drop(driver);
    Ok(any)
}

/// The connection's task ends with the subscription, also when that is aborted.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn websocket_url(rpc_url: &str) -> Result<WebSocketClientUrl> {
    let trimmed = rpc_url.trim_end_matches('/');
    let url = match (trimmed.strip_prefix("http://"), trimmed.strip_prefix("https://")) {
        (Some(rest), _) => format!("ws://{rest}/websocket"),
        (_, Some(rest)) => format!("wss://{rest}/websocket"),
        _ => {
            return Err(Error::BadUrl { url: rpc_url.into(), reason: "it is not http or https".into() });
        }
    };
    url.parse()
        .map_err(|e: tendermint_rpc::Error| Error::BadUrl { url: rpc_url.into(), reason: e.detail().to_string() })
}
