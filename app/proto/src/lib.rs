//! The wire types of the chain: our own packages, generated into `gen` by `examples/generate.rs`, the Cosmos
//! and CosmWasm ones from `cosmos-sdk-proto`, and one set of descriptors that covers both.
//!
//! `use aliquot_proto::market::v1 as market;` gives the types of `aliquot.market.v1`. No logic of the chain is
//! here, only what follows from descriptors: JSON as the Cosmos SDK prints it ([`json`]), the JSON that wallets sign
//! ([`amino`]) and the check that bytes are the one canonical encoding of a message ([`strict`]).
#![cfg(feature = "generated")]

pub mod amino;
pub mod json;
mod path;
pub mod strict;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

pub use cosmos_sdk_proto::{Any, Timestamp, cosmos, cosmos::base::v1beta1::Coin, cosmwasm};
pub use prost;
pub use prost_reflect;
pub use tendermint_proto as tendermint;

pub use aliquot::{audit, beacon, compute, deployment, escrow, market, provider, validator};

/// The packages `aliquot.*`.
#[allow(clippy::all)]
pub mod aliquot {
    /// What auditors attest about providers.
    pub mod audit {
        pub mod v1 {
            include!("gen/aliquot.audit.v1.rs");
        }
    }
    /// Randomness of the chain.
    pub mod beacon {
        pub mod v1 {
            include!("gen/aliquot.beacon.v1.rs");
        }
    }
    /// Devices, jobs and the verification of their results.
    pub mod compute {
        pub mod v1 {
            include!("gen/aliquot.compute.v1.rs");
        }
    }
    /// What tenants ask for.
    pub mod deployment {
        pub mod v1 {
            include!("gen/aliquot.deployment.v1.rs");
        }
    }
    /// Deposits, holds and earnings.
    pub mod escrow {
        pub mod v1 {
            include!("gen/aliquot.escrow.v1.rs");
        }
    }
    /// Orders, bids and leases.
    pub mod market {
        pub mod v1 {
            include!("gen/aliquot.market.v1.rs");
        }
    }
    /// Who provides.
    pub mod provider {
        pub mod v1 {
            include!("gen/aliquot.provider.v1.rs");
        }
    }
    /// The validator set and its VRF keys.
    pub mod validator {
        pub mod v1 {
            include!("gen/aliquot.validator.v1.rs");
        }
    }
}

/// The encoded `FileDescriptorSet` behind [`descriptors`], for gRPC reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");

/// Descriptors of `aliquot.*`, of the Cosmos and CosmWasm packages that the node serves, and of all they import,
/// with their options.
pub fn descriptors() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        // Data of this crate, written by its generator: a set that does not decode is a broken build.
        DescriptorPool::decode(DESCRIPTOR_SET).expect("gen/descriptors.bin does not decode: run `make proto`")
    });
    &POOL
}
