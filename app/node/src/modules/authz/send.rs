//! `cosmos.bank.v1beta1.SendAuthorization`: MsgSend of so many coins in all, to anyone or to those listed.

use super::{
    authorization::{Authorization, Left},
    limit,
};
use aliquot_proto::{
    Any,
    cosmos::bank::v1beta1::{MsgSend, SendAuthorization},
};
use aliquot_sdk::{Address, Result, Sdk, ensure};
use prost::{Message, Name};
use std::collections::BTreeSet;

pub fn msg_type_url() -> String {
    MsgSend::type_url()
}

pub fn check(send: &SendAuthorization) -> Result<()> {
    limit::check(&send.spend_limit)?;
    let mut listed = BTreeSet::new();
    for text in &send.allow_list {
        let address = Address::parse(text)?;
        ensure(listed.insert(address), || Sdk::InvalidRequest(format!("allow_list: {address}: duplicate entry")))?;
    }
    Ok(())
}

pub fn accept(send: &SendAuthorization, msg: &Any) -> Result<Left> {
    let msg = MsgSend::decode(msg.value.as_slice()).map_err(|e| Sdk::TxDecode(e.to_string()))?;
    // An address has one spelling, so its text is as good as its bytes.
    let allowed = send.allow_list.is_empty() || send.allow_list.contains(&msg.to_address);
    ensure(allowed, || Sdk::Unauthorized(format!("cannot send to {} address", msg.to_address)))?;
    Ok(match limit::spend(&send.spend_limit, &msg.amount)? {
        None => Left::Nothing,
        Some(spend_limit) => {
            Left::Less(Authorization::Send(SendAuthorization { spend_limit, allow_list: send.allow_list.clone() }))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliquot_proto::Coin as PbCoin;
    use aliquot_sdk::Coin;

    fn coins(given: &[(&str, u128)]) -> Vec<PbCoin> {
        given.iter().map(|(denom, amount)| Coin::new(*denom, *amount).into()).collect()
    }

    fn authorization(limit: &[(&str, u128)], allowed: &[&str]) -> SendAuthorization {
        let allow_list = allowed.iter().map(|name| Address::module(name).to_string()).collect();
        SendAuthorization { spend_limit: coins(limit), allow_list }
    }

    fn asked(to: &str, amount: &[(&str, u128)]) -> Any {
        let to_address = Address::module(to).to_string();
        let msg = MsgSend { to_address, amount: coins(amount), ..MsgSend::default() };
        Any { type_url: msg_type_url(), value: msg.encode_to_vec() }
    }

    #[test]
    fn a_limit_falls_by_what_is_sent_and_ends_at_zero() {
        let limit = authorization(&[("ualq", 10), ("utest", 5)], &[]);
        let left = |sent: &[(&str, u128)]| accept(&limit, &asked("bob", sent));
        let less = |rest: &[(&str, u128)]| Left::Less(Authorization::Send(authorization(rest, &[])));
        assert_eq!(left(&[("ualq", 4)]).unwrap(), less(&[("ualq", 6), ("utest", 5)]));
        assert_eq!(left(&[("ualq", 10)]).unwrap(), less(&[("utest", 5)]));
        assert_eq!(left(&[("ualq", 10), ("utest", 5)]).unwrap(), Left::Nothing);
        for over in [&[("ualq", 11)][..], &[("uother", 1)], &[("ualq", 1), ("utest", 6)]] {
            assert_eq!(left(over).unwrap_err().code, 5, "{over:?}");
        }
        // Sorted and once each, or a limit could be passed in parts.
        assert_eq!(left(&[("ualq", 6), ("ualq", 6)]).unwrap_err().code, 10);
    }

    #[test]
    fn an_allow_list_names_all_who_may_receive() {
        let limit = authorization(&[("ualq", 10)], &["bob", "carol"]);
        let left = |to: &str| accept(&limit, &asked(to, &[("ualq", 1)]));
        let rest = Left::Less(Authorization::Send(authorization(&[("ualq", 9)], &["bob", "carol"])));
        assert_eq!(left("carol").unwrap(), rest);
        assert_eq!(left("mallory").unwrap_err().code, 4);
    }

    #[test]
    fn what_could_never_be_spent_is_not_granted() {
        check(&authorization(&[("ualq", 1)], &["bob"])).unwrap();
        let zero = SendAuthorization { spend_limit: coins(&[("ualq", 0)]), allow_list: vec![] };
        let nobody = SendAuthorization { allow_list: vec!["bob".into()], ..authorization(&[("ualq", 1)], &[]) };
        for (bad, code) in [
            (authorization(&[], &[]), 10),
            (zero, 10),
            (authorization(&[("utest", 1), ("ualq", 1)], &[]), 10),
            (authorization(&[("ualq", 1)], &["bob", "bob"]), 18),
            (nobody, 7),
        ] {
            assert_eq!(check(&bad).unwrap_err().code, code, "{bad:?}");
        }
    }
}
