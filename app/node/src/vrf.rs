//! The verifiable random function of the beacon: ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381.
//!
//! The group arithmetic is that of the crate `vrf-rfc9381`, which is unaudited and decodes leniently:
//! it reduces `s` modulo the group order and takes non-canonical point encodings, where the RFC says
//! "INVALID". So every byte string is decoded strictly here first, and only what passed reaches it.
//! Consensus runs this code: the answer depends on the bytes alone, and no bytes make it panic.
//!
//! For one key and one alpha there is exactly one beta that verifies. The proof itself is not unique:
//! who holds the secret key can make many proofs of the same beta, so randomness must be drawn from
//! beta, never from a hash of the proof or of the transaction that carries it.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]

use std::fmt;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha512};
use vrf_rfc9381::ec::edwards25519::EdVrfProof;
use vrf_rfc9381::ec::edwards25519::tai::{EdVrfEdwards25519TaiPublicKey, EdVrfEdwards25519TaiSecretKey};
use vrf_rfc9381::error::VrfError as CrateError;
use vrf_rfc9381::{Proof, Prover, Verifier};
use zeroize::Zeroizing;

/// Bytes of a secret key (the seed of RFC 8032).
pub const SECRET_KEY_LEN: usize = 32;
/// Bytes of a public key (a compressed Edwards point).
pub const PUBLIC_KEY_LEN: usize = 32;
/// Bytes of a proof: Gamma (32), c (16), s (32).
pub const PROOF_LEN: usize = 80;
/// Bytes of the output beta.
pub const BETA_LEN: usize = 64;

/// Why a key or a proof was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VrfError {
    #[error("vrf public key has {0} bytes: give the {PUBLIC_KEY_LEN} bytes of a compressed point")]
    PublicKeyLength(usize),
    #[error("vrf public key is not a canonical encoding of a curve point: generate a new key with the node")]
    PublicKeyEncoding,
    #[error("vrf public key has low order, its output is the same for every secret: use another")]
    PublicKeyLowOrder,
    #[error("vrf proof has {0} bytes: a proof has {PROOF_LEN}")]
    ProofLength(usize),
    #[error("vrf proof's gamma is not a canonical encoding of a curve point: the proof is malformed")]
    GammaEncoding,
    #[error("vrf proof's scalar s is not below the group order: the proof is malformed")]
    ScalarRange,
    #[error("vrf proof does not verify: it was made with another key or for another input")]
    ProofMismatch,
    #[error("vrf input does not hash to a curve point with this key: use another key")]
    NoCurvePoint,
    #[error("vrf proof could not be made, the signer's own check of it failed: check the hardware")]
    SelfCheck,
    #[error("operating system gave no randomness for a vrf key: {0}")]
    Randomness(String),
}

/// A secret key of a proposer: 32 random bytes, from which RFC 8032 derives scalar and nonce prefix.
/// Wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretKey {
    seed: Zeroizing<[u8; SECRET_KEY_LEN]>,
    public_key: [u8; PUBLIC_KEY_LEN],
}

impl SecretKey {
    /// The key of these 32 bytes; every value is a valid key.
    pub fn from_bytes(seed: [u8; SECRET_KEY_LEN]) -> Self {
        let seed = Zeroizing::new(seed);
        let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed.as_slice())));
        let mut scalar = Zeroizing::new([0u8; 32]);
        // The scalar is the lower half of the hash: zip ends with the shorter side.
        for (to, from) in scalar.iter_mut().zip(hash.iter()) {
            *to = *from;
        }
        let public_key = EdwardsPoint::mul_base_clamped(*scalar).compress().to_bytes();
        Self { seed, public_key }
    }

    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`VrfError::Randomness`] when the operating system refuses.
    pub fn generate() -> Result<Self, VrfError> {
        let mut seed = Zeroizing::new([0u8; SECRET_KEY_LEN]);
        OsRng.try_fill_bytes(seed.as_mut_slice()).map_err(|e| VrfError::Randomness(e.to_string()))?;
        Ok(Self::from_bytes(*seed))
    }

    /// The 32 secret bytes, for the key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SECRET_KEY_LEN]> {
        self.seed.clone()
    }

    /// The public key, in the encoding that [`verify`] takes.
    pub fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        self.public_key
    }

    /// The proof for `alpha`. Deterministic: the same key and alpha give the same bytes.
    ///
    /// # Errors
    /// [`VrfError::NoCurvePoint`] with a probability of about 2^-255; [`VrfError::SelfCheck`] when
    /// the machine miscalculated.
    pub fn prove(&self, alpha: &[u8]) -> Result<[u8; PROOF_LEN], VrfError> {
        let proof = EdVrfEdwards25519TaiSecretKey::from_slice(self.seed.as_slice())
            .and_then(|key| key.prove(alpha))
            .map_err(|e| match e {
                CrateError::TryAndIncrementNoCandidatesFound => VrfError::NoCurvePoint,
                _ => VrfError::SelfCheck,
            })?
            .encode_to_pi();
        let proof = <[u8; PROOF_LEN]>::try_from(proof).map_err(|_| VrfError::SelfCheck)?;
        // A proof from a faulty calculation can give the secret away and would get the whole
        // proposal refused: better no beacon item than a wrong one.
        verify(&self.public_key, alpha, &proof).map_err(|_| VrfError::SelfCheck)?;
        Ok(proof)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey")
            .field("public_key", &format_args!("{}", hex::encode(self.public_key)))
            .finish_non_exhaustive()
    }
}

/// The point of a canonical encoding (RFC 8032, 5.1.3: y below p, no negative zero for x).
fn decode_point(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*bytes).decompress()?;
    // Decompression reduces y and drops the sign of a zero x, compression writes neither form.
    (point.compress().as_bytes() == bytes).then_some(point)
}

/// The key validation of RFC 9381, 5.4.5: 32 bytes, canonical, on the curve, not of low order.
///
/// # Errors
/// The first of these that does not hold.
pub fn check_public_key(public_key: &[u8]) -> Result<(), VrfError> {
    let bytes =
        <&[u8; PUBLIC_KEY_LEN]>::try_from(public_key).map_err(|_| VrfError::PublicKeyLength(public_key.len()))?;
    let point = decode_point(bytes).ok_or(VrfError::PublicKeyEncoding)?;
    if point.is_small_order() {
        return Err(VrfError::PublicKeyLowOrder);
    }
    Ok(())
}

/// The decoding of RFC 9381, 5.4.4: 80 bytes, a canonical Gamma, s below the group order.
/// c has 16 bytes, so that every value is in range.
fn check_proof(proof: &[u8]) -> Result<(), VrfError> {
    let wrong_length = || VrfError::ProofLength(proof.len());
    if proof.len() != PROOF_LEN {
        return Err(wrong_length());
    }
    let gamma = proof.first_chunk::<32>().ok_or_else(wrong_length)?;
    let s = proof.last_chunk::<32>().ok_or_else(wrong_length)?;
    decode_point(gamma).ok_or(VrfError::GammaEncoding)?;
    if bool::from(Scalar::from_canonical_bytes(*s).is_none()) {
        return Err(VrfError::ScalarRange);
    }
    Ok(())
}

/// Checks `proof` for `public_key` and `alpha`, full key validation included, and gives beta.
/// For any bytes: it returns, never panics.
///
/// # Errors
/// What is wrong with the key, the encoding of the proof, or the proof.
pub fn verify(public_key: &[u8], alpha: &[u8], proof: &[u8]) -> Result<[u8; BETA_LEN], VrfError> {
    check_public_key(public_key)?;
    check_proof(proof)?;
    let key = EdVrfEdwards25519TaiPublicKey::from_slice(public_key).map_err(|_| VrfError::PublicKeyEncoding)?;
    let proof = EdVrfProof::decode_pi(proof).map_err(|_| VrfError::GammaEncoding)?;
    match key.verify(alpha, proof) {
        Ok(beta) => Ok(beta.into()),
        Err(CrateError::TryAndIncrementNoCandidatesFound) => Err(VrfError::NoCurvePoint),
        Err(_) => Err(VrfError::ProofMismatch),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests {
    use std::collections::BTreeSet;

    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::scalar::clamp_integer;
    use curve25519_dalek::traits::{Identity, IsIdentity};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Examples 16, 17 and 18 of RFC 9381, B.3: secret key, public key, alpha, pi, beta.
    const RFC_9381: [[&str; 5]; 3] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
            "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
            "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
            "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c452118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f",
        ],
    ];

    /// The order q of the prime-order subgroup, little-endian.
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    fn bytes(hex_text: &str) -> Vec<u8> {
        hex::decode(hex_text).unwrap()
    }

    fn array<const N: usize>(from: &[u8]) -> [u8; N] {
        from.try_into().unwrap()
    }

    fn secret(hex_text: &str) -> SecretKey {
        SecretKey::from_bytes(array(&bytes(hex_text)))
    }

    // ECVRF once more, written from the RFC on the curve library alone, to compare with.

    fn reference_hash_to_curve(public_key: &[u8], alpha: &[u8]) -> EdwardsPoint {
        (0u8..=255)
            .find_map(|ctr| {
                let hash = Sha512::new()
                    .chain_update([3, 1])
                    .chain_update(public_key)
                    .chain_update(alpha)
                    .chain_update([ctr, 0])
                    .finalize();
                let point = decode_point(&array(&hash[..32]))?.mul_by_cofactor();
                (!point.is_identity()).then_some(point)
            })
            .unwrap()
    }

    fn reference_challenge(points: [&EdwardsPoint; 5]) -> [u8; 16] {
        let mut hash = Sha512::new().chain_update([3, 2]);
        for point in points {
            hash.update(point.compress().as_bytes());
        }
        array(&hash.chain_update([0]).finalize()[..16])
    }

    fn widen(challenge: &[u8]) -> Scalar {
        let mut wide = [0u8; 32];
        wide[..16].copy_from_slice(challenge);
        Scalar::from_canonical_bytes(wide).unwrap()
    }

    /// A prover who follows the RFC only where it wants to: any nonce, torsion added to the public
    /// key's point and to Gamma. With `torsion` the identity and the RFC's nonce it is honest.
    struct FreeProver {
        x: Scalar,
        prefix: [u8; 32],
        y: EdwardsPoint,
    }

    impl FreeProver {
        fn new(seed: &[u8; 32], key_torsion: EdwardsPoint) -> Self {
            let hash = Sha512::digest(seed);
            let x = Scalar::from_bytes_mod_order(clamp_integer(array(&hash[..32])));
            let y = EdwardsPoint::mul_base(&x) + key_torsion;
            let prefix = array(&hash[32..]);
            Self { x, prefix, y }
        }

        fn nonce(&self, alpha: &[u8]) -> Scalar {
            let h = reference_hash_to_curve(self.y.compress().as_bytes(), alpha).compress();
            let hash = Sha512::new().chain_update(self.prefix).chain_update(h.as_bytes()).finalize();
            Scalar::from_bytes_mod_order_wide(&hash.into())
        }

        fn prove(&self, alpha: &[u8], k: Scalar, torsion: EdwardsPoint) -> [u8; PROOF_LEN] {
            let h = reference_hash_to_curve(self.y.compress().as_bytes(), alpha);
            let gamma = self.x * h + torsion;
            let c = reference_challenge([&self.y, &h, &gamma, &EdwardsPoint::mul_base(&k), &(k * h)]);
            let s = k + widen(&c) * self.x;
            array(&[&gamma.compress().as_bytes()[..], &c[..], &s.as_bytes()[..]].concat())
        }
    }

    fn reference_verify(key: &[u8; 32], alpha: &[u8], proof: &[u8; 80]) -> Option<[u8; 64]> {
        let y = decode_point(key)?;
        if y.mul_by_cofactor().is_identity() {
            return None;
        }
        let gamma = decode_point(&array(&proof[..32]))?;
        let c = widen(&proof[32..48]);
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(array(&proof[48..])))?;
        let h = reference_hash_to_curve(key, alpha);
        // Not (-c)*Y: modulo q that is (q-c)*Y, another point when Y has torsion.
        let u = EdwardsPoint::mul_base(&s) - c * y;
        let v = s * h - c * gamma;
        (reference_challenge([&y, &h, &gamma, &u, &v])[..] == proof[32..48]).then(|| {
            Sha512::new()
                .chain_update([3, 3])
                .chain_update(gamma.mul_by_cofactor().compress().as_bytes())
                .chain_update([0])
                .finalize()
                .into()
        })
    }

    #[test]
    fn rfc_9381_vectors_hold_in_both_directions() {
        for [sk, pk, alpha, pi, beta] in RFC_9381 {
            let key = secret(sk);
            assert_eq!(hex::encode(key.public_key()), pk);
            assert_eq!(hex::encode(key.prove(&bytes(alpha)).unwrap()), pi);
            let out = verify(&bytes(pk), &bytes(alpha), &bytes(pi)).unwrap();
            assert_eq!(hex::encode(out), beta);
        }
    }

    #[test]
    fn proving_and_verifying_agree_with_a_second_implementation() {
        let mut rng = StdRng::seed_from_u64(9381);
        for _ in 0..200 {
            let seed: [u8; 32] = rng.r#gen();
            let mut alpha = vec![0u8; rng.gen_range(0..200)];
            rng.fill_bytes(&mut alpha);
            let key = SecretKey::from_bytes(seed);
            let proof = key.prove(&alpha).unwrap();
            assert_eq!(proof, key.clone().prove(&alpha).unwrap());
            let free = FreeProver::new(&seed, EdwardsPoint::identity());
            assert_eq!(proof, free.prove(&alpha, free.nonce(&alpha), EdwardsPoint::identity()));
            let beta = verify(&key.public_key(), &alpha, &proof).unwrap();
            assert_eq!(Some(beta), reference_verify(&key.public_key(), &alpha, &proof));
        }
    }

    #[test]
    fn every_proof_that_verifies_gives_the_same_beta() {
        let mut rng = StdRng::seed_from_u64(1);
        let alpha = b"height 7";
        for key_torsion in EIGHT_TORSION {
            let free = FreeProver::new(&rng.r#gen(), key_torsion);
            let public_key = free.y.compress().to_bytes();
            let mut betas = BTreeSet::new();
            let mut proofs = BTreeSet::new();
            for attempt in 0..128 {
                // Torsion in the key or in Gamma cancels only under some challenges: grind nonces.
                let k = Scalar::from_bytes_mod_order(rng.r#gen());
                let proof = free.prove(alpha, k, EIGHT_TORSION[attempt % 8]);
                let out = verify(&public_key, alpha, &proof);
                assert_eq!(out.clone().ok(), reference_verify(&public_key, alpha, &proof));
                if let Ok(beta) = out {
                    betas.insert(beta);
                    proofs.insert(proof);
                }
            }
            assert_eq!(betas.len(), 1, "one beta per key and alpha");
            assert!(proofs.len() > 1, "the forger made more than one proof of it");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = SecretKey::from_bytes([7; 32]);
        let (alpha, public_key) = (*b"beacon of height 42", key.public_key());
        let proof = key.prove(&alpha).unwrap();
        assert!(verify(&public_key, &alpha, &proof).is_ok());
        let flip = |from: &[u8], bit: usize| {
            let mut to = from.to_vec();
            to[bit / 8] ^= 1 << (bit % 8);
            to
        };
        for bit in 0..proof.len() * 8 {
            assert!(verify(&public_key, &alpha, &flip(&proof, bit)).is_err());
        }
        for bit in 0..public_key.len() * 8 {
            assert!(verify(&flip(&public_key, bit), &alpha, &proof).is_err());
        }
        for bit in 0..alpha.len() * 8 {
            assert_eq!(verify(&public_key, &flip(&alpha, bit), &proof), Err(VrfError::ProofMismatch));
        }
        assert!(verify(&public_key, &alpha[1..], &proof).is_err());
        assert!(verify(&public_key, &[&alpha[..], &[0]].concat(), &proof).is_err());
    }

    #[test]
    fn lengths_other_than_the_right_ones_are_refused() {
        let key = SecretKey::from_bytes([8; 32]);
        let proof = key.prove(b"a").unwrap();
        let long = [proof.as_slice(), &[0; 120]].concat();
        for len in (0..=200).filter(|len| *len != PROOF_LEN) {
            let error = verify(&key.public_key(), b"a", &long[..len]).unwrap_err();
            assert_eq!(error, VrfError::ProofLength(len));
        }
        for len in (0..=100).filter(|len| *len != PUBLIC_KEY_LEN) {
            let error = verify(&long[..len], b"a", &proof).unwrap_err();
            assert_eq!(error, VrfError::PublicKeyLength(len));
        }
    }

    #[test]
    fn a_scalar_at_or_above_the_order_is_refused() {
        let key = SecretKey::from_bytes([9; 32]);
        let proof = key.prove(b"a").unwrap();
        let with_s = |s: [u8; 32]| {
            let mut to = proof;
            to[48..].copy_from_slice(&s);
            verify(&key.public_key(), b"a", &to).unwrap_err()
        };
        // s + i*q stands for the same scalar: without the range check these would all verify.
        let order: [u8; 32] = array(&bytes(ORDER));
        let mut s: [u8; 32] = array(&proof[48..]);
        for _ in 0..14 {
            let mut carry = 0u16;
            for (digit, add) in s.iter_mut().zip(order) {
                let sum = u16::from(*digit) + u16::from(add) + carry;
                (*digit, carry) = (sum.to_le_bytes()[0], sum >> 8);
            }
            assert_eq!(carry, 0);
            assert_eq!(with_s(s), VrfError::ScalarRange);
        }
        assert_eq!(with_s(order), VrfError::ScalarRange);
        assert_eq!(with_s([0xff; 32]), VrfError::ScalarRange);
        let mut below = order;
        below[0] -= 1;
        assert_eq!(with_s(below), VrfError::ProofMismatch);
    }

    /// Encodings with y at or above p = 2^255 - 19, and those of x = 0 with the sign bit set.
    fn non_canonical_encodings() -> Vec<[u8; 32]> {
        let mut all = Vec::new();
        for low in 0xed..=0xffu8 {
            let mut y = [0xff; 32];
            y[0] = low;
            all.push(y);
            y[31] = 0x7f;
            all.push(y);
        }
        for point in [EIGHT_TORSION[0], EIGHT_TORSION[4]] {
            let mut negative_zero = point.compress().to_bytes();
            negative_zero[31] |= 0x80;
            all.push(negative_zero);
        }
        all
    }

    #[test]
    fn low_order_and_non_canonical_keys_are_refused() {
        let proof = SecretKey::from_bytes([1; 32]).prove(b"a").unwrap();
        let canonical: BTreeSet<_> = EIGHT_TORSION.map(|p| p.compress().to_bytes()).into();
        assert_eq!(canonical.len(), 8);
        for key in &canonical {
            assert_eq!(check_public_key(key), Err(VrfError::PublicKeyLowOrder));
            assert_eq!(verify(key, b"a", &proof), Err(VrfError::PublicKeyLowOrder));
        }
        let mut low_order = 0;
        for key in non_canonical_encodings() {
            assert!(!canonical.contains(&key));
            assert_eq!(check_public_key(&key), Err(VrfError::PublicKeyEncoding));
            assert_eq!(verify(&key, b"a", &proof), Err(VrfError::PublicKeyEncoding));
            let point = CompressedEdwardsY(key).decompress();
            low_order += usize::from(point.is_some_and(|p| p.is_small_order()));
        }
        assert_eq!(low_order, 6, "the six other encodings of low-order points are among them");
        // y = 2 is on no point.
        let mut off_curve = [0u8; 32];
        off_curve[0] = 2;
        assert_eq!(check_public_key(&off_curve), Err(VrfError::PublicKeyEncoding));
    }

    #[test]
    fn low_order_and_non_canonical_gammas_are_refused() {
        let key = SecretKey::from_bytes([2; 32]);
        let mut proof = key.prove(b"a").unwrap();
        for gamma in non_canonical_encodings() {
            proof[..32].copy_from_slice(&gamma);
            assert_eq!(verify(&key.public_key(), b"a", &proof), Err(VrfError::GammaEncoding));
        }
        for gamma in EIGHT_TORSION {
            proof[..32].copy_from_slice(gamma.compress().as_bytes());
            assert_eq!(verify(&key.public_key(), b"a", &proof), Err(VrfError::ProofMismatch));
        }
    }

    #[test]
    fn random_bytes_never_panic_and_never_verify() {
        let mut rng = StdRng::seed_from_u64(20_000);
        let key = SecretKey::generate().unwrap();
        let honest = key.prove(b"honest").unwrap();
        for round in 0..20_000 {
            let mut alpha = vec![0u8; rng.gen_range(0..64)];
            rng.fill_bytes(&mut alpha);
            let mut public_key = vec![0u8; rng.gen_range(0..48)];
            let mut proof = vec![0u8; rng.gen_range(0..128)];
            if round % 4 != 0 {
                (public_key, proof) = (vec![0; PUBLIC_KEY_LEN], vec![0; PROOF_LEN]);
            }
            rng.fill_bytes(&mut public_key);
            rng.fill_bytes(&mut proof);
            // Half of the rounds get past the decoding: a good key, Gamma and range of s.
            if round % 2 == 1 {
                public_key = key.public_key().to_vec();
                proof[..32].copy_from_slice(&honest[..32]);
                proof[79] &= 0x0f;
            }
            assert!(verify(&public_key, &alpha, &proof).is_err());
        }
    }

    #[test]
    fn generated_keys_differ_survive_a_round_trip_and_stay_hidden() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        assert_ne!(one.public_key(), two.public_key());
        assert_eq!(check_public_key(&one.public_key()), Ok(()));
        let again = SecretKey::from_bytes(*one.to_bytes());
        assert_eq!(again.public_key(), one.public_key());
        let shown = format!("{one:?}");
        assert!(shown.contains(&hex::encode(one.public_key())));
        assert!(!shown.contains(&hex::encode(*one.to_bytes())));
        assert!(!shown.contains(&format!("{:?}", *one.to_bytes())));
    }
}
