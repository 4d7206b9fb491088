//! The undo log: what every key held before each height that changed it. It is the history (a key at height h is its
//! first entry above h, else its newest value) and the way back (rollback, pruning).
//!
//! Column family `undo`: escaped full key, terminator, height big-endian -> 0x00 when the key did not exist, or 0x01
//! and the old value. Zero bytes of the key are escaped so that all entries of a key stand together, in key order.
//! Column family `heights`: height, chunk number, both big-endian. Chunk 0 is the head record before that height
//! (empty before the first), the others list the keys changed: length big-endian (4 bytes), full key, and so on.

use std::ops::Bound;

use rocksdb::DBRawIterator;

use crate::columns;
use crate::error::Error;
use crate::key::{self, Span};
use crate::snapshot::{Range, Row, Rows, Snapshot};

const DAMAGED: Error = Error::Corrupt("undo log");
const ABSENT: u8 = 0;
const PRESENT: u8 = 1;
/// How many keys a chunk of the `heights` family lists.
pub(crate) const CHUNK: usize = 1000;

/// The part of an entry's key before the height.
pub(crate) fn stem(full: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(full.len().saturating_add(12));
    for byte in full {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 0]);
    out
}

pub(crate) fn entry_key(full: &[u8], height: u64) -> Vec<u8> {
    at_height(stem(full), height)
}

fn at_height(mut stem: Vec<u8>, height: u64) -> Vec<u8> {
    stem.extend_from_slice(&height.to_be_bytes());
    stem
}

/// Full key and height of an entry.
fn parse(entry: &[u8]) -> Result<(Vec<u8>, u64), Error> {
    let (stem, height) = entry.split_last_chunk::<8>().ok_or(DAMAGED)?;
    let escaped = stem.strip_suffix(&[0, 0]).ok_or(DAMAGED)?;
    let mut full = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(byte) = bytes.next() {
        full.push(*byte);
        if *byte == 0 && bytes.next() != Some(&0xff) {
            return Err(DAMAGED);
        }
    }
    Ok((full, u64::from_be_bytes(*height)))
}

pub(crate) fn encode_old(old: Option<&[u8]>) -> Vec<u8> {
    let mut out = vec![if old.is_some() { PRESENT } else { ABSENT }];
    out.extend_from_slice(old.unwrap_or_default());
    out
}

pub(crate) fn decode_old(bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    match bytes.split_first() {
        Some((&PRESENT, old)) if !old.is_empty() => Ok(Some(old.to_vec())),
        Some((&ABSENT, [])) => Ok(None),
        _ => Err(DAMAGED),
    }
}

pub(crate) fn chunk_key(height: u64, chunk: u32) -> [u8; 12] {
    let mut out = [0; 12];
    let (head, tail) = out.split_at_mut(8);
    head.copy_from_slice(&height.to_be_bytes());
    tail.copy_from_slice(&chunk.to_be_bytes());
    out
}

pub(crate) fn parse_chunk_key(bytes: &[u8]) -> Result<(u64, u32), Error> {
    let (height, rest) = bytes.split_first_chunk::<8>().ok_or(DAMAGED)?;
    let chunk: &[u8; 4] = rest.try_into().map_err(|_| DAMAGED)?;
    Ok((u64::from_be_bytes(*height), u32::from_be_bytes(*chunk)))
}

pub(crate) fn encode_keys<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    for key in keys {
        let length = u32::try_from(key.len()).map_err(|_| DAMAGED)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(key);
    }
    Ok(out)
}

pub(crate) fn decode_keys(mut bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(DAMAGED)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| DAMAGED)?;
        let (key, rest) = rest.split_at_checked(length).ok_or(DAMAGED)?;
        keys.push(key);
        bytes = rest;
    }
    Ok(keys)
}

/// The state after an earlier height, read through the undo log. It has no proofs.
#[derive(Clone)]
pub struct Historic {
    newest: Snapshot,
    height: u64,
}

impl Historic {
    pub(crate) fn new(newest: Snapshot, height: u64) -> Historic {
        Historic { newest, height }
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    pub fn get(&self, store: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        key::with_full(store, key, |full| self.get_full(full))
    }

    /// Keys and values between the bounds, in key order or against it. Reads as it goes.
    pub fn range(&self, store: &str, from: Bound<&[u8]>, to: Bound<&[u8]>, reverse: bool) -> Range<'_> {
        Range::new(store, self.rows(&Span::new(store, from, to), reverse))
    }

    pub(crate) fn get_full(&self, full: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let stem = stem(full);
        let from = at_height(stem.clone(), self.height.saturating_add(1));
        let to = at_height(stem, u64::MAX);
        if let Some(cursor) = self.newest.cursor(columns::UNDO, &from, &to) {
            let mut cursor = cursor?;
            cursor.seek_to_first();
            if let Some(old) = cursor.value() {
                return decode_old(old);
            }
            cursor.status()?;
        }
        self.newest.get_full(full)
    }

    pub(crate) fn rows(&self, span: &Span, reverse: bool) -> Rows<'_> {
        let newest = self.newest.rows(span, reverse);
        if span.is_empty() {
            return newest;
        }
        match self.newest.cursor(columns::UNDO, &stem(&span.from), &stem(&span.to)) {
            None => newest,
            Some(Err(error)) => Rows::Failed(Some(error)),
            Some(Ok(cursor)) => {
                let undo = UndoRange { cursor, height: self.height, reverse, begun: false };
                Rows::Past(Box::new(PastRange { newest, undo, row: None, old: None, begun: false, reverse }))
            }
        }
    }
}

/// The keys that changed after a height, each with what it held at that height.
struct UndoRange<'a> {
    cursor: DBRawIterator<'a>,
    height: u64,
    reverse: bool,
    begun: bool,
}

type Old = (Vec<u8>, Option<Vec<u8>>);

impl UndoRange<'_> {
    fn next(&mut self) -> Result<Option<Old>, Error> {
        if !self.begun {
            self.begun = true;
            if self.reverse { self.cursor.seek_to_last() } else { self.cursor.seek_to_first() }
        }
        loop {
            let Some(entry) = self.cursor.key() else {
                self.cursor.status()?;
                return Ok(None);
            };
            let (full, height) = parse(entry)?;
            let above = self.height.saturating_add(1);
            let found = if height <= self.height {
                // Forward this is an entry too old; backward it is the key's newest, so nothing changed since.
                if !self.reverse {
                    self.cursor.seek(entry_key(&full, above));
                    continue;
                }
                None
            } else {
                if self.reverse {
                    self.cursor.seek(entry_key(&full, above));
                }
                Some(decode_old(self.cursor.value().ok_or(DAMAGED)?)?)
            };
            // Heights start at 1, so no entry stands at 0 and the last one may stand at the end.
            if self.reverse {
                self.cursor.seek_for_prev(entry_key(&full, 0));
            } else {
                self.cursor.seek(entry_key(&full, u64::MAX));
            }
            if let Some(old) = found {
                return Ok(Some((full, old)));
            }
        }
    }
}

/// Newest rows and undone ones merged.
pub(crate) struct PastRange<'a> {
    newest: Rows<'a>,
    undo: UndoRange<'a>,
    row: Option<Row>,
    old: Option<Old>,
    begun: bool,
    reverse: bool,
}

impl PastRange<'_> {
    fn step(&mut self) -> Result<Option<Row>, Error> {
        if !self.begun {
            self.begun = true;
            self.row = self.newest.next().transpose()?;
            self.old = self.undo.next()?;
        }
        loop {
            let order = match (&self.row, &self.old) {
                (_, None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((key, _)), Some((undone, _))) if self.reverse => undone.cmp(key),
                (Some((key, _)), Some((undone, _))) => key.cmp(undone),
            };
            if order.is_le() {
                let row = self.row.take();
                self.row = if row.is_some() { self.newest.next().transpose()? } else { None };
                if order.is_lt() {
                    return Ok(row);
                }
            }
            if let Some((key, old)) = self.old.take() {
                self.old = self.undo.next()?;
                if let Some(value) = old {
                    return Ok(Some((key, value)));
                }
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<Result<Row, Error>> {
        self.step().transpose()
    }
}
