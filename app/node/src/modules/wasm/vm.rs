//! One call into one contract: gas in, gas out, and what errors of the VM mean.

use super::{
    Error,
    backend::{Api, ContractStorage, Shared},
    cache,
    querier::ChainQuerier,
    state::CODES,
};
use aliquot_sdk::{Address, Ctx, Result, Sdk};
use cosmwasm_std::{Addr, BlockInfo, ContractInfo, ContractResult, Env, Timestamp};
use cosmwasm_vm::{Backend, BackendError, VmError, VmResult};

/// Units of the VM's gas in one of the chain's.
pub const GAS_MULTIPLIER: u64 = 140_000;
/// Loading a contract, however far one node's cache is from another's.
pub const INSTANCE_GAS: u64 = 60_000;

pub fn to_vm(gas: u64) -> u64 {
    gas.saturating_mul(GAS_MULTIPLIER)
}

pub type Instance = cosmwasm_vm::Instance<Api, ContractStorage, ChainQuerier>;

/// Which contract runs, on how much of the VM's gas, and how many queries deep.
pub struct Run<'a> {
    pub contract: &'a Address,
    pub code_id: u64,
    pub gas_limit: u64,
    pub query_depth: u32,
}

/// Calls an entry point. What the contract itself refuses is `Ok(ContractResult::Err)`.
pub fn run<T>(
    shared: &Shared,
    mut run: Run,
    call: impl FnOnce(&mut Instance, &Env) -> VmResult<ContractResult<T>>,
) -> Result<ContractResult<T>> {
    let env = shared.with(|ctx| Ok(env(ctx, run.contract)))?;
    let before = shared.used();
    let code = shared.with(|ctx| CODES.get(ctx, &run.code_id))?.ok_or(Error::NoSuchCode(run.code_id))?;
    let left = run.gas_limit.checked_sub(to_vm(shared.used().saturating_sub(before)));
    run.gas_limit = left.ok_or_else(|| out_of_gas(run.contract))?;
    let backend = || Backend {
        api: Api,
        storage: ContractStorage::new(shared.clone(), *run.contract),
        querier: ChainQuerier::new(shared.clone(), run.query_depth),
    };
    let mut instance = cache::instance(shared, &run, &code.code_hash, backend)?;
    let out = call(&mut instance, &env);
    let gas = instance.create_gas_report();
    // Storage and querier have charged what they did as they did it; what is left to charge is the VM's own work.
    shared.with(|ctx| ctx.charge("wasm contract", gas.used_internally.div_ceil(GAS_MULTIPLIER)))?;
    match out {
        Ok(out) => Ok(out),
        Err(error) if gas.remaining == 0 || is_depletion(&error) => Err(out_of_gas(run.contract).into()),
        Err(error) => Err(Error::Vm(error.to_string()).into()),
    }
}

pub fn out_of_gas(contract: &Address) -> Sdk {
    Sdk::OutOfGas(format!("contract {contract}"))
}

fn is_depletion(error: &VmError) -> bool {
    match error {
        VmError::GasDepletion { .. } => true,
        VmError::BackendErr { source, .. } => *source == BackendError::out_of_gas(),
        _ => false,
    }
}

fn env(ctx: &Ctx, contract: &Address) -> Env {
    let time = &ctx.block.time;
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let nanos = seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.nanos).unwrap_or_default());
    Env {
        block: BlockInfo {
            height: ctx.block.height,
            time: Timestamp::from_nanos(nanos),
            chain_id: ctx.block.chain_id.clone(),
        },
        transaction: None,
        contract: ContractInfo { address: Addr::unchecked(contract.to_string()) },
    }
}

/// Runs `f` on a thread of its own. Queries nest on the native stack, and a node must not depend on how large the stack
/// happens to be of whoever called it.
pub fn on_large_stack<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    const STACK: usize = 64 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("contract".into()).stack_size(STACK).spawn_scoped(scope, f);
        let thread = thread.map_err(|e| Sdk::Io(format!("no thread for a contract: {e}")))?;
        // The context that the thread held is lost with it.
        thread.join().unwrap_or_else(|_| crate::abort("the thread of a contract died"))
    })
}
