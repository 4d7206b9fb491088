//! Containers as `podman ps --format=json` lists them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{GPUS, INSTANCE, MANIFEST, SERVICE};
use crate::runtime::{Container, Published, State};

/// A container in `podman ps`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    state: String,
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    started_at: i64,
    #[serde(default)]
    ports: Option<Vec<Mapping>>,
}

#[derive(Deserialize)]
struct Mapping {
    host_ip: String,
    container_port: u16,
    host_port: u16,
    range: u16,
    protocol: String,
}

impl Listed {
    pub fn label(&self, key: &str) -> &str {
        self.labels.as_ref().and_then(|labels| labels.get(key)).map_or("", String::as_str)
    }

    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    pub fn state(&self) -> State {
        match self.state.as_str() {
            "running" | "stopping" => State::Running,
            "paused" => State::Paused,
            "created" | "configured" | "initialized" => State::Created,
            _ => State::Exited,
        }
    }

    pub fn container(&self) -> Container {
        let state = self.state();
        let published = |m: &Mapping| {
            let (port, host, protocol) = (m.container_port, m.host_port, m.protocol.clone());
            let host_ip = m.host_ip.clone();
            (0..m.range.max(1)).map(move |i| Published {
                port: port.saturating_add(i),
                protocol: protocol.clone(),
                host: host_ip.clone(),
                host_port: host.saturating_add(i),
            })
        };
        Container {
            service: self.label(SERVICE).into(),
            instance: self.label(INSTANCE).parse().unwrap_or(0),
            state,
            exit_code: (state == State::Exited).then_some(self.exit_code),
            started_at: u64::try_from(self.started_at).ok().filter(|at| *at > 0),
            ports: self.ports.iter().flatten().flat_map(published).collect(),
            manifest: self.label(MANIFEST).into(),
            gpus: self.label(GPUS).split(',').filter_map(|n| n.parse().ok()).collect(),
        }
    }
}
