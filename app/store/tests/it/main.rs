//! Laws of the store, held against naive models and the `ics23` crate.

mod crash;
mod history;
mod model;
mod naive;
mod overlay;
mod proofs;
mod threads;
mod tree;
