//! `aliquotd tx authz`: lets another account send messages in the signer's name.

use super::{super::amount, Session, raw};
use aliquot_client::any;
use aliquot_proto::{
    Any, Timestamp,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant, MsgRevoke},
        bank::v1beta1::SendAuthorization,
    },
    escrow::v1::{DepositAuthorization, deposit_authorization::Scope},
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const GRANT: &str = "Examples:
  aliquotd tx authz grant aliquot1... send --spend-limit 5000000ualq --from tenant
  aliquotd tx authz grant aliquot1... deposit --spend-limit 5000000ualq --expiration 1893456000 --from tenant
  aliquotd tx authz grant aliquot1... generic --msg-type /aliquot.market.v1.MsgCloseLease --from tenant";

#[derive(Subcommand)]
pub enum Authz {
    /// Lets an account send messages of one type in the signer's name.
    #[command(after_help = GRANT)]
    Grant(NewGrant),
    /// Takes a grant back.
    Revoke {
        /// Who was allowed.
        grantee: String,
        /// The type of message, as /cosmos.bank.v1beta1.MsgSend.
        msg_type: String,
    },
    /// Sends messages of a file, each in the name of the account that granted them; see `tx raw`.
    Exec { file: PathBuf },
}

#[derive(Args)]
pub struct NewGrant {
    /// Who is allowed.
    grantee: String,
    /// What: coins to anyone, deposits for deployments, or any message of a type.
    kind: Kind,
    /// The most that may be spent, as 5000000ualq,7utest; with send and deposit.
    #[arg(long, required_if_eq_any = [("kind", "send"), ("kind", "deposit")])]
    spend_limit: Option<String>,
    /// The type of message, as /aliquot.market.v1.MsgCreateLease; with generic.
    #[arg(long, required_if_eq("kind", "generic"))]
    msg_type: Option<String>,
    /// Receivers that coins may go to, parted by commas [default: all]; with send.
    #[arg(long, value_delimiter = ',')]
    allow_list: Vec<String>,
    /// When it ends, in seconds since 1970 [default: never].
    #[arg(long)]
    expiration: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Send,
    Deposit,
    Generic,
}

impl NewGrant {
    fn authorization(&self) -> Result<Any> {
        let limits = || amount::coins(self.spend_limit.as_deref().context("--spend-limit is missing")?);
        Ok(match self.kind {
            Kind::Send => any(&SendAuthorization { spend_limit: limits()?, allow_list: self.allow_list.clone() }),
            Kind::Deposit => {
                any(&DepositAuthorization { scopes: vec![Scope::Deployment.into()], spend_limits: limits()? })
            }
            Kind::Generic => {
                any(&GenericAuthorization { msg: self.msg_type.clone().context("--msg-type is missing")? })
            }
        })
    }
}

impl Authz {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let signer = session.address().to_string();
        match self {
            Authz::Grant(new) => {
                let authorization = Some(new.authorization()?);
                let expiration = new.expiration.map(|seconds| Timestamp { seconds, nanos: 0 });
                let grant = Some(Grant { authorization, expiration });
                session.send(&MsgGrant { granter: signer, grantee: new.grantee, grant }).await
            }
            Authz::Revoke { grantee, msg_type } => {
                session.send(&MsgRevoke { granter: signer, grantee, msg_type_url: msg_type }).await
            }
            Authz::Exec { file } => session.send(&MsgExec { grantee: signer, msgs: raw(&file)? }).await,
        }
    }
}
