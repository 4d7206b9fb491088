//! `aliquotd tx escrow`.

use super::{super::amount, Session};
use aliquot_proto::escrow::v1::MsgAccountDeposit;
use anyhow::Result;
use clap::Subcommand;

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
}

impl Escrow {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Escrow::Deposit { amount, dseq, owner } = self;
        let depositor = session.address().to_string();
        let owner = owner.unwrap_or_else(|| depositor.clone());
        let amount = Some(amount::coin(&amount)?);
        session.send(&MsgAccountDeposit { depositor, owner, dseq, amount }).await
    }
}
