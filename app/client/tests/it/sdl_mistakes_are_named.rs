//! Bad SDL files: each mistake with the line, the key and the words of its error.

use std::path::Path;

use aliquot_client::sdl::{SdlError, parse};

use super::sdl_services_are_leased::{GOOD, read};

/// What is replaced, by what; the line and the key that the error names, and what it says.
struct Mistake(&'static str, &'static str, u64, &'static str, &'static str);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // The top.
    Mistake("version: \"2.1\"", "version: \"3.0\"", 1, "version", "is neither \"2.0\" nor \"2.1\""),
    Mistake("grace: 20m", "grase: 20m", 2, "grase", "unknown key; known here: version, services"),
    Mistake("grace: 20m", "grace: 20", 2, "grace", "is not a duration: write a number above 0 and ms, s, m, h or d"),
    Mistake("low_funds: 1h", "low_funds: soon", 3, "low_funds", "is not a duration"),
    Mistake("include: []", "include: [other.yaml]", 4, "include", "other files are not read"),
    Mistake("min_window: \"6h\"", "min_window: \"0h\"", 6, "reclamation.min_window", "is not a duration"),
    Mistake("min_window: \"6h\"", "window: \"6h\"", 6, "reclamation.window", "unknown key; known here: min_window"),
    Mistake("services:\n", "services: []\nservises:\n", 8, "servises", "unknown key"),
    // Services.
    Mistake("  infer:\n    image", "  Infer_1:\n    image", 8, "services.Infer_1", "is not a name: write up to 63 small letters"),
    Mistake("    image: registry.example.org/llm/server:1.4\n", "", 8, "services.infer", "the key image is missing; a job has kernel instead"),
    Mistake("image: registry.example.org/llm/server:1.4", "image: \"\"", 9, "services.infer.image", "is not the name of an image"),
    Mistake("image: registry.example.org/llm/server:1.4", "image: [a]", 9, "services.infer.image", "must be a single value"),
    Mistake("    image: docker.io/library/redis:7", "    kernel: RENDER_Q16", 33, "services.cache.expose", "says something about a container, which a job is not"),
    Mistake("    command:", "    comand:", 11, "services.infer.comand", "unknown key; known here: image, command, args"),
    Mistake("[\"/bin/serve\"]", "/bin/serve", 11, "services.infer.command", "must be a list"),
    Mistake("\"--port\", 8000", "[--port], 8000", 12, "services.infer.args[0]", "must be a single value"),
    Mistake("\"MODEL=demo-8b\"", "\"=demo-8b\"", 13, "services.infer.env[0]", "is not a variable: write NAME=value"),
    Mistake("\"EMPTY=\"", "\"A*=\"", 13, "services.infer.env[1]", "is not a variable"),
    Mistake("\"EMPTY=\"", "\"A=\\0\"", 13, "services.infer.env[1]", "holds a NUL character"),
    Mistake("\"EMPTY=\"", "\"MODEL=\"", 13, "services.infer.env[1]", "the variable MODEL is set twice"),
    Mistake("{ service: cache }]\n    expose", "{ service: cash }]\n    expose", 14, "services.infer.dependencies[0].service", "there is no service \"cash\" under services"),
    Mistake("{ service: cache }]\n    expose", "{ service: infer }]\n    expose", 8, "services.infer", "depends on itself, directly or through others"),
    Mistake("password: \" change-me-now \"", "password: \" abc \"", 10, "services.infer.credentials.password", "is too short"),
    Mistake("username: bot, ", "", 10, "services.infer.credentials", "the key username is missing"),
    Mistake("host: registry.example.org", "host: ''", 10, "services.infer.credentials.host", "is empty"),
    // Ports.
    Mistake("port: 8000", "port: 0", 16, "services.infer.expose[0].port", "must be a whole number from 1 to 65535, not \"0\""),
    Mistake("port: 8000", "prot: 8000", 16, "services.infer.expose[0].prot", "unknown key; known here: port, as, proto"),
    Mistake("      - port: 8000\n        as: 80\n", "      - as: 80\n", 16, "services.infer.expose[0]", "the key port is missing"),
    Mistake("as: 80", "as: 65536", 17, "services.infer.expose[0].as", "must be a whole number from 1 to 65535"),
    Mistake("[api.example.org]", "[api_example.org]", 18, "services.infer.expose[0].accept[0]", "is not a host name in small letters"),
    Mistake("proto: udp", "proto: sctp", 22, "services.infer.expose[1].proto", "must be one of tcp, udp"),
    Mistake("global: true, ip: pub-2", "global: maybe, ip: pub-2", 23, "services.infer.expose[1].to[0].global", "must be true or false, not \"maybe\""),
    Mistake("global: true, ip: pub-2", "global: false, ip: pub-2", 23, "services.infer.expose[1].to[0].ip", "a leased address is open to the world: add global: true"),
    Mistake("global: true, ip: pub-2", "global: true, ip: pub-3", 23, "services.infer.expose[1].to[0].ip", "there is no address \"pub-3\" under endpoints"),
    Mistake("{ global: true, ip: pub-2 }", "{ global: true, ip: pub-2 }, { global: yes, ip: pub-2 }", 23, "services.infer.expose[1].to[1].ip", "udp port 9000 of address \"pub-2\" is taken by services.infer.expose[1].to[0].ip"),
    Mistake("to: [{ service: cache }]", "to: [{ global: false }]", 24, "services.infer.expose[2].to[0]", "names nobody"),
    Mistake("to: [{ service: cache }]", "to: [{ service: cash }]", 24, "services.infer.expose[2].to[0].service", "there is no service \"cash\""),
    Mistake("{ port: 6379, ", "{ port: 6379, accept: [api.example.org], ", 8, "services.infer", "the host api.example.org leads to port 6379 of service \"cache\" already"),
    Mistake("max_body_size: 16777216", "max_body_size: 104857601", 19, "services.infer.expose[0].http_options.max_body_size", "must be a whole number from 1 to 104857600"),
    Mistake("proxy_buffer_size: 4096", "proxy_buffer_size: 1048577", 19, "services.infer.expose[0].http_options.proxy_buffer_size", "from 0 to 1048576"),
    Mistake("proxy_buffer_size: 4096", "read_timeout: 60001", 19, "services.infer.expose[0].http_options.read_timeout", "from 1 to 60000"),
    Mistake("[error, 429]", "[error, 418]", 19, "services.infer.expose[0].http_options.next_cases[1]", "must be one of error, timeout"),
    Mistake("[error, 429]", "[error, off]", 19, "services.infer.expose[0].http_options.next_cases", "off must stand alone"),
    Mistake("[error, 429]", "[error, error]", 19, "services.infer.expose[0].http_options.next_cases[1]", "\"error\" stands twice"),
    // Params.
    Mistake("mount: /models", "mount: \"/my models\"", 27, "services.infer.params.storage.weights.mount", "of letters, digits"),
    Mistake("mount: /models", "mount: //models", 27, "services.infer.params.storage.weights.mount", "is not an absolute path"),
    Mistake("mount: /models", "mount: /", 27, "services.infer.params.storage.weights.mount", "is not an absolute path"),
    Mistake("mount: /dev/shm", "mount: /models/", 28, "services.infer.params.storage.shm", "/models is where volume \"weights\" is mounted"),
    Mistake("mount: /models", "mount: models", 27, "services.infer.params.storage.weights.mount", "is not an absolute path"),
    Mistake("mount: /models", "mount: /models/../etc", 27, "services.infer.params.storage.weights.mount", "is not an absolute path"),
    Mistake("mount: /dev/shm", "mount: /models", 28, "services.infer.params.storage.shm", "/models is where volume \"weights\" is mounted"),
    Mistake("{ mount: /dev/shm }", "{ mount: /dev/shm, readOnly: true }", 28, "services.infer.params.storage.shm", "a volume in ram begins empty"),
    Mistake("        shm: { mount", "        ram: { mount", 28, "services.infer.params.storage.ram", "compute profile \"gpu-node\" has no volume \"ram\""),
    Mistake("{ mount: /models, readOnly: true }", "{ readOnly: true }", 27, "services.infer.params.storage.weights", "a persistent volume needs a mount"),
    Mistake("        weights: { mount: /models, readOnly: true }\n", "", 8, "services.infer", "volume \"weights\" of compute profile \"gpu-node\" is persistent: say under params.storage"),
    Mistake("[logs, events]", "[logs, shell]", 29, "services.infer.params.permissions.read[1]", "must be one of deployment, logs, events"),
    Mistake("tee: cpu-gpu", "tee: gpu", 30, "services.infer.params.tee", "must be one of cpu, cpu-gpu"),
    Mistake("redis:7\n", "redis:7\n    params: { tee: cpu }\n", 30, "services.infer.params.tee", "the placement needs \"cpu\" already: one kind for a placement"),
    Mistake("{ region: eu-central }", "{ tee/type: cpu }", 30, "services.infer.params.tee", "the placement needs \"cpu\" already"),
    Mistake("redis:7\n", "redis:7\n    params: { tee: cpu-gpu }\n", 33, "services.cache.params.tee", "compute profile \"small\" has no GPU to trust"),
    // Compute profiles.
    Mistake("units: 8,", "units: 0,", 39, "profiles.compute.gpu-node.resources.cpu.units", "is not a number of cores, as 8, 0.5 or 500m"),
    Mistake("units: 8,", "units: 0.0005,", 39, "profiles.compute.gpu-node.resources.cpu.units", "no finer than 1m"),
    Mistake("units: 8,", "units: 385,", 39, "profiles.compute.gpu-node.resources.cpu.units", "write 10m to 384"),
    Mistake("{ arch: amd64 }", "{ model: amd64 }", 39, "profiles.compute.gpu-node.resources.cpu.attributes.model", "unknown key; known here: arch"),
    Mistake("size: 64Gi", "size: 64GB", 40, "profiles.compute.gpu-node.resources.memory.size", "is not a size above 0 in whole bytes"),
    Mistake("size: 64Gi", "size: 3Ti", 40, "profiles.compute.gpu-node.resources.memory.size", "must be 1Mi to 2Ti, not 3298534883328 bytes"),
    Mistake("        memory: { size: 64Gi }\n", "", 38, "profiles.compute.gpu-node.resources", "the key memory is missing"),
    Mistake("units: 2\n", "units: 1.5\n", 42, "profiles.compute.gpu-node.resources.gpu.units", "must be a whole number from 0 to 24, not \"1.5\""),
    Mistake("units: 2\n", "units: 0\n", 43, "profiles.compute.gpu-node.resources.gpu.attributes", "says which GPUs, of which units asks for none"),
    Mistake("storage: { size: 1Gi } }", "gpu: { units: 1 }, storage: { size: 1Gi } }", 54, "profiles.compute.small.resources.gpu.units", "asks for GPUs but not which"),
    Mistake("              amd:\n", "              AMD:\n", 48, "profiles.compute.gpu-node.resources.gpu.attributes.vendor.AMD", "\"AMD\" is not a name of hardware"),
    Mistake("model: h100, ", "", 46, "profiles.compute.gpu-node.resources.gpu.attributes.vendor.nvidia[0]", "the key model is missing"),
    Mistake("model: h100", "model: H100", 46, "profiles.compute.gpu-node.resources.gpu.attributes.vendor.nvidia[0].model", "\"H100\" is not a name of hardware"),
    Mistake("ram: 80Gi", "ram: 80GB", 46, "profiles.compute.gpu-node.resources.gpu.attributes.vendor.nvidia[0].ram", "is not a device's memory in whole Gi"),
    Mistake("interface: sxm", "interface: nvlink", 46, "profiles.compute.gpu-node.resources.gpu.attributes.vendor.nvidia[0].interface", "must be one of pcie, sxm"),
    Mistake("- size: 40Gi", "- { name: weights, size: 40Gi }", 51, "profiles.compute.gpu-node.resources.storage[1]", "a second volume has the name \"weights\""),
    Mistake("name: shm, size: 16Gi, attributes: { persistent: false, class: ram }", "size: 16Gi", 52, "profiles.compute.gpu-node.resources.storage[2]", "a second volume has no name"),
    Mistake("- size: 40Gi", "- { name: root, size: 40Gi }", 49, "profiles.compute.gpu-node.resources.storage", "no volume is the root: add one without a name"),
    Mistake("class: beta3", "class: beta4", 51, "profiles.compute.gpu-node.resources.storage[1].attributes.class", "must be one of default, beta1, beta2, beta3, ram"),
    Mistake("persistent: true, class: beta3", "class: beta3", 51, "profiles.compute.gpu-node.resources.storage[1].attributes.class", "is of persistent volumes: add persistent: true"),
    Mistake("persistent: false, class: ram", "persistent: true, class: ram", 52, "profiles.compute.gpu-node.resources.storage[2].attributes", "it cannot be persistent"),
    Mistake("name: weights, size: 500Gi", "size: 500Gi", 51, "profiles.compute.gpu-node.resources.storage[1].attributes", "the root volume goes with its container"),
    // Placements.
    Mistake("attributes: { region: eu-central }", "attributes: { region: [eu] }", 57, "profiles.placement.eu.attributes.region", "must be a single value"),
    Mistake("anyOf: [aliquot1v4", "anyOf: [akash1v4", 58, "profiles.placement.eu.signedBy.anyOf[0]", "is not an auditor's address: these begin with aliquot1"),
    Mistake("anyOf:", "any_of:", 58, "profiles.placement.eu.signedBy.any_of", "unknown key; known here: allOf, anyOf"),
    Mistake("award: lowest", "award: best", 59, "profiles.placement.eu.award", "must be one of manual, lowest, score, not \"best\""),
    Mistake("bid_window: 1m", "bid_window: -1m", 60, "profiles.placement.eu.bid_window", "is not a duration"),
    Mistake("amount: 9000.25", "amount: 0.0000001", 62, "profiles.placement.eu.pricing.gpu-node.amount", "is finer than a millionth"),
    Mistake("amount: 9000.25", "amount: 0.0", 62, "profiles.placement.eu.pricing.gpu-node.amount", "must be above 0"),
    Mistake("amount: 9000.25", "amount: 1e3", 62, "profiles.placement.eu.pricing.gpu-node.amount", "must be a number above 0, as 1500 or 0.25, not \"1e3\""),
    Mistake("amount: 9000.25", "amount: 340282366920938463463374607431768211455", 62, "profiles.placement.eu.pricing.gpu-node.amount", "is more than the chain can count"),
    Mistake("small: { denom: ualq", "small: { denom: u$d", 63, "profiles.placement.eu.pricing.small.denom", "is not a denom"),
    Mistake("small: { denom: ualq", "small: { denom: utest", 66, "deployment.infer.eu", "one denom for a placement"),
    Mistake("        small: { denom", "        smal: { denom", 61, "profiles.placement.eu.pricing", "there is no price for \"small\""),
    // Deployment and endpoints.
    Mistake("count: 1 }\n  cache", "count: 0 }\n  cache", 66, "deployment.infer.eu.count", "must be a whole number from 1 to 50, not \"0\""),
    Mistake(", count: 1 }\n  cache", " }\n  cache", 66, "deployment.infer.eu", "the key count is missing"),
    Mistake("profile: gpu-node, count", "profile: gpu, count", 66, "deployment.infer.eu.profile", "there is no compute profile \"gpu\" under profiles.compute"),
    Mistake("profile: gpu-node, count", "count", 66, "deployment.infer.eu", "the key profile is missing"),
    Mistake("    eu: { profile: small", "    us: { profile: small", 68, "deployment.cache.us", "there is no placement \"us\" under profiles.placement"),
    Mistake("  cache:\n    eu: { profile: small", "  cash:\n    eu: { profile: small", 67, "deployment.cash", "there is no service \"cash\" under services"),
    Mistake("  cache:\n    eu: { profile: small, count: 1 }\n", "", 31, "services.cache", "is not deployed anywhere"),
    Mistake("  pub-1: { kind: ip }", "  Pub: { kind: ip }", 70, "endpoints.Pub", "is not a name: write 2 to 63 small letters"),
    Mistake("  pub-1: { kind: ip }", "  pub-1: { kind: dns }", 70, "endpoints.pub-1.kind", "must be one of ip"),
    Mistake("  pub-1: { kind: ip }", "  pub-1: { kind: ip }\n  pub-0: { kind: ip }", 71, "endpoints.pub-0", "no port is opened on this address"),
];

#[test]
fn each_mistake_is_told_with_its_line_and_key() {
    assert!(read(GOOD).is_ok());
    let mut wrong = Vec::new();
    for Mistake(from, to, line, key, why) in MISTAKES {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let error = match read(&text) {
            Err(error) => error,
            Ok(_) => panic!("{to:?} is taken"),
        };
        let said = error.to_string();
        let is_right = |error: &SdlError| match error {
            SdlError::Invalid { line: at, key: found, message, .. } => {
                (*at, found.as_str()) == (*line, *key)
                    && message.contains(why)
                    && said.starts_with(&format!("every_key.sdl.yaml:{line}:"))
            }
            _ => false,
        };
        if !is_right(&error) {
            wrong.push(format!("{to:?}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_placement_takes_either_services_or_one_job() {
    let text = r#"
version: "2.1"
services:
  web: { image: nginx }
  render: { kernel: RENDER_Q16, input: sdl_mistakes_are_named.rs }
profiles:
  compute: { small: { resources: { cpu: { units: 1 }, memory: { size: 1Gi }, storage: { size: 1Gi } } } }
  placement: { eu: { pricing: { small: { denom: ualq, amount: 1 }, render: { denom: ualq, amount: 5 } } } }
deployment:
  web: { eu: { profile: small, count: 1 } }
  render: { eu: { count: 1 } }
"#;
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/x.yaml");
    let error = parse(text, &beside, 1_000).unwrap_err().to_string();
    let why = "x.yaml:11:13: deployment.render.eu: placement \"eu\" has both services and the job \"render\"";
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_group_has_a_bounded_size() {
    let many = GOOD.replace("profile: small, count: 1", "profile: gpu-node, count: 50");
    let error =
        read(&many.replace("redis:7\n", "redis:7\n    params: { storage: { weights: { mount: /w } } }\n")).unwrap_err();
    assert!(error.to_string().contains("is too much for one group"), "{error}");
}
