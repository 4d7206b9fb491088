//! Queries of `cosmos.bank.v1beta1`. Nothing vests, so what is held is spendable.

use super::{balance, state::*, supply};
use aliquot_proto::{Coin, cosmos::bank::v1beta1 as pb};
use aliquot_sdk::{Address, Ctx, Page, Result, Routes, Sdk, paginate};

pub fn routes(r: &mut Routes) {
    r.query(query_balance)
        .query(all_balances)
        .query(spendable_balances)
        .query(spendable_balance_by_denom)
        .query(total_supply)
        .query(supply_of)
        .query(query_params)
        .query(denom_metadata)
        .query(denoms_metadata)
        .query(denom_metadata_by_query_string)
        .query(denom_owners)
        .query(denom_owners_by_query)
        .query(send_enabled);
}

type PageRequest = aliquot_proto::cosmos::base::query::v1beta1::PageRequest;

fn held(ctx: &Ctx, address: &str, page: Option<PageRequest>) -> Result<Page<Coin>> {
    let address = Address::parse(address)?;
    let list = BALANCES.listed(&address);
    paginate(ctx, page, list, |((_, denom), amount)| Ok(Some(Coin { denom, amount })))
}

fn one(ctx: &Ctx, address: &str, denom: String) -> Result<Coin> {
    let amount = balance(ctx, &Address::parse(address)?, &denom)?.to_string();
    Ok(Coin { denom, amount })
}

fn query_balance(ctx: &Ctx, q: pb::QueryBalanceRequest) -> Result<pb::QueryBalanceResponse> {
    Ok(pb::QueryBalanceResponse { balance: Some(one(ctx, &q.address, q.denom)?) })
}

fn all_balances(ctx: &Ctx, q: pb::QueryAllBalancesRequest) -> Result<pb::QueryAllBalancesResponse> {
    let page = held(ctx, &q.address, q.pagination)?;
    Ok(pb::QueryAllBalancesResponse { balances: page.items, pagination: page.response })
}

fn spendable_balances(ctx: &Ctx, q: pb::QuerySpendableBalancesRequest) -> Result<pb::QuerySpendableBalancesResponse> {
    let page = held(ctx, &q.address, q.pagination)?;
    Ok(pb::QuerySpendableBalancesResponse { balances: page.items, pagination: page.response })
}

fn spendable_balance_by_denom(
    ctx: &Ctx,
    q: pb::QuerySpendableBalanceByDenomRequest,
) -> Result<pb::QuerySpendableBalanceByDenomResponse> {
    Ok(pb::QuerySpendableBalanceByDenomResponse { balance: Some(one(ctx, &q.address, q.denom)?) })
}

fn total_supply(ctx: &Ctx, q: pb::QueryTotalSupplyRequest) -> Result<pb::QueryTotalSupplyResponse> {
    let page = paginate(ctx, q.pagination, SUPPLY.listed(&()), |(denom, amount)| Ok(Some(Coin { denom, amount })))?;
    Ok(pb::QueryTotalSupplyResponse { supply: page.items, pagination: page.response })
}

fn supply_of(ctx: &Ctx, q: pb::QuerySupplyOfRequest) -> Result<pb::QuerySupplyOfResponse> {
    let amount = supply(ctx, &q.denom)?.to_string();
    Ok(pb::QuerySupplyOfResponse { amount: Some(Coin { denom: q.denom, amount }) })
}

fn query_params(_: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(pb::Params { default_send_enabled: true, ..pb::Params::default() }) })
}

fn denom_metadata(ctx: &Ctx, q: pb::QueryDenomMetadataRequest) -> Result<pb::QueryDenomMetadataResponse> {
    Ok(pb::QueryDenomMetadataResponse { metadata: Some(metadata(ctx, q.denom)?) })
}

/// The same for denoms that hold slashes.
fn denom_metadata_by_query_string(
    ctx: &Ctx,
    q: pb::QueryDenomMetadataByQueryStringRequest,
) -> Result<pb::QueryDenomMetadataByQueryStringResponse> {
    Ok(pb::QueryDenomMetadataByQueryStringResponse { metadata: Some(metadata(ctx, q.denom)?) })
}

fn metadata(ctx: &Ctx, denom: String) -> Result<pb::Metadata> {
    let found = METADATA.get(ctx, &denom)?;
    Ok(found.ok_or_else(|| Sdk::KeyNotFound(format!("client metadata for denom {denom}")))?)
}

/// There is no index by denom: a page looks at a bounded part of all balances and says where the next begins.
fn owners(ctx: &Ctx, denom: &str, page: Option<PageRequest>) -> Result<Page<pb::DenomOwner>> {
    paginate(ctx, page, BALANCES.listed(&()), |((address, held), amount)| {
        let balance = Some(Coin { denom: held, amount });
        let owner = pb::DenomOwner { address: address.to_string(), balance };
        Ok(owner.balance.as_ref().is_some_and(|coin| coin.denom == denom).then_some(owner))
    })
}

fn denom_owners(ctx: &Ctx, q: pb::QueryDenomOwnersRequest) -> Result<pb::QueryDenomOwnersResponse> {
    let page = owners(ctx, &q.denom, q.pagination)?;
    Ok(pb::QueryDenomOwnersResponse { denom_owners: page.items, pagination: page.response })
}

fn denom_owners_by_query(
    ctx: &Ctx,
    q: pb::QueryDenomOwnersByQueryRequest,
) -> Result<pb::QueryDenomOwnersByQueryResponse> {
    let page = owners(ctx, &q.denom, q.pagination)?;
    Ok(pb::QueryDenomOwnersByQueryResponse { denom_owners: page.items, pagination: page.response })
}

/// Only denoms that differ from the default have entries, and none does.
fn send_enabled(_: &Ctx, _: pb::QuerySendEnabledRequest) -> Result<pb::QuerySendEnabledResponse> {
    Ok(pb::QuerySendEnabledResponse { send_enabled: Vec::new(), pagination: None })
}

fn denoms_metadata(ctx: &Ctx, q: pb::QueryDenomsMetadataRequest) -> Result<pb::QueryDenomsMetadataResponse> {
    let page = paginate(ctx, q.pagination, METADATA.listed(&()), |(_, metadata)| Ok(Some(metadata)))?;
    Ok(pb::QueryDenomsMetadataResponse { metadatas: page.items, pagination: page.response })
}
