use aliquot_kernels::scene::{LIGHT_WORDS, PLANE_WORDS, PRIMITIVE_WORDS, Scene};
use aliquot_kernels::{InputError, Kernel};
use proptest::prelude::*;

const HEAD: &str = "size 32 32\ncamera from 0 1 5 look 0 1 0\n";

#[test]
fn errors_name_line_field_and_remedy() {
    let sphere = |rest: &str| format!("{HEAD}sphere at 0 1 0 {rest}");
    let many = |line: &str, times: usize| format!("{HEAD}{}", format!("{line}\n").repeat(times));
    let table = [
        ("", "line 1, field size: is missing from the scene: write for instance `size 640 360`"),
        (
            "size 640 360",
            "line 1, field camera: is missing from the scene: write for instance `camera from 0 2 6 look 0 1 0`",
        ),
        ("size 640", "line 1, field size: must be a whole number from 1 to 4096 (value 2 of 2), found nothing"),
        ("size 0 5", "line 1, field size: must be a whole number from 1 to 4096 (value 1 of 2), found `0`"),
        ("size 5 4097", "line 1, field size: must be a whole number from 1 to 4096 (value 2 of 2), found `4097`"),
        ("size 1.5 5", "line 1, field size: must be a whole number from 1 to 4096 (value 1 of 2), found `1.5`"),
        ("size 5 5 5", "line 1, field 5: is no field of size: it takes size"),
        ("size 5 5\nsize 5 5", "line 2, field size: is given twice in the scene: keep one"),
        ("size 5 5\n\ncamera from 0 0 0 look 0 0 0", "line 3, field look: must be another place than from"),
        (
            "size 5 5\ncamera from 0 9 0 look 0 0 0",
            "line 2, field look: must not be straight above or below from: move it sideways a little",
        ),
        (
            "size 5 5\ncamera from 0 9 0 look 1 0",
            "line 2, field look: must be a number from -1000 to 1000 with at most six decimals (value 3 of 3), found nothing",
        ),
        (
            "size 5 5\ncamera look 1 0 0",
            "line 2, field from: is missing: write for instance `camera from 0 2 6 look 0 1 0 zoom 1.6`",
        ),
        (
            "cube at 0 0 0",
            "line 1, field cube: is no statement: use one of size, camera, sky, ambient, fog, light, sphere, box, torus, plane",
        ),
        ("// caf\u{e9}", "line 1, field line: must be printable ASCII: write comments and names without accents"),
    ];
    for (text, message) in table {
        assert_eq!(Scene::parse(text).unwrap_err().to_string(), message, "{text}");
    }
    let owned = [
        (
            sphere("radius 0 color #fff"),
            "line 3, field radius: must be a number from 0.01 to 1000 with at most six decimals, found `0`",
        ),
        (
            sphere("radius 1e3 color #fff"),
            "line 3, field radius: must be a number from 0.01 to 1000 with at most six decimals, found `1e3`",
        ),
        (
            sphere("radius 1"),
            "line 3, field color: is missing: write for instance `sphere at 0 1 0 radius 1 color #e04030`",
        ),
        (sphere("radius 1 radius 1"), "line 3, field radius: is given twice: keep one"),
        (sphere("radius 1 color red"), "line 3, field color: must be a colour like #e04030, found `red`"),
        (
            sphere("radius 1 color #fff blend 5"),
            "line 3, field blend: must be a number from 0.01 to 4 with at most six decimals, found `5`",
        ),
        (
            sphere("radius 1 color #fff mirror -1"),
            "line 3, field mirror: must be a number from 0 to 1 with at most six decimals, found `-1`",
        ),
        (
            sphere("radius 1 color #fff shiny 1"),
            "line 3, field shiny: is no field of sphere: it takes at, radius, color, blend, mirror",
        ),
        (
            format!("{HEAD}box at 0 0 0 half 1 1 1 round 1 color #fff"),
            "line 3, field round: must be less than each value of half",
        ),
        (
            format!("{HEAD}box at 0 0 0 half 1 1 1 facing 0 0 color #fff"),
            "line 3, field facing: must be a direction (x z) that is not 0 0",
        ),
        (format!("{HEAD}sky #fff"), "line 3, field sky: must be a colour like #e04030 (value 2 of 2), found nothing"),
        (
            format!("{HEAD}plane y 1001 checker #fff #000"),
            "line 3, field y: must be a number from -1000 to 1000 with at most six decimals, found `1001`",
        ),
        (format!("{HEAD}{}", "x".repeat(401)), "line 3, field line: must not be longer than 400 bytes"),
        (
            format!("{HEAD}{}", "y".repeat(99)),
            "line 3, field yyyyyyyyyyyyyyyyyyyyyyyy: is no statement: use one of size, camera, sky, ambient, fog, light, sphere, box, torus, plane",
        ),
        (many("light at 0 5 0 color #fff", 9), "line 11, field light: must not be given more than 8 times"),
        (
            many("sphere at 0 1 0 radius 1 color #fff", 65),
            "line 67, field sphere: makes more than 64 shapes: remove some",
        ),
        ("\n".repeat(70_000), "line 1, field scene: must not be longer than 65536 bytes"),
    ];
    for (text, message) in owned {
        assert_eq!(Scene::parse(&text).unwrap_err().to_string(), message, "{}", text.trim());
    }
    assert_eq!(Kernel::RenderQ16.prepare(&[0xff]).unwrap_err(), InputError::NotText);
}

#[test]
fn defaults_comments_and_order_do_not_matter() {
    let plain = Scene::parse(&format!("{HEAD}sphere at 0 1 0 radius 1 color #ff8000")).unwrap();
    let dressed = "// a scene\r\n\tsphere color #f80 radius 1.0 at 0 1 0 // last\n\n  camera look 0 1 0 from 0 1 5 zoom 1.5\nsize 32 32\n\
        sky #3a6ea5 #dfe9f2\nambient 0.6\n";
    let mut dressed = Scene::parse(dressed).unwrap();
    dressed.primitives[0].colour = plain.primitives[0].colour;
    assert_eq!(dressed, plain);
}

#[test]
fn words_have_the_documented_length_and_head() {
    for (name, input) in Kernel::RenderQ16.golden_inputs() {
        let scene = Scene::parse(input).unwrap();
        let words = scene.to_words();
        let (p, q, l) = (scene.primitives.len(), scene.planes.len(), scene.lights.len());
        assert_eq!(words.len(), 40 + p * PRIMITIVE_WORDS + q * PLANE_WORDS + l * LIGHT_WORDS, "{name}");
        let head = [scene.width, scene.height, scene.tiles_across(), p as u32, q as u32, l as u32];
        assert!(words.iter().zip(head).all(|(word, value)| *word as u32 == value), "{name}");
    }
}

#[test]
fn camera_basis_is_orthonormal() {
    let scene = Scene::parse("size 8 8\ncamera from 3 7 -2 look -1 2 5 zoom 1").unwrap();
    let camera = &scene.camera;
    use aliquot_kernels::fixed::{ONE, fx_dot};
    for (a, b) in [(camera.right, camera.up), (camera.up, camera.forward), (camera.right, camera.forward)] {
        assert!(fx_dot(a, b).abs() <= 8);
    }
    for v in [camera.right, camera.up, camera.forward] {
        assert!((fx_dot(v, v) - ONE).abs() <= 16);
    }
    assert!(camera.up.y > 0);
}

/// Text of a random valid scene of up to 8x8 tiles.
pub fn any_scene() -> impl Strategy<Value = String> {
    let place =
        || (-1_000_000i32..=1_000_000, 0u32..4).prop_map(|(v, near)| f64::from(v) / 1_000.0 / 10f64.powi(near as i32));
    let at = move || (place(), place(), place()).prop_map(|(x, y, z)| format!("{x:.6} {y:.6} {z:.6}"));
    let colour = || (0u32..1 << 24).prop_map(|c| format!("#{c:06x}"));
    let length = || (50u32..4_000).prop_map(|v| format!("{:.3}", f64::from(v) / 1_000.0));
    let tail = || {
        (0u32..3, 10u32..4_000, 0u32..1_001).prop_map(|(kind, blend, mirror)| match kind {
            0 => String::new(),
            1 => format!(" blend {:.3}", f64::from(blend) / 1_000.0),
            _ => format!(" mirror {:.3}", f64::from(mirror) / 1_000.0),
        })
    };
    let shape = prop_oneof![
        (at(), length(), colour(), tail()).prop_map(|(p, r, c, t)| format!("sphere at {p} radius {r} color {c}{t}")),
        (at(), length(), length(), length(), place(), colour(), tail())
            .prop_map(|(p, x, y, z, f, c, t)| format!("box at {p} half {x} {y} {z} facing {f:.6} 1 color {c}{t}")),
        (at(), length(), length(), colour(), tail())
            .prop_map(|(p, r, s, c, t)| format!("torus at {p} ring {r} tube {s} color {c}{t}")),
        (place(), colour(), colour(), length(), tail()).prop_map(|(y, a, b, s, t)| {
            format!("plane y {y:.6} checker {a} {b} size {s}{}", if t.contains("mirror") { &t } else { "" })
        }),
        (at(), colour(), 0u32..16, 1u32..64)
            .prop_map(|(p, c, power, soft)| format!("light at {p} color {c} power {power} soft {soft}")),
    ];
    let shapes = prop::collection::vec(shape, 0..8);
    // Not straight above or below what it looks at, which a scene refuses.
    let from = (10u32..10_000, place(), place()).prop_map(|(x, y, z)| {
        let x = f64::from(x) / 10.0;
        format!("{x:.2} {:.6} {z:.6}", y.clamp(-20.0 * x, 20.0 * x))
    });
    (1u32..128, 1u32..128, from, 3u32..160, 1u32..4_000, shapes).prop_map(|(w, h, from, zoom, fog, shapes)| {
        let zoom = f64::from(zoom) / 10.0;
        format!("size {w} {h}\ncamera from {from} look 0.3 0.7 0.2 zoom {zoom:.1}\nfog {fog}\n{}", shapes.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Kernel::RenderQ16.prepare(&bytes);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,300}") {
        let _ = Scene::parse(&text);
    }

    /// Lines made of the grammar's own words reach deeper than noise does.
    #[test]
    fn no_mix_of_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "size", "camera", "from", "look", "zoom", "sky", "ambient", "fog", "light", "at", "color", "power", "soft",
        "sphere", "radius", "blend", "mirror", "box", "half", "round", "facing", "torus", "ring", "tube", "plane",
        "y", "checker", "\n", "\n", "\n", "0", "1", "-1", "0.5", "1000", "-1000", "4096", "99999999", "#fff",
        "#a0b1c2", "#", "//", "-", ".", "1.2.3", "0.0000001",
    ]), 0..80)) {
        let _ = Scene::parse(&format!("{HEAD}{}", words.join(" ")));
    }

    /// A mutated scene either parses, and then renders, or is refused with a line that exists.
    #[test]
    fn mutations_are_refused_or_rendered(at: prop::sample::Index, byte: u8, index in 0u32..1_000) {
        let (_, text) = Kernel::RenderQ16.golden_inputs()[3];
        let mut bytes = text.as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        match Kernel::RenderQ16.prepare(&bytes) {
            Ok(job) => prop_assert_eq!(job.run(index % job.chunks()).len(), 1024),
            Err(InputError::Scene(error)) => prop_assert!((1..=text.lines().count() + 1).contains(&error.line)),
            Err(InputError::NotText) => prop_assert!(byte >= 0x80),
        }
    }
}
