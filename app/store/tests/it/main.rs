//! Laws of the store, held against naive models and the `ics23` crate.
#![allow(clippy::too_many_lines, clippy::type_complexity)] // a model test reads best in one piece

mod crash;
mod history;
mod model;
mod naive;
mod overlay;
mod proofs;
mod threads;
mod tree;
