//! The context in which everything runs: state as written so far, gas, events, the block.
//!
//! Owned and `'static`, so that the contract VM can take it and give it back. `&Ctx` reads, `&mut Ctx` writes.

use crate::{
    collections::SCHEMA_TAG,
    error::{Result, Sdk},
    event::Event,
    gas::Gas,
};
use aliquot_proto::Timestamp;
use aliquot_store::{Changes, Overlay, Reads, Snapshot, View};
use prost::{Message, Name};
use std::ops::Bound;

/// Why the code runs. Handlers behave the same in all of them; the ante and the verifier of jobs look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Deliver,
    Check,
    Simulate,
    Query,
}

/// The block in which the code runs. Its time is set by proposers: nothing is ever billed by it.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub chain_id: String,
    pub height: u64,
    pub time: Timestamp,
    /// CometBFT's address of the proposer, 20 bytes; empty outside blocks.
    pub proposer: Vec<u8>,
}

pub struct Ctx {
    overlay: Overlay,
    gas: Gas,
    events: Vec<Event>,
    pub block: Block,
    pub mode: Mode,
}

impl Ctx {
    /// Over a snapshot of a recent height or a historic view of an older one.
    pub fn new(base: impl Into<View>, block: Block, mode: Mode) -> Self {
        Ctx { overlay: Overlay::new(base), gas: Gas::unlimited(), events: Vec::new(), block, mode }
    }

    /// Over an empty state at height 1 of chain `test-1`.
    pub fn test() -> Self {
        let block = Block { chain_id: "test-1".into(), height: 1, ..Block::default() };
        Ctx::new(Snapshot::empty(), block, Mode::Deliver)
    }

    /// Another context over the same committed state, without what was written or emitted here: for code that must own
    /// the context it reads.
    pub fn committed(&self) -> Self {
        Ctx::new(self.overlay.view().clone(), self.block.clone(), self.mode)
    }

    pub fn read(&self, store: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let value = self.overlay.get(store, key)?;
        self.gas.charge_read(key.len(), value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    pub fn write(&mut self, store: &'static str, key: Vec<u8>, value: Vec<u8>) -> Result<()> {
        self.gas.charge_write(key.len(), value.len())?;
        Ok(self.overlay.set(store, &key, value)?)
    }

    pub fn delete(&mut self, store: &'static str, key: Vec<u8>) -> Result<()> {
        self.gas.charge("Delete", crate::gas::DELETE_FLAT)?;
        Ok(self.overlay.delete(store, &key)?)
    }

    /// Entries between two bounds, ascending or `reverse`; lazily, so taking few of many is cheap.
    pub fn range<'a>(
        &'a self,
        store: &'static str,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        reverse: bool,
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>)>> + 'a {
        let (from, to) = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
        self.overlay.range(store, from, to, reverse).map(|entry| {
            let (key, value) = entry?;
            self.gas.charge_next(key.len(), value.len())?;
            Ok((key, value))
        })
    }

    /// Marks a store as existing, see `SCHEMA_TAG`. Genesis calls it once for each module.
    pub fn open_store(&mut self, store: &'static str) -> Result<()> {
        self.write(store, vec![SCHEMA_TAG], vec![1])
    }

    /// All or nothing: on an error, state and events are as they were. Gas stays spent.
    pub fn atomic<T>(&mut self, f: impl FnOnce(&mut Ctx) -> Result<T>) -> Result<T> {
        let events = self.events.len();
        self.overlay.push();
        let out = f(self);
        if out.is_ok() {
            self.overlay.merge()?;
        } else {
            self.overlay.drop_top()?;
            self.events.truncate(events);
        }
        out
    }

    pub fn gas(&self) -> &Gas {
        &self.gas
    }

    /// Replaces the meter and gives back the old one.
    pub fn meter(&mut self, gas: Gas) -> Gas {
        std::mem::replace(&mut self.gas, gas)
    }

    /// Charges declared work: signature checks, bytes of a transaction, kernel operations.
    pub fn charge(&self, location: &'static str, amount: u64) -> Result<()> {
        self.gas.charge(location, amount)
    }

    /// Emits a typed event.
    pub fn emit<E: Message + Name>(&mut self, event: &E) -> Result<()> {
        let event = Event::typed(event).ok_or_else(|| Sdk::Logic(format!("{} has no descriptor", E::full_name())))?;
        self.events.push(event);
        Ok(())
    }

    /// Emits a plain event, in the form that wallets and indexers search for.
    pub fn emit_plain(&mut self, kind: &str, attributes: &[(&str, &str)]) {
        self.events.push(Event::plain(kind, attributes));
    }

    pub fn push_event(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// How deep [`Ctx::atomic`] is nested.
    pub fn depth(&self) -> usize {
        self.overlay.depth()
    }

    /// Writes what another context wrote.
    pub fn apply(&mut self, changes: &Changes) -> Result<()> {
        for ((store, key), value) in &changes.0 {
            match value {
                Some(value) => self.overlay.set(store, key, value.clone())?,
                None => self.overlay.delete(store, key)?,
            }
        }
        Ok(())
    }

    /// What the code read of the committed state, for the database to keep at hand.
    pub fn take_reads(&mut self) -> Reads {
        self.overlay.take_reads()
    }

    /// Everything written so far, leaving nothing behind.
    pub fn take_changes(&mut self) -> Changes {
        self.overlay.take_changes()
    }
}
