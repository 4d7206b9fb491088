//! The messages that the runner signs, and what they cost.

use aliquot_client::{Gas, SendOptions, TxOutcome, any, rpc::Result, tx::estimate_gas};
use aliquot_proto::{Any, compute::v1 as compute, market::v1 as market};

use crate::{chain::Chain, price::Coin};

/// Kernel operations that the chain counts as one gas where openings are re-executed.
const OPERATIONS_PER_GAS: u64 = 16;

impl Chain {
    /// Signs, sends, and waits for the block. `work`: gas that the messages declare beyond storing themselves.
    pub async fn send(&self, msgs: Vec<Any>, work: u64) -> Result<TxOutcome> {
        let gas = estimate_gas(&msgs).saturating_add(work);
        let options = SendOptions { gas: Gas::Limit(gas), gas_price: self.gas_price.clone(), ..SendOptions::default() };
        self.client.send(&self.key, msgs, &options).await
    }

    pub async fn create_bid(
        &self,
        order: &market::OrderId,
        price: &Coin,
        device_id: &[u8],
        deposit: &Coin,
    ) -> Result<TxOutcome> {
        let msg = market::MsgCreateBid {
            signer: self.signer().into(),
            id: Some(self.lease_of(order)),
            price: Some(price.into()),
            device_id: device_id.to_vec(),
            deposit: Some(deposit.into()),
            ..market::MsgCreateBid::default()
        };
        self.send(vec![any(&msg)], 0).await
    }

    pub async fn commit(&self, lease: &market::LeaseId, root: [u8; 32]) -> Result<TxOutcome> {
        let msg =
            compute::MsgCommitResult { signer: self.signer().into(), id: Some(lease.clone()), root: root.to_vec() };
        self.send(vec![any(&msg)], 0).await
    }

    pub async fn open(&self, job: &compute::Job, openings: compute::Openings) -> Result<TxOutcome> {
        let msg =
            compute::MsgOpenSamples { signer: self.signer().into(), id: job.id.clone(), openings: Some(openings) };
        let work = verification_gas(job.chunk_cost, job.sampled.len() as u64);
        self.send(vec![any(&msg)], work).await
    }

    pub async fn withdraw(&self, lease: &market::LeaseId) -> Result<TxOutcome> {
        let msg = market::MsgWithdrawLease { signer: self.signer().into(), id: Some(lease.clone()) };
        self.send(vec![any(&msg)], 0).await
    }

    /// What a job's messages will cost, in base units of the fee's denom: bid, commit, opening and withdrawal.
    pub fn expected_fees(&self, chunk_cost: u64, samples: u64, output_len: usize) -> u128 {
        // Messages of a few hundred bytes, and one with outputs and at most twenty hashes for each sample.
        let small = Any { type_url: String::new(), value: vec![0; 300] };
        let opening = samples.saturating_mul(output_len as u64 + 20 * 34);
        let opening = Any { type_url: String::new(), value: vec![0; opening.min(1 << 20) as usize] };
        let gas = estimate_gas(std::slice::from_ref(&small))
            .saturating_mul(3)
            .saturating_add(estimate_gas(&[opening]))
            .saturating_add(verification_gas(chunk_cost, samples));
        let fee = self.gas_price.fee(gas);
        fee.first().and_then(|coin| coin.amount.parse().ok()).unwrap_or(0)
    }
}

/// Gas that an opening declares for its re-execution, with a tenth to spare.
fn verification_gas(chunk_cost: u64, sampled: u64) -> u64 {
    let gas = chunk_cost.saturating_mul(sampled) / OPERATIONS_PER_GAS;
    gas.saturating_add(gas / 10)
}
