use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aliquot_kernels::{
    Job, Kernel,
    merkle::{Hash, Tree, leaf_hash},
};
use aliquot_proto::market::v1::LeaseId;
use aliquot_runner::{
    device::{Device, DeviceError, DeviceInfo, Reference},
    job::{WorkError, Worker},
    queue::{Queue, Work},
    store::{Store, lease_name},
};
use tokio::sync::oneshot::{Receiver, channel};

use crate::{SCENE, job, lease};

/// The reference, slowed down, noting what it ran, and wrong where it is told to be.
struct Watched {
    inner: Reference,
    ran: Arc<Mutex<Vec<(usize, u32, u32)>>>,
    pause: Duration,
    wrong: Option<u32>,
}

impl Device for Watched {
    fn info(&self) -> &DeviceInfo {
        self.inner.info()
    }
    fn run(&mut self, kernel: Kernel, job: &Job, first: u32, count: u32) -> Result<Vec<u8>, DeviceError> {
        std::thread::sleep(self.pause);
        let inputs = job.chunks() as usize;
        self.ran.lock().unwrap().push((inputs, first, count));
        let mut outputs = self.inner.run(kernel, job, first, count)?;
        if let Some(wrong) = self.wrong.filter(|w| (first..first + count).contains(w)) {
            outputs[(wrong - first) as usize * job.output_len()] ^= 1;
        }
        Ok(outputs)
    }
}

struct Bench {
    queue: Queue,
    ran: Arc<Mutex<Vec<(usize, u32, u32)>>>,
    store: Store,
    dir: tempfile::TempDir,
}

fn bench(pause: Duration, wrong: Option<u32>, spot_checks: u32) -> Bench {
    bench_in(tempfile::tempdir().unwrap(), pause, wrong, spot_checks)
}

fn bench_in(dir: tempfile::TempDir, pause: Duration, wrong: Option<u32>, spot_checks: u32) -> Bench {
    let store = Store::open(dir.path()).unwrap();
    let ran = Arc::new(Mutex::new(Vec::new()));
    let device = Watched { inner: Reference::new(), ran: ran.clone(), pause, wrong };
    let worker = Worker { device: Box::new(device), store: store.clone(), spot_checks, tamper: None };
    let (queue, _) = Queue::start(worker, 1e9).unwrap();
    Bench { queue, ran, store, dir }
}

impl Bench {
    fn push(&self, id: LeaseId, input: &str, due: u64) -> Receiver<Result<Hash, WorkError>> {
        let (reply, answer) = channel();
        let (kernel, input) = (Kernel::RenderQ16, input.as_bytes().to_vec());
        self.queue.push(Work { lease: id, kernel, input, due, reply });
        answer
    }

    /// Waits until some of a job is on disk.
    async fn begun(&self, id: &LeaseId) {
        while self.store.progress(id) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn expected(id: &LeaseId) -> Hash {
    let (job, name) = (job(), lease_name(id));
    let leaf = |i| leaf_hash("RENDER_Q16", name.as_bytes(), i, &job.run(i));
    Tree::new((0..job.chunks()).map(leaf).collect()).unwrap().root()
}

#[tokio::test]
async fn a_job_is_computed_once_and_kept() {
    let bench = bench(Duration::ZERO, None, 2);
    let root = bench.push(lease(1), SCENE, 10).await.unwrap().unwrap();
    assert_eq!(root, expected(&lease(1)));
    assert_eq!(bench.store.tree(&lease(1)).unwrap().unwrap().root(), root);
    let ran = bench.ran.lock().unwrap().len();
    assert_eq!(bench.push(lease(1), SCENE, 10).await.unwrap().unwrap(), root);
    assert_eq!(bench.ran.lock().unwrap().len(), ran, "it is on disk");
    assert_eq!(bench.push(lease(2), SCENE, 10).await.unwrap().unwrap(), expected(&lease(2)));
    assert_ne!(root, expected(&lease(2)), "leaves are bound to their lease");
    assert_eq!(bench.queue.backlog(), 0);
}

#[tokio::test]
async fn nearest_deadline_comes_first() {
    let bench = bench(Duration::from_millis(20), None, 0);
    // The device is busy with this one while the others arrive.
    let first = bench.push(lease(1), SCENE, 500);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(bench.queue.time_for(0) > Duration::ZERO);
    let late = bench.push(lease(2), Kernel::RenderQ16.golden_inputs()[1].1, 900);
    let soon = bench.push(lease(3), SCENE, 100);
    for answer in [first, soon] {
        answer.await.unwrap().unwrap();
    }
    let ran = bench.ran.lock().unwrap().clone();
    let ours = |entry: &&(usize, u32, u32)| entry.0 == job().chunks() as usize;
    let done: u32 = ran.iter().take_while(ours).map(|(.., count)| count).sum();
    assert_eq!(done, 2 * job().chunks(), "the job with more time came between: {ran:?}");
    drop(late);
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_called_off() {
    let bench = bench(Duration::from_millis(30), None, 0);
    let answer = bench.push(lease(1), Kernel::RenderQ16.golden_inputs()[0].1, 1);
    bench.begun(&lease(1)).await;
    drop(answer);
    bench.push(lease(2), SCENE, 1).await.unwrap().unwrap();
    assert!(bench.store.tree(&lease(1)).unwrap().is_none());
    assert!(bench.store.progress(&lease(1)) > 0, "what was done is kept");
}

#[tokio::test]
async fn a_stopped_job_goes_on_at_the_next_start() {
    // So slow that one chunk is a batch.
    let before = bench(Duration::from_millis(200), None, 0);
    let answer = before.push(lease(1), SCENE, 1);
    before.begun(&lease(1)).await;
    before.queue.close();
    assert!(matches!(answer.await.unwrap(), Err(WorkError::Cancelled)));
    let done = before.store.progress(&lease(1));
    assert!(done > 0 && done < job().chunks(), "{done}");
    let after = bench_in(before.dir, Duration::ZERO, None, 0);
    let root = after.push(lease(1), SCENE, 1).await.unwrap().unwrap();
    assert_eq!(root, expected(&lease(1)));
    assert_eq!(after.ran.lock().unwrap()[0].1, done, "only what was missing is computed");
}

#[tokio::test]
async fn wrong_chunks_are_not_committed() {
    let bench = bench(Duration::ZERO, Some(5), 400);
    let error = bench.push(lease(1), SCENE, 1).await.unwrap().unwrap_err();
    assert!(matches!(error, WorkError::WrongChunk { index: 5, .. }), "{error}");
    assert!(bench.store.tree(&lease(1)).unwrap().is_none());
}

#[tokio::test]
async fn a_bad_input_is_an_answer() {
    let bench = bench(Duration::ZERO, None, 0);
    let error = bench.push(lease(1), "no scene", 1).await.unwrap().unwrap_err();
    assert!(matches!(error, WorkError::Input { .. }), "{error}");
}
