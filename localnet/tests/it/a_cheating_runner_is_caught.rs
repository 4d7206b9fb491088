//! A provider that computes 5 % of its chunks wrongly.

use crate::MACHINE;
use aliquot_client::follow;
use aliquot_localnet::{Net, Options, Programs, RunnerOptions, Tenant, key, small_scene};
use aliquot_proto::compute::v1::{EventSlashed, JobFault, JobPhase};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(180);
/// Sixteen samples miss 5 % with chance 0.44, ten jobs in a row with 3e-4.
const JOBS: u64 = 10;

/// Every slash up to a height.
async fn slashes(net: &Net, height: u64) -> Vec<EventSlashed> {
    let mut blocks = follow(&net.rpc_url(0), 1).unwrap();
    let mut slashes = Vec::new();
    while let Some(block) = blocks.recv().await {
        let block = block.unwrap();
        slashes.extend(block.events.iter().filter_map(|e| e.decode::<EventSlashed>()).map(Result::unwrap));
        if block.height >= height {
            break;
        }
    }
    slashes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cheating_runner_is_caught_and_slashed_once() {
    let program = Some(Programs::cheat().unwrap());
    let _turn = MACHINE.read().await;
    let options = Options { params: vec!["compute.challenge_blocks=3".into()], ..Options::default() };
    let net = Net::start(1, options).await.unwrap();
    let args = vec!["--cheat".into(), "0.05".into()];
    let runner = net.start_runner(RunnerOptions { program, args, ..RunnerOptions::default() }).unwrap();
    let tenant = Tenant::new(net.client(0).unwrap(), key("tenant").unwrap());
    let mut caught = None;
    for dseq in 1..=JOBS {
        let job = tenant.run_job(dseq, &small_scene(), LIMIT).await;
        let job = job.unwrap_or_else(|e| panic!("{e:#}; {}", runner.tail()));
        println!("job {dseq}: {:?}, {:?}", job.phase(), job.fault());
        if job.phase() == JobPhase::Failed {
            caught = Some(job);
            break;
        }
    }
    let job = caught.unwrap_or_else(|| panic!("not caught within {JOBS} jobs; {}", runner.tail()));
    assert_eq!(job.fault(), JobFault::WrongChunk);

    // Wait for what may still come, then count.
    let height = net.client(0).unwrap().wait_for_height(job.ended_at + 5, LIMIT).await.unwrap();
    let slashes = slashes(&net, height).await;
    let [slash] = slashes.as_slice() else { panic!("slashed {} times: {slashes:?}", slashes.len()) };
    let locked: u128 = job.locked.parse().unwrap();
    let amount = |text: &str| text.parse::<u128>().unwrap();
    assert_eq!(amount(&slash.burned), locked * 5000 / 10_000);
    assert_eq!(amount(&slash.to_tenant), locked * 3000 / 10_000);
    assert_eq!(amount(&slash.burned) + amount(&slash.to_tenant) + amount(&slash.to_community), locked);
    let device = net.aliquotd(&["query", "compute", "device", "list"]).unwrap()["devices"][0].clone();
    assert_eq!(device["bond"]["amount"], (100_000_000 - locked).to_string());
    assert_eq!(device["jobs_failed"], "1");
    assert_eq!(net.aliquotd(&["query", "escrow", "audit"]).unwrap()["balanced"], true);
}
