//! Queries of `cosmos.auth.v1beta1`.

use super::{BASE_ACCOUNT_URL, MODULE_ACCOUNTS, account, module_of, not_found, params, state::ACCOUNTS};
use aliquot_proto::{Any, cosmos::auth::v1beta1 as pb};
use aliquot_sdk::{Address, Ctx, Result, Routes, Sdk, paginate};
use prost::Message;

/// Accounts that a search by number looks at: there is no index of them.
const MAX_SEARCH: usize = 100_000;

pub fn routes(r: &mut Routes) {
    r.query(accounts)
        .query(account_by_address)
        .query(account_info)
        .query(query_params)
        .query(module_accounts)
        .query(module_account_by_name)
        .query(bech32_prefix)
        .query(address_bytes_to_string)
        .query(address_string_to_bytes)
        .query(account_address_by_id)
        .unserved(&["cosmos.auth.v1beta1.Msg/UpdateParams"]);
}

/// A module's account shows its name; all others are plain.
fn packed(address: &Address, account: pb::BaseAccount) -> Any {
    match module_of(address) {
        None => Any { type_url: BASE_ACCOUNT_URL.into(), value: account.encode_to_vec() },
        Some(name) => {
            let module = pb::ModuleAccount { base_account: Some(account), name: name.to_string(), permissions: vec![] };
            Any { type_url: "/cosmos.auth.v1beta1.ModuleAccount".into(), value: module.encode_to_vec() }
        }
    }
}

fn load(ctx: &Ctx, address: &str) -> Result<(Address, pb::BaseAccount)> {
    let address = Address::parse(address)?;
    let account = account(ctx, &address)?.ok_or_else(|| not_found(&address))?;
    Ok((address, account))
}

fn accounts(ctx: &Ctx, q: pb::QueryAccountsRequest) -> Result<pb::QueryAccountsResponse> {
    let page =
        paginate(ctx, q.pagination, ACCOUNTS.listed(&()), |(address, account)| Ok(Some(packed(&address, account))))?;
    Ok(pb::QueryAccountsResponse { accounts: page.items, pagination: page.response })
}

fn account_by_address(ctx: &Ctx, q: pb::QueryAccountRequest) -> Result<pb::QueryAccountResponse> {
    let (address, account) = load(ctx, &q.address)?;
    Ok(pb::QueryAccountResponse { account: Some(packed(&address, account)) })
}

fn account_info(ctx: &Ctx, q: pb::QueryAccountInfoRequest) -> Result<pb::QueryAccountInfoResponse> {
    Ok(pb::QueryAccountInfoResponse { info: Some(load(ctx, &q.address)?.1) })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}

fn module_accounts(ctx: &Ctx, _: pb::QueryModuleAccountsRequest) -> Result<pb::QueryModuleAccountsResponse> {
    let mut accounts = Vec::new();
    for name in MODULE_ACCOUNTS {
        let (address, account) = load(ctx, &Address::module(name).to_string())?;
        accounts.push(packed(&address, account));
    }
    Ok(pb::QueryModuleAccountsResponse { accounts })
}

fn module_account_by_name(
    ctx: &Ctx,
    q: pb::QueryModuleAccountByNameRequest,
) -> Result<pb::QueryModuleAccountByNameResponse> {
    let known = MODULE_ACCOUNTS.iter().find(|name| **name == q.name);
    let name = known.ok_or_else(|| Sdk::NotFound(format!("account of module {:?}", q.name)))?;
    let (address, account) = load(ctx, &Address::module(name).to_string())?;
    Ok(pb::QueryModuleAccountByNameResponse { account: Some(packed(&address, account)) })
}

fn bech32_prefix(_: &Ctx, _: pb::Bech32PrefixRequest) -> Result<pb::Bech32PrefixResponse> {
    Ok(pb::Bech32PrefixResponse { bech32_prefix: "aliquot".into() })
}

fn address_bytes_to_string(_: &Ctx, q: pb::AddressBytesToStringRequest) -> Result<pb::AddressBytesToStringResponse> {
    let address = Address::from_bytes(&q.address_bytes);
    let wrong = || Sdk::InvalidRequest(format!("an address has 20 or 32 bytes, not {}", q.address_bytes.len()));
    Ok(pb::AddressBytesToStringResponse { address_string: address.ok_or_else(wrong)?.to_string() })
}

fn address_string_to_bytes(_: &Ctx, q: pb::AddressStringToBytesRequest) -> Result<pb::AddressStringToBytesResponse> {
    let address_bytes = Address::parse(&q.address_string)?.as_bytes().to_vec();
    Ok(pb::AddressStringToBytesResponse { address_bytes })
}

#[allow(deprecated)] // `id` is what old clients send
fn account_address_by_id(
    ctx: &Ctx,
    q: pb::QueryAccountAddressByIdRequest,
) -> Result<pb::QueryAccountAddressByIdResponse> {
    let number = if q.account_id == 0 { u64::try_from(q.id).unwrap_or_default() } else { q.account_id };
    for entry in ACCOUNTS.under(ctx, &()).take(MAX_SEARCH) {
        let (address, account) = entry?;
        if account.account_number == number {
            return Ok(pb::QueryAccountAddressByIdResponse { account_address: address.to_string() });
        }
    }
    Err(Sdk::NotFound(format!("account number {number} among the first {MAX_SEARCH} addresses")).into())
}
