//! `aliquotd export` and `aliquotd rollback`: the database of a stopped node.

use super::{Globals, config, genesis};
use aliquot::{
    app::{App, Options},
    runtime,
};
use anyhow::{Context, Result};
use serde_json::json;

fn open(globals: &Globals) -> Result<App> {
    let database = config::database(&globals.home()?);
    anyhow::ensure!(database.exists(), "{} is not there: has this node ever run?", database.display());
    let why = "the database does not open: stop the node first";
    App::open(&database, Options::default()).context(why)
}

pub fn export(globals: &Globals) -> Result<()> {
    let app = open(globals)?;
    let ctx = app.state_at(0)?;
    let mut genesis = genesis::File::load(&globals.home()?)?;
    genesis.json["chain_id"] = json!(app.chain_id());
    genesis.json["initial_height"] = json!(app.db().height().saturating_add(1).to_string());
    genesis.json["app_state"] = runtime::export(&ctx)?;
    println!("{}", serde_json::to_string_pretty(&genesis.json)?);
    Ok(())
}

pub fn rollback(globals: &Globals) -> Result<()> {
    let app = open(globals)?;
    let height = app.db().rollback()?;
    let hash = hex::encode_upper(app.db().app_hash());
    println!("the state is at height {height}, app hash {hash}");
    println!("take CometBFT back too, with `cometbft rollback --home {}`", globals.home()?.display());
    Ok(())
}
