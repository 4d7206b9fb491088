//! `aliquotd tx deployment`: from an SDL file to orders on the chain.

use super::{super::amount, Session};
use aliquot_client::sdl;
use aliquot_proto::{
    cosmos::base::v1beta1::Coin,
    deployment::v1 as pb,
    escrow::v1::{QueryParamsRequest as EscrowRequest, QueryParamsResponse as EscrowResponse},
};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Milliseconds that services are paid for where no deposit is said.
const FIRST_HOUR: u32 = 3_600_000;
const SUB: u128 = 1_000_000;

#[derive(Subcommand)]
pub enum Deployment {
    /// Opens a deployment from an SDL file.
    Create {
        file: PathBuf,
        /// What goes into its escrow account [default: the most that its jobs may cost, and its services in an hour].
        #[arg(long)]
        deposit: Option<String>,
        /// Its number [default: the newest height].
        #[arg(long)]
        dseq: Option<u64>,
    },
    /// Names another manifest, of another version of the same file.
    Update {
        file: PathBuf,
        #[arg(long)]
        dseq: u64,
    },
    #[command(subcommand)]
    Group(Group),
    /// Closes a deployment: what is not committed ends, what is left of the deposit returns.
    Close {
        #[arg(long)]
        dseq: u64,
    },
}

#[derive(Subcommand)]
pub enum Group {
    /// Ends a group for good.
    Close(GroupArgs),
    /// Ends a group's order and lease; it can be started again.
    Pause(GroupArgs),
    /// Lists a paused group again.
    Start(GroupArgs),
}

#[derive(Args)]
pub struct GroupArgs {
    #[arg(long)]
    dseq: u64,
    #[arg(long, default_value_t = 1)]
    gseq: u32,
}

impl Group {
    async fn run(self, session: &Session) -> Result<()> {
        let owner = session.address().to_string();
        match self {
            Group::Close(GroupArgs { dseq, gseq }) => session.send(&pb::MsgCloseGroup { owner, dseq, gseq }).await,
            Group::Pause(GroupArgs { dseq, gseq }) => session.send(&pb::MsgPauseGroup { owner, dseq, gseq }).await,
            Group::Start(GroupArgs { dseq, gseq }) => session.send(&pb::MsgStartGroup { owner, dseq, gseq }).await,
        }
    }
}

pub(super) async fn block_ms(session: &Session) -> Result<u32> {
    let path = "/aliquot.deployment.v1.Query/Params";
    let params: pb::QueryParamsResponse = session.client.query(path, &pb::QueryParamsRequest {}, None).await?;
    Ok(params.params.context("the chain has no deployment params")?.block_ms)
}

impl Deployment {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let owner = session.address().to_string();
        match self {
            Deployment::Create { file, deposit, dseq } => {
                let block_ms = block_ms(session).await?;
                let manifest = sdl::load(&file, block_ms)?;
                let deposit = match deposit {
                    Some(text) => amount::coin(&text)?,
                    None => enough(session, &manifest.groups, block_ms).await?,
                };
                let dseq = match dseq {
                    Some(dseq) => dseq,
                    None => session.client.height().await?,
                };
                let (groups, hash) = (manifest.groups, manifest.hash.to_vec());
                let message = pb::MsgCreateDeployment {
                    owner: owner.clone(),
                    dseq,
                    groups,
                    hash,
                    deposit: Some(deposit),
                    grace_blocks: manifest.grace_blocks,
                    low_funds_blocks: manifest.low_funds_blocks,
                };
                let id = json!({ "owner": owner, "dseq": dseq.to_string() });
                session.send_telling(&message, |_| Ok(("deployment", id))).await
            }
            Deployment::Update { file, dseq } => {
                let hash = sdl::load(&file, block_ms(session).await?)?.hash.to_vec();
                session.send(&pb::MsgUpdateDeployment { owner, dseq, hash }).await
            }
            Deployment::Group(command) => command.run(session).await,
            Deployment::Close { dseq } => session.send(&pb::MsgCloseDeployment { owner, dseq }).await,
        }
    }
}

/// What the jobs may cost and the services for [`FIRST_HOUR`], and no less than the chain takes.
async fn enough(session: &Session, groups: &[pb::GroupSpec], block_ms: u32) -> Result<Coin> {
    let blocks = u128::from(FIRST_HOUR.div_ceil(block_ms.max(1)));
    let mut costs = Vec::new();
    for group in groups {
        if let Some(price) = &group.max_price {
            costs.push((&price.denom, price.amount.parse::<u128>().ok()));
        }
        for unit in group.service.iter().flat_map(|service| &service.resources) {
            let rate = unit.price.as_ref().context("a resource unit has no price")?;
            let sub = rate.amount_sub.parse::<u128>().ok();
            let sub = sub.and_then(|sub| sub.checked_mul(u128::from(unit.count))?.checked_mul(blocks));
            costs.push((&rate.denom, sub.map(|sub| sub.div_ceil(SUB))));
        }
    }
    let denom = costs.first().context("the file has no group")?.0;
    if costs.iter().any(|(other, _)| *other != denom) {
        bail!(
            "the groups are priced in several denoms: say what to deposit with --deposit, and add the others with `tx escrow deposit`"
        );
    }
    let sum = costs.iter().try_fold(0u128, |sum, (_, cost)| sum.checked_add((*cost)?));
    let sum = sum.context("the prices of the groups are not numbers, or too large")?;
    let answer: EscrowResponse =
        session.client.query("/aliquot.escrow.v1.Query/Params", &EscrowRequest {}, None).await?;
    let least = answer.params.unwrap_or_default().min_deposits.into_iter().find(|c| &c.denom == denom);
    let least = least.and_then(|c| c.amount.parse().ok()).unwrap_or(0);
    Ok(Coin { denom: denom.clone(), amount: sum.max(least).to_string() })
}
