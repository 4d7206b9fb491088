//! The modules, in the order of `runtime::MODULES`: a module uses only those above it.

pub mod auth;
pub mod bank;

pub mod authz;
pub mod feegrant;

pub mod validator;

pub mod beacon;
pub mod provider;

pub mod audit;

pub mod escrow;

pub mod compute;

pub mod market;

pub mod deployment;

pub mod wasm;
