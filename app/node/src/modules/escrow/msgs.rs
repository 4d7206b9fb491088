//! Messages of `escrow`.

use super::deposit;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes};

pub fn routes(r: &mut Routes) {
    r.msg(account_deposit);
}

fn account_deposit(ctx: &mut Ctx, msg: pb::MsgAccountDeposit) -> Result<pb::MsgAccountDepositResponse> {
    let (depositor, owner) = (Address::parse(&msg.depositor)?, Address::parse(&msg.owner)?);
    deposit(ctx, &owner, msg.dseq, &depositor, &Coin::parse_positive(&msg.amount)?)?;
    Ok(pb::MsgAccountDepositResponse {})
}
