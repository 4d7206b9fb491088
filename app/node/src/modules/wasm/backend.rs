//! What a running contract sees of the chain: its storage, addresses, and queries.
//!
//! The VM wants storage and querier that own what they use, and both need the one context. So for the time of a call the
//! context moves into a slot that all of them hold, and moves back when the call ends. Only one of them runs at any
//! moment; no borrow of the slot lasts beyond one access of state, so a query that runs another contract finds it free.

use super::{state::STATE, vm};
use aliquot_sdk::{Address, Block, Ctx, Error, Gas, Result, Sdk};
use aliquot_store::Snapshot;
use cosmwasm_std::{Order, Record};
use cosmwasm_vm::{BackendApi, BackendError, BackendResult, GasInfo, Storage};
use std::{cell::RefCell, ops::Bound, rc::Rc};

/// What an iterator's step costs beside the bytes: each one searches its place anew.
const NEXT_GAS: u64 = 1000;
/// Gas of the VM for reading an address and for writing one, as wasmd has it.
const CANONICALIZE: u64 = 4 * vm::GAS_MULTIPLIER;
const HUMANIZE: u64 = 5 * vm::GAS_MULTIPLIER;

/// The slot. Clones share it.
#[derive(Clone)]
pub struct Shared(Rc<Slot>);

struct Slot {
    ctx: RefCell<Ctx>,
    /// The first failure that the contract must not outlive: a broken database, or no gas.
    fault: RefCell<Option<Error>>,
}

impl Shared {
    /// Runs `f` with `ctx` in a slot. A fault on the way is the outcome, whatever `f` made of it.
    pub fn lend<T>(ctx: &mut Ctx, f: impl FnOnce(&Shared) -> Result<T>) -> Result<T> {
        let hollow = Ctx::new(Snapshot::empty(), Block::default(), ctx.mode);
        let full = std::mem::replace(ctx, hollow);
        let shared = Shared(Rc::new(Slot { ctx: RefCell::new(full), fault: RefCell::default() }));
        let out = f(&shared);
        match shared.0.ctx.try_borrow_mut() {
            Ok(mut full) => std::mem::swap(ctx, &mut full),
            Err(_) => crate::abort("a contract's call ended while its context was in use"),
        }
        match shared.0.fault.take() {
            Some(fault) => Err(fault),
            None => out,
        }
    }

    /// One access to the context.
    pub fn with<T>(&self, f: impl FnOnce(&mut Ctx) -> Result<T>) -> Result<T> {
        match self.0.ctx.try_borrow_mut() {
            Ok(mut ctx) => f(&mut ctx),
            Err(_) => Err(Sdk::Logic("the context of a contract is in use".into()).into()),
        }
    }

    /// Like `with`, at nobody's cost: for what one node must do and another need not.
    pub fn unmetered<T>(&self, f: impl FnOnce(&mut Ctx) -> Result<T>) -> Result<T> {
        self.with(|ctx| {
            let meter = ctx.meter(Gas::unlimited());
            let out = f(ctx);
            ctx.meter(meter);
            out
        })
    }

    pub fn used(&self) -> u64 {
        self.with(|ctx| Ok(ctx.gas().used())).unwrap_or_default()
    }

    /// How an error shows to the VM; faults are kept for the end of the call.
    pub fn refuse(&self, error: Error) -> BackendError {
        if !error.is_io() && !error.is_out_of_gas() {
            return BackendError::unknown(error.text);
        }
        let out_of_gas = error.is_out_of_gas();
        self.0.fault.borrow_mut().get_or_insert(error);
        if out_of_gas { BackendError::out_of_gas() } else { BackendError::unknown("state cannot be read") }
    }

    fn access<T>(&self, f: impl FnOnce(&mut Ctx) -> Result<T>) -> BackendResult<T> {
        let before = self.used();
        let out = self.with(f).map_err(|error| self.refuse(error));
        (out, GasInfo::with_externally_used(vm::to_vm(self.used().saturating_sub(before))))
    }
}

/// The state of one contract, for one call.
pub struct ContractStorage {
    shared: Shared,
    contract: Address,
    prefix: Vec<u8>,
    cursors: Vec<Cursor>,
}

type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// An iterator, by what is left of its range; none when it has ended.
struct Cursor {
    left: Option<Bounds>,
    reverse: bool,
}

impl ContractStorage {
    pub fn new(shared: Shared, contract: Address) -> Self {
        ContractStorage { shared, contract, prefix: STATE.prefix(&contract), cursors: Vec::new() }
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        STATE.key(&(self.contract, key.to_vec()))
    }
}

impl Storage for ContractStorage {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        let key = self.key(key);
        self.shared.access(|ctx| ctx.read(STATE.at().store, &key))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        // Neither has a proof of being there, so neither exists.
        if key.is_empty() || value.is_empty() {
            return (Err(BackendError::bad_argument()), GasInfo::free());
        }
        let key = self.key(key);
        self.shared.access(|ctx| ctx.write(STATE.at().store, key, value.to_vec()))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        let key = self.key(key);
        self.shared.access(|ctx| ctx.delete(STATE.at().store, key))
    }

    fn scan(&mut self, start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> BackendResult<u32> {
        let Ok(id) = u32::try_from(self.cursors.len()) else {
            return (Err(BackendError::bad_argument()), GasInfo::free());
        };
        let empty = matches!((start, end), (Some(start), Some(end)) if start >= end);
        let from = Bound::Included(start.map_or_else(|| self.prefix.clone(), |start| self.key(start)));
        let to = end.map_or_else(|| after(&self.prefix), |end| Bound::Excluded(self.key(end)));
        let left = (!empty).then_some((from, to));
        self.cursors.push(Cursor { left, reverse: order == Order::Descending });
        self.shared.access(|ctx| ctx.charge("IterNextFlat", NEXT_GAS).map(|()| id))
    }

    fn next(&mut self, id: u32) -> BackendResult<Option<Record>> {
        let cursor = usize::try_from(id).ok().and_then(|id| self.cursors.get_mut(id));
        let Some(cursor) = cursor else {
            return (Err(BackendError::iterator_does_not_exist(id)), GasInfo::free());
        };
        let (skip, reverse) = (self.prefix.len(), cursor.reverse);
        self.shared.access(|ctx| {
            let Some((from, to)) = cursor.left.take() else {
                return Ok(None);
            };
            ctx.charge("IterNextFlat", NEXT_GAS)?;
            let found = ctx.range(STATE.at().store, from.clone(), to.clone(), reverse).next().transpose()?;
            let Some((key, value)) = found else {
                return Ok(None);
            };
            let own = key.get(skip..).unwrap_or_default().to_vec();
            let place = Bound::Excluded(key);
            cursor.left = Some(if reverse { (from, place) } else { (place, to) });
            Ok(Some((own, value)))
        })
    }
}

/// The least bytes above all that begin with `prefix`.
pub fn after(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(byte) = end.pop() {
        if let Some(next) = byte.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

/// Addresses as contracts read and write them.
#[derive(Clone)]
pub struct Api;

fn user_error(error: Error) -> BackendError {
    BackendError::user_err(error.text)
}

impl BackendApi for Api {
    fn addr_validate(&self, text: &str) -> BackendResult<()> {
        let gas = GasInfo::with_cost(CANONICALIZE.saturating_add(HUMANIZE));
        (Address::parse(text).map(|_| ()).map_err(user_error), gas)
    }

    fn addr_canonicalize(&self, text: &str) -> BackendResult<Vec<u8>> {
        let bytes = Address::parse(text).map(|address| address.as_bytes().to_vec());
        (bytes.map_err(user_error), GasInfo::with_cost(CANONICALIZE))
    }

    fn addr_humanize(&self, bytes: &[u8]) -> BackendResult<String> {
        let address = Address::from_bytes(bytes).map(|address| address.to_string());
        let address = address.ok_or_else(|| BackendError::user_err("an address has 20 or 32 bytes"));
        (address, GasInfo::with_cost(HUMANIZE))
    }
}
