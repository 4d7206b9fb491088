//! Events that say that a bid, a lease or a deployment is another than before.

use aliquot_client::Event;
use aliquot_proto::{
    deployment::v1 as deployment,
    market::v1::{self as market, LeaseId},
};

use crate::engine::typed;

pub(super) fn bid_gone(event: &Event) -> Option<LeaseId> {
    if let Some(e) = typed::<market::EventBidLost>(event) {
        return e.id;
    }
    typed::<market::EventBidClosed>(event)?.id
}

pub(super) fn lease_moved(event: &Event) -> Option<LeaseId> {
    if let Some(e) = typed::<market::EventLeaseClosed>(event) {
        return e.id;
    }
    if let Some(e) = typed::<market::EventStandbyTookOver>(event) {
        return e.id;
    }
    if let Some(e) = typed::<market::EventLeaseAmended>(event) {
        return e.id;
    }
    typed::<market::EventLeaseReclaimStarted>(event)?.id
}

pub(super) fn deployment_moved(event: &Event) -> Option<(String, u64)> {
    let id = match typed::<deployment::EventDeploymentPaused>(event) {
        Some(e) => e.id,
        None => typed::<deployment::EventDeploymentResumed>(event)?.id,
    };
    id.map(|id| (id.owner, id.dseq))
}
