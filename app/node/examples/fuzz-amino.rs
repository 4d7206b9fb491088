//! Fuzz target for hostile bytes as messages, as JSON that is signed and JSON that is shown. Run by `make fuzz`.
#![no_main]
#![allow(dead_code)] // targets share what tests need in whole

#[path = "../tests/it/chain.rs"]
mod chain;
#[path = "../tests/it/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(init: fuzzed::begin(fuzzed::amino::seeds()), |bytes: &[u8]| fuzzed::amino::run(bytes));
