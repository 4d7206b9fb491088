//! ChaCha with 8 rounds in counter mode: the only source of pseudo-randomness in challenges and samples, because a
//! structured generator lets a prover skip the work. State words 12 and 13 hold a 64-bit block counter, 14 and 15 a
//! 64-bit tag that separates streams of one key.

use alloc::vec::Vec;

const SIGMA: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

#[inline(always)]
fn quarter(a: &mut u32, b: &mut u32, c: &mut u32, d: &mut u32) {
    *a = a.wrapping_add(*b);
    *d = (*d ^ *a).rotate_left(16);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_left(12);
    *a = a.wrapping_add(*b);
    *d = (*d ^ *a).rotate_left(8);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_left(7);
}

/// The key words of a 32-byte seed, little endian.
#[must_use]
pub fn key_words(seed: &[u8; 32]) -> [u32; 8] {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(seed.chunks_exact(4)) {
        if let [a, b, c, d] = *bytes {
            *word = u32::from_le_bytes([a, b, c, d]);
        }
    }
    words
}

/// Block `counter` of the stream `tag` of `key`: 16 words.
#[must_use]
pub fn chacha8(key: &[u32; 8], counter: u64, tag: u64) -> [u32; 16] {
    let [s0, s1, s2, s3] = SIGMA;
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    let (c0, c1) = (counter as u32, (counter >> 32) as u32);
    let (t0, t1) = (tag as u32, (tag >> 32) as u32);
    let start = [s0, s1, s2, s3, k0, k1, k2, k3, k4, k5, k6, k7, c0, c1, t0, t1];
    let mut state = start;
    for _ in 0..4 {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = &mut state;
        quarter(a, e, i, m);
        quarter(b, f, j, n);
        quarter(c, g, k, o);
        quarter(d, h, l, p);
        quarter(a, f, k, p);
        quarter(b, g, l, m);
        quarter(c, h, i, n);
        quarter(d, e, j, o);
    }
    for (word, first) in state.iter_mut().zip(start) {
        *word = word.wrapping_add(first);
    }
    state
}

/// `s` chunk indices, each uniform in `[0, n)` and drawn with replacement; returned distinct and ascending, so that
/// each is opened once. Draw i is `floor(w n / 2^64)`, w being the i-th little-endian 64-bit word of stream 0.
/// Empty when `n` is 0.
#[must_use]
pub fn sample_indices(seed: &[u8; 32], n: u32, s: u32) -> Vec<u32> {
    let key = key_words(seed);
    let mut drawn = Vec::new();
    let blocks = if n == 0 { 0 } else { u64::from(s.div_ceil(8)) };
    let mut left = s;
    for counter in 0..blocks {
        for pair in chacha8(&key, counter, 0).chunks_exact(2) {
            let [low, high] = *pair else { continue };
            if left == 0 {
                break;
            }
            left = left.wrapping_sub(1);
            let word = u128::from(high) << 32 | u128::from(low);
            drawn.push((word.wrapping_mul(u128::from(n)) >> 64) as u32);
        }
    }
    drawn.sort_unstable();
    drawn.dedup();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn bytes(key: &[u8; 32], counter: u64, tag: u64) -> String {
        hex::encode(chacha8(&key_words(key), counter, tag).iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>())
    }

    /// ChaCha8 with a 256-bit key, test case 1 of draft-strombergson-chacha-test-vectors.
    #[test]
    fn published_vector() {
        assert_eq!(
            bytes(&[0; 32], 0, 0),
            "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e\
             984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
        );
    }

    #[test]
    fn counter_and_tag_use_all_their_bits() {
        let key = [7; 32];
        let blocks = [(0, 0), (1, 0), (1 << 32, 0), (0, 1), (0, 1 << 32)].map(|(c, t)| bytes(&key, c, t));
        for (i, a) in blocks.iter().enumerate() {
            assert!(blocks.iter().skip(i + 1).all(|b| a != b));
        }
    }

    #[test]
    fn samples_are_distinct_ascending_and_cover() {
        let seed = [3; 32];
        let some = sample_indices(&seed, 920, 16);
        assert!(some.len() <= 16 && some.len() > 12);
        assert!(some.windows(2).all(|w| w[0] < w[1]) && some.iter().all(|i| *i < 920));
        assert_eq!(some, sample_indices(&seed, 920, 16));
        let more = sample_indices(&seed, 920, 17);
        assert!(some.iter().all(|i| more.contains(i)), "a longer draw begins with the shorter one");
        assert_eq!(sample_indices(&seed, 1, 128), [0]);
        assert_eq!(sample_indices(&seed, 4, 400), [0, 1, 2, 3]);
        assert!(sample_indices(&seed, 0, 16).is_empty() && sample_indices(&seed, 5, 0).is_empty());
        assert!(sample_indices(&seed, u32::MAX, 128).iter().any(|i| *i > u32::MAX / 2));
    }

    /// Each of 16 cells gets its share of 64,000 draws within five sigma.
    #[test]
    fn samples_are_uniform() {
        let mut cells = [0u32; 16];
        for round in 0..64_000u32 {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&round.to_le_bytes());
            cells[sample_indices(&seed, 16, 1)[0] as usize] += 1;
        }
        assert!(cells.iter().all(|c| (3_690..4_310).contains(c)), "{cells:?}");
    }
}
