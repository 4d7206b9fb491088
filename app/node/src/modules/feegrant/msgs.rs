//! Messages of `cosmos.feegrant.v1beta1`.

use super::{allowance::Allowance, emit, not_found, prune, save, state::GRANTS};
use crate::modules::auth;
use aliquot_proto::cosmos::feegrant::v1beta1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, Sdk, ensure};

/// Allowances that one MsgPruneAllowances removes at most.
const PRUNED: usize = 75;

pub fn routes(r: &mut Routes) {
    r.msg(grant_allowance).msg(revoke_allowance).msg(prune_allowances);
}

fn two_sides(granter: &str, grantee: &str) -> Result<(Address, Address)> {
    let (granter, grantee) = (Address::parse(granter)?, Address::parse(grantee)?);
    ensure(granter != grantee, || Sdk::InvalidAddress("cannot self-grant fee authorization".into()))?;
    Ok((grantee, granter))
}

fn grant_allowance(ctx: &mut Ctx, msg: pb::MsgGrantAllowance) -> Result<pb::MsgGrantAllowanceResponse> {
    let key = two_sides(&msg.granter, &msg.grantee)?;
    let allowance = Allowance::parse(msg.allowance.as_ref())?;
    allowance.check()?;
    ensure(!GRANTS.has(ctx, &key)?, || Sdk::InvalidRequest("fee allowance already exists".into()))?;
    ensure(!allowance.expired(&ctx.block.time), || {
        Sdk::InvalidRequest("expiration is before current block time".into())
    })?;
    auth::ensure_account(ctx, &key.0)?;
    let begun = allowance.begun(&ctx.block.time);
    save(ctx, &key, &begun)?;
    emit(ctx, "set_feegrant", &key);
    Ok(pb::MsgGrantAllowanceResponse {})
}

fn revoke_allowance(ctx: &mut Ctx, msg: pb::MsgRevokeAllowance) -> Result<pb::MsgRevokeAllowanceResponse> {
    let key = two_sides(&msg.granter, &msg.grantee)?;
    ensure(GRANTS.has(ctx, &key)?, not_found)?;
    GRANTS.remove(ctx, &key)?;
    emit(ctx, "revoke_feegrant", &key);
    Ok(pb::MsgRevokeAllowanceResponse {})
}

fn prune_allowances(ctx: &mut Ctx, msg: pb::MsgPruneAllowances) -> Result<pb::MsgPruneAllowancesResponse> {
    prune(ctx, PRUNED)?;
    ctx.emit_plain("prune_feegrant", &[("pruner", &msg.pruner)]);
    Ok(pb::MsgPruneAllowancesResponse {})
}
