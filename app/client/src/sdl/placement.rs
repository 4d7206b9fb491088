//! `profiles.placement:`: which providers may bid, how the winner is chosen, and the most that is paid.

use std::{collections::BTreeMap, str::FromStr};

use aliquot_proto::{
    deployment::v1::{Award, SignedBy},
    provider::v1::Attribute,
};
use cosmrs::AccountId;

use super::{Result, document::Cursor, limits, names, pricing::Price, quantity};
use crate::ADDRESS_PREFIX;

pub struct Placement<'a> {
    /// In the order of their keys.
    pub attributes: Vec<Attribute>,
    pub signed_by: Option<SignedBy>,
    pub award: Award,
    /// 0 for the chain's default.
    pub bid_window_blocks: u32,
    pricing: Cursor<'a>,
    prices: BTreeMap<&'a str, Price<'a>>,
}

pub type Placements<'a> = BTreeMap<&'a str, Placement<'a>>;

pub fn placements<'a>(at: &Cursor<'a>, block_ms: u32) -> Result<Placements<'a>> {
    at.entries()?.into_iter().map(|(name, at)| Ok((names::group(&at, name)?, placement(&at, block_ms)?))).collect()
}

fn placement<'a>(at: &Cursor<'a>, block_ms: u32) -> Result<Placement<'a>> {
    let fields = at.fields(&["attributes", "signedBy", "pricing", "award", "bid_window"], &[])?;
    let mut attributes = Vec::new();
    for (key, value) in fields.given("attributes").map(|at| at.entries()).transpose()?.unwrap_or_default() {
        attributes.push(Attribute { key: key.into(), value: value.text()?.into() });
    }
    if attributes.len() > limits::REQUIREMENTS {
        return Err(at.error(&format!("requires more than {} attributes", limits::REQUIREMENTS)));
    }
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    let award = match fields.given("award").map(|at| at.one_of(&["manual", "lowest", "score"])).transpose()? {
        Some("lowest") => Award::Lowest,
        Some("score") => Award::Score,
        _ => Award::Manual,
    };
    let pricing = fields.required("pricing")?;
    let prices = pricing.entries()?.into_iter().map(|(name, at)| Ok((name, Price::read(&at)?)));
    Ok(Placement {
        attributes,
        signed_by: fields.given("signedBy").map(|at| signed_by(&at)).transpose()?,
        award,
        bid_window_blocks: fields
            .given("bid_window")
            .map(|at| quantity::blocks(&at, block_ms))
            .transpose()?
            .unwrap_or(0),
        prices: prices.collect::<Result<_>>()?,
        pricing,
    })
}

fn signed_by(at: &Cursor) -> Result<SignedBy> {
    let fields = at.fields(&["allOf", "anyOf"], &[])?;
    let addresses = |key: &str| -> Result<Vec<String>> {
        let mut all = Vec::new();
        for item in fields.given(key).map(|at| at.items()).transpose()?.unwrap_or_default() {
            let text = item.text()?;
            if !AccountId::from_str(text).is_ok_and(|id| id.prefix() == ADDRESS_PREFIX) {
                return Err(
                    item.error(&format!("{text:?} is not an auditor's address: these begin with {ADDRESS_PREFIX}1"))
                );
            }
            all.push(text.to_string());
        }
        all.sort();
        all.dedup();
        Ok(all)
    };
    Ok(SignedBy { all_of: addresses("allOf")?, any_of: addresses("anyOf")? })
}

impl<'a> Placement<'a> {
    pub fn price(&self, profile: &str) -> Result<&Price<'a>> {
        self.prices.get(profile).ok_or_else(|| self.pricing.error(&format!("there is no price for {profile:?}")))
    }
}
