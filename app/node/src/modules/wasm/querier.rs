//! Queries of contracts: `bank`, other contracts, and a list of the chain's own queries.

use super::{Error, backend::Shared, contract, dispatch::redact, state::*, vm};
use crate::{modules::bank, runtime};
use aliquot_proto::cosmos::{bank::v1beta1 as pb, base::query::v1beta1::PageRequest};
use aliquot_sdk::{Address, Ctx, Result, ensure, parse_amount};
use cosmwasm_std::{
    Addr, AllBalanceResponse, BalanceResponse, BankQuery, Binary, Checksum, CodeInfoResponse, Coin,
    ContractInfoResponse, ContractResult, GrpcQuery, QueryRequest, SupplyResponse, SystemError, SystemResult, Uint128,
    WasmQuery, to_json_binary,
};
use cosmwasm_vm::{BackendError, BackendResult, GasInfo, Querier};
use prost::Message;
use serde::Serialize;

/// How deep queries of contracts to contracts are nested at most; each holds a VM's memory.
pub const MAX_QUERY_DEPTH: u32 = 10;
/// Balances that one answer holds at most.
const MAX_BALANCES: u64 = 1000;
/// Queries of the chain that contracts may ask in protobuf: cheap, and never to change their answer's bytes.
const GRPC: &[&str] = &[
    "/cosmos.auth.v1beta1.Query/AccountInfo",
    "/cosmos.auth.v1beta1.Query/Params",
    "/cosmos.bank.v1beta1.Query/Balance",
    "/cosmos.bank.v1beta1.Query/DenomMetadata",
    "/cosmos.bank.v1beta1.Query/Params",
    "/cosmos.bank.v1beta1.Query/SupplyOf",
];

type Answer = SystemResult<ContractResult<Binary>>;

/// The querier of one instance, which itself runs `depth` queries deep.
pub struct ChainQuerier {
    shared: Shared,
    depth: u32,
}

impl ChainQuerier {
    pub fn new(shared: Shared, depth: u32) -> Self {
        ChainQuerier { shared, depth }
    }

    fn answer(&self, request: &[u8], gas_limit: u64) -> Result<Answer, BackendError> {
        let parsed: QueryRequest = match cosmwasm_std::from_json(request) {
            Ok(parsed) => parsed,
            Err(error) => {
                let request = Binary::new(request.to_vec());
                return Ok(SystemResult::Err(SystemError::InvalidRequest { error: error.to_string(), request }));
            }
        };
        match self.serve(parsed, gas_limit) {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_io() || error.is_out_of_gas() => Err(self.shared.refuse(error)),
            Err(error) => Ok(SystemResult::Ok(ContractResult::Err(redact(&error)))),
        }
    }

    fn serve(&self, request: QueryRequest, gas_limit: u64) -> Result<Answer> {
        match request {
            QueryRequest::Bank(query) => self.shared.with(|ctx| serve_bank(ctx, query)),
            QueryRequest::Wasm(WasmQuery::Smart { contract_addr, msg }) => {
                let address = Address::parse(&contract_addr)?;
                if !self.shared.with(|ctx| CONTRACTS.has(ctx, &address))? {
                    return Ok(no_such_contract(contract_addr));
                }
                ensure(self.depth < MAX_QUERY_DEPTH, || Error::QueryDepth(MAX_QUERY_DEPTH))?;
                let deeper = self.depth.saturating_add(1);
                Ok(bytes(contract::query_in(&self.shared, &address, &msg, gas_limit, deeper)?))
            }
            QueryRequest::Wasm(query) => self.shared.with(|ctx| serve_wasm(ctx, query)),
            QueryRequest::Grpc(GrpcQuery { path, data }) if GRPC.contains(&path.as_str()) => {
                let routes = runtime::routes()?;
                Ok(bytes(self.shared.with(|ctx| routes.query(ctx, &path, &data))?))
            }
            QueryRequest::Grpc(GrpcQuery { path, .. }) => {
                Ok(unsupported(&format!("'{path}' path is not allowed from the contract")))
            }
            _ => Ok(unsupported("only bank, wasm and grpc queries are served")),
        }
    }
}

impl Querier for ChainQuerier {
    fn query_raw(&self, request: &[u8], gas_limit: u64) -> BackendResult<Answer> {
        let before = self.shared.used();
        let answer = self.answer(request, gas_limit);
        let used = self.shared.used().saturating_sub(before);
        (answer, GasInfo::with_externally_used(vm::to_vm(used)))
    }
}

fn bytes(answer: Vec<u8>) -> Answer {
    SystemResult::Ok(ContractResult::Ok(answer.into()))
}

fn json(answer: &impl Serialize) -> Answer {
    match to_json_binary(answer) {
        Ok(answer) => SystemResult::Ok(ContractResult::Ok(answer)),
        Err(error) => SystemResult::Ok(ContractResult::Err(error.to_string())),
    }
}

fn no_such_contract(addr: String) -> Answer {
    SystemResult::Err(SystemError::NoSuchContract { addr })
}

fn unsupported(kind: &str) -> Answer {
    SystemResult::Err(SystemError::UnsupportedRequest { kind: kind.into() })
}

#[allow(deprecated)] // Old contracts still ask for all balances.
fn serve_bank(ctx: &mut Ctx, query: BankQuery) -> Result<Answer> {
    Ok(match query {
        BankQuery::Supply { denom } => {
            let amount = bank::supply(ctx, &denom)?;
            json(&SupplyResponse::new(Coin { denom, amount: Uint128::new(amount) }))
        }
        BankQuery::Balance { address, denom } => {
            let amount = bank::balance(ctx, &Address::parse(&address)?, &denom)?;
            json(&BalanceResponse::new(Coin { denom, amount: Uint128::new(amount) }))
        }
        BankQuery::AllBalances { address } => json(&AllBalanceResponse::new(all_balances(ctx, address)?)),
        _ => unsupported("this bank query is not served"),
    })
}

fn all_balances(ctx: &Ctx, address: String) -> Result<Vec<Coin>> {
    let pagination = Some(PageRequest { limit: MAX_BALANCES, ..PageRequest::default() });
    let query = pb::QueryAllBalancesRequest { address, pagination, ..pb::QueryAllBalancesRequest::default() };
    let raw = runtime::routes()?.query(ctx, "/cosmos.bank.v1beta1.Query/AllBalances", &query.encode_to_vec())?;
    let page = pb::QueryAllBalancesResponse::decode(raw.as_slice()).map_err(|e| Error::Invalid(e.to_string()))?;
    let coin =
        |coin: aliquot_proto::Coin| Ok(Coin { amount: Uint128::new(parse_amount(&coin.amount)?), denom: coin.denom });
    page.balances.into_iter().map(coin).collect()
}

fn serve_wasm(ctx: &mut Ctx, query: WasmQuery) -> Result<Answer> {
    Ok(match query {
        WasmQuery::Raw { contract_addr, key } => {
            let address = Address::parse(&contract_addr)?;
            if !CONTRACTS.has(ctx, &address)? {
                return Ok(no_such_contract(contract_addr));
            }
            let key = STATE.key(&(address, key.to_vec()));
            bytes(ctx.read(STATE.at().store, &key)?.unwrap_or_default())
        }
        WasmQuery::ContractInfo { contract_addr } => match CONTRACTS.get(ctx, &Address::parse(&contract_addr)?)? {
            None => no_such_contract(contract_addr),
            Some(info) => {
                let admin = (!info.admin.is_empty()).then(|| Addr::unchecked(info.admin));
                json(&ContractInfoResponse::new(info.code_id, Addr::unchecked(info.creator), admin, false, None))
            }
        },
        WasmQuery::CodeInfo { code_id } => match CODES.get(ctx, &code_id)? {
            None => SystemResult::Err(SystemError::NoSuchCode { code_id }),
            Some(info) => {
                json(&CodeInfoResponse::new(code_id, Addr::unchecked(&info.creator), checksum(&info.code_hash)?))
            }
        },
        _ => unsupported("this wasm query is not served"),
    })
}

pub fn checksum(code_hash: &[u8]) -> Result<Checksum> {
    let checksum = Checksum::try_from(code_hash);
    Ok(checksum.map_err(|_| Error::Invalid("the checksum of a code must have 32 bytes".into()))?)
}
