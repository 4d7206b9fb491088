//! `pricing:` of a placement: the most that the tenant pays, per block for an instance or once for a job.

use aliquot_proto::{cosmos::base::v1beta1::Coin, deployment::v1::Rate};

use super::{
    Result,
    document::Cursor,
    names,
    quantity::{Decimal, decimal},
};

/// Sub-units are millionths of the base denom.
const PLACES: usize = 6;

#[derive(Clone)]
pub struct Price<'a> {
    denom: &'a str,
    amount: Cursor<'a>,
    sub: u128,
}

impl<'a> Price<'a> {
    pub fn read(at: &Cursor<'a>) -> Result<Self> {
        let fields = at.fields(&["denom", "amount"], &[])?;
        let denom = names::denom(&fields.required("denom")?)?;
        let amount = fields.required("amount")?;
        let text = amount.text()?;
        let sub = decimal(text, PLACES).map_err(|wrong| {
            amount.error(&match wrong {
                Decimal::NotANumber => format!("must be a number above 0, as 1500 or 0.25, not {text:?}"),
                Decimal::TooFine => format!("{text} is finer than a millionth, which the chain does not count"),
                Decimal::TooLarge => format!("{text} is more than the chain can count"),
            })
        })?;
        match sub {
            0 => Err(amount.error("must be above 0")),
            _ => Ok(Price { denom, amount, sub }),
        }
    }

    pub fn denom(&self) -> &'a str {
        self.denom
    }

    /// Per block, for one instance.
    pub fn rate(&self) -> Rate {
        Rate { denom: self.denom.into(), amount_sub: self.sub.to_string() }
    }

    /// For a whole job, which is paid in base units.
    pub fn coin(&self) -> Result<Coin> {
        Ok(Coin { denom: self.denom.into(), amount: self.amount.number(1, u128::MAX)?.to_string() })
    }
}
