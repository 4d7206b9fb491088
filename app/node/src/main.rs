//! `aliquotd`: the node, and the command line of the chain.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
