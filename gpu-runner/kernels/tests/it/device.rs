use crate::scenes::any_scene;
use aliquot_kernels::fixed::*;
use aliquot_kernels::{Job, Kernel};
use ocl::{Buffer, Context, Device, Platform, ProQue, Program, Queue, flags};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::time::Instant;

const KERNEL: Kernel = Kernel::RenderQ16;

fn build(source: &str) -> ProQue {
    let platform = *Platform::list().first().expect("no OpenCL platform: install pocl-opencl-icd or a GPU driver");
    let device = Device::first(platform).expect("the OpenCL platform has no device");
    let context = Context::builder().platform(platform).devices(device).build().unwrap();
    let queue = Queue::new(&context, device, None).unwrap();
    let program = Program::builder().src(source).devices(device).build(&context).unwrap();
    ProQue::new(context, queue, program, None::<usize>)
}

/// The outputs of `chunks` chunks from `first` on, as the device computes them.
fn run(device: &ProQue, job: &Job, first: u32, chunks: u32) -> Vec<u8> {
    let words = job.words();
    let scene = Buffer::<i32>::builder()
        .queue(device.queue().clone())
        .flags(flags::MEM_READ_ONLY)
        .len(words.len())
        .copy_host_slice(&words)
        .build()
        .unwrap();
    let items = chunks * job.chunk_items();
    let output = Buffer::<u8>::builder().queue(device.queue().clone()).len(items as usize * 4).build().unwrap();
    let kernel = ocl::Kernel::builder()
        .program(device.program())
        .queue(device.queue().clone())
        .name(KERNEL.entry_point())
        .global_work_size(items as usize)
        .arg(&scene)
        .arg(first)
        .arg(items)
        .arg(&output)
        .build()
        .unwrap();
    // Safety: the kernel writes 4 bytes for each of `items` items, the size of `output`.
    unsafe { kernel.enq().unwrap() };
    let mut bytes = vec![0; items as usize * 4];
    output.read(&mut bytes).enq().unwrap();
    bytes
}

fn compare(device: &ProQue, name: &str, text: &str) {
    let job = KERNEL.prepare(text.as_bytes()).unwrap();
    let start = Instant::now();
    let all = run(device, &job, 0, job.chunks());
    let spent = start.elapsed().as_secs_f64();
    let (width, height) = job.picture_size();
    println!("{name}: {:.2} Mpixel/s on the device", f64::from(width * height) / spent / 1e6);
    let start = Instant::now();
    for (index, output) in (0..).zip(all.chunks(job.output_len())) {
        let expected = job.run(index);
        if let Some(at) = (0..1024).find(|at| expected[*at] != output[*at]) {
            panic!("{name}: chunk {index}, byte {at}: {} by the reference, {} by the device", expected[at], output[at]);
        }
    }
    println!(
        "{name}: {:.3} ms per chunk by the reference",
        start.elapsed().as_secs_f64() * 1e3 / f64::from(job.chunks())
    );
}

#[test]
fn device_renders_the_scenes_as_the_reference_does() {
    let device = build(KERNEL.source());
    for (name, text) in &KERNEL.golden_inputs()[..4] {
        compare(&device, name, text);
    }
}

#[test]
fn device_passes_the_self_test() {
    let device = build(KERNEL.source());
    KERNEL
        .self_test(|golden| run(&device, &KERNEL.prepare(golden.input.as_bytes()).unwrap(), golden.chunk, 1))
        .unwrap();
}

#[test]
fn device_renders_any_range_of_chunks() {
    let device = build(KERNEL.source());
    let job = KERNEL.prepare(KERNEL.golden_inputs()[3].1.as_bytes()).unwrap();
    let whole = run(&device, &job, 0, 12);
    assert_eq!(run(&device, &job, 5, 4), whole[5 * 1024..9 * 1024]);
}

#[test]
fn device_renders_random_scenes_as_the_reference_does() {
    let device = build(KERNEL.source());
    let mut runner = TestRunner::deterministic();
    for round in 0..25 {
        let text = any_scene().new_tree(&mut runner).unwrap().current();
        compare(&device, &format!("random {round}\n{text}\n"), &text);
    }
}

/// A kernel over the twins of the functions in `fixed.rs`: six words in, sixteen out.
const TWINS: &str = r"
__kernel void twins(__global const int *in, __global int *out) {
    int i = get_global_id(0);
    int a = in[6 * i], b = in[6 * i + 1], c = in[6 * i + 2], d = in[6 * i + 3], e = in[6 * i + 4], f = in[6 * i + 5];
    __global int *o = out + 16 * i;
    V3 v = v3(a, b, c), w = v3(d, e, f), n = v_normalize(v);
    o[0] = fx_add(a, b); o[1] = fx_sub(a, b); o[2] = fx_mul(a, b); o[3] = fx_div(a, b);
    o[4] = fx_sqrt(a); o[5] = fx_abs(a); o[6] = fx_clamp(a, b, c); o[7] = fx_mix(a, b, c);
    o[8] = fx_dot(v, w); o[9] = fx_dot2(a, b, c, d); o[10] = fx_len3(v); o[11] = fx_len2(a, b);
    o[12] = as_int(fx_isqrt((ulong)as_uint(a) << 32 | as_uint(b))); o[13] = n.x; o[14] = n.y; o[15] = n.z;
}";

fn twins([a, b, c, d, e, f]: [i32; 6]) -> [i32; 16] {
    let (v, w) = (v3(a, b, c), v3(d, e, f));
    let n = v_normalize(v);
    let root = fx_isqrt(u64::from(a as u32) << 32 | u64::from(b as u32)) as i32;
    [
        fx_add(a, b),
        fx_sub(a, b),
        fx_mul(a, b),
        fx_div(a, b),
        fx_sqrt(a),
        fx_abs(a),
        fx_clamp(a, b, c),
        fx_mix(a, b, c),
        fx_dot(v, w),
        fx_dot2(a, b, c, d),
        fx_len3(v),
        fx_len2(a, b),
        root,
        n.x,
        n.y,
        n.z,
    ]
}

#[test]
fn fixed_point_functions_have_exact_twins() {
    let device = build(&format!("{}{TWINS}", KERNEL.source()));
    let edges = [0, 1, -1, 2, 65_535, 65_536, -65_536, 65_537, i32::MAX, i32::MAX - 1, i32::MIN, i32::MIN + 1];
    let mut inputs: Vec<[i32; 6]> = Vec::new();
    for a in edges {
        for b in edges {
            inputs.extend(edges.map(|c| [a, b, c, b, c, a]));
        }
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..20_000 {
        let words = prop::array::uniform6(any::<i32>()).new_tree(&mut runner).unwrap().current();
        let shift = prop::array::uniform6(0u32..31).new_tree(&mut runner).unwrap().current();
        inputs.push(std::array::from_fn(|i| words[i] >> shift[i]));
    }
    let flat = inputs.concat();
    let queue = device.queue().clone();
    let input = Buffer::<i32>::builder().queue(queue.clone()).len(flat.len()).copy_host_slice(&flat).build().unwrap();
    let output = Buffer::<i32>::builder().queue(queue.clone()).len(inputs.len() * 16).build().unwrap();
    let kernel = ocl::Kernel::builder()
        .program(device.program())
        .queue(queue)
        .name("twins")
        .global_work_size(inputs.len())
        .arg(&input)
        .arg(&output)
        .build()
        .unwrap();
    // Safety: each item reads 6 words and writes 16, the sizes of the buffers.
    unsafe { kernel.enq().unwrap() };
    let mut words = vec![0; inputs.len() * 16];
    output.read(&mut words).enq().unwrap();
    for (input, found) in inputs.iter().zip(words.chunks(16)) {
        assert_eq!(found, twins(*input), "{input:?}");
    }
}
