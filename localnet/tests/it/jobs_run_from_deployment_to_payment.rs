//! Jobs on a chain of one validator and a provider, from the deployment to the payment.

use crate::{MACHINE, from_env};
use aliquot_localnet::{Net, Options, RunnerOptions, Tenant, address, key, small_scene};
use aliquot_proto::compute::v1::{JobFault, JobPhase};
use std::time::Duration;
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_secs(180);

fn tenant(net: &Net) -> Tenant {
    Tenant::new(net.client(0).unwrap(), key("tenant").unwrap())
}

fn quick() -> Options {
    Options { params: vec!["compute.challenge_blocks=3".into()], ..Options::default() }
}

/// As many as ALIQUOT_HONEST_JOBS says, ten at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_provider_is_paid_and_never_slashed() {
    let _turn = MACHINE.read().await;
    let net = Net::start(1, quick()).await.unwrap();
    let mut runner = net.start_runner(RunnerOptions::default()).unwrap();
    let tenant = tenant(&net);
    let jobs = from_env("ALIQUOT_HONEST_JOBS", 3);
    for batch in (1..=jobs).collect::<Vec<_>>().chunks(10) {
        let mut running = JoinSet::new();
        for dseq in batch.iter().copied() {
            let tenant = tenant.clone();
            running.spawn(async move { tenant.run_job(dseq, &small_scene(), LIMIT).await });
        }
        for job in running.join_all().await {
            let job = job.unwrap_or_else(|e| panic!("{e:#}; {}; {}", runner.tail(), net.nodes[0].tail()));
            assert_eq!((job.phase(), job.fault()), (JobPhase::Settled, JobFault::None), "{job:?}");
        }
    }
    let device = net.aliquotd(&["query", "compute", "device", "list"]).unwrap()["devices"][0].clone();
    assert_eq!(device["jobs_settled"], jobs.to_string());
    assert_eq!((&device["jobs_failed"], &device["locked"]), (&"0".into(), &"0".into()));
    assert_eq!(device["bond"]["amount"], "100000000");
    let audit = net.aliquotd(&["query", "escrow", "audit"]).unwrap();
    assert_eq!(audit["balanced"], true, "{audit}");
    let earnings = net.aliquotd(&["query", "escrow", "earnings", &address("provider").unwrap()]).unwrap();
    let earned: u128 = earnings["earnings"][0]["earned_sub"].as_str().unwrap().parse().unwrap();
    assert!(earned > 0);
    runner.check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_killed_after_the_lease_finishes_the_job() {
    let _turn = MACHINE.read().await;
    let net = Net::start(1, quick()).await.unwrap();
    let mut runner = net.start_runner(RunnerOptions::default()).unwrap();
    let tenant = tenant(&net);
    let order = tenant.deploy(1, &small_scene()).await.unwrap();
    let lease = tenant.take_bid(&order, LIMIT).await.unwrap();
    runner.kill();
    tokio::time::sleep(Duration::from_secs(2)).await;
    runner.restart().unwrap();
    let job = tenant.end_of_job(&lease, LIMIT).await.unwrap_or_else(|e| panic!("{e:#}; {}", runner.tail()));
    assert_eq!(job.phase(), JobPhase::Settled, "{job:?}");
}
