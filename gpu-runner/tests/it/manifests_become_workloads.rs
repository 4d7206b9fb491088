use aliquot_client::manifest::{self, Credentials, Expose, Group, Mount, Params, Protocol, Service, Storage};
use aliquot_runner::{
    runtime::{Port, Workload},
    services::{
        inventory::Taken,
        workload::{Unrunnable, plan},
    },
};

use crate::{lease, services_are_priced_exactly::inventory};

pub fn service(name: &str, image: &str) -> Service {
    let mut service = Service { name: name.into(), image: image.into(), count: 1, ..Service::default() };
    service.resources.id = 1;
    service.resources.cpu.units = 500;
    service.resources.memory.size = 64 << 20;
    service.resources.storage = vec![Storage { size: 1 << 20, ..Storage::default() }];
    service
}

fn planned(services: Vec<Service>, taken: &Taken) -> Result<Workload, Unrunnable> {
    plan(&lease(7), &[1; 32], &Group { name: "eu".into(), services, job: None }, taken, &inventory())
}

#[test]
fn a_manifest_says_what_runs() {
    let mut web = service("web", "nginx:1.27");
    web.count = 2;
    web.env = vec!["A=b=c".into(), "EMPTY".into()];
    web.command = vec!["/bin/serve".into()];
    web.args = vec!["--port".into(), "80".into()];
    let volume = |name: &str, class: &str| {
        let class = manifest::Attribute { key: "class".into(), value: class.into() };
        Storage { name: name.into(), size: 4096, attributes: vec![class] }
    };
    web.resources.storage.extend([volume("data", "beta3"), volume("shm", "ram")]);
    web.resources.gpu.units = 1;
    let mount = |name: &str, path: &str| Mount { name: name.into(), mount: path.into(), read_only: false };
    let storage = vec![mount("data", "/var/data"), mount("shm", "/dev/shm")];
    web.params = Some(Params { storage, ..Params::default() });
    let open = |port, proto, global| Expose { port, proto, global, ..Expose::default() };
    web.expose = vec![
        open(80, Protocol::Tcp, true),
        open(53, Protocol::Udp, true),
        open(80, Protocol::Tcp, true),
        open(9000, Protocol::Tcp, false),
    ];
    let password = Credentials { username: "bot".into(), password: "secret".into(), ..Credentials::default() };
    web.credentials = Some(password);
    let mut taken = Taken::default();
    taken.gpus = vec![(1, vec![0, 3])];
    let workload = planned(vec![web], &taken).unwrap();
    assert_eq!(workload.manifest, "01".repeat(32));
    let web = &workload.services[0];
    assert_eq!((web.image.as_str(), web.disk), ("docker.io/library/nginx:1.27", 1 << 20));
    assert_eq!(web.env, [("A".into(), "b=c".into()), ("EMPTY".into(), String::new())]);
    assert_eq!(web.ports, [Port { port: 53, udp: true }, Port { port: 80, udp: false }]);
    let mounts: Vec<_> = web.mounts.iter().map(|m| (m.volume.as_str(), m.path.as_str(), m.ram)).collect();
    assert_eq!(mounts, [("data", "/var/data", false), ("shm", "/dev/shm", true)]);
    let gpus: Vec<_> = web.instances.iter().map(|i| (i.gpus.clone(), i.devices.clone())).collect();
    assert_eq!(gpus, [(vec![0], vec!["/dev/h100".to_string()]), (vec![3], vec!["/dev/h100".to_string()])]);
    assert_eq!(web.credentials.as_ref().unwrap().host, "docker.io", "the image's registry, where none is named");
    assert!(!format!("{workload:?}").contains("secret"));
}

#[test]
fn services_start_after_those_that_they_need() {
    let needing = |name: &str, needs: &[&str]| {
        let dependencies = needs.iter().map(ToString::to_string).collect();
        Service { dependencies, ..service(name, "nginx") }
    };
    let order = |services| {
        planned(services, &Taken::default()).map(|w| w.services.into_iter().map(|s| s.name).collect::<Vec<_>>())
    };
    let services = vec![needing("a", &["b"]), needing("b", &["c", "elsewhere"]), needing("c", &[])];
    assert_eq!(order(services), Ok(vec!["c".into(), "b".into(), "a".into()]));
    let circle = vec![needing("a", &["b"]), needing("b", &["a"]), needing("c", &[])];
    assert_eq!(order(circle), Err(Unrunnable::Circle("a, b".into())));
}

#[test]
fn hostile_manifests_are_refused() {
    let no = |change: &dyn Fn(&mut Service)| {
        let mut service = service("web", "nginx");
        service.resources.storage.push(Storage { name: "data".into(), size: 1, attributes: Vec::new() });
        change(&mut service);
        planned(vec![service], &Taken::default()).unwrap_err()
    };
    for name in ["", "-v", "a b", "../x", "A", "a-", &"a".repeat(64)] {
        assert!(matches!(no(&|s| s.name = name.into()), Unrunnable::Name(_)), "{name}");
    }
    for image in ["--privileged", "dir:/etc", "a b"] {
        assert!(matches!(no(&|s| s.image = image.into()), Unrunnable::Image { .. }), "{image}");
    }
    // A star would have podman pass on the variables of the runner, its passphrase among them.
    for entry in ["*", "ALIQUOT*", "=x", "A B=c"] {
        assert!(matches!(no(&|s| s.env = vec![entry.into()]), Unrunnable::Env { .. }), "{entry}");
    }
    let mounted = |name: &str, path: &str| {
        no(&|s| {
            let mount = Mount { name: name.into(), mount: path.into(), read_only: false };
            s.params = Some(Params { storage: vec![mount.clone(), mount], ..Params::default() });
        })
    };
    for path in ["data", "/", "/a:/b", "/a,b", "/a/../..", "/a b"] {
        assert!(matches!(mounted("data", path), Unrunnable::Path { .. }), "{path}");
    }
    assert_eq!(mounted("data", "/data"), Unrunnable::Twice("/data".into()));
    assert!(matches!(mounted("other", "/data"), Unrunnable::Volume { .. }));
    assert_eq!(no(&|s| s.args = vec!["a\0b".into()]), Unrunnable::Nul);
    assert_eq!(no(&|s| s.count = 257), Unrunnable::Instances(257));
    let twins = planned(vec![service("web", "nginx"), service("web", "nginx")], &Taken::default());
    assert_eq!(twins, Err(Unrunnable::Twice("web".into())));
}
