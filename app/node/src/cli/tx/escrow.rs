//! `aliquotd tx escrow`: deposits into accounts of deployments, and what was earned out of them.

use super::{super::amount, Session};
use aliquot_proto::escrow::v1::{MsgAccountDeposit, MsgWithdraw, MsgWithdrawResponse};
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Escrow {
    /// Adds to the account of a deployment; what is left returns to who gave it.
    Deposit {
        amount: String,
        /// The deployment.
        #[arg(long)]
        dseq: u64,
        /// Whose deployment it is [default: the signer's].
        #[arg(long)]
        owner: Option<String>,
    },
    /// Pays out what the signer earned and is verified, in whole units.
    Withdraw {
        #[arg(default_value = aliquot_client::BASE_DENOM)]
        denom: String,
    },
}

impl Escrow {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let signer = session.address().to_string();
        match self {
            Escrow::Deposit { amount, dseq, owner } => {
                let owner = owner.unwrap_or_else(|| signer.clone());
                let amount = Some(amount::coin(&amount)?);
                session.send(&MsgAccountDeposit { depositor: signer, owner, dseq, amount }).await
            }
            Escrow::Withdraw { denom } => {
                session
                    .send_telling(&MsgWithdraw { payee: signer, denom }, |outcome| {
                        let coin = outcome.response::<MsgWithdrawResponse>(0)?.amount.unwrap_or_default();
                        Ok(("paid", json!(format!("{}{}", coin.amount, coin.denom))))
                    })
                    .await
            }
        }
    }
}
