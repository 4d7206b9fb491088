//! Who may upload code and who may make contracts of it.

use super::{Error, state::PARAMS};
use aliquot_proto::cosmwasm::wasm::v1::{self as pb, AccessType};
use aliquot_sdk::{Address, Ctx, Result, Sdk, ensure};

/// Until genesis says otherwise nobody uploads, and everybody uses what was uploaded.
pub fn default_params() -> pb::Params {
    pb::Params {
        code_upload_access: Some(config(AccessType::Nobody)),
        instantiate_default_permission: AccessType::Everybody.into(),
    }
}

fn config(permission: AccessType) -> pb::AccessConfig {
    pb::AccessConfig { permission: permission.into(), addresses: vec![] }
}

pub fn params(ctx: &Ctx) -> Result<pb::Params> {
    PARAMS.load_or_default(ctx)
}

pub fn check_params(params: &pb::Params) -> Result<()> {
    let upload = params.code_upload_access.as_ref();
    check_config(upload.ok_or_else(|| Error::Empty("code_upload_access".into()))?)?;
    let default = AccessType::try_from(params.instantiate_default_permission);
    ensure(matches!(default, Ok(AccessType::Nobody | AccessType::Everybody)), || {
        Error::Invalid("instantiate_default_permission must be nobody or everybody".into())
    })
}

/// Refuses a config that says two things or nothing.
pub fn check_config(config: &pb::AccessConfig) -> Result<()> {
    for address in &config.addresses {
        Address::parse(address)?;
    }
    let listed = !config.addresses.is_empty();
    let clear = match AccessType::try_from(config.permission) {
        Ok(AccessType::Nobody | AccessType::Everybody) => !listed,
        Ok(AccessType::AnyOfAddresses) => listed,
        Ok(AccessType::Unspecified) | Err(_) => false,
    };
    ensure(clear, || Error::Invalid("access is nobody, everybody or any of the addresses given".into()))
}

fn allows(config: &pb::AccessConfig, who: &Address) -> bool {
    match AccessType::try_from(config.permission) {
        Ok(AccessType::Everybody) => true,
        Ok(AccessType::AnyOfAddresses) => config.addresses.contains(&who.to_string()),
        _ => false,
    }
}

pub fn may_upload(ctx: &Ctx, who: &Address) -> Result<()> {
    let params = params(ctx)?;
    ensure(params.code_upload_access.is_some_and(|config| allows(&config, who)), || {
        Sdk::Unauthorized(format!("{who} may not upload code"))
    })
}

pub fn may_instantiate(code_id: u64, code: &pb::CodeInfo, who: &Address) -> Result<()> {
    ensure(code.instantiate_config.as_ref().is_some_and(|config| allows(config, who)), || {
        Sdk::Unauthorized(format!("{who} may not instantiate code {code_id}"))
    })
}

/// What an upload asked for, else the default.
pub fn instantiate_config(ctx: &Ctx, asked: Option<pb::AccessConfig>) -> Result<pb::AccessConfig> {
    match asked {
        Some(asked) => check_config(&asked).map(|()| asked),
        None => {
            let permission = params(ctx)?.instantiate_default_permission;
            Ok(pb::AccessConfig { permission, addresses: vec![] })
        }
    }
}
