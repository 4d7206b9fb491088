//! The ids of the marketplace as flags.

use aliquot_proto::market::v1::{LeaseId, OrderId};
use anyhow::{Context, Result, ensure};
use clap::Args;

/// An order of a deployment; jobs have one per group, so group and order are rarely given.
#[derive(Args, Clone)]
pub struct OrderArgs {
    /// The tenant.
    #[arg(long)]
    pub owner: Option<String>,
    /// The deployment.
    #[arg(long)]
    pub dseq: u64,
    #[arg(long, default_value_t = 1)]
    pub gseq: u32,
    #[arg(long, default_value_t = 1)]
    pub oseq: u32,
}

/// A bid or lease: an order and who provides.
#[derive(Args, Clone)]
pub struct LeaseArgs {
    #[command(flatten)]
    pub order: OrderArgs,
    /// The provider.
    #[arg(long)]
    pub provider: Option<String>,
}

impl OrderArgs {
    /// The id, of the signer's own deployment unless --owner says whose.
    pub fn id(self, signer: &str) -> OrderId {
        let owner = self.owner.unwrap_or_else(|| signer.into());
        OrderId { owner, dseq: self.dseq, gseq: self.gseq, oseq: self.oseq }
    }
}

impl LeaseArgs {
    /// As the tenant who signs names it.
    pub fn of_tenant(self, signer: &str) -> Result<LeaseId> {
        let provider = self.provider.context("say whose bid or lease it is with --provider")?;
        let OrderId { owner, dseq, gseq, oseq } = self.order.id(signer);
        Ok(LeaseId { owner, dseq, gseq, oseq, provider })
    }

    /// As either side names it: who of the two is not said is the signer.
    pub fn of_party(self, signer: &str) -> Result<LeaseId> {
        let both = self.order.owner.is_some() || self.provider.is_some();
        ensure!(
            both,
            "say whose lease it is: a tenant with --provider, a provider with --owner, its operator with both"
        );
        let provider = self.provider.unwrap_or_else(|| signer.into());
        let OrderId { owner, dseq, gseq, oseq } = self.order.id(signer);
        Ok(LeaseId { owner, dseq, gseq, oseq, provider })
    }

    /// As the provider who signs names it.
    pub fn of_provider(self, signer: &str) -> Result<LeaseId> {
        let provider = self.provider.unwrap_or_else(|| signer.into());
        let OrderArgs { owner, dseq, gseq, oseq } = self.order;
        let owner = owner.context("say whose order it is with --owner")?;
        Ok(LeaseId { owner, dseq, gseq, oseq, provider })
    }
}

/// `owner/dseq/gseq/oseq/provider`, as proofs hash it.
pub fn lease(text: &str) -> Result<LeaseId> {
    let parse = || {
        let parts: [&str; 5] = text.split('/').collect::<Vec<_>>().try_into().ok()?;
        let [owner, dseq, gseq, oseq, provider] = parts;
        let (dseq, gseq, oseq) = (dseq.parse().ok()?, gseq.parse().ok()?, oseq.parse().ok()?);
        Some(LeaseId { owner: owner.into(), dseq, gseq, oseq, provider: provider.into() })
    };
    parse().with_context(|| format!("{text:?} is not a lease: write owner/dseq/gseq/oseq/provider"))
}

pub fn lease_text(id: &LeaseId) -> String {
    format!("{}/{}/{}/{}/{}", id.owner, id.dseq, id.gseq, id.oseq, id.provider)
}
