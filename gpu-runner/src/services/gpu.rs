//! GPUs by the names under which groups ask for them.

use aliquot_proto::deployment::v1::Gpu;
use serde::Deserialize;

use crate::globs::matches;

/// One GPU of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuConfig {
    pub vendor: String,
    pub model: String,
    /// As `80Gi`.
    #[serde(default)]
    pub ram: String,
    /// As `pcie` or `sxm`.
    #[serde(default)]
    pub interface: String,
    /// What containers are given, as `/dev/nvidia0`.
    #[serde(default)]
    pub devices: Vec<String>,
}

impl GpuConfig {
    /// Its names, as groups ask for it: `vendor/nvidia/model/h100`, and with what else is known of it.
    pub fn names(&self) -> Vec<String> {
        let base = format!("vendor/{}/model/{}", self.vendor, self.model);
        let ram = (!self.ram.is_empty()).then(|| format!("/ram/{}", self.ram));
        let interface = (!self.interface.is_empty()).then(|| format!("/interface/{}", self.interface));
        let mut names = vec![base.clone()];
        names.extend(ram.iter().map(|ram| format!("{base}{ram}")));
        names.extend(interface.iter().map(|interface| format!("{base}{interface}")));
        names.extend(ram.iter().zip(&interface).map(|(ram, interface)| format!("{base}{ram}{interface}")));
        names
    }

    /// Whether a request for GPUs takes this one: any one of its attributes, as `vendor/nvidia/model/*/ram/80Gi`.
    pub(super) fn is_one_of(&self, wanted: &Gpu) -> bool {
        self.names().iter().any(|name| wanted.attributes.iter().any(|a| matches(&a.key, name)))
    }
}
