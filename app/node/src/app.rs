//! The application behind ABCI: three states and what moves between them.
//!
//! Consensus works on an overlay over the newest committed state, CheckTx on another that is reset at Commit, queries on
//! snapshots. None waits for another's lock. A block's writes, its undo log, its Merkle pages and its height reach the
//! disk in one synced batch at Commit; whatever stops the program before leaves the block before.

use crate::{
    ante::{self, Gate, Policy},
    deliver::{self, Outcome},
    modules::{beacon, compute, validator},
    proposal,
    runtime::{self, MODULES},
    services::{self, comet::Comet},
    signatures::Signatures,
    stats::Stats,
    vrf,
};
use aliquot_proto::Timestamp;
use aliquot_proto::validator::v1::Validator;
use aliquot_sdk::{Block, Ctx, Event, Mode, Result, Sdk, SealedRoutes, Tx};
use aliquot_store::{Changes, Config, Db, Prepared};
use serde_json::Value;
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

/// How a node is run; nothing here may change what the chain computes.
#[derive(Default)]
pub struct Options {
    pub policy: Policy,
    /// Heights of history kept for queries; none keeps all.
    pub retain: Option<u64>,
    /// The VRF key of a validator; without it the node's blocks carry no beacon item.
    pub vrf_key: Option<vrf::SecretKey>,
    /// The CometBFT to ask for what only it knows; without it those queries are unavailable.
    pub comet: Option<Comet>,
    /// Refuses to write at Commit whatever is not synced to the disk; tests turn it off for speed.
    pub no_sync: bool,
}

/// Cheap to clone: one per connection.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    routes: &'static SealedRoutes,
    signatures: Signatures,
    policy: Policy,
    retain: Option<u64>,
    vrf_key: Option<vrf::SecretKey>,
    comet: Option<Comet>,
    stats: Stats,
    chain_id: Mutex<String>,
    /// Writes of InitChain, which belong to the first block.
    genesis: Mutex<Option<Changes>>,
    /// The finalized block, waiting for Commit.
    prepared: Mutex<Option<Prepared>>,
    check: Mutex<Option<Ctx>>,
}

/// A block to run.
pub struct BlockInput<'a> {
    pub height: u64,
    pub time: Timestamp,
    pub proposer: &'a [u8],
    pub txs: &'a [prost::bytes::Bytes],
}

/// What running a block gave.
pub struct BlockOutput {
    pub outcomes: Vec<Outcome>,
    pub events: Vec<Event>,
    pub updates: Vec<Validator>,
    pub app_hash: [u8; 32],
}

/// A lock that a panicking thread left behind means a broken state: the process is already on its way down.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|_| crate::abort("a thread died holding the state"))
}

impl App {
    /// Opens the database under `path`. Refuses kernels or routes that do not fit the chain.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        let config =
            Config { stores: runtime::stores(), retain: options.retain, sync: !options.no_sync, ..Config::default() };
        let db = Db::open(path, config)?;
        let app = App(Arc::new(Inner {
            db,
            routes: runtime::routes()?,
            signatures: Signatures::default(),
            policy: options.policy,
            retain: options.retain,
            vrf_key: options.vrf_key,
            comet: options.comet,
            stats: Stats::default(),
            chain_id: Mutex::default(),
            genesis: Mutex::default(),
            prepared: Mutex::default(),
            check: Mutex::default(),
        }));
        let ctx = Ctx::new(app.0.db.latest(), Block::default(), Mode::Query);
        compute::check_kernels(&ctx)?;
        *lock(&app.0.chain_id) = runtime::CHAIN_ID.load_or_default(&ctx)?;
        Ok(app)
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn routes(&self) -> &'static SealedRoutes {
        self.0.routes
    }

    pub fn signatures(&self) -> &Signatures {
        &self.0.signatures
    }

    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Heights of history kept for queries; none keeps all.
    pub fn retain(&self) -> Option<u64> {
        self.0.retain
    }

    pub fn comet(&self) -> Result<&Comet> {
        Ok(self.0.comet.as_ref().ok_or(services::Error::NoComet)?)
    }

    pub fn stats(&self) -> &Stats {
        &self.0.stats
    }

    pub fn chain_id(&self) -> String {
        lock(&self.0.chain_id).clone()
    }

    fn gate(&self) -> Gate<'_> {
        Gate { routes: self.0.routes, signatures: &self.0.signatures, policy: &self.0.policy }
    }

    /// A context over the newest committed state, as the block after it would see it.
    fn next_ctx(&self, mode: Mode) -> Result<Ctx> {
        let height = self.0.db.height().saturating_add(1);
        let mut ctx =
            Ctx::new(self.0.db.latest(), Block { chain_id: self.chain_id(), height, ..Block::default() }, mode);
        if let Some(genesis) = lock(&self.0.genesis).as_ref() {
            ctx.apply(genesis)?;
        }
        ctx.block.time = runtime::TIME.load_or_default(&ctx)?;
        Ok(ctx)
    }

    /// Fills the state from genesis. Nothing is written yet: CometBFT may call it again after a crash.
    pub fn init_chain(
        &self,
        chain_id: &str,
        initial_height: u64,
        app_state: &Value,
    ) -> Result<(Vec<Validator>, [u8; 32])> {
        *lock(&self.0.chain_id) = chain_id.into();
        *lock(&self.0.genesis) = None;
        let height = initial_height.max(1);
        let block = Block { chain_id: chain_id.into(), height, ..Block::default() };
        let mut ctx = Ctx::new(self.0.db.latest(), block, Mode::Deliver);
        runtime::init(&mut ctx, app_state)?;
        let validators = validator::all(&ctx)?;
        let changes = ctx.take_changes();
        let app_hash = self.0.db.prepare(height, &changes)?.app_hash();
        *lock(&self.0.genesis) = Some(changes);
        *lock(&self.0.check) = None;
        Ok((validators, app_hash))
    }

    /// Runs the ante over the state that follows the newest block and the transactions checked since.
    pub fn check_tx(&self, raw: &[u8]) -> Result<Outcome> {
        let tx = match aliquot_sdk::decode_tx(raw) {
            Ok(tx) => tx,
            Err(error) => return Ok(Outcome { error: Some(error), ..Outcome::default() }),
        };
        let mut check = lock(&self.0.check);
        if check.is_none() {
            *check = Some(self.next_ctx(Mode::Check)?);
        }
        let ctx = check.as_mut().ok_or_else(|| Sdk::Logic("no check state".into()))?;
        let out = deliver::check(ctx, &self.gate(), &tx);
        stop_on_io(&out)?;
        if out.error.is_none() {
            self.0.signatures.note_tx(tx.hash);
        }
        Ok(out)
    }

    /// Runs a transaction to its end and keeps nothing: what it would cost.
    pub fn simulate(&self, tx: &Tx) -> Result<Outcome> {
        let mut ctx = self.state_at(0)?;
        ctx.mode = Mode::Simulate;
        ctx.block.height = ctx.block.height.saturating_add(1);
        Ok(deliver::deliver_tx(&mut ctx, &self.gate(), tx))
    }

    /// The transactions of a proposal: the beacon item, then what fits of those offered.
    pub fn prepare_proposal(&self, block: &BlockInput, max_bytes: usize) -> Result<Vec<prost::bytes::Bytes>> {
        let ctx = self.block_ctx(block)?;
        let mut out = Vec::with_capacity(block.txs.len().saturating_add(1));
        let mut size = 0usize;
        if let Some(item) = self.beacon_item(&ctx)?.filter(|item| item.len() <= max_bytes) {
            size = item.len();
            out.push(item.into());
        }
        let mut gas = 0;
        let fits = |tx: &Tx| {
            // A protobuf field in a block costs a tag and a length of at most four bytes beside the bytes.
            let total = size.saturating_add(tx.size).saturating_add(5);
            let Some(next) = ante::fits_block(gas, tx.auth.fee.as_ref()).filter(|_| total <= max_bytes) else {
                return false;
            };
            (gas, size) = (next, total);
            true
        };
        let places = proposal::order(&deliver::decode_all(block.txs), self.0.routes, &self.0.policy, fits);
        let taken = places.into_iter().filter_map(|place| block.txs.get(place));
        out.extend(taken.filter(|raw| !beacon::is_item(raw)).cloned());
        Ok(out)
    }

    /// The item that this node's key makes for the block of `ctx`; none when it may not, or cannot: a proposer may omit.
    fn beacon_item(&self, ctx: &Ctx) -> Result<Option<Vec<u8>>> {
        let Some(key) = self.0.vrf_key.as_ref().filter(|key| carries_item(ctx, key)) else { return Ok(None) };
        match key.prove(&beacon::alpha(ctx)?) {
            Ok(proof) => Ok(Some(beacon::item(&ctx.block.proposer, &proof))),
            Err(error) => {
                tracing::error!(%error, "the beacon item is left out");
                Ok(None)
            }
        }
    }

    /// Whether a proposal may become a block: beacon items valid and in their place, gas within the limit.
    pub fn process_proposal(&self, block: &BlockInput) -> Result<bool> {
        let ctx = self.block_ctx(block)?;
        let mut gas = Some(0);
        for (index, (raw, tx)) in block.txs.iter().zip(deliver::decode_all(block.txs)).enumerate() {
            if beacon::is_item(raw) {
                if index > 0 {
                    return Ok(false);
                }
                match beacon::check(&ctx, raw) {
                    Err(error) if error.is_io() => return Err(error),
                    Err(_) => return Ok(false),
                    Ok(_) => {}
                }
            }
            let Ok(tx) = tx else { return Ok(false) };
            gas = gas.and_then(|gas| ante::fits_block(gas, tx.auth.fee.as_ref()));
        }
        Ok(gas.is_some())
    }

    fn block_ctx(&self, block: &BlockInput) -> Result<Ctx> {
        let mut ctx = self.next_ctx(Mode::Deliver)?;
        ctx.block.height = block.height;
        ctx.block.time = block.time;
        ctx.block.proposer = block.proposer.to_vec();
        Ok(ctx)
    }

    /// Runs a block. The same block gives the same output however often it is run; nothing is written before Commit.
    pub fn finalize_block(&self, block: &BlockInput) -> Result<BlockOutput> {
        let mut ctx = self.block_ctx(block)?;
        let txs = deliver::decode_all(block.txs);
        self.verify_ahead(&txs);
        let first = block.txs.first().map(AsRef::as_ref);
        runtime::TIME.set(&mut ctx, &block.time)?;
        let beacon = deliver::advance_beacon(&mut ctx, first)?;
        for module in MODULES {
            (module.begin_block)(&mut ctx)?;
        }
        let mut events = ctx.take_events();
        let mut outcomes = Vec::with_capacity(txs.len());
        let skip = usize::from(beacon.is_some());
        outcomes.extend(beacon);
        for tx in txs.iter().skip(skip) {
            let out = deliver::deliver(&mut ctx, &self.gate(), tx);
            stop_on_io(&out)?;
            outcomes.push(out);
        }
        for module in MODULES {
            (module.end_block)(&mut ctx)?;
        }
        events.append(&mut ctx.take_events());
        let updates = validator::take_updates(&mut ctx)?;
        let reads = ctx.take_reads();
        let prepared = self.0.db.prepare(block.height, &ctx.take_changes())?.keeping(reads);
        let app_hash = prepared.app_hash();
        *lock(&self.0.prepared) = Some(prepared);
        Ok(BlockOutput { outcomes, events, updates, app_hash })
    }

    /// Verifies side by side the signatures that CheckTx has not seen, so that execution finds them remembered.
    fn verify_ahead(&self, txs: &[Result<Tx>]) {
        use rayon::prelude::*;
        let unseen: Vec<&Tx> = txs.iter().flatten().filter(|tx| !self.0.signatures.has_tx(&tx.hash)).collect();
        unseen.par_chunks(64).for_each(|txs| {
            let Ok(ctx) = self.next_ctx(Mode::Query) else { return };
            for tx in txs {
                for claim in ante::claims(&ctx, self.0.routes, tx) {
                    let _ = self.0.signatures.verify(&claim); // refused when it is executed
                }
            }
        });
    }

    /// Makes the finalized block durable.
    pub fn commit(&self) -> Result<u64> {
        let prepared = lock(&self.0.prepared).take();
        let prepared = prepared.ok_or_else(|| Sdk::Logic("Commit without FinalizeBlock".into()))?;
        let height = prepared.height();
        // CheckTx must not read the new state through the overlay of the old one.
        let mut check = lock(&self.0.check);
        self.0.db.commit(prepared)?;
        *lock(&self.0.genesis) = None;
        *check = None;
        Ok(height)
    }

    /// A context over the state of a height (0: the newest) for queries, with the height it is of. Takes no lock that
    /// consensus holds while it works.
    pub fn state_at(&self, height: u64) -> Result<Ctx> {
        let latest = self.0.db.latest();
        let height = if height == 0 { latest.height() } else { height };
        let block = Block { height, ..Block::default() };
        let mut ctx = match self.0.db.snapshot(height) {
            _ if height == latest.height() => Ctx::new(latest, block, Mode::Query),
            Some(snapshot) => Ctx::new(snapshot, block, Mode::Query),
            None => Ctx::new(self.0.db.at(height).map_err(not_kept)?, block, Mode::Query),
        };
        ctx.block.chain_id = runtime::CHAIN_ID.load_or_default(&ctx)?;
        ctx.block.time = runtime::TIME.load_or_default(&ctx)?;
        Ok(ctx)
    }
}

/// A height that is not there is the asker's mistake, not the disk's.
fn not_kept(error: aliquot_store::Error) -> aliquot_sdk::Error {
    match error {
        aliquot_store::Error::Future(_) | aliquot_store::Error::Pruned(_) => {
            Sdk::InvalidHeight(error.to_string()).into()
        }
        error => error.into(),
    }
}

/// Whether a proposer with this key should carry an item: it is the key in state, and awake.
fn carries_item(ctx: &Ctx, key: &vrf::SecretKey) -> bool {
    let address = <[u8; 20]>::try_from(ctx.block.proposer.as_slice()).unwrap_or_default();
    let ours = validator::vrf_key(ctx, &address).ok().flatten().is_some_and(|known| known == key.public_key());
    ours && beacon::is_awake(ctx).unwrap_or(false)
}

/// An outcome that came of a failing database is this node's alone: it must stop before others disagree.
fn stop_on_io(out: &Outcome) -> Result<()> {
    match &out.error {
        Some(error) if error.is_io() => Err(error.clone()),
        _ => Ok(()),
    }
}
