//! The values of a YAML document, as serde hands them over.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Options, Spanned};

/// No SDL that people write comes near; a hostile one must not exhaust the stack.
const MAX_DEPTH: u32 = 16;

thread_local! {
    /// How deep the value being read lies: serde gives a `Deserialize` no other way to count.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

#[derive(Debug)]
pub enum Node {
    Null,
    /// The text of a scalar as it is written.
    Scalar(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

pub fn read(text: &str, options: Options) -> Result<Spanned<Node>, serde_saphyr::Error> {
    DEPTH.set(0);
    let mut root = serde_saphyr::from_str_with_options(text, options)?;
    as_written(&mut root, text);
    Ok(root)
}

/// Gives scalars the text that stands in the file: what YAML takes for a number or a truth would else come back
/// changed, as 1.10 comes back as 1.1 and the country no as false. Quoted text stays as it was read, without its quotes.
fn as_written(node: &mut Spanned<Node>, text: &str) {
    match &mut node.value {
        Node::Scalar(read) => {
            let span = node.defined.span();
            let (start, length) = (span.offset() as usize, span.len() as usize);
            let written: String = text.chars().skip(start).take(length).collect();
            let written = written.trim();
            let quoted = written.starts_with(['"', '\'', '|', '>', '!', '&']);
            let retyped = read.parse::<f64>().is_ok() || matches!(read.as_str(), "true" | "false");
            if !written.is_empty() && !quoted && retyped {
                *read = written.into();
            }
        }
        Node::Map(entries) => entries.iter_mut().for_each(|(_, value)| as_written(value, text)),
        Node::List(items) => items.iter_mut().for_each(|item| as_written(item, text)),
        Node::Null => {}
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
