use aliquot_kernels::{Golden, Kernel};
use sha2::{Digest, Sha256};

const KERNEL: Kernel = Kernel::RenderQ16;

pub fn reference(golden: &Golden) -> Vec<u8> {
    KERNEL.prepare(golden.input.as_bytes()).unwrap().run(golden.chunk)
}

#[test]
fn every_line_of_the_file_is_a_vector() {
    let text = include_str!("../../vectors/render_q16.txt");
    let golden = KERNEL.golden();
    assert_eq!(golden.len(), text.lines().count() - 1, "one comment line");
    for (name, _) in KERNEL.golden_inputs() {
        assert!(golden.iter().filter(|g| g.name == *name).count() >= 6, "{name}");
    }
    assert_eq!(KERNEL.vectors_hash(), <[u8; 32]>::from(Sha256::digest(text)));
    assert_eq!(KERNEL.spec_hash(), <[u8; 32]>::from(Sha256::digest(include_str!("../../specs/RENDER_Q16.md"))));
}

#[test]
fn reference_gives_the_golden_outputs() {
    KERNEL.self_test(reference).unwrap();
}

#[test]
fn self_test_names_the_wrong_vector() {
    let victim = KERNEL.golden()[5];
    let error = KERNEL
        .self_test(|golden| {
            let mut output = reference(golden);
            if *golden == victim {
                output[1023] ^= 1;
            }
            output
        })
        .unwrap_err();
    assert_eq!((error.input, error.chunk), (victim.name, victim.chunk));
    assert!(error.to_string().starts_with(&format!("kernel RENDER_Q16 computes chunk {} of", victim.chunk)));
}

#[test]
fn registry_knows_its_kernels() {
    assert_eq!(Kernel::by_name("RENDER_Q16"), Some(KERNEL));
    assert_eq!(Kernel::by_name("render_q16"), None);
    assert!(KERNEL.source().contains("__kernel void render_q16("));
    for kernel in Kernel::ALL {
        assert_eq!(Kernel::by_name(kernel.name()), Some(kernel));
    }
}

#[test]
fn pictures_are_assembled_from_cropped_tiles() {
    let (_, input) = KERNEL.golden_inputs()[3];
    let job = KERNEL.prepare(input.as_bytes()).unwrap();
    assert_eq!((job.picture_size(), job.chunks(), job.output_len()), ((61, 37), 12, 1024));
    let picture = job.picture();
    let pixel = |x: usize, y: usize| &picture[(y * 61 + x) * 4..][..4];
    for chunk in 0..12 {
        let output = job.run(chunk);
        let (left, top) = (chunk as usize % 4 * 16, chunk as usize / 4 * 16);
        for (x, y) in (0..16).flat_map(|y| (0..16).map(move |x| (x, y))) {
            if left + x < 61 && top + y < 37 {
                assert_eq!(pixel(left + x, top + y), &output[(y * 16 + x) * 4..][..4]);
            }
        }
    }
    assert!(picture.chunks(4).all(|p| p[3] == 255));
    assert!(job.run(12).is_empty() && job.run(u32::MAX).is_empty());
    let (mut small, output) = (vec![0; 61 * 36 * 4], job.run(0));
    assert!(!job.place(0, &output, &mut small), "a picture of another size");
    let mut copy = picture.clone();
    assert!(!job.place(12, &output, &mut copy) && !job.place(0, &output[1..], &mut copy));
    assert_eq!(copy, picture);
}
