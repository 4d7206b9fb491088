//! Resources as a manifest has them, which are those of the group on the chain.

use aliquot_proto::{deployment::v1 as pb, provider::v1::Attribute as PbAttribute};
use serde::{Deserialize, Serialize};

use super::encoding::quantity;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Of the group's resource unit.
    pub id: u32,
    pub cpu: Cpu,
    pub memory: Memory,
    /// In the order of their names, so the root volume first.
    pub storage: Vec<Storage>,
    pub gpu: Gpu,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub key: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Thousandths of a core.
    #[serde(with = "quantity")]
    pub units: u64,
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Bytes.
    #[serde(with = "quantity")]
    pub size: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Empty for the root volume.
    pub name: String,
    /// Bytes.
    #[serde(with = "quantity")]
    pub size: u64,
    /// `class` and `persistent`; none for a volume that goes with its container.
    pub attributes: Vec<Attribute>,
}

impl Storage {
    /// The value of one of its attributes.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.key == key).map(|a| a.value.as_str())
    }

    /// Whether it outlives its container, as long as the lease.
    pub fn is_persistent(&self) -> bool {
        self.attribute("persistent") == Some("true")
    }

    /// Whether it is memory shared by the processes of the container.
    pub fn is_ram(&self) -> bool {
        self.attribute("class") == Some("ram")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    #[serde(with = "quantity")]
    pub units: u64,
    /// Any one of these fits, as `vendor/nvidia/model/h100/ram/80Gi` = `true`.
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    pub kind: EndpointKind,
    /// Names a leased address; else 0.
    pub sequence_number: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndpointKind {
    #[default]
    SharedHttp,
    RandomPort,
    LeasedIp,
}

impl Resources {
    /// As the chain has them, without the id, which is the unit's there.
    pub fn to_proto(&self) -> pb::Resources {
        let storage =
            |s: &Storage| pb::Storage { name: s.name.clone(), bytes: s.size, attributes: attributes(&s.attributes) };
        pb::Resources {
            cpu: Some(pb::Cpu {
                milli_units: u32::try_from(self.cpu.units).unwrap_or(u32::MAX),
                attributes: attributes(&self.cpu.attributes),
            }),
            memory: Some(pb::Memory { bytes: self.memory.size }),
            storage: self.storage.iter().map(storage).collect(),
            gpu: (self.gpu.units > 0).then(|| pb::Gpu {
                units: u32::try_from(self.gpu.units).unwrap_or(u32::MAX),
                attributes: attributes(&self.gpu.attributes),
            }),
            endpoints: self.endpoints.iter().map(Endpoint::to_proto).collect(),
        }
    }
}

impl Endpoint {
    /// The endpoints of several ports as a resource unit has them: in order, and a leased address once.
    pub fn summed(endpoints: impl IntoIterator<Item = Endpoint>) -> Vec<Endpoint> {
        let mut all: Vec<Endpoint> = endpoints.into_iter().collect();
        all.sort();
        all.dedup_by(|a, b| a == b && a.kind == EndpointKind::LeasedIp);
        all
    }

    pub fn to_proto(&self) -> pb::Endpoint {
        let kind = match self.kind {
            EndpointKind::SharedHttp => pb::EndpointKind::SharedHttp,
            EndpointKind::RandomPort => pb::EndpointKind::RandomPort,
            EndpointKind::LeasedIp => pb::EndpointKind::LeasedIp,
        };
        pb::Endpoint { kind: kind.into(), sequence_number: self.sequence_number }
    }
}

fn attributes(list: &[Attribute]) -> Vec<PbAttribute> {
    list.iter().map(|a| PbAttribute { key: a.key.clone(), value: a.value.clone() }).collect()
}
