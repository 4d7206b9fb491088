//! Prints the golden vectors of RENDER_Q16 from the reference, as `vectors/render_q16.txt` holds them. A change in
//! its output is a change of the kernel: it needs a new name.

use aliquot_kernels::Kernel;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kernel = Kernel::RenderQ16;
    println!("// input, SHA-256 of the input, chunk, SHA-256 of the chunk's output");
    for (name, input) in kernel.golden_inputs() {
        let job = kernel.prepare(input.as_bytes())?;
        let (chunks, across) = (job.chunks(), job.picture_size().0.div_ceil(16));
        // Corners and edges, then an even spread.
        let spread = (1..8).map(|i| chunks * i / 8 + across / 2);
        let picks = [0, across - 1, chunks - across, chunks - 1].into_iter().chain(spread);
        for chunk in picks.filter(|chunk| *chunk < chunks).collect::<BTreeSet<_>>() {
            let output = hex::encode(Sha256::digest(job.run(chunk)));
            println!("{name} {} {chunk} {output}", hex::encode(Sha256::digest(input)));
        }
    }
    Ok(())
}
