use aliquot_runner::runtime::{
    Command, LogQuery, Mount, Output, Port, Runtime, RuntimeError, State, Stream,
    podman::{Network, Podman, PodmanConfig},
};

use crate::podman::{Cleaned, config, lease, podman, runtime, script, until, workload};

/// Output and exit code of a command in the first container of a service.
async fn exec(
    podman: &Podman,
    lease: &aliquot_proto::market::v1::LeaseId,
    words: &[&str],
    stdin: &str,
) -> (String, String, i32) {
    let stdin: Option<Box<dyn tokio::io::AsyncRead + Send + Unpin>> = match stdin {
        "" => None,
        text => Some(Box::new(std::io::Cursor::new(text.as_bytes().to_vec()))),
    };
    let words = words.iter().map(ToString::to_string).collect();
    let command = Command { service: "web".into(), instance: 0, words, tty: false, stdin };
    let mut coming = podman.exec(lease, command).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(output) = coming.recv().await {
        match output {
            Output::Bytes(Stream::Stdout, bytes) => out.extend(bytes),
            Output::Bytes(Stream::Stderr, bytes) => err.extend(bytes),
            Output::Exit(code) => {
                return (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code);
            }
        }
    }
    panic!("no exit code");
}

#[tokio::test]
async fn a_workload_is_started_paused_resumed_and_removed() {
    let lease = lease("life");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::None);
    let work = workload(&lease, vec![script("web", "sleep 1000", 2), script("db", "sleep 1000", 1)]);
    podman.start(&work).await.unwrap();
    let running =
        until(&podman, &lease, |all| all.iter().all(|c| c.state == State::Running).then(|| all.to_vec())).await;
    let names: Vec<_> = running.iter().map(|c| (c.service.as_str(), c.instance)).collect();
    assert_eq!(names, [("db", 0), ("web", 0), ("web", 1)]);
    assert!(running.iter().all(|c| c.started_at.is_some() && c.exit_code.is_none() && c.manifest == work.manifest));
    // Doing it again changes nothing.
    podman.start(&work).await.unwrap();
    assert_eq!(podman.status(&lease).await.unwrap(), running);

    podman.pause(&lease).await.unwrap();
    until(&podman, &lease, |all| all.iter().all(|c| c.state == State::Paused).then_some(())).await;
    podman.resume(&lease).await.unwrap();
    until(&podman, &lease, |all| all.iter().all(|c| c.state == State::Running).then_some(())).await;
    let again = podman.status(&lease).await.unwrap();
    assert_eq!(again[0].started_at, running[0].started_at, "it is the same process");

    podman.pause(&lease).await.unwrap();
    podman.remove(&lease).await.unwrap();
    assert_eq!(podman.status(&lease).await.unwrap(), []);
    podman.remove(&lease).await.unwrap();
}

#[tokio::test]
async fn a_new_process_finds_what_runs() {
    let lease = lease("found");
    let _cleaned = Cleaned(lease.clone());
    let mut service = script("web", "sleep 1000", 1);
    service.instances[0].gpus = vec![2, 5];
    runtime(&lease, Network::None).start(&workload(&lease, vec![service])).await.unwrap();
    let another = runtime(&lease, Network::None);
    let found = another.list().await.unwrap();
    let [(id, containers)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((id, containers[0].gpus.as_slice()), (&lease, &[2, 5][..]));
    let stranger = Podman::new(config(Network::None), "aliquot1stranger");
    assert_eq!(stranger.list().await.unwrap(), [], "another provider's containers are not its own");
}

#[tokio::test]
async fn another_manifest_replaces_containers_and_keeps_volumes() {
    let lease = lease("volume");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::None);
    let mut service = script("web", "sleep 1000", 1);
    let disk = Mount { volume: "data".into(), path: "/data".into(), read_only: false, bytes: 1 << 20, ram: false };
    let ram = Mount { volume: "ram".into(), path: "/fast".into(), read_only: false, bytes: 1 << 20, ram: true };
    service.mounts = vec![disk, ram];
    let mut work = workload(&lease, vec![service, script("old", "sleep 1000", 1)]);
    podman.start(&work).await.unwrap();
    assert_eq!(exec(&podman, &lease, &["sh", "-c", "echo kept > /data/x; echo gone > /fast/x"], "").await.2, 0);
    work.manifest = "cd".repeat(32);
    work.services.pop();
    podman.start(&work).await.unwrap();
    let all = podman.status(&lease).await.unwrap();
    assert_eq!((all.len(), all[0].manifest.as_str()), (1, work.manifest.as_str()));
    assert_eq!(exec(&podman, &lease, &["cat", "/data/x"], "").await.0, "kept\n");
    assert_eq!(exec(&podman, &lease, &["cat", "/fast/x"], "").await.2, 1, "memory is gone with its container");
    let (told, ..) = exec(&podman, &lease, &["df", "-k", "/fast"], "").await;
    assert!(told.contains(" 1024 "), "the volume has its size: {told}");
    podman.remove(&lease).await.unwrap();
    let filter = format!("label=aliquot.provider={}", lease.provider);
    assert_eq!(crate::podman::podman(&["volume", "ls", "-q", "--filter", &filter]).unwrap(), "");
}

#[tokio::test]
async fn what_a_container_says_is_read_and_followed() {
    let lease = lease("logs");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::None);
    let words = "for i in 1 2 3; do echo line $i; done; echo oops >&2; sleep 2; echo late; sleep 1000";
    podman
        .start(&workload(&lease, vec![script("web", words, 1), script("db", "echo other; sleep 1000", 1)]))
        .await
        .unwrap();
    let read = async |query: LogQuery| {
        let follow = query.follow;
        let (mut lines, mut coming) = (Vec::new(), podman.logs(&lease, query).await.unwrap());
        while let Some(line) = coming.recv().await {
            let last = follow && line.message == "late";
            lines.push((line.service, line.stream, line.message));
            if last {
                break;
            }
        }
        lines
    };
    let followed = read(LogQuery { service: Some("web".into()), tail: None, follow: true }).await;
    let expected = ["line 1", "line 2", "line 3", "late"].map(|m| ("web".to_string(), Stream::Stdout, m.to_string()));
    let out: Vec<_> = followed.iter().filter(|l| l.1 == Stream::Stdout).cloned().collect();
    assert_eq!(out, expected);
    assert!(followed.contains(&("web".into(), Stream::Stderr, "oops".into())), "{followed:?}");
    let newest = read(LogQuery { service: Some("web".into()), tail: Some(1), follow: false }).await;
    assert_eq!(newest, [("web".to_string(), Stream::Stdout, "late".to_string())]);
    let all = read(LogQuery { service: None, tail: None, follow: false }).await;
    assert!(all.contains(&("db".into(), Stream::Stdout, "other".into())), "{all:?}");
    let absent = podman.logs(&lease, LogQuery { service: Some("no".into()), ..LogQuery::default() }).await;
    assert!(matches!(absent, Err(RuntimeError::Absent { .. })));
}

#[tokio::test]
async fn commands_get_stdin_and_give_their_exit_code() {
    let lease = lease("exec");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::None);
    podman.start(&workload(&lease, vec![script("web", "sleep 1000", 1)])).await.unwrap();
    let large = "0123456789abcdef".repeat(20_000);
    assert_eq!(exec(&podman, &lease, &["cat"], &large).await, (large, String::new(), 0));
    let told = exec(&podman, &lease, &["sh", "-c", "echo out; echo err >&2; exit 7"], "").await;
    assert_eq!(told, ("out\n".into(), "err\n".into(), 7));
    // A word that looks like an option of podman is the command's.
    assert_eq!(exec(&podman, &lease, &["echo", "--privileged"], "").await.0, "--privileged\n");
    let absent = Command { service: "web".into(), instance: 3, words: vec!["ls".into()], tty: false, stdin: None };
    assert!(matches!(podman.exec(&lease, absent).await, Err(RuntimeError::Absent { instance: 3, .. })));
}

#[tokio::test]
async fn limits_and_environment_hold_inside() {
    let lease = lease("limits");
    let _cleaned = Cleaned(lease.clone());
    let strict = PodmanConfig { read_only: true, ..config(Network::None) };
    let podman = Podman::new(strict, &lease.provider);
    let mut service = script("web", "sleep 1000", 1);
    service.memory = 32 << 20;
    service.env = vec![("MODEL".into(), "demo 8b\n--x".into()), ("EMPTY".into(), String::new())];
    service.instances[0].devices = vec!["/dev/zero:/dev/gpu0".into()];
    podman.start(&workload(&lease, vec![service])).await.unwrap();
    let (env, ..) = exec(&podman, &lease, &["env"], "").await;
    assert!(env.contains("MODEL=demo 8b\n--x\n") && env.contains("EMPTY=\n"), "{env}");
    assert_eq!(exec(&podman, &lease, &["touch", "/etc/x"], "").await.2, 1, "its file system is read-only");
    assert_eq!(exec(&podman, &lease, &["ls", "/dev/gpu0"], "").await.2, 0, "its device is there");
    let hungry = "x=$(busybox yes | busybox head -c 100000000); echo ${#x}";
    assert_ne!(exec(&podman, &lease, &["sh", "-c", hungry], "").await.2, 0, "more memory than it has");
    let told = crate::podman::podman(&["ps", "-a", "--format", "{{.Names}}"]).unwrap();
    let name = told.lines().find(|n| n.starts_with("aliquot-") && n.ends_with("-web-0")).unwrap();
    assert!(name.len() < 64, "{name}");
}

#[tokio::test]
async fn a_container_that_ends_says_how_and_can_be_restarted() {
    let lease = lease("exit");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::None);
    let work = workload(&lease, vec![script("web", "exit 3", 1)]);
    podman.start(&work).await.unwrap();
    let ended = |all: &[aliquot_runner::runtime::Container]| {
        (all[0].state == State::Exited).then_some((all[0].exit_code, all[0].started_at))
    };
    assert_eq!(until(&podman, &lease, ended).await.0, Some(3));
    // Starting the workload leaves it alone: restarts are decided elsewhere.
    podman.start(&work).await.unwrap();
    assert_eq!(podman.status(&lease).await.unwrap()[0].state, State::Exited);
    podman.restart(&lease, "web", 0).await.unwrap();
    assert_eq!(until(&podman, &lease, ended).await.0, Some(3));
}

#[tokio::test]
async fn open_ports_are_reached_from_outside() {
    let lease = lease("ports");
    let _cleaned = Cleaned(lease.clone());
    let podman = runtime(&lease, Network::Bridge);
    let mut service = script("web", "echo hello > /tmp/index.html; busybox httpd -f -p 80 -h /tmp", 2);
    service.ports = vec![Port { port: 80, udp: false }];
    podman.start(&workload(&lease, vec![service])).await.unwrap();
    let ports = until(&podman, &lease, |all| {
        let open: Vec<_> = all.iter().flat_map(|c| &c.ports).map(|p| (p.port, p.host_port)).collect();
        (open.len() == 2).then_some(open)
    });
    let ports = ports.await;
    assert_ne!(ports[0].1, ports[1].1, "each instance has its own");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (_, outside) in ports {
        let url = format!("http://127.0.0.1:{outside}/");
        let end = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
        let told = loop {
            match client.get(&url).send().await {
                Ok(response) => break response.text().await.unwrap(),
                Err(error) => assert!(tokio::time::Instant::now() < end, "{error:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        };
        assert_eq!(told, "hello\n");
    }
}

#[tokio::test]
async fn a_machine_without_podman_is_told_of() {
    let config = PodmanConfig { program: "/nowhere/podman".into(), ..PodmanConfig::default() };
    let error = Podman::new(config, "aliquot1x").list().await.unwrap_err();
    assert!(error.to_string().contains("services.podman.program"), "{error}");
    assert!(podman(&["version"]).is_some());
}
