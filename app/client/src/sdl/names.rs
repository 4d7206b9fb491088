//! Names that users choose, and the forms that they must have because machines use them.

use super::{Result, document::Cursor, limits};

/// A DNS label: services and volumes are named so, because containers find each other by these names.
pub fn label<'a>(at: &Cursor, name: &'a str) -> Result<&'a str> {
    let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let ends = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
    match letters && ends && name.len() <= 63 {
        true => Ok(name),
        false => Err(at.error(
            "is not a name: write up to 63 small letters, digits and hyphens, a letter first and no hyphen last",
        )),
    }
}

/// A placement's name is its group's on the chain, which takes up to 64 bytes.
pub fn group<'a>(at: &Cursor, name: &'a str) -> Result<&'a str> {
    match (1..=64).contains(&name.len()) {
        true => Ok(name),
        false => Err(at.error("is not a name of 1 to 64 bytes")),
    }
}

/// `^[a-z]+[-_0-9a-z]+$`, as Akash names leased addresses.
pub fn endpoint<'a>(at: &Cursor, name: &'a str) -> Result<&'a str> {
    let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    match letters && name.starts_with(|c: char| c.is_ascii_lowercase()) && (2..=63).contains(&name.len()) {
        true => Ok(name),
        false => {
            Err(at.error("is not a name: write 2 to 63 small letters, digits, hyphens and underscores, a letter first"))
        }
    }
}

/// A part of an attribute, whose length the chain bounds.
pub fn attribute<'a>(at: &Cursor, text: &'a str) -> Result<&'a str> {
    match text.len() <= limits::ATTRIBUTE_BYTES {
        true => Ok(text),
        false => Err(at.error(&format!("is longer than {} bytes", limits::ATTRIBUTE_BYTES))),
    }
}

/// A host name in small letters.
pub fn host(at: &Cursor) -> Result<String> {
    let name = at.text()?;
    let is_label = |label: &str| {
        let letters = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        letters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    match name.len() <= 253 && name.split('.').all(is_label) {
        true => Ok(name.into()),
        false => Err(at.error(&format!("{name:?} is not a host name in small letters, as api.example.org"))),
    }
}

/// A denom of the Cosmos SDK.
pub fn denom<'a>(at: &Cursor<'a>) -> Result<&'a str> {
    let name = at.text()?;
    let letters = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    match (3..=128).contains(&name.len()) && first && name.chars().all(letters) {
        true => Ok(name),
        false => Err(at.error("is not a denom, as ualq")),
    }
}
