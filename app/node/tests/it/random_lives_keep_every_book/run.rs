//! One run: blocks of random transactions until so many messages were sent, and what must hold in between.

use super::{
    books::Books,
    cast::Cast,
    life::Life,
    mirror::Change,
    pair::{Disturbance, Pair},
    spoil,
    tally::Tally,
    transactions::{self, Sent},
};
use aliquot::{modules::beacon, runtime};
use aliquot_proto::{beacon::v1::MsgBeacon, escrow::v1 as escrow};
use aliquot_sdk::{Ctx, ModuleError, Sdk};
use prost::{Name, bytes::Bytes};
use prost_reflect::DynamicMessage;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::Instant,
};

/// Blocks between two walks over the whole state.
const WALK: u64 = 500;
/// Blocks that are told of when something breaks.
const TOLD: usize = 3;
/// Messages after which every one of the chain must have succeeded.
const ENOUGH: u64 = 10_000;

pub struct Run {
    life: Life,
    pair: Pair,
    books: Books,
    tally: Tally,
    seed: u64,
    started: Instant,
    last_blocks: VecDeque<(u64, Vec<Sent>)>,
}

impl Run {
    pub fn new(seed: u64) -> Self {
        let cast = Cast::new();
        let pair = Pair::new(&cast.genesis());
        let life = Life::new(seed, cast);
        let (books, tally, last_blocks) = (Books::default(), Tally::default(), VecDeque::new());
        let mut run = Run { life, pair, books, tally, seed, started: Instant::now(), last_blocks };
        // Genesis is committed with the first block.
        run.block(vec![]);
        run
    }

    pub fn go(&mut self, operations: u64) {
        let mut exported = false;
        let mut told = 0;
        while self.tally.operations < operations {
            let messages = self.life.number(15..60);
            self.send(messages);
            if self.pair.first.height.is_multiple_of(WALK) {
                self.walk();
            }
            if !exported && self.tally.operations >= operations / 2 {
                exported = true;
                self.pair.inherit();
            }
            if self.tally.operations / 50_000 > told {
                told = self.tally.operations / 50_000;
                println!("{}", self.pace());
            }
        }
        self.walk();
        self.pair.inherit();
        while self.pair.has_heir() {
            self.send(20);
        }
        self.walk();
        if operations >= ENOUGH {
            self.tally.check();
        }
    }

    fn send(&mut self, messages: usize) {
        // An imported chain takes a little more or less gas: it lacks the hints of a past that it has not seen.
        self.life.ample_gas = self.pair.has_heir();
        let sent = transactions::draw(&mut self.life, messages);
        self.block(sent);
    }

    fn block(&mut self, sent: Vec<Sent>) {
        let raws = sent.iter().map(|sent| sent.raw.clone()).collect();
        self.last_blocks.push_back((self.pair.first.height + 1, sent));
        self.last_blocks.drain(..self.last_blocks.len().saturating_sub(TOLD));
        let mut proposal = self.pair.first.propose(raws);
        assert!(self.pair.accepts(&proposal), "an honest proposal was rejected");
        self.corrupt(&mut proposal);
        let disturbance = match self.life.number(0..400) {
            // Genesis that was not committed is given anew by InitChain, which is tested elsewhere.
            _ if self.pair.first.height == 0 => Disturbance::Nothing,
            0 => Disturbance::Stop,
            1 => Disturbance::Restart,
            2 => Disturbance::RollBack,
            _ => Disturbance::Nothing,
        };
        self.pair.block(&proposal, disturbance);
        self.count(&proposal);
        self.follow();
    }

    /// What no honest proposer does: the beacon item left out, bytes that are no transaction. The blocks run all the same,
    /// as they do for those who sync.
    fn corrupt(&mut self, proposal: &mut Vec<Bytes>) {
        if self.life.chance(1) && !proposal.is_empty() {
            proposal.remove(0);
            self.pair.accepts(proposal);
        }
        let any = self.last_blocks.back().and_then(|(_, sent)| sent.first()).map(|sent| sent.raw.clone());
        if let Some(raw) = any.filter(|_| self.life.chance(4)) {
            proposal.push(spoil::bytes(&mut self.life, raw).into());
            self.pair.accepts(proposal);
        }
    }

    /// Counts what came of each message, and lets nothing be set aside.
    fn count(&mut self, proposal: &[Bytes]) {
        let last = &self.pair.first.last;
        assert_eq!(last.tx_results.len(), proposal.len());
        let (_, sent) = self.last_blocks.back().unwrap();
        let sent: BTreeMap<&[u8], &Sent> = sent.iter().map(|sent| (sent.raw.as_slice(), sent)).collect();
        for (raw, result) in proposal.iter().zip(&last.tx_results) {
            if beacon::is_item(raw) {
                self.tally.message(&MsgBeacon::type_url(), result.code == 0);
                continue;
            }
            let urls = sent.get(raw.as_ref()).map_or(vec![], |sent| sent.msgs.clone());
            self.tally.operations += urls.len() as u64;
            self.tally.transactions += 1;
            urls.iter().for_each(|msg| self.tally.message(&msg.type_url, result.code == 0));
            if result.code != 0 {
                self.tally.error(&result.codespace, result.code);
            }
            let internal = result.codespace == "sdk" && result.code == Sdk::Logic(String::new()).code();
            assert!(!internal, "an error that must not happen: {}", result.log);
        }
        let mut kinds = last.events.iter().map(|event| &event.r#type);
        let aside = kinds.find(|kind| *kind == "quarantined");
        assert!(aside.is_none(), "something was set aside: {:?}", last.events);
    }

    /// Brings mirror and books to the new state.
    fn follow(&mut self) {
        let chain = &self.pair.first;
        let height = chain.height;
        let after = chain.app.state_at(0).unwrap();
        let before = (height > 1).then(|| chain.app.state_at(height - 1).unwrap());
        let read = |ctx: &Ctx, store, key: &[u8]| ctx.read(store, key).unwrap();
        self.life.mirror.height = height;
        for (store, key) in chain.app.db().changed().unwrap() {
            let old = before.as_ref().and_then(|before| read(before, store, &key));
            let new = read(&after, store, &key);
            let change = Change { store, key, old, new };
            self.books.follow(&change);
            self.life.mirror.follow(&change);
        }
        self.books.check(height);
    }

    /// Everything once more from the whole state.
    fn walk(&mut self) {
        let chain = &self.pair.first;
        let ctx = chain.app.state_at(0).unwrap();
        runtime::check_invariants(&ctx).unwrap();
        let mut walked = Books::of(&ctx);
        walked.check(chain.height);
        assert!(walked == self.books, "the books drifted: {:?} and, from the state, {walked:?}", self.books);
        let request = escrow::QueryAuditRequest {};
        let audit: escrow::QueryAuditResponse = chain.query("/aliquot.escrow.v1.Query/Audit", &request);
        assert!(audit.balanced, "{audit:?}");
    }

    fn pace(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let Tally { operations, .. } = self.tally;
        let height = self.pair.first.height;
        format!("{operations} operations in {height} blocks, {seconds:.0} s: {:.0}/s", operations as f64 / seconds)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.tally)?;
        write!(f, "seed {}: {}", self.seed, self.pace())
    }
}

/// Tells how to see it again, and what was sent last.
impl Drop for Run {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("ALIQUOT_SIM_SEED={} at height {}", self.seed, self.pair.first.height + 1);
        let pool = aliquot_proto::descriptors();
        for (height, sent) in &self.last_blocks {
            for (signer, msg) in sent.iter().flat_map(|sent| sent.msgs.iter().map(|msg| (&sent.signer, msg))) {
                let descriptor = pool.get_message_by_name(msg.type_url.trim_start_matches('/'));
                let decoded = descriptor.and_then(|d| DynamicMessage::decode(d, msg.value.as_slice()).ok());
                let text = decoded.map(|message| message.to_string()).unwrap_or_default();
                eprintln!("{height} {signer} {} {text:.600}", msg.type_url);
            }
        }
    }
}
