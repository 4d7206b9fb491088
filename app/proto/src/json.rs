//! Protobuf JSON as the Cosmos SDK prints it, because that is what wallets, explorers and genesis files hold.
//!
//! Field names are those of the .proto files, every field is printed, 64-bit integers are strings, enums are
//! names, bytes are base64, an `Any` is its message with `@type`. What the SDK does beyond the protobuf standard:
//! a message that is not set prints `null`, or its zero value where Go holds it by value; so do empty bytes print
//! `null`; `LegacyDec` fields print with their point, not as the scaled integer of the wire; contract messages
//! print as the JSON that they are; some wasm hashes print in upper-case hex. The options that say so
//! (`gogoproto.*`) are read from the descriptors.
//!
//! Reading accepts what printing gives, the camel-case names too, and refuses unknown fields.

mod form;
mod parse;
mod print;

pub(crate) use form::option;

pub(crate) use print::decimal;

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;

use crate::descriptors;

/// How deep messages may nest, those within an `Any` included; hostile bytes must not exhaust the stack.
pub(crate) const MAX_DEPTH: u32 = 64;

/// Why JSON could not be printed or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No descriptor has this full name.
    #[error("message type {0:?} is not known to this node")]
    UnknownType(String),
    /// The bytes are not an encoding of the type.
    #[error("bytes are not a {name}: {source}")]
    Decode { name: String, source: prost::DecodeError },
    /// A value does not fit its field; `path` names it as in `body.messages[0].amount`.
    #[error("{}{problem}", crate::path::prefix(path))]
    Field { path: String, problem: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn field(problem: impl Into<String>) -> Self {
        Error::Field { path: String::new(), problem: problem.into() }
    }

    /// Adds an outer step to the path, on the way up.
    pub(crate) fn within(mut self, step: &str) -> Self {
        if let Error::Field { path, .. } = &mut self {
            crate::path::prepend(path, step);
        }
        self
    }
}

/// JSON of a message.
pub fn to_json<M: Message + Name>(message: &M) -> Result<Value> {
    to_json_by_name(&M::full_name(), &message.encode_to_vec())
}

/// JSON of the message that `bytes` encode; `name` is its full name, as in `cosmos.bank.v1beta1.MsgSend`.
pub fn to_json_by_name(name: &str, bytes: &[u8]) -> Result<Value> {
    print::message(&decode(descriptor(name)?, bytes)?, MAX_DEPTH)
}

/// The message that `json` stands for.
pub fn from_json<M: Message + Name + Default>(json: &Value) -> Result<M> {
    let name = M::full_name();
    let bytes = from_json_by_name(&name, json)?;
    M::decode(bytes.as_slice()).map_err(|source| Error::Decode { name, source })
}

/// Encodes the message of type `name` that `json` stands for.
pub fn from_json_by_name(name: &str, json: &Value) -> Result<Vec<u8>> {
    Ok(parse::message(&descriptor(name)?, json, MAX_DEPTH)?.encode_to_vec())
}

pub(crate) fn too_deep() -> Error {
    Error::field(format!("messages nest deeper than {MAX_DEPTH}"))
}

fn descriptor(name: &str) -> Result<MessageDescriptor> {
    descriptors().get_message_by_name(name).ok_or_else(|| Error::UnknownType(name.into()))
}

/// The descriptor that a type URL names: what follows its last slash.
pub(crate) fn descriptor_of_url(url: &str) -> Result<MessageDescriptor> {
    match url.rsplit_once('/') {
        Some((_, name)) => descriptor(name),
        None => Err(Error::field(format!("type URL {url:?} has no slash: it should look like /package.Message"))),
    }
}

pub(crate) fn decode(descriptor: MessageDescriptor, bytes: &[u8]) -> Result<DynamicMessage> {
    let name = descriptor.full_name().to_owned();
    DynamicMessage::decode(descriptor, bytes).map_err(|source| Error::Decode { name, source })
}
