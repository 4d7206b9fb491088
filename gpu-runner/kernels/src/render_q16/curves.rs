//! The scalar curves of RENDER_Q16: powers, filtered stripes, and the way from light to bytes on a screen.

use crate::fixed::*;

/// `x` to the power of `2^doublings`.
pub fn power(x: i32, doublings: u32) -> i32 {
    (0..doublings).fold(x, |x, _| fx_mul(x, x))
}

/// The mean over `width` of a wave that is 1 in the first half of every period of 1 and -1 in the second.
pub fn stripes(at: i32, width: i32) -> i32 {
    // Its integral: a triangle between 0 and 1/2.
    let integral = |x: i32| fx_abs(fx_sub(x & 0xffff, HALF));
    let width = fx_max(width, 64);
    let half = width >> 1;
    let change = fx_sub(integral(fx_sub(at, half)), integral(fx_sub(fx_add(at, width), half)));
    fx_clamp(fx_div(change, width), fx_sub(0, ONE), ONE)
}

/// A fixed pattern of half steps that breaks up bands in smooth gradients; 0 to 1.
pub fn dither(x: i32, y: i32) -> i32 {
    let mixed = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
    (mixed >> 16) as i32
}

/// A linear channel on the screen: a filmic curve, a root of two for the display, eight bits.
pub fn tone(light: i32, grain: i32) -> u8 {
    let x = fx_clamp(light, 0, 64 << 16);
    let above = fx_mul(x, fx_add(fx_mul(x, 164_495), 1_966));
    let below = fx_add(fx_mul(x, fx_add(fx_mul(x, 159_252), 38_666)), 9_175);
    let shown = fx_sqrt(fx_clamp(fx_div(above, below), 0, ONE));
    let level = fx_add(shown.wrapping_mul(255), grain) >> 16;
    fx_clamp(level, 0, 255) as u8
}
