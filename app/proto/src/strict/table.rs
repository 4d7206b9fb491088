//! What the walk needs of each message, made once from the descriptors.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Syntax};

use super::wire::WireType;
use crate::descriptors;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    /// One value, left out when it is the default.
    Implicit,
    /// One value, default or not: messages, members of a oneof, `optional` scalars.
    Explicit,
    Packed,
    Repeated,
}

/// Types as far as their encodings differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    /// Enums too: an unknown value survives decoding.
    Int32,
    Uint32,
    Sint32,
    /// All 64-bit integers of variable length.
    Varint64,
    Fixed32,
    Fixed64,
    Float,
    Double,
    String,
    Bytes,
    /// The place of its table.
    Message(usize),
}

impl Type {
    pub(super) fn wire(self) -> WireType {
        match self {
            Type::Bool | Type::Int32 | Type::Uint32 | Type::Sint32 | Type::Varint64 => WireType::Varint,
            Type::Fixed32 | Type::Float => WireType::Fixed32,
            Type::Fixed64 | Type::Double => WireType::Fixed64,
            Type::String | Type::Bytes | Type::Message(_) => WireType::Bytes,
        }
    }
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: String,
    /// Its place in the encoding: its number, for all members of a oneof the lowest of theirs.
    pub(super) rank: u32,
    pub(super) cardinality: Cardinality,
    pub(super) kind: Type,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// In the order of the encoding.
    pub(super) fields: Vec<Field>,
    pub(super) is_any: bool,
    /// False for proto2 and for maps, which have no one encoding.
    pub(super) supported: bool,
}

pub(super) struct Tables {
    tables: Vec<Table>,
    names: BTreeMap<String, usize>,
}

impl Tables {
    pub(super) fn get() -> &'static Tables {
        static TABLES: LazyLock<Tables> = LazyLock::new(Tables::build);
        &TABLES
    }

    pub(super) fn at(&self, index: usize) -> Option<&Table> {
        self.tables.get(index)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Table> {
        self.at(*self.names.get(name)?)
    }

    fn build() -> Tables {
        let messages: Vec<_> = descriptors().all_messages().collect();
        let names: BTreeMap<_, _> =
            messages.iter().enumerate().map(|(index, message)| (message.full_name().to_owned(), index)).collect();
        let tables = messages.iter().map(|message| table(message, &names)).collect();
        Tables { tables, names }
    }
}

fn table(message: &MessageDescriptor, names: &BTreeMap<String, usize>) -> Table {
    let supported = message.parent_file().syntax() == Syntax::Proto3
        && !message.is_map_entry()
        && message.fields().all(|field| !field.is_map());
    let mut fields: Vec<_> = message.fields().filter_map(|descriptor| field(&descriptor, names)).collect();
    fields.sort_by_key(|field| (field.rank, field.number));
    Table {
        name: message.full_name().to_owned(),
        supported: supported && fields.len() == message.fields().len(),
        fields,
        is_any: message.full_name() == "google.protobuf.Any",
    }
}

/// None for a type that is not in the set, which a complete set does not have.
fn field(descriptor: &FieldDescriptor, names: &BTreeMap<String, usize>) -> Option<Field> {
    let kind = match descriptor.kind() {
        Kind::Bool => Type::Bool,
        Kind::Int32 | Kind::Enum(_) => Type::Int32,
        Kind::Uint32 => Type::Uint32,
        Kind::Sint32 => Type::Sint32,
        Kind::Int64 | Kind::Uint64 | Kind::Sint64 => Type::Varint64,
        Kind::Fixed32 | Kind::Sfixed32 => Type::Fixed32,
        Kind::Fixed64 | Kind::Sfixed64 => Type::Fixed64,
        Kind::Float => Type::Float,
        Kind::Double => Type::Double,
        Kind::String => Type::String,
        Kind::Bytes => Type::Bytes,
        Kind::Message(message) => Type::Message(*names.get(message.full_name())?),
    };
    let cardinality = if descriptor.is_packed() {
        Cardinality::Packed
    } else if descriptor.is_list() {
        Cardinality::Repeated
    } else if descriptor.supports_presence() {
        Cardinality::Explicit
    } else {
        Cardinality::Implicit
    };
    let rank = descriptor
        .containing_oneof()
        .and_then(|oneof| oneof.fields().map(|member| member.number()).min())
        .unwrap_or(descriptor.number());
    Some(Field { number: descriptor.number(), name: descriptor.name().to_owned(), rank, cardinality, kind })
}
