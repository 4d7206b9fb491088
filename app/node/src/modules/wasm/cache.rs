//! The compiled modules of this node: one cache for the process, on disk and in memory.
//!
//! It changes how long a call takes and never what it computes or costs. What it lacks, after a restart or a sync of
//! state, is compiled again from the code in state.

use super::{
    Error,
    backend::{Api, ContractStorage, Shared},
    querier::{ChainQuerier, checksum},
    state::CODE_BYTES,
    vm::{Instance, Run},
};
use aliquot_sdk::{Error as SdkError, Result, Sdk};
use cosmwasm_std::Checksum;
use cosmwasm_vm::{Backend, CacheOptions, InstanceOptions, Size, VmError, VmResult, capabilities_from_csv};
use std::{
    fs::DirBuilder,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

type Cache = cosmwasm_vm::Cache<Api, ContractStorage, ChainQuerier>;

static CACHE: OnceLock<Cache> = OnceLock::new();

/// What contracts may require of the chain; code that requires more is refused at upload.
const CAPABILITIES: &str = "iterator,stargate,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4,cosmwasm_2_0,cosmwasm_2_1,cosmwasm_2_2,aliquot";
const MODULES: Size = Size::mebi(100);
/// Memory that one instance may grow to.
const INSTANCE: Size = Size::mebi(32);

/// Keeps compiled modules under `dir`, which nobody else may write to: what lies there is run. To be called once, before
/// the first contract; without it they are kept in a directory for this process alone.
pub fn open_cache(dir: &Path) -> Result<()> {
    let cache = open(dir)?;
    Ok(CACHE.set(cache).map_err(|_| Sdk::Logic("the cache of contracts is already open".into()))?)
}

fn open(dir: &Path) -> Result<Cache> {
    let options = CacheOptions::new(dir, capabilities_from_csv(CAPABILITIES), MODULES, INSTANCE);
    // SAFETY: modules are read back from `dir` as code of this process; `open_cache` asks for a directory that is this
    // node's own, and `private_dir` makes one.
    let cache = unsafe { Cache::new(options) };
    cache.map_err(|error| io(&error))
}

fn cache() -> Result<&'static Cache> {
    if CACHE.get().is_none() {
        let cache = open(&private_dir()?)?;
        // Another thread may have been faster; one of the two is as good as the other.
        let _ = CACHE.set(cache);
    }
    Ok(CACHE.get().ok_or_else(|| Sdk::Io("the cache of contracts is not open".into()))?)
}

/// A new directory that only this user may enter.
fn private_dir() -> Result<PathBuf> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let free = (0u32..10_000).map(|n| std::env::temp_dir().join(format!("aliquot-wasm-{}-{n}", std::process::id())));
    let mut made = free.filter(|dir| builder.create(dir).is_ok());
    Ok(made.next().ok_or_else(|| Sdk::Io("no directory for the cache of contracts can be made".into()))?)
}

/// This node's own trouble, which must not become an answer.
fn io(error: &VmError) -> SdkError {
    Sdk::Io(format!("cache of contracts: {error}")).into()
}

fn is_local(error: &VmError) -> bool {
    matches!(error, VmError::CacheErr { .. } | VmError::IntegrityErr { .. })
}

/// Held by whoever writes modules to the disk.
static WRITER: Mutex<()> = Mutex::new(());

/// Checks and compiles new code; gives its checksum. What is not to `persist` leaves no file. Code that is stored already
/// is not written again: the file of a module is mapped into memory by whoever runs it, and writing to it would take the
/// ground from under them.
pub fn store(wasm: &[u8], persist: bool) -> Result<Vec<u8>> {
    store_in(cache()?, wasm, persist)
}

fn store_in(cache: &Cache, wasm: &[u8], persist: bool) -> Result<Vec<u8>> {
    let sum = Checksum::generate(wasm);
    let _alone = WRITER.lock();
    if cache.load_wasm(&sum).is_ok() {
        return Ok(sum.as_slice().to_vec());
    }
    match cache.store_code(wasm, true, persist) {
        Ok(checksum) => Ok(checksum.as_slice().to_vec()),
        Err(error) if is_local(&error) => Err(io(&error)),
        Err(error) => Err(Error::Create(error.to_string()).into()),
    }
}

/// Capabilities that stored code requires, sorted.
pub fn required_capabilities(code_hash: &[u8]) -> Result<Vec<String>> {
    let report = cache()?.analyze(&checksum(code_hash)?).map_err(|error| io(&error))?;
    Ok(report.required_capabilities.into_iter().collect())
}

/// A VM with the code of `run` in it.
pub fn instance(
    shared: &Shared,
    run: &Run,
    code_hash: &[u8],
    backend: impl Fn() -> Backend<Api, ContractStorage, ChainQuerier>,
) -> Result<Instance> {
    let (cache, sum) = (cache()?, checksum(code_hash)?);
    let get =
        || -> VmResult<Instance> { cache.get_instance(&sum, backend(), InstanceOptions { gas_limit: run.gas_limit }) };
    let again = match get() {
        Err(error) if is_local(&error) => {
            let wasm =
                shared.unmetered(|ctx| CODE_BYTES.get(ctx, &run.code_id))?.ok_or(Error::NoSuchCode(run.code_id))?;
            let _alone = WRITER.lock();
            // Another thread may have been here while this one waited.
            match get() {
                Err(error) if is_local(&error) => {
                    cache.store_code(&wasm, false, true).map_err(|error| io(&error))?;
                    get()
                }
                done => done,
            }
        }
        done => done,
    };
    again.map_err(|error| match error {
        // It compiled when it was uploaded.
        VmError::CompileErr { .. } => io(&error),
        error if is_local(&error) => io(&error),
        error => Error::Vm(error.to_string()).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, time::SystemTime};

    fn files(dir: &Path, out: &mut Vec<(PathBuf, SystemTime)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => files(&entry.path(), out),
                false => out.push((entry.path(), entry.metadata().unwrap().modified().unwrap())),
            }
        }
    }

    #[test]
    fn code_that_is_stored_is_never_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(dir.path()).unwrap();
        let wasm = include_bytes!("../../../../../contracts/artifacts/probe.wasm");
        let written = || {
            let mut out = Vec::new();
            files(dir.path(), &mut out);
            out.sort();
            out
        };
        let sum = store_in(&cache, wasm, true).unwrap();
        let before = written();
        assert!(before.len() >= 2, "the code and its module: {before:?}");
        assert_eq!(store_in(&cache, wasm, true).unwrap(), sum);
        assert_eq!(written(), before);
        // What is not to be kept leaves no file.
        assert!(store_in(&cache, &wasm[..100], false).is_err());
        assert_eq!(written(), before);
    }
}
