//! A module is a unit struct with this one trait; the chain is a list of them, erased to function pointers.

use crate::{
    collections::At,
    ctx::Ctx,
    error::{Result, Sdk},
    routes::Routes,
};
use aliquot_proto::json;
use prost::{Message, Name};
use serde_json::Value;

/// A law that holds after every block: its name, and a check that says in words what is broken.
pub type Invariant = (&'static str, fn(&Ctx) -> Result<(), String>);

pub trait Module: 'static {
    const NAME: &'static str;
    const SCHEMA: &'static [At];
    const INVARIANTS: &'static [Invariant] = &[];
    type Genesis: Message + Name + Default;

    fn routes(routes: &mut Routes);
    fn init(ctx: &mut Ctx, genesis: Self::Genesis) -> Result<()>;
    fn export(ctx: &Ctx) -> Result<Self::Genesis>;
    fn begin_block(_: &mut Ctx) -> Result<()> {
        Ok(())
    }
    fn end_block(_: &mut Ctx) -> Result<()> {
        Ok(())
    }
}

/// A module, erased. The order of the list of entries is the order of genesis, blocks and calls.
pub struct Entry {
    pub name: &'static str,
    pub schema: &'static [At],
    pub invariants: &'static [Invariant],
    pub routes: fn(&mut Routes),
    /// Genesis state as JSON, in the form that `export` gives.
    pub init: fn(&mut Ctx, &Value) -> Result<()>,
    pub export: fn(&Ctx) -> Result<Value>,
    pub begin_block: fn(&mut Ctx) -> Result<()>,
    pub end_block: fn(&mut Ctx) -> Result<()>,
}

pub const fn entry<M: Module>() -> Entry {
    Entry {
        name: M::NAME,
        schema: M::SCHEMA,
        invariants: M::INVARIANTS,
        routes: M::routes,
        init: |ctx, value| {
            let genesis = json::from_json(value)
                .map_err(|e| Sdk::InvalidRequest(format!("genesis of module {}: {e}", M::NAME)))?;
            ctx.open_store(M::NAME)?;
            M::init(ctx, genesis)
        },
        export: |ctx| {
            let genesis = M::export(ctx)?;
            json::to_json(&genesis).map_err(|e| Sdk::Logic(format!("genesis of module {}: {e}", M::NAME)).into())
        },
        begin_block: M::begin_block,
        end_block: M::end_block,
    }
}
