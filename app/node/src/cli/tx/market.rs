//! `aliquotd tx market`: bids by providers, leases by tenants.

use super::{
    super::{
        amount,
        ids::{LeaseArgs, OrderArgs},
    },
    Session,
    deployment::block_ms,
};
use aliquot_client::sdl;
use aliquot_proto::{deployment::v1::ResourceUnit, market::v1 as pb};
use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

const AMEND: &str = "Examples:
  aliquotd tx market lease amend --dseq 7 --provider aliquot1... --rate 0.5ualq --from tenant
  aliquotd tx market lease amend --dseq 7 --owner aliquot1... --rate 0.5ualq --from provider
  aliquotd tx market lease amend --dseq 7 --provider aliquot1... --file larger.sdl.yaml --from tenant
After an amendment of resources, `tx deployment update` names the manifest of the same file.";

#[derive(Subcommand)]
pub enum Market {
    /// Offers of providers.
    #[command(subcommand)]
    Bid(Bid),
    /// What comes of the offers that tenants take.
    #[command(subcommand)]
    Lease(Lease),
}

#[derive(Subcommand)]
pub enum Bid {
    /// Offers to do a job at a price; for services, whose items are priced apart, see `tx market create-bid`.
    Create {
        #[command(flatten)]
        id: LeaseArgs,
        /// Total for the job.
        #[arg(long)]
        price: String,
        /// The device that will work, in hex.
        #[arg(long)]
        device: String,
        /// Returned when the bid ends.
        #[arg(long, default_value = "500000ualq")]
        deposit: String,
    },
    /// Takes an open bid back, or leaves a service lease.
    Close {
        #[command(flatten)]
        id: LeaseArgs,
        /// 10000 unstable, 10001 decommission, 10002 unspecified, 10003 manifest timeout.
        #[arg(long, default_value_t = 10002)]
        reason: i32,
    },
}

#[derive(Subcommand)]
pub enum Lease {
    /// Accepts a bid.
    Create {
        #[command(flatten)]
        id: LeaseArgs,
        /// Provider of another bid on the order that stands by.
        #[arg(long)]
        standby: Option<String>,
    },
    /// Offers to change a running service's price or resources, or agrees: it changes once both sides have sent the same.
    #[command(after_help = AMEND)]
    Amend {
        #[command(flatten)]
        id: LeaseArgs,
        /// The new price per block for everything, as 0.35ualq [default: it stays].
        #[arg(long)]
        rate: Option<String>,
        /// An SDL file whose resources the lease's group takes [default: they stay].
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Gives notice, as its provider, of leaving: the lease runs on for the blocks agreed in the bid.
    Reclaim {
        #[command(flatten)]
        id: LeaseArgs,
        /// 10000 unstable, 10001 decommission, 10002 unspecified, 10003 manifest timeout.
        #[arg(long, default_value_t = 10001)]
        reason: i32,
    },
    /// Ends a service at once, or a job whose result is not committed.
    Close {
        #[command(flatten)]
        id: LeaseArgs,
    },
    /// Pays out what the provider earned.
    Withdraw {
        #[command(flatten)]
        id: LeaseArgs,
    },
}

impl Market {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self {
            Market::Bid(command) => command.run(session).await,
            Market::Lease(command) => command.run(session).await,
        }
    }
}

impl Bid {
    async fn run(self, session: &Session) -> Result<()> {
        let signer = session.address().to_string();
        match self {
            Bid::Create { id, price, device, deposit } => {
                let device_id = hex::decode(&device).with_context(|| format!("--device {device:?} is not hex"))?;
                let id = Some(id.of_provider(&signer)?);
                let (price, deposit) = (Some(amount::coin(&price)?), Some(amount::coin(&deposit)?));
                session.send(&pb::MsgCreateBid { signer, id, price, device_id, deposit, ..Default::default() }).await
            }
            Bid::Close { id, reason } => {
                let id = Some(id.of_provider(&signer)?);
                session.send(&pb::MsgCloseBid { signer, id, reason }).await
            }
        }
    }
}

impl Lease {
    async fn run(self, session: &Session) -> Result<()> {
        let signer = session.address().to_string();
        match self {
            Lease::Create { id, standby } => {
                let id = Some(id.of_tenant(&signer)?);
                session.send(&pb::MsgCreateLease { owner: signer, id, standby: standby.unwrap_or_default() }).await
            }
            Lease::Amend { id, rate, file } => amend(session, id.of_party(&signer)?, rate, file).await,
            Lease::Reclaim { id, reason } => {
                let id = Some(id.of_provider(&signer)?);
                let message = pb::MsgStartReclaim { signer, id, reason };
                session
                    .send_telling(&message, |outcome| {
                        let answer: pb::MsgStartReclaimResponse = outcome.response(0)?;
                        Ok(("closes_at", json!(answer.closes_at.to_string())))
                    })
                    .await
            }
            Lease::Close { id } => {
                let id = Some(id.of_tenant(&signer)?);
                session.send(&pb::MsgCloseLease { owner: signer, id }).await
            }
            Lease::Withdraw { id } => {
                let id = Some(id.of_provider(&signer)?);
                let message = pb::MsgWithdrawLease { signer, id };
                session
                    .send_telling(&message, |outcome| {
                        let paid: pb::MsgWithdrawLeaseResponse = outcome.response(0)?;
                        let coin = paid.amount.unwrap_or_default();
                        Ok(("paid", json!(format!("{}{}", coin.amount, coin.denom))))
                    })
                    .await
            }
        }
    }
}

async fn amend(session: &Session, id: pb::LeaseId, rate: Option<String>, file: Option<PathBuf>) -> Result<()> {
    ensure!(rate.is_some() || file.is_some(), "say what changes: --rate, --file, or both");
    let resources = match file {
        Some(file) => resources(session, &id, &file).await?,
        None => Vec::new(),
    };
    let rate = rate.map(|text| amount::rate(&text)).transpose()?;
    let message = pb::MsgAmendLease { signer: session.address().into(), id: Some(id), rate, resources };
    session
        .send_telling(&message, |outcome| {
            let answer: pb::MsgAmendLeaseResponse = outcome.response(0)?;
            Ok(("amended", json!(answer.amended)))
        })
        .await
}

/// What a file says of the group that a lease was made of.
async fn resources(session: &Session, id: &pb::LeaseId, file: &Path) -> Result<Vec<ResourceUnit>> {
    let order = OrderArgs { owner: Some(id.owner.clone()), dseq: id.dseq, gseq: id.gseq, oseq: id.oseq };
    let request = pb::QueryOrderRequest { id: Some(order.id("")) };
    let answer: pb::QueryOrderResponse = session.client.query("/aliquot.market.v1.Query/Order", &request, None).await?;
    let name = answer.order.and_then(|order| order.spec).context("the chain has no order of that lease")?.name;
    let groups = sdl::load(file, block_ms(session).await?)?.groups;
    let group = groups.into_iter().find(|group| group.name == name);
    let service = group.and_then(|group| group.service);
    Ok(service.with_context(|| format!("{} has no group {name:?} of services", file.display()))?.resources)
}
