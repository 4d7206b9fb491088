//! The part of the configuration that is about services.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::{
    runtime::podman::PodmanConfig,
    services::{admission::Admission, decide::Patience, inventory::Capacity, price::ServicePrices},
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServicesConfig {
    /// Whether to run tenants' containers at all.
    pub enabled: bool,
    pub denom: String,
    /// Service leases beyond which the runner does not bid.
    pub max_leases: usize,
    /// Notice that bids offer, in seconds; a group that asks for more gets more.
    pub reclamation_s: u64,
    /// Seconds from the lease to the manifest.
    pub manifest_timeout_s: u64,
    /// Seconds for which a workload may be unhealthy before its lease is left.
    pub unhealthy_timeout_s: u64,
    /// Seconds between looks at the containers of a lease.
    pub look_every_s: u64,
    /// Seconds between withdrawals.
    pub withdraw_every_s: u64,
    pub capacity: Capacity,
    pub prices: ServicePrices,
    pub admission: Admission,
    pub podman: PodmanConfig,
}

impl Default for ServicesConfig {
    fn default() -> Self {
        ServicesConfig {
            enabled: false,
            denom: aliquot_client::BASE_DENOM.into(),
            max_leases: 64,
            reclamation_s: 3_600,
            manifest_timeout_s: 300,
            unhealthy_timeout_s: 1_800,
            look_every_s: 10,
            withdraw_every_s: 3_600,
            capacity: Capacity::default(),
            prices: ServicePrices::default(),
            admission: Admission::default(),
            podman: PodmanConfig::default(),
        }
    }
}

impl ServicesConfig {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            !self.enabled || self.capacity.cpu_millis > 0 && self.capacity.memory_mib > 0,
            "services.capacity has no cpu_millis or no memory_mib: say what tenants may take, or set services.enabled = false"
        );
        ensure!(self.look_every_s > 0, "services.look_every_s must be at least 1");
        ensure!(self.withdraw_every_s > 0, "services.withdraw_every_s must be at least 1");
        ensure!(
            self.podman.publish.parse::<std::net::IpAddr>().is_ok(),
            "services.podman.publish must be an IP address of this machine, or 0.0.0.0 for all of them"
        );
        for class in self.capacity.storage_mib.keys() {
            ensure!(
                self.prices.storage.contains_key(class),
                "services.prices.storage has no price for class {class:?}, of which services.capacity has some"
            );
        }
        for gpu in &self.capacity.gpus {
            ensure!(
                self.prices.gpu(&gpu.vendor, &gpu.model).is_some(),
                "services.prices.gpus has no rule for {}/{}, of which services.capacity has one",
                gpu.vendor,
                gpu.model
            );
        }
        Ok(())
    }

    pub fn patience(&self) -> Patience {
        Patience {
            manifest: Duration::from_secs(self.manifest_timeout_s),
            unhealthy: Duration::from_secs(self.unhealthy_timeout_s),
        }
    }
}
