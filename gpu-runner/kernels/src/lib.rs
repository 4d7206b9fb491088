//! Kernels of the chain: pure integer functions per chunk of work. Validators re-execute sampled chunks with the
//! Rust references here, inside consensus; providers run the OpenCL sources beside them. `no_std`, no floats, only
//! wrapping or saturating arithmetic, and no panic on any input.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod chacha;
pub mod fixed;
pub mod merkle;
pub mod registry;
pub mod render_q16;
pub mod scene;
mod syntax;

pub use registry::{Golden, InputError, Job, Kernel, SelfTestError};
pub use scene::{Scene, SceneError};
