//! A message of any type with every field set, to begin from.

use crate::chain::key;
use aliquot_proto::prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use prost::Message;

/// What every `Any` of a sample holds, as clients would put it there.
fn held(field: &str) -> &'static str {
    match field {
        "allowance" => "cosmos.feegrant.v1beta1.BasicAllowance",
        "authorization" => "cosmos.bank.v1beta1.SendAuthorization",
        "public_key" | "pub_key" | "public_keys" => "cosmos.crypto.secp256k1.PubKey",
        _ => "cosmos.bank.v1beta1.MsgSend",
    }
}

pub fn sample(message: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut out = DynamicMessage::new(message.clone());
    for field in message.fields() {
        let taken = field.containing_oneof().is_some_and(|oneof| oneof.fields().any(|other| out.has_field(&other)));
        if taken || field.is_map() || (depth == 0 && field.kind().as_message().is_some()) {
            continue;
        }
        let value = value(&field, depth);
        out.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
    }
    out
}

fn value(field: &FieldDescriptor, depth: usize) -> Value {
    match field.kind() {
        Kind::Bool => Value::Bool(true),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-1),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(1),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(1),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(1),
        Kind::Float => Value::F32(1.5),
        Kind::Double => Value::F64(1.5),
        Kind::String => Value::String(text(field.name())),
        Kind::Bytes if field.name().contains("msg") => Value::Bytes(br#"{"a":[1.5,"b<"]}"#.as_slice().into()),
        Kind::Bytes => Value::Bytes(vec![2; 33].into()),
        Kind::Enum(kind) => Value::EnumNumber(kind.values().last().map_or(0, |value| value.number())),
        Kind::Message(inner) if inner.full_name() == "google.protobuf.Any" => Value::Message(any(&inner, field, depth)),
        Kind::Message(inner) => Value::Message(sample(&inner, depth.saturating_sub(1))),
    }
}

fn any(descriptor: &MessageDescriptor, field: &FieldDescriptor, depth: usize) -> DynamicMessage {
    let name = held(field.name());
    let inner = aliquot_proto::descriptors().get_message_by_name(name).unwrap();
    let mut out = DynamicMessage::new(descriptor.clone());
    out.set_field_by_name("type_url", Value::String(format!("/{name}")));
    let value = sample(&inner, depth.saturating_sub(1)).encode_to_vec();
    out.set_field_by_name("value", Value::Bytes(value.into()));
    out
}

pub fn text(field: &str) -> String {
    const NUMBERS: &[&str] = &["amount", "rate", "price", "share", "fee", "limit"];
    match field {
        "denom" | "base" => "ualq".into(),
        "msg_type_url" | "msg" => "/cosmos.bank.v1beta1.MsgSend".into(),
        "kernel" => "RENDER_Q16".into(),
        "to_address" | "grantee" | "provider" | "new_admin" => key("bob").address().into(),
        name if NUMBERS.iter().any(|number| name.contains(number)) || name.ends_with("_sub") => "12".into(),
        name if name.contains("uri") => "http://127.0.0.1:1".into(),
        name if name.contains("name") || name.contains("key") => "web".into(),
        _ => key("alice").address().into(),
    }
}
