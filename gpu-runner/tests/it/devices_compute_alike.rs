use aliquot_kernels::{Job, Kernel};
use aliquot_runner::device::{Device, DeviceError, DeviceInfo, Reference, measure_speed, open, self_test};

use crate::job;

const KERNEL: Kernel = Kernel::RenderQ16;

fn device() -> Box<dyn Device> {
    open("auto").expect("the tests need an OpenCL device: install pocl-opencl-icd or a GPU driver")
}

#[test]
fn opencl_device_passes_its_self_test() {
    let mut device = device();
    let info = device.info();
    println!("{} {} ({}, driver {})", info.id, info.name, info.platform, info.driver);
    assert!(info.compute_units > 0 && info.memory > 0 && info.max_allocation > 0);
    self_test(device.as_mut()).unwrap();
    assert!(measure_speed(device.as_mut()).unwrap() > 0.0);
}

#[test]
fn reference_passes_its_self_test() {
    self_test(&mut Reference::new()).unwrap();
}

#[test]
fn device_and_reference_give_the_same_bytes() {
    let (mut device, mut reference, job) = (device(), Reference::new(), job());
    let all = reference.run(KERNEL, &job, 0, job.chunks()).unwrap();
    assert_eq!(device.run(KERNEL, &job, 0, job.chunks()).unwrap(), all);
    // In any batches, and after another input was on the device.
    let other = KERNEL.prepare(KERNEL.golden_inputs()[0].1.as_bytes()).unwrap();
    assert_eq!(device.run(KERNEL, &other, 17, 2).unwrap(), reference.run(KERNEL, &other, 17, 2).unwrap());
    let parts: Vec<_> =
        [(0, 1), (1, 4), (5, 7)].map(|(first, count)| device.run(KERNEL, &job, first, count).unwrap()).concat();
    assert_eq!(parts, all);
}

#[test]
fn a_device_is_found_by_number_and_name() {
    let auto = device();
    let (id, name) = (auto.info().id.clone(), auto.info().name.clone());
    assert_eq!(open(&id).unwrap().info().name, name);
    assert_eq!(open(&name.to_uppercase()).unwrap().info().id, id);
    let error = open("no such device").map(|_| ()).unwrap_err();
    assert!(matches!(error, DeviceError::NotFound { .. }), "{error}");
    assert_eq!(open("reference").unwrap().info().id, "reference");
}

/// Computes everything rightly but the last byte of the last chunk.
struct Broken(Reference);

impl Device for Broken {
    fn info(&self) -> &DeviceInfo {
        self.0.info()
    }
    fn run(&mut self, kernel: Kernel, job: &Job, first: u32, count: u32) -> Result<Vec<u8>, DeviceError> {
        let mut outputs = self.0.run(kernel, job, first, count)?;
        *outputs.last_mut().unwrap() ^= 1;
        Ok(outputs)
    }
}

#[test]
fn a_device_that_computes_wrongly_fails_its_self_test() {
    let error = self_test(&mut Broken(Reference::new())).unwrap_err();
    assert!(matches!(error, DeviceError::SelfTest(_)), "{error}");
}
