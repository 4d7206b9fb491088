//! Probe: a contract that does one observable thing per message, so that the chain's tests can
//! check writes, rollback, submessages, replies, nested queries, iterators and gas from outside.
//!
//! Keys are stored exactly as given, without a prefix, so a raw query for `key` reads what `set`
//! wrote. It has no owner and no access control: never instantiate it where its funds matter.

pub mod contract;
pub mod msg;
