//! Events: what indexers, wallets and runners see of a block.
//!
//! Typed events are proto messages; on the wire their kind is the full name and each field an attribute holding its
//! JSON, as the Cosmos SDK writes typed events. Plain events (`transfer`, `message`) are what wallets search for.

use aliquot_proto::json;
use prost::{Message, Name};

/// One event. Attribute keys are never empty; all attributes are indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: String,
    pub attributes: Vec<(String, String)>,
}

impl Event {
    pub fn plain(kind: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes = attributes.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Event { kind: kind.into(), attributes }
    }

    /// A typed event; `None` only for a type that the descriptors do not know, which `seal` rules out.
    pub fn typed<E: Message + Name>(event: &E) -> Option<Self> {
        let value = json::to_json(event).ok()?;
        let fields = value.as_object()?;
        let attributes = fields.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        Some(Event { kind: E::full_name(), attributes })
    }
}
