//! Writes on top of a read-only view, in nested layers: the working state of a block and of a check.
//!
//! Owned and `'static`, so a contract's virtual machine can hold it. One map holds the current value of every key read or
//! written, so a read is one lookup however many layers are open. A layer is a mark in a journal of what its writes
//! replaced: merging forgets the mark, dropping plays the journal back to it. Keys are full keys (`name/key`); those that
//! are written also stand in a sorted set, which ranges merge with the view's rows.
#![allow(clippy::disallowed_types)] // looked up by key; what leaves it in bulk is sorted first

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, btree_set};
use std::ops::Bound;
use std::sync::Arc;

use crate::error::Error;
use crate::key::{self, Span};
use crate::snapshot::{Row, Rows, View};
use crate::{Changes, Name};

/// Bytes of values from the view that are remembered.
const READ_CACHE: usize = 64 << 20;

/// A view with layers of writes over it. Reads take `&self`; it may be sent between threads but not shared.
pub struct Overlay {
    view: View,
    cells: RefCell<Cells>,
    /// The full keys that are written, in order.
    written: BTreeSet<Arc<[u8]>>,
    journal: Vec<Replaced>,
    /// For each open layer, how long the journal was when it was opened.
    marks: Vec<usize>,
    names: Vec<Name>,
}

/// Current values by full key.
#[derive(Default)]
struct Cells {
    values: HashMap<Arc<[u8]>, Cell>,
    read_bytes: usize,
}

struct Cell {
    /// The map's own key, to be had with one lookup.
    key: Arc<[u8]>,
    value: Option<Vec<u8>>,
    /// Written here, or only read from the view.
    written: bool,
}

/// Full keys that a block read, with what they held; see [`crate::Prepared::keeping`].
#[derive(Default)]
pub struct Reads(pub(crate) Vec<Read>);
type Read = (Arc<[u8]>, Option<Vec<u8>>);

/// What a write replaced.
enum Replaced {
    Cell(Cell),
    /// The key was neither read nor written before.
    Nothing(Arc<[u8]>),
}

impl Overlay {
    pub fn new(view: impl Into<View>) -> Overlay {
        Overlay {
            view: view.into(),
            cells: RefCell::default(),
            written: BTreeSet::new(),
            journal: Vec::new(),
            marks: Vec::new(),
            names: Vec::new(),
        }
    }

    /// What lies under all layers.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The newest write of `key`, else what the view holds.
    pub fn get(&self, store: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        key::with_full(store, key, |full| {
            if let Some(cell) = self.cells.borrow().values.get(full) {
                return Ok(cell.value.clone());
            }
            let value = self.view.get_full(full)?;
            self.cells.borrow_mut().remember(full, &value);
            Ok(value)
        })
    }

    /// Writes `value`, which must not be empty, into the top layer.
    pub fn set(&mut self, store: Name, key: &[u8], value: Vec<u8>) -> Result<(), Error> {
        if value.is_empty() {
            return Err(Error::EmptyValue(store.to_owned()));
        }
        self.write(store, key, Some(value))
    }

    /// Deletes `key` in the top layer; a key that is not there may be deleted.
    pub fn delete(&mut self, store: Name, key: &[u8]) -> Result<(), Error> {
        self.write(store, key, None)
    }

    fn write(&mut self, store: Name, key: &[u8], value: Option<Vec<u8>>) -> Result<(), Error> {
        if key.is_empty() {
            return Err(Error::EmptyKey(store.to_owned()));
        }
        if !self.names.contains(&store) {
            self.names.push(store);
        }
        key::with_full(store, key, |full| self.replace(full, value));
        Ok(())
    }

    fn replace(&mut self, full: &[u8], value: Option<Vec<u8>>) {
        let values = &mut self.cells.get_mut().values;
        let replaced = match values.get_mut(full) {
            Some(cell) => {
                let new = Cell { key: cell.key.clone(), value, written: true };
                let before = std::mem::replace(cell, new);
                if !before.written {
                    self.written.insert(before.key.clone());
                }
                Replaced::Cell(before)
            }
            None => {
                let key: Arc<[u8]> = full.into();
                values.insert(key.clone(), Cell { key: key.clone(), value, written: true });
                self.written.insert(key.clone());
                Replaced::Nothing(key)
            }
        };
        if !self.marks.is_empty() {
            self.journal.push(replaced);
        }
    }

    /// Opens a layer: writes go to it until it is merged or dropped.
    pub fn push(&mut self) {
        self.marks.push(self.journal.len());
    }

    /// Gives the top layer's writes to the one below.
    pub fn merge(&mut self) -> Result<(), Error> {
        self.marks.pop().ok_or(Error::NoLayer("merge"))?;
        if self.marks.is_empty() {
            self.journal.clear();
        }
        Ok(())
    }

    /// Forgets the top layer's writes.
    pub fn drop_top(&mut self) -> Result<(), Error> {
        let mark = self.marks.pop().ok_or(Error::NoLayer("drop"))?;
        let values = &mut self.cells.get_mut().values;
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Replaced::Cell(before)) => {
                    if !before.written {
                        self.written.remove(&before.key);
                    }
                    values.insert(before.key.clone(), before);
                }
                Some(Replaced::Nothing(key)) => {
                    self.written.remove(&key);
                    values.remove(&key);
                }
                None => break,
            }
        }
        Ok(())
    }

    /// How many layers are open over the first; 0 after `new`.
    pub fn depth(&self) -> usize {
        self.marks.len()
    }

    /// Keys (without the store's name) and values between the bounds, in key order or against it, as `get` would see
    /// them. Reads as it goes: the cost follows what is taken, not what lies in the range.
    pub fn range(&self, store: &str, from: Bound<&[u8]>, to: Bound<&[u8]>, reverse: bool) -> OverlayRange<'_> {
        let span = Span::new(store, from, to);
        // A reversed range panics in the set.
        let written = (!span.is_empty()).then(|| self.written.range::<[u8], _>(span.bounds()));
        OverlayRange {
            cells: &self.cells,
            written: written.unwrap_or_default(),
            view: self.view.rows(&span, reverse),
            row: None,
            key: None,
            begun: false,
            reverse,
            prefix: store.len().saturating_add(1),
        }
    }

    /// All writes, those of layers still open included.
    pub fn into_changes(mut self) -> Changes {
        self.take_changes()
    }

    /// Like `into_changes`, and the overlay goes on over the same view without writes.
    pub fn take_changes(&mut self) -> Changes {
        self.journal.clear();
        self.marks.clear();
        let (values, names) = (&mut self.cells.get_mut().values, &self.names);
        let rows = std::mem::take(&mut self.written).into_iter().filter_map(|full| {
            let cell = values.remove(&full)?;
            let name = key::name(&full);
            let name = *names.iter().find(|known| known.as_bytes() == name)?;
            Some(((name, key::strip(&full).to_vec()), cell.value))
        });
        Changes(rows.collect())
    }

    /// What was read from the view and is not written: a block after this one will likely read it again.
    pub fn take_reads(&mut self) -> Reads {
        let cells = self.cells.get_mut();
        cells.read_bytes = 0;
        let read = cells.values.extract_if(|_, cell| !cell.written);
        Reads(read.map(|(key, cell)| (key, cell.value)).collect())
    }
}

impl Cells {
    fn remember(&mut self, full: &[u8], value: &Option<Vec<u8>>) {
        let size = full.len().saturating_add(value.as_ref().map_or(0, Vec::len)).saturating_add(96);
        if self.read_bytes.saturating_add(size) <= READ_CACHE {
            self.read_bytes = self.read_bytes.saturating_add(size);
            let key: Arc<[u8]> = full.into();
            self.values.insert(key.clone(), Cell { key, value: value.clone(), written: false });
        }
    }
}

/// What [`Overlay::range`] gives.
pub struct OverlayRange<'a> {
    cells: &'a RefCell<Cells>,
    written: btree_set::Range<'a, Arc<[u8]>>,
    view: Rows<'a>,
    /// The next row of the view and the next key written.
    row: Option<Row>,
    key: Option<&'a Arc<[u8]>>,
    begun: bool,
    reverse: bool,
    prefix: usize,
}

impl OverlayRange<'_> {
    fn next_row(&mut self) -> Result<(), Error> {
        self.row = self.view.next().transpose()?;
        Ok(())
    }

    fn next_key(&mut self) {
        self.key = if self.reverse { self.written.next_back() } else { self.written.next() };
    }

    fn step(&mut self) -> Result<Option<Row>, Error> {
        if !self.begun {
            self.begun = true;
            self.next_row()?;
            self.next_key();
        }
        loop {
            let order = match (&self.row, self.key) {
                (_, None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((row, _)), Some(key)) if self.reverse => key[..].cmp(row),
                (Some((row, _)), Some(key)) => row[..].cmp(key),
            };
            let row = self.row.take_if(|_| order.is_le());
            if row.is_some() {
                self.next_row()?;
            }
            let Some(key) = self.key.filter(|_| order.is_ge()) else {
                return Ok(row);
            };
            self.next_key();
            let value = self.cells.borrow().values.get(key).and_then(|cell| cell.value.clone());
            if let Some(value) = value {
                return Ok(Some((key.to_vec(), value)));
            }
        }
    }
}

impl Iterator for OverlayRange<'_> {
    type Item = Result<(Vec<u8>, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose().map(|row| {
            let (mut key, value) = row?;
            key.drain(..self.prefix.min(key.len()));
            Ok((key, value))
        })
    }
}
