//! `aliquotd tx`: signs with a key of the keyring, sends, and waits until the transaction is in a block.
//!
//! What people send is written by hand, with Akash's words; every other message of the chain is a command made from its
//! descriptor (`message.rs`).

mod audit;
mod authz;
mod bank;
mod compute;
mod deployment;
mod escrow;
mod market;
mod message;
mod provider;

use super::{Globals, keys};
use aliquot_client::{Client, Gas, GasPrice, Key, SendOptions, TxOutcome, any};
use aliquot_proto::{Any, json as protojson};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use prost::Name;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

#[derive(Args)]
pub struct Tx {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: message::Command,
}

#[derive(Args)]
struct Flags {
    /// Key of the keyring that signs.
    #[arg(long, global = true, env = "ALIQUOT_FROM", hide_env = true)]
    from: Option<String>,
    /// Most gas that may be used, or `auto` to ask the node.
    #[arg(long, global = true, default_value = "auto")]
    gas: String,
    /// Price of a unit of gas.
    #[arg(long, global = true, default_value = "0.01ualq")]
    gas_prices: GasPrice,
    /// A note that stands in the transaction.
    #[arg(long, global = true, default_value = "")]
    note: String,
    /// The account that pays the fee, by an allowance that it granted.
    #[arg(long, global = true, default_value = "")]
    fee_granter: String,
}

/// The commands that are written by hand.
#[derive(Subcommand)]
enum Written {
    /// Coins.
    #[command(subcommand)]
    Bank(bank::Bank),
    /// What tenants want run.
    #[command(subcommand)]
    Deployment(deployment::Deployment),
    /// Bids and leases.
    #[command(subcommand)]
    Market(market::Market),
    /// Deposits for deployments, and what was earned.
    #[command(subcommand)]
    Escrow(escrow::Escrow),
    /// What auditors attest about providers.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Acting for other accounts.
    #[command(subcommand)]
    Authz(authz::Authz),
    /// The record of a provider.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Devices and their bonds.
    #[command(subcommand)]
    Compute(compute::Compute),
    /// Any messages of the chain, as JSON with `@type`: one, or a list.
    Raw { file: PathBuf },
}

impl Tx {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let session = Session::open(globals, self.flags)?;
        let written = match self.command {
            message::Command::Made(made) => return made.run(&session).await,
            message::Command::Written(written) => written,
        };
        match *written {
            Written::Bank(command) => command.run(&session).await,
            Written::Deployment(command) => command.run(&session).await,
            Written::Market(command) => command.run(&session).await,
            Written::Escrow(command) => command.run(&session).await,
            Written::Provider(command) => command.run(&session).await,
            Written::Compute(command) => command.run(&session).await,
            Written::Audit(command) => command.run(&session).await,
            Written::Authz(command) => command.run(&session).await,
            Written::Raw { file } => session.send_all(raw(&file)?).await,
        }
    }
}

/// A key, a node, and how transactions are paid for.
struct Session {
    globals: Globals,
    client: Client,
    key: Key,
    options: SendOptions,
}

impl Session {
    fn open(globals: &Globals, flags: Flags) -> Result<Self> {
        let name = flags.from.context("say which key signs with --from; `aliquotd keys list` shows what there is")?;
        let gas = match flags.gas.as_str() {
            "auto" => Gas::Simulate,
            number => {
                Gas::Limit(number.parse().with_context(|| format!("--gas {number:?} is neither auto nor a number"))?)
            }
        };
        let ring = globals.keyring()?;
        ring.info(&name)?;
        let key = ring.load(&name, &keys::passphrase(&name)?)?;
        let (memo, gas_price, fee_granter) = (flags.note, flags.gas_prices, flags.fee_granter);
        let options = SendOptions { memo, gas, gas_price, fee_granter, ..SendOptions::default() };
        Ok(Session { globals: globals.clone(), client: globals.client()?, key, options })
    }

    fn address(&self) -> &str {
        self.key.address()
    }

    async fn deliver(&self, messages: Vec<Any>) -> Result<TxOutcome> {
        Ok(self.client.send(&self.key, messages, &self.options).await?)
    }

    async fn send_all(&self, messages: Vec<Any>) -> Result<()> {
        let outcome = self.deliver(messages).await?;
        self.globals.output.print(&receipt(&outcome))
    }

    async fn send<M: Name>(&self, message: &M) -> Result<()> {
        self.send_all(vec![any(message)]).await
    }

    /// As [`Session::send`], saying more than the receipt does.
    async fn send_telling<M: Name>(
        &self,
        message: &M,
        tell: impl FnOnce(&TxOutcome) -> Result<(&'static str, Value)>,
    ) -> Result<()> {
        let outcome = self.deliver(vec![any(message)]).await?;
        let (name, value) = tell(&outcome)?;
        let mut receipt = receipt(&outcome);
        receipt[name] = value;
        self.globals.output.print(&receipt)
    }
}

/// A transaction that is in a block and did what it says.
fn receipt(outcome: &TxOutcome) -> Value {
    json!({
        "txhash": outcome.hash,
        "height": outcome.height.to_string(),
        "code": 0,
        "gas_wanted": outcome.gas_wanted.to_string(),
        "gas_used": outcome.gas_used.to_string(),
    })
}

fn raw(file: &PathBuf) -> Result<Vec<Any>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let value: Value = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    let messages = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    ensure!(!messages.is_empty(), "{} holds no message", file.display());
    messages
        .into_iter()
        .map(|mut message| {
            let fields = message.as_object_mut().context("a message is a JSON object with @type")?;
            let url = fields
                .shift_remove("@type")
                .context("a message names its type in @type, as /cosmos.bank.v1beta1.MsgSend")?;
            let url = url.as_str().context("@type is a string")?.to_string();
            let value = protojson::from_json_by_name(url.trim_start_matches('/'), &message)?;
            Ok(Any { type_url: url, value })
        })
        .collect()
}
