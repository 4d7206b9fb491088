//! Hostile messages as amino JSON and as the JSON of REST: two bytes choose the type, the others are the message.

use super::sample::sample;
use aliquot_proto::{Any, amino, descriptors, json, prost_reflect::MessageDescriptor};
use prost::Message;
use serde_json::Value;
use std::sync::LazyLock;

static TYPES: LazyLock<Vec<MessageDescriptor>> = LazyLock::new(|| {
    let mut types: Vec<MessageDescriptor> =
        descriptors().all_messages().filter(|message| !message.is_map_entry()).collect();
    types.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    types
});

pub fn run(bytes: &[u8]) {
    let Some((choice, value)) = bytes.split_first_chunk::<2>() else { return };
    let name = TYPES[usize::from(u16::from_be_bytes(*choice)) % TYPES.len()].full_name();
    signed(&Any { type_url: format!("/{name}"), value: value.to_vec() });
    printed(name, value);
}

/// Amino JSON is one text, and it is JSON.
fn signed(message: &Any) {
    let printed = amino::to_json(message);
    assert_eq!(printed, amino::to_json(message));
    let Ok(value) = printed else { return };
    assert!(value["type"].is_string());
    let text = amino::to_bytes(value.clone());
    let read: Value = serde_json::from_slice(&text).unwrap();
    assert!(has_float(&read) || amino::to_bytes(read) == text, "{}", message.type_url);
}

/// Whose last digit may change as it is read; no message of this chain has one, save within JSON that it carries.
fn has_float(json: &Value) -> bool {
    match json {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(entries) => entries.values().any(has_float),
        _ => false,
    }
}

/// What is printed and read again stays as it is. Not at once: Go shows a decimal that nobody set as `0`. Not always: text
/// that is no number is shown where a number should be, and refused there.
fn printed(name: &str, value: &[u8]) {
    let again = |json: &Value| {
        let read: Value = serde_json::from_str(&json.to_string()).unwrap();
        let encoded = json::from_json_by_name(name, &read).ok()?;
        Some(json::to_json_by_name(name, &encoded).unwrap())
    };
    let first = json::to_json_by_name(name, value).ok();
    let Some(second) = first.and_then(|first| again(&first)) else { return };
    assert!(has_float(&second) || again(&second).as_ref() == Some(&second), "{name}: {second}");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let one = |(index, message): (usize, &MessageDescriptor)| {
        [&(index as u16).to_be_bytes(), sample(message, 4).encode_to_vec().as_slice()].concat()
    };
    TYPES.iter().enumerate().map(one).collect()
}
