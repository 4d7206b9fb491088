//! The kernels from outside: scene files and their errors, cost bounds, golden vectors, and the OpenCL sources
//! against the Rust references on whatever OpenCL device the machine has (PoCL on a machine without a GPU).
#![allow(clippy::too_many_lines)] // tables of cases and the device's set-up read best in one piece

mod cost;
mod device;
mod golden;
mod scenes;
