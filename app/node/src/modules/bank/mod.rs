//! Balances: who holds how many base units of which denom, and how many there are.
//!
//! Messages and queries are `cosmos.bank.v1beta1`. The sum of all balances of a denom is its supply, after every block.
//! Coins come into being at genesis alone and end when other modules burn them. A send to an address without an account
//! makes the account; a plain send to an account of a module is refused, modules move their coins by [`send`].

mod msgs;
mod query;
mod state;

use crate::modules::auth;
use aliquot_proto::cosmos::bank::v1beta1::{Balance, GenesisState, Metadata, Params};
use aliquot_sdk::{Address, At, Coin, Ctx, Invariant, Module, Result, Routes, Sdk, parse_amount};
use state::{BALANCES, METADATA, SUPPLY};
use std::collections::BTreeMap;

pub struct Bank;

impl Module for Bank {
    const NAME: &'static str = "bank";
    const SCHEMA: &'static [At] = state::SCHEMA;
    const INVARIANTS: &'static [Invariant] = &[("bank/supply is the sum of balances", supply_is_the_sum_of_balances)];
    type Genesis = GenesisState;

    fn routes(r: &mut Routes) {
        msgs::routes(r);
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: GenesisState) -> Result<()> {
        let mut supply: BTreeMap<String, u128> = BTreeMap::new();
        for balance in &genesis.balances {
            let address = Address::parse(&balance.address)?;
            for coin in Coin::parse_list(&balance.coins)? {
                add(ctx, &address, &coin)?;
                let sum = supply.entry(coin.denom.clone()).or_default();
                *sum = sum.checked_add(coin.amount).ok_or_else(|| overflow(&coin))?;
            }
            auth::ensure_account(ctx, &address)?;
        }
        for coin in Coin::parse_list(&genesis.supply)? {
            if supply.get(&coin.denom) != Some(&coin.amount) {
                return Err(Sdk::InvalidCoins(format!("genesis supply {coin} is not the sum of its balances")).into());
            }
        }
        for (denom, amount) in &supply {
            SUPPLY.set(ctx, denom, &amount.to_string())?;
        }
        for metadata in &genesis.denom_metadata {
            METADATA.set(ctx, &metadata.base, metadata)?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<GenesisState> {
        let mut balances: Vec<Balance> = Vec::new();
        for entry in BALANCES.under(ctx, &()) {
            let ((address, denom), amount) = entry?;
            let (address, coin) = (address.to_string(), aliquot_proto::Coin { denom, amount });
            match balances.last_mut().filter(|last| last.address == address) {
                Some(last) => last.coins.push(coin),
                None => balances.push(Balance { address, coins: vec![coin] }),
            }
        }
        let supply = SUPPLY.under(ctx, &()).map(|e| e.map(|(denom, amount)| aliquot_proto::Coin { denom, amount }));
        let denom_metadata = METADATA.under(ctx, &()).map(|e| e.map(|(_, m)| m)).collect::<Result<Vec<Metadata>>>()?;
        let params = Some(Params { default_send_enabled: true, ..Params::default() });
        Ok(GenesisState {
            params,
            balances,
            supply: supply.collect::<Result<_>>()?,
            denom_metadata,
            send_enabled: vec![],
        })
    }
}

/// Base units of `denom` that `address` holds.
pub fn balance(ctx: &Ctx, address: &Address, denom: &str) -> Result<u128> {
    match BALANCES.get(ctx, &(*address, denom.to_string()))? {
        Some(amount) => parse_amount(&amount),
        None => Ok(0),
    }
}

pub fn supply(ctx: &Ctx, denom: &str) -> Result<u128> {
    SUPPLY.get(ctx, &denom.to_string())?.map_or(Ok(0), |amount| parse_amount(&amount))
}

/// Moves coins, with the events that indexers follow. The sender must hold them; the receiver's account is made if new.
pub fn send(ctx: &mut Ctx, from: &Address, to: &Address, coin: &Coin) -> Result<()> {
    sub(ctx, from, coin)?;
    add(ctx, to, coin)?;
    auth::ensure_account(ctx, to)?;
    let (sender, recipient, amount) = (from.to_string(), to.to_string(), coin.to_string());
    ctx.emit_plain("coin_spent", &[("spender", &sender), ("amount", &amount)]);
    ctx.emit_plain("coin_received", &[("receiver", &recipient), ("amount", &amount)]);
    ctx.emit_plain("transfer", &[("recipient", &recipient), ("sender", &sender), ("amount", &amount)]);
    ctx.emit_plain("message", &[("sender", &sender)]);
    Ok(())
}

/// Destroys coins of `from`.
pub fn burn(ctx: &mut Ctx, from: &Address, coin: &Coin) -> Result<()> {
    if coin.amount == 0 {
        return Ok(());
    }
    sub(ctx, from, coin)?;
    let left = supply(ctx, &coin.denom)?.checked_sub(coin.amount);
    let left = left.ok_or_else(|| Sdk::Logic(format!("burning {coin} of a smaller supply")))?;
    SUPPLY.set(ctx, &coin.denom, &left.to_string())?;
    ctx.emit_plain("burn", &[("burner", &from.to_string()), ("amount", &coin.to_string())]);
    Ok(())
}

fn overflow(coin: &Coin) -> Sdk {
    Sdk::InvalidCoins(format!("adding {coin} passes 128 bits"))
}

fn add(ctx: &mut Ctx, to: &Address, coin: &Coin) -> Result<()> {
    let sum = balance(ctx, to, &coin.denom)?.checked_add(coin.amount).ok_or_else(|| overflow(coin))?;
    set(ctx, to, &coin.denom, sum)
}

fn sub(ctx: &mut Ctx, from: &Address, coin: &Coin) -> Result<()> {
    let held = balance(ctx, from, &coin.denom)?;
    let left = held.checked_sub(coin.amount).ok_or_else(|| {
        Sdk::InsufficientFunds(format!("spendable balance {held}{} is smaller than {coin}", coin.denom))
    })?;
    set(ctx, from, &coin.denom, left)
}

/// Zero balances are not kept.
fn set(ctx: &mut Ctx, address: &Address, denom: &str, amount: u128) -> Result<()> {
    let key = (*address, denom.to_string());
    if amount == 0 { BALANCES.remove(ctx, &key) } else { BALANCES.set(ctx, &key, &amount.to_string()) }
}

fn supply_is_the_sum_of_balances(ctx: &Ctx) -> Result<(), String> {
    let mut sums: BTreeMap<String, u128> = BTreeMap::new();
    for entry in BALANCES.under(ctx, &()) {
        let ((address, denom), amount) = entry.map_err(|e| e.to_string())?;
        let amount = parse_amount(&amount).map_err(|e| format!("balance of {address}: {e}"))?;
        let sum = sums.entry(denom).or_default();
        *sum = sum.checked_add(amount).ok_or("sum of balances passes 128 bits")?;
    }
    for entry in SUPPLY.under(ctx, &()) {
        let (denom, amount) = entry.map_err(|e| e.to_string())?;
        let sum = sums.remove(&denom).unwrap_or(0);
        if sum.to_string() != amount {
            return Err(format!("supply of {denom} is {amount}, the balances sum to {sum}"));
        }
    }
    match sums.first_key_value() {
        Some((denom, sum)) => Err(format!("{sum}{denom} are held but in no supply")),
        None => Ok(()),
    }
}
