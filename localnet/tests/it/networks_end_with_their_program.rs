//! `localnet up` told to stop: nothing that it started goes on.

use crate::MACHINE;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(120);

/// The processes that a process started and that still are.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    all.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name in brackets: state, parent.
        let rest = stat.rsplit(") ").next().unwrap_or_default();
        rest.split_whitespace().nth(1).is_some_and(|ppid| ppid == parent.to_string())
    })
    .collect()
}

fn up(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_localnet"))
        .args(["up", "--validators", "1"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait(child: &mut Child) -> bool {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        assert!(Instant::now() < end, "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn gone(pids: &[u32]) {
    let end = Instant::now() + Duration::from_secs(20);
    while pids.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
        assert!(Instant::now() < end, "some of {pids:?} still run");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_runs_ends_on_sigterm() {
    let _turn = MACHINE.read().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = up(folder.path());
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ctrl-c stops it"), "it does not start");
    let started = children(program.id());
    assert_eq!(started.len(), 2, "aliquotd and CometBFT: {started:?}");
    signal("-TERM", &program);
    assert!(wait(&mut program), "it fails");
    gone(&started);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_only_starts_ends_on_sigint() {
    let _turn = MACHINE.read().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = up(folder.path());
    // The last of its processes is CometBFT, which is not waited for before the first block.
    let end = Instant::now() + LIMIT;
    let is_started = |pids: &[u32]| {
        pids.len() == 2
            && pids.iter().any(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|c| c == "cometbft\n"))
    };
    let mut started = children(program.id());
    while !is_started(&started) {
        assert!(Instant::now() < end, "it does not start");
        std::thread::sleep(Duration::from_millis(10));
        started = children(program.id());
    }
    signal("-INT", &program);
    assert!(wait(&mut program), "it fails");
    gone(&started);
}
