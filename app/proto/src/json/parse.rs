//! JSON to messages.

use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use serde_json::{Map, Value as Json};

use super::form::{self, Form, Scalar};
use super::print::DEC_PLACES;
use super::{Error, Result, descriptor_of_url, too_deep};

/// Encoders print padding; people leave it off.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn message(descriptor: &MessageDescriptor, json: &Json, depth: u32) -> Result<DynamicMessage> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    match descriptor.full_name() {
        "google.protobuf.Any" => any(descriptor, json, depth),
        name if name.starts_with("google.protobuf.") => standard(descriptor, json),
        _ => fields(descriptor, object(json)?, None, depth),
    }
}

/// Where an `Any` names the type of what it holds.
const TYPE: &str = "@type";

fn object(json: &Json) -> Result<&Map<String, Json>> {
    json.as_object().ok_or_else(|| mismatch("an object", json))
}

/// `besides` is the key that is no field: an `Any` names its type among the fields of its message.
fn fields(
    descriptor: &MessageDescriptor,
    object: &Map<String, Json>,
    besides: Option<&str>,
    depth: u32,
) -> Result<DynamicMessage> {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, json) in object.iter().filter(|(name, _)| Some(name.as_str()) != besides) {
        let field = descriptor
            .get_field_by_name(name)
            .or_else(|| descriptor.get_field_by_json_name(name))
            .ok_or_else(|| unknown(descriptor, name))?;
        // Null is a field that is not set, whatever its type.
        if json.is_null() {
            continue;
        }
        let rival = match field.containing_oneof() {
            Some(oneof) => oneof.fields().find(|other| message.has_field(other)),
            None => Some(field.clone()).filter(|field| message.has_field(field)),
        };
        if let Some(rival) = rival {
            return Err(Error::field(format!("is set, and {:?} too: leave one out", rival.name())).within(name));
        }
        let value = value(&field, json, depth).map_err(|error| error.within(name))?;
        message.try_set_field(&field, value).map_err(|error| Error::field(error.to_string()).within(name))?;
    }
    Ok(message)
}

fn value(field: &FieldDescriptor, json: &Json, depth: u32) -> Result<Value> {
    let form = form::of(field);
    if field.is_map() {
        return Err(Error::field("is a map: no message of this chain has one"));
    }
    if !field.is_list() {
        return single(&field.kind(), form, json, depth);
    }
    let items = json.as_array().ok_or_else(|| mismatch("an array", json))?;
    let mut list = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        list.push(single(&field.kind(), form, item, depth).map_err(|error| error.within(&format!("[{index}]")))?);
    }
    Ok(Value::List(list))
}

fn single(kind: &Kind, form: Form, json: &Json, depth: u32) -> Result<Value> {
    Ok(match kind {
        Kind::Bool => Value::Bool(json.as_bool().ok_or_else(|| mismatch("true or false", json))?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(integer(json, "a 32-bit integer")?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(integer(json, "an unsigned 32-bit integer")?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(integer(json, "a 64-bit integer")?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(integer(json, "an unsigned 64-bit integer")?),
        Kind::Float => Value::F32(json.as_f64().ok_or_else(|| mismatch("a number", json))? as f32),
        Kind::Double => Value::F64(json.as_f64().ok_or_else(|| mismatch("a number", json))?),
        Kind::String => Value::String(string(form, text(json)?)?),
        Kind::Bytes => Value::Bytes(bytes(form, json)?.into()),
        Kind::Enum(kind) => Value::EnumNumber(match json {
            Json::String(name) => kind
                .get_value_by_name(name)
                .ok_or_else(|| Error::field(format!("{} has no value {name:?}", kind.full_name())))?
                .number(),
            json => integer(json, "the name of an enum value")?,
        }),
        Kind::Message(descriptor) => Value::Message(message(descriptor, json, depth)?),
    })
}

/// Integers are read from numbers and from strings, as protobuf JSON has it.
fn integer<T: FromStr>(json: &Json, expected: &str) -> Result<T> {
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return Err(mismatch(expected, json)),
    };
    text.parse().map_err(|_| mismatch(expected, json))
}

fn text(json: &Json) -> Result<&str> {
    json.as_str().ok_or_else(|| mismatch("a string", json))
}

fn string(form: Form, text: &str) -> Result<String> {
    match form.scalar {
        Scalar::Int if !is_integer(text) => Err(Error::field(format!("{text:?} is not an integer"))),
        Scalar::Dec => units(text),
        _ => Ok(text.to_owned()),
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// The integer of 10^-18 units of a decimal number.
fn units(text: &str) -> Result<String> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    let pointed = number.contains('.');
    if whole.is_empty() || !digits(whole) || !digits(fraction) || (pointed && fraction.is_empty()) {
        return Err(Error::field(format!("{text:?} is not a decimal number")));
    }
    if fraction.len() > DEC_PLACES {
        return Err(Error::field(format!("{text:?} has more than {DEC_PLACES} digits after the point")));
    }
    let all = format!("{whole}{fraction:0<DEC_PLACES$}");
    Ok(match all.trim_start_matches('0') {
        "" => "0".to_owned(),
        units => format!("{sign}{units}"),
    })
}

fn bytes(form: Form, json: &Json) -> Result<Vec<u8>> {
    match form.scalar {
        Scalar::InlineJson => Ok(json.to_string().into_bytes()),
        Scalar::Hex => {
            let text = text(json)?;
            hex(text).ok_or_else(|| Error::field(format!("{text:?} is not hex")))
        }
        _ => BASE64.decode(text(json)?).map_err(|error| Error::field(format!("is not base64: {error}"))),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| (high << 4 | low) as u8).collect())
}

fn any(descriptor: &MessageDescriptor, json: &Json, depth: u32) -> Result<DynamicMessage> {
    let object = object(json)?;
    let Some(url) = object.get(TYPE).and_then(Json::as_str) else {
        return Err(Error::field("has no \"@type\": it should name the message, as in /package.Message"));
    };
    let inner = descriptor_of_url(url)?;
    let inner = if inner.full_name().starts_with("google.protobuf.") {
        let value = object.get("value").ok_or_else(|| Error::field("has no \"value\""))?;
        if let Some(name) = object.keys().find(|name| *name != TYPE && *name != "value") {
            return Err(unknown(&inner, name));
        }
        message(&inner, value, depth)?
    } else {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        fields(&inner, object, Some(TYPE), depth)?
    };
    let any = prost_types::Any { type_url: url.to_owned(), value: inner.encode_to_vec() };
    let mut message = DynamicMessage::new(descriptor.clone());
    message.transcode_from(&any).map_err(|error| Error::field(error.to_string()))?;
    Ok(message)
}

fn standard(descriptor: &MessageDescriptor, json: &Json) -> Result<DynamicMessage> {
    DynamicMessage::deserialize(descriptor.clone(), json).map_err(|error| Error::field(error.to_string()))
}

fn unknown(descriptor: &MessageDescriptor, name: &str) -> Error {
    Error::field(format!("{} has no field {name:?}", descriptor.full_name()))
}

fn mismatch(expected: &str, json: &Json) -> Error {
    Error::field(format!("should be {expected}, is {json}"))
}
