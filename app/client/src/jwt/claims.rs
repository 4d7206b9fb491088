//! What a token says: who asks whom, until when, for which leases, and for what of them.

use aliquot_proto::market::v1::LeaseId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub version: String,
    /// The account that asks, in bech32.
    pub iss: String,
    /// The provider that is asked, in bech32.
    pub aud: String,
    /// When it was made, in seconds since 1970.
    pub iat: u64,
    #[serde(default)]
    pub nbf: u64,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
    pub leases: Leases,
}

/// Which of the account's leases a token opens, and for what. Scopes are the names of [`Scope`]; others, which only
/// gateways of other chains know, do no harm. Without scopes it is for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leases {
    pub access: Access,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// All of them.
    #[default]
    Full,
    /// All of them, for what the scope names.
    Scoped,
    /// Those that the permissions name.
    Granular,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    pub provider: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentPermission>,
}

/// A deployment, or one group or order of it: zero stands for any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentPermission {
    pub dseq: u64,
    #[serde(default)]
    pub gseq: u32,
    #[serde(default)]
    pub oseq: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
}

/// What a gateway is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    SendManifest,
    GetManifest,
    Status,
    Logs,
    Events,
    Shell,
    Result,
}

impl Scope {
    pub fn name(self) -> &'static str {
        match self {
            Scope::SendManifest => "send-manifest",
            Scope::GetManifest => "get-manifest",
            Scope::Status => "status",
            Scope::Logs => "logs",
            Scope::Events => "events",
            Scope::Shell => "shell",
            Scope::Result => "result",
        }
    }

    fn in_list(self, list: &Option<Vec<String>>) -> bool {
        list.as_ref().is_none_or(|all| all.iter().any(|name| name == self.name()))
    }
}

impl DeploymentPermission {
    fn names(&self, lease: &LeaseId) -> bool {
        let any_or = |claim: u32, id: u32| claim == 0 || claim == id;
        self.dseq == lease.dseq && any_or(self.gseq, lease.gseq) && any_or(self.oseq, lease.oseq)
    }
}

impl Permission {
    fn opens(&self, lease: &LeaseId) -> bool {
        let named = self.deployments.is_empty() || self.deployments.iter().any(|d| d.names(lease));
        self.provider == lease.provider && named
    }

    fn allows(&self, lease: &LeaseId, scope: Scope) -> bool {
        let mut of_lease = self.deployments.iter().filter(|d| d.names(lease));
        self.opens(lease)
            && scope.in_list(&self.scope)
            && (self.deployments.is_empty() || of_lease.any(|d| scope.in_list(&d.scope)))
    }
}

impl Claims {
    /// Whether the token opens this lease for anything. That its owner is `iss` is part of it.
    pub fn opens(&self, lease: &LeaseId) -> bool {
        let granted = match self.leases.access {
            Access::Full | Access::Scoped => true,
            Access::Granular => self.leases.permissions.iter().any(|permission| permission.opens(lease)),
        };
        granted && self.iss == lease.owner
    }

    /// Whether the token opens this lease for this.
    pub fn allows(&self, lease: &LeaseId, scope: Scope) -> bool {
        let Leases { access, scope: scopes, permissions } = &self.leases;
        let names_scopes = *access != Access::Scoped || scopes.is_some();
        let permitted = permissions.is_empty() || permissions.iter().any(|permission| permission.allows(lease, scope));
        self.opens(lease) && names_scopes && scope.in_list(scopes) && permitted
    }
}
