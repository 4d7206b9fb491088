//! The kernels from outside: scene files and their errors, cost bounds, golden vectors, and the OpenCL sources
//! against the Rust references on whatever OpenCL device the machine has (PoCL on a machine without a GPU).

mod cost;
mod device;
mod golden;
mod scenes;
