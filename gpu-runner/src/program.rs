//! OpenCL: finding devices, compiling kernels once, and running ranges of chunks.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aliquot_kernels::{Job, Kernel};
use ocl::{
    Buffer, Context, Platform, Program, Queue, core,
    enums::{DeviceInfo as Ask, DeviceInfoResult as Answer},
    flags,
};

use crate::device::{Device, DeviceError, DeviceInfo, Result};

/// The same for every device: integer kernels need nothing that depends on it, and no option may relax arithmetic.
const OPTIONS: &str = "-cl-std=CL1.2";

fn failed(error: impl std::fmt::Display) -> DeviceError {
    // ocl's texts are banners over many lines.
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let told: Vec<_> = lines.filter(|l| l.chars().any(char::is_alphanumeric)).collect();
    DeviceError::OpenCl(told.join("; "))
}

/// Drivers set themselves up at the first call, and not all of them while another thread calls too.
static SETUP: Mutex<()> = Mutex::new(());

/// Every OpenCL device of the machine. Empty where there is no driver at all.
pub fn list_devices() -> Result<Vec<(DeviceInfo, Platform, ocl::Device)>> {
    let _alone = SETUP.lock().unwrap_or_else(PoisonError::into_inner);
    // Platform::list panics where there is none.
    let platforms = match core::get_platform_ids() {
        Ok(ids) => Platform::list_from_core(ids),
        Err(error) if is_none(&error.to_string()) => Vec::new(),
        Err(error) => return Err(failed(error)),
    };
    let mut all = Vec::new();
    for (p, platform) in platforms.into_iter().enumerate() {
        let devices = match ocl::Device::list_all(platform) {
            Ok(devices) => devices,
            Err(error) if error.to_string().contains("DEVICE_NOT_FOUND") => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        for (d, device) in devices.into_iter().enumerate() {
            if device.is_available().unwrap_or(false) {
                all.push((describe(format!("{p}:{d}"), platform, device)?, platform, device));
            }
        }
    }
    Ok(all)
}

/// Without any driver the loader says so, or ocl gives up waiting for one.
fn is_none(text: &str) -> bool {
    text.contains("PLATFORM_NOT_FOUND") || text.contains("Unable to get platform id list")
}

fn describe(id: String, platform: Platform, device: ocl::Device) -> Result<DeviceInfo> {
    let ask = |what| device.info(what).map_err(failed);
    let text = |what| ask(what).map(|answer| answer.to_string().trim().to_string());
    let bytes = |what| {
        ask(what).map(|answer| match answer {
            Answer::GlobalMemSize(n) | Answer::MaxMemAllocSize(n) => n,
            _ => 0,
        })
    };
    Ok(DeviceInfo {
        id,
        platform: platform.name().map_err(failed)?.trim().to_string(),
        name: text(Ask::Name)?,
        vendor: text(Ask::Vendor)?,
        driver: text(Ask::DriverVersion)?,
        opencl_c: text(Ask::OpenclCVersion)?,
        gpu: matches!(ask(Ask::Type)?, Answer::Type(kind) if kind.contains(flags::DeviceType::GPU)),
        compute_units: match ask(Ask::MaxComputeUnits)? {
            Answer::MaxComputeUnits(n) => n,
            _ => 0,
        },
        memory: bytes(Ask::GlobalMemSize)?,
        max_allocation: bytes(Ask::MaxMemAllocSize)?,
    })
}

/// One OpenCL device with its queue and the kernels compiled for it so far.
pub struct OpenClDevice {
    info: DeviceInfo,
    device: ocl::Device,
    context: Context,
    queue: Queue,
    programs: BTreeMap<Kernel, Program>,
    /// The input last run, on the device: batches of one job use it again.
    input: Option<(Vec<i32>, Buffer<i32>)>,
}

impl OpenClDevice {
    pub fn new(info: DeviceInfo, platform: Platform, device: ocl::Device) -> Result<Self> {
        let _alone = SETUP.lock().unwrap_or_else(PoisonError::into_inner);
        let context = Context::builder().platform(platform).devices(device).build().map_err(failed)?;
        let queue = Queue::new(&context, device, None).map_err(failed)?;
        Ok(OpenClDevice { info, device, context, queue, programs: BTreeMap::new(), input: None })
    }

    fn program(&mut self, kernel: Kernel) -> Result<Program> {
        if let Some(program) = self.programs.get(&kernel) {
            return Ok(program.clone());
        }
        let program = Program::builder()
            .src(kernel.source())
            .devices(self.device)
            .cmplr_opt(OPTIONS)
            .build(&self.context)
            .map_err(failed)?;
        self.programs.insert(kernel, program.clone());
        Ok(program)
    }

    fn input(&mut self, words: Vec<i32>) -> Result<Buffer<i32>> {
        if let Some((held, buffer)) = &self.input
            && *held == words
        {
            return Ok(buffer.clone());
        }
        let buffer = Buffer::builder()
            .queue(self.queue.clone())
            .flags(flags::MEM_READ_ONLY)
            .len(words.len())
            .copy_host_slice(&words)
            .build()
            .map_err(failed)?;
        self.input = Some((words, buffer.clone()));
        Ok(buffer)
    }
}

impl Device for OpenClDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn run(&mut self, kernel: Kernel, job: &Job, first_chunk: u32, count: u32) -> Result<Vec<u8>> {
        let items = job.chunk_items().checked_mul(count);
        let items = items.ok_or_else(|| DeviceError::OpenCl("the batch is too large".into()))?;
        let wanted = job.output_len() * count as usize;
        let program = self.program(kernel)?;
        let input = self.input(job.words())?;
        let output = Buffer::<u8>::builder()
            .queue(self.queue.clone())
            .flags(flags::MEM_WRITE_ONLY)
            .len(wanted)
            .build()
            .map_err(failed)?;
        let call = ocl::Kernel::builder()
            .program(&program)
            .queue(self.queue.clone())
            .name(kernel.entry_point())
            .global_work_size(items as usize)
            .arg(&input)
            .arg(first_chunk)
            .arg(items)
            .arg(&output)
            .build()
            .map_err(failed)?;
        // Safety: the kernel reads the job's words and writes `output_len` bytes for each of `count` chunks, the
        // sizes of the two buffers; items beyond `items` return at once.
        unsafe { call.enq().map_err(failed)? };
        let mut bytes = vec![0; wanted];
        output.read(&mut bytes).enq().map_err(failed)?;
        Ok(bytes)
    }
}
