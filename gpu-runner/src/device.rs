//! What computes chunks: an OpenCL device, or the Rust reference on the host. Both must give the same bytes, and the
//! golden vectors are run before either is trusted.

use std::time::{Duration, Instant};

use aliquot_kernels::{Job, Kernel};
use serde::Serialize;

use crate::program::{OpenClDevice, list_devices};

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error(
        "no OpenCL device: install a GPU driver with OpenCL (or pocl-opencl-icd to compute on the CPU), or set device = \"reference\""
    )]
    None,
    #[error("no OpenCL device matches {wanted:?}; there are: {found}")]
    NotFound { wanted: String, found: String },
    #[error("{wanted:?} matches several OpenCL devices: {found}; name one as PLATFORM:DEVICE")]
    Ambiguous { wanted: String, found: String },
    #[error("OpenCL: {0}")]
    OpenCl(String),
    #[error(transparent)]
    SelfTest(#[from] aliquot_kernels::SelfTestError),
    #[error("the device gave {got} bytes for {chunks} chunks, which have {wanted}")]
    WrongSize { chunks: u32, got: usize, wanted: usize },
}

pub type Result<T> = std::result::Result<T, DeviceError>;

/// What is known of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// `PLATFORM:DEVICE` by number, or `reference`.
    pub id: String,
    pub platform: String,
    pub name: String,
    pub vendor: String,
    pub driver: String,
    pub opencl_c: String,
    pub gpu: bool,
    pub compute_units: u32,
    /// Bytes.
    pub memory: u64,
    /// Greatest single allocation, bytes.
    pub max_allocation: u64,
}

/// Computes chunks of kernels.
pub trait Device: Send {
    fn info(&self) -> &DeviceInfo;

    /// The outputs of `count` chunks from `first_chunk` on, one after the other.
    ///
    /// # Errors
    /// When the device fails; the same call may work later.
    fn run(&mut self, kernel: Kernel, job: &Job, first_chunk: u32, count: u32) -> Result<Vec<u8>>;
}

/// Opens the device that the configuration names. Says nothing yet about whether it computes rightly.
pub fn open(wanted: &str) -> Result<Box<dyn Device>> {
    if wanted == "reference" {
        return Ok(Box::new(Reference::new()));
    }
    let all = list_devices()?;
    let found = |list: &[&(DeviceInfo, ocl::Platform, ocl::Device)]| {
        let names: Vec<_> = list.iter().map(|(info, ..)| format!("{} ({})", info.id, info.name)).collect();
        names.join(", ")
    };
    let every: Vec<_> = all.iter().collect();
    let picked: Vec<_> = match wanted {
        "auto" => {
            let gpu = all.iter().find(|(info, ..)| info.gpu);
            gpu.or(all.first()).into_iter().collect()
        }
        _ => {
            let lower = wanted.to_lowercase();
            let matches = |info: &DeviceInfo| info.id == wanted || info.name.to_lowercase().contains(&lower);
            all.iter().filter(|(info, ..)| matches(info)).collect()
        }
    };
    match picked.as_slice() {
        [(info, platform, device)] => Ok(Box::new(OpenClDevice::new(info.clone(), *platform, *device)?)),
        [] if all.is_empty() => Err(DeviceError::None),
        [] => Err(DeviceError::NotFound { wanted: wanted.into(), found: found(&every) }),
        several => Err(DeviceError::Ambiguous { wanted: wanted.into(), found: found(several) }),
    }
}

/// Runs every golden vector of every kernel on the device.
///
/// # Errors
/// When the device fails or gives another output than the chain expects: it must not serve.
pub fn self_test(device: &mut dyn Device) -> Result<()> {
    for kernel in Kernel::ALL {
        let mut failure = None;
        let tested = kernel.self_test(|golden| {
            let output = match kernel.prepare(golden.input.as_bytes()) {
                Ok(job) => device.run(kernel, &job, golden.chunk, 1),
                Err(e) => Err(DeviceError::OpenCl(e.to_string())),
            };
            output.unwrap_or_else(|e| {
                failure.get_or_insert(e);
                Vec::new()
            })
        });
        // A device that failed also computed wrongly; the failure says more.
        if let Some(error) = failure {
            return Err(error);
        }
        tested?;
    }
    Ok(())
}

/// Kernel operations per second, by the cost bound, over whole golden inputs for about a quarter of a second.
pub fn measure_speed(device: &mut dyn Device) -> Result<f64> {
    const LONG_ENOUGH: Duration = Duration::from_millis(250);
    let mut speed = 0.0;
    for kernel in Kernel::ALL {
        let Some((_, input)) = kernel.golden_inputs().first() else {
            continue;
        };
        let Ok(job) = kernel.prepare(input.as_bytes()) else {
            continue;
        };
        let mut count = 8.min(job.chunks());
        loop {
            let start = Instant::now();
            device.run(kernel, &job, 0, count)?;
            let spent = start.elapsed();
            speed = job.chunk_cost() as f64 * f64::from(count) / spent.as_secs_f64().max(1e-9);
            if spent >= LONG_ENOUGH || count == job.chunks() {
                break;
            }
            count = count.saturating_mul(4).min(job.chunks());
        }
    }
    Ok(speed)
}

/// The kernels' Rust references, on one core of the host.
pub struct Reference {
    info: DeviceInfo,
}

impl Reference {
    pub fn new() -> Self {
        Reference {
            info: DeviceInfo {
                id: "reference".into(),
                platform: "host".into(),
                name: "Rust reference".into(),
                vendor: "aliquot".into(),
                driver: env!("CARGO_PKG_VERSION").into(),
                opencl_c: String::new(),
                gpu: false,
                compute_units: 1,
                memory: 1 << 30,
                max_allocation: 1 << 28,
            },
        }
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

impl Device for Reference {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn run(&mut self, _: Kernel, job: &Job, first_chunk: u32, count: u32) -> Result<Vec<u8>> {
        let range = first_chunk..first_chunk.saturating_add(count);
        Ok(range.flat_map(|index| job.run(index)).collect())
    }
}
