//! Ways to go wrong: fields changed to what they must not be, other signers, too little gas, wrong sequences, signatures
//! and bytes. Most are refused, some make sense by accident; the chain must keep its books either way.

use super::life::{Draft, Life};
use aliquot_proto::Any;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};
use rand::{Rng, seq::SliceRandom};

/// A message with one of its fields, at any depth, set to something hostile. The signer stays.
pub fn message(life: &mut Life, draft: Draft) -> Draft {
    let pool = aliquot_proto::descriptors();
    let descriptor = pool.get_message_by_name(draft.msg.type_url.trim_start_matches('/')).unwrap();
    let mut message = DynamicMessage::decode(descriptor, draft.msg.value.as_slice()).unwrap();
    change(life, &mut message, Some(&draft.signer));
    let value = message.encode_to_vec();
    Draft { msg: Any { value, ..draft.msg }, ..draft }
}

fn change(life: &mut Life, message: &mut DynamicMessage, signer: Option<&str>) {
    let all: Vec<_> = message.descriptor().fields().collect();
    let is_signer = |value: &Value| signer.is_some() && value.as_str() == signer;
    let open: Vec<_> = all.into_iter().filter(|field| !is_signer(&message.get_field(field))).collect();
    let Some(field) = open.choose(&mut life.rng).cloned() else { return };
    if life.chance(8) {
        return message.clear_field(&field);
    }
    if field.is_map() {
        return;
    }
    if field.is_list() {
        let mut list = message.get_field(&field).as_list().map(<[Value]>::to_vec).unwrap_or_default();
        match list.len() {
            0 => list.push(Value::default_value(&field.kind())),
            _ if life.chance(30) => list.push(list[0].clone()),
            _ if life.chance(30) => _ = list.pop(),
            count => {
                let place = life.number(0..count);
                list[place] = hostile(life, &field.kind(), list[place].clone());
            }
        }
        return message.set_field(&field, Value::List(list));
    }
    let value = hostile(life, &field.kind(), message.get_field(&field).into_owned());
    message.set_field(&field, value);
}

fn hostile(life: &mut Life, kind: &Kind, was: Value) -> Value {
    match was {
        Value::Message(mut inner) => {
            change(life, &mut inner, None);
            Value::Message(inner)
        }
        Value::U64(was) => Value::U64(life.one(&[0, 1, was.wrapping_add(1), was.wrapping_sub(1), u64::MAX]).unwrap()),
        Value::I64(was) => Value::I64(life.one(&[0, -1, was.wrapping_add(1), i64::MIN]).unwrap()),
        Value::U32(was) => Value::U32(life.one(&[0, 1, was.wrapping_add(1), u32::MAX]).unwrap()),
        Value::I32(_) => Value::I32(life.one(&[0, -1, i32::MAX]).unwrap()),
        Value::EnumNumber(was) => Value::EnumNumber(life.one(&[0, 1, was.wrapping_add(1), 99, -1]).unwrap()),
        Value::Bool(was) => Value::Bool(!was),
        Value::Bytes(was) => {
            let mut bytes = was.to_vec();
            match life.number(0..3) {
                0 => bytes.clear(),
                1 => _ = bytes.pop(),
                _ if bytes.is_empty() => bytes.push(0),
                _ => {
                    let place = life.number(0..bytes.len());
                    bytes[place] ^= life.rng.gen_range(1..=255u8);
                }
            }
            Value::Bytes(bytes.into())
        }
        Value::String(was) => {
            let someone = life.anyone();
            let most = u128::MAX.to_string();
            let texts =
                ["", "0", "-1", "1", "01", &most, "999999999999999999999", "utest", "unone", &someone, "?\u{0}"];
            let text = texts.choose(&mut life.rng).unwrap();
            Value::String(if life.chance(10) { format!("{was}1") } else { (*text).into() })
        }
        _ => Value::default_value(kind),
    }
}

/// The same message in the name of another, who signs it: wherever the signer stood at the top, the other does.
pub fn owner(life: &mut Life, draft: Draft) -> Draft {
    let pool = aliquot_proto::descriptors();
    let descriptor = pool.get_message_by_name(draft.msg.type_url.trim_start_matches('/')).unwrap();
    let mut message = DynamicMessage::decode(descriptor, draft.msg.value.as_slice()).unwrap();
    let other = life.anyone();
    for field in message.descriptor().fields() {
        if message.get_field(&field).as_str() == Some(draft.signer.as_str()) {
            message.set_field(&field, Value::String(other.clone()));
        }
    }
    let value = message.encode_to_vec();
    Draft { signer: other, msg: Any { value, ..draft.msg }, ..draft }
}

/// Bytes of a transaction with one of them changed, cut, or not of a transaction at all.
pub fn bytes(life: &mut Life, mut raw: Vec<u8>) -> Vec<u8> {
    match life.number(0..4) {
        0 => vec![0xff; life.number(1..60)],
        1 => {
            raw.truncate(life.number(0..raw.len()));
            raw
        }
        _ => {
            let place = life.number(0..raw.len());
            raw[place] ^= 1 << life.number(0..8u32);
            raw
        }
    }
}
