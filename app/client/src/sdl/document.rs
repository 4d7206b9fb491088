//! A YAML document that knows where each of its keys and values stands.
//!
//! The rules of SDL are checked on this tree, not by deriving types, so that every error can name the line, the
//! way to the key, and whether Akash knows it.

use std::{cell::Cell, fmt, path::Path, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

use super::SdlError;

type Result<T> = std::result::Result<T, SdlError>;

/// No SDL that people write comes near; a hostile one must not exhaust the stack.
const MAX_DEPTH: u32 = 16;

thread_local! {
    /// How deep the value being read lies: serde gives a `Deserialize` no other way to count.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// A key of Akash's SDL that this version does not honour, and why.
pub struct Unsupported<'a>(pub &'a str, pub &'a str);

pub struct Document<'a> {
    path: &'a Path,
    root: Spanned<Node>,
}

#[derive(Debug)]
enum Node {
    Null,
    /// The text of a scalar as it is written.
    Scalar(String),
    List,
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'a> Document<'a> {
    pub fn parse(text: &str, path: &'a Path) -> Result<Self> {
        let options = serde_saphyr::options! { with_snippet: false };
        DEPTH.set(0);
        let mut root: Spanned<Node> = serde_saphyr::from_str_with_options(text, options).map_err(|e| {
            let location = e.location().unwrap_or(Location::UNKNOWN);
            // The place is said before, and the library's advice is for programmers.
            let message = e.without_snippet().to_string();
            let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
            let message = message.rsplit_once(" at line ").map_or(message, |(said, _)| said).to_string();
            SdlError::Syntax { path: path.into(), line: location.line(), column: location.column(), message }
        })?;
        as_written(&mut root, text);
        Ok(Document { path, root })
    }

    pub fn root(&self) -> Cursor<'_> {
        Cursor { path: self.path, at: self.root.referenced, key: String::new(), node: &self.root.value }
    }
}

/// One value of the document with the way to it.
#[derive(Clone)]
pub struct Cursor<'a> {
    path: &'a Path,
    /// Where its key stands.
    at: Location,
    key: String,
    node: &'a Node,
}

impl<'a> Cursor<'a> {
    pub fn error(&self, message: &str) -> SdlError {
        self.error_at(self.at, self.key.clone(), message)
    }

    fn error_at(&self, at: Location, key: String, message: &str) -> SdlError {
        let key = if key.is_empty() { "the document".into() } else { key };
        SdlError::Invalid { path: self.path.into(), line: at.line(), column: at.column(), key, message: message.into() }
    }

    fn below(&self, name: &str) -> String {
        match self.key.is_empty() {
            true => name.into(),
            false => format!("{}.{name}", self.key),
        }
    }

    /// The entries of a mapping whose keys are names of the user's own.
    pub fn entries(&self) -> Result<Vec<(&'a str, Cursor<'a>)>> {
        let Node::Map(entries) = self.node else {
            return Err(self.error("must be a mapping of names to values"));
        };
        let entry = |(key, value): &'a (Spanned<String>, Spanned<Node>)| {
            let cursor =
                Cursor { path: self.path, at: key.referenced, key: self.below(&key.value), node: &value.value };
            (key.value.as_str(), cursor)
        };
        Ok(entries.iter().map(entry).collect())
    }

    /// The entries of a mapping whose keys are fixed. Refuses every other key.
    pub fn fields(&self, known: &[&str], unsupported: &[Unsupported]) -> Result<Fields<'a>> {
        let entries = self.entries()?;
        // What is refused for a reason comes first: it explains the rest.
        for Unsupported(name, why) in unsupported {
            if let Some((_, at)) = entries.iter().find(|(key, _)| key == name) {
                return Err(at.error(why));
            }
        }
        for (key, at) in &entries {
            if !known.contains(key) {
                return Err(at.error(&format!("unknown key; known here: {}", known.join(", "))));
            }
        }
        Ok(Fields { parent: self.clone(), entries })
    }

    /// The text of a scalar.
    pub fn text(&self) -> Result<&'a str> {
        match self.node {
            Node::Scalar(text) => Ok(text),
            Node::Null => Err(self.error("has no value")),
            Node::List | Node::Map(_) => Err(self.error("must be a single value")),
        }
    }

    /// A whole number within bounds, both included.
    pub fn number<N: FromStr + PartialOrd + fmt::Display>(&self, min: N, max: N) -> Result<N> {
        let text = self.text()?;
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<N>() {
            Ok(n) if plain && n >= min && n <= max => Ok(n),
            _ => Err(self.error(&format!("must be a whole number from {min} to {max}, not {text:?}"))),
        }
    }
}

/// The values of a mapping by their keys.
pub struct Fields<'a> {
    parent: Cursor<'a>,
    entries: Vec<(&'a str, Cursor<'a>)>,
}

impl<'a> Fields<'a> {
    pub fn optional(&self, name: &str) -> Option<Cursor<'a>> {
        self.entries.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    }

    pub fn required(&self, name: &str) -> Result<Cursor<'a>> {
        self.optional(name).ok_or_else(|| self.parent.error(&format!("the key {name} is missing")))
    }
}

/// Gives scalars the text that stands in the file: what YAML takes for a number would else come back changed, as
/// 1.10 comes back as 1.1. Quoted text stays as it was read, without its quotes.
fn as_written(node: &mut Spanned<Node>, text: &str) {
    match &mut node.value {
        Node::Scalar(read) => {
            let span = node.defined.span();
            let (start, length) = (span.offset() as usize, span.len() as usize);
            let written: String = text.chars().skip(start).take(length).collect();
            let written = written.trim();
            let quoted = written.starts_with(['"', '\'', '|', '>', '!', '&']);
            if !written.is_empty() && !quoted && read.parse::<f64>().is_ok() {
                *read = written.into();
            }
        }
        Node::Map(entries) => entries.iter_mut().for_each(|(_, value)| as_written(value, text)),
        Node::Null | Node::List => {}
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let depth = DEPTH.get() + 1;
        if depth > MAX_DEPTH {
            return Err(serde::de::Error::custom("values are nested too deeply"));
        }
        DEPTH.set(depth);
        let node = deserializer.deserialize_any(NodeVisitor);
        DEPTH.set(depth - 1);
        node
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    // What is in a list is of no interest: no key of ours takes one, and those of Akash's that do are refused.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Node, A::Error> {
        while items.next_element::<Node>()?.is_some() {}
        Ok(Node::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
