//! What RENDER_Q16 costs: a bound that needs nothing but the scene, and the meter that counts what a chunk really
//! took. Every charge in the renderer has its worst case in [`chunk_cost`].

use super::{CHUNK_PIXELS, MARCH_STEPS, PROBES, REFLECT_STEPS, SHADOW_STEPS};
use crate::scene::{Scene, Shape};

/// What each piece of work is charged, in the unit of [`chunk_cost`].
pub mod ops {
    pub const SPHERE: u64 = 16;
    pub const BOX: u64 = 24;
    pub const TORUS: u64 = 40;
    pub const STEP: u64 = 12;
    pub const PIXEL: u64 = 200;
    pub const RAY: u64 = 150;
    pub const PLANE: u64 = 30;
    pub const SKY: u64 = 60;
    pub const GLOW: u64 = 80;
    pub const SHADE: u64 = 300;
    pub const LIGHT: u64 = 250;
}

/// Counts operations; the unit type counts nothing and costs nothing.
pub trait Meter {
    fn charge(&mut self, _ops: u64) {}
}

impl Meter for () {}

pub struct Count(pub u64);

impl Meter for Count {
    fn charge(&mut self, ops: u64) {
        self.0 = self.0.saturating_add(ops);
    }
}

/// A bound on the operations of any chunk of `scene`, worked out without running it. The unit is set so that the
/// reference takes about a nanosecond per operation on one 2.5 GHz core (0.4 to 1.1 were measured).
#[must_use]
pub fn chunk_cost(scene: &Scene) -> u64 {
    let (map, planes, lights) = (map_ops(scene), scene.planes.len() as u64, scene.lights.len() as u64);
    let step = map.saturating_add(ops::STEP);
    let probe = step.saturating_add(ops::PLANE.saturating_mul(planes));
    let light = light_ops(scene).saturating_add(step.saturating_mul(u64::from(SHADOW_STEPS)));
    let shade = ops::SHADE
        .saturating_add(sky_ops(scene))
        .saturating_add(map.saturating_mul(2))
        .saturating_add(probe.saturating_mul(PROBES.len() as u64))
        .saturating_add(light.saturating_mul(lights));
    let ray = |steps: u32| ray_ops(scene).saturating_add(step.saturating_mul(u64::from(steps)));
    // A silhouette is shaded as well as what is behind it.
    let mut pixel = ops::PIXEL.saturating_add(ray(MARCH_STEPS)).saturating_add(shade.saturating_mul(2));
    if scene.mirrors() {
        pixel = pixel.saturating_add(ray(REFLECT_STEPS)).saturating_add(shade);
    }
    pixel.saturating_mul(u64::from(CHUNK_PIXELS))
}

pub fn map_ops(scene: &Scene) -> u64 {
    scene.primitives.iter().fold(0, |sum, p| {
        sum.saturating_add(match p.shape {
            Shape::Sphere => ops::SPHERE,
            Shape::Box => ops::BOX,
            Shape::Torus => ops::TORUS,
        })
    })
}

pub fn ray_ops(scene: &Scene) -> u64 {
    ops::RAY.saturating_add(ops::PLANE.saturating_mul(scene.planes.len() as u64))
}

pub fn sky_ops(scene: &Scene) -> u64 {
    ops::SKY.saturating_add(ops::GLOW.saturating_mul(scene.lights.len() as u64))
}

pub fn light_ops(scene: &Scene) -> u64 {
    ops::LIGHT.saturating_add(ops::PLANE.saturating_mul(scene.planes.len() as u64))
}
