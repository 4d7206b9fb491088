//! `aliquotd tx bank`.

use super::{super::amount, Session};
use aliquot_proto::cosmos::bank::v1beta1::MsgSend;
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Bank {
    /// Sends coins to an address.
    Send {
        to: String,
        /// As `1000000ualq`.
        coins: String,
    },
}

impl Bank {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Bank::Send { to, coins } = self;
        let from_address = session.address().into();
        session.send(&MsgSend { from_address, to_address: to, amount: amount::coins(&coins)? }).await
    }
}
