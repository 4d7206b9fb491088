//! One lease: looks at the chain and at its containers, and does what is to be done, until it has ended.

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use aliquot_client::manifest;
use aliquot_proto::market::v1::{Lease, LeaseId, LeaseState};
use anyhow::{Context, Result};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    decide::{Act, Seen, decide},
    host::Host,
    workload::plan,
};
use crate::{
    runtime::{Container, State, Workload},
    store::lease_name,
};

const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

enum Next {
    Again,
    Wait,
    Ended,
}

impl Host {
    /// Drives a lease until nothing of it is left here.
    pub(crate) async fn tend(self: Arc<Self>, id: LeaseId, wake: Arc<Notify>) {
        let mut pause = RETRY_MIN;
        let every = Duration::from_secs(self.config.look_every_s);
        loop {
            match self.look(&id).await {
                Ok(Next::Ended) => break,
                Ok(Next::Again) => pause = RETRY_MIN,
                Ok(Next::Wait) => {
                    pause = RETRY_MIN;
                    let _ = timeout(every, wake.notified()).await;
                }
                Err(error) => {
                    self.book.tell(&id, "error", format!("{error:#}"));
                    // A new manifest may mend it.
                    let _ = timeout(pause, wake.notified()).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
        while let Err(error) = self.book.leave(&id) {
            tracing::error!(lease = lease_name(&id), %error, "the manifest of an ended lease stays on disk");
            sleep(RETRY_MAX).await;
        }
        self.inventory.release(&lease_name(&id));
    }

    async fn look(&self, id: &LeaseId) -> Result<Next> {
        let lease = self.chain.lease(id).await?;
        let state = lease.as_ref().map_or(LeaseState::Closed, Lease::state);
        if self.book.note(id, state) {
            self.book.tell(id, "lease", state.as_str_name().into());
        }
        let containers = self.runtime.status(id).await?;
        let runs = matches!(state, LeaseState::Active | LeaseState::Reclaiming);
        let workload = match runs {
            true => self.workload(id, &containers).await?,
            false => None,
        };
        let height = match state {
            LeaseState::Reclaiming => self.chain.client().height().await?,
            _ => 0,
        };
        let counts = workload.iter().flat_map(|w| &w.services);
        self.book.want(id, counts.map(|s| (s.name.clone(), s.instances.len() as u32)).collect());
        let wanted = workload.as_ref().map(|w| w.services.iter().map(|s| s.instances.len()).sum());
        let fitting = workload.as_ref().map_or(0, |w| containers.iter().filter(|c| c.manifest == w.manifest).count());
        let seen = Seen { lease: lease.as_ref(), height, wanted, containers: &containers, fitting };
        let act = self.book.health(id, |health| decide(&seen, &self.patience, health, START.elapsed()));
        let act = act.context("the lease has no entry in the book")?;
        let next = self.act(id, act, workload.as_ref()).await;
        match state {
            LeaseState::Closed => next.map(|_| Next::Ended),
            _ => next,
        }
    }

    /// What the manifest at hand says. `None` while there is none.
    async fn workload(&self, id: &LeaseId, containers: &[Container]) -> Result<Option<Workload>> {
        let Some(json) = self.book.manifest(id)? else { return Ok(None) };
        let spec = self.chain.group_of(id).await?.context("the lease's order is gone")?;
        let manifest = manifest::parse(&json).context("the manifest on disk")?;
        let group = manifest.group(&spec.name).context("the manifest has no group of the lease's name")?;
        let held: Vec<usize> = containers.iter().flat_map(|c| &c.gpus).copied().collect();
        let taken = self.take_for(id, &spec, &held)?;
        Ok(Some(plan(id, &manifest::hash(&json), group, &taken, &self.inventory)?))
    }

    async fn act(&self, id: &LeaseId, act: Act, workload: Option<&Workload>) -> Result<Next> {
        let tell = |kind, message: &str| self.book.tell(id, kind, message.to_string());
        match act {
            Act::Rest => return Ok(Next::Wait),
            Act::Start => {
                let workload = workload.context("there is no manifest to start")?;
                tell("starting", "containers are made and started");
                tokio::select! {
                    done = self.runtime.start(workload) => done?,
                    () = self.until_other(id, &workload.manifest) => return Ok(Next::Again),
                }
                tell("started", "all containers were started");
            }
            Act::Restart(service, instance) => {
                self.book.health(id, |health| health.restarted(&service, instance, START.elapsed()));
                self.tell_exit(id, &service, instance).await?;
                self.runtime.restart(id, &service, instance).await?;
            }
            Act::Pause => {
                self.runtime.pause(id).await?;
                tell("paused", "the deployment's funds ran dry: containers are held where they are");
            }
            Act::Resume => {
                self.runtime.resume(id).await?;
                tell("resumed", "containers go on");
            }
            Act::Clear => {
                self.runtime.remove(id).await?;
                tell("removed", "containers, network and volumes are removed");
                return Ok(Next::Wait);
            }
            Act::Notice(reason) => {
                self.chain.start_reclaim(id, reason).await?;
                tell("notice", reason.as_str_name());
            }
            Act::Leave(reason) => {
                self.chain.close_bid(id, reason).await?;
                tell("left", reason.as_str_name());
            }
        }
        Ok(Next::Again)
    }

    /// Waits until a start is no longer wanted: a large image takes long to come, and the lease may end meanwhile.
    async fn until_other(&self, id: &LeaseId, wanted: &str) {
        loop {
            sleep(Duration::from_secs(self.config.look_every_s)).await;
            let lease = self.chain.lease(id).await;
            let runs = |lease: &Lease| matches!(lease.state(), LeaseState::Active | LeaseState::Reclaiming);
            let ended = lease.is_ok_and(|lease| !lease.as_ref().is_some_and(runs));
            let now = self.book.manifest(id).ok().flatten().map(|json| hex::encode(manifest::hash(&json)));
            if ended || now.is_none_or(|now| now != wanted) {
                return;
            }
        }
    }

    async fn tell_exit(&self, id: &LeaseId, service: &str, instance: u32) -> Result<()> {
        let containers = self.runtime.status(id).await?;
        let it = containers.iter().find(|c| c.service == service && c.instance == instance && c.state == State::Exited);
        if let Some(code) = it.and_then(|c| c.exit_code) {
            self.book.tell(id, "restarted", format!("{service}-{instance} ended with {code} and is started again"));
        }
        Ok(())
    }
}
