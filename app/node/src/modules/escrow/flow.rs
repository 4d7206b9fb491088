//! What leaves an account in one denom: a rate per block that changes at heights.
//!
//! A step `{height, rate}` says that every block above `height` is paid at `rate`, until the next step. Revenue up to
//! `verified_at` is already taken from the deposits; what accrued above it is still in them and can yet be stopped.
//! Everything is a sum of rate times blocks, so it does not matter how often anyone looks.

use super::overflow;
use aliquot_proto::escrow::v1::{Flow, Step};
use aliquot_sdk::{Result, Sdk, ensure, parse_amount};

/// The rate of blocks right above the newest step.
pub fn rate(flow: &Flow) -> Result<u128> {
    flow.steps.last().map_or(Ok(0), |step| parse_amount(&step.rate_sub))
}

/// Sub-units of the blocks above `from`, up to and with `to`.
pub fn accrued(flow: &Flow, from: u64, to: u64) -> Result<u128> {
    let mut sum = 0u128;
    let ends = flow.steps.iter().skip(1).map(|step| step.height).chain([u64::MAX]);
    for (step, end) in flow.steps.iter().zip(ends) {
        let blocks = end.min(to).saturating_sub(step.height.max(from));
        let part = parse_amount(&step.rate_sub)?.checked_mul(u128::from(blocks)).ok_or_else(overflow)?;
        sum = sum.checked_add(part).ok_or_else(overflow)?;
    }
    Ok(sum)
}

/// A change of a rate, by an amount of sub-units per block.
#[derive(Clone, Copy)]
pub enum Change {
    Up(u128),
    Down(u128),
}

impl Change {
    pub fn apply(self, rate: u128) -> Result<u128> {
        let changed = match self {
            Change::Up(by) => rate.checked_add(by),
            Change::Down(by) => rate.checked_sub(by),
        };
        Ok(changed.ok_or_else(overflow)?)
    }
}

/// Changes the rate of every block above `from`, which must not be verified yet.
pub fn change(flow: &mut Flow, from: u64, change: Change) -> Result<()> {
    ensure(from >= flow.verified_at, || {
        Sdk::Logic(format!("revenue up to height {} is verified, it cannot change above {from}", flow.verified_at))
    })?;
    let at = flow.steps.partition_point(|step| step.height < from);
    if flow.steps.get(at).is_none_or(|step| step.height != from) {
        let before = at.checked_sub(1).and_then(|before| flow.steps.get(before));
        let rate_sub = before.map_or("0".into(), |step| step.rate_sub.clone());
        flow.steps.insert(at, Step { height: from, rate_sub });
    }
    for step in flow.steps.iter_mut().skip(at) {
        step.rate_sub = change.apply(parse_amount(&step.rate_sub)?)?.to_string();
    }
    Ok(())
}

/// Verifies the revenue up to `height` and gives it. Steps that no longer matter are dropped.
pub fn verify(flow: &mut Flow, height: u64) -> Result<u128> {
    if height <= flow.verified_at {
        return Ok(0);
    }
    let sum = accrued(flow, flow.verified_at, height)?;
    flow.verified_at = height;
    let passed = flow.steps.partition_point(|step| step.height <= height);
    flow.steps.drain(..passed.saturating_sub(1));
    if let [only] = flow.steps.as_slice()
        && only.rate_sub == "0"
    {
        flow.steps.clear();
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against rates written down block by block.
        #[test]
        fn a_flow_is_the_sum_of_its_blocks(
            changes in prop::collection::vec((0u64..40, 1u128..1000, any::<bool>()), 0..20), looks in prop::collection::vec(0u64..50, 0..6),
        ) {
            let (mut flow, mut blocks, mut taken) = (Flow::default(), vec![0u128; 64], 0u128);
            let mut looks: Vec<u64> = looks;
            looks.sort_unstable();
            for (from, by, up) in changes {
                let tail = from as usize + 1;
                if up {
                    change(&mut flow, from, Change::Up(by)).unwrap();
                    blocks[tail..].iter_mut().for_each(|rate| *rate += by);
                } else if blocks[tail..].iter().all(|rate| *rate >= by) {
                    change(&mut flow, from, Change::Down(by)).unwrap();
                    blocks[tail..].iter_mut().for_each(|rate| *rate -= by);
                }
            }
            let sum = |from: u64, to: u64| blocks[from as usize + 1..=to as usize].iter().sum::<u128>();
            prop_assert_eq!(accrued(&flow, 7, 33).unwrap(), sum(7, 33));
            for look in looks {
                taken += verify(&mut flow, look).unwrap();
                prop_assert_eq!(taken, sum(0, look));
                prop_assert_eq!(accrued(&flow, look, 55).unwrap(), sum(look, 55));
            }
        }
    }

    #[test]
    fn what_is_verified_never_changes() {
        let mut flow = Flow::default();
        change(&mut flow, 5, Change::Up(3)).unwrap();
        assert_eq!(verify(&mut flow, 10).unwrap(), 15);
        assert!(change(&mut flow, 9, Change::Down(3)).is_err());
        change(&mut flow, 10, Change::Down(3)).unwrap();
        assert_eq!(verify(&mut flow, 99).unwrap(), 0);
        assert!(flow.steps.is_empty());
    }
}
