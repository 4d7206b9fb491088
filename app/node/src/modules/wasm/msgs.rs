//! Messages of `cosmwasm.wasm.v1`.

use super::{
    Error,
    access::{instantiate_config, may_upload},
    cache,
    contract::{self, Call, New},
    next,
    state::{CODE_BYTES, CODES, LAST_CODE},
    vm,
};
use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::{Address, Coin, Ctx, Event, Mode, Result, Routes, ensure};
use std::io::Read;

/// Bytes of the largest code, as wasmd has it.
const MAX_CODE: usize = 800 * 1024;
/// Gas of a byte of new code, beside the gas of writing it to state.
const COMPILE_GAS: u64 = 3;
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub fn routes(r: &mut Routes) {
    r.msg(store_code).msg(instantiate_contract).msg(execute_contract).unserved(&[
        "cosmwasm.wasm.v1.Msg/InstantiateContract2",
        "cosmwasm.wasm.v1.Msg/MigrateContract",
        "cosmwasm.wasm.v1.Msg/UpdateAdmin",
        "cosmwasm.wasm.v1.Msg/ClearAdmin",
        "cosmwasm.wasm.v1.Msg/UpdateInstantiateConfig",
        "cosmwasm.wasm.v1.Msg/UpdateParams",
        "cosmwasm.wasm.v1.Msg/SudoContract",
        "cosmwasm.wasm.v1.Msg/PinCodes",
        "cosmwasm.wasm.v1.Msg/UnpinCodes",
        "cosmwasm.wasm.v1.Msg/StoreAndInstantiateContract",
        "cosmwasm.wasm.v1.Msg/RemoveCodeUploadParamsAddresses",
        "cosmwasm.wasm.v1.Msg/AddCodeUploadParamsAddresses",
        "cosmwasm.wasm.v1.Msg/StoreAndMigrateContract",
        "cosmwasm.wasm.v1.Msg/UpdateContractLabel",
    ]);
}

fn store_code(ctx: &mut Ctx, msg: pb::MsgStoreCode) -> Result<pb::MsgStoreCodeResponse> {
    let sender = Address::parse(&msg.sender)?;
    may_upload(ctx, &sender)?;
    let config = instantiate_config(ctx, msg.instantiate_permission)?;
    let wasm = uncompressed(msg.wasm_byte_code)?;
    ctx.charge("Compiling wasm bytecode", (wasm.len() as u64).saturating_mul(COMPILE_GAS))?;
    // A simulation is free for whoever asks, so it must not fill the disk.
    let persist = ctx.mode != Mode::Simulate;
    let checksum = cache::store(&wasm, persist)?;
    let code_id = next(&LAST_CODE, ctx)?;
    let creator = sender.to_string();
    CODES.set(
        ctx,
        &code_id,
        &pb::CodeInfo { code_hash: checksum.clone(), creator, instantiate_config: Some(config) },
    )?;
    CODE_BYTES.set(ctx, &code_id, &wasm)?;
    let mut event =
        Event::plain("store_code", &[("code_checksum", &hex::encode(&checksum)), ("code_id", &code_id.to_string())]);
    let required = if persist { cache::required_capabilities(&checksum)? } else { vec![] };
    event.attributes.extend(required.into_iter().map(|name| ("required_capability".to_string(), name)));
    ctx.push_event(event);
    Ok(pb::MsgStoreCodeResponse { code_id, checksum })
}

/// Code as it is, or out of gzip, as clients send it.
fn uncompressed(given: Vec<u8>) -> Result<Vec<u8>> {
    let wasm = if given.starts_with(&GZIP) {
        let mut wasm = Vec::new();
        let limit = (MAX_CODE as u64).saturating_add(1);
        let read = flate2::read::GzDecoder::new(given.as_slice()).take(limit).read_to_end(&mut wasm);
        read.map_err(|e| Error::Create(format!("uncompress wasm archive: {e}")))?;
        wasm
    } else {
        given
    };
    ensure(!wasm.is_empty(), || Error::Empty("code bytes".into()))?;
    ensure(wasm.len() <= MAX_CODE, || Error::Limit(format!("code of more than {MAX_CODE} bytes")))?;
    Ok(wasm)
}

fn instantiate_contract(ctx: &mut Ctx, msg: pb::MsgInstantiateContract) -> Result<pb::MsgInstantiateContractResponse> {
    let (sender, funds) = (Address::parse(&msg.sender)?, Coin::parse_list(&msg.funds)?);
    let new = New { code_id: msg.code_id, admin: &msg.admin, label: &msg.label };
    let call = Call { sender: &sender, msg: &msg.msg, funds: &funds };
    let (address, data) = vm::on_large_stack(|| contract::instantiate(ctx, &new, &call, 0))?;
    Ok(pb::MsgInstantiateContractResponse { address: address.to_string(), data: data.unwrap_or_default() })
}

fn execute_contract(ctx: &mut Ctx, msg: pb::MsgExecuteContract) -> Result<pb::MsgExecuteContractResponse> {
    let (sender, contract) = (Address::parse(&msg.sender)?, Address::parse(&msg.contract)?);
    let funds = Coin::parse_list(&msg.funds)?;
    let call = Call { sender: &sender, msg: &msg.msg, funds: &funds };
    let data = vm::on_large_stack(|| contract::execute(ctx, &contract, &call, 0))?;
    Ok(pb::MsgExecuteContractResponse { data: data.unwrap_or_default() })
}
