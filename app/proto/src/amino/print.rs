//! Messages to amino JSON.

use base64::{Engine, prelude::BASE64_STANDARD};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use serde_json::{Map, Value as Json, json};

use super::form::{self, Encoding};
use crate::json::{Error, Result, decimal, decode, descriptor_of_url, too_deep};

pub(super) fn any(type_url: &str, value: &[u8], depth: u32) -> Result<Json> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    let inner = decode(descriptor_of_url(type_url)?, value)?;
    let name = form::type_name(inner.descriptor().full_name());
    Ok(json!({"type": name, "value": message(&inner, depth)?}))
}

fn message(message: &DynamicMessage, depth: u32) -> Result<Json> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    match message.descriptor().full_name() {
        "google.protobuf.Any" => {
            let any: prost_types::Any = standard(message)?;
            match any.type_url.as_str() {
                "" => Ok(Json::Null),
                url => self::any(url, &any.value, depth),
            }
        }
        // RFC 3339 with as many digits as there are.
        "google.protobuf.Timestamp" => {
            let at: prost_types::Timestamp = standard(message)?;
            let whole = prost_types::Timestamp { nanos: 0, ..at }.to_string();
            let fraction = format!(".{:09}", at.nanos);
            let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
            Ok(whole.replace('Z', &format!("{fraction}Z")).into())
        }
        "google.protobuf.Duration" => {
            let span: prost_types::Duration = standard(message)?;
            let nanos = i128::from(span.seconds).saturating_mul(1_000_000_000).saturating_add(span.nanos.into());
            Ok(nanos.to_string().into())
        }
        _ => Ok(Json::Object(fields(message, depth)?)),
    }
}

fn standard<M: prost::Message + Default>(message: &DynamicMessage) -> Result<M> {
    message.transcode_to().map_err(|error| Error::field(error.to_string()))
}

fn fields(message: &DynamicMessage, depth: u32) -> Result<Map<String, Json>> {
    let mut object = Map::new();
    for field in message.descriptor().fields() {
        let (form, set) = (form::of(&field), message.has_field(&field));
        if !set && (!form.kept || field.containing_oneof().is_some()) {
            continue;
        }
        if field.containing_oneof().is_some() && !field.field_descriptor_proto().proto3_optional() {
            return Err(Error::field("stands in a oneof, which has no amino JSON here").within(field.name()));
        }
        let value = message.get_field(&field);
        let json = match form.encoding {
            encoding if !set && field.is_list() && encoding != Encoding::Coins => Ok(Json::Null),
            encoding => self::value(&field, encoding, &value, depth),
        };
        let name = form.name.as_deref().unwrap_or(field.name());
        object.insert(name.to_owned(), json.map_err(|error| error.within(field.name()))?);
    }
    Ok(object)
}

fn value(field: &FieldDescriptor, encoding: Encoding, value: &Value, depth: u32) -> Result<Json> {
    let Value::List(items) = value else { return single(field, encoding, value, depth) };
    let mut list = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        list.push(single(field, encoding, item, depth).map_err(|error| error.within(&format!("[{index}]")))?);
    }
    Ok(Json::Array(list))
}

fn single(field: &FieldDescriptor, encoding: Encoding, value: &Value, depth: u32) -> Result<Json> {
    Ok(match value {
        Value::Bool(value) => (*value).into(),
        Value::I32(value) => (*value).into(),
        Value::U32(value) => (*value).into(),
        Value::I64(value) => value.to_string().into(),
        Value::U64(value) => value.to_string().into(),
        Value::String(text) => match encoding {
            Encoding::Int if text.is_empty() => "0".into(),
            Encoding::Dec if text.is_empty() => decimal("0")?.into(),
            Encoding::Dec => decimal(text)?.into(),
            _ => text.as_str().into(),
        },
        Value::Bytes(bytes) => match encoding {
            Encoding::InlineJson => {
                serde_json::from_slice(bytes).map_err(|error| Error::field(format!("is not JSON: {error}")))?
            }
            _ => BASE64_STANDARD.encode(bytes).into(),
        },
        Value::EnumNumber(number) => access(field, *number).unwrap_or_else(|| (*number).into()),
        Value::Message(inner) => message(inner, depth)?,
        Value::F32(_) | Value::F64(_) => return Err(Error::field("is a float, which has no amino JSON")),
        Value::List(_) | Value::Map(_) => return Err(Error::field("is a map or a list within a list")),
    })
}

/// Who may instantiate a contract is the one enum that clients write as text (CosmWasm `AccessType.MarshalText`).
fn access(field: &FieldDescriptor, number: i32) -> Option<Json> {
    let Kind::Enum(kind) = field.kind() else { return None };
    let text = match (kind.full_name(), number) {
        ("cosmwasm.wasm.v1.AccessType", 1) => "Nobody",
        ("cosmwasm.wasm.v1.AccessType", 3) => "Everybody",
        ("cosmwasm.wasm.v1.AccessType", 4) => "AnyOfAddresses",
        ("cosmwasm.wasm.v1.AccessType", 0) => "Unspecified",
        _ => return None,
    };
    Some(text.into())
}
