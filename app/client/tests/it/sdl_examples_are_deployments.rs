//! Each example of examples/sdl/ and the groups that it becomes, written out.

use std::{collections::BTreeSet, fs, path::PathBuf};

use aliquot_client::{
    manifest,
    sdl::{self, Deployment},
};
use aliquot_proto::{
    deployment::v1::{EndpointKind, GroupSpec, ResourceUnit},
    provider::v1::Attribute,
};

const BLOCK_MS: u32 = 2_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/sdl")
}

fn example(name: &str) -> Deployment {
    let deployment = sdl::load(folder().join(format!("{name}.sdl.yaml")), BLOCK_MS).unwrap();
    assert_eq!(manifest::hash(deployment.json.as_bytes()), deployment.hash);
    assert_eq!(manifest::parse(deployment.json.as_bytes()).unwrap(), deployment.manifest);
    assert_eq!(deployment.groups.len(), deployment.manifest.groups.len());
    for (spec, group) in deployment.groups.iter().zip(&deployment.manifest.groups) {
        assert_eq!(group.fits(spec), Ok(()));
    }
    deployment
}

/// What of a group the chain sees: a line for the group and one for its job or each of its resource units.
fn seen(spec: &GroupSpec) -> Vec<String> {
    let required = spec.requirements.clone().unwrap();
    let mut out = format!("{} {}", spec.name, pairs(&required.attributes));
    if let Some(signers) = &required.signed_by {
        out += &format!(" allOf {} anyOf {}", signers.all_of.len(), signers.any_of.len());
    }
    out += &format!(" {:?} window {} notice {}", spec.award(), spec.bid_window_blocks, spec.reclamation_blocks);
    let mut lines = vec![out];
    if let Some(job) = &spec.job {
        let price = spec.max_price.clone().unwrap();
        let (kernel, samples, commit) = (&job.kernel, job.samples, job.commit_blocks);
        lines.push(format!("{kernel} samples {samples} commit {commit} at {}{}", price.amount, price.denom));
    }
    lines.extend(spec.service.iter().flat_map(|service| &service.resources).map(unit_seen));
    lines
}

fn unit_seen(unit: &ResourceUnit) -> String {
    let resources = unit.resources.clone().unwrap();
    let (cpu, price) = (resources.cpu.unwrap(), unit.price.clone().unwrap());
    let mut out = format!("#{} x{} cpu {}m", unit.id, unit.count, cpu.milli_units);
    if !cpu.attributes.is_empty() {
        out += &pairs(&cpu.attributes);
    }
    out += &format!(" memory {}Mi", resources.memory.unwrap().bytes >> 20);
    for volume in resources.storage {
        out += &format!(" vol {:?} {}Mi{}", volume.name, volume.bytes >> 20, pairs(&volume.attributes));
    }
    if let Some(gpu) = resources.gpu {
        out += &format!(" gpu {}{}", gpu.units, pairs(&gpu.attributes));
    }
    for end in resources.endpoints {
        out += match end.kind() {
            EndpointKind::SharedHttp => " http",
            EndpointKind::RandomPort => " port",
            EndpointKind::LeasedIp => " ip",
        };
        if end.sequence_number > 0 {
            out += &end.sequence_number.to_string();
        }
    }
    out + &format!(" at {}sub {}", price.amount_sub, price.denom)
}

fn pairs(list: &[Attribute]) -> String {
    let pairs: Vec<_> = list.iter().map(|a| format!("{}={}", a.key, a.value)).collect();
    format!("[{}]", pairs.join(","))
}

/// The name of an example and its groups.
const EXPECTED: &[(&str, &[&str])] = &[
    (
        "web",
        &[
            "anywhere [] Manual window 0 notice 0",
            r#"#1 x2 cpu 500m memory 256Mi vol "" 512Mi[] http at 350000sub ualq"#,
        ],
    ),
    (
        "llm-gpu",
        &[
            "eu [region=eu-central] Manual window 0 notice 0",
            r#"#1 x1 cpu 16000m[arch=amd64] memory 131072Mi vol "" 40960Mi[] vol "shm" 16384Mi[class=ram,persistent=false] vol "weights" 512000Mi[class=beta3,persistent=true] gpu 2[vendor/nvidia/model/a100/ram/80Gi=true,vendor/nvidia/model/h100/ram/80Gi/interface/sxm=true] http at 9000000000sub ualq"#,
        ],
    ),
    (
        "notebook-any-gpu",
        &[
            "anywhere [] Manual window 0 notice 0",
            r#"#1 x1 cpu 4000m memory 32768Mi vol "" 30720Mi[] vol "work" 102400Mi[class=default,persistent=true] gpu 1[vendor/nvidia/model/*=true] http at 1200500000sub ualq"#,
        ],
    ),
    (
        "shop",
        &[
            "eu [region=eu-*] Manual window 0 notice 0",
            r#"#1 x3 cpu 500m memory 512Mi vol "" 1024Mi[] http port at 400000sub ualq"#,
            r#"#2 x1 cpu 2000m memory 4096Mi vol "" 1024Mi[] vol "data" 51200Mi[class=beta2,persistent=true] at 3250000sub ualq"#,
        ],
    ),
    (
        "game-server-ip",
        &[
            "near [region=us-east] Manual window 0 notice 0",
            r#"#1 x1 cpu 4000m memory 8192Mi vol "" 20480Mi[] ip1 at 6000000sub ualq"#,
            r#"#2 x1 cpu 250m memory 128Mi vol "" 256Mi[] http ip1 at 125000sub ualq"#,
        ],
    ),
    (
        "audited",
        &[
            "main [datacenter=fra-2,tier=3] allOf 2 anyOf 0 Manual window 0 notice 0",
            r#"#1 x3 cpu 2000m memory 4096Mi vol "" 20480Mi[] http at 4000000sub ualq"#,
            "spare [tier=3] allOf 0 anyOf 2 Manual window 0 notice 0",
            r#"#1 x1 cpu 2000m memory 4096Mi vol "" 20480Mi[] http at 2500000sub utest"#,
        ],
    ),
    (
        "private-registry",
        &[
            "anywhere [] Manual window 0 notice 0",
            r#"#1 x4 cpu 8000m memory 16384Mi vol "" 10240Mi[] vol "scratch" 4096Mi[class=ram,persistent=false] at 7500000sub ualq"#,
        ],
    ),
    (
        "amd-gpu",
        &[
            "anywhere [] Lowest window 60 notice 0",
            r#"#1 x1 cpu 8000m memory 65536Mi vol "" 51200Mi[] gpu 1[vendor/amd/model/mi300x/ram/192Gi/interface/oam=true,vendor/intel/model/*=true] port at 2500000000sub ualq"#,
        ],
    ),
    (
        "always-on",
        &[
            "steady [] Score window 45 notice 43200",
            r#"#1 x1 cpu 2000m memory 2048Mi vol "" 2048Mi[] vol "data" 20480Mi[class=beta1,persistent=true] http at 1750000sub ualq"#,
        ],
    ),
    (
        "render-and-show",
        &[
            "gallery [] Manual window 0 notice 0",
            r#"#1 x1 cpu 250m memory 256Mi vol "" 2048Mi[] http at 200000sub ualq"#,
            "render-cheap [] Lowest window 150 notice 0",
            "RENDER_Q16 samples 32 commit 300 at 1000000ualq",
            "render-fast [region=eu-central] Lowest window 15 notice 0",
            "RENDER_Q16 samples 32 commit 300 at 3000000ualq",
        ],
    ),
    (
        "confidential",
        &[
            "sealed [tee/type=cpu-gpu] Manual window 0 notice 0",
            r#"#1 x1 cpu 16000m[arch=amd64] memory 65536Mi vol "" 102400Mi[] gpu 1[vendor/nvidia/model/h100=true,vendor/nvidia/model/h200=true] port at 8000000000sub ualq"#,
        ],
    ),
];

#[test]
fn every_example_becomes_the_groups_that_it_says() {
    for (name, groups) in EXPECTED {
        let found: Vec<String> = example(name).groups.iter().flat_map(seen).collect();
        assert_eq!(&found, groups, "{name}");
    }
}

#[test]
fn no_example_is_left_out() {
    let files: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let tested: BTreeSet<String> = EXPECTED.iter().map(|(name, _)| format!("{name}.sdl.yaml")).collect();
    assert_eq!(files, tested);
}
