//! Messages of `cosmos.authz.v1beta1`.

use super::{
    Error,
    authorization::Authorization,
    exec::{exec, may_run},
    grants,
};
use crate::{modules::auth, runtime};
use aliquot_proto::cosmos::authz::v1beta1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, Sdk, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(grant).msg(exec).msg(revoke);
}

fn two_sides(granter: &str, grantee: &str) -> Result<(Address, Address)> {
    let (granter, grantee) = (Address::parse(granter)?, Address::parse(grantee)?);
    ensure(granter != grantee, || Error::GranteeIsGranter)?;
    Ok((granter, grantee))
}

fn grant(ctx: &mut Ctx, msg: pb::MsgGrant) -> Result<pb::MsgGrantResponse> {
    let (granter, grantee) = two_sides(&msg.granter, &msg.grantee)?;
    let grant = msg.grant.unwrap_or_default();
    let authorization = Authorization::parse(grant.authorization.as_ref())?;
    authorization.check()?;
    let url = authorization.msg_type_url();
    ensure(runtime::routes()?.has_msg(&url) && may_run(&url), || {
        Sdk::InvalidType(format!("{} doesn't exist", url.chars().take(128).collect::<String>()))
    })?;
    auth::ensure_account(ctx, &grantee)?;
    grants::save(ctx, &(granter, grantee, url), &grant)?;
    Ok(pb::MsgGrantResponse {})
}

fn revoke(ctx: &mut Ctx, msg: pb::MsgRevoke) -> Result<pb::MsgRevokeResponse> {
    let (granter, grantee) = two_sides(&msg.granter, &msg.grantee)?;
    ensure(!msg.msg_type_url.is_empty(), || Sdk::InvalidRequest("missing msg method name".into()))?;
    grants::remove(ctx, &(granter, grantee, msg.msg_type_url))?;
    Ok(pb::MsgRevokeResponse {})
}
