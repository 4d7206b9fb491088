//! What to do about a service lease, from what is seen of it: no clock, no chain, no containers here.

use std::{collections::BTreeMap, time::Duration};

use aliquot_proto::market::v1::{Lease, LeaseClosedReason, LeaseState};

use crate::runtime::{Container, State};

/// Pauses between restarts of one container double up to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// All must run this long before a trouble counts as over: a container that ends again and again runs in between.
const STEADY: Duration = Duration::from_secs(30);
/// A container that ran this long begins anew with short pauses.
const SETTLED: Duration = Duration::from_secs(600);

/// How long things may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Without a manifest.
    pub manifest: Duration,
    /// With fewer containers running than the manifest wants.
    pub unhealthy: Duration,
}

/// What is seen of a lease.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `None`: the chain does not know it.
    pub lease: Option<&'a Lease>,
    pub height: u64,
    /// Instances of the manifest that is held and is the chain's present one; `None` while there is none.
    pub wanted: Option<usize>,
    /// Containers as they are.
    pub containers: &'a [Container],
    /// How many of them are of the wanted manifest.
    pub fitting: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Make what is missing.
    Start,
    Pause,
    Resume,
    /// A container that has exited.
    Restart(String, u32),
    /// Give notice of leaving.
    Notice(LeaseClosedReason),
    Leave(LeaseClosedReason),
    /// Remove everything: nothing of the lease may run.
    Clear,
    /// Nothing until something changes.
    Rest,
}

/// What is remembered of a lease from look to look. Times are since any fixed moment.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Since when there is no manifest where there should be one.
    unsent: Option<Duration>,
    /// Since when fewer run than should.
    unwell: Option<Duration>,
    /// Since when all run.
    well: Option<Duration>,
    restarts: BTreeMap<(String, u32), Restarts>,
}

#[derive(Clone, Debug, Default)]
struct Restarts {
    all: u32,
    /// Since it last ran for long.
    in_a_row: u32,
    last: Duration,
}

impl Health {
    /// How often a container was restarted.
    pub fn restarts(&self, service: &str, instance: u32) -> u32 {
        self.restarts.get(&(service.to_string(), instance)).map_or(0, |r| r.all)
    }

    /// A new manifest is a new start.
    pub fn reset(&mut self) {
        *self = Health::default();
    }

    /// A restart was tried.
    pub fn restarted(&mut self, service: &str, instance: u32, now: Duration) {
        let entry = self.restarts.entry((service.to_string(), instance)).or_default();
        if now.saturating_sub(entry.last) > SETTLED {
            entry.in_a_row = 0;
        }
        entry.all = entry.all.saturating_add(1);
        entry.in_a_row = entry.in_a_row.saturating_add(1);
        entry.last = now;
    }

    fn may_restart(&self, container: &Container, now: Duration) -> bool {
        let Some(entry) = self.restarts.get(&(container.service.clone(), container.instance)) else {
            return true;
        };
        let pause = Duration::from_secs(1_u64 << entry.in_a_row.min(6)).min(LONGEST_BACKOFF);
        now.saturating_sub(entry.last) >= pause
    }
}

/// What to do now. The lease's state decides; the health of what runs only where it should run.
pub fn decide(seen: &Seen, patience: &Patience, health: &mut Health, now: Duration) -> Act {
    let state = seen.lease.map_or(LeaseState::Closed, Lease::state);
    match state {
        LeaseState::Active | LeaseState::Reclaiming => running(seen, patience, health, now),
        LeaseState::Paused => {
            health.unwell = None;
            health.unsent = None;
            match seen.containers.iter().any(|c| c.state == State::Running) {
                true => Act::Pause,
                false => Act::Rest,
            }
        }
        // Told by the chain to wait, over, or not understood: nothing is paid, so nothing runs.
        LeaseState::Standby | LeaseState::Closed | LeaseState::Unspecified => {
            health.reset();
            match state == LeaseState::Standby && seen.containers.is_empty() {
                true => Act::Rest,
                false => Act::Clear,
            }
        }
    }
}

fn running(seen: &Seen, patience: &Patience, health: &mut Health, now: Duration) -> Act {
    if let Some(act) = notice_is_over(seen) {
        return act;
    }
    let Some(wanted) = seen.wanted else {
        health.unwell = None;
        let since = *health.unsent.get_or_insert(now);
        let over = now.saturating_sub(since) >= patience.manifest;
        return over.then(|| notice(seen, LeaseClosedReason::ProviderManifestTimeout)).flatten().unwrap_or(Act::Rest);
    };
    health.unsent = None;
    let runs = seen.containers.iter().filter(|c| c.state == State::Running).count();
    let all = seen.fitting == wanted && seen.containers.len() == wanted;
    if all && runs == wanted {
        let well = *health.well.get_or_insert(now);
        if now.saturating_sub(well) >= STEADY {
            health.unwell = None;
        }
        return Act::Rest;
    }
    health.well = None;
    if seen.containers.iter().any(|c| c.state == State::Paused) {
        return Act::Resume;
    }
    let since = *health.unwell.get_or_insert(now);
    if now.saturating_sub(since) >= patience.unhealthy
        && let Some(act) = notice(seen, LeaseClosedReason::ProviderUnstable)
    {
        return act;
    }
    if !all || seen.containers.iter().any(|c| c.state == State::Created) {
        return Act::Start;
    }
    let exited = seen.containers.iter().find(|c| c.state == State::Exited && health.may_restart(c, now));
    exited.map_or(Act::Rest, |c| Act::Restart(c.service.clone(), c.instance))
}

/// Once notice was given and its time is over, the lease is left.
fn notice_is_over(seen: &Seen) -> Option<Act> {
    let lease = seen.lease.filter(|lease| lease.state() == LeaseState::Reclaiming)?;
    (seen.height >= lease.closes_at).then(|| Act::Leave(lease.reclaim_reason()))
}

/// Every leaving begins with notice, even one of no blocks: without it the provider pays. `None` while it runs.
fn notice(seen: &Seen, reason: LeaseClosedReason) -> Option<Act> {
    let active = seen.lease.is_some_and(|lease| lease.state() == LeaseState::Active);
    active.then_some(Act::Notice(reason))
}
