//! Tells a story on a network: headlines with the time, each command as a user types it, its real answer.

use crate::{Net, address};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{collections::BTreeMap, time::Instant};

pub struct Teller {
    pub net: Net,
    begun: Instant,
    step: u32,
    /// What accounts paid for transactions of this story, in ualq.
    fees: BTreeMap<String, u128>,
}

impl Teller {
    pub fn new(net: Net, begun: Instant) -> Self {
        Teller { net, begun, step: 0, fees: BTreeMap::new() }
    }

    pub fn headline(&mut self, text: &str) {
        self.step += 1;
        println!("\n{}. {text}  [{} s]", self.step, self.seconds());
    }

    pub fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs()
    }

    /// Shows a command, runs it, gives its answer.
    pub fn run(&self, args: &[&str]) -> Result<Value> {
        println!("  $ aliquotd {}", args.join(" "));
        self.net.aliquotd(args)
    }

    /// As [`Teller::run`] with a transaction, whose fee is counted.
    pub fn transact(&mut self, from: &str, args: &[&str]) -> Result<Value> {
        let answer = self.run(&[args, &["--from", from]].concat())?;
        let hash = text(&answer["txhash"]);
        println!("  height {:>4}  tx {hash}", text(&answer["height"]));
        let tx = self.net.aliquotd(&["query", "tx", hash])?;
        *self.fees.entry(from.into()).or_default() += number(&tx["tx"]["auth_info"]["fee"]["amount"][0]["amount"])?;
        Ok(answer)
    }

    pub fn fees(&self, account: &str) -> u128 {
        self.fees.get(account).copied().unwrap_or(0)
    }

    /// Of an account by its name, in ualq.
    pub fn balance(&self, account: &str) -> Result<u128> {
        let answer = self.net.aliquotd(&["query", "bank", "balance", &address(account)?, "ualq"])?;
        number(&answer["balance"]["amount"])
    }

    /// The chain, its accounts, and how to repeat the commands that come.
    pub fn introduce(&self, accounts: &[&str]) -> Result<()> {
        let status = self.run(&["status"])?;
        let (chain, hash) = (text(&status["chain_id"]), text(&status["app_hash"]));
        println!("  {chain} at height {}, app hash {hash}", status["height"]);
        for account in accounts {
            println!("  {account:<10} {}  {} ualq", address(account)?, self.balance(account)?);
        }
        println!("  to repeat these commands:");
        for (name, value) in self.net.environment() {
            println!("    export {name}={value}");
        }
        Ok(())
    }
}

/// A text of an answer; empty where there is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

pub fn number(value: &Value) -> Result<u128> {
    text(value).parse().with_context(|| format!("{value} is not a number"))
}
