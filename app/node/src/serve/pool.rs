//! From the async edge to the threads that answer: bounded, timed, counted.

use super::metrics::{Door, Metrics};
use crate::{app::App, services};
use aliquot_sdk::{Error, Result, Sdk};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

/// Requests that may be here at all, those whose body is still arriving too: each may fill its limit in memory.
const HERE: usize = 512;
/// Queries that may wait or run; those beyond are refused at once, so that those within are answered in time.
const WAITING: usize = 256;
/// Queries that run at once in each of two lanes: those that read the state never wait for those that ask CometBFT.
const RUNNING: usize = 12;
/// How long any query may take, its wait included.
pub const LIMIT: Duration = Duration::from_secs(20);

/// Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    app: App,
    metrics: Arc<Metrics>,
    here: Arc<Semaphore>,
    places: Arc<Semaphore>,
    of_state: Arc<Semaphore>,
    of_services: Arc<Semaphore>,
    max_answer: usize,
}

impl Pool {
    pub fn new(app: App, metrics: Arc<Metrics>, max_answer: usize) -> Self {
        let [here, places, of_state, of_services] =
            [HERE, WAITING, RUNNING, RUNNING].map(|count| Arc::new(Semaphore::new(count)));
        Pool { app, metrics, here, places, of_state, of_services, max_answer }
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// Lets a request in, before its body is read; it stays while what this gives is held.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit> {
        Ok(self.here.clone().try_acquire_owned().map_err(|_| services::Error::Overloaded)?)
    }

    /// Runs `work`, which is about the RPC at `path`, on a thread of the pool. Past its limit the caller is told so; what
    /// has begun runs to its end, in the place it holds.
    pub async fn run<T: AsRef<[u8]> + Send + 'static>(
        &self,
        (door, path): (Door, &str),
        limit: Duration,
        work: impl FnOnce(&App) -> Result<(T, u64)> + Send + 'static,
    ) -> Result<(T, u64)> {
        let begun = Instant::now();
        let lane = if services::find(path).is_some() { &self.of_services } else { &self.of_state };
        let result = self.wait(lane.clone(), limit.min(LIMIT), work).await.and_then(|(value, height)| {
            let size = value.as_ref().len();
            if size > self.max_answer { Err(services::Error::TooLarge(size).into()) } else { Ok((value, height)) }
        });
        self.metrics.asked(door, begun.elapsed(), &result.as_ref().map(|_| ()).map_err(Clone::clone));
        result
    }

    async fn wait<T: Send + 'static>(
        &self,
        lane: Arc<Semaphore>,
        limit: Duration,
        work: impl FnOnce(&App) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let overloaded = || Error::from(services::Error::Overloaded);
        let place = self.places.clone().try_acquire_owned().map_err(|_| overloaded())?;
        let app = self.app.clone();
        let running = async {
            let turn = lane.acquire_owned().await.map_err(|_| overloaded())?;
            let done = spawn_blocking(move || {
                let _held = (place, turn);
                work(&app)
            });
            done.await.unwrap_or_else(|_| {
                Err(Sdk::Logic("the query made the node's own code panic: please report it".into()).into())
            })
        };
        let late = |_| Err(services::Error::TooSlow(limit.as_millis()).into());
        timeout(limit, running).await.unwrap_or_else(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::Options, query};
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use tempfile::TempDir;
    use tokio::{spawn, task::yield_now};
    use tonic::Code;

    const ASKED: (Door, &str) = (Door::Rest, "/cosmos.bank.v1beta1.Query/Balance");

    fn pool() -> (TempDir, Pool) {
        let dir = tempfile::tempdir().unwrap();
        let app = App::open(dir.path(), Options { no_sync: true, ..Options::default() }).unwrap();
        (dir, Pool::new(app, Arc::default(), 100))
    }

    async fn refused(
        pool: &Pool,
        limit: Duration,
        work: impl FnOnce(&App) -> Result<(String, u64)> + Send + 'static,
    ) -> Code {
        query::status(&pool.run(ASKED, limit, work).await.unwrap_err())
    }

    fn answer(_: &App) -> Result<(String, u64)> {
        Ok(("answer".into(), 1))
    }

    #[tokio::test]
    async fn a_query_that_panics_hangs_or_swells_fails_alone() {
        let (_dir, pool) = pool();
        assert_eq!(refused(&pool, LIMIT, |_| panic!("on purpose")).await, Code::Internal);
        assert_eq!(refused(&pool, LIMIT, |_| Ok(("long".repeat(26), 1))).await, Code::ResourceExhausted);
        let open = Arc::new(AtomicBool::new(false));
        let hang = {
            let open = open.clone();
            move |app: &App| {
                while !open.load(Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                answer(app)
            }
        };
        assert_eq!(refused(&pool, Duration::from_millis(300), hang).await, Code::DeadlineExceeded);
        open.store(true, Relaxed);
        assert_eq!(pool.run(ASKED, LIMIT, answer).await.unwrap(), ("answer".to_string(), 1));
    }

    #[tokio::test]
    async fn those_beyond_the_limit_are_shed_and_those_within_are_answered() {
        let (_dir, pool) = pool();
        let open = Arc::new(AtomicBool::new(false));
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                let (pool, open) = (pool.clone(), open.clone());
                let work = move |app: &App| {
                    while !open.load(Relaxed) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    answer(app)
                };
                spawn(async move { pool.run(ASKED, LIMIT, work).await })
            })
            .collect();
        while pool.places.available_permits() > 0 {
            yield_now().await;
        }
        assert_eq!(refused(&pool, LIMIT, answer).await, Code::Unavailable);
        open.store(true, Relaxed);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        assert_eq!(pool.places.available_permits(), WAITING);
    }
}
