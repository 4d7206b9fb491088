//! Queries of `escrow`.

use super::{Error, audit::books, params, state::*};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(accounts).query(account).query(earnings).query(audit).query(query_params);
}

fn accounts(ctx: &Ctx, q: pb::QueryAccountsRequest) -> Result<pb::QueryAccountsResponse> {
    let page = paginate(ctx, q.pagination, ACCOUNTS.listed(&()), |(_, account)| Ok(Some(account)))?;
    Ok(pb::QueryAccountsResponse { accounts: page.items, pagination: page.response })
}

fn account(ctx: &Ctx, q: pb::QueryAccountRequest) -> Result<pb::QueryAccountResponse> {
    let owner = Address::parse(&q.owner)?;
    let account = ACCOUNTS.get(ctx, &(owner, q.dseq))?.ok_or(Error::NotOpen(owner, q.dseq))?;
    let holds = HOLDS.under(ctx, &(owner, q.dseq)).map(|e| e.map(|(_, hold)| hold)).collect::<Result<_>>()?;
    Ok(pb::QueryAccountResponse { account: Some(account), holds })
}

fn earnings(ctx: &Ctx, q: pb::QueryEarningsRequest) -> Result<pb::QueryEarningsResponse> {
    let payee = Address::parse(&q.payee)?;
    let earnings = EARNINGS.under(ctx, &payee).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?;
    Ok(pb::QueryEarningsResponse { earnings })
}

fn audit(ctx: &Ctx, _: pb::QueryAuditRequest) -> Result<pb::QueryAuditResponse> {
    let denoms = books(ctx)?;
    let balanced = denoms.iter().all(|row| row.balanced);
    Ok(pb::QueryAuditResponse { denoms, balanced })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
