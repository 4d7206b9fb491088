// Kernel RENDER_Q16 for OpenCL devices: the twin of render_q16.rs and fixed.rs, function by function and in the same
// order of operations. Integers only. Signed arithmetic goes through unsigned, where wrapping is defined; `>>` of a
// negative number copies the sign in OpenCL C.

#define ONE 65536
#define HALF 32768

int fx_low(long a) { return as_int((uint)(ulong)a); }
int fx_add(int a, int b) { return as_int(as_uint(a) + as_uint(b)); }
int fx_sub(int a, int b) { return as_int(as_uint(a) - as_uint(b)); }
int fx_mul(int a, int b) { return fx_low(((long)a * (long)b) >> 16); }
long fx_quot(int a, int b) { return b == 0 ? 0 : ((long)a * 65536) / (long)b; }
int fx_div(int a, int b) { return fx_low(fx_quot(a, b)); }
int fx_min(int a, int b) { return a < b ? a : b; }
int fx_max(int a, int b) { return a > b ? a : b; }
int fx_abs(int a) { return a < 0 ? fx_sub(0, a) : a; }
int fx_clamp(int a, int low, int high) { return fx_min(fx_max(a, low), high); }
int fx_mix(int a, int b, int t) { return fx_add(a, fx_mul(fx_sub(b, a), t)); }

// One step of y (3 - x y^2) / 2 with x in Q32, y in Q30.
ulong newton(ulong x, ulong y) {
    ulong square = (y * y) >> 32;
    return (y * (805306368UL - ((x * square) >> 32))) >> 29;
}

// floor(sqrt(n)), exact for every n.
uint fx_isqrt(ulong n) {
    uint shift = (uint)clz(n | 1) & ~1u;
    ulong m = n << shift;
    ulong x = m >> 32;
    ulong slope = 3527635270UL - ((x * 1759404188UL) >> 32);
    ulong y = 2867791956UL - ((x * slope) >> 32);
    y = newton(x, newton(x, y));
    ulong root = (x * y) >> 30;
    // The product stays within 2^62: no overflow.
    root += as_ulong((as_long(m - root * root) * (long)(y >> 16)) >> 47);
    long rest = as_long(m - root * root);
    root = root - (rest < 0) + (rest > (long)(root << 1));
    return (uint)root >> (shift >> 1);
}

int fx_sqrt(int a) { return a <= 0 ? 0 : as_int(fx_isqrt((ulong)a << 16)); }

typedef struct {
    int x, y, z;
} V3;

V3 v3(int x, int y, int z) {
    V3 v = {x, y, z};
    return v;
}
V3 v_add(V3 a, V3 b) { return v3(fx_add(a.x, b.x), fx_add(a.y, b.y), fx_add(a.z, b.z)); }
V3 v_sub(V3 a, V3 b) { return v3(fx_sub(a.x, b.x), fx_sub(a.y, b.y), fx_sub(a.z, b.z)); }
V3 v_scale(V3 a, int s) { return v3(fx_mul(a.x, s), fx_mul(a.y, s), fx_mul(a.z, s)); }
V3 v_mul(V3 a, V3 b) { return v3(fx_mul(a.x, b.x), fx_mul(a.y, b.y), fx_mul(a.z, b.z)); }
V3 v_mix(V3 a, V3 b, int t) { return v3(fx_mix(a.x, b.x, t), fx_mix(a.y, b.y, t), fx_mix(a.z, b.z, t)); }
V3 v_along(V3 a, V3 b, int s) { return v_add(a, v_scale(b, s)); }

ulong fx_product(int a, int b) { return as_ulong((long)a * (long)b); }
int fx_dot(V3 a, V3 b) {
    return fx_low(as_long(fx_product(a.x, b.x) + fx_product(a.y, b.y) + fx_product(a.z, b.z)) >> 16);
}
int fx_dot2(int a, int b, int c, int d) { return fx_low(as_long(fx_product(a, b) + fx_product(c, d)) >> 16); }
ulong fx_square(int a) { return fx_product(a, a); }
int fx_len2(int x, int y) { return as_int(min(fx_isqrt(fx_square(x) + fx_square(y)), 0x7fffffffu)); }
int fx_len3(V3 a) {
    return as_int(min(fx_isqrt(fx_square(a.x) + fx_square(a.y) + fx_square(a.z)), 0x7fffffffu));
}
V3 v_over(V3 a, int s) { return v3(fx_div(a.x, s), fx_div(a.y, s), fx_div(a.z, s)); }
V3 v_normalize(V3 a) { return v_over(a, fx_len3(a)); }

// The scene, as Scene::to_words lays it out.

typedef __global const int *Words;

#define HEADER_WORDS 40
#define PRIMITIVE_WORDS 16
#define PLANE_WORDS 10
#define LIGHT_WORDS 8
#define WIDTH 0
#define HEIGHT 1
#define TILES_ACROSS 2
#define PRIMITIVES 3
#define PLANES 4
#define LIGHTS 5
#define CAMERA_FROM 6
#define CAMERA_RIGHT 9
#define CAMERA_UP 12
#define CAMERA_FORWARD 15
#define PIXEL 18
#define ZENITH 19
#define HORIZON 22
#define AMBIENT 25
#define INVERSE_FOG 26
#define CENTRE 27
#define RADIUS 30

#define SPHERE 0
#define BOX 1
// Words of a primitive.
#define AT 1
#define SIZE 4
#define ROUND 7
#define FACING_X 8
#define FACING_Z 9
#define BLEND 10
#define INVERSE_4_BLEND 11
#define COLOUR 12
#define MIRROR 15
// Words of a plane.
#define EVEN 1
#define ODD 4
#define INVERSE_PERIOD 7
#define PLANE_MIRROR 8
// Words of a light.
#define LIGHT_COLOUR 3
#define SOFT 6

V3 v_read(Words w) { return v3(w[0], w[1], w[2]); }
Words primitive(Words s, int i) { return s + HEADER_WORDS + i * PRIMITIVE_WORDS; }
Words plane(Words s, int i) { return primitive(s, s[PRIMITIVES]) + i * PLANE_WORDS; }
Words light(Words s, int i) { return plane(s, s[PLANES]) + i * LIGHT_WORDS; }

#define MARCH_STEPS 48
#define REFLECT_STEPS 24
#define SHADOW_STEPS 16
#define FAR 262144000
#define NOWHERE (1 << 30)
#define MIRROR_RISE 45875
#define GROUND_SHARE 19661
#define RIM 19661
#define HIGHLIGHT 32768
#define CLOSED_GAIN 98304
#define GLOW_WIDE 6554
#define GLOW_CORE 26214

__constant int PROBES[4][2] = {{3932, 65536}, {10486, 45875}, {24904, 26214}, {47186, 13107}};

typedef struct {
    V3 normal, colour;
    int mirror;
} Surface;

typedef struct {
    V3 from, along;
} Ray;

// `hit` and `fringe` are distances, -1 for none.
typedef struct {
    int hit, fringe, cover;
} March;

Ray ray_of(V3 from, V3 along) {
    Ray r = {from, along};
    return r;
}

int power(int x, int doublings) {
    for (int i = 0; i < doublings; i++) x = fx_mul(x, x);
    return x;
}

int unite(int near, int distance, Words p) {
    int overlap = fx_max(fx_sub(p[BLEND], fx_abs(fx_sub(near, distance))), 0);
    return fx_sub(fx_min(near, distance), fx_mul(fx_mul(overlap, overlap), p[INVERSE_4_BLEND]));
}

V3 local_of(Words p, V3 at) {
    V3 from = v_sub(at, v_read(p + AT));
    int x = p[FACING_X], z = p[FACING_Z];
    return v3(fx_dot2(from.x, z, fx_sub(0, from.z), x), from.y, fx_dot2(from.x, x, from.z, z));
}

V3 outward(Words p, V3 n) {
    int x = p[FACING_X], z = p[FACING_Z];
    return v3(fx_dot2(n.x, z, n.z, x), n.y, fx_dot2(n.z, z, fx_sub(0, n.x), x));
}

int primitive_distance(Words p, V3 at) {
    if (p[0] == SPHERE) return fx_sub(fx_len3(v_sub(at, v_read(p + AT))), p[SIZE]);
    if (p[0] == BOX) {
        V3 l = local_of(p, at);
        V3 q = v_sub(v3(fx_abs(l.x), fx_abs(l.y), fx_abs(l.z)), v_read(p + SIZE));
        int outside = fx_len3(v3(fx_max(q.x, 0), fx_max(q.y, 0), fx_max(q.z, 0)));
        int inside = fx_min(fx_max(q.x, fx_max(q.y, q.z)), 0);
        return fx_sub(fx_add(outside, inside), p[ROUND]);
    }
    V3 l = v_sub(at, v_read(p + AT));
    return fx_sub(fx_len2(fx_sub(fx_len2(l.x, l.z), p[SIZE]), l.y), p[SIZE + 1]);
}

int box_part(int q, int top) { return top > 0 ? fx_max(q, 0) : q == top ? ONE : 0; }
int box_sign(int part, int l) { return l < 0 ? fx_sub(0, part) : part; }

V3 primitive_normal(Words p, V3 at) {
    if (p[0] == SPHERE) return v_normalize(v_sub(at, v_read(p + AT)));
    if (p[0] == BOX) {
        V3 l = local_of(p, at);
        V3 q = v_sub(v3(fx_abs(l.x), fx_abs(l.y), fx_abs(l.z)), v_read(p + SIZE));
        int top = fx_max(q.x, fx_max(q.y, q.z));
        V3 n = v3(box_sign(box_part(q.x, top), l.x), box_sign(box_part(q.y, top), l.y),
                  box_sign(box_part(q.z, top), l.z));
        return v_normalize(outward(p, n));
    }
    V3 l = v_sub(at, v_read(p + AT));
    int across = fx_len2(l.x, l.z);
    int out = fx_sub(across, p[SIZE]);
    return v_normalize(v3(fx_mul(fx_div(l.x, across), out), l.y, fx_mul(fx_div(l.z, across), out)));
}

int distance_at(Words s, V3 at) {
    int near = NOWHERE;
    for (int i = 0; i < s[PRIMITIVES]; i++) {
        Words p = primitive(s, i);
        near = unite(near, primitive_distance(p, at), p);
    }
    return near;
}

Surface surface_at(Words s, V3 at) {
    int near = NOWHERE;
    Surface found = {{0, 0, 0}, {0, 0, 0}, 0};
    for (int i = 0; i < s[PRIMITIVES]; i++) {
        Words p = primitive(s, i);
        int distance = primitive_distance(p, at);
        int share = distance < near ? ONE : 0;
        if (p[BLEND] != 0) {
            int lead = fx_clamp(fx_sub(near, distance), fx_sub(0, p[BLEND]), p[BLEND]);
            share = fx_clamp(fx_add(HALF, fx_mul(fx_add(lead, lead), p[INVERSE_4_BLEND])), 0, ONE);
        }
        found.normal = v_mix(found.normal, primitive_normal(p, at), share);
        found.colour = v_mix(found.colour, v_read(p + COLOUR), share);
        found.mirror = fx_mix(found.mirror, p[MIRROR], share);
        near = unite(near, distance, p);
    }
    found.normal = v_normalize(found.normal);
    return found;
}

// Distance of the nearest plane, and its number in *which, -1 for none.
int nearest_plane(Words s, Ray r, int *which) {
    int found = FAR;
    *which = -1;
    for (int i = 0; i < s[PLANES]; i++) {
        long t = fx_quot(fx_sub(plane(s, i)[0], r.from.y), r.along.y);
        if (t > 64 && t < (long)found) {
            found = fx_low(t);
            *which = i;
        }
    }
    return found;
}

// Whether the ray meets the sphere around all primitives, widened by `margin`, and from where to where.
bool bounds(Words s, Ray r, int margin, int *enter, int *leave) {
    if (s[PRIMITIVES] == 0) return false;
    V3 to = v_sub(v_read(s + CENTRE), r.from);
    int middle = fx_dot(to, r.along);
    V3 off = v_sub(to, v_scale(r.along, middle));
    ulong off2 = fx_square(off.x) + fx_square(off.y) + fx_square(off.z);
    ulong radius2 = fx_square(fx_add(s[RADIUS], margin));
    if (off2 >= radius2) return false;
    int half_chord = as_int(fx_isqrt(radius2 - off2));
    *leave = fx_add(middle, half_chord);
    *enter = fx_max(fx_sub(middle, half_chord), 0);
    return *leave > 0;
}

March march(Words s, Ray r, int end, int steps, bool fringes) {
    March m = {-1, -1, 0};
    int t, leave;
    if (!bounds(s, r, 0, &t, &leave)) return m;
    end = fx_min(end, leave);
    int last = NOWHERE, last_at = 0, last_width = 0;
    for (int i = 0; i < steps; i++) {
        if (t >= end) return m;
        int near = distance_at(s, v_along(r.from, r.along, t));
        int width = fx_add(fx_mul(t, s[PIXEL]), 16);
        if (near < fx_add(width >> 3, 4)) {
            m.hit = t;
            return m;
        }
        if (fringes && m.fringe < 0 && near > last && last < last_width) {
            m.fringe = last_at;
            m.cover = fx_sub(ONE, fx_div(last, last_width));
        }
        last = near;
        last_at = t;
        last_width = width;
        t = fx_add(t, near);
    }
    if (last < last_width) m.hit = last_at;
    return m;
}

int shadow(Words s, Ray r, int eye, int distance, Words lamp) {
    for (int i = 0; i < s[PLANES]; i++) {
        int y = plane(s, i)[0];
        if ((fx_sub(eye, y) ^ fx_sub(lamp[1], y)) < 0) return 0;
    }
    int reach = fx_add(fx_len3(v_sub(v_read(s + CENTRE), r.from)), s[RADIUS]);
    int enter, leave;
    if (!bounds(s, r, fx_div(reach, lamp[SOFT]), &enter, &leave)) return ONE;
    int t = fx_max(enter, 1311);
    int end = fx_min(leave, distance);
    int least = fx_add(fx_mul(fx_sub(end, t), 4096), 1);
    int gap = ONE, gap_at = lamp[SOFT];
    for (int i = 0; i < SHADOW_STEPS; i++) {
        if (t >= end) break;
        int near = distance_at(s, v_along(r.from, r.along, t));
        if (near <= 16) return 0;
        if ((long)near * (long)gap_at < (long)gap * (long)t) {
            gap = near;
            gap_at = t;
        }
        t = fx_add(t, fx_max(near, least));
    }
    int seen = fx_clamp(fx_mul(fx_div(gap, gap_at), lamp[SOFT]), 0, ONE);
    return fx_mul(fx_mul(seen, seen), fx_sub(3 * ONE, fx_add(seen, seen)));
}

int openness(Words s, V3 at, V3 normal, int eye) {
    if (fx_sub(fx_len3(v_sub(at, v_read(s + CENTRE))), s[RADIUS]) > ONE) return ONE;
    int closed = 0;
    for (int i = 0; i < 4; i++) {
        V3 probe = v_along(at, normal, PROBES[i][0]);
        int near = distance_at(s, probe);
        for (int k = 0; k < s[PLANES]; k++) {
            int y = plane(s, k)[0];
            int above = fx_sub(probe.y, y);
            near = fx_min(near, fx_sub(eye, y) < 0 ? fx_sub(0, above) : above);
        }
        closed = fx_add(closed, fx_mul(fx_max(fx_sub(PROBES[i][0], near), 0), PROBES[i][1]));
    }
    return fx_clamp(fx_sub(ONE, fx_mul(closed, CLOSED_GAIN)), 0, ONE);
}

int stripe_integral(int x) { return fx_abs(fx_sub(x & 0xffff, HALF)); }

int stripes(int at, int width) {
    width = fx_max(width, 64);
    int start = fx_sub(at, width >> 1);
    return fx_clamp(fx_div(fx_sub(stripe_integral(start), stripe_integral(fx_add(start, width))), width), -ONE, ONE);
}

int footprint(int width, int along, int slant) {
    return fx_mul(width, fx_add(ONE, fx_min(fx_div(fx_abs(along), slant), FAR)));
}

Surface checker(Words s, Words p, Ray r, int t) {
    V3 at = v_along(r.from, r.along, t);
    int width = fx_mul(t, s[PIXEL]);
    int slant = fx_max(fx_abs(r.along.y), 64);
    int inverse = p[INVERSE_PERIOD];
    int x = stripes(fx_mul(at.x, inverse), fx_mul(footprint(width, r.along.x, slant), inverse));
    int z = stripes(fx_mul(at.z, inverse), fx_mul(footprint(width, r.along.z, slant), inverse));
    int share = fx_clamp(fx_sub(HALF, fx_mul(fx_mul(x, z), HALF)), 0, ONE);
    Surface found = {v3(0, r.along.y > 0 ? -ONE : ONE, 0), v_mix(v_read(p + EVEN), v_read(p + ODD), share),
                     p[PLANE_MIRROR]};
    return found;
}

V3 sky(Words s, Ray r) {
    V3 colour = v_mix(v_read(s + HORIZON), v_read(s + ZENITH), fx_sqrt(fx_max(r.along.y, 0)));
    for (int i = 0; i < s[LIGHTS]; i++) {
        Words lamp = light(s, i);
        V3 toward = v_normalize(v_sub(v_read(lamp), r.from));
        int wide = power(fx_clamp(fx_dot(toward, r.along), 0, ONE), 3);
        int glow = fx_add(fx_mul(wide, GLOW_WIDE), fx_mul(power(wide, 5), GLOW_CORE));
        colour = v_along(colour, v_read(lamp + LIGHT_COLOUR), glow);
    }
    return colour;
}

V3 lit(Words s, Ray r, V3 at, Surface surface, int fresnel) {
    V3 normal = surface.normal, horizon = v_read(s + HORIZON);
    int open = openness(s, at, normal, r.from.y);
    int above = fx_mul(fx_add(ONE, normal.y), HALF);
    V3 diffuse = v_scale(v_mix(v_scale(horizon, GROUND_SHARE), v_read(s + ZENITH), above), fx_mul(s[AMBIENT], open));
    V3 gloss = v_scale(horizon, fx_mul(fx_mul(fresnel, open), fx_mul(above, RIM)));
    for (int i = 0; i < s[LIGHTS]; i++) {
        Words lamp = light(s, i);
        V3 to = v_sub(v_read(lamp), at);
        int distance = fx_len3(to);
        V3 toward = v_over(to, distance);
        int facing = fx_dot(normal, toward);
        if (facing <= 0) continue;
        int shade = shadow(s, ray_of(at, toward), r.from.y, distance, lamp);
        if (shade == 0) continue;
        V3 colour = v_read(lamp + LIGHT_COLOUR);
        diffuse = v_along(diffuse, colour, fx_mul(facing, shade));
        V3 halfway = v_normalize(v_sub(toward, r.along));
        int shine = power(fx_clamp(fx_dot(normal, halfway), 0, ONE), 7);
        gloss = v_along(gloss, colour, fx_mul(fx_mul(shine, shade), HIGHLIGHT));
    }
    return v_add(v_mul(surface.colour, diffuse), gloss);
}

V3 fogged(Words s, V3 colour, Ray r, int t) {
    int fog = fx_min(fx_mul(t, s[INVERSE_FOG]), ONE);
    return v_mix(colour, sky(s, r), fx_mul(fog, fog));
}

// The light that a surface sends back along the ray. When it mirrors, *onward is the reflected ray and *amount its
// share, else *amount is 0.
V3 seen(Words s, Ray r, int t, Surface surface, Ray *onward, int *amount) {
    int lift = fx_add(fx_mul(t, s[PIXEL]), 256);
    V3 at = v_along(v_along(r.from, r.along, t), surface.normal, lift);
    int toward = fx_dot(surface.normal, r.along);
    int graze = fx_sub(ONE, fx_clamp(fx_sub(0, toward), 0, ONE));
    int graze2 = fx_mul(graze, graze);
    int fresnel = fx_mul(fx_mul(graze2, graze2), graze);
    *amount = 0;
    if (surface.mirror > 0) {
        V3 along = v_normalize(v_along(r.along, surface.normal, fx_mul(toward, -2 * ONE)));
        *onward = ray_of(at, along);
        *amount = fx_mix(surface.mirror, ONE, fx_mul(fresnel, MIRROR_RISE));
    }
    return lit(s, r, at, surface, fresnel);
}

V3 secondary(Words s, Ray r) {
    int which;
    int floor_at = nearest_plane(s, r, &which);
    March m = march(s, r, floor_at, REFLECT_STEPS, false);
    if (m.hit < 0 && which < 0) return sky(s, r);
    int t = m.hit >= 0 ? m.hit : floor_at;
    Surface surface =
        m.hit >= 0 ? surface_at(s, v_along(r.from, r.along, t)) : checker(s, plane(s, which), r, t);
    Ray onward;
    int amount;
    return fogged(s, seen(s, r, t, surface, &onward, &amount), r, t);
}

V3 primary(Words s, Ray r) {
    int which;
    int floor_at = nearest_plane(s, r, &which);
    March m = march(s, r, floor_at, MARCH_STEPS, true);
    V3 colour;
    Ray onward;
    int amount;
    if (m.hit < 0 && which < 0) {
        colour = sky(s, r);
    } else {
        int t = m.hit >= 0 ? m.hit : floor_at;
        Surface surface =
            m.hit >= 0 ? surface_at(s, v_along(r.from, r.along, t)) : checker(s, plane(s, which), r, t);
        colour = seen(s, r, t, surface, &onward, &amount);
        if (surface.mirror > 0) colour = v_mix(colour, secondary(s, onward), amount);
        colour = fogged(s, colour, r, t);
    }
    if (m.fringe >= 0) {
        Surface edge = surface_at(s, v_along(r.from, r.along, m.fringe));
        V3 over = fogged(s, seen(s, r, m.fringe, edge, &onward, &amount), r, m.fringe);
        colour = v_mix(colour, over, m.cover);
    }
    return colour;
}

int dither(int x, int y) {
    uint mixed = as_uint(x) * 0x9e3779b1u ^ as_uint(y) * 0x85ebca77u;
    mixed = (mixed ^ (mixed >> 15)) * 0x2c1b3c6du;
    return as_int(mixed >> 16);
}

uchar tone(int light, int grain) {
    int x = fx_clamp(light, 0, 64 * ONE);
    int above = fx_mul(x, fx_add(fx_mul(x, 164495), 1966));
    int below = fx_add(fx_mul(x, fx_add(fx_mul(x, 159252), 38666)), 9175);
    int shown = fx_sqrt(fx_clamp(fx_div(above, below), 0, ONE));
    return (uchar)fx_clamp(fx_add(shown * 255, grain) >> 16, 0, 255);
}

// One work item per pixel: item i renders pixel i % 256 of chunk first_chunk + i / 256. Items from `items` on do
// nothing, so the global size may be rounded up.
__kernel void render_q16(__global const int *s, uint first_chunk, uint items, __global uchar4 *output) {
    uint item = (uint)get_global_id(0);
    if (item >= items) return;
    uint chunk = first_chunk + (item >> 8), pixel = item & 255;
    uint across = as_uint(s[TILES_ACROSS]);
    int x = as_int((chunk % across) * 16 + (pixel & 15));
    int y = as_int((chunk / across) * 16 + (pixel >> 4));
    int width = s[WIDTH], height = s[HEIGHT];
    int u = fx_div(fx_sub(fx_add(fx_add(x, x), 1), width), height);
    int v = fx_div(fx_sub(fx_sub(height, 1), fx_add(y, y)), height);
    V3 along = v_along(v_along(v_read(s + CAMERA_FORWARD), v_read(s + CAMERA_RIGHT), u), v_read(s + CAMERA_UP), v);
    V3 c = primary(s, ray_of(v_read(s + CAMERA_FROM), v_normalize(along)));
    int grain = dither(x, y);
    output[item] = (uchar4)(tone(c.x, grain), tone(c.y, grain), tone(c.z, grain), 255);
}
