//! Messages of `escrow`.

use super::{Error, check_params, deposit, params, state::PARAMS, withdraw};
use crate::modules::validator;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(account_deposit).msg(msg_withdraw).msg(update_params);
}

fn account_deposit(ctx: &mut Ctx, msg: pb::MsgAccountDeposit) -> Result<pb::MsgAccountDepositResponse> {
    let (depositor, owner) = (Address::parse(&msg.depositor)?, Address::parse(&msg.owner)?);
    deposit(ctx, &owner, msg.dseq, &depositor, &Coin::parse_positive(&msg.amount)?)?;
    Ok(pb::MsgAccountDepositResponse {})
}

fn msg_withdraw(ctx: &mut Ctx, msg: pb::MsgWithdraw) -> Result<pb::MsgWithdrawResponse> {
    let payee = Address::parse(&msg.payee)?;
    let amount = withdraw(ctx, &payee, &msg.denom, &payee)?;
    Ok(pb::MsgWithdrawResponse { amount: Some(amount.into()) })
}

/// The lag is what counters and accounts agree on: changing it would let them part.
fn update_params(ctx: &mut Ctx, msg: pb::MsgUpdateParams) -> Result<pb::MsgUpdateParamsResponse> {
    validator::check_authority(ctx, &msg.authority)?;
    let new = msg.params.unwrap_or_default();
    check_params(&new)?;
    let lag = params(ctx)?.earnings_lag;
    ensure(new.earnings_lag == lag && new.max_due > 0, || {
        Error::InvalidParams(format!("earnings_lag stays {lag}, and max_due is more than zero"))
    })?;
    PARAMS.set(ctx, &new)?;
    Ok(pb::MsgUpdateParamsResponse {})
}
