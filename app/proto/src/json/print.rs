//! Messages to JSON.

use base64::{Engine, prelude::BASE64_STANDARD};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, SerializeOptions, Value};
use serde_json::{Map, Value as Json};

use super::form::{self, Form, Scalar};
use super::{Error, Result, decode, descriptor_of_url, too_deep};

/// Digits after the point of a `LegacyDec`.
pub(super) const DEC_PLACES: usize = 18;

pub(super) fn message(message: &DynamicMessage, depth: u32) -> Result<Json> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    let descriptor = message.descriptor();
    match descriptor.full_name() {
        "google.protobuf.Any" => any(message, depth),
        name if name.starts_with("google.protobuf.") => standard(message),
        _ => Ok(Json::Object(fields(message, depth)?)),
    }
}

fn fields(message: &DynamicMessage, depth: u32) -> Result<Map<String, Json>> {
    let mut object = Map::new();
    for field in message.descriptor().fields() {
        let set = message.has_field(&field);
        let optional = field.field_descriptor_proto().proto3_optional();
        // Of a oneof, only the member that is set is printed; an `optional` scalar is null as Go's nil pointer.
        if !set && field.containing_oneof().is_some() && !optional {
            continue;
        }
        let json = if set || !field.supports_presence() {
            value(&field, &message.get_field(&field), depth)
        } else {
            unset(&field, depth)
        };
        object.insert(field.name().to_owned(), json.map_err(|error| error.within(field.name()))?);
    }
    Ok(object)
}

/// A field with presence that is not set.
fn unset(field: &FieldDescriptor, depth: u32) -> Result<Json> {
    match field.kind() {
        Kind::Message(descriptor) if form::of(field).by_value => match descriptor.full_name() {
            "google.protobuf.Any" => Ok(Json::Null),
            // Go's zero time is not the epoch.
            "google.protobuf.Timestamp" => Ok("0001-01-01T00:00:00Z".into()),
            _ => message(&DynamicMessage::new(descriptor), depth),
        },
        _ => Ok(Json::Null),
    }
}

fn value(field: &FieldDescriptor, value: &Value, depth: u32) -> Result<Json> {
    let form = form::of(field);
    match value {
        Value::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let json = single(&field.kind(), form, item, false, depth);
                list.push(json.map_err(|error| error.within(&format!("[{index}]")))?);
            }
            Ok(Json::Array(list))
        }
        Value::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key_text(key), value)).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            let Kind::Message(entry) = field.kind() else {
                return Err(Error::field("is a map without an entry type"));
            };
            let kind = entry.map_entry_value_field().kind();
            let mut object = Map::new();
            for (key, value) in sorted {
                let json = single(&kind, Form::default(), value, false, depth);
                object.insert(key.clone(), json.map_err(|error| error.within(&format!("[{key}]")))?);
            }
            Ok(Json::Object(object))
        }
        value => single(&field.kind(), form, value, !field.supports_presence(), depth),
    }
}

/// One value. `implicit` is for a field whose empty value was never on the wire, so that Go holds nil for it.
fn single(kind: &Kind, form: Form, value: &Value, implicit: bool, depth: u32) -> Result<Json> {
    Ok(match value {
        Value::Bool(value) => (*value).into(),
        Value::I32(value) => (*value).into(),
        Value::U32(value) => (*value).into(),
        Value::I64(value) => value.to_string().into(),
        Value::U64(value) => value.to_string().into(),
        Value::F32(value) => f64::from(*value).into(),
        Value::F64(value) => (*value).into(),
        Value::String(text) => string(form, text)?,
        Value::Bytes(bytes) => match form.scalar {
            Scalar::Hex => hex_upper(bytes).into(),
            _ if implicit && bytes.is_empty() => Json::Null,
            // A contract message that is no JSON must not make a whole transaction unreadable.
            Scalar::InlineJson => {
                serde_json::from_slice(bytes).unwrap_or_else(|_| BASE64_STANDARD.encode(bytes).into())
            }
            _ => BASE64_STANDARD.encode(bytes).into(),
        },
        Value::EnumNumber(number) => match kind.as_enum().and_then(|kind| kind.get_value(*number)) {
            Some(value) => value.name().into(),
            None => (*number).into(),
        },
        Value::Message(inner) => message(inner, depth)?,
        Value::List(_) | Value::Map(_) => return Err(Error::field("is a list within a list")),
    })
}

fn string(form: Form, text: &str) -> Result<Json> {
    Ok(match form.scalar {
        // Where Go holds a pointer, an empty number is nil.
        Scalar::Int | Scalar::Dec if text.is_empty() && !form.by_value => Json::Null,
        Scalar::Int | Scalar::Dec if text.is_empty() => "0".into(),
        Scalar::Dec => decimal(text)?.into(),
        _ => text.into(),
    })
}

/// The decimal number that an integer of 10^-18 units stands for.
pub(crate) fn decimal(units: &str) -> Result<String> {
    let (sign, digits) = match units.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", units),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Error::field(format!("{units:?} is not an integer of 10^-18 units")));
    }
    let padded = format!("{digits:0>width$}", width = DEC_PLACES + 1);
    let (whole, fraction) = padded.split_at(padded.len() - DEC_PLACES);
    Ok(format!("{sign}{whole}.{fraction}"))
}

fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

fn any(message: &DynamicMessage, depth: u32) -> Result<Json> {
    let any: prost_types::Any = message.transcode_to().map_err(|error| Error::field(format!("is no Any: {error}")))?;
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    let inner = decode(descriptor_of_url(&any.type_url)?, &any.value)?;
    let mut object = Map::new();
    object.insert("@type".into(), any.type_url.as_str().into());
    if inner.descriptor().full_name().starts_with("google.protobuf.") {
        object.insert("value".into(), self::message(&inner, depth)?);
    } else {
        object.extend(fields(&inner, depth)?);
    }
    Ok(Json::Object(object))
}

/// Timestamps, durations and the like have their standard forms.
fn standard(message: &DynamicMessage) -> Result<Json> {
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| Error::field(error.to_string()))
}
