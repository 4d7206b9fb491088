use crate::scenes::any_scene;
use aliquot_kernels::Kernel;
use aliquot_kernels::render_q16::{chunk_cost, render_chunk, render_counted};
use aliquot_kernels::scene::Scene;
use proptest::prelude::*;

/// What the chain accepts per chunk.
const LIMIT: u64 = 20_000_000;

/// Every chunk of the committed scenes; of the largest, every 13th.
#[test]
fn real_counts_stay_within_the_bound() {
    for (name, input) in Kernel::RenderQ16.golden_inputs() {
        let scene = Scene::parse(input).unwrap();
        let bound = chunk_cost(&scene);
        let step = if *name == "limits" { 13 } else { 1 };
        let worst = (0..scene.tiles()).step_by(step).map(|index| render_counted(&scene, index).1).max().unwrap();
        println!("{name}: at most {bound} operations a chunk, really at most {worst}");
        assert!(worst <= bound, "{name}: {worst} > {bound}");
        assert!(worst > bound / 20, "{name}: a bound of {bound} is too far from {worst}");
    }
}

/// The formula of the spec, by hand for the first scene: 7 spheres, a box, a torus, a plane, 2 lights, mirrors.
#[test]
fn bound_is_the_one_of_the_spec() {
    let shapes: u64 = 7 * 16 + 24 + 40;
    let (step, planes, lights) = (shapes + 12, 1, 2);
    let sky = 60 + 80 * lights;
    let shade = 300 + sky + 2 * shapes + 4 * (step + 30 * planes) + lights * (250 + 30 * planes + 16 * step);
    let ray = |steps: u64| 150 + 30 * planes + steps * step;
    let expected = 256 * (200 + ray(48) + 2 * shade + ray(24) + shade);
    let (_, input) = Kernel::RenderQ16.golden_inputs()[0];
    assert_eq!(chunk_cost(&Scene::parse(input).unwrap()), expected);
}

#[test]
fn typical_scenes_cost_well_below_the_limit() {
    for (name, input) in &Kernel::RenderQ16.golden_inputs()[..3] {
        let cost = chunk_cost(&Scene::parse(input).unwrap());
        assert!(cost < LIMIT * 6 / 10, "{name}: {cost}");
    }
    let limits = Kernel::RenderQ16.golden_inputs()[4].1;
    assert!(chunk_cost(&Scene::parse(limits).unwrap()) > LIMIT, "the fullest scene is too dear");
}

#[test]
fn a_grazing_ray_cannot_exceed_its_steps() {
    // Nearly parallel walls make sphere tracing crawl.
    let walls = "size 16 16\ncamera from 0 0 300 look 0 0 0 zoom 1\nlight at 0 0 400 color #fff\n\
        box at -1 0 0 half 0.99 100 299 color #fff mirror 1\nbox at 1 0 0 half 0.99 100 299 color #fff mirror 1";
    let scene = Scene::parse(walls).unwrap();
    let (_, count) = render_counted(&scene, 0);
    assert!(count <= chunk_cost(&scene));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_scene_exceeds_its_bound(text in any_scene(), index in 0u32..64) {
        let scene = Scene::parse(&text).unwrap();
        let (output, count) = render_counted(&scene, index);
        prop_assert!(count <= chunk_cost(&scene), "{}", text);
        prop_assert_eq!(output, render_chunk(&scene, index), "counting changes nothing");
    }
}
