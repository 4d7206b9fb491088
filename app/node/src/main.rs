//! `aliquotd`: the node, and the command line of the chain.

mod cli;

/// A block makes and drops some hundred small values a transaction: a tenth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
