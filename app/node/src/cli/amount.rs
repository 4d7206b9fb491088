//! Amounts of coins as they are typed: `2000000ualq`, several parted by commas; rates as `0.35ualq` per block.

use aliquot_proto::{cosmos::base::v1beta1::Coin, deployment::v1::Rate};
use anyhow::{Context, Result, ensure};

/// One coin, of more than nothing.
pub fn coin(text: &str) -> Result<Coin> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (amount, denom) = text.split_at(at);
    let value: Option<u128> = amount.parse().ok();
    ensure!(
        value.is_some_and(|v| v > 0) && denom.len() >= 3 && denom.starts_with(|c: char| c.is_ascii_alphabetic()),
        "{text:?} is not an amount: write a whole number and a denom, as 2000000ualq"
    );
    Ok(Coin { denom: denom.into(), amount: value.unwrap_or_default().to_string() })
}

/// A price per block, exact to a millionth of the base unit.
pub fn rate(text: &str) -> Result<Rate> {
    let parse = || {
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, denom) = text.split_at(at);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let sub: u128 = format!("{whole}{part:0<6}").parse().ok()?;
        let exact = !whole.is_empty() && part.len() <= 6 && sub > 0 && denom.len() >= 3;
        exact.then(|| Rate { denom: denom.into(), amount_sub: sub.to_string() })
    };
    parse().with_context(|| {
        format!("{text:?} is no price per block: write a number with at most six decimals and a denom, as 0.35ualq")
    })
}

/// A list parted by commas, sorted by denom as the chain wants it.
pub fn coins(text: &str) -> Result<Vec<Coin>> {
    let mut coins = text.split(',').map(|part| coin(part.trim())).collect::<Result<Vec<_>>>()?;
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    ensure!(coins.windows(2).all(|pair| pair[0].denom != pair[1].denom), "{text:?} names a denom twice");
    Ok(coins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_whole_numbers_with_a_denom() {
        assert_eq!(coin("12ualq").unwrap(), Coin { denom: "ualq".into(), amount: "12".into() });
        for bad in
            ["", "ualq", "12", "0ualq", "-1ualq", "1.5ualq", "12 ualq", "340282366920938463463374607431768211456ualq"]
        {
            assert!(coin(bad).is_err(), "{bad}");
        }
        let sorted: Vec<String> = coins("1utest, 2ualq").unwrap().into_iter().map(|c| c.denom).collect();
        assert_eq!(sorted, ["ualq", "utest"]);
        assert!(coins("1ualq,2ualq").is_err());
    }

    #[test]
    fn rates_are_exact_to_a_millionth() {
        for (text, sub) in [("1ualq", "1000000"), ("0.35ualq", "350000"), ("12.000001utest", "12000001")] {
            assert_eq!(rate(text).unwrap().amount_sub, sub);
        }
        for bad in ["", "1", "ualq", "0ualq", "0.0000001ualq", "1.2.3ualq", ".5ualq", "-1ualq"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }
}
