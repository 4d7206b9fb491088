//! SHA-256 of many messages at once: one message per vector lane where the processor has AVX-512, else one by one.
//!
//! The tree hashes tens of thousands of independent nodes per block, and a processor without SHA instructions spends
//! most of a block's time there. The choice is made at run time and never changes a digest.
#![allow(clippy::indexing_slicing, reason = "fixed arrays, indices from constant ranges")]
#![allow(clippy::arithmetic_side_effects, reason = "block offsets within a buffer sized from the message; words wrap")]

use sha2::{Digest, Sha256};

use crate::hash::Hash;

/// Messages up to this many blocks go through lanes; longer ones are rare and hashed one by one.
const MAX_BLOCKS: usize = 8;

#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
const START: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// How many messages go side by side.
const LANES: usize = 16;

/// Sixteen messages in AVX-512 registers: each register holds one word of every message.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::{K, LANES, START};
    use crate::hash::Hash;

    const CHOOSE: i32 = 0xca;
    const MAJORITY: i32 = 0xe8;
    const XOR: i32 = 0x96;

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn add(a: __m512i, b: __m512i) -> __m512i {
        _mm512_add_epi32(a, b)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn rotated<const A: i32, const B: i32, const C: i32>(x: __m512i) -> __m512i {
        let (a, b, c) = (_mm512_ror_epi32::<A>(x), _mm512_ror_epi32::<B>(x), _mm512_ror_epi32::<C>(x));
        _mm512_ternarylogic_epi32::<XOR>(a, b, c)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn shifted<const A: i32, const B: i32, const C: u32>(x: __m512i) -> __m512i {
        let (a, b, c) = (_mm512_ror_epi32::<A>(x), _mm512_ror_epi32::<B>(x), _mm512_srli_epi32::<C>(x));
        _mm512_ternarylogic_epi32::<XOR>(a, b, c)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn compress(state: &mut [__m512i; 8], w: &mut [__m512i; 16]) {
        let before = *state;
        for step in 0..4 {
            for t in 0..16 {
                if step > 0 {
                    let low = shifted::<7, 18, 3>(w[(t + 1) & 15]);
                    let high = shifted::<17, 19, 10>(w[(t + 14) & 15]);
                    w[t] = add(add(w[t], low), add(w[(t + 9) & 15], high));
                }
                let [a, b, c, d, e, f, g, h] = *state;
                let key = add(_mm512_set1_epi32(K[step * 16 + t] as i32), w[t]);
                let choose = _mm512_ternarylogic_epi32::<CHOOSE>(e, f, g);
                let t1 = add(add(h, key), add(rotated::<6, 11, 25>(e), choose));
                let majority = _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c);
                let t2 = add(rotated::<2, 13, 22>(a), majority);
                *state = [add(t1, t2), a, b, c, add(d, t1), e, f, g];
            }
        }
        for (now, then) in state.iter_mut().zip(before) {
            *now = add(*now, then);
        }
    }

    /// Hashes sixteen padded messages of `blocks` blocks each, which stand one after another in `padded`.
    #[target_feature(enable = "avx512f")]
    pub fn digest(padded: &[u8], blocks: usize, out: &mut [Hash; LANES]) {
        let mut state = START.map(|word| _mm512_set1_epi32(word as i32));
        for block in 0..blocks {
            let mut words = [[0u32; LANES]; 16];
            for lane in 0..LANES {
                let from = (lane * blocks + block) * 64;
                let (message, _) = padded[from..from + 64].as_chunks::<4>();
                for (word, bytes) in words.iter_mut().zip(message) {
                    word[lane] = u32::from_be_bytes(*bytes);
                }
            }
            // SAFETY: each row is sixteen words, which is what an unaligned load of 512 bits reads.
            let mut w = words.map(|row| unsafe { _mm512_loadu_si512(row.as_ptr().cast()) });
            compress(&mut state, &mut w);
        }
        for (at, word) in state.iter().enumerate() {
            let mut row = [0u32; LANES];
            // SAFETY: as above, the row has room for 512 bits.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), *word) };
            for (hash, word) in out.iter_mut().zip(row) {
                hash[at * 4..at * 4 + 4].copy_from_slice(&word.to_be_bytes());
            }
        }
    }
}

/// Whether this processor can do sixteen at once; then that beats even its SHA instructions.
fn wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Hashes sixteen padded messages; called only where `wide` says so.
fn digest(padded: &[u8], blocks: usize, out: &mut [Hash; LANES]) {
    #[cfg(target_arch = "x86_64")]
    if wide() {
        // SAFETY: AVX-512F was detected just above.
        unsafe { avx512::digest(padded, blocks, out) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (padded, blocks, out);
}

/// SHA-256 of each message.
pub(crate) fn sha256_many(messages: &[&[u8]]) -> Vec<Hash> {
    hash_many(messages.len(), |at| messages[at].len(), |at, out| out.copy_from_slice(messages[at]), wide())
}

/// SHA-256 of `tag` and each pair of hashes.
pub(crate) fn sha256_pairs(tag: u8, pairs: &[[u8; 64]]) -> Vec<Hash> {
    let write = |at: usize, out: &mut [u8]| {
        out[0] = tag;
        out[1..].copy_from_slice(&pairs[at]);
    };
    hash_many(pairs.len(), |_| 65, write, wide())
}

/// Messages are taken by number of blocks, so that all lanes of a group have the same work.
fn hash_many(count: usize, len: impl Fn(usize) -> usize, write: impl Fn(usize, &mut [u8]), wide: bool) -> Vec<Hash> {
    let mut out = vec![[0; 32]; count];
    let mut waiting: [Vec<usize>; MAX_BLOCKS] = Default::default();
    let mut buffer = Vec::new();
    let one = |at: usize, out: &mut Vec<Hash>, buffer: &mut Vec<u8>| {
        buffer.clear();
        buffer.resize(len(at), 0);
        write(at, buffer);
        out[at] = Sha256::digest(&buffer).into();
    };
    for at in 0..count {
        let blocks = (len(at) + 9).div_ceil(64);
        let Some(group) = waiting.get_mut(blocks - 1).filter(|_| wide) else {
            one(at, &mut out, &mut buffer);
            continue;
        };
        group.push(at);
        if group.len() == LANES {
            lanes_of(group, blocks, &len, &write, &mut buffer, &mut out);
            group.clear();
        }
    }
    for (group, blocks) in waiting.iter().zip(1..) {
        // A few messages left are not worth a whole run of lanes.
        if group.len() * 4 > LANES {
            lanes_of(group, blocks, &len, &write, &mut buffer, &mut out);
        } else {
            group.iter().for_each(|at| one(*at, &mut out, &mut buffer));
        }
    }
    out
}

fn lanes_of(
    group: &[usize],
    blocks: usize,
    len: &impl Fn(usize) -> usize,
    write: &impl Fn(usize, &mut [u8]),
    buffer: &mut Vec<u8>,
    out: &mut [Hash],
) {
    let stride = blocks * 64;
    buffer.clear();
    buffer.resize(stride * LANES, 0);
    for (at, padded) in group.iter().zip(buffer.chunks_exact_mut(stride)) {
        let len = len(*at);
        write(*at, &mut padded[..len]);
        padded[len] = 0x80;
        padded[stride - 8..].copy_from_slice(&(len as u64 * 8).to_be_bytes());
    }
    let mut hashes = [[0; 32]; LANES];
    digest(buffer, blocks, &mut hashes);
    for (at, hash) in group.iter().zip(hashes) {
        out[*at] = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_or_not_the_digest_is_sha256() {
        let messages: Vec<Vec<u8>> = (0..700usize).map(|n| (0..n).map(|at| (at * 7 + n) as u8).collect()).collect();
        for wide in [false, wide()] {
            for take in [0, 1, 3, 5, 16, 17, 40, 700] {
                let part = &messages[..take];
                let write = |at: usize, out: &mut [u8]| out.copy_from_slice(&part[at]);
                let got = hash_many(take, |at| part[at].len(), write, wide);
                for (message, hash) in part.iter().zip(got) {
                    assert_eq!(hash, <Hash>::from(Sha256::digest(message)), "wide: {wide}, {} bytes", message.len());
                }
            }
        }
    }

    #[test]
    fn pairs_are_tag_and_both_hashes() {
        let pairs: Vec<[u8; 64]> = (0..50u8).map(|n| [n; 64]).collect();
        for (pair, hash) in pairs.iter().zip(sha256_pairs(1, &pairs)) {
            assert_eq!(hash, <Hash>::from(Sha256::digest([&[1], &pair[..]].concat())));
        }
    }
}
