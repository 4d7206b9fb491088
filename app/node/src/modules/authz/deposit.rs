//! `aliquot.escrow.v1.DepositAuthorization`: MsgAccountDeposit of so many coins in all, for anyone's deployments. What is
//! not used of such a deposit returns to the granter, whose coins they are.

use super::{
    authorization::{Authorization, Left},
    limit,
};
use aliquot_proto::{
    Any,
    escrow::v1::{DepositAuthorization, MsgAccountDeposit, deposit_authorization::Scope},
};
use aliquot_sdk::{Result, Sdk, ensure};
use prost::{Message, Name};

pub fn msg_type_url() -> String {
    MsgAccountDeposit::type_url()
}

pub fn check(deposit: &DepositAuthorization) -> Result<()> {
    limit::check(&deposit.spend_limits)?;
    let deployment = [i32::from(Scope::Deployment)];
    ensure(deposit.scopes == deployment, || {
        Sdk::InvalidRequest("scopes must be SCOPE_DEPLOYMENT alone: a bid's deposit is its provider's own".into())
    })
}

pub fn accept(deposit: &DepositAuthorization, msg: &Any) -> Result<Left> {
    let msg = MsgAccountDeposit::decode(msg.value.as_slice()).map_err(|e| Sdk::TxDecode(e.to_string()))?;
    let spent: Vec<_> = msg.amount.into_iter().collect();
    Ok(match limit::spend(&deposit.spend_limits, &spent)? {
        None => Left::Nothing,
        Some(spend_limits) => {
            Left::Less(Authorization::Deposit(DepositAuthorization { spend_limits, ..deposit.clone() }))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(amount: u128) -> DepositAuthorization {
        let spend_limits = vec![aliquot_sdk::Coin::new("ualq", amount).into()];
        DepositAuthorization { scopes: vec![Scope::Deployment.into()], spend_limits }
    }

    #[test]
    fn a_deposit_wears_its_grant_out() {
        let msg = |amount| {
            let amount = Some(aliquot_sdk::Coin::new("ualq", amount).into());
            let msg = MsgAccountDeposit { amount, ..MsgAccountDeposit::default() };
            Any { type_url: msg_type_url(), value: msg.encode_to_vec() }
        };
        assert_eq!(accept(&limits(10), &msg(4)).unwrap(), Left::Less(Authorization::Deposit(limits(6))));
        assert_eq!(accept(&limits(10), &msg(10)).unwrap(), Left::Nothing);
        assert_eq!(accept(&limits(10), &msg(11)).unwrap_err().code, 5);
        check(&limits(1)).unwrap();
        assert!(check(&limits(0)).is_err());
        let bids = DepositAuthorization { scopes: vec![Scope::Bid.into()], ..limits(1) };
        assert_eq!(check(&bids).unwrap_err().code, 18);
    }
}
