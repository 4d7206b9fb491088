//! Getting transactions into blocks: sequences in order, broadcast, and waiting until they are committed.
//!
//! The transactions of one key pass through one lane, held from the choice of the sequence until the node's
//! CheckTx has answered; waiting for the block happens outside it, so that several can be under way. A sequence
//! is used by one transaction at most, therefore the same bytes can be broadcast again without harm, and a
//! transaction is signed anew only when its sequence is known to have been used by another.

use std::time::Duration;

use aliquot_proto::{
    Any,
    cosmos::{
        base::abci::v1beta1::TxMsgData,
        tx::v1beta1::{SimulateRequest, SimulateResponse},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use cosmrs::tendermint::{Hash, hash::Algorithm};
use prost::Message;
use tendermint_rpc::{Client as _, Order, endpoint::tx, query::Query};
use tokio::time::{Instant, sleep};

use crate::{
    error::{Error, Result},
    events::Event,
    key::Key,
    rpc::{Client, POLL, decode_as},
    tx::{Gas, GasPrice, SignedTx, SignerData, TxBuilder, estimate_gas, hash},
};

/// How long a transaction may take to be in a block unless the caller says otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(120);

/// After this long without a block the same bytes are broadcast again: the node may have dropped them.
const REBROADCAST: Duration = Duration::from_secs(5);
/// How often one transaction is signed anew before its error is passed on.
const MAX_SIGNINGS: u32 = 10;

/// How a transaction is paid for, and how long it is waited for.
///
/// By default its gas is what a simulation used: one that would fail is refused before it costs a fee. The simulation
/// sees committed state alone, so a transaction that builds on one still under way needs its gas given.
#[derive(Clone, Debug)]
pub struct SendOptions {
    pub memo: String,
    pub gas: Gas,
    pub gas_price: GasPrice,
    /// The account that granted the signer its fees; empty when the signer pays.
    pub fee_granter: String,
    /// The last height at which the transaction may be in a block; 0 for none.
    pub timeout_height: u64,
    pub wait: Duration,
}

impl Default for SendOptions {
    fn default() -> Self {
        SendOptions {
            memo: String::new(),
            gas: Gas::default(),
            gas_price: GasPrice::default(),
            fee_granter: String::new(),
            timeout_height: 0,
            wait: DEFAULT_WAIT,
        }
    }
}

/// A transaction that is in a block and did what it says.
#[derive(Clone, Debug, Default)]
pub struct TxOutcome {
    /// Upper-case hex.
    pub hash: String,
    pub height: u64,
    pub gas_wanted: u64,
    pub gas_used: u64,
    pub events: Vec<Event>,
    /// An encoded `TxMsgData`.
    pub data: Vec<u8>,
}

impl TxOutcome {
    /// The response to message `index`.
    pub fn response<R: Message + Default>(&self, index: usize) -> Result<R> {
        let response = self.response_any(index)?;
        decode_as(&response.type_url, &response.value)
    }

    /// As [`TxOutcome::response`], encoded.
    pub fn response_any(&self, index: usize) -> Result<Any> {
        let mut data: TxMsgData = decode_as("TxMsgData", &self.data)?;
        let count = data.msg_responses.len();
        if index >= count {
            let reason = format!("there are {count}, none at {index}");
            return Err(Error::Decode { what: "a message response".into(), reason });
        }
        Ok(data.msg_responses.swap_remove(index))
    }
}

/// The number of an account and the sequence that its next transaction takes, once known.
#[derive(Default)]
pub(crate) struct Lane {
    next: Option<(u64, u64)>,
}

impl Client {
    /// Signs, broadcasts, and waits until the transaction is in a block. Calls for one key may run side by side.
    pub async fn send(&self, key: &Key, msgs: Vec<Any>, options: &SendOptions) -> Result<TxOutcome> {
        let end = Instant::now() + options.wait;
        let mut signings = 0;
        loop {
            signings += 1;
            let (signed, sequence) = self.enqueue(key, &msgs, options).await?;
            match self.settle(&signed, Some((key.address(), sequence)), end, options.wait).await {
                Err(e)
                    if (e.is_wrong_sequence() || matches!(e, Error::SequenceTaken { .. }))
                        && signings < MAX_SIGNINGS =>
                {
                    tracing::debug!(address = key.address(), sequence, "signed anew: {e}");
                    self.lane(key.address()).await.lock().await.next = None;
                }
                other => return other,
            }
        }
    }

    /// Broadcasts signed bytes and waits until they are in a block.
    pub async fn broadcast(&self, tx: &[u8]) -> Result<TxOutcome> {
        let end = Instant::now() + DEFAULT_WAIT;
        self.submit(tx).await?;
        let signed = SignedTx { bytes: tx.to_vec(), hash: hash(tx) };
        self.settle(&signed, None, end, DEFAULT_WAIT).await
    }

    /// Broadcasts signed bytes and returns their hash once CheckTx has taken them.
    pub async fn submit(&self, tx: &[u8]) -> Result<String> {
        const TRIES: u32 = 5;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.http().broadcast_tx_sync(tx).await.map_err(|e| self.rpc_error(e)) {
                Ok(answer) if answer.code.is_ok() => return Ok(hash(tx)),
                Ok(answer) => {
                    return Err(Error::Refused {
                        hash: hash(tx),
                        codespace: answer.codespace,
                        code: answer.code.value(),
                        log: answer.log,
                    });
                }
                // The node has it: from the last try, or from another node.
                Err(Error::Rpc(text)) if text.contains("tx already exists in cache") => {
                    return Ok(hash(tx));
                }
                Err(e) if e.is_transport() && tries < TRIES => sleep(POLL * tries).await,
                Err(e) => return Err(e),
            }
        }
    }

    /// A committed transaction by its hash (hex), or `None` while it is in no block.
    pub async fn tx(&self, hash: &str) -> Result<Option<TxOutcome>> {
        let id = Hash::from_hex_upper(Algorithm::Sha256, &hash.to_uppercase())
            .map_err(|e| Error::Decode { what: "a transaction hash".into(), reason: e.to_string() })?;
        match self.http().tx(id, false).await.map_err(|e| self.rpc_error(e)) {
            Ok(answer) => outcome(answer).map(Some),
            Err(Error::Rpc(text)) if text.contains("not found") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The gas that the node says a transaction uses.
    pub async fn simulate(&self, key: &Key, builder: &TxBuilder) -> Result<u64> {
        let (_, sequence) = self.account(key.address()).await?;
        #[allow(deprecated)]
        let request = SimulateRequest { tx: None, tx_bytes: builder.unsigned(key, sequence) };
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let answer: SimulateResponse = match self.query(path, &request, None).await {
            Err(Error::Query { codespace, code, log, .. }) => {
                return Err(Error::Refused { hash: String::new(), codespace, code, log });
            }
            other => other?,
        };
        let info = answer.gas_info.ok_or_else(|| Error::Decode { what: path.into(), reason: "no gas info".into() })?;
        Ok(info.gas_used)
    }

    /// Signs with the next sequence and hands it to the node, again with the sequence that the node names as long as
    /// it says that ours is wrong.
    async fn enqueue(&self, key: &Key, msgs: &[Any], options: &SendOptions) -> Result<(SignedTx, u64)> {
        let chain_id = self.chain_id().await?;
        let builder = self.builder(key, msgs, options).await?;
        let lane = self.lane(key.address()).await;
        let mut lane = lane.lock().await;
        let mut signings = 0;
        loop {
            signings += 1;
            let (account_number, sequence) = match lane.next {
                Some(next) => next,
                None => self.account(key.address()).await?,
            };
            let signed = builder.sign(key, &SignerData { chain_id: chain_id.clone(), account_number, sequence });
            match self.submit(&signed.bytes).await {
                Ok(_) => {
                    lane.next = Some((account_number, sequence + 1));
                    return Ok((signed, sequence));
                }
                Err(e) if e.is_wrong_sequence() && signings < MAX_SIGNINGS => {
                    let expected = expected_sequence(&e).filter(|expected| *expected != sequence);
                    lane.next = expected.map(|expected| (account_number, expected));
                    if expected.is_none() {
                        // The account as committed may lag behind what is in the mempool: let a block pass.
                        sleep(POLL * signings).await;
                    }
                }
                Err(e) => {
                    // Whether the node took it is unknown after a broken connection: ask it next time.
                    lane.next = lane.next.filter(|_| !e.is_transport());
                    return Err(e);
                }
            }
        }
    }

    async fn builder(&self, key: &Key, msgs: &[Any], options: &SendOptions) -> Result<TxBuilder> {
        let mut builder = TxBuilder {
            msgs: msgs.to_vec(),
            memo: options.memo.clone(),
            fee_granter: options.fee_granter.clone(),
            timeout_height: options.timeout_height,
            // A simulation takes it too, and taking a fee costs gas.
            fee: options.gas_price.fee(estimate_gas(msgs)),
            ..Default::default()
        };
        builder.gas_limit = match options.gas {
            Gas::Limit(gas) => gas,
            Gas::Estimate => estimate_gas(msgs),
            // Two fifths for what a simulation cannot see: the signature, and blocks in between.
            Gas::Simulate => self.simulate(key, &builder).await?.saturating_mul(7).div_ceil(5),
        };
        builder.fee = options.gas_price.fee(builder.gas_limit);
        Ok(builder)
    }

    /// Waits until the transaction is in a block; `sequence` of `address` tells when that can no longer happen.
    async fn settle(
        &self,
        signed: &SignedTx,
        sequence: Option<(&str, u64)>,
        end: Instant,
        wait: Duration,
    ) -> Result<TxOutcome> {
        let mut again = Instant::now() + REBROADCAST;
        loop {
            match self.tx(&signed.hash).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => {}
                Err(e) if e.is_transport() => tracing::debug!("asked again: {e}"),
                Err(e) => return Err(e),
            }
            let now = Instant::now();
            if now >= end {
                return Err(Error::NotCommitted { hash: signed.hash.clone(), seconds: wait.as_secs() });
            }
            if now >= again {
                again = now + REBROADCAST;
                match self.submit(&signed.bytes).await {
                    Err(e) if e.is_wrong_sequence() => self.check_sequence(signed, sequence).await?,
                    Err(e @ Error::Refused { .. }) if sequence.is_none() => {
                        tracing::debug!("broadcast again: {e}")
                    }
                    _ => {}
                }
            }
            sleep(POLL).await;
        }
    }

    /// Fails if another transaction is in a block with this one's sequence. The node's index of transactions is
    /// asked, not the account: only it tells our own transaction, just committed, from another.
    async fn check_sequence(&self, signed: &SignedTx, sequence: Option<(&str, u64)>) -> Result<()> {
        let Some((address, sequence)) = sequence else {
            return Ok(());
        };
        let query = Query::eq("tx.acc_seq", format!("{address}/{sequence}"));
        let found = match self.http().tx_search(query, false, 1, 10, Order::Ascending).await {
            Ok(found) => found.txs,
            Err(e) => {
                tracing::debug!("sequence not looked up: {}", self.rpc_error(e));
                return Ok(());
            }
        };
        let ours = found.iter().any(|tx| tx.hash.to_string() == signed.hash);
        match found.is_empty() || ours {
            true => Ok(()),
            false => Err(Error::SequenceTaken { hash: signed.hash.clone(), sequence }),
        }
    }
}

/// The sequence in "account sequence mismatch, expected 7, got 5: incorrect account sequence".
fn expected_sequence(error: &Error) -> Option<u64> {
    let Error::Refused { log, .. } = error else {
        return None;
    };
    let digits = log.split_once("expected ")?.1;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn outcome(answer: tx::Response) -> Result<TxOutcome> {
    let result = answer.tx_result;
    let hash = answer.hash.to_string();
    let height = answer.height.value();
    let gas = |g: i64| u64::try_from(g).unwrap_or_default();
    if result.code.is_err() {
        return Err(Error::Failed {
            hash,
            height,
            codespace: result.codespace,
            code: result.code.value(),
            log: result.log,
            gas_wanted: gas(result.gas_wanted),
            gas_used: gas(result.gas_used),
        });
    }
    // tendermint-rpc hands over the base64 text of this field as it stands in the JSON.
    let data = BASE64
        .decode(&result.data)
        .map_err(|e| Error::Decode { what: "a transaction's data".into(), reason: e.to_string() })?;
    Ok(TxOutcome {
        hash,
        height,
        gas_wanted: gas(result.gas_wanted),
        gas_used: gas(result.gas_used),
        events: result.events.into_iter().map(|e| Event::new(e, Some(answer.index))).collect(),
        data,
    })
}
