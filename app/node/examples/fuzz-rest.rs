//! Fuzz target for hostile bytes as REST requests, up to their answers. Run by `make fuzz`.
#![no_main]
#![allow(dead_code)] // targets share what tests need in whole

#[path = "../tests/it/chain.rs"]
mod chain;
#[path = "../tests/it/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(init: fuzzed::begin(fuzzed::rest::seeds()), |bytes: &[u8]| fuzzed::rest::run(bytes));
