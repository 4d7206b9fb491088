//! Queries of `cosmwasm.wasm.v1`.

use super::{Error, access, contract, state::*};
use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(smart_contract_state)
        .query(raw_contract_state)
        .query(contract_info)
        .query(code)
        .query(codes)
        .query(query_params)
        .unserved(&[
            "cosmwasm.wasm.v1.Query/ContractHistory",
            "cosmwasm.wasm.v1.Query/ContractsByCode",
            "cosmwasm.wasm.v1.Query/AllContractState",
            "cosmwasm.wasm.v1.Query/PinnedCodes",
            "cosmwasm.wasm.v1.Query/ContractsByCreator",
            "cosmwasm.wasm.v1.Query/BuildAddress",
        ]);
}

fn smart_contract_state(
    ctx: &Ctx,
    q: pb::QuerySmartContractStateRequest,
) -> Result<pb::QuerySmartContractStateResponse> {
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(&q.query_data);
    json.map_err(|_| aliquot_sdk::Sdk::InvalidRequest("invalid query data".into()))?;
    let data = contract::query(ctx, &Address::parse(&q.address)?, &q.query_data)?;
    Ok(pb::QuerySmartContractStateResponse { data })
}

fn raw_contract_state(ctx: &Ctx, q: pb::QueryRawContractStateRequest) -> Result<pb::QueryRawContractStateResponse> {
    let address = Address::parse(&q.address)?;
    found(ctx, &address)?;
    let data = ctx.read(STATE.at().store, &STATE.key(&(address, q.query_data)))?.unwrap_or_default();
    Ok(pb::QueryRawContractStateResponse { data })
}

fn found(ctx: &Ctx, address: &Address) -> Result<pb::ContractInfo> {
    Ok(CONTRACTS.get(ctx, address)?.ok_or(Error::NoSuchContract(*address))?)
}

fn contract_info(ctx: &Ctx, q: pb::QueryContractInfoRequest) -> Result<pb::QueryContractInfoResponse> {
    let address = Address::parse(&q.address)?;
    Ok(pb::QueryContractInfoResponse { contract_info: Some(found(ctx, &address)?), address: q.address })
}

fn code_info(code_id: u64, info: pb::CodeInfo) -> pb::CodeInfoResponse {
    let pb::CodeInfo { creator, code_hash: data_hash, instantiate_config: instantiate_permission } = info;
    pb::CodeInfoResponse { code_id, creator, data_hash, instantiate_permission }
}

fn code(ctx: &Ctx, q: pb::QueryCodeRequest) -> Result<pb::QueryCodeResponse> {
    let missing = || Error::NoSuchCode(q.code_id);
    let info = CODES.get(ctx, &q.code_id)?.ok_or_else(missing)?;
    let data = CODE_BYTES.get(ctx, &q.code_id)?.ok_or_else(missing)?;
    Ok(pb::QueryCodeResponse { code_info: Some(code_info(q.code_id, info)), data })
}

fn codes(ctx: &Ctx, q: pb::QueryCodesRequest) -> Result<pb::QueryCodesResponse> {
    let page = paginate(ctx, q.pagination, CODES.listed(&()), |(code_id, info)| Ok(Some(code_info(code_id, info))))?;
    Ok(pb::QueryCodesResponse { code_infos: page.items, pagination: page.response })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(access::params(ctx)?) })
}
