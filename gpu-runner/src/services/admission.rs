//! Whose orders are taken, and which.

use aliquot_proto::{deployment::v1::GroupSpec, provider::v1::Attribute};
use serde::Deserialize;

use crate::globs::matches;

/// Lists of globs. Denial goes before allowance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admission {
    /// Tenants that are served; empty serves all.
    pub allow_tenants: Vec<String>,
    pub deny_tenants: Vec<String>,
    /// What an order must ask for, each as `key=value`; empty takes any order.
    pub require_attributes: Vec<String>,
    /// What an order may not ask for.
    pub deny_attributes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("tenant {0} is not served here")]
    Tenant(String),
    #[error("it asks for {0}, which is not served here")]
    Attribute(String),
    #[error("it does not ask for {0}, as orders must that are served here")]
    Unasked(String),
}

impl Admission {
    pub fn check(&self, tenant: &str, spec: &GroupSpec) -> Result<(), Denied> {
        let listed = |globs: &[String], text: &str| globs.iter().any(|glob| matches(glob, text));
        let allowed = self.allow_tenants.is_empty() || listed(&self.allow_tenants, tenant);
        if !allowed || listed(&self.deny_tenants, tenant) {
            return Err(Denied::Tenant(tenant.into()));
        }
        let asked = spec.requirements.iter().flat_map(|r| &r.attributes);
        let asked: Vec<_> = asked.map(|Attribute { key, value }| format!("{key}={value}")).collect();
        if let Some(bad) = asked.iter().find(|text| listed(&self.deny_attributes, text)) {
            return Err(Denied::Attribute(bad.clone()));
        }
        let missing = self.require_attributes.iter().find(|glob| !asked.iter().any(|text| matches(glob, text)));
        missing.map_or(Ok(()), |glob| Err(Denied::Unasked(glob.clone())))
    }
}
