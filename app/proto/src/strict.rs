//! The check that bytes are the one canonical encoding of a message: accepted if and only if decoding them and
//! encoding the result gives the same bytes, the messages within every `Any` included.
//!
//! Nodes hash, sign and bill bytes, so that two encodings of one transaction, or bytes that a decoder would
//! silently drop, are an attack. The check walks the wire bytes along tables made once from the descriptors; it
//! builds no message and allocates nothing unless it refuses. What it refuses: unknown fields, wrong wire types,
//! groups, integers not in their shortest form or out of their type's range, fields out of order, fields that
//! appear twice, default values spelled out, packed lists unpacked and the reverse, text that is not UTF-8,
//! `Any`s of unknown type, and messages that nest deeper or have more fields than [`Limits`] allows.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod table;
mod wire;

use prost::{Message, Name};

use self::table::{Cardinality, Field, Table, Tables, Type};
use self::wire::{Reader, WireType};

/// Bounds on the work that one encoding may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages within messages; the outermost counts, and an `Any` counts apart from what it holds.
    pub depth: u32,
    /// Fields and list elements in all.
    pub fields: u32,
}

/// A grant that executes a grant that sends coins nests eight deep.
pub const LIMITS: Limits = Limits { depth: 16, fields: 65_536 };

/// Why bytes are not the canonical encoding of a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", crate::path::prefix(path))]
pub struct StrictError {
    /// The message or field at fault, as in `messages[0].amount`; empty for the outermost message.
    pub path: String,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("bytes end within a field")]
    Truncated,
    #[error("an integer is longer than ten bytes or 64 bits")]
    Overlong,
    #[error("an integer is not in its shortest form")]
    NotMinimal,
    #[error("field {0} is unknown")]
    UnknownField(u64),
    #[error("field {field} has wire type {found}, which its type does not have")]
    WireType { field: u32, found: u8 },
    #[error("field {0} follows a field of higher number")]
    OutOfOrder(u32),
    #[error("field {0} appears twice")]
    Twice(u32),
    #[error("field {0} is set besides another of its oneof")]
    OneofTwice(u32),
    #[error("a default value is spelled out: leave the field out")]
    Default,
    #[error("a value is out of the range of its type")]
    OutOfRange,
    #[error("text is not UTF-8")]
    NotUtf8,
    #[error("messages nest deeper than {0}")]
    TooDeep(u32),
    #[error("more than {0} fields in all")]
    TooMany(u32),
    #[error("type URL {0:?} is not a slash and the full name of a message")]
    TypeUrl(String),
    #[error("message type {0:?} is not known to this node")]
    UnknownType(String),
    #[error("message type {0:?} has fields that have no canonical encoding")]
    Unsupported(String),
}

type Result<T, E = StrictError> = std::result::Result<T, E>;

impl From<Problem> for StrictError {
    fn from(problem: Problem) -> Self {
        StrictError { path: String::new(), problem }
    }
}

impl StrictError {
    #[cold]
    fn within(mut self, step: &str) -> Self {
        crate::path::prepend(&mut self.path, step);
        self
    }
}

/// Checks that `bytes` are the canonical encoding of an `M`.
pub fn check<M: Name>(bytes: &[u8]) -> Result<()> {
    check_by_name(&M::full_name(), bytes)
}

/// Checks, then decodes.
pub fn decode<M: Message + Name + Default>(bytes: &[u8]) -> Result<M> {
    check::<M>(bytes)?;
    // What passed the check decodes; an error here would be a descriptor that differs from its type.
    M::decode(bytes).map_err(|_| Problem::Unsupported(M::full_name()).into())
}

/// Checks bytes against the message of this full name, as in `cosmos.tx.v1beta1.TxBody`.
pub fn check_by_name(name: &str, bytes: &[u8]) -> Result<()> {
    check_within(name, bytes, LIMITS)
}

/// [`check_by_name`] with other limits.
pub fn check_within(name: &str, bytes: &[u8], limits: Limits) -> Result<()> {
    let tables = Tables::get();
    let table = tables.by_name(name).ok_or_else(|| Problem::UnknownType(name.to_owned()))?;
    Walk { tables, limits, left: limits.fields }.message(table, bytes, 1)
}

/// Checks a transaction as it travels: the `TxRaw`, and the `TxBody` and `AuthInfo` whose bytes it carries. Their
/// paths begin with `body` and `auth_info`. The limits hold for each of the three.
pub fn check_tx(bytes: &[u8]) -> Result<()> {
    check_by_name("cosmos.tx.v1beta1.TxRaw", bytes)?;
    let mut reader = Reader::new(bytes);
    while let Some((field, wire)) = reader.key()? {
        let WireType::Bytes = wire else {
            return Err(Problem::Truncated.into());
        };
        let inner = reader.bytes()?;
        match field {
            1 => check_by_name("cosmos.tx.v1beta1.TxBody", inner).map_err(|error| error.within("body"))?,
            2 => check_by_name("cosmos.tx.v1beta1.AuthInfo", inner).map_err(|error| error.within("auth_info"))?,
            _ => break,
        }
    }
    Ok(())
}

struct Walk {
    tables: &'static Tables,
    limits: Limits,
    /// Fields that may still come.
    left: u32,
}

impl Walk {
    fn message(&mut self, table: &Table, bytes: &[u8], depth: u32) -> Result<()> {
        if depth > self.limits.depth {
            return Err(Problem::TooDeep(self.limits.depth).into());
        }
        if !table.supported {
            return Err(Problem::Unsupported(table.name.clone()).into());
        }
        let mut reader = Reader::new(bytes);
        let mut cursor = Cursor { table, at: 0, field: None, index: 0 };
        while let Some((number, wire)) = reader.key()? {
            self.count()?;
            let field = cursor.advance(number)?;
            if let Err(error) = self.field(field, wire, &mut reader, depth) {
                return Err(cursor.locate(error));
            }
        }
        if table.is_any { self.any(bytes, depth) } else { Ok(()) }
    }

    fn count(&mut self) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or(Problem::TooMany(self.limits.fields))?;
        Ok(())
    }

    fn field(&mut self, field: &Field, wire: WireType, reader: &mut Reader<'_>, depth: u32) -> Result<()> {
        let expected = match field.cardinality {
            Cardinality::Packed => WireType::Bytes,
            _ => field.kind.wire(),
        };
        if wire != expected {
            return Err(Problem::WireType { field: field.number, found: wire as u8 }.into());
        }
        match field.cardinality {
            Cardinality::Packed => self.packed(field.kind, reader.bytes()?),
            Cardinality::Implicit => {
                if self.value(field.kind, reader, depth)? {
                    return Err(Problem::Default.into());
                }
                Ok(())
            }
            Cardinality::Explicit | Cardinality::Repeated => self.value(field.kind, reader, depth).map(|_| ()),
        }
    }

    fn packed(&mut self, kind: Type, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Err(Problem::Default.into());
        }
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            self.count()?;
            scalar(kind, &mut reader)?;
        }
        Ok(())
    }

    /// Whether the value is its type's default, which a field without presence must not spell out.
    fn value(&mut self, kind: Type, reader: &mut Reader<'_>, depth: u32) -> Result<bool> {
        match kind {
            Type::Message(index) => {
                let bytes = reader.bytes()?;
                let table = self.tables.at(index).ok_or_else(|| Problem::Unsupported(String::new()))?;
                self.message(table, bytes, depth.saturating_add(1)).map(|()| false)
            }
            Type::String => {
                let bytes = reader.bytes()?;
                std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
                Ok(bytes.is_empty())
            }
            Type::Bytes => Ok(reader.bytes()?.is_empty()),
            kind => scalar(kind, reader),
        }
    }

    /// The message within an `Any` whose own fields are already checked.
    fn any(&mut self, bytes: &[u8], depth: u32) -> Result<()> {
        let (mut url, mut value): (&[u8], &[u8]) = (&[], &[]);
        let mut reader = Reader::new(bytes);
        while let Some((number, _)) = reader.key()? {
            match number {
                1 => url = reader.bytes()?,
                _ => value = reader.bytes()?,
            }
        }
        // Clients leave keys empty when they simulate.
        if url.is_empty() && value.is_empty() {
            return Ok(());
        }
        let url = std::str::from_utf8(url).map_err(|_| Problem::NotUtf8)?;
        let name = url.strip_prefix('/').ok_or_else(|| Problem::TypeUrl(url.to_owned()))?;
        let table = self.tables.by_name(name).ok_or_else(|| Problem::UnknownType(name.to_owned()))?;
        self.message(table, value, depth.saturating_add(1))
    }
}

/// Reads a number; whether it is zero.
fn scalar(kind: Type, reader: &mut Reader<'_>) -> Result<bool> {
    let (value, fits) = match kind {
        Type::Bool => {
            let value = reader.varint()?;
            (value, value <= 1)
        }
        // Negative numbers are extended to 64 bits; anything else would lose its upper half.
        Type::Int32 => {
            let value = reader.varint()?;
            (value, i32::try_from(value.cast_signed()).is_ok())
        }
        Type::Uint32 | Type::Sint32 => {
            let value = reader.varint()?;
            (value, u32::try_from(value).is_ok())
        }
        Type::Varint64 => (reader.varint()?, true),
        Type::Fixed32 => (u64::from(reader.fixed32()?), true),
        Type::Fixed64 => (reader.fixed64()?, true),
        // Minus zero equals zero, so that encoders leave it out: shift the sign away.
        Type::Float => (u64::from(reader.fixed32()?.wrapping_shl(1)), true),
        Type::Double => (reader.fixed64()?.wrapping_shl(1), true),
        Type::String | Type::Bytes | Type::Message(_) => return Err(Problem::OutOfRange.into()),
    };
    if fits { Ok(value == 0) } else { Err(Problem::OutOfRange.into()) }
}

/// Where a walk stands among the fields of a table, which lie in the order in which they are encoded.
struct Cursor<'a> {
    table: &'a Table,
    /// The place of `field` in the table.
    at: usize,
    field: Option<&'a Field>,
    /// How many elements of a repeated field came before.
    index: usize,
}

impl<'a> Cursor<'a> {
    fn advance(&mut self, number: u64) -> Result<&'a Field> {
        if let Some(field) = self.field
            && u64::from(field.number) == number
        {
            if field.cardinality != Cardinality::Repeated {
                return Err(Problem::Twice(field.number).into());
            }
            self.index = self.index.saturating_add(1);
            return Ok(field);
        }
        let from = if self.field.is_some() { self.at.saturating_add(1) } else { 0 };
        let rest = self.table.fields.get(from..).unwrap_or_default();
        let Some(step) = rest.iter().position(|field| u64::from(field.number) == number) else {
            return Err(self.refuse(number));
        };
        let (Some(at), Some(field)) = (from.checked_add(step), rest.get(step)) else {
            return Err(self.refuse(number));
        };
        if self.field.is_some_and(|before| before.rank == field.rank) {
            return Err(Problem::OneofTwice(field.number).into());
        }
        (self.at, self.field, self.index) = (at, Some(field), 0);
        Ok(field)
    }

    /// Why no field of this number may come now.
    #[cold]
    fn refuse(&self, number: u64) -> StrictError {
        let Some(field) = self.table.fields.iter().find(|field| u64::from(field.number) == number) else {
            return Problem::UnknownField(number).into();
        };
        match self.field {
            Some(before) if before.rank == field.rank => Problem::OneofTwice(field.number),
            _ => Problem::OutOfOrder(field.number),
        }
        .into()
    }

    #[cold]
    fn locate(&self, error: StrictError) -> StrictError {
        match self.field {
            // Which type a field has on the wire is a matter of the message around it.
            _ if error.path.is_empty() && matches!(error.problem, Problem::WireType { .. }) => error,
            Some(field) if field.cardinality == Cardinality::Repeated => {
                error.within(&format!("{}[{}]", field.name, self.index))
            }
            Some(field) => error.within(&field.name),
            None => error,
        }
    }
}
