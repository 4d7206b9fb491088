//! Renders a scene file to a PNG with the reference: `cargo run -p aliquot-kernels --example render -- in.scene out.png`.

use aliquot_kernels::Kernel;
use std::{error::Error, fs::File, io::BufWriter, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        return Err("say which scene to render and where to: render in.scene out.png".into());
    };
    let kernel = Kernel::by_name("RENDER_Q16").ok_or("kernel RENDER_Q16 is not in the registry")?;
    let job = kernel.prepare(&std::fs::read(&input)?).map_err(|error| format!("{input}: {error}"))?;
    let (width, height) = job.picture_size();
    let start = Instant::now();
    let picture = job.picture();
    let spent = start.elapsed();
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(&output)?), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture)?;
    println!(
        "{output}: {width}x{height}, {} chunks of at most {} operations, {spent:?}",
        job.chunks(),
        job.chunk_cost()
    );
    Ok(())
}
