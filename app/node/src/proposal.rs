//! Which transactions a proposer takes, and in which order: those that pay most for a unit of gas first.
//!
//! CometBFT offers them in the order in which they came, which is that of the sequences of each account. A transaction is
//! taken when it is the first that is left of every account that signs it, so sequences stay in order however the fees
//! differ. Those that pay the same keep the order in which they came. One that does not fit into what is left of the block
//! keeps back what its signers sent after it, and nothing else.

use crate::ante::{self, Policy};
use aliquot_client::BASE_DENOM;
use aliquot_sdk::{Address, SealedRoutes, Tx};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
};

/// A transaction that may be proposed.
struct Candidate {
    /// Its place among those offered.
    place: usize,
    signers: Vec<Address>,
    price: u128,
}

/// The places of those that `fits` takes, best first; it is asked for each once. What cannot be decoded, or names no
/// signers, is left out.
pub fn order<E: Sync>(
    txs: &[Result<Tx, E>],
    routes: &SealedRoutes,
    policy: &Policy,
    mut fits: impl FnMut(&Tx) -> bool,
) -> Vec<usize> {
    use rayon::prelude::*;
    let candidate = |(place, tx): (usize, &Result<Tx, E>)| {
        let tx = tx.as_ref().ok()?;
        Some(Candidate { place, signers: ante::signers(routes, tx).ok()?, price: price(tx, policy) })
    };
    let candidates: Vec<_> = txs.par_iter().with_min_len(32).enumerate().filter_map(candidate).collect();
    let mut waiting: BTreeMap<Address, VecDeque<usize>> = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        for signer in &candidate.signers {
            waiting.entry(*signer).or_default().push_back(index);
        }
    }
    let first_of_all = |waiting: &BTreeMap<Address, VecDeque<usize>>, index: usize| {
        let candidate = candidates.get(index)?;
        let first = |signer| waiting.get(signer).and_then(VecDeque::front) == Some(&index);
        candidate.signers.iter().all(first).then_some((candidate.price, Reverse(index)))
    };
    let mut ready: BinaryHeap<_> = (0..candidates.len()).filter_map(|index| first_of_all(&waiting, index)).collect();
    let mut out = Vec::with_capacity(candidates.len());
    while let Some((_, Reverse(index))) = ready.pop() {
        let Some(candidate) = candidates.get(index) else { continue };
        let Some(Ok(tx)) = txs.get(candidate.place) else { continue };
        if !fits(tx) {
            continue;
        }
        out.push(candidate.place);
        let mut next = Vec::with_capacity(1);
        for signer in &candidate.signers {
            let Some(left) = waiting.get_mut(signer) else { continue };
            left.pop_front();
            next.extend(left.front().copied().filter(|index| !next.contains(index)));
        }
        ready.extend(next.into_iter().filter_map(|index| first_of_all(&waiting, index)));
    }
    out
}

/// What a transaction pays for a unit of gas, in millionths: of the least price that this node takes, whichever denom it
/// is paid in; of a base unit where the node has no prices.
fn price(tx: &Tx, policy: &Policy) -> u128 {
    let Some(fee) = &tx.auth.fee else { return 0 };
    let paid = |denom: &str| {
        let coin = fee.amount.iter().find(|coin| coin.denom == denom);
        let amount: u128 = coin.and_then(|coin| coin.amount.parse().ok()).unwrap_or_default();
        amount.saturating_mul(1_000_000).checked_div(fee.gas_limit.into()).unwrap_or_default()
    };
    let least = |(denom, least): &(String, u64)| {
        let micro = u128::from(*least).max(1);
        paid(denom).saturating_mul(1_000_000).checked_div(micro).unwrap_or_default()
    };
    policy.min_gas_prices.iter().map(least).max().unwrap_or_else(|| paid(BASE_DENOM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime;
    use aliquot_client::{Key, TxBuilder, tx::SignerData};
    use aliquot_proto::cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin};
    use sha2::{Digest, Sha256};

    /// A transaction of `from` with a fee, for 100,000 gas.
    fn tx(from: &str, sequence: u64, fee: u128) -> Result<Tx, ()> {
        let key = Key::from_secret(&Sha256::digest(from)).unwrap();
        let msg = MsgSend { from_address: key.address().into(), to_address: key.address().into(), amount: vec![] };
        let fee = Coin { denom: BASE_DENOM.into(), amount: fee.to_string() };
        let signer = SignerData { chain_id: "test".into(), account_number: 0, sequence };
        let signed = TxBuilder::new().msg(&msg).gas_limit(100_000).fee(fee).sign(&key, &signer);
        aliquot_sdk::decode_tx(&signed.bytes).map_err(|_| ())
    }

    fn ordered(txs: &[Result<Tx, ()>], fits: impl FnMut(&Tx) -> bool) -> Vec<usize> {
        order(txs, runtime::routes().unwrap(), &Policy::default(), fits)
    }

    #[test]
    fn those_who_pay_more_come_first_and_equal_fees_as_they_came() {
        let txs = [tx("a", 0, 10), tx("b", 0, 30), tx("c", 0, 20), Err(()), tx("d", 0, 30)];
        assert_eq!(ordered(&txs, |_| true), [1, 4, 2, 0]);
    }

    #[test]
    fn the_sequences_of_an_account_stay_in_order() {
        let txs = [tx("a", 0, 10), tx("a", 1, 90), tx("b", 0, 50), tx("b", 1, 5), tx("c", 0, 7)];
        assert_eq!(ordered(&txs, |_| true), [2, 0, 1, 4, 3]);
    }

    #[test]
    fn what_does_not_fit_keeps_back_only_what_its_signers_sent_after_it() {
        let txs = [tx("a", 0, 90), tx("a", 1, 80), tx("b", 0, 50), tx("c", 0, 7)];
        let first = txs[0].as_ref().unwrap().hash;
        assert_eq!(ordered(&txs, |tx| tx.hash != first), [2, 3]);
    }

    #[test]
    fn a_fee_counts_in_any_denom_that_the_node_takes() {
        let policy = Policy { min_gas_prices: vec![("ualq".into(), 1000), ("utest".into(), 10)] };
        let mut paid = tx("a", 0, 200).unwrap();
        let in_base = price(&paid, &policy);
        paid.auth.fee.as_mut().unwrap().amount = vec![Coin { denom: "utest".into(), amount: "2".into() }];
        assert_eq!((price(&paid, &policy), in_base), (2_000_000, 2_000_000), "twice the least");
        paid.auth.fee.as_mut().unwrap().amount = vec![Coin { denom: "other".into(), amount: "2".into() }];
        assert_eq!(price(&paid, &policy), 0);
    }
}
