//! The registry of kernels: by name, what a job costs before it runs, one chunk of it, and the hashes and golden
//! vectors by which a runner proves to itself that its device computes what the chain expects.

use crate::render_q16;
use crate::scene::{Scene, SceneError};
use alloc::vec::Vec;
use core::fmt;
use sha2::{Digest, Sha256};

/// A kernel that the chain knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kernel {
    /// Ray-marched picture of a scene, 16x16 pixels per chunk.
    RenderQ16,
}

impl Kernel {
    pub const ALL: [Self; 1] = [Self::RenderQ16];

    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kernel| kernel.name() == name)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RenderQ16 => "RENDER_Q16",
        }
    }

    /// The portable OpenCL C source.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::RenderQ16 => include_str!("render_q16.cl"),
        }
    }

    /// Name of the `__kernel` function in [`Kernel::source`].
    #[must_use]
    pub fn entry_point(self) -> &'static str {
        match self {
            Self::RenderQ16 => "render_q16",
        }
    }

    /// The normative description.
    #[must_use]
    pub fn spec(self) -> &'static str {
        match self {
            Self::RenderQ16 => include_str!("../specs/RENDER_Q16.md"),
        }
    }

    /// SHA-256 of [`Kernel::spec`].
    #[must_use]
    pub fn spec_hash(self) -> [u8; 32] {
        Sha256::digest(self.spec()).into()
    }

    /// SHA-256 of the golden vectors' file, which holds the hashes of its scenes.
    #[must_use]
    pub fn vectors_hash(self) -> [u8; 32] {
        Sha256::digest(self.vectors()).into()
    }

    fn vectors(self) -> &'static str {
        match self {
            Self::RenderQ16 => include_str!("../vectors/render_q16.txt"),
        }
    }

    /// Name and text of the inputs that golden vectors are taken from.
    #[must_use]
    pub fn golden_inputs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::RenderQ16 => SCENES,
        }
    }

    /// The golden vectors, in the order of the file.
    #[must_use]
    pub fn golden(self) -> Vec<Golden> {
        self.vectors()
            .lines()
            .filter(|line| !line.starts_with("//"))
            .filter_map(|line| self.read_golden(line))
            .collect()
    }

    fn read_golden(self, line: &'static str) -> Option<Golden> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next()?;
        let (_, input) = self.golden_inputs().iter().find(|(known, _)| *known == name)?;
        let input_hash = hash(words.next()?)?;
        let chunk = words.next()?.parse().ok()?;
        let output_hash = hash(words.next()?)?;
        (input_hash == <[u8; 32]>::from(Sha256::digest(input))).then_some(Golden { name, input, chunk, output_hash })
    }

    /// Reads an input once, so that its cost and its chunks are at hand.
    ///
    /// # Errors
    /// When the input is not what the kernel takes.
    pub fn prepare(self, input: &[u8]) -> Result<Job, InputError> {
        match self {
            Self::RenderQ16 => {
                let text = core::str::from_utf8(input).map_err(|_| InputError::NotText)?;
                Ok(Job { scene: Scene::parse(text)? })
            }
        }
    }

    /// Runs `run` on every golden vector and compares.
    ///
    /// # Errors
    /// The first vector whose output differs: the device, its driver or the source must not be used.
    pub fn self_test(self, mut run: impl FnMut(&Golden) -> Vec<u8>) -> Result<(), SelfTestError> {
        for golden in self.golden() {
            let output = run(&golden);
            if <[u8; 32]>::from(Sha256::digest(&output)) != golden.output_hash {
                return Err(SelfTestError { kernel: self.name(), input: golden.name, chunk: golden.chunk });
            }
        }
        Ok(())
    }
}

/// One chunk whose output is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Golden {
    pub name: &'static str,
    /// What [`Kernel::prepare`] takes.
    pub input: &'static str,
    pub chunk: u32,
    /// SHA-256 of the chunk's output.
    pub output_hash: [u8; 32],
}

/// Why an input is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputError {
    NotText,
    Scene(SceneError),
}

impl From<SceneError> for InputError {
    fn from(error: SceneError) -> Self {
        Self::Scene(error)
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("the input is not ASCII text: send a scene file"),
            Self::Scene(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InputError {}

/// A device gave another output than the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfTestError {
    pub kernel: &'static str,
    pub input: &'static str,
    pub chunk: u32,
}

impl fmt::Display for SelfTestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, input, chunk } = self;
        write!(
            f,
            "kernel {kernel} computes chunk {chunk} of {input} wrongly on this device: update its driver or take it out of service"
        )
    }
}

impl core::error::Error for SelfTestError {}

/// An input ready to be run.
#[derive(Clone, Debug)]
pub struct Job {
    scene: Scene,
}

impl Job {
    /// Number of chunks.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.scene.tiles()
    }

    /// A bound on one chunk's operations, known before it runs; the reference takes about a nanosecond each.
    #[must_use]
    pub fn chunk_cost(&self) -> u64 {
        render_q16::chunk_cost(&self.scene)
    }

    /// Bytes of each chunk's output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        render_q16::CHUNK_BYTES
    }

    /// Work items per chunk on a device.
    #[must_use]
    pub fn chunk_items(&self) -> u32 {
        render_q16::CHUNK_PIXELS
    }

    /// The output of a chunk; empty when there is no such chunk.
    #[must_use]
    pub fn run(&self, index: u32) -> Vec<u8> {
        if index < self.chunks() { render_q16::render_chunk(&self.scene, index) } else { Vec::new() }
    }

    /// The input as the device program reads it.
    #[must_use]
    pub fn words(&self) -> Vec<i32> {
        self.scene.to_words()
    }

    /// Width and height of the picture in pixels.
    #[must_use]
    pub fn picture_size(&self) -> (u32, u32) {
        (self.scene.width, self.scene.height)
    }

    /// Copies a chunk's output into an RGBA8 picture of [`Job::picture_size`], row by row, cropping edge tiles.
    /// Says whether `index`, `output` and `picture` have the right sizes; nothing is written otherwise.
    pub fn place(&self, index: u32, output: &[u8], picture: &mut [u8]) -> bool {
        let (width, height) = (self.scene.width as usize, self.scene.height as usize);
        let stride = width.saturating_mul(4);
        if index >= self.chunks() || output.len() != self.output_len() || picture.len() != stride.saturating_mul(height)
        {
            return false;
        }
        let (left, top) = self.scene.tile_origin(index);
        for (row, from) in picture.chunks_exact_mut(stride).skip(top as usize).zip(output.chunks_exact(64)) {
            for (to, from) in row.iter_mut().skip((left as usize).saturating_mul(4)).zip(from) {
                *to = *from;
            }
        }
        true
    }

    /// The whole picture by the reference, RGBA8.
    #[must_use]
    pub fn picture(&self) -> Vec<u8> {
        let (width, height) = self.picture_size();
        let mut picture = alloc::vec![0; (width as usize).saturating_mul(height as usize).saturating_mul(4)];
        for index in 0..self.chunks() {
            self.place(index, &self.run(index), &mut picture);
        }
        picture
    }
}

fn hash(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        let digit = |b: u8| (b as char).to_digit(16);
        *byte = (digit(high)?.saturating_mul(16).saturating_add(digit(low)?)) as u8;
    }
    Some(bytes)
}

const SCENES: &[(&str, &str)] = &[
    ("first-light", include_str!("../scenes/first-light.scene")),
    ("arch", include_str!("../scenes/arch.scene")),
    ("drops", include_str!("../scenes/drops.scene")),
    ("odd-size", include_str!("../vectors/odd-size.scene")),
    ("limits", include_str!("../vectors/limits.scene")),
];
