//! The chain, as a list: its order is the order of genesis, of blocks and of calls.

use crate::modules::{
    audit::Audit, auth::Auth, authz::Authz, bank::Bank, beacon::Beacon, compute::Compute, deployment::Deployment,
    escrow::Escrow, feegrant::Feegrant, market::Market, provider::Provider, validator::Validator, wasm::Wasm,
};
use aliquot_proto::Timestamp;
use aliquot_sdk::{Ctx, Entry, Item, Result, Routes, Sdk, SealedRoutes, Store, entry};
use serde_json::{Map, Value};
use std::sync::LazyLock;

pub static MODULES: &[Entry] = &[
    entry::<Auth>(),
    entry::<Bank>(),
    entry::<Authz>(),
    entry::<Feegrant>(),
    entry::<Validator>(),
    entry::<Beacon>(),
    entry::<Provider>(),
    entry::<Audit>(),
    entry::<Escrow>(),
    entry::<Compute>(),
    entry::<Market>(),
    entry::<Deployment>(),
    entry::<Wasm>(),
];

/// Services of the Cosmos SDK that are answered; those of our own modules follow from the list.
const COSMOS_SERVICES: &[&str] = &[
    "cosmos.auth.v1beta1.Query",
    "cosmos.auth.v1beta1.Msg",
    "cosmos.authz.v1beta1.Query",
    "cosmos.authz.v1beta1.Msg",
    "cosmos.feegrant.v1beta1.Query",
    "cosmos.feegrant.v1beta1.Msg",
    "cosmos.bank.v1beta1.Query",
    "cosmos.bank.v1beta1.Msg",
    "cosmwasm.wasm.v1.Query",
    "cosmwasm.wasm.v1.Msg",
];
const COSMOS_MODULES: &[&str] = &["auth", "authz", "feegrant", "bank", "wasm"];

/// Every RPC's handler, held against the descriptors; an error keeps the node from starting.
pub static ROUTES: LazyLock<Result<SealedRoutes, String>> = LazyLock::new(|| {
    let mut routes = Routes::default();
    let mut services: Vec<String> = COSMOS_SERVICES.iter().map(|s| s.to_string()).collect();
    let pool = aliquot_proto::descriptors();
    for module in MODULES {
        (module.routes)(&mut routes);
        if !COSMOS_MODULES.contains(&module.name) {
            let ours = ["Msg", "Query"].map(|kind| format!("aliquot.{}.v1.{kind}", module.name));
            services.extend(ours.into_iter().filter(|name| pool.get_service_by_name(name).is_some()));
        }
    }
    routes.seal(pool, &services)
});

pub fn routes() -> Result<&'static SealedRoutes> {
    ROUTES.as_ref().map_err(|error| Sdk::Logic(format!("routes are not complete: {error}")).into())
}

/// What belongs to the chain as a whole and to no module.
const CHAIN: &str = "chain";
/// Blocks do not name their chain; signatures and randomness do.
pub const CHAIN_ID: Item<String> = Store::new(CHAIN).item(0);
/// Time of the newest block, for queries: those of contracts are asked with it.
pub const TIME: Item<Timestamp> = Store::new(CHAIN).item(1);

/// Names of the subtrees of the state.
pub fn stores() -> Vec<&'static str> {
    MODULES.iter().map(|module| module.name).chain([CHAIN]).collect()
}

/// Fills the state from the `app_state` of a genesis file.
pub fn init(ctx: &mut Ctx, app_state: &Value) -> Result<()> {
    let state = app_state.as_object().ok_or_else(|| Sdk::InvalidRequest("app_state must be a JSON object".into()))?;
    if let Some(unknown) = state.keys().find(|key| MODULES.iter().all(|module| module.name != key.as_str())) {
        return Err(Sdk::InvalidRequest(format!("app_state has a part for {unknown:?}, which is no module")).into());
    }
    let chain_id = ctx.block.chain_id.clone();
    ctx.open_store(CHAIN)?;
    CHAIN_ID.set(ctx, &chain_id)?;
    let nothing = Value::Object(Map::new());
    for module in MODULES {
        (module.init)(ctx, state.get(module.name).unwrap_or(&nothing))?;
    }
    Ok(())
}

/// The whole state as an `app_state`.
pub fn export(ctx: &Ctx) -> Result<Value> {
    let mut out = Map::new();
    for module in MODULES {
        out.insert(module.name.into(), (module.export)(ctx)?);
    }
    Ok(Value::Object(out))
}

/// The first broken law, if any. Walks the whole state: for tests and operators.
pub fn check_invariants(ctx: &Ctx) -> Result<(), String> {
    for (name, check) in MODULES.iter().flat_map(|module| module.invariants) {
        check(ctx).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}
