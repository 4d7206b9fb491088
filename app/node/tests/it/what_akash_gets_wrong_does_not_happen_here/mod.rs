//! Defects and complaints of Akash that a chain can solve, one test each; the comment above each says what users met.

mod bids;
mod house;
mod leases;
mod money;
mod providers;

use crate::chain::*;
use aliquot_proto::market::v1 as market;

fn withdraw(id: &market::LeaseId) -> market::MsgWithdrawLease {
    market::MsgWithdrawLease { signer: id.provider.clone(), id: Some(id.clone()) }
}

fn paid(result: &tendermint_proto::v0_38::abci::ExecTxResult) -> String {
    response::<market::MsgWithdrawLeaseResponse>(result).amount.unwrap().amount
}
