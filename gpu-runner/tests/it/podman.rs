//! Real podman for tests, on a machine that may be a sandbox, and an image made of busybox.

use std::{
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use aliquot_proto::market::v1::LeaseId;
use aliquot_runner::runtime::{
    Instance, Runtime, Service, Workload,
    podman::{Network, Podman, PodmanConfig, Pull},
};
use tokio::time::{Instant, sleep};

pub const IMAGE: &str = "localhost/aliquot-busybox:test";
const GLOBAL: [&str; 4] = ["--runtime", "runc", "--storage-driver", "vfs"];

/// Makes the image, once.
pub fn image() {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["bin", "tmp", "dev", "proc", "sys", "etc", "data"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        std::fs::copy("/bin/busybox", dir.path().join("bin/busybox")).expect("apt-get install busybox-static");
        for applet in
            ["sh", "cat", "echo", "sleep", "ls", "env", "id", "httpd", "wget", "kill", "touch", "df", "printf"]
        {
            std::os::unix::fs::symlink("busybox", dir.path().join("bin").join(applet)).unwrap();
        }
        let tar = dir.path().join("../").join(format!("aliquot-busybox-{}.tar", std::process::id()));
        let packed = Command::new("tar").arg("-C").arg(dir.path()).arg("-cf").arg(&tar).arg(".").status().unwrap();
        assert!(packed.success());
        let imported = podman(&["import", &tar.to_string_lossy(), IMAGE]);
        std::fs::remove_file(tar).unwrap();
        assert!(imported.is_some(), "podman cannot import: apt-get install podman runc");
    });
}

/// What podman says, or nothing if it fails.
pub fn podman(words: &[&str]) -> Option<String> {
    let output = Command::new("podman").args(GLOBAL).args(words).stderr(Stdio::inherit()).output();
    let output = output.expect("apt-get install podman runc");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

pub fn config(network: Network) -> PodmanConfig {
    image();
    PodmanConfig {
        global: GLOBAL.map(String::from).to_vec(),
        network,
        publish: "127.0.0.1".into(),
        pull: Pull::Never,
        ulimits: vec!["nofile=1024:1024".into(), "nproc=1024:1024".into()],
        pids: 64,
        stop_s: 0,
        ..PodmanConfig::default()
    }
}

/// A lease of a provider that no other test has.
pub fn lease(provider: &str) -> LeaseId {
    let provider = format!("aliquot1{provider}{}", std::process::id());
    LeaseId { provider, ..crate::lease(7) }
}

/// Removes what a test leaves, also when it fails.
pub struct Cleaned(pub LeaseId);

impl Drop for Cleaned {
    fn drop(&mut self) {
        let filter = format!("label=aliquot.provider={}", self.0.provider);
        for (kind, list) in
            [("rm", &["ps", "-aq"][..]), ("volume", &["volume", "ls", "-q"]), ("network", &["network", "ls", "-q"])]
        {
            let mut words = list.to_vec();
            words.extend(["--filter", &filter]);
            let left = podman(&words).unwrap_or_default();
            for name in left.split_whitespace() {
                match kind {
                    "rm" => podman(&["rm", "-f", "-t", "0", name]),
                    kind => podman(&[kind, "rm", "-f", name]),
                };
            }
        }
    }
}

/// A service that runs a script of the shell.
pub fn script(name: &str, script: &str, instances: usize) -> Service {
    Service {
        name: name.into(),
        image: IMAGE.into(),
        command: vec!["/bin/sh".into(), "-c".into()],
        args: vec![script.into()],
        cpu_millis: 500,
        memory: 64 << 20,
        instances: vec![Instance::default(); instances],
        ..Service::default()
    }
}

pub fn workload(lease: &LeaseId, services: Vec<Service>) -> Workload {
    Workload { lease: lease.clone(), manifest: "ab".repeat(32), services }
}

pub fn runtime(lease: &LeaseId, network: Network) -> Podman {
    Podman::new(config(network), &lease.provider)
}

/// Looks at the containers until they are as they should be.
pub async fn until<T>(
    runtime: &dyn Runtime,
    lease: &LeaseId,
    mut as_wanted: impl FnMut(&[aliquot_runner::runtime::Container]) -> Option<T>,
) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let containers = runtime.status(lease).await.unwrap();
        if let Some(found) = as_wanted(&containers) {
            return found;
        }
        assert!(Instant::now() < end, "still {containers:?}");
        sleep(Duration::from_millis(100)).await;
    }
}
