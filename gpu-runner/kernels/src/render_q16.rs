//! Reference of kernel RENDER_Q16: signed-distance ray marching of a [`Scene`] in Q16.16, one 16x16 tile per chunk.
//! `render_q16.cl` beside it is the same program for devices, function by function; `specs/RENDER_Q16.md` is the
//! text that both follow. Any change here changes what is true on chain: it needs a new kernel name.

use crate::fixed::*;
use crate::scene::{Light, Plane, Scene};
use alloc::vec::Vec;
use cost::{Count, Meter, light_ops, map_ops, ops, ray_ops, sky_ops};
use curves::{dither, power, stripes, tone};
use shapes::{out_of_reach, primitive_distance, primitive_normal, union};

pub use cost::chunk_cost;

mod cost;
mod curves;
mod shapes;

/// Pixels of a chunk.
pub const CHUNK_PIXELS: u32 = 256;
/// Bytes of a chunk's output: RGBA8, row by row.
pub const CHUNK_BYTES: usize = 1024;

const MARCH_STEPS: u32 = 48;
const REFLECT_STEPS: u32 = 24;
const SHADOW_STEPS: u32 = 16;
/// Heights above the surface at which openness is probed, and the weight of what is missing there.
const PROBES: [(i32, i32); 4] = [(3_932, 65_536), (10_486, 45_875), (24_904, 26_214), (47_186, 13_107)];
/// How far a mirror's share rises towards grazing angles.
const MIRROR_RISE: i32 = 45_875;
/// Brightness of light from below in proportion to the horizon.
const GROUND_SHARE: i32 = 19_661;
const RIM: i32 = 19_661;
const HIGHLIGHT: i32 = 32_768;
const CLOSED_GAIN: i32 = 98_304;
/// The lamps' glow in the sky: all around them, and close to them.
const GLOW_WIDE: i32 = 6_554;
const GLOW_CORE: i32 = 26_214;
/// Nothing is seen beyond 4000 units.
const FAR: i32 = 262_144_000;
/// The distance to an empty scene.
const NOWHERE: i32 = 1 << 30;

/// The output of chunk `index`: 256 pixels of RGBA8. Defined for every index; pixels outside the picture are
/// rendered like any other.
#[must_use]
pub fn render_chunk(scene: &Scene, index: u32) -> Vec<u8> {
    Frame { scene, map_ops: 0 }.chunk(index, &mut ())
}

/// As [`render_chunk`], with the operations that it really took.
#[must_use]
pub fn render_counted(scene: &Scene, index: u32) -> (Vec<u8>, u64) {
    let mut count = Count(0);
    let output = Frame { scene, map_ops: map_ops(scene) }.chunk(index, &mut count);
    (output, count.0)
}

struct Frame<'a> {
    scene: &'a Scene,
    map_ops: u64,
}

/// What a ray met.
struct Surface {
    normal: V3,
    colour: V3,
    mirror: i32,
}

/// What marching through the primitives found.
#[derive(Default)]
struct March {
    hit: Option<i32>,
    /// A silhouette passed on the way: its distance and how much of the pixel it covers.
    fringe: Option<(i32, i32)>,
}

#[derive(Clone, Copy)]
struct Ray {
    from: V3,
    along: V3,
}

impl Frame<'_> {
    fn chunk(&self, index: u32, meter: &mut impl Meter) -> Vec<u8> {
        let (left, top) = self.scene.tile_origin(index);
        let mut output = Vec::with_capacity(CHUNK_BYTES);
        for pixel in 0..CHUNK_PIXELS {
            let x = left.wrapping_add(pixel & 15);
            let y = top.wrapping_add(pixel >> 4);
            output.extend(self.pixel(x as i32, y as i32, meter));
        }
        output
    }

    fn pixel(&self, x: i32, y: i32, meter: &mut impl Meter) -> [u8; 4] {
        meter.charge(ops::PIXEL);
        let (camera, height) = (&self.scene.camera, self.scene.height as i32);
        let u = fx_div(fx_sub(fx_add(fx_add(x, x), 1), self.scene.width as i32), height);
        let v = fx_div(fx_sub(fx_sub(height, 1), fx_add(y, y)), height);
        let along = v_along(v_along(camera.forward, camera.right, u), camera.up, v);
        let ray = Ray { from: camera.from, along: v_normalize(along) };
        let light = self.primary(ray, meter);
        let grain = dither(x, y);
        [tone(light.x, grain), tone(light.y, grain), tone(light.z, grain), 255]
    }

    /// The colour along a camera ray: what it meets, one reflection of it, and silhouettes blended over it.
    fn primary(&self, ray: Ray, meter: &mut impl Meter) -> V3 {
        meter.charge(ray_ops(self.scene));
        let (floor_at, floor) = self.nearest_plane(ray);
        let march = self.march(ray, floor_at, MARCH_STEPS, true, meter);
        let mut colour = match (march.hit, floor) {
            (Some(t), _) => self.seen(ray, t, &self.surface(v_along(ray.from, ray.along, t), meter), true, meter),
            (None, Some(plane)) => self.seen(ray, floor_at, &self.checker(plane, ray, floor_at), true, meter),
            (None, None) => self.sky(ray, meter),
        };
        if let Some((t, cover)) = march.fringe {
            let edge = self.surface(v_along(ray.from, ray.along, t), meter);
            colour = v_mix(colour, self.seen(ray, t, &edge, false, meter), cover);
        }
        colour
    }

    /// The colour along a reflected ray: no further reflection, no silhouettes.
    fn secondary(&self, ray: Ray, meter: &mut impl Meter) -> V3 {
        meter.charge(ray_ops(self.scene));
        let (floor_at, floor) = self.nearest_plane(ray);
        let march = self.march(ray, floor_at, REFLECT_STEPS, false, meter);
        match (march.hit, floor) {
            (Some(t), _) => self.seen(ray, t, &self.surface(v_along(ray.from, ray.along, t), meter), false, meter),
            (None, Some(plane)) => self.seen(ray, floor_at, &self.checker(plane, ray, floor_at), false, meter),
            (None, None) => self.sky(ray, meter),
        }
    }

    /// A surface at distance `t` as it looks from the ray's origin.
    fn seen(&self, ray: Ray, t: i32, surface: &Surface, reflect: bool, meter: &mut impl Meter) -> V3 {
        let lift = fx_add(fx_mul(t, self.scene.camera.pixel), 256);
        let at = v_along(v_along(ray.from, ray.along, t), surface.normal, lift);
        let facing = fx_clamp(fx_sub(0, fx_dot(surface.normal, ray.along)), 0, ONE);
        let graze = fx_sub(ONE, facing);
        let graze2 = fx_mul(graze, graze);
        let fresnel = fx_mul(fx_mul(graze2, graze2), graze);
        let mut colour = self.lit(ray, at, surface, fresnel, meter);
        if reflect && surface.mirror > 0 {
            let twice = fx_mul(fx_dot(surface.normal, ray.along), -2 << 16);
            let along = v_normalize(v_along(ray.along, surface.normal, twice));
            let amount = fx_mix(surface.mirror, ONE, fx_mul(fresnel, MIRROR_RISE));
            colour = v_mix(colour, self.secondary(Ray { from: at, along }, meter), amount);
        }
        let fog = fx_min(fx_mul(t, self.scene.inverse_fog), ONE);
        v_mix(colour, self.sky(ray, meter), fx_mul(fog, fog))
    }

    /// Light that the surface sends back: ambient by openness, then every lamp with its shadow and highlight.
    fn lit(&self, ray: Ray, at: V3, surface: &Surface, fresnel: i32, meter: &mut impl Meter) -> V3 {
        meter.charge(ops::SHADE);
        let normal = surface.normal;
        let open = self.openness(at, normal, ray.from.y, meter);
        let ground = v_scale(self.scene.horizon, GROUND_SHARE);
        let above = fx_mul(fx_add(ONE, normal.y), HALF);
        let ambient = v_scale(v_mix(ground, self.scene.zenith, above), fx_mul(self.scene.ambient, open));
        let mut diffuse = ambient;
        let mut gloss = v_scale(self.scene.horizon, fx_mul(fx_mul(fresnel, open), fx_mul(above, RIM)));
        for light in &self.scene.lights {
            meter.charge(light_ops(self.scene));
            let to = v_sub(light.at, at);
            let distance = fx_len3(to);
            let toward = v3(fx_div(to.x, distance), fx_div(to.y, distance), fx_div(to.z, distance));
            let facing = fx_dot(normal, toward);
            if facing <= 0 {
                continue;
            }
            let shade = self.shadow(Ray { from: at, along: toward }, ray.from.y, distance, light, meter);
            if shade == 0 {
                continue;
            }
            diffuse = v_along(diffuse, light.colour, fx_mul(facing, shade));
            let half = v_normalize(v_sub(toward, ray.along));
            let shine = power(fx_clamp(fx_dot(normal, half), 0, ONE), 7);
            gloss = v_along(gloss, light.colour, fx_mul(fx_mul(shine, shade), HIGHLIGHT));
        }
        v_add(v_mul(surface.colour, diffuse), gloss)
    }

    /// How much of the lamp is seen, 0 to 1: the narrowest gap on the way in proportion to its distance. A plane
    /// between `eye`, the height that the surface is seen from, and the lamp hides it.
    fn shadow(&self, ray: Ray, eye: i32, distance: i32, light: &Light, meter: &mut impl Meter) -> i32 {
        for plane in &self.scene.planes {
            if (fx_sub(eye, plane.y) ^ fx_sub(light.at.y, plane.y)) < 0 {
                return 0;
            }
        }
        let reach = fx_add(fx_len3(v_sub(self.scene.centre, ray.from)), self.scene.radius);
        let margin = fx_div(reach, light.soft);
        let Some((enter, leave)) = self.bounds(ray, margin) else {
            return ONE;
        };
        let mut t = fx_max(enter, 1_311);
        let end = fx_min(leave, distance);
        let least = fx_add(fx_mul(fx_sub(end, t), 4_096), 1);
        let (mut gap, mut gap_at) = (ONE, light.soft);
        for _ in 0..SHADOW_STEPS {
            if t >= end {
                break;
            }
            let near = self.distance(v_along(ray.from, ray.along, t), meter);
            if near <= 16 {
                return 0;
            }
            if i64::from(near).wrapping_mul(i64::from(gap_at)) < i64::from(gap).wrapping_mul(i64::from(t)) {
                (gap, gap_at) = (near, t);
            }
            t = fx_add(t, fx_max(near, least));
        }
        let seen = fx_clamp(fx_mul(fx_div(gap, gap_at), light.soft), 0, ONE);
        fx_mul(fx_mul(seen, seen), fx_sub(3 << 16, fx_add(seen, seen)))
    }

    /// Ambient openness at a surface seen from height `eye`, 0 to 1.
    fn openness(&self, at: V3, normal: V3, eye: i32, meter: &mut impl Meter) -> i32 {
        if fx_sub(fx_len3(v_sub(at, self.scene.centre)), self.scene.radius) > ONE {
            return ONE;
        }
        let mut closed = 0;
        for (height, weight) in PROBES {
            meter.charge(ops::PLANE.saturating_mul(self.scene.planes.len() as u64));
            let probe = v_along(at, normal, height);
            let mut near = self.distance(probe, meter);
            for plane in &self.scene.planes {
                // On the other side of the plane than the eye the distance is negative.
                let above = fx_sub(probe.y, plane.y);
                near = fx_min(near, if fx_sub(eye, plane.y) < 0 { fx_sub(0, above) } else { above });
            }
            closed = fx_add(closed, fx_mul(fx_max(fx_sub(height, near), 0), weight));
        }
        fx_clamp(fx_sub(ONE, fx_mul(closed, CLOSED_GAIN)), 0, ONE)
    }

    /// Where the ray is inside the sphere around all primitives, widened by `margin`.
    fn bounds(&self, ray: Ray, margin: i32) -> Option<(i32, i32)> {
        if self.scene.primitives.is_empty() {
            return None;
        }
        let to = v_sub(self.scene.centre, ray.from);
        let middle = fx_dot(to, ray.along);
        let off = v_sub(to, v_scale(ray.along, middle));
        let radius = fx_add(self.scene.radius, margin);
        let off2 = fx_square(off.x).wrapping_add(fx_square(off.y)).wrapping_add(fx_square(off.z));
        let radius2 = fx_square(radius);
        if off2 >= radius2 {
            return None;
        }
        let half = fx_isqrt(radius2.wrapping_sub(off2)) as i32;
        let leave = fx_add(middle, half);
        if leave <= 0 { None } else { Some((fx_max(fx_sub(middle, half), 0), leave)) }
    }

    /// The first plane before [`FAR`], and its distance; [`FAR`] when there is none.
    fn nearest_plane(&self, ray: Ray) -> (i32, Option<&Plane>) {
        let mut found = (FAR, None);
        for plane in &self.scene.planes {
            let t = fx_quot(fx_sub(plane.y, ray.from.y), ray.along.y);
            if t > 64 && t < i64::from(found.0) {
                found = (t as i32, Some(plane));
            }
        }
        found
    }

    /// Sphere tracing up to distance `end`. A ray that runs out of steps has hit when it is within a pixel.
    fn march(&self, ray: Ray, end: i32, steps: u32, fringes: bool, meter: &mut impl Meter) -> March {
        let mut march = March::default();
        let Some((enter, leave)) = self.bounds(ray, 0) else {
            return march;
        };
        let end = fx_min(end, leave);
        let mut t = enter;
        let (mut last, mut last_at, mut last_width) = (NOWHERE, 0, 0);
        for _ in 0..steps {
            if t >= end {
                return march;
            }
            let near = self.distance(v_along(ray.from, ray.along, t), meter);
            let width = fx_add(fx_mul(t, self.scene.camera.pixel), 16);
            if near < fx_add(width >> 3, 4) {
                march.hit = Some(t);
                return march;
            }
            if fringes && march.fringe.is_none() && near > last && last < last_width {
                march.fringe = Some((last_at, fx_sub(ONE, fx_div(last, last_width))));
            }
            (last, last_at, last_width) = (near, t, width);
            t = fx_add(t, near);
        }
        if last < last_width {
            march.hit = Some(last_at);
        }
        march
    }

    /// Signed distance to the union of all primitives.
    fn distance(&self, at: V3, meter: &mut impl Meter) -> i32 {
        meter.charge(self.map_ops.saturating_add(ops::STEP));
        let mut near = NOWHERE;
        for p in &self.scene.primitives {
            if !out_of_reach(p, at, near) {
                near = union(near, primitive_distance(p, at), p);
            }
        }
        near
    }

    /// Normal and material of the union near a point; smooth unions mix both.
    fn surface(&self, at: V3, meter: &mut impl Meter) -> Surface {
        meter.charge(self.map_ops.saturating_mul(2));
        let mut near = NOWHERE;
        let mut found = Surface { normal: V3::default(), colour: V3::default(), mirror: 0 };
        for p in &self.scene.primitives {
            let (distance, normal) = primitive_normal(p, at);
            let share = if p.blend == 0 {
                if distance < near { ONE } else { 0 }
            } else {
                let lead = fx_clamp(fx_sub(near, distance), fx_sub(0, p.blend), p.blend);
                fx_clamp(fx_add(HALF, fx_mul(fx_add(lead, lead), p.inverse_4_blend)), 0, ONE)
            };
            found.normal = v_mix(found.normal, normal, share);
            found.colour = v_mix(found.colour, p.colour, share);
            found.mirror = fx_mix(found.mirror, p.mirror, share);
            near = union(near, distance, p);
        }
        found.normal = v_normalize(found.normal);
        found
    }

    /// A plane's squares, averaged over the width of a pixel so that they fade instead of flickering.
    fn checker(&self, plane: &Plane, ray: Ray, t: i32) -> Surface {
        let at = v_along(ray.from, ray.along, t);
        let width = fx_mul(t, self.scene.camera.pixel);
        let slant = fx_max(fx_abs(ray.along.y), 64);
        let across = |along: i32| fx_mul(width, fx_add(ONE, fx_min(fx_div(fx_abs(along), slant), FAR)));
        let x = stripes(fx_mul(at.x, plane.inverse_period), fx_mul(across(ray.along.x), plane.inverse_period));
        let z = stripes(fx_mul(at.z, plane.inverse_period), fx_mul(across(ray.along.z), plane.inverse_period));
        let share = fx_clamp(fx_sub(HALF, fx_mul(fx_mul(x, z), HALF)), 0, ONE);
        let normal = v3(0, if ray.along.y > 0 { fx_sub(0, ONE) } else { ONE }, 0);
        Surface { normal, colour: v_mix(plane.even, plane.odd, share), mirror: plane.mirror }
    }

    /// Horizon to zenith, with a glow around every lamp.
    fn sky(&self, ray: Ray, meter: &mut impl Meter) -> V3 {
        meter.charge(sky_ops(self.scene));
        let mut colour = v_mix(self.scene.horizon, self.scene.zenith, fx_sqrt(fx_max(ray.along.y, 0)));
        for light in &self.scene.lights {
            let toward = v_normalize(v_sub(light.at, ray.from));
            let close = fx_clamp(fx_dot(toward, ray.along), 0, ONE);
            let wide = power(close, 3);
            let glow = fx_add(fx_mul(wide, GLOW_WIDE), fx_mul(power(wide, 5), GLOW_CORE));
            colour = v_along(colour, light.colour, glow);
        }
        colour
    }
}
