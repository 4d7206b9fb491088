//! `aliquotd tx provider`: the record by which tenants find a provider's gateway.

use super::Session;
use aliquot_proto::provider::v1 as pb;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub enum Provider {
    /// Registers the signer as a provider.
    Create(Record),
    /// Replaces the record.
    Update(Record),
    /// Takes the record back and its bonds with it; refused while there are leases or open bids.
    Delete,
    /// Says that the provider is there; a runner does so by itself while it has service leases.
    Heartbeat {
        /// The provider, when its operator signs [default: the signer].
        #[arg(long)]
        provider: Option<String>,
    },
    /// Lets a provider that was jailed for missed heartbeats bid again.
    Unjail,
}

#[derive(Args)]
pub struct Record {
    /// Address of the gateway: https://, or http:// on loopback.
    host_uri: String,
    /// SHA-256 of the gateway's DER certificate, in hex; with https alone.
    #[arg(long, default_value = "")]
    certificate_hash: String,
    /// What orders may require, as `region=eu-central`.
    #[arg(long, value_name = "KEY=VALUE")]
    attribute: Vec<String>,
    #[arg(long, default_value = "")]
    email: String,
    #[arg(long, default_value = "")]
    website: String,
    /// Account that may bid, commit and open for the provider.
    #[arg(long, default_value = "")]
    operator: String,
    /// Account that earnings are paid to.
    #[arg(long, default_value = "")]
    payout: String,
}

/// An attribute as it is typed.
pub(super) fn attribute(text: &str) -> Result<pb::Attribute> {
    let (key, value) = text.split_once('=').with_context(|| format!("--attribute {text:?} is not KEY=VALUE"))?;
    Ok(pb::Attribute { key: key.into(), value: value.into() })
}

impl Record {
    fn message(self, owner: String) -> Result<pb::MsgCreateProvider> {
        Ok(pb::MsgCreateProvider {
            owner,
            host_uri: self.host_uri,
            certificate_hash: hex::decode(&self.certificate_hash).context("--certificate-hash is not hex")?,
            attributes: self.attribute.iter().map(|text| attribute(text)).collect::<Result<_>>()?,
            info: Some(pb::Info { email: self.email, website: self.website }),
            operator: self.operator,
            payout: self.payout,
        })
    }
}

impl Provider {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let owner = session.address().to_string();
        match self {
            Provider::Delete => session.send(&pb::MsgDeleteProvider { owner }).await,
            Provider::Unjail => session.send(&pb::MsgUnjail { owner }).await,
            Provider::Heartbeat { provider } => {
                let provider = provider.unwrap_or_else(|| owner.clone());
                session
                    .send_telling(&pb::MsgHeartbeat { signer: owner, provider }, |outcome| {
                        let answer: pb::MsgHeartbeatResponse = outcome.response(0)?;
                        Ok(("due_height", json!(answer.due_height.to_string())))
                    })
                    .await
            }
            Provider::Create(record) => session.send(&record.message(owner)?).await,
            Provider::Update(record) => {
                let new = record.message(owner)?;
                let message = pb::MsgUpdateProvider {
                    owner: new.owner,
                    host_uri: new.host_uri,
                    certificate_hash: new.certificate_hash,
                    attributes: new.attributes,
                    info: new.info,
                    operator: new.operator,
                    payout: new.payout,
                };
                session.send(&message).await
            }
        }
    }
}
