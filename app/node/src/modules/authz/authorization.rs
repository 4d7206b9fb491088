//! Kinds of authorization: what a grant allows, and how using it wears it out.
//!
//! Each kind is a file of its own with the functions `check` (may it be granted?), `accept` (does it allow this message,
//! and what is left of it then?) and, unless it is fixed, the type of message it is for. To add a kind: write its file, add
//! a variant below and an arm to each of the four functions.

use super::{Error, deposit, generic, send};
use aliquot_client::any;
use aliquot_proto::{
    Any, Timestamp,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant},
        bank::v1beta1::SendAuthorization,
    },
    escrow::v1::DepositAuthorization,
};
use aliquot_sdk::{Result, Sdk};
use prost::{Message, Name};

#[derive(Debug, Clone, PartialEq)]
pub enum Authorization {
    /// Any message of one type.
    Generic(GenericAuthorization),
    /// MsgSend, up to a limit.
    Send(SendAuthorization),
    /// MsgAccountDeposit, up to a limit.
    Deposit(DepositAuthorization),
}

/// What is left of an authorization once it allowed a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// All of it.
    Same,
    /// Something else in its place.
    Less(Authorization),
    /// Nothing: the grant ends.
    Nothing,
}

impl Authorization {
    pub fn parse(any: Option<&Any>) -> Result<Self> {
        let any = any.ok_or_else(|| Sdk::InvalidType("authorization is nil".into()))?;
        if any.type_url == GenericAuthorization::type_url() {
            unpack(any).map(Authorization::Generic)
        } else if any.type_url == SendAuthorization::type_url() {
            unpack(any).map(Authorization::Send)
        } else if any.type_url == DepositAuthorization::type_url() {
            unpack(any).map(Authorization::Deposit)
        } else {
            Err(Error::UnknownType(any.type_url.chars().take(128).collect()).into())
        }
    }

    /// The type of message that it is for.
    pub fn msg_type_url(&self) -> String {
        match self {
            Authorization::Generic(generic) => generic.msg.clone(),
            Authorization::Send(_) => send::msg_type_url(),
            Authorization::Deposit(_) => deposit::msg_type_url(),
        }
    }

    /// Refuses an authorization that could never be used as it says.
    pub fn check(&self) -> Result<()> {
        match self {
            Authorization::Generic(generic) => generic::check(generic),
            Authorization::Send(send) => send::check(send),
            Authorization::Deposit(deposit) => deposit::check(deposit),
        }
    }

    /// Refuses a message that it does not allow. `msg` is of its type.
    pub fn accept(&self, msg: &Any) -> Result<Left> {
        match self {
            Authorization::Generic(_) => generic::accept(),
            Authorization::Send(send) => send::accept(send, msg),
            Authorization::Deposit(deposit) => deposit::accept(deposit, msg),
        }
    }

    pub fn granted_until(&self, expiration: Option<Timestamp>) -> Grant {
        let authorization = match self {
            Authorization::Generic(generic) => any(generic),
            Authorization::Send(send) => any(send),
            Authorization::Deposit(deposit) => any(deposit),
        };
        Grant { authorization: Some(authorization), expiration }
    }
}

/// The message of a type that is known.
pub fn unpack<A: Message + Name + Default>(any: &Any) -> Result<A> {
    let decoded = A::decode(any.value.as_slice());
    Ok(decoded.map_err(|e| Sdk::InvalidRequest(format!("{}: {e}", any.type_url)))?)
}
