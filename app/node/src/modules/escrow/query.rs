//! Queries of `escrow`.

use super::{account, audit::books, earnings, flow, params, state::*, stream};
use crate::ids::LeaseKey;
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(accounts).query(query_account).query(query_earnings).query(payment).query(blocks_remaining);
    r.query(audit).query(query_params);
}

fn accounts(ctx: &Ctx, q: pb::QueryAccountsRequest) -> Result<pb::QueryAccountsResponse> {
    let page = paginate(ctx, q.pagination, ACCOUNTS.listed(&()), |(_, mut account)| {
        account::verify(ctx, &mut account)?;
        Ok(Some(account))
    })?;
    Ok(pb::QueryAccountsResponse { accounts: page.items, pagination: page.response })
}

fn query_account(ctx: &Ctx, q: pb::QueryAccountRequest) -> Result<pb::QueryAccountResponse> {
    let owner = Address::parse(&q.owner)?;
    let account = account::load(ctx, &(owner, q.dseq))?;
    let holds = HOLDS.under(ctx, &(owner, q.dseq)).map(|e| e.map(|(_, hold)| hold)).collect::<Result<_>>()?;
    Ok(pb::QueryAccountResponse { account: Some(account), holds })
}

/// Counters as they are at this height.
fn query_earnings(ctx: &Ctx, q: pb::QueryEarningsRequest) -> Result<pb::QueryEarningsResponse> {
    let now = |entry: Result<((Address, String), pb::Earnings)>| {
        let (_, mut earnings) = entry?;
        earnings.earned_sub = earnings::counter(&earnings, ctx.block.height)?.to_string();
        earnings.at = earnings.at.max(ctx.block.height);
        Ok(earnings)
    };
    let earnings = EARNINGS.under(ctx, &Address::parse(&q.payee)?).map(now).collect::<Result<_>>()?;
    Ok(pb::QueryEarningsResponse { earnings })
}

fn payment(ctx: &Ctx, q: pb::QueryPaymentRequest) -> Result<pb::QueryPaymentResponse> {
    Ok(pb::QueryPaymentResponse { payment: Some(stream::load(ctx, &LeaseKey::parse(&q.id)?)?) })
}

fn blocks_remaining(ctx: &Ctx, q: pb::QueryBlocksRemainingRequest) -> Result<pb::QueryBlocksRemainingResponse> {
    let account = account::load(ctx, &(Address::parse(&q.owner)?, q.dseq))?;
    let mut denoms = Vec::new();
    for flow in &account.flows {
        let (rate, free) = (flow::rate(flow)?, account::free(ctx, &account, &flow.denom)?);
        let Some(blocks) = free.checked_div(rate) else { continue };
        denoms.push(pb::BlocksRemaining {
            denom: flow.denom.clone(),
            rate_sub: rate.to_string(),
            free_sub: free.to_string(),
            blocks: u64::try_from(blocks).unwrap_or(u64::MAX),
        });
    }
    Ok(pb::QueryBlocksRemainingResponse { denoms, dry_height: account.dry_height })
}

fn audit(ctx: &Ctx, _: pb::QueryAuditRequest) -> Result<pb::QueryAuditResponse> {
    let denoms = books(ctx)?;
    let balanced = denoms.iter().all(|row| row.balanced);
    Ok(pb::QueryAuditResponse { denoms, balanced })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
