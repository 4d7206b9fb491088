//! `aliquotd tx provider`: the record by which tenants find a provider's gateway.

use super::Session;
use aliquot_proto::provider::v1 as pb;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub enum Provider {
    /// Registers the signer as a provider.
    Create(Record),
    /// Replaces the record.
    Update(Record),
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

impl Record {
    fn message(self, owner: String) -> Result<pb::MsgCreateProvider> {
        let attribute = |text: String| -> Result<pb::Attribute> {
            let (key, value) =
                text.split_once('=').with_context(|| format!("--attribute {text:?} is not KEY=VALUE"))?;
            Ok(pb::Attribute { key: key.into(), value: value.into() })
        };
        Ok(pb::MsgCreateProvider {
            owner,
            host_uri: self.host_uri,
            certificate_hash: hex::decode(&self.certificate_hash).context("--certificate-hash is not hex")?,
            attributes: self.attribute.into_iter().map(attribute).collect::<Result<_>>()?,
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
