//! Gas: what a transaction may cost the chain, counted in state accesses, bytes and declared work.
//!
//! Charging returns an error and never panics. Block hooks and genesis run without a limit.

use crate::error::{Error, Sdk};
use std::cell::Cell;

/// Costs of state accesses; the numbers are the Cosmos SDK's `KVGasConfig`, which wallets' defaults assume.
pub const READ_FLAT: u64 = 1000;
pub const READ_BYTE: u64 = 3;
pub const WRITE_FLAT: u64 = 2000;
pub const WRITE_BYTE: u64 = 30;
pub const DELETE_FLAT: u64 = 1000;
pub const NEXT_FLAT: u64 = 30;

/// A meter. Reading state goes through `&Ctx`, hence the cell.
#[derive(Debug, Clone)]
pub struct Gas {
    limit: u64,
    used: Cell<u64>,
}

impl Gas {
    pub const fn limited(limit: u64) -> Self {
        Gas { limit, used: Cell::new(0) }
    }

    /// Counts, but never refuses.
    pub const fn unlimited() -> Self {
        Gas::limited(u64::MAX)
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// What was spent; may pass the limit by the one charge that was refused, as in the Cosmos SDK.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used.get())
    }

    /// `location` names what is paid for, in the words of the Cosmos SDK where it has some.
    pub fn charge(&self, location: &'static str, amount: u64) -> Result<(), Error> {
        let used = self.used.get().saturating_add(amount);
        self.used.set(used);
        if used > self.limit {
            let text = format!("out of gas in location: {location}; gasWanted: {}, gasUsed: {used}", self.limit);
            return Err(Sdk::OutOfGas(text).into());
        }
        Ok(())
    }

    pub(crate) fn charge_read(&self, key: usize, value: usize) -> Result<(), Error> {
        self.charge("ReadFlat", READ_FLAT.saturating_add(READ_BYTE.saturating_mul(bytes(key, value))))
    }

    pub(crate) fn charge_write(&self, key: usize, value: usize) -> Result<(), Error> {
        self.charge("WriteFlat", WRITE_FLAT.saturating_add(WRITE_BYTE.saturating_mul(bytes(key, value))))
    }

    pub(crate) fn charge_next(&self, key: usize, value: usize) -> Result<(), Error> {
        self.charge("IterNextFlat", NEXT_FLAT.saturating_add(READ_BYTE.saturating_mul(bytes(key, value))))
    }
}

fn bytes(key: usize, value: usize) -> u64 {
    (key as u64).saturating_add(value as u64)
}
