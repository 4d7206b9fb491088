//! Limits that fall by what is spent: what grants of coins have in common.

use aliquot_proto::Coin as PbCoin;
use aliquot_sdk::{Coin, Result, Sdk, ensure};

/// Refuses a limit that could never be spent.
pub fn check(limit: &[PbCoin]) -> Result<()> {
    let limit = Coin::parse_list(limit)?;
    ensure(!limit.is_empty(), || Sdk::InvalidCoins("spend limit cannot be nil".into()))
}

/// What is left of a limit after spending; none when that was all.
pub fn spend(limit: &[PbCoin], spent: &[PbCoin]) -> Result<Option<Vec<PbCoin>>> {
    let mut limit = Coin::parse_list(limit)?;
    for coin in Coin::parse_list(spent)? {
        let left = limit.iter_mut().find(|left| left.denom == coin.denom);
        let left = left.and_then(|left| Some((left.amount.checked_sub(coin.amount)?, left)));
        let (amount, left) =
            left.ok_or_else(|| Sdk::InsufficientFunds(format!("requested amount is more than spend limit: {coin}")))?;
        left.amount = amount;
    }
    limit.retain(|left| left.amount > 0);
    let left: Vec<PbCoin> = limit.into_iter().map(Into::into).collect();
    Ok((!left.is_empty()).then_some(left))
}
