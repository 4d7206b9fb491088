//! A YAML document that knows where each of its keys and values stands.
//!
//! The rules of SDL are checked on this tree, not by deriving types, so that every error can name the line, the
//! way to the key, and whether Akash knows it.

use std::{fmt, path::Path, str::FromStr};

use serde_saphyr::{Location, Spanned};

use super::{
    Result, SdlError,
    node::{self, Node},
};

/// A key of Akash's SDL that this version does not honour, and why.
pub struct Unsupported<'a>(pub &'a str, pub &'a str);

pub struct Document<'a> {
    path: &'a Path,
    root: Spanned<Node>,
}

impl<'a> Document<'a> {
    pub fn parse(text: &str, path: &'a Path) -> Result<Self> {
        let options = serde_saphyr::options! { with_snippet: false };
        let root = node::read(text, options).map_err(|e| {
            let location = e.location().unwrap_or(Location::UNKNOWN);
            // The place is said before, and the library's advice is for programmers.
            let message = e.without_snippet().to_string();
            let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
            let message = message.rsplit_once(" at line ").map_or(message, |(said, _)| said).to_string();
            SdlError::Syntax { path: path.into(), line: location.line(), column: location.column(), message }
        })?;
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

    /// The way to it from the top.
    pub fn key(&self) -> &str {
        &self.key
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
            // Texts become arguments of programs, which end at this character.
            Node::Scalar(text) if text.contains('\0') => Err(self.error("holds a NUL character")),
            Node::Scalar(text) => Ok(text),
            Node::Null => Err(self.error("has no value")),
            Node::List(_) | Node::Map(_) => Err(self.error("must be a single value")),
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Result<Vec<Cursor<'a>>> {
        let Node::List(items) = self.node else {
            return Err(self.error("must be a list"));
        };
        let item = |(i, node): (usize, &'a Spanned<Node>)| Cursor {
            path: self.path,
            at: node.referenced,
            key: format!("{}[{i}]", self.key),
            node: &node.value,
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The texts of a list of scalars.
    pub fn texts(&self) -> Result<Vec<String>> {
        self.items()?.iter().map(|item| Ok(item.text()?.to_string())).collect()
    }

    pub fn is_null(&self) -> bool {
        matches!(self.node, Node::Null)
    }

    pub fn is_list(&self) -> bool {
        matches!(self.node, Node::List(_))
    }

    /// `true` or `false`, or another of YAML's words for them.
    pub fn flag(&self) -> Result<bool> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(self.error(&format!("must be true or false, not {text:?}"))),
        }
    }

    /// One of a few words.
    pub fn one_of(&self, words: &[&str]) -> Result<&'a str> {
        let text = self.text()?;
        match words.contains(&text) {
            true => Ok(text),
            false => Err(self.error(&format!("must be one of {}, not {text:?}", words.join(", ")))),
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

    /// As [`Fields::optional`], where a key without a value is as good as absent.
    pub fn given(&self, name: &str) -> Option<Cursor<'a>> {
        self.optional(name).filter(|value| !value.is_null())
    }

    pub fn required(&self, name: &str) -> Result<Cursor<'a>> {
        self.optional(name).ok_or_else(|| self.parent.error(&format!("the key {name} is missing")))
    }
}
