//! The pricing rule: what a job costs, and whether an order is worth a bid.

use std::{fmt, str::FromStr};

use aliquot_proto::cosmos::base::v1beta1 as pb;

/// Millionths of the base denom for a million kernel operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u128);

const MICRO: u128 = 1_000_000;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("a price for a million operations must be between 0 and a billion")]
    Rate,
    #[error("{0:?} is not an amount: write a whole number and a denom, as 1000000ualq")]
    Coin(String),
}

impl Rate {
    /// From base units for a million operations, kept to six decimals.
    pub fn new(rate: f64) -> Result<Self, PriceError> {
        match rate.is_finite() && (0.0..=1e9).contains(&rate) {
            true => Ok(Rate((rate * MICRO as f64).round() as u128)),
            false => Err(PriceError::Rate),
        }
    }

    /// For a cost in kernel operations, rounded up to whole base units.
    pub fn price(self, operations: u128) -> u128 {
        operations.div_ceil(MICRO).saturating_mul(self.0).div_ceil(MICRO)
    }
}

/// An amount of a denom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    pub amount: u128,
    pub denom: String,
}

impl Coin {
    pub fn new(amount: u128, denom: impl Into<String>) -> Self {
        Coin { amount, denom: denom.into() }
    }
}

impl FromStr for Coin {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let bad = || PriceError::Coin(text.into());
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (amount, denom) = text.split_at(at);
        let usable = denom.starts_with(|c: char| c.is_ascii_alphabetic())
            && denom.len() >= 3
            && denom.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c));
        match amount.parse() {
            Ok(amount) if usable => Ok(Coin::new(amount, denom)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl From<&Coin> for pb::Coin {
    fn from(coin: &Coin) -> Self {
        pb::Coin { denom: coin.denom.clone(), amount: coin.amount.to_string() }
    }
}

impl TryFrom<&pb::Coin> for Coin {
    type Error = PriceError;

    fn try_from(coin: &pb::Coin) -> Result<Self, PriceError> {
        let amount = coin.amount.parse();
        let amount = amount.map_err(|_| PriceError::Coin(coin.amount.clone()))?;
        Ok(Coin::new(amount, &coin.denom))
    }
}

/// How bids are priced. Amounts are of `denom`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRule {
    pub denom: String,
    pub base: u128,
    pub per_mega_op: Rate,
    pub lowest_per_mega_op: Rate,
    pub min_price: u128,
    /// Greatest cost of a job in millions of operations; 0 for none.
    pub max_mega_ops: u128,
}

/// Why an order gets no bid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    #[error("it pays in {0}")]
    Denom(String),
    #[error("it costs {0} million operations")]
    TooCostly(u128),
    #[error("it pays {max} at most, {lowest} is the least")]
    PaysTooLittle { max: u128, lowest: u128 },
}

impl PriceRule {
    /// The price of a job that costs `operations` (the sum over its chunks) and whose messages cost `fees`, on an
    /// order that pays at most `max`.
    pub fn price(&self, operations: u128, fees: u128, max: &Coin) -> Result<Coin, Skip> {
        if max.denom != self.denom {
            return Err(Skip::Denom(max.denom.clone()));
        }
        let mega_ops = operations.div_ceil(MICRO);
        if self.max_mega_ops > 0 && mega_ops > self.max_mega_ops {
            return Err(Skip::TooCostly(mega_ops));
        }
        let lowest = self.lowest_per_mega_op.price(operations);
        // The chain takes no bid of nothing.
        let lowest = lowest.max(self.min_price).max(1);
        if max.amount < lowest {
            let max = max.amount;
            return Err(Skip::PaysTooLittle { max, lowest });
        }
        let asked = self.base.saturating_add(self.per_mega_op.price(operations)).saturating_add(fees);
        Ok(Coin::new(asked.clamp(lowest, max.amount), &self.denom))
    }
}

/// Bond that a lease of this price locks.
pub fn locked_bond(price: u128, lock_bps: u32) -> u128 {
    price.saturating_mul(u128::from(lock_bps)).div_ceil(10_000)
}
