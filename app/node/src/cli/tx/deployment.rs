//! `aliquotd tx deployment`: from an SDL file to orders on the chain.

use super::{super::amount, Session};
use aliquot_client::sdl;
use aliquot_proto::{
    cosmos::base::v1beta1::Coin,
    deployment::v1 as pb,
    escrow::v1::{QueryParamsRequest as EscrowRequest, QueryParamsResponse as EscrowResponse},
};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Deployment {
    /// Opens a deployment from an SDL file.
    Create {
        file: PathBuf,
        /// What goes into its escrow account [default: the most that all its groups may cost].
        #[arg(long)]
        deposit: Option<String>,
        /// Its number [default: the newest height].
        #[arg(long)]
        dseq: Option<u64>,
    },
    /// Closes a deployment: what is not committed ends, what is left of the deposit returns.
    Close {
        #[arg(long)]
        dseq: u64,
    },
}

impl Deployment {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let owner = session.address().to_string();
        match self {
            Deployment::Create { file, deposit, dseq } => {
                let params: pb::QueryParamsResponse = session
                    .client
                    .query("/aliquot.deployment.v1.Query/Params", &pb::QueryParamsRequest {}, None)
                    .await?;
                let block_ms = params.params.context("the chain has no deployment params")?.block_ms;
                let manifest = sdl::load(&file, block_ms)?;
                let deposit = match deposit {
                    Some(text) => amount::coin(&text)?,
                    None => enough(session, &manifest.groups).await?,
                };
                let dseq = match dseq {
                    Some(dseq) => dseq,
                    None => session.client.height().await?,
                };
                let (groups, hash) = (manifest.groups, manifest.hash.to_vec());
                let message =
                    pb::MsgCreateDeployment { owner: owner.clone(), dseq, groups, hash, deposit: Some(deposit) };
                let id = json!({ "owner": owner, "dseq": dseq.to_string() });
                session.send_telling(&message, |_| Ok(("deployment", id))).await
            }
            Deployment::Close { dseq } => session.send(&pb::MsgCloseDeployment { owner, dseq }).await,
        }
    }
}

/// The sum of what the groups may cost, and no less than the chain takes.
async fn enough(session: &Session, groups: &[pb::GroupSpec]) -> Result<Coin> {
    let prices: Vec<&Coin> = groups.iter().filter_map(|g| g.max_price.as_ref()).collect();
    let denom = &prices.first().context("the file has no group")?.denom;
    if prices.iter().any(|price| &price.denom != denom) {
        bail!(
            "the groups are priced in several denoms: say what to deposit with --deposit, and add the others with `tx escrow deposit`"
        );
    }
    let sum = prices.iter().try_fold(0u128, |sum, price| sum.checked_add(price.amount.parse().ok()?));
    let sum = sum.context("the prices of the groups are not numbers, or too large")?;
    let answer: EscrowResponse =
        session.client.query("/aliquot.escrow.v1.Query/Params", &EscrowRequest {}, None).await?;
    let least = answer.params.unwrap_or_default().min_deposits.into_iter().find(|c| &c.denom == denom);
    let least = least.and_then(|c| c.amount.parse().ok()).unwrap_or(0);
    Ok(Coin { denom: denom.clone(), amount: sum.max(least).to_string() })
}
