//! SDL: what becomes of a good file, and where the error of a bad one points.

use std::{fs, path::Path};

use aliquot_client::sdl::{Deployment, SdlError, duration_ms, load, parse};
use sha2::{Digest, Sha256};

const GOOD: &str = r#"version: "2.1"
services:
  render:
    kernel: RENDER_Q16
    input: in/scene.txt
    proof: { samples: 32 }
    commit: 5m
profiles:
  placement:
    eu:
      attributes:
        region: eu-central
        driver: 1.10
        tier: 0x10
        fast: true
      pricing:
        render: { denom: ualq, amount: 2000000 }
deployment:
  render:
    eu: { profile: render, count: 1 }
"#;

fn read(text: &str) -> Result<Deployment, SdlError> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    fs::write(dir.path().join("in/scene.txt"), "sphere 0 0 0 1\n").unwrap();
    fs::write(dir.path().join("in/empty.txt"), "").unwrap();
    parse(text, &dir.path().join("job.sdl.yaml"), 2_000)
}

#[test]
fn a_job_becomes_a_group() {
    let manifest = read(GOOD).unwrap();
    assert_eq!(manifest.groups.len(), 1);
    let group = &manifest.groups[0];
    assert_eq!(group.name, "eu");
    let job = group.job.as_ref().unwrap();
    assert_eq!((job.kernel.as_str(), job.samples), ("RENDER_Q16", 32));
    assert_eq!(job.input, b"sphere 0 0 0 1\n");
    assert_eq!(job.commit_blocks, 150);
    let price = group.max_price.as_ref().unwrap();
    assert_eq!((price.denom.as_str(), price.amount.as_str()), ("ualq", "2000000"));
    let attributes = &group.requirements.as_ref().unwrap().attributes;
    let pairs: Vec<_> = attributes.iter().map(|a| (a.key.as_str(), a.value.as_str())).collect();
    // As they are written: 1.10 is a version, not a number.
    assert_eq!(pairs, [("driver", "1.10"), ("fast", "true"), ("region", "eu-central"), ("tier", "0x10")]);
}

#[test]
fn what_is_left_out_takes_the_chains_default() {
    let short = r#"
version: "2.0"
services: { render: { kernel: RENDER_Q16, input: in/scene.txt } }
profiles: { placement: { any: { pricing: { render: { denom: ualq, amount: 1 } } } } }
deployment: { render: { any: {} } }
"#;
    let manifest = read(short).unwrap();
    let job = manifest.groups[0].job.as_ref().unwrap();
    assert_eq!((job.samples, job.commit_blocks), (0, 0));
    assert!(manifest.groups[0].requirements.as_ref().unwrap().attributes.is_empty());
}

#[test]
fn the_hash_is_of_the_meaning_not_of_the_text() {
    let manifest = read(GOOD).unwrap();
    assert_eq!(manifest.hash, <[u8; 32]>::from(Sha256::digest(&manifest.json)));
    assert!(manifest.json.starts_with(r#"[{"job":{"commitBlocks":150,"input":"#), "{}", manifest.json);
    let rewritten = GOOD
        .replace(
            "        region: eu-central\n        driver: 1.10\n",
            "        driver: '1.10'\n        region: \"eu-central\"\n",
        )
        .replace("5m", "300s # the same");
    assert_ne!(rewritten, GOOD);
    assert_eq!(read(&rewritten).unwrap().hash, manifest.hash);
    assert_ne!(read(&GOOD.replace("samples: 32", "samples: 33")).unwrap().hash, manifest.hash);
}

#[test]
fn several_placements_are_several_groups_in_the_order_of_their_names() {
    let two = GOOD.replace("    eu: { profile: render, count: 1 }\n", "    us: { count: 1 }\n    eu: { count: 1 }\n");
    let two =
        two.replace("deployment:\n", "    us:\n      pricing: { render: { denom: utest, amount: 5 } }\ndeployment:\n");
    let groups = read(&two).unwrap().groups;
    let names: Vec<_> =
        groups.iter().map(|g| (g.name.as_str(), g.max_price.as_ref().unwrap().denom.as_str())).collect();
    assert_eq!(names, [("eu", "ualq"), ("us", "utest")]);
}

#[test]
fn durations_round_up_to_blocks() {
    for (text, ms) in [("1ms", 1), ("30s", 30_000), ("5m", 300_000), ("6h", 21_600_000), ("2d", 172_800_000)] {
        assert_eq!(duration_ms(text), Some(ms));
    }
    for bad in ["", "5", "m", "0s", "-1s", "1.5h", "5 m", "5M", "99999999999999999999s", "18446744073709551615d"] {
        assert_eq!(duration_ms(bad), None, "{bad}");
    }
    let blocks =
        |commit: &str| read(&GOOD.replace("5m", commit)).unwrap().groups[0].job.as_ref().unwrap().commit_blocks;
    assert_eq!(blocks("2s"), 1);
    assert_eq!(blocks("2001ms"), 2);
    assert_eq!(blocks("1ms"), 1);
}

/// What is replaced in [`GOOD`], by what; the line and the key that the error names, and its text.
const MISTAKES: &[(&str, &str, u64, &str, &str)] = &[
    ("kernel: RENDER_Q16", "image: nginx:1.27", 5, "services.render.input", "unknown key; known here: image, command"),
    (
        "    commit: 5m",
        "    image: nginx:1.27",
        7,
        "services.render.image",
        "either a container with an image: or a job",
    ),
    ("    commit: 5m", "    env: [A=1]", 7, "services.render.env", "says something about a container"),
    (
        "    commit: 5m",
        "    comit: 5m",
        7,
        "services.render.comit",
        "unknown key; known here: kernel, input, proof, commit",
    ),
    ("version: \"2.1\"", "version: \"2.2\"", 1, "version", "is neither \"2.0\" nor \"2.1\""),
    ("version: \"2.1\"\n", "", 1, "the document", "the key version is missing"),
    ("version: \"2.1\"", "version: [2.1]", 1, "version", "must be a single value"),
    ("version: \"2.1\"", "version: \"2.1\"\nvershun: 1", 2, "vershun", "unknown key"),
    ("version: \"2.1\"", "version: \"2.1\"\nreclamation: { min_window: 6h }", 2, "reclamation", "this file has none"),
    ("version: \"2.1\"", "version: \"2.1\"\ngrace: 1h", 2, "grace", "this file has none"),
    ("version: \"2.1\"", "version: \"2.1\"\nlow_funds: 1h", 2, "low_funds", "this file has none"),
    ("  placement:\n", "  compute: { a: 1 }\n  placement:\n", 9, "profiles.compute", "follows from its kernel"),
    ("    kernel: RENDER_Q16\n", "", 3, "services.render", "the key kernel is missing"),
    ("    input: in/scene.txt\n", "", 3, "services.render", "the key input is missing"),
    ("kernel: RENDER_Q16", "kernel: render", 4, "services.render.kernel", "is not the name of a kernel"),
    ("kernel: RENDER_Q16", "kernel:", 4, "services.render.kernel", "has no value"),
    ("in/scene.txt", "in/no.txt", 5, "services.render.input", "No such file"),
    ("in/scene.txt", "in/empty.txt", 5, "services.render.input", "is empty"),
    (
        "samples: 32",
        "samples: 7",
        6,
        "services.render.proof.samples",
        "must be a whole number from 8 to 128, not \"7\"",
    ),
    ("samples: 32", "samples: 16.0", 6, "services.render.proof.samples", "not \"16.0\""),
    ("samples: 32", "sample: 32", 6, "services.render.proof.sample", "unknown key; known here: samples"),
    ("commit: 5m", "commit: soon", 7, "services.render.commit", "is not a duration"),
    ("commit: 5m", "commit: 99999999d", 7, "services.render.commit", "is not a duration"),
    (
        "      pricing:\n",
        "      signedBy: { anyOf: [x] }\n      pricing:\n",
        16,
        "profiles.placement.eu.signedBy.anyOf[0]",
        "is not an auditor's address",
    ),
    ("amount: 2000000", "amount: 0", 17, "profiles.placement.eu.pricing.render.amount", "must be above 0"),
    ("amount: 2000000", "amount: -5", 17, "profiles.placement.eu.pricing.render.amount", "not \"-5\""),
    ("amount: 2000000", "amount: 1.5", 17, "profiles.placement.eu.pricing.render.amount", "not \"1.5\""),
    ("denom: ualq, ", "", 17, "profiles.placement.eu.pricing.render", "the key denom is missing"),
    ("denom: ualq", "denom: u", 17, "profiles.placement.eu.pricing.render.denom", "is not a denom"),
    ("        render: {", "        other: {", 16, "profiles.placement.eu.pricing", "there is no price for \"render\""),
    ("profile: render", "profile: gpu", 16, "profiles.placement.eu.pricing", "there is no price for \"gpu\""),
    ("count: 1", "count: 2", 20, "deployment.render.eu.count", "must be 1"),
    ("    eu: { profile", "    us: { profile", 20, "deployment.render.us", "there is no placement \"us\""),
    ("  render:\n    eu: {", "  rendr:\n    eu: {", 19, "deployment.rendr", "there is no service \"rendr\""),
    ("  render:\n    eu: { profile: render, count: 1 }\n", "  render: {}\n", 18, "deployment", "deploys nothing"),
    (
        "services:\n",
        "services:\n  idle: { kernel: RENDER_Q16, input: in/scene.txt }\n",
        3,
        "services.idle",
        "is not deployed anywhere",
    ),
    ("    eu:\n", "    eu: 5\n    us:\n", 10, "profiles.placement.eu", "must be a mapping"),
];

#[test]
fn errors_name_line_and_key() {
    for (from, to, line, key, why) in MISTAKES {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let error = read(&text).unwrap_err();
        let SdlError::Invalid { line: at, key: found, message, .. } = &error else {
            panic!("{to}: {error}");
        };
        assert!(message.contains(why), "{to:?}: {error}");
        assert_eq!((*at, found.as_str()), (*line, *key), "{to:?}: {error}");
        assert!(error.to_string().contains(&format!("job.sdl.yaml:{line}:")), "{error}");
    }
}

#[test]
fn two_jobs_do_not_share_a_placement() {
    let two = GOOD.replace("profiles:\n", "  again:\n    kernel: RENDER_Q16\n    input: in/scene.txt\nprofiles:\n")
        + "  again:\n    eu: { profile: render }\n";
    let error = read(&two).unwrap_err().to_string();
    assert!(error.contains("deployment.again.eu: placement \"eu\" has the job \"render\" already"), "{error}");
}

#[test]
fn what_is_not_yaml_is_placed_too() {
    for (from, to, line) in [
        ("kernel: RENDER_Q16", "kernel: [RENDER", 0),
        ("commit: 5m", "kernel: OTHER", 7),
        ("commit: 5m", "\tcommit: 5m", 0),
    ] {
        let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        let SdlError::Syntax { line: at, .. } = &error else { panic!("{to}: {error}") };
        assert!(*at > 0 && (line == 0 || *at == line), "{to}: {error}");
    }
    let error = read(&GOOD.replacen("commit: 5m", "kernel: OTHER", 1)).unwrap_err().to_string();
    assert!(error.ends_with("job.sdl.yaml:7:5: duplicate mapping key: kernel"), "{error}");
    let deep = format!("version: {}{}", "{a: ".repeat(5_000), "}".repeat(5_000));
    assert!(read(&deep).is_err());
    assert!(matches!(read(""), Err(SdlError::Invalid { .. } | SdlError::Syntax { .. })));
    assert!(matches!(load(Path::new("/no/such.yaml"), 1_000), Err(SdlError::Read { .. })));
    assert!(matches!(parse(GOOD, Path::new("x.yaml"), 0), Err(SdlError::NoBlockTime)));
}

#[test]
fn the_example_is_a_deployment() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/first-light.sdl.yaml");
    let manifest = load(example, 1_000).unwrap();
    let job = manifest.groups[0].job.as_ref().unwrap();
    assert_eq!((job.kernel.as_str(), job.samples, job.commit_blocks), ("RENDER_Q16", 16, 300));
    assert!(!job.input.is_empty());
}
