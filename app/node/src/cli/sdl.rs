//! `aliquotd sdl`: what becomes of an SDL file, said before it costs anything. Asks no node.

use super::Globals;
use aliquot_client::sdl::{self, Deployment};
use aliquot_proto::{
    deployment::v1::{GroupSpec, Rate, ResourceUnit},
    json,
    provider::v1::Attribute,
};
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::PathBuf};

const HOUR_MS: u128 = 3_600_000;
/// Of thirty days.
const MONTH_HOURS: u128 = 720;
/// Sub-units of a base unit.
const SUB: u128 = 1_000_000;

#[derive(Subcommand)]
pub enum Sdl {
    /// Reads an SDL file and prints its groups, the most that they cost, and the hash of its manifest.
    Check {
        file: PathBuf,
        /// Block time of the chain it is meant for, by which durations become blocks.
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
        block_ms: u32,
    },
    /// Prints the manifest as it is sent to providers, byte by byte as it is hashed.
    Manifest {
        file: PathBuf,
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
        block_ms: u32,
    },
}

impl Sdl {
    pub fn run(self, globals: &Globals) -> Result<()> {
        match self {
            Sdl::Check { file, block_ms } => globals.output.print(&report(&sdl::load(file, block_ms)?, block_ms)?),
            Sdl::Manifest { file, block_ms } => {
                print!("{}", sdl::load(file, block_ms)?.json);
                Ok(())
            }
        }
    }
}

fn report(deployment: &Deployment, block_ms: u32) -> Result<Value> {
    let mut totals: BTreeMap<String, u128> = BTreeMap::new();
    let groups = deployment.groups.iter().map(|group| described(group, block_ms, &mut totals));
    let groups = groups.collect::<Result<Vec<_>>>()?;
    let mut answer = json!({
        "hash": hex::encode(deployment.hash),
        "block_ms": block_ms,
        "grace_blocks": deployment.grace_blocks,
        "low_funds_blocks": deployment.low_funds_blocks,
        "groups": groups,
    });
    let totals = totals.iter().map(|(denom, sub)| estimates(denom, *sub, block_ms));
    answer["services_cost_at_most"] = totals.collect::<Result<Vec<_>>>()?.into();
    Ok(answer)
}

fn described(group: &GroupSpec, block_ms: u32, totals: &mut BTreeMap<String, u128>) -> Result<Value> {
    let requirements = group.requirements.clone().unwrap_or_default();
    let mut answer = json!({
        "name": group.name,
        "attributes": attributes(&requirements.attributes),
        "award": group.award().as_str_name().trim_start_matches("AWARD_").to_lowercase(),
        "bid_window_blocks": given(group.bid_window_blocks),
        "reclamation_blocks": group.reclamation_blocks,
    });
    if let Some(signers) = &requirements.signed_by {
        answer["signed_by"] = json::to_json(signers)?;
    }
    if let (Some(job), Some(price)) = (&group.job, &group.max_price) {
        answer["job"] = json!({
            "kernel": job.kernel, "input_bytes": job.input.len(),
            "samples": given(job.samples), "commit_blocks": given(job.commit_blocks),
            "costs_at_most": format!("{}{}", price.amount, price.denom),
        });
    }
    let mut of_group: BTreeMap<String, u128> = BTreeMap::new();
    let mut units = Vec::new();
    for unit in group.service.iter().flat_map(|service| &service.resources) {
        let (denom, sub) = parsed(unit.price.as_ref())?;
        let all = sub.checked_mul(unit.count.into()).context("the price passes 128 bits")?;
        for sums in [&mut *totals, &mut of_group] {
            let sum = sums.entry(denom.clone()).or_default();
            *sum = sum.checked_add(all).context("the prices together pass 128 bits")?;
        }
        units.push(unit_described(unit, &denom, sub));
    }
    if !units.is_empty() {
        answer["resources"] = units.into();
        let costs = of_group.iter().map(|(denom, sub)| estimates(denom, *sub, block_ms));
        answer["costs_at_most"] = costs.collect::<Result<Vec<_>>>()?.into();
    }
    Ok(answer)
}

fn unit_described(unit: &ResourceUnit, denom: &str, sub: u128) -> Value {
    let resources = unit.resources.clone().unwrap_or_default();
    let cpu = resources.cpu.unwrap_or_default();
    let mut answer = json!({
        "id": unit.id,
        "count": unit.count,
        "cpu": format!("{}m", cpu.milli_units),
        "memory": size(resources.memory.unwrap_or_default().bytes),
    });
    if !cpu.attributes.is_empty() {
        answer["cpu_attributes"] = attributes(&cpu.attributes);
    }
    let volume = |volume: &aliquot_proto::deployment::v1::Storage| {
        let name = if volume.name.is_empty() { "root" } else { &volume.name };
        json!({ "name": name, "size": size(volume.bytes), "attributes": attributes(&volume.attributes) })
    };
    answer["storage"] = resources.storage.iter().map(volume).collect();
    if let Some(gpu) = resources.gpu {
        let any_of: Vec<&str> = gpu.attributes.iter().map(|a| a.key.as_str()).collect();
        answer["gpu"] = json!({ "units": gpu.units, "any_of": any_of });
    }
    let endpoints = resources.endpoints.iter().map(|endpoint| {
        let kind = endpoint.kind().as_str_name().trim_start_matches("ENDPOINT_KIND_").to_lowercase();
        match endpoint.sequence_number {
            0 => kind,
            number => format!("{kind} {number}"),
        }
    });
    answer["endpoints"] = endpoints.collect();
    answer["costs_at_most_per_block"] = format!("{}{denom}", decimal(sub)).into();
    answer
}

fn parsed(price: Option<&Rate>) -> Result<(String, u128)> {
    let price = price.context("a resource unit has no price")?;
    Ok((price.denom.clone(), price.amount_sub.parse().context("a price is not a number")?))
}

/// What a rate comes to; hours and months follow the block time, which real chains keep only about.
fn estimates(denom: &str, sub: u128, block_ms: u32) -> Result<Value> {
    let per_hour = sub.checked_mul(HOUR_MS).and_then(|all| all.checked_div(block_ms.into()));
    let per_month = sub.checked_mul(HOUR_MS * MONTH_HOURS).and_then(|all| all.checked_div(block_ms.into()));
    let text = |sub: Option<u128>| {
        Ok::<_, anyhow::Error>(format!("{}{denom}", decimal(sub.context("a price passes 128 bits")?)))
    };
    Ok(json!({ "per_block": text(Some(sub))?, "per_hour": text(per_hour)?, "per_month": text(per_month)? }))
}

/// Sub-units as base units with up to six decimals.
fn decimal(sub: u128) -> String {
    let (whole, fraction) = (sub / SUB, sub % SUB);
    let fraction = format!("{fraction:06}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        digits => format!("{whole}.{digits}"),
    }
}

/// Bytes in the largest unit that is whole.
fn size(bytes: u64) -> String {
    let units = [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")];
    match units.into_iter().find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift) {
        Some((shift, unit)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

/// A number that 0 leaves to the chain: null here, as an absent grace is.
fn given(number: u32) -> Option<u32> {
    (number > 0).then_some(number)
}

fn attributes(list: &[Attribute]) -> Value {
    let pairs = list.iter().map(|a| (a.key.clone(), Value::from(a.value.clone())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_services_cost_is_told_by_block_hour_and_month() {
        let text = r#"
version: "2.1"
services: { web: { image: nginx, expose: [{ port: 80, to: [{ global: true }] }] } }
profiles:
  compute: { small: { resources: { cpu: { units: 500m }, memory: { size: 1536Mi }, storage: { size: 1Gi } } } }
  placement: { eu: { award: lowest, pricing: { small: { denom: ualq, amount: 0.35 } } } }
deployment: { web: { eu: { profile: small, count: 2 } } }
"#;
        let answer = report(&sdl::parse(text, Path::new("x"), 2_000).unwrap(), 2_000).unwrap();
        let cost = json!([{ "per_block": "0.7ualq", "per_hour": "1260ualq", "per_month": "907200ualq" }]);
        assert_eq!(answer["services_cost_at_most"], cost);
        let group = &answer["groups"][0];
        assert_eq!((&group["award"], &group["costs_at_most"]), (&json!("lowest"), &cost));
        let unit = json!({
            "id": 1, "count": 2, "cpu": "500m", "memory": "1536Mi",
            "storage": [{ "name": "root", "size": "1Gi", "attributes": {} }],
            "endpoints": ["shared_http"], "costs_at_most_per_block": "0.35ualq",
        });
        assert_eq!(group["resources"][0], unit);
    }

    #[test]
    fn sub_units_print_as_decimals() {
        for (sub, text) in [(0, "0"), (1, "0.000001"), (1_000_000, "1"), (12_340_000, "12.34")] {
            assert_eq!(decimal(sub), text);
        }
    }
}
