//! What happens to one transaction: decode, ante on the fee layer, messages on the layer above it.
//!
//! A message that fails keeps fee and sequence and drops everything else, events too.

use crate::{
    ante::{self, Gate},
    modules::beacon,
};
use aliquot_proto::cosmos::base::abci::v1beta1::TxMsgData;
use aliquot_sdk::{Ctx, Error, Event, Gas, Result, Tx, decode_tx};
use prost::Message;
use tendermint_proto::v0_38::abci::{Event as AbciEvent, EventAttribute, ExecTxResult};

/// What became of a transaction.
#[derive(Debug, Default)]
pub struct Outcome {
    pub error: Option<Error>,
    pub data: Vec<u8>,
    pub gas_wanted: u64,
    pub gas_used: u64,
    pub events: Vec<Event>,
}

/// Runs a transaction of a block. `tx` is its decoding, which may have been refused.
pub fn deliver(ctx: &mut Ctx, gate: &Gate, tx: &Result<Tx>) -> Outcome {
    match tx {
        Ok(tx) => deliver_tx(ctx, gate, tx),
        Err(error) => Outcome { error: Some(error.clone()), ..Outcome::default() },
    }
}

pub fn deliver_tx(ctx: &mut Ctx, gate: &Gate, tx: &Tx) -> Outcome {
    let mut out = Outcome::default();
    out.error = execute(ctx, gate, tx, &mut out).err();
    ctx.meter(Gas::unlimited());
    out
}

/// The ante alone, as CheckTx runs it.
pub fn check(ctx: &mut Ctx, gate: &Gate, tx: &Tx) -> Outcome {
    let mut out = Outcome { gas_wanted: gas_limit(tx), ..Outcome::default() };
    out.error = ctx.atomic(|ctx| ante::run(ctx, gate, tx)).err();
    out.gas_used = ctx.meter(Gas::unlimited()).used();
    out.events = ctx.take_events();
    out
}

pub fn gas_limit(tx: &Tx) -> u64 {
    tx.auth.fee.as_ref().map_or(0, |fee| fee.gas_limit)
}

fn execute(ctx: &mut Ctx, gate: &Gate, tx: &Tx, out: &mut Outcome) -> Result<()> {
    out.gas_wanted = gas_limit(tx);
    let passed = ctx.atomic(|ctx| ante::run(ctx, gate, tx));
    out.events = ctx.take_events();
    let done = passed.and_then(|()| ctx.atomic(|ctx| run_messages(ctx, gate, tx)));
    out.gas_used = ctx.gas().used();
    out.events.append(&mut ctx.take_events());
    out.data = done?;
    Ok(())
}

fn run_messages(ctx: &mut Ctx, gate: &Gate, tx: &Tx) -> Result<Vec<u8>> {
    let mut msg_responses = Vec::with_capacity(tx.body.messages.len());
    let mut events = Vec::new();
    for (index, msg) in tx.body.messages.iter().enumerate() {
        let response = gate.routes.execute(ctx, msg).map_err(|error| error.in_message(index))?;
        msg_responses.push(response);
        events.append(&mut message_events(ctx, gate, index, msg)?);
    }
    for event in events {
        ctx.push_event(event);
    }
    Ok(TxMsgData { msg_responses, ..TxMsgData::default() }.encode_to_vec())
}

/// The events of one message, led by the `message` event that explorers list transactions by; each carries the
/// message's index, as the Cosmos SDK writes them.
fn message_events(ctx: &mut Ctx, gate: &Gate, index: usize, msg: &aliquot_proto::Any) -> Result<Vec<Event>> {
    let sender = gate.routes.sender(msg)?;
    let module = msg.type_url.split('.').nth(1).unwrap_or_default();
    let (action, index) = (msg.type_url.as_str(), index.to_string());
    let lead = Event::plain("message", &[("action", action), ("sender", sender), ("module", module)]);
    let mut out = vec![lead];
    out.append(&mut ctx.take_events());
    for event in &mut out {
        event.attributes.push(("msg_index".into(), index.clone()));
    }
    Ok(out)
}

/// Transaction 0 as a beacon item: valid, it advances the beacon; else the beacon moves on without it.
pub fn advance_beacon(ctx: &mut Ctx, first: Option<&[u8]>) -> Result<Option<Outcome>> {
    let Some(raw) = first.filter(|raw| beacon::is_item(raw)) else {
        beacon::advance(ctx, None)?;
        return Ok(None);
    };
    let checked = beacon::check(ctx, raw);
    if let Err(error) = &checked
        && error.is_io()
    {
        return Err(error.clone());
    }
    beacon::advance(ctx, checked.as_ref().ok().copied())?;
    Ok(Some(Outcome { error: checked.err(), ..Outcome::default() }))
}

impl From<Outcome> for ExecTxResult {
    fn from(out: Outcome) -> Self {
        let (code, codespace, log) = match out.error {
            Some(error) => (error.code, error.codespace.to_string(), error.text),
            None => Default::default(),
        };
        ExecTxResult {
            code,
            codespace,
            log,
            data: out.data.into(),
            gas_wanted: i64::try_from(out.gas_wanted).unwrap_or(i64::MAX),
            gas_used: i64::try_from(out.gas_used).unwrap_or(i64::MAX),
            events: abci_events(out.events),
            ..ExecTxResult::default()
        }
    }
}

pub fn abci_events(events: Vec<Event>) -> Vec<AbciEvent> {
    let attribute = |(key, value)| EventAttribute { key, value, index: true };
    let event = |event: Event| AbciEvent {
        r#type: event.kind,
        attributes: event.attributes.into_iter().map(attribute).collect(),
    };
    events.into_iter().map(event).collect()
}

/// Decodes transactions side by side; a pure function of their bytes.
pub fn decode_all<B: AsRef<[u8]> + Sync>(txs: &[B]) -> Vec<Result<Tx>> {
    use rayon::prelude::*;
    txs.par_iter().with_min_len(32).map(|raw| decode_tx(raw.as_ref())).collect()
}
