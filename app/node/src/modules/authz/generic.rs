//! `cosmos.authz.v1beta1.GenericAuthorization`: any message of one type, as often as the grantee likes.

use super::authorization::Left;
use aliquot_proto::cosmos::authz::v1beta1::GenericAuthorization;
use aliquot_sdk::{Result, Sdk, ensure};

pub fn check(generic: &GenericAuthorization) -> Result<()> {
    ensure(!generic.msg.is_empty(), || Sdk::InvalidRequest("msg type cannot be empty".into()))
}

pub fn accept() -> Result<Left> {
    Ok(Left::Same)
}
