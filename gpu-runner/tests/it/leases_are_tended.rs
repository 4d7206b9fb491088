use std::time::Duration;

use aliquot_proto::market::v1::{Lease, LeaseClosedReason, LeaseState};
use aliquot_runner::{
    runtime::{Container, State},
    services::{
        decide::{Act, Health, Patience, Seen, decide},
        upkeep::is_due,
    },
};

const PATIENCE: Patience = Patience { manifest: Duration::from_secs(300), unhealthy: Duration::from_secs(600) };

fn lease(state: LeaseState, notice: u32) -> Lease {
    Lease { state: state.into(), reclamation_blocks: notice, ..Lease::default() }
}

fn web(states: &[State]) -> Vec<Container> {
    let one = |(instance, state): (u32, &State)| Container {
        service: "web".into(),
        instance,
        state: *state,
        exit_code: None,
        started_at: None,
        ports: Vec::new(),
        manifest: "ab".into(),
        gpus: Vec::new(),
    };
    (0..).zip(states).map(one).collect()
}

/// What is done about a lease at a second, with a manifest of two instances.
fn at(second: u64, lease: &Lease, states: &[State], health: &mut Health) -> Act {
    let containers = web(states);
    let seen =
        Seen { lease: Some(lease), height: 100, wanted: Some(2), containers: &containers, fitting: containers.len() };
    decide(&seen, &PATIENCE, health, Duration::from_secs(second))
}

#[test]
fn a_lease_runs_when_it_is_active_and_at_no_other_time() {
    use State::{Paused, Running};
    let active = lease(LeaseState::Active, 0);
    assert_eq!(at(0, &active, &[], &mut Health::default()), Act::Start);
    assert_eq!(at(0, &active, &[Running], &mut Health::default()), Act::Start, "one is missing");
    assert_eq!(at(0, &active, &[Running; 3], &mut Health::default()), Act::Start, "one is too many");
    assert_eq!(at(0, &active, &[Running; 2], &mut Health::default()), Act::Rest);
    let paused = lease(LeaseState::Paused, 0);
    assert_eq!(at(0, &paused, &[Running; 2], &mut Health::default()), Act::Pause);
    assert_eq!(at(0, &paused, &[Paused; 2], &mut Health::default()), Act::Rest);
    assert_eq!(at(0, &paused, &[], &mut Health::default()), Act::Rest, "nothing is made while nothing is paid");
    assert_eq!(at(0, &active, &[Paused; 2], &mut Health::default()), Act::Resume);
    let standby = lease(LeaseState::Standby, 0);
    assert_eq!(at(0, &standby, &[], &mut Health::default()), Act::Rest);
    assert_eq!(at(0, &standby, &[Running], &mut Health::default()), Act::Clear);
    assert_eq!(at(0, &lease(LeaseState::Closed, 0), &[Running], &mut Health::default()), Act::Clear);
    let unknown = Seen { lease: None, height: 1, wanted: None, containers: &[], fitting: 0 };
    assert_eq!(decide(&unknown, &PATIENCE, &mut Health::default(), Duration::ZERO), Act::Clear);
    let other = web(&[Running; 2]);
    let old = Seen { lease: Some(&active), height: 1, wanted: Some(2), containers: &other, fitting: 0 };
    assert_eq!(decide(&old, &PATIENCE, &mut Health::default(), Duration::ZERO), Act::Start, "of another manifest");
}

#[test]
fn a_lease_without_a_manifest_is_left_in_time() {
    let active = lease(LeaseState::Active, 900);
    let health = &mut Health::default();
    let mut at = |second, state: &Lease, wanted| {
        let seen = Seen { lease: Some(state), height: 1, wanted, containers: &[], fitting: 0 };
        decide(&seen, &PATIENCE, health, Duration::from_secs(second))
    };
    assert_eq!(at(10, &active, None), Act::Rest);
    assert_eq!(at(309, &active, None), Act::Rest);
    let left = Act::Notice(LeaseClosedReason::ProviderManifestTimeout);
    assert_eq!(at(310, &active, None), left, "five minutes after it was first seen");
    let mut noticed = lease(LeaseState::Reclaiming, 900);
    (noticed.closes_at, noticed.reclaim_reason) = (2, LeaseClosedReason::ProviderManifestTimeout.into());
    assert_eq!(at(310, &noticed, None), Act::Rest, "height 1");
    noticed.closes_at = 1;
    assert_eq!(at(310, &noticed, None), Act::Leave(LeaseClosedReason::ProviderManifestTimeout));
    // A pause is no time in which a manifest is owed.
    assert_eq!(at(311, &lease(LeaseState::Paused, 900), None), Act::Rest);
    assert_eq!(at(312, &active, None), Act::Rest);
    assert_eq!(at(400, &active, Some(2)), Act::Start);
    assert_eq!(at(620, &active, None), Act::Rest, "counted anew");
}

#[test]
fn what_has_exited_is_restarted_less_and_less_often() {
    use State::{Exited, Running};
    let active = lease(LeaseState::Active, 0);
    let health = &mut Health::default();
    let restart = || Act::Restart("web".into(), 1);
    let mut tried = Vec::new();
    for second in 0..=300 {
        if at(second, &active, &[Running, Exited], health) == restart() {
            health.restarted("web", 1, Duration::from_secs(second));
            tried.push(second);
        }
    }
    assert_eq!(tried, [0, 2, 6, 14, 30, 62, 122, 182, 242]);
    assert_eq!((health.restarts("web", 1), health.restarts("web", 0)), (9, 0));
    // After it ran for long it begins anew with a short pause.
    health.restarted("web", 1, Duration::from_secs(1_000));
    health.reset();
    assert_eq!(at(1_001, &active, &[Running, Exited], health), restart());
}

#[test]
fn a_workload_that_stays_unhealthy_ends_its_lease() {
    use State::{Exited, Running};
    let unstable = LeaseClosedReason::ProviderUnstable;
    let free = lease(LeaseState::Active, 0);
    let health = &mut Health::default();
    at(0, &free, &[Running, Exited], health);
    // It comes up between two failures, which makes it no healthier.
    at(300, &free, &[Running; 2], health);
    at(305, &free, &[Running, Exited], health);
    assert_ne!(at(599, &free, &[Running, Exited], health), Act::Notice(unstable));
    assert_eq!(at(600, &free, &[Running, Exited], health), Act::Notice(unstable));
    // One that ran half a minute is well again.
    let health = &mut Health::default();
    at(0, &free, &[Running, Exited], health);
    at(100, &free, &[Running; 2], health);
    at(130, &free, &[Running; 2], health);
    assert!(matches!(at(700, &free, &[Running, Exited], health), Act::Restart(..)));
}

#[test]
fn a_lease_is_left_when_its_notice_is_over() {
    use State::{Exited, Running};
    let unstable = LeaseClosedReason::ProviderUnstable;
    let health = &mut Health::default();
    let noticed = lease(LeaseState::Active, 50);
    at(0, &noticed, &[Running, Exited], health);
    assert_eq!(at(600, &noticed, &[Running, Exited], health), Act::Notice(unstable));
    let mut reclaiming = lease(LeaseState::Reclaiming, 50);
    (reclaiming.closes_at, reclaiming.reclaim_reason) = (101, unstable.into());
    assert!(matches!(at(601, &reclaiming, &[Running, Exited], health), Act::Restart(..)), "it tries until then");
    reclaiming.closes_at = 100;
    assert_eq!(at(602, &reclaiming, &[Running; 2], health), Act::Leave(unstable));
}

#[test]
fn heartbeats_come_at_half_the_span_while_there_are_leases() {
    assert!(!is_due(100, 0, 20, 0), "nobody waits for them");
    assert!(is_due(100, 0, 20, 1), "the first at once");
    assert!(!is_due(109, 100, 20, 1));
    assert!(is_due(110, 100, 20, 1));
    assert!(is_due(101, 100, 1, 1), "every block, where the span is one");
    assert!(!is_due(101, 100, 0, 1), "the chain asks for none");
}
