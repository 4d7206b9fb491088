//! Queries of `cosmos.auth.v1beta1`.

use super::{BASE_ACCOUNT_URL, MODULE_ACCOUNTS, account, module_of, not_found, params, state::ACCOUNTS};
use aliquot_proto::{Any, cosmos::auth::v1beta1 as pb};
use aliquot_sdk::{Address, Ctx, Result, Routes, Sdk, paginate};
use prost::Message;

pub fn routes(r: &mut Routes) {
    r.query(accounts)
        .query(account_by_address)
        .query(account_info)
        .query(query_params)
        .query(module_accounts)
        .query(module_account_by_name)
        .query(bech32_prefix)
        .unserved(&[
            "cosmos.auth.v1beta1.Query/AccountAddressByID",
            "cosmos.auth.v1beta1.Query/AddressBytesToString",
            "cosmos.auth.v1beta1.Query/AddressStringToBytes",
            "cosmos.auth.v1beta1.Msg/UpdateParams",
        ]);
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
