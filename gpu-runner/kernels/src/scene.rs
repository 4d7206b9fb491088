//! A scene, ready to be rendered: parsed from its text form and completed with what a renderer would otherwise work
//! out at every pixel (camera basis, bounding sphere, reciprocals). Everything is Q16.16; lengths are in scene units.

use crate::fixed::*;
use crate::syntax::{self, Values};
pub use crate::syntax::{MAX_BYTES, MAX_LINE, SceneError};
use alloc::{format, vec::Vec};

/// Most spheres, boxes, tori and planes together.
pub const MAX_PRIMITIVES: usize = 64;
/// Most lights.
pub const MAX_LIGHTS: usize = 8;
/// Number of i32 words before the first primitive of [`Scene::to_words`].
pub const HEADER_WORDS: usize = 40;
/// Words of one primitive.
pub const PRIMITIVE_WORDS: usize = 16;
/// Words of one plane.
pub const PLANE_WORDS: usize = 10;
/// Words of one light.
pub const LIGHT_WORDS: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    pub from: V3,
    pub right: V3,
    pub up: V3,
    /// Unit direction of view times the zoom.
    pub forward: V3,
    /// Width of a pixel at distance 1.
    pub pixel: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `size.x` is the radius.
    Sphere,
    /// `size` is half the edges without the rounding, `round` the radius of edges.
    Box,
    /// Around the y axis: `size.x` is the radius of the ring, `size.y` of the tube.
    Torus,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primitive {
    pub shape: Shape,
    pub at: V3,
    pub size: V3,
    pub round: i32,
    /// Unit vector (x, z) that the local z axis points to.
    pub facing: (i32, i32),
    /// Width of the smooth union with everything before; 0 is a sharp union.
    pub blend: i32,
    /// `1 / (4 blend)`, 0 for a sharp union.
    pub inverse_4_blend: i32,
    /// Linear channels.
    pub colour: V3,
    pub mirror: i32,
}

/// A horizontal checkered floor or ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane {
    pub y: i32,
    pub even: V3,
    pub odd: V3,
    /// `1 / (2 size)` of a square.
    pub inverse_period: i32,
    pub mirror: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    pub at: V3,
    /// Linear channels times the power.
    pub colour: V3,
    /// Sharpness of shadows: distance over radius of the lamp.
    pub soft: i32,
}

/// A whole scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Pixels.
    pub width: u32,
    pub height: u32,
    pub camera: Camera,
    pub zenith: V3,
    pub horizon: V3,
    pub ambient: i32,
    /// `1 / distance` at which fog hides everything; 0 without fog.
    pub inverse_fog: i32,
    /// A sphere that holds every primitive and what smooth unions add.
    pub centre: V3,
    pub radius: i32,
    pub primitives: Vec<Primitive>,
    pub planes: Vec<Plane>,
    pub lights: Vec<Light>,
}

impl Scene {
    /// Reads the text form.
    ///
    /// # Errors
    /// Names the line, the field and what to write instead. Never panics, whatever the text.
    pub fn parse(text: &str) -> Result<Self, SceneError> {
        let statements = syntax::parse(text)?;
        let end = statements.last().map_or(1, |(line, _, _)| *line);
        for name in ["size", "camera", "sky", "ambient", "fog"] {
            if let Some((line, _, _)) = statements.iter().filter(|(_, s, _)| s.name == name).nth(1) {
                return Err(SceneError::new(*line, name, "is given twice in the scene: keep one"));
            }
        }
        let find = |name: &str| statements.iter().find(|(_, s, _)| s.name == name).map(|(line, _, v)| (*line, v));
        let missing = |name: &str, example: &str| {
            SceneError::new(end, name, format!("is missing from the scene: write for instance `{example}`"))
        };
        let (_, size) = find("size").ok_or_else(|| missing("size", "size 640 360"))?;
        let (width, height) = pair(size, "size");
        let (line, camera) = find("camera").ok_or_else(|| missing("camera", "camera from 0 2 6 look 0 1 0"))?;
        let camera = read_camera(line, camera, height)?;
        let sky = find("sky").and_then(|(_, v)| v.get("sky"));
        let (zenith, horizon) = sky.map_or((DEFAULT_ZENITH, DEFAULT_HORIZON), two_colours);
        let mut scene = Self {
            width: width.unsigned_abs(),
            height: height.unsigned_abs(),
            camera,
            zenith,
            horizon,
            ambient: find("ambient").map_or(DEFAULT_AMBIENT, |(_, v)| v.one("ambient", 0)),
            inverse_fog: find("fog").map_or(0, |(_, v)| fx_div(ONE, v.one("fog", ONE))),
            centre: V3::default(),
            radius: 0,
            primitives: Vec::new(),
            planes: Vec::new(),
            lights: Vec::new(),
        };
        for (line, statement, values) in &statements {
            scene.add(*line, statement.name, values)?;
        }
        (scene.centre, scene.radius) = bounding_sphere(&scene.primitives);
        Ok(scene)
    }

    fn add(&mut self, line: usize, name: &str, values: &Values) -> Result<(), SceneError> {
        match name {
            "light" => self.lights.push(read_light(values)),
            "plane" => self.planes.push(read_plane(values)),
            "sphere" => self.primitives.push(read_primitive(line, Shape::Sphere, values)?),
            "box" => self.primitives.push(read_primitive(line, Shape::Box, values)?),
            "torus" => self.primitives.push(read_primitive(line, Shape::Torus, values)?),
            _ => {}
        }
        if self.lights.len() > MAX_LIGHTS {
            return Err(SceneError::new(line, name, format!("must not be given more than {MAX_LIGHTS} times")));
        }
        if self.primitives.len().saturating_add(self.planes.len()) > MAX_PRIMITIVES {
            return Err(SceneError::new(line, name, format!("makes more than {MAX_PRIMITIVES} shapes: remove some")));
        }
        Ok(())
    }

    /// 16x16 tiles in a row of the picture.
    #[must_use]
    pub fn tiles_across(&self) -> u32 {
        self.width.div_ceil(16)
    }

    /// Tiles in the picture: one chunk each.
    #[must_use]
    pub fn tiles(&self) -> u32 {
        self.tiles_across().saturating_mul(self.height.div_ceil(16))
    }

    /// The pixel at the upper left of a tile, defined for every index.
    #[must_use]
    pub fn tile_origin(&self, index: u32) -> (u32, u32) {
        let across = self.tiles_across();
        let column = index.checked_rem(across).unwrap_or(0);
        let row = index.checked_div(across).unwrap_or(0);
        (column.wrapping_mul(16), row.wrapping_mul(16))
    }

    /// Whether anything reflects, so that a second ray may be needed.
    #[must_use]
    pub fn mirrors(&self) -> bool {
        self.primitives.iter().any(|p| p.mirror > 0) || self.planes.iter().any(|p| p.mirror > 0)
    }

    /// The scene as the OpenCL kernel reads it: a header of [`HEADER_WORDS`], then primitives, planes, lights.
    #[must_use]
    pub fn to_words(&self) -> Vec<i32> {
        let mut words = Vec::new();
        let counts = [self.primitives.len(), self.planes.len(), self.lights.len()].map(|n| n as i32);
        words.extend([self.width, self.height, self.tiles_across()].map(|n| n as i32));
        words.extend(counts);
        for v in [self.camera.from, self.camera.right, self.camera.up, self.camera.forward] {
            words.extend([v.x, v.y, v.z]);
        }
        words.push(self.camera.pixel);
        for v in [self.zenith, self.horizon] {
            words.extend([v.x, v.y, v.z]);
        }
        words.extend([self.ambient, self.inverse_fog, self.centre.x, self.centre.y, self.centre.z, self.radius]);
        words.resize(HEADER_WORDS, 0);
        for p in &self.primitives {
            words.extend([p.shape as i32, p.at.x, p.at.y, p.at.z, p.size.x, p.size.y, p.size.z, p.round]);
            words.extend([p.facing.0, p.facing.1, p.blend, p.inverse_4_blend]);
            words.extend([p.colour.x, p.colour.y, p.colour.z, p.mirror]);
        }
        for p in &self.planes {
            words.extend([p.y, p.even.x, p.even.y, p.even.z, p.odd.x, p.odd.y, p.odd.z, p.inverse_period, p.mirror, 0]);
        }
        for l in &self.lights {
            words.extend([l.at.x, l.at.y, l.at.z, l.colour.x, l.colour.y, l.colour.z, l.soft, 0]);
        }
        words
    }
}

/// #3a6ea5 and #dfe9f2.
const DEFAULT_ZENITH: V3 = v3(3_390, 12_195, 27_439);
const DEFAULT_HORIZON: V3 = v3(50_120, 54_716, 59_024);
const DEFAULT_AMBIENT: i32 = 39_322;

fn triple(values: &[i32]) -> V3 {
    match *values {
        [x, y, z, ..] => v3(x, y, z),
        _ => V3::default(),
    }
}

fn two_colours(values: &[i32]) -> (V3, V3) {
    (triple(values), triple(values.get(3..).unwrap_or_default()))
}

fn vector(values: &Values, name: &str) -> V3 {
    triple(values.get(name).unwrap_or_default())
}

fn pair(values: &Values, name: &str) -> (i32, i32) {
    match values.get(name) {
        Some(&[a, b, ..]) => (a, b),
        _ => (0, 0),
    }
}

/// The basis by two normalisations and a cross product with the vertical; no angles.
fn read_camera(line: usize, values: &Values, height: i32) -> Result<Camera, SceneError> {
    let from = vector(values, "from");
    let view = v_sub(vector(values, "look"), from);
    let forward = v_normalize(view);
    if fx_len3(view) < ONE >> 6 {
        return Err(SceneError::new(line, "look", "must be another place than from"));
    }
    let flat = v3(fx_sub(0, forward.z), 0, forward.x);
    if fx_len3(flat) < ONE >> 6 {
        return Err(SceneError::new(
            line,
            "look",
            "must not be straight above or below from: move it sideways a little",
        ));
    }
    let right = v_normalize(flat);
    let up = v3(
        fx_sub(fx_mul(right.y, forward.z), fx_mul(right.z, forward.y)),
        fx_sub(fx_mul(right.z, forward.x), fx_mul(right.x, forward.z)),
        fx_sub(fx_mul(right.x, forward.y), fx_mul(right.y, forward.x)),
    );
    let zoom = values.one("zoom", 98_304);
    let pixel = fx_max(fx_div(fx_div(2, height), zoom), 1);
    Ok(Camera { from, right, up: v_normalize(up), forward: v_scale(forward, zoom), pixel })
}

fn read_light(values: &Values) -> Light {
    let colour = v_scale(vector(values, "color"), values.one("power", ONE));
    Light { at: vector(values, "at"), colour, soft: values.one("soft", 8 << 16) }
}

fn read_plane(values: &Values) -> Plane {
    let (even, odd) = two_colours(values.get("checker").unwrap_or_default());
    let inverse_period = fx_div(HALF, values.one("size", ONE));
    Plane { y: values.one("y", 0), even, odd, inverse_period, mirror: values.one("mirror", 0) }
}

fn read_primitive(line: usize, shape: Shape, values: &Values) -> Result<Primitive, SceneError> {
    let size = match shape {
        Shape::Sphere => v3(values.one("radius", 0), 0, 0),
        Shape::Box => vector(values, "half"),
        Shape::Torus => v3(values.one("ring", 0), values.one("tube", 0), 0),
    };
    let round = values.one("round", 0);
    let mut facing = (0, ONE);
    if values.has("facing") {
        let (x, z) = pair(values, "facing");
        let length = fx_len2(x, z);
        if length < ONE >> 6 {
            return Err(SceneError::new(line, "facing", "must be a direction (x z) that is not 0 0"));
        }
        facing = (fx_div(x, length), fx_div(z, length));
    }
    if round >= fx_min(size.x, fx_min(size.y, size.z)) && round > 0 {
        return Err(SceneError::new(line, "round", "must be less than each value of half"));
    }
    let blend = values.one("blend", 0);
    // `half` is the whole box, the kernel rounds outwards.
    let size = if shape == Shape::Box { v_sub(size, v3(round, round, round)) } else { size };
    Ok(Primitive {
        shape,
        at: vector(values, "at"),
        size,
        round,
        facing,
        blend,
        inverse_4_blend: fx_div(ONE >> 2, blend),
        colour: vector(values, "color"),
        mirror: values.one("mirror", 0),
    })
}

/// Radius around `at` that holds the primitive.
fn extent(p: &Primitive) -> i32 {
    match p.shape {
        Shape::Sphere => p.size.x,
        Shape::Box => fx_add(fx_len3(p.size), p.round),
        Shape::Torus => fx_add(p.size.x, p.size.y),
    }
}

/// Centre of the axis-aligned box around all primitives, and the radius from there; a smooth union swells by at most
/// a quarter of its width.
fn bounding_sphere(primitives: &[Primitive]) -> (V3, i32) {
    let Some(first) = primitives.first() else {
        return (V3::default(), 0);
    };
    let (mut low, mut high) = (first.at, first.at);
    for p in primitives {
        let e = extent(p);
        low = v3(fx_min(low.x, fx_sub(p.at.x, e)), fx_min(low.y, fx_sub(p.at.y, e)), fx_min(low.z, fx_sub(p.at.z, e)));
        high =
            v3(fx_max(high.x, fx_add(p.at.x, e)), fx_max(high.y, fx_add(p.at.y, e)), fx_max(high.z, fx_add(p.at.z, e)));
    }
    let centre = v_scale(v_add(low, high), HALF);
    let reach = |p: &Primitive| fx_add(fx_len3(v_sub(p.at, centre)), extent(p));
    let radius = primitives.iter().map(reach).fold(0, fx_max);
    let swell = primitives.iter().map(|p| p.blend >> 2).fold(0, fx_add);
    (centre, fx_add(fx_add(radius, swell), ONE >> 6))
}
