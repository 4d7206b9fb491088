//! What the fuzz targets do with hostile bytes, and what they begin with. `make fuzz` mutates for as long as it is told,
//! led by coverage (`examples/fuzz-*.rs`); the tests here try the beginnings, each with a few random changes.

pub mod amino;
pub mod rest;
mod sample;
pub mod tx;

use crate::chain::{TestChain, coin, key};
use aliquot_client::any;
use aliquot_proto::{
    cosmos::{bank::v1beta1::MsgSend, feegrant::v1beta1 as feegrant},
    provider::v1 as provider,
};
use std::sync::LazyLock;

/// A chain on which something has happened; nothing that is tried changes it.
static CHAIN: LazyLock<TestChain> = LazyLock::new(|| {
    let mut chain = TestChain::new();
    let [alice, bob, owner] = ["alice", "bob", "provider"].map(key);
    let send =
        MsgSend { from_address: alice.address().into(), to_address: bob.address().into(), amount: vec![coin(5)] };
    chain.run(&alice, &send);
    let host_uri = "http://127.0.0.1:1".into();
    chain.run(&owner, &provider::MsgCreateProvider { owner: owner.address().into(), host_uri, ..Default::default() });
    let (granter, grantee) = (alice.address().into(), bob.address().into());
    let allowance = Some(any(&feegrant::BasicAllowance { spend_limit: vec![coin(1_000)], expiration: None }));
    chain.run(&alice, &feegrant::MsgGrantAllowance { granter, grantee, allowance });
    chain
});

/// Writes what a target begins with into the first folder among the program's arguments, where libFuzzer looks for it.
#[cfg(not(test))]
pub fn begin(seeds: Vec<Vec<u8>>) {
    let args = std::env::args().skip(1);
    let Some(folder) = args.map(std::path::PathBuf::from).find(|path| path.is_dir()) else { return };
    for (index, seed) in seeds.into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{index}")), seed).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    /// Changed copies of each beginning.
    const COPIES: usize = 8;

    fn change(rng: &mut StdRng, bytes: &mut Vec<u8>) {
        for _ in 0..rng.gen_range(1..4) {
            let at = rng.gen_range(0..=bytes.len());
            match rng.gen_range(0..4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, rng.r#gen()),
                2 if at < bytes.len() => bytes[at] = rng.r#gen(),
                _ if at < bytes.len() => bytes[at] ^= 1 << rng.gen_range(0..8),
                _ => bytes.push(0),
            }
        }
    }

    fn hold(run: fn(&[u8]), seeds: Vec<Vec<u8>>) {
        let mut rng = StdRng::seed_from_u64(5);
        assert!(seeds.len() > 20);
        for seed in seeds {
            run(&seed);
            for _ in 0..COPIES {
                let mut bytes = seed.clone();
                change(&mut rng, &mut bytes);
                run(&bytes);
            }
        }
    }

    #[test]
    fn transactions_that_are_nearly_right_break_nothing() {
        hold(super::tx::run, super::tx::seeds());
    }

    #[test]
    fn rest_requests_that_are_nearly_right_break_nothing() {
        hold(super::rest::run, super::rest::seeds());
    }

    #[test]
    fn messages_that_are_nearly_right_have_one_amino_json_or_none() {
        hold(super::amino::run, super::amino::seeds());
    }
}
