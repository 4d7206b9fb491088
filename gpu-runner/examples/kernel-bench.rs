//! Pixels per second of RENDER_Q16 on the OpenCL device, beside the Rust reference on one core in the same run.

use aliquot_kernels::Kernel;
use aliquot_runner::device;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let scene = include_str!("../kernels/scenes/first-light.scene");
    let job = Kernel::RenderQ16.prepare(scene.as_bytes()).map_err(|e| anyhow::anyhow!("{e}"))?;
    let pixels = f64::from(job.chunks()) * 256.0;
    let begin = Instant::now();
    let reference: Vec<u8> = (0..job.chunks()).flat_map(|index| job.run(index)).collect();
    let host = pixels / begin.elapsed().as_secs_f64() / 1e6;
    let mut device = device::open("auto")?;
    device.run(Kernel::RenderQ16, &job, 0, job.chunks())?; // builds the program
    let begin = Instant::now();
    let output = device.run(Kernel::RenderQ16, &job, 0, job.chunks())?;
    let opencl = pixels / begin.elapsed().as_secs_f64() / 1e6;
    anyhow::ensure!(output == reference, "the device differs from the reference");
    let name = &device.info().name;
    println!(
        "| RENDER_Q16 on {name} | {opencl:.2} Mpixel/s | {:.2} x the Rust reference on one core ({host:.2} Mpixel/s), equal on every byte |",
        opencl / host
    );
    Ok(())
}
