//! Four validators under load, one of them killed again and again.
//!
//! ALIQUOT_CRASH_BLOCKS and ALIQUOT_CRASH_EVERY make it longer: `make test-crash` runs 200 blocks with a kill every 20.

use crate::{MACHINE, from_env};
use aliquot_client::{Client, Error, Key, SendOptions, any};
use aliquot_localnet::{Net, Options, Part, RunnerOptions, Tenant, key, small_scene};
use aliquot_proto::{
    compute::v1::JobPhase,
    cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tendermint_rpc::Client as _;
use tokio::{task::JoinSet, time::sleep};

const VALIDATORS: usize = 4;
/// The one that is killed.
const VICTIM: usize = 3;
const SENDERS: usize = 4;
const LIMIT: Duration = Duration::from_secs(240);

/// What was answered as committed: height and code by hash.
type Answered = Arc<Mutex<BTreeMap<String, (u64, u32)>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crashes_lose_nothing() {
    let _turn = MACHINE.write().await;
    let (blocks, every) = (from_env("ALIQUOT_CRASH_BLOCKS", 40), from_env("ALIQUOT_CRASH_EVERY", 10));
    let mut options = Options { params: vec!["compute.challenge_blocks=3".into()], ..Options::default() };
    for i in 0..SENDERS {
        options = options.account(&format!("sender{i}"), "1000000000000ualq");
    }
    let mut net = Net::start(VALIDATORS, options).await.unwrap();
    // PoCL would take the cores that four validators need.
    let runner = net.start_runner(RunnerOptions { device: "reference".into(), ..RunnerOptions::default() }).unwrap();
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Answered::default());
    let mut load = JoinSet::new();
    for i in 0..SENDERS {
        // The last one talks to the validator that is killed.
        load.spawn(send(net.client(i).unwrap(), key(&format!("sender{i}")).unwrap(), stop.clone(), answered.clone()));
    }
    let tenant = Tenant::new(net.client(1).unwrap(), key("tenant").unwrap());
    let jobs = tokio::spawn(run_jobs(tenant, stop.clone()));

    let kills = torment(&mut net, blocks, every).await;
    stop.store(true, Ordering::Relaxed);
    load.join_all().await;
    let (settled, failed) = jobs.await.unwrap();

    let height = same_height(&net).await;
    let hashes = compare_hashes(&net, height).await;
    let sends = compare_answers(&net, &answered).await;
    println!(
        "{hashes} app hashes equal on {VALIDATORS} validators, {kills} kills, {sends} committed sends stand, {settled} jobs settled"
    );
    assert!(kills >= 2 && sends > blocks as usize && settled > 0, "too little happened; {}", runner.tail());
    assert_eq!(failed, 0, "{}", runner.tail());
    let audit = net.aliquotd(&["query", "escrow", "audit"]).unwrap();
    assert_eq!(audit["balanced"], true, "{audit}");
}

/// Kills a part of the victim every so many blocks and starts it again; how often it did.
async fn torment(net: &mut Net, blocks: u64, every: u64) -> usize {
    let client = net.client(0).unwrap();
    let from = client.height().await.unwrap();
    let mut kills = 0;
    for due in (from + every..=from + blocks).step_by(every as usize) {
        let reached = client.wait_for_height(due, LIMIT).await;
        reached.unwrap_or_else(|e| panic!("{e}; {}", net.nodes[0].tail()));
        let part = [Part::Aliquotd, Part::Comet][kills % 2];
        net.kill(VICTIM, part).unwrap();
        kills += 1;
        // Some blocks pass without it.
        sleep(Duration::from_millis(2500)).await;
        net.restart(VICTIM).unwrap();
    }
    kills
}

/// Sends one coin after the other; what is answered as committed is noted, what is not may be in a block or not.
async fn send(client: Client, key: Key, stop: Arc<AtomicBool>, answered: Answered) {
    let to = aliquot_localnet::address("provider").unwrap();
    let amount = vec![Coin { denom: "ualq".into(), amount: "1".into() }];
    let message = any(&MsgSend { from_address: key.address().into(), to_address: to, amount });
    let options = SendOptions { wait: Duration::from_secs(30), ..SendOptions::default() };
    while !stop.load(Ordering::Relaxed) {
        match client.send(&key, vec![message.clone()], &options).await {
            Ok(done) => {
                answered.lock().unwrap().insert(done.hash, (done.height, 0));
            }
            Err(Error::Failed { hash, height, code, .. }) => {
                answered.lock().unwrap().insert(hash, (height, code));
            }
            // The node is down, or was when it should have answered.
            Err(_) => sleep(Duration::from_millis(500)).await,
        }
    }
}

/// Job after job; how many settled and how many did not.
async fn run_jobs(tenant: Tenant, stop: Arc<AtomicBool>) -> (u64, u64) {
    let (mut settled, mut failed) = (0, 0);
    for dseq in 1.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match tenant.run_job(dseq, &small_scene(), LIMIT).await {
            Ok(job) if job.phase() == JobPhase::Settled => settled += 1,
            Ok(_) => failed += 1,
            Err(e) => {
                eprintln!("job {dseq}: {e:#}");
                failed += 1;
            }
        }
    }
    (settled, failed)
}

/// The height that every validator has reached.
async fn same_height(net: &Net) -> u64 {
    let height = net.client(0).unwrap().height().await.unwrap() + 2;
    for i in 0..VALIDATORS {
        let reached = net.client(i).unwrap().wait_for_height(height, LIMIT).await;
        reached.unwrap_or_else(|e| panic!("validator {i}: {e}; {}", net.nodes[i].tail()));
    }
    height
}

/// The app hash in the header of every height, on every validator.
async fn compare_hashes(net: &Net, height: u64) -> usize {
    let clients: Vec<Client> = (0..VALIDATORS).map(|i| net.client(i).unwrap()).collect();
    for at in 1..=height {
        let mut hashes = Vec::new();
        for client in &clients {
            let at = u32::try_from(at).unwrap();
            hashes.push(client.http().commit(at).await.unwrap().signed_header.header.app_hash);
        }
        assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "app hashes of height {at}: {hashes:?}");
    }
    height as usize
}

/// Every transaction that was answered as committed has the same height and code on every validator.
async fn compare_answers(net: &Net, answered: &Answered) -> usize {
    let answered = answered.lock().unwrap().clone();
    for i in 0..VALIDATORS {
        let client = net.client(i).unwrap();
        for (hash, (height, code)) in &answered {
            let found = client.http().tx(hash.parse().unwrap(), false).await;
            let found = found.unwrap_or_else(|e| panic!("validator {i} has no {hash} of height {height}: {e}"));
            let told = (found.height.value(), found.tx_result.code.value());
            assert_eq!(told, (*height, *code), "{hash} on validator {i}");
        }
    }
    answered.len()
}
