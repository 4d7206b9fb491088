//! Transactions of one block: messages signed together, some of them spoilt.

use super::{
    fees, grants,
    life::{Draft, Life},
    spoil,
};
use crate::chain::{CHAIN_ID, FEE, coin};
use aliquot::ante::MAX_TX_GAS;
use aliquot_client::{TxBuilder, tx::SignerData};
use aliquot_proto::{Any, cosmos::tx::v1beta1::TxRaw};
use prost::Message;
use std::collections::BTreeMap;

/// A transaction with what it was made of.
#[derive(Clone)]
pub struct Sent {
    pub raw: Vec<u8>,
    pub signer: String,
    pub msgs: Vec<Any>,
}

/// What is wrong with a transaction as a whole.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    /// Too little gas for its messages, or even for its own bytes.
    ShortOfGas,
    NoGas,
    Sequence,
    Signature,
    Stranger,
    Fee,
    ChainId,
    Timeout,
}

impl Flaw {
    fn draw(life: &mut Life) -> Self {
        match life.number(0..250) {
            0..=2 if !life.ample_gas => Flaw::ShortOfGas,
            3 => Flaw::NoGas,
            4 | 5 => Flaw::Sequence,
            6 | 7 => Flaw::Signature,
            8 => Flaw::Stranger,
            9 => Flaw::Fee,
            10 => Flaw::ChainId,
            11 => Flaw::Timeout,
            _ => Flaw::None,
        }
    }

    /// Whether the sender's next transaction follows on this one.
    fn raises_sequence(self) -> bool {
        matches!(self, Flaw::None | Flaw::ShortOfGas)
    }
}

/// So many messages in transactions.
pub fn draw(life: &mut Life, messages: usize) -> Vec<Sent> {
    life.next_block();
    let (mut out, mut pending, mut count) = (Vec::new(), BTreeMap::new(), 0);
    while count < messages {
        let drafts = together(life);
        count += drafts.len();
        let flaw = Flaw::draw(life);
        let sent = sign(life, drafts, flaw, &mut pending);
        if life.chance(1) {
            out.push(sent.clone());
        }
        out.push(sent);
    }
    out
}

/// Messages of one signer: mostly one, sometimes several, among them such as were spoilt.
fn together(life: &mut Life) -> Vec<Draft> {
    let first = drawn(life);
    let mut out = vec![first];
    if life.chance(12) {
        for _ in 0..40 {
            let next = drawn(life);
            if next.signer == out[0].signer {
                out.push(next);
            }
            if out.len() >= 4 {
                break;
            }
        }
    }
    out
}

fn drawn(life: &mut Life) -> Draft {
    let draft = life.draft();
    match life.number(0..100) {
        0..=5 if draft.signer != life.cast.authority => spoil::message(life, draft),
        6..=8 => spoil::owner(life, draft),
        _ => grants::by_grant(life, draft),
    }
}

fn sign(life: &mut Life, drafts: Vec<Draft>, flaw: Flaw, pending: &mut BTreeMap<String, u64>) -> Sent {
    let signer = drafts[0].signer.clone();
    let account = &life.mirror.accounts[&signer];
    let (account_number, first) = (account.account_number, account.sequence);
    let raised = pending.entry(signer.clone()).or_default();
    let mut sequence = first + *raised;
    *raised += u64::from(flaw.raises_sequence());
    let mut builder =
        TxBuilder::new().gas_limit(drafts.iter().map(|draft| draft.gas).sum::<u64>().min(MAX_TX_GAS)).fee(coin(FEE));
    builder.fee_granter = fees::granter(life, &signer);
    builder.msgs = drafts.into_iter().map(|draft| draft.msg).collect();
    let (mut chain_id, mut key) = (CHAIN_ID.to_string(), signer.clone());
    match flaw {
        Flaw::ShortOfGas => builder.gas_limit = life.one(&[1, 2_000, 60_000, 120_000]).unwrap(),
        Flaw::NoGas => builder.gas_limit = life.one(&[0, u64::MAX]).unwrap(),
        Flaw::Sequence => sequence = life.one(&[0, sequence + 1, sequence.wrapping_sub(1), u64::MAX]).unwrap(),
        Flaw::Stranger => key = life.anyone(),
        Flaw::Fee => builder.fee = vec![coin(u128::MAX)],
        Flaw::ChainId => chain_id = "aliquot-test-2".into(),
        Flaw::Timeout => builder.timeout_height = life.mirror.height,
        Flaw::Signature | Flaw::None => {}
    }
    let mut raw = builder.sign(life.cast.key(&key), &SignerData { chain_id, account_number, sequence }).bytes;
    if flaw == Flaw::Signature {
        let mut parts = TxRaw::decode(raw.as_slice()).unwrap();
        let (place, bit) = (life.number(0..64usize), life.number(0..8u32));
        parts.signatures[0][place] ^= 1 << bit;
        raw = parts.encode_to_vec();
    }
    Sent { raw, signer, msgs: builder.msgs }
}
