//! A service that is a job: `kernel:` instead of `image:`, and what it computes from.

use std::{fs, path::Path};

use aliquot_proto::deployment::v1::JobSpec;

use super::{
    Result,
    document::{Cursor, Unsupported},
    quantity,
};

const KEYS: &[&str] = &["kernel", "input", "proof", "commit"];

const OF_A_CONTAINER: &[&str] = &["command", "args", "env", "expose", "dependencies", "params", "credentials"];

/// Whether a service is meant to be a job: it names a kernel, or has another key of jobs and no image.
pub fn is_job(service: &Cursor) -> bool {
    let has = |key: &str| service.entries().is_ok_and(|fields| fields.iter().any(|(name, _)| *name == key));
    has("kernel") || (!has("image") && KEYS.iter().any(|key| has(key)))
}

pub fn job(service: &Cursor, sdl: &Path, block_ms: u32) -> Result<JobSpec> {
    let mut unsupported =
        vec![Unsupported("image", "a service is either a container with an image: or a job with a kernel:")];
    let reason = "says something about a container, which a job is not: take it out, or name an image: and no kernel:";
    unsupported.extend(OF_A_CONTAINER.iter().map(|key| Unsupported(key, reason)));
    let fields = service.fields(KEYS, &unsupported)?;
    let kernel = fields.required("kernel")?;
    let name = kernel.text()?;
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(letters) {
        return Err(kernel.error("is not the name of a kernel: these are in capitals, as RENDER_Q16"));
    }
    let samples = match fields.optional("proof") {
        None => 0,
        Some(proof) => match proof.fields(&["samples"], &[])?.optional("samples") {
            None => 0,
            Some(samples) => samples.number(8, 128)?,
        },
    };
    let commit_blocks = fields.optional("commit").map(|c| quantity::blocks(&c, block_ms)).transpose()?.unwrap_or(0);
    let input = input(&fields.required("input")?, sdl)?;
    Ok(JobSpec { kernel: name.into(), input, samples, commit_blocks })
}

fn input(input: &Cursor, sdl: &Path) -> Result<Vec<u8>> {
    let file = sdl.parent().unwrap_or(Path::new("")).join(input.text()?);
    let bytes = fs::read(&file).map_err(|e| input.error(&format!("{}: {e}", file.display())))?;
    if bytes.is_empty() {
        return Err(input.error(&format!("{} is empty", file.display())));
    }
    Ok(bytes)
}
