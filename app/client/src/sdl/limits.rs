//! What the chain takes of one group, so that a file which passes here is not refused there.

/// Thousandths of a core of one instance.
pub const MILLI_CORES: (u64, u64) = (10, 384_000);
/// Bytes.
pub const MEMORY: (u64, u64) = (1 << 20, 1 << 41);
pub const VOLUME: (u64, u64) = (5 << 20, 1 << 45);
pub const VOLUMES: usize = 16;
pub const GPUS: u64 = 24;
/// Of one instance: of its cores, volumes and GPUs together.
pub const ATTRIBUTES: usize = 32;
pub const ATTRIBUTE_BYTES: usize = 128;
pub const UNITS: usize = 20;
/// Of one resource unit.
pub const COUNT: u32 = 50;
pub const ENDPOINTS: usize = 64;
/// That a placement requires of a provider.
pub const REQUIREMENTS: usize = 64;
