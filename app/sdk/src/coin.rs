//! Coins: whole base units of a denom in 128 bits, always checked.

use crate::error::{Result, Sdk};
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin as PbCoin;
use std::fmt;

/// An amount of one denom, in base units.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coin {
    pub denom: String,
    pub amount: u128,
}

/// Coins sorted by denom, each denom once, none zero: the only form in which lists of coins are taken.
pub type Coins = Vec<Coin>;

impl Coin {
    pub fn new(denom: impl Into<String>, amount: u128) -> Self {
        Coin { denom: denom.into(), amount }
    }

    /// Reads a coin from the wire; the amount may be zero.
    pub fn parse(coin: &PbCoin) -> Result<Self> {
        check_denom(&coin.denom)?;
        Ok(Coin { denom: coin.denom.clone(), amount: parse_amount(&coin.amount)? })
    }

    /// Reads a coin that must be there and be more than zero.
    pub fn parse_positive(coin: &Option<PbCoin>) -> Result<Self> {
        let coin = coin.as_ref().ok_or_else(|| Sdk::InvalidCoins("no amount given".into()))?;
        let coin = Self::parse(coin)?;
        if coin.amount == 0 {
            return Err(Sdk::InvalidCoins(format!("{coin} must be more than zero")).into());
        }
        Ok(coin)
    }

    /// Reads a list of coins, which must be sorted by denom, without doubles and zeros.
    pub fn parse_list(coins: &[PbCoin]) -> Result<Coins> {
        let mut out: Coins = Vec::with_capacity(coins.len());
        for coin in coins {
            let coin = Self::parse(coin)?;
            if coin.amount == 0 {
                return Err(Sdk::InvalidCoins(format!("{coin} must be more than zero")).into());
            }
            if out.last().is_some_and(|last| last.denom >= coin.denom) {
                return Err(Sdk::InvalidCoins(format!("{} must be sorted by denom and appear once", coin.denom)).into());
            }
            out.push(coin);
        }
        Ok(out)
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl From<Coin> for PbCoin {
    fn from(coin: Coin) -> Self {
        PbCoin { denom: coin.denom, amount: coin.amount.to_string() }
    }
}

impl From<&Coin> for PbCoin {
    fn from(coin: &Coin) -> Self {
        PbCoin { denom: coin.denom.clone(), amount: coin.amount.to_string() }
    }
}

/// A decimal number of at most 39 digits without sign or leading zeros, as the chain itself writes it.
pub fn parse_amount(text: &str) -> Result<u128> {
    let canonical = matches!(text.as_bytes(), [b'0'] | [b'1'..=b'9', ..]) && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(amount) if canonical => Ok(amount),
        _ => Err(Sdk::InvalidCoins(format!("{:?} is not an amount (digits, at most 128 bits)", clip(text))).into()),
    }
}

/// `[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`, the Cosmos SDK's rule.
fn check_denom(denom: &str) -> Result<()> {
    let bytes = denom.as_bytes();
    let tail = |b: &u8| b.is_ascii_alphanumeric() || b"/:._-".contains(b);
    if (3..=128).contains(&bytes.len()) && bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(tail)
    {
        return Ok(());
    }
    Err(Sdk::InvalidCoins(format!("invalid denom: {:?}", clip(denom))).into())
}

fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_one_spelling() {
        assert_eq!(parse_amount("0").unwrap(), 0);
        assert_eq!(parse_amount(&u128::MAX.to_string()).unwrap(), u128::MAX);
        for bad in ["", "00", "01", "+1", "-1", "1.0", " 1", "1e3", "340282366920938463463374607431768211456"] {
            assert_eq!(parse_amount(bad).unwrap_err().code, 10, "{bad}");
        }
    }

    #[test]
    fn lists_are_sorted_without_doubles_or_zeros() {
        let c = |d: &str, a: &str| PbCoin { denom: d.into(), amount: a.into() };
        assert!(Coin::parse_list(&[c("aaa", "1"), c("bbb", "2")]).is_ok());
        for bad in [
            vec![c("bbb", "1"), c("aaa", "1")],
            vec![c("aaa", "1"), c("aaa", "1")],
            vec![c("aaa", "0")],
            vec![c("a", "1")],
            vec![c("1aa", "1")],
        ] {
            assert!(Coin::parse_list(&bad).is_err(), "{bad:?}");
        }
    }
}
