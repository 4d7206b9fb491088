//! `aliquotd tx market`: bids by providers, leases by tenants.

use super::{
    super::{amount, ids::LeaseArgs},
    Session,
};
use aliquot_proto::market::v1 as pb;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Market {
    #[command(subcommand)]
    Bid(Bid),
    #[command(subcommand)]
    Lease(Lease),
}

#[derive(Subcommand)]
pub enum Bid {
    /// Offers to do a job at a price.
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
