//! Contracts: a few codes, a few contracts of each, and what they can be asked to do.

use super::life::{Draft, Life, coin};
use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::Address;
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::seq::IteratorRandom;
use serde_json::{Value, json};
use std::{path::Path, sync::LazyLock};

const CODES: usize = 2;
const CONTRACTS: usize = 12;
const GAS: u64 = 12_000_000;

static PROBE: LazyLock<Vec<u8>> = LazyLock::new(|| artifact("probe.wasm"));
static TOKEN: LazyLock<Vec<u8>> = LazyLock::new(|| artifact("cw20_base.wasm"));

fn artifact(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts").join(name)).unwrap()
}

/// The probe first, then the token: a code's number tells what it is.
pub fn store_code(life: &mut Life) -> Option<Draft> {
    let known = life.mirror.codes.len();
    if known >= CODES || !life.claim("code") {
        return None;
    }
    let (sender, code) = (life.cast.uploader.clone(), if known == 0 { &*PROBE } else { &*TOKEN });
    let msg = pb::MsgStoreCode { sender: sender.clone(), wasm_byte_code: code.clone(), ..Default::default() };
    Draft::of(&sender, &msg)?.gas(50_000_000)
}

pub fn instantiate(life: &mut Life) -> Option<Draft> {
    if life.mirror.contracts.len() >= CONTRACTS {
        return None;
    }
    let (code_id, sender) = (*life.mirror.codes.keys().choose(&mut life.rng)?, life.anyone());
    let msg = match code_id {
        1 => json!({}),
        _ => json!({"name": "Share of a device", "symbol": "GPUSH", "decimals": 6,
            "initial_balances": [{"address": sender, "amount": "1000000"}]}),
    };
    let (label, msg) = ("life".into(), msg.to_string().into_bytes());
    let msg = pb::MsgInstantiateContract { sender: sender.clone(), code_id, label, msg, ..Default::default() };
    Draft::of(&sender, &msg)?.gas(GAS)
}

/// One observable thing that the probe does.
fn action(life: &mut Life, contract: &str) -> Value {
    let (key, value) = (format!("k{}", life.number(0..8)), format!("v{}", life.number(0..1000)));
    let inner = STANDARD.encode(json!({"fail_after_write": {"key": key, "value": value}}).to_string());
    let to = life.anyone();
    match life.number(0..9) {
        0..=2 => json!({"set": {"key": key, "value": value}}),
        3 => json!({"remove": {"key": key}}),
        4 => json!({"write_then_query": {"contract": contract, "key": key, "value": value}}),
        5 => json!({"emit": {"name": "seen", "key": key, "value": value}}),
        6 => json!({"call": {"contract": contract, "msg": inner, "on_error": true}}),
        7 => json!({"fail_after_write": {"key": key, "value": value}}),
        _ => json!({"pay": {"to": to, "amount": [{"denom": "ualq", "amount": "3"}]}}),
    }
}

pub fn execute(life: &mut Life) -> Option<Draft> {
    let (contract, info) = life.mirror.contracts.iter().choose(&mut life.rng)?;
    let (contract, is_probe, owner): (Address, bool, String) = (*contract, info.code_id == 1, info.creator.clone());
    let (contract, mut sender) = (contract.to_string(), life.anyone());
    let msg = if is_probe {
        action(life, &contract)
    } else {
        sender = if life.cast.all.contains(&owner) { owner } else { sender };
        json!({"transfer": {"recipient": life.anyone(), "amount": "7"}})
    };
    let funds = if is_probe && life.chance(30) { coin("ualq", 5).into_iter().collect() } else { vec![] };
    let msg = msg.to_string().into_bytes();
    Draft::of(&sender, &pb::MsgExecuteContract { sender: sender.clone(), contract, msg, funds })?.gas(GAS)
}
