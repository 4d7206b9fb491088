//! Services with an image: what reaches the chain, and what reaches the provider.

use std::path::Path;

use aliquot_client::{
    manifest::{self, Endpoint, EndpointKind, HttpOptions, Misfit, Protocol, Service},
    sdl::{Deployment, SdlError, parse},
};
use aliquot_proto::deployment::v1::Award;

/// Every key that a file may have, in Akash's way and ours.
pub const GOOD: &str = include_str!("every_key.sdl.yaml");

pub fn read(text: &str) -> Result<Deployment, SdlError> {
    parse(text, Path::new("every_key.sdl.yaml"), 2_000)
}

fn service(deployment: &Deployment, name: &str) -> Service {
    deployment.manifest.groups[0].services.iter().find(|s| s.name == name).unwrap().clone()
}

#[test]
fn the_manifest_says_what_to_run() {
    let deployment = read(GOOD).unwrap();
    let infer = service(&deployment, "infer");
    assert_eq!(infer.image, "registry.example.org/llm/server:1.4");
    assert_eq!((infer.command.as_slice(), infer.count), (&["/bin/serve".to_string()][..], 1));
    // What YAML would take for a number or a truth is an argument as it is written.
    assert_eq!(infer.args, ["--port", "8000", "1.10", "no"]);
    assert_eq!(infer.env, ["MODEL=demo-8b", "EMPTY="]);
    assert_eq!(infer.dependencies, ["cache"]);
    let credentials = infer.credentials.clone().unwrap();
    assert_eq!((credentials.password.as_str(), credentials.email.as_str()), ("change-me-now", "bot@example.org"));
    assert!(!format!("{infer:?}").contains("change-me-now"));

    let [web, udp, inner] = infer.expose.as_slice() else { panic!("{:?}", infer.expose) };
    assert_eq!((web.port, web.external_port, web.proto, web.global), (8000, 80, Protocol::Tcp, true));
    assert_eq!(web.hosts, ["api.example.org"]);
    let mut options = HttpOptions { max_body_size: 16_777_216, proxy_buffer_size: 4_096, ..HttpOptions::default() };
    options.next_cases = vec!["error".into(), "429".into()];
    assert_eq!(web.http_options, options);
    assert_eq!((udp.proto, udp.ip.as_str(), udp.endpoint_sequence_number), (Protocol::Udp, "pub-2", 2));
    assert_eq!((inner.port, inner.external_port, inner.global), (9100, 9100, false));
    assert_eq!(infer.resources.endpoints, infer.endpoints());
    let http = Endpoint { kind: EndpointKind::SharedHttp, sequence_number: 0 };
    let ip = Endpoint { kind: EndpointKind::LeasedIp, sequence_number: 2 };
    assert_eq!(infer.endpoints(), [http, ip]);

    let params = infer.params.unwrap();
    let mounts: Vec<_> = params.storage.iter().map(|m| (m.name.as_str(), m.mount.as_str(), m.read_only)).collect();
    assert_eq!(mounts, [("shm", "/dev/shm", false), ("weights", "/models", true)]);
    assert_eq!(params.permissions, ["events", "logs"]);
    let volumes: Vec<_> =
        infer.resources.storage.iter().map(|v| (v.name.as_str(), v.is_persistent(), v.is_ram())).collect();
    assert_eq!(volumes, [("", false, false), ("shm", false, true), ("weights", true, false)]);

    // 2.0 knows no email and takes the password as it stands.
    let old = read(&GOOD.replace("\"2.1\"", "\"2.0\"")).unwrap();
    let credentials = service(&old, "infer").credentials.unwrap();
    assert_eq!((credentials.password.as_str(), credentials.email.as_str()), (" change-me-now ", ""));
}

#[test]
fn the_groups_say_what_to_bid_for() {
    let deployment = read(GOOD).unwrap();
    assert_eq!((deployment.grace_blocks, deployment.low_funds_blocks), (Some(600), 1_800));
    let [group] = deployment.groups.as_slice() else { panic!("{:?}", deployment.groups) };
    assert_eq!((group.award(), group.bid_window_blocks, group.reclamation_blocks), (Award::Lowest, 30, 10_800));
    assert!(group.job.is_none() && group.max_price.is_none());
    let signers = group.requirements.as_ref().unwrap().signed_by.as_ref().unwrap();
    assert_eq!((signers.all_of.len(), signers.any_of.len()), (0, 1));
    let units = &group.service.as_ref().unwrap().resources;
    let prices: Vec<_> = units.iter().map(|u| u.price.as_ref().unwrap().amount_sub.as_str()).collect();
    // Services stand in the order of their names: the cache before the model.
    assert_eq!(prices, ["1", "9000250000"]);

    let short = GOOD
        .replace("grace: 20m\n", "")
        .replace("low_funds: 1h\n", "")
        .replace("reclamation:\n  min_window: \"6h\"\n", "");
    let short = read(&short).unwrap();
    assert_eq!((short.grace_blocks, short.low_funds_blocks, short.groups[0].reclamation_blocks), (None, 0, 0));
}

/// Two services with one profile, one with another; the second argument is what stands under the services.
fn three(version: &str) -> Deployment {
    let text = r#"
services:
  b: { image: b, expose: [{ port: 80, to: [{ global: true }] }] }
  a: { image: a, expose: [{ port: 80, to: [{ global: true }] }, { port: 22, to: [{ global: true }] }] }
  c: { image: c }
profiles:
  compute:
    small: { resources: { cpu: { units: 1 }, memory: { size: 1Gi }, storage: { size: 1Gi } } }
    large: { resources: { cpu: { units: 9 }, memory: { size: 1Gi }, storage: { size: 1Gi } } }
  placement:
    p: { pricing: { small: { denom: ualq, amount: 2 }, large: { denom: ualq, amount: 7 } } }
deployment:
  a: { p: { profile: small, count: 2 } }
  b: { p: { profile: small, count: 3 } }
  c: { p: { profile: large, count: 1 } }
"#;
    read(&format!("version: \"{version}\"\n{text}")).unwrap()
}

#[test]
fn services_with_one_profile_are_one_unit_in_2_1_and_their_own_in_2_0() {
    let units = |deployment: &Deployment| -> Vec<(u32, u32, usize)> {
        let units = &deployment.groups[0].service.as_ref().unwrap().resources;
        units.iter().map(|u| (u.id, u.count, u.resources.as_ref().unwrap().endpoints.len())).collect()
    };
    let ids = |deployment: &Deployment| -> Vec<u32> {
        deployment.manifest.groups[0].services.iter().map(|s| s.resources.id).collect()
    };
    let (old, new) = (three("2.0"), three("2.1"));
    assert_eq!(units(&old), [(1, 2, 2), (2, 3, 1), (3, 1, 0)]);
    assert_eq!(units(&new), [(1, 5, 3), (2, 1, 0)]);
    assert_eq!((ids(&old), ids(&new)), (vec![1, 2, 3], vec![1, 1, 2]));
    assert_ne!(old.hash, new.hash);
    for deployment in [old, new] {
        assert_eq!(deployment.manifest.groups[0].fits(&deployment.groups[0]), Ok(()));
    }
}

#[test]
fn one_mount_stands_for_all_in_2_0_and_for_itself_in_2_1() {
    let text = |version: &str, mounts: &str| {
        format!(
            r#"
version: "{version}"
services: {{ a: {{ image: a, params: {{ storage: {mounts} }} }} }}
profiles:
  compute:
    p:
      resources:
        cpu: {{ units: 1 }}
        memory: {{ size: 1Gi }}
        storage:
          - size: 1Gi
          - {{ name: x, size: 1Gi, attributes: {{ persistent: true }} }}
          - {{ name: y, size: 1Gi, attributes: {{ persistent: true }} }}
  placement: {{ q: {{ pricing: {{ p: {{ denom: ualq, amount: 1 }} }} }} }}
deployment: {{ a: {{ q: {{ profile: p, count: 1 }} }} }}
"#
        )
    };
    assert!(read(&text("2.0", "{ x: { mount: /x } }")).is_ok());
    let error = read(&text("2.1", "{ x: { mount: /x } }")).unwrap_err().to_string();
    assert!(error.contains("services.a: volume \"y\" of compute profile \"p\" is persistent"), "{error}");
    assert!(read(&text("2.1", "{ x: { mount: /x }, y: { mount: /y } }")).is_ok());
    let error = read(&text("2.1", "{ x: { mount: /x }, y: { readOnly: true } }")).unwrap_err().to_string();
    assert!(error.contains("services.a.params.storage.y: a persistent volume needs a mount"), "{error}");
    assert!(read(&text("2.0", "{ x: {} }")).is_err());
}

#[test]
fn the_manifest_is_one_text() {
    let deployment = read(
        r#"
version: "2.0"
services: { a: { image: "a:1", env: [B=2, A=1] } }
profiles:
  compute: { p: { resources: { cpu: { units: 0.1 }, memory: { size: 1Mi }, storage: { size: 5Mi } } } }
  placement: { q: { pricing: { p: { denom: ualq, amount: 1 } } } }
deployment: { a: { q: { profile: p, count: 1 } } }
"#,
    )
    .unwrap();
    let expected = concat!(
        r#"[{"job":null,"name":"q","services":[{"args":[],"command":[],"count":1,"credentials":null,"dependencies":[],"#,
        r#""env":["B=2","A=1"],"expose":[],"image":"a:1","name":"a","params":null,"resources":{"cpu":{"attributes":[],"#,
        r#""units":{"val":"100"}},"endpoints":[],"gpu":{"attributes":[],"units":{"val":"0"}},"id":1,"memory":{"size":"#,
        r#"{"val":"1048576"}},"storage":[{"attributes":[],"name":"","size":{"val":"5242880"}}]}}]}]"#
    );
    assert_eq!(deployment.json, expected);
    assert_eq!(manifest::hash(expected.as_bytes()), deployment.hash);
    let read = manifest::parse(expected.as_bytes()).unwrap();
    assert_eq!(read.to_json().unwrap(), expected);
    for (from, to, why) in [
        ("\"count\":1", "\"count\":1,\"debug\":true", "unknown field"),
        ("{\"val\":\"100\"}", "{\"val\":\"0100\"}", "is not a whole number"),
        ("{\"val\":\"100\"}", "100", "invalid type"),
        ("\"image\":\"a:1\",", "", "missing field"),
        ("\"count\":1", "\"count\":-1", "invalid value"),
    ] {
        let text = expected.replacen(from, to, 1);
        assert_ne!(text, expected, "{from}");
        assert!(manifest::parse(text.as_bytes()).unwrap_err().to_string().contains(why), "{to}");
    }
    assert!(manifest::parse(&vec![b' '; manifest::MAX_BYTES + 1]).is_err());
}

#[test]
fn the_order_in_the_file_changes_no_hash() {
    let deployment = read(GOOD).unwrap();
    let moved = GOOD.replacen("          - size: 40Gi\n", "", 1).replacen(
        "class: ram } }\n",
        "class: ram } }\n          - size: 40Gi\n",
        1,
    );
    assert_ne!(moved, GOOD);
    assert_eq!(read(&moved).unwrap().hash, deployment.hash);
    // What a provider need not know is on the chain alone.
    let dearer = read(&GOOD.replace("amount: 9000.25", "amount: 9001")).unwrap();
    assert_eq!(dearer.hash, deployment.hash);
    assert_ne!(dearer.groups, deployment.groups);
    assert_ne!(read(&GOOD.replace("MODEL=demo-8b", "MODEL=demo-9b")).unwrap().hash, deployment.hash);
}

#[test]
fn a_provider_sees_when_a_manifest_is_of_another_group() {
    let deployment = three("2.1");
    let (group, spec) = (&deployment.manifest.groups[0], &deployment.groups[0]);
    let mut named = group.clone();
    named.name = "q".into();
    assert_eq!(named.fits(spec), Err(Misfit::Name { chain: "p".into(), manifest: "q".into() }));
    let mut more = group.clone();
    more.services[0].count += 1;
    assert_eq!(more.fits(spec), Err(Misfit::Count { id: 1, chain: 5, manifest: 6 }));
    let mut larger = group.clone();
    larger.services[2].resources.cpu.units += 1;
    assert_eq!(larger.fits(spec), Err(Misfit::Resources { service: "c".into(), id: 2 }));
    let mut other = group.clone();
    other.services[1].resources.id = 7;
    assert_eq!(other.fits(spec), Err(Misfit::NoUnit { service: "b".into(), id: 7 }));
    let mut open = group.clone();
    let port = open.services[0].expose[1].clone();
    open.services[2].expose.push(port);
    assert_eq!(open.fits(spec), Err(Misfit::Endpoints { id: 2 }));
    let mut fewer = group.clone();
    fewer.services.pop();
    assert_eq!(fewer.fits(spec), Err(Misfit::Count { id: 2, chain: 1, manifest: 0 }));
    let mut job = group.clone();
    job.job = Some(Default::default());
    assert_eq!(job.fits(spec), Err(Misfit::Job));
}
