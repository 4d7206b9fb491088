//! `aliquotd tx audit`: what an auditor attests about providers, which SDL files ask for under `signedBy`.

use super::{Session, provider::attribute};
use aliquot_proto::audit::v1 as pb;
use anyhow::{Context, Result};
use clap::Subcommand;
use sha2::{Digest, Sha256};
use std::{fs, path::PathBuf};

#[derive(Subcommand)]
pub enum Audit {
    /// Attests attributes of a provider; those signed before stay.
    Sign {
        /// The provider's address.
        provider: String,
        /// What the auditor saw, as `region=eu-central`; may be given again.
        #[arg(long, value_name = "KEY=VALUE", required = true)]
        attribute: Vec<String>,
        /// Last height at which it counts [default: no end].
        #[arg(long, default_value_t = 0)]
        expires_at: u64,
        /// A report, whose SHA-256 goes onto the chain.
        #[arg(long)]
        evidence: Option<PathBuf>,
    },
    /// Takes attestations of a provider back.
    Revoke {
        /// The provider's address.
        provider: String,
        /// Of these attributes alone; may be given again [default: all].
        #[arg(long)]
        key: Vec<String>,
    },
}

impl Audit {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let auditor = session.address().to_string();
        match self {
            Audit::Sign { provider, attribute: given, expires_at, evidence } => {
                let attributes = given.iter().map(|text| attribute(text)).collect::<Result<_>>()?;
                let hash = |path: PathBuf| {
                    let bytes = fs::read(&path).with_context(|| path.display().to_string());
                    bytes.map(|bytes| Sha256::digest(bytes).to_vec())
                };
                let evidence_hash = evidence.map(hash).transpose()?.unwrap_or_default();
                let message =
                    pb::MsgSignProviderAttributes { auditor, provider, attributes, expires_at, evidence_hash };
                session.send(&message).await
            }
            Audit::Revoke { provider, key: keys } => {
                session.send(&pb::MsgDeleteProviderAttributes { auditor, provider, keys }).await
            }
        }
    }
}
