//! What awards were made at: the prices of the last ones, per class and denom.

use super::{lease::class, state::*};
use aliquot_proto::{
    deployment::v1::GroupSpec,
    market::v1::{self as pb},
};
use aliquot_sdk::{Ctx, Result, parse_amount};

/// Awards remembered of one class and denom.
const REMEMBERED: usize = 100;

pub fn record(ctx: &mut Ctx, spec: &GroupSpec, lease: &pb::Lease) -> Result<()> {
    let (denom, price) = match (&lease.rate, &lease.price) {
        (Some(rate), _) => (rate.denom.clone(), rate.amount_sub.clone()),
        (None, Some(price)) => (price.denom.clone(), price.amount.clone()),
        (None, None) => return Ok(()),
    };
    let class = class(spec);
    let key = (class.clone(), denom.clone());
    let mut quote = QUOTES.get(ctx, &key)?.unwrap_or(pb::Quote { class, denom, prices: vec![] });
    if quote.prices.len() >= REMEMBERED {
        quote.prices.remove(0);
    }
    quote.prices.push(price);
    QUOTES.set(ctx, &key, &quote)
}

/// Nearest rank: the least price that at least `percent` of the awards do not pass.
fn rank(sorted: &[u128], percent: usize) -> String {
    let place = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or(0).to_string()
}

pub fn quote(ctx: &Ctx, q: pb::QueryQuoteRequest) -> Result<pb::QueryQuoteResponse> {
    let quote = QUOTES.get(ctx, &(q.class, q.denom))?.unwrap_or_default();
    let mut prices = quote.prices.iter().map(|price| parse_amount(price)).collect::<Result<Vec<u128>>>()?;
    prices.sort_unstable();
    Ok(pb::QueryQuoteResponse {
        awards: u32::try_from(prices.len()).unwrap_or(u32::MAX),
        min: rank(&prices, 0),
        median: rank(&prices, 50),
        p90: rank(&prices, 90),
    })
}
