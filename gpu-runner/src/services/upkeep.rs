//! Heartbeats: what a provider must say regularly while it has service leases.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::host::Host;

/// When the provider was last heard of.
#[derive(Debug, Default)]
pub struct Beat {
    height: AtomicU64,
    under_way: AtomicBool,
}

/// Whether a heartbeat is to be sent at this height: at half the span that the chain allows, so that one may fail.
pub fn is_due(height: u64, last: u64, heartbeat_blocks: u32, leases: usize) -> bool {
    let every = u64::from(heartbeat_blocks / 2).max(1);
    leases > 0 && heartbeat_blocks > 0 && height >= last.saturating_add(every)
}

impl Host {
    /// Sends a heartbeat if it is due and none is under way. One that fails is due again with the next block.
    pub(crate) fn beat(self: &Arc<Self>, height: u64) {
        let last = self.beat.height.load(Ordering::Relaxed);
        if !is_due(height, last, self.provider.heartbeat_blocks, self.book.live())
            || self.beat.under_way.swap(true, Ordering::AcqRel)
        {
            return;
        }
        let host = self.clone();
        tokio::spawn(async move {
            match host.chain.heartbeat().await {
                Ok(sent) => {
                    host.beat.height.store(sent.height, Ordering::Relaxed);
                    tracing::debug!(height = sent.height, "heartbeat");
                }
                Err(error) => tracing::warn!(%error, "heartbeat failed: trying again with the next block"),
            }
            host.beat.under_way.store(false, Ordering::Release);
        });
    }
}
