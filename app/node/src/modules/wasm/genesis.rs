//! Genesis of `wasm`, in wasmd's shape: parameters, codes with their bytes, contracts with their state, counters.

use super::{
    Error,
    access::{check_config, check_params, default_params, params},
    cache,
    state::*,
};
use crate::modules::auth;
use aliquot_proto::cosmwasm::wasm::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, ensure};
use sha2::{Digest, Sha256};
use std::ops::Bound;

const LAST_CODE_KEY: &[u8] = b"lastCodeId";
const LAST_INSTANCE_KEY: &[u8] = b"lastContractId";

pub fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
    let params = genesis.params.unwrap_or_else(default_params);
    check_params(&params)?;
    PARAMS.set(ctx, &params)?;
    for sequence in &genesis.sequences {
        match sequence.id_key.as_slice() {
            LAST_CODE_KEY => LAST_CODE.set(ctx, &sequence.value)?,
            LAST_INSTANCE_KEY => LAST_INSTANCE.set(ctx, &sequence.value)?,
            other => {
                return Err(Error::Invalid(format!("genesis counts {:?}", String::from_utf8_lossy(other))).into());
            }
        }
    }
    for code in genesis.codes {
        init_code(ctx, code)?;
    }
    for contract in &genesis.contracts {
        init_contract(ctx, contract)?;
    }
    Ok(())
}

fn init_code(ctx: &mut Ctx, code: pb::Code) -> Result<()> {
    let id = code.code_id;
    ensure((1..=LAST_CODE.load_or_default(ctx)?).contains(&id), || {
        Error::Invalid(format!("genesis code {id} is above the counter of codes"))
    })?;
    ensure(!CODES.has(ctx, &id)?, || Error::Invalid(format!("genesis has code {id} twice")))?;
    let info = code.code_info.ok_or_else(|| Error::Empty(format!("info of genesis code {id}")))?;
    ensure(*Sha256::digest(&code.code_bytes) == *info.code_hash, || {
        Error::Invalid(format!("the bytes of genesis code {id} are not what its hash says"))
    })?;
    check_config(
        info.instantiate_config.as_ref().ok_or_else(|| Error::Empty(format!("access to genesis code {id}")))?,
    )?;
    cache::store(&code.code_bytes, true)?;
    CODES.set(ctx, &id, &info)?;
    CODE_BYTES.set(ctx, &id, &code.code_bytes)
}

fn init_contract(ctx: &mut Ctx, contract: &pb::Contract) -> Result<()> {
    let address = Address::parse(&contract.contract_address)?;
    let info =
        contract.contract_info.as_ref().ok_or_else(|| Error::Empty(format!("info of genesis contract {address}")))?;
    ensure(CODES.has(ctx, &info.code_id)?, || Error::NoSuchCode(info.code_id))?;
    ensure(LAST_INSTANCE.load_or_default(ctx)? > 0, || Error::Invalid("genesis has contracts but counts none".into()))?;
    auth::ensure_account(ctx, &address)?;
    CONTRACTS.set(ctx, &address, info)?;
    for model in &contract.contract_state {
        ensure(!model.key.is_empty() && !model.value.is_empty(), || {
            Error::Empty(format!("a key or value of genesis contract {address}"))
        })?;
        ctx.write(STATE.at().store, STATE.key(&(address, model.key.clone())), model.value.clone())?;
    }
    Ok(())
}

pub fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
    let sequences = [(LAST_CODE_KEY, LAST_CODE), (LAST_INSTANCE_KEY, LAST_INSTANCE)];
    let sequence = |(key, counter): (&[u8], aliquot_sdk::Item<u64>)| {
        Ok(pb::Sequence { id_key: key.to_vec(), value: counter.load_or_default(ctx)? })
    };
    let code = |entry: Result<(u64, pb::CodeInfo)>| {
        let (code_id, info) = entry?;
        let code_bytes = CODE_BYTES.get(ctx, &code_id)?.ok_or(Error::NoSuchCode(code_id))?;
        Ok(pb::Code { code_id, code_info: Some(info), code_bytes, pinned: false })
    };
    let contract = |entry: Result<(Address, pb::ContractInfo)>| {
        let (address, info) = entry?;
        let contract_state = models(ctx, &address).collect::<Result<_>>()?;
        let (contract_address, contract_info) = (address.to_string(), Some(info));
        Ok(pb::Contract { contract_address, contract_info, contract_state, contract_code_history: vec![] })
    };
    Ok(pb::GenesisState {
        params: Some(params(ctx)?),
        codes: CODES.under(ctx, &()).map(code).collect::<Result<_>>()?,
        contracts: CONTRACTS.under(ctx, &()).map(contract).collect::<Result<_>>()?,
        sequences: sequences.into_iter().map(sequence).collect::<Result<_>>()?,
    })
}

/// All that a contract stores, in order of its keys.
fn models<'a>(ctx: &'a Ctx, contract: &Address) -> impl Iterator<Item = Result<pb::Model>> + 'a {
    let prefix = STATE.prefix(contract);
    let skip = prefix.len();
    let end = super::backend::after(&prefix);
    ctx.range(STATE.at().store, Bound::Included(prefix), end, false).map(move |entry| {
        let (key, value) = entry?;
        Ok(pb::Model { key: key.get(skip..).unwrap_or_default().to_vec(), value })
    })
}
