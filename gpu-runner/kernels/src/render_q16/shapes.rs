//! Distance and normal of every shape of a scene, and how shapes unite.

use crate::fixed::*;
use crate::scene::{Primitive, Shape};

/// The smooth minimum of a distance and a primitive's.
#[inline(always)]
pub fn union(near: i32, distance: i32, p: &Primitive) -> i32 {
    let overlap = fx_max(fx_sub(p.blend, fx_abs(fx_sub(near, distance))), 0);
    fx_sub(fx_min(near, distance), fx_mul(fx_mul(overlap, overlap), p.inverse_4_blend))
}

/// Whether a sphere's distance is at least `near` plus its blend, seen without the root: then the union stays as it
/// is. Exact, because the floor of a root is at least a whole number just when its square is.
#[inline(always)]
pub fn out_of_reach(p: &Primitive, at: V3, near: i32) -> bool {
    if p.shape != Shape::Sphere {
        return false;
    }
    let v = v_sub(at, p.at);
    let reach = fx_add(fx_add(near, p.blend), p.size.x);
    reach > 0 && fx_square(v.x).wrapping_add(fx_square(v.y)).wrapping_add(fx_square(v.z)) >= fx_square(reach)
}

/// A point in the primitive's own frame.
#[inline(always)]
fn local(p: &Primitive, at: V3) -> V3 {
    let from = v_sub(at, p.at);
    let (x, z) = p.facing;
    v3(fx_dot2(from.x, z, fx_sub(0, from.z), x), from.y, fx_dot2(from.x, x, from.z, z))
}

/// A direction back from the primitive's own frame.
fn outward(p: &Primitive, n: V3) -> V3 {
    let (x, z) = p.facing;
    v3(fx_dot2(n.x, z, n.z, x), n.y, fx_dot2(n.z, z, fx_sub(0, n.x), x))
}

#[inline(always)]
pub fn primitive_distance(p: &Primitive, at: V3) -> i32 {
    match p.shape {
        Shape::Sphere => fx_sub(fx_len3(v_sub(at, p.at)), p.size.x),
        Shape::Box => {
            let l = local(p, at);
            let q = v_sub(v3(fx_abs(l.x), fx_abs(l.y), fx_abs(l.z)), p.size);
            let outside = fx_len3(v3(fx_max(q.x, 0), fx_max(q.y, 0), fx_max(q.z, 0)));
            let inside = fx_min(fx_max(q.x, fx_max(q.y, q.z)), 0);
            fx_sub(fx_add(outside, inside), p.round)
        }
        Shape::Torus => {
            let l = v_sub(at, p.at);
            fx_sub(fx_len2(fx_sub(fx_len2(l.x, l.z), p.size.x), l.y), p.size.y)
        }
    }
}

/// Distance and unit normal.
pub fn primitive_normal(p: &Primitive, at: V3) -> (i32, V3) {
    let distance = primitive_distance(p, at);
    let normal = match p.shape {
        Shape::Sphere => v_normalize(v_sub(at, p.at)),
        Shape::Box => {
            let l = local(p, at);
            let q = v_sub(v3(fx_abs(l.x), fx_abs(l.y), fx_abs(l.z)), p.size);
            let top = fx_max(q.x, fx_max(q.y, q.z));
            let part = |q: i32| {
                if top > 0 {
                    fx_max(q, 0)
                } else if q == top {
                    ONE
                } else {
                    0
                }
            };
            let sign = |part: i32, l: i32| if l < 0 { fx_sub(0, part) } else { part };
            let n = v3(sign(part(q.x), l.x), sign(part(q.y), l.y), sign(part(q.z), l.z));
            v_normalize(outward(p, n))
        }
        Shape::Torus => {
            let l = v_sub(at, p.at);
            let across = fx_len2(l.x, l.z);
            let out = fx_sub(across, p.size.x);
            v_normalize(v3(fx_mul(fx_div(l.x, across), out), l.y, fx_mul(fx_div(l.z, across), out)))
        }
    };
    (distance, normal)
}
