//! Q16.16 arithmetic that every kernel shares. Each function has a twin of the same name in the `.cl` sources; the
//! two must agree on every input, so all of them are total and wrap modulo 2^32 instead of overflowing.

/// 1.0 in Q16.16.
pub const ONE: i32 = 1 << 16;
/// 0.5 in Q16.16.
pub const HALF: i32 = 1 << 15;

#[inline(always)]
pub const fn fx_add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

#[inline(always)]
pub const fn fx_sub(a: i32, b: i32) -> i32 {
    a.wrapping_sub(b)
}

/// `floor(a * b)` in Q16.16, low 32 bits.
#[inline(always)]
pub const fn fx_mul(a: i32, b: i32) -> i32 {
    ((a as i64).wrapping_mul(b as i64) >> 16) as i32
}

/// `a / b` in Q16.16 rounded towards zero, low 32 bits; 0 when `b` is 0.
#[inline(always)]
pub const fn fx_div(a: i32, b: i32) -> i32 {
    fx_quot(a, b) as i32
}

/// The quotient of [`fx_div`] before it is narrowed, for callers that must see that it does not fit.
#[inline(always)]
pub const fn fx_quot(a: i32, b: i32) -> i64 {
    match (a as i64).wrapping_mul(65536).checked_div(b as i64) {
        Some(quotient) => quotient,
        None => 0,
    }
}

#[inline(always)]
pub const fn fx_min(a: i32, b: i32) -> i32 {
    if a < b { a } else { b }
}

#[inline(always)]
pub const fn fx_max(a: i32, b: i32) -> i32 {
    if a > b { a } else { b }
}

/// `|a|`; the smallest integer stays itself.
#[inline(always)]
pub const fn fx_abs(a: i32) -> i32 {
    if a < 0 { 0i32.wrapping_sub(a) } else { a }
}

/// `a` held in `[low, high]`.
#[inline(always)]
pub const fn fx_clamp(a: i32, low: i32, high: i32) -> i32 {
    fx_min(fx_max(a, low), high)
}

/// `a` at `t = 0`, `b` at `t = 1`.
#[inline(always)]
pub const fn fx_mix(a: i32, b: i32, t: i32) -> i32 {
    fx_add(a, fx_mul(fx_sub(b, a), t))
}

/// `floor(sqrt(n))`, exact for every `n`.
///
/// A parabola gives the reciprocal root within 2.5 %, two Newton steps within 2^-19; one step on the root itself
/// leaves an error of at most one, which the remainder shows. Neither divisions nor loops nor tables.
#[inline(always)]
pub const fn fx_isqrt(n: u64) -> u32 {
    let shift = (n | 1).leading_zeros() & !1;
    let m = n << shift;
    let x = m >> 32;
    // y ~ 1/sqrt(x / 2^32) in Q30, for x / 2^32 in [1/4, 1): 2.67084 - 3.28537 x + 1.63857 x^2.
    let slope = 3_527_635_270u64.wrapping_sub(x.wrapping_mul(1_759_404_188) >> 32);
    let y = 2_867_791_956u64.wrapping_sub(x.wrapping_mul(slope) >> 32);
    let y = newton(x, newton(x, y));
    let s = x.wrapping_mul(y) >> 30;
    // |m - s^2| < 2^47, so the product with 15 bits of y stays in range.
    let rest = m.wrapping_sub(s.wrapping_mul(s)) as i64;
    let s = s.wrapping_add((rest.wrapping_mul((y >> 16) as i64) >> 47) as u64);
    // s may be 2^32, whose square wraps to 0: the remainder is negative then, as it should be.
    let rest = m.wrapping_sub(s.wrapping_mul(s)) as i64;
    let s = s.wrapping_sub((rest < 0) as u64).wrapping_add((rest > (s << 1) as i64) as u64);
    (s as u32) >> (shift >> 1)
}

/// One step of `y (3 - x y^2) / 2` with x in Q32, y in Q30.
#[inline(always)]
const fn newton(x: u64, y: u64) -> u64 {
    let square = y.wrapping_mul(y) >> 32;
    let error = 805_306_368u64.wrapping_sub(x.wrapping_mul(square) >> 32);
    y.wrapping_mul(error) >> 29
}

/// `floor(sqrt(a))` in Q16.16; 0 for negative `a`.
#[inline(always)]
pub const fn fx_sqrt(a: i32) -> i32 {
    if a <= 0 {
        return 0;
    }
    fx_isqrt((a as u64) << 16) as i32
}

/// A vector of three Q16.16 numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct V3 {
    pub x: i32,
    pub y: i32,
    pub z: i32,
}

/// Shorthand for a [`V3`].
#[inline(always)]
pub const fn v3(x: i32, y: i32, z: i32) -> V3 {
    V3 { x, y, z }
}

#[inline(always)]
pub const fn v_add(a: V3, b: V3) -> V3 {
    v3(fx_add(a.x, b.x), fx_add(a.y, b.y), fx_add(a.z, b.z))
}

#[inline(always)]
pub const fn v_sub(a: V3, b: V3) -> V3 {
    v3(fx_sub(a.x, b.x), fx_sub(a.y, b.y), fx_sub(a.z, b.z))
}

/// Every component times `s`.
#[inline(always)]
pub const fn v_scale(a: V3, s: i32) -> V3 {
    v3(fx_mul(a.x, s), fx_mul(a.y, s), fx_mul(a.z, s))
}

/// Component by component.
#[inline(always)]
pub const fn v_mul(a: V3, b: V3) -> V3 {
    v3(fx_mul(a.x, b.x), fx_mul(a.y, b.y), fx_mul(a.z, b.z))
}

#[inline(always)]
pub const fn v_mix(a: V3, b: V3, t: i32) -> V3 {
    v3(fx_mix(a.x, b.x, t), fx_mix(a.y, b.y, t), fx_mix(a.z, b.z, t))
}

/// `a + b s`.
#[inline(always)]
pub const fn v_along(a: V3, b: V3, s: i32) -> V3 {
    v_add(a, v_scale(b, s))
}

/// The floor of the exact sum of products (modulo 2^64), low 32 bits.
#[inline(always)]
pub const fn fx_dot(a: V3, b: V3) -> i32 {
    let x = (a.x as i64).wrapping_mul(b.x as i64);
    let y = (a.y as i64).wrapping_mul(b.y as i64);
    let z = (a.z as i64).wrapping_mul(b.z as i64);
    (x.wrapping_add(y).wrapping_add(z) >> 16) as i32
}

/// `a * b + c * d` with one rounding, low 32 bits.
#[inline(always)]
pub const fn fx_dot2(a: i32, b: i32, c: i32, d: i32) -> i32 {
    let x = (a as i64).wrapping_mul(b as i64);
    let y = (c as i64).wrapping_mul(d as i64);
    (x.wrapping_add(y) >> 16) as i32
}

/// The square of a Q16.16 number in Q32.32.
#[inline(always)]
pub const fn fx_square(a: i32) -> u64 {
    (a as i64).wrapping_mul(a as i64) as u64
}

/// `floor(|(x, y)|)`, at most the greatest integer.
#[inline(always)]
pub const fn fx_len2(x: i32, y: i32) -> i32 {
    let root = fx_isqrt(fx_square(x).wrapping_add(fx_square(y)));
    if root > 0x7fff_ffff { 0x7fff_ffff } else { root as i32 }
}

/// `floor(|a|)`, at most the greatest integer. Three squares fit 64 bits for every input.
#[inline(always)]
pub const fn fx_len3(a: V3) -> i32 {
    let sum = fx_square(a.x).wrapping_add(fx_square(a.y)).wrapping_add(fx_square(a.z));
    let root = fx_isqrt(sum);
    if root > 0x7fff_ffff { 0x7fff_ffff } else { root as i32 }
}

/// `a / |a|` component by component, rounded towards zero; the zero vector stays zero.
#[inline(always)]
pub const fn v_normalize(a: V3) -> V3 {
    let length = fx_len3(a);
    v3(fx_div(a.x, length), fx_div(a.y, length), fx_div(a.z, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(n: u64) -> u32 {
        u32::try_from(n.isqrt()).unwrap()
    }

    #[test]
    fn square_root_is_exact_at_every_edge() {
        for bit in 0..64 {
            for delta in -3i128..=3 {
                let n = (1i128 << bit) + delta;
                if let Ok(n) = u64::try_from(n) {
                    assert_eq!(fx_isqrt(n), root(n), "{n}");
                }
            }
        }
        for r in (1u64..=0xffff_ffff).step_by(65_521).chain([0xffff_ffff, 0xffff_fffe, 0x8000_0000, 0x7fff_ffff]) {
            for n in [r * r - 1, r * r, r * r + 1, r * r + 2 * r] {
                assert_eq!(fx_isqrt(n), root(n), "{n}");
            }
        }
        for n in (0..1 << 20).chain(u64::MAX - 100..=u64::MAX) {
            assert_eq!(fx_isqrt(n), root(n), "{n}");
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(fx_mul(-1, 1), -1, "a product rounds down");
        assert_eq!(fx_div(-1, 2 * ONE), 0, "a quotient rounds towards zero");
        assert_eq!(fx_div(5, 0), 0);
        assert_eq!(fx_sqrt(2 * ONE), 92_681);
        assert_eq!(fx_sqrt(-ONE), 0);
        assert_eq!(fx_abs(i32::MIN), i32::MIN);
        assert_eq!(v_normalize(v3(0, 0, 0)), v3(0, 0, 0));
        assert_eq!(v_normalize(v3(3 * ONE, 0, -4 * ONE)), v3(39_321, 0, -52_428));
        assert_eq!(fx_len3(v3(i32::MIN, i32::MIN, i32::MIN)), i32::MAX);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn laws_against_128_bits(a: i32, b: i32, c: i32, d: i32, n: u64) {
            let (wide_a, wide_b) = (i128::from(a), i128::from(b));
            prop_assert_eq!(fx_mul(a, b), (wide_a * wide_b).div_euclid(65_536) as i32);
            if b != 0 {
                prop_assert_eq!(fx_div(a, b), (wide_a * 65_536 / wide_b) as i32);
            }
            prop_assert_eq!(fx_dot2(a, b, c, d),
                (wide_a * wide_b + i128::from(c) * i128::from(d)).div_euclid(65_536) as i32);
            prop_assert_eq!(fx_add(a, b), (wide_a + wide_b) as i32);
            prop_assert_eq!(fx_sub(a, b), (wide_a - wide_b) as i32);
            prop_assert_eq!(fx_isqrt(n), root(n));
            prop_assert_eq!(fx_isqrt(n >> (a & 63)), root(n >> (a & 63)));
            prop_assert_eq!(fx_sqrt(a), if a < 0 { 0 } else { (wide_a << 16).isqrt() as i32 });
            let squares = wide_a * wide_a + wide_b * wide_b + i128::from(c) * i128::from(c);
            prop_assert_eq!(fx_len3(v3(a, b, c)), squares.isqrt().min(i128::from(i32::MAX)) as i32);
            let dot = wide_a * i128::from(d) + wide_b * wide_a + i128::from(c) * wide_b;
            prop_assert_eq!(fx_dot(v3(a, b, c), v3(d, a, b)), (i128::from(dot as i64)).div_euclid(65_536) as i32);
        }

        #[test]
        fn unit_vectors_have_unit_length(x in -1_000_000i32..1_000_000, y in -1_000_000i32..1_000_000, z in 66_000i32..1_000_000) {
            let length = fx_len3(v_normalize(v3(x, y, z)));
            prop_assert!((ONE - 4..=ONE).contains(&length), "{}", length);
        }
    }
}
