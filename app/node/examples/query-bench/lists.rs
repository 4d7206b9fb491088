//! Lists of a million rows: pages from end to end, and the questions that a careless or hostile client asks of them.
//!
//! A process of its own asks and answers, so that its memory is that of pages alone.

use crate::{
    doors::{self, Addresses},
    load::{channel, get, http, unary},
};
use aliquot::{
    app::{App, Options},
    modules::bank::Bank,
    serve,
};
use aliquot_proto::{
    Coin,
    cosmos::{
        bank::v1beta1::{Balance, GenesisState, QueryDenomOwnersRequest, QueryDenomOwnersResponse},
        base::query::v1beta1::{PageRequest, PageResponse},
    },
};
use aliquot_sdk::{Address, Block, Ctx, Mode, Module};
use prost::Message;
use serde_json::Value;
use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

use crate::measure::{
    chain::{CHAIN_ID, genesis},
    row,
};

/// Rows that one import holds.
const CHUNK: usize = 50_000;
const PAGE: u64 = 1_000;
/// Who ask for the largest page there is at the same moment.
const AT_ONCE: usize = 64;
const PATH: &str = "/cosmos.bank.v1beta1.Query/DenomOwners";

pub fn lists(rows: usize) {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), rows);
    let ran = Command::new(env::current_exe().unwrap()).arg("--walk").arg(dir.path()).arg(rows.to_string()).status();
    assert!(ran.unwrap().success());
}

fn address(index: usize) -> Address {
    let mut bytes = [5u8; 20];
    bytes[..8].copy_from_slice(&(index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Address::from_bytes(&bytes).unwrap()
}

/// A chain with so many accounts that hold coins. Each part of the import leaves its own sum as the supply: nothing here
/// asks for it.
fn fill(dir: &Path, rows: usize) {
    let app = App::open(dir, Options { no_sync: true, ..Options::default() }).unwrap();
    for from in (0..rows).step_by(CHUNK) {
        let height = app.db().height() + 1;
        let block = Block { chain_id: CHAIN_ID.into(), height, ..Block::default() };
        let mut ctx = Ctx::new(app.db().latest(), block, Mode::Deliver);
        if from == 0 {
            aliquot::runtime::init(&mut ctx, &genesis(&[])).unwrap();
        }
        let coins = vec![Coin { denom: "ualq".into(), amount: "1000000".into() }];
        let balance = |index| Balance { address: address(index).to_string(), coins: coins.clone() };
        let balances = (from..rows.min(from + CHUNK)).map(balance).collect();
        Bank::init(&mut ctx, GenesisState { balances, ..GenesisState::default() }).unwrap();
        let prepared = app.db().prepare(height, &ctx.take_changes()).unwrap();
        app.db().commit(prepared).unwrap();
    }
}

/// Resident memory of this process in MiB, now (`VmRSS`) or at its highest (`VmHWM`).
fn resident(which: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

struct Lists {
    runtime: Runtime,
    at: Addresses,
    http: reqwest::Client,
}

/// A page as each door gave it.
struct Page {
    rows: usize,
    next: Vec<u8>,
    total: u64,
    took: Duration,
}

impl Lists {
    fn rest(&self, denom: &str, page: &PageRequest) -> Page {
        let (PageRequest { limit, offset, count_total, reverse, .. }, key) = (page, base64(&page.key));
        let url = format!(
            "http://{}/cosmos/bank/v1beta1/denom_owners/{denom}?pagination.limit={limit}&pagination.offset={offset}\
             &pagination.count_total={count_total}&pagination.reverse={reverse}&pagination.key={key}",
            self.at.rest
        );
        let begun = Instant::now();
        let answer = self.runtime.block_on(get(&self.http, url.parse().unwrap()));
        let took = begun.elapsed();
        let json: Value = serde_json::from_slice(&answer).unwrap();
        let next = json["pagination"]["next_key"].as_str().map(unbase64).unwrap_or_default();
        let total = json["pagination"]["total"].as_str().unwrap().parse().unwrap();
        Page { rows: json["denom_owners"].as_array().unwrap().len(), next, total, took }
    }

    fn grpc(&self, channel: &tonic::transport::Channel, denom: &str, page: &PageRequest) -> Page {
        let request = QueryDenomOwnersRequest { denom: denom.into(), pagination: Some(page.clone()) };
        let begun = Instant::now();
        let answer = self.runtime.block_on(unary(channel.clone(), PATH, request.encode_to_vec().into()));
        let took = begun.elapsed();
        let answer = QueryDenomOwnersResponse::decode(answer).unwrap();
        let PageResponse { next_key, total } = answer.pagination.unwrap();
        Page { rows: answer.denom_owners.len(), next: next_key, total, took }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE};
    URL_SAFE.encode(bytes)
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}

/// Every page of a list; gives rows, pages, and the times of the median and the slowest page.
fn walk(ask: impl Fn(&PageRequest) -> Page, reverse: bool) -> (usize, String) {
    let (mut request, mut rows, mut took) = (PageRequest { limit: PAGE, reverse, ..Default::default() }, 0, vec![]);
    loop {
        let page = ask(&request);
        rows += page.rows;
        took.push(page.took);
        if page.next.is_empty() {
            break;
        }
        request.key = page.next;
    }
    took.sort();
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    (rows, format!("{} pages, {} each, slowest {}", took.len(), millis(median), millis(slowest)))
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// In a process of its own: opens the state, walks, asks, and prints what it cost.
pub fn measured(dir: &Path, rows: usize) {
    let app = App::open(dir, Options { no_sync: true, ..Options::default() }).unwrap();
    let runtime = serve::runtime().unwrap();
    let at = doors::real(&runtime, &app);
    let lists = Lists { at, http: http(), runtime };
    let channel = {
        let _inside = lists.runtime.enter();
        channel(at)
    };
    let mut memory = vec![resident("VmRSS")];
    let mut walked = |(held, told): (usize, String), expected: usize| {
        assert_eq!(held, expected);
        memory.push(resident("VmRSS"));
        told
    };
    let first = walked(walk(|page| lists.rest("ualq", page), false), rows);
    let reverse = walked(walk(|page| lists.rest("ualq", page), true), rows);
    let grpc = walked(walk(|page| lists.grpc(&channel, "ualq", page), false), rows);
    let nobodys = walked(walk(|page| lists.rest("nobodys", page), false), 0);
    let name = format!("{rows} denom owners by pages of {PAGE}");
    row(&format!("REST, {name}"), first, format!("reverse: {reverse}"));
    row(&format!("gRPC, {name}"), grpc, format!("a denom that nobody holds, by REST: {nobodys}"));
    fs::write("/proc/self/clear_refs", "5").unwrap();
    questions(&lists, rows);
    at_once(&lists);
    let memory: Vec<String> = memory.iter().map(u64::to_string).collect();
    row(
        "resident memory: opened, after each of the four walks",
        format!("{} MiB", memory.join(", ")),
        format!(
            "then {} at its highest, {} at the end, 128 of it RocksDB's cache",
            resident("VmHWM"),
            resident("VmRSS")
        ),
    );
}

fn questions(lists: &Lists, rows: usize) {
    let base = PageRequest::default();
    for (name, page) in [
        ("the largest limit", PageRequest { limit: u64::MAX, ..base.clone() }),
        ("the largest limit, count_total", PageRequest { limit: u64::MAX, count_total: true, ..base.clone() }),
        ("count_total, reverse", PageRequest { count_total: true, reverse: true, ..base.clone() }),
        ("offset 9,000", PageRequest { offset: 9_000, ..base.clone() }),
        ("the largest offset, count_total, reverse", {
            PageRequest { offset: 9_999, count_total: true, reverse: true, ..base }
        }),
    ] {
        let answer = lists.rest("ualq", &page);
        let next = if answer.next.is_empty() { "no next key" } else { "a next key" };
        let beside = format!("{} rows, total {}, {next}", answer.rows, answer.total);
        row(&format!("REST, {rows} denom owners: {name}"), millis(answer.took), beside);
    }
}

fn at_once(lists: &Lists) {
    let url = format!(
        "http://{}/cosmos/bank/v1beta1/denom_owners/ualq?pagination.limit=18446744073709551615\
         &pagination.count_total=true",
        lists.at.rest
    );
    let begun = Instant::now();
    let bytes: usize = lists.runtime.block_on(async {
        let ask = || {
            tokio::spawn({
                let (http, url) = (lists.http.clone(), url.parse().unwrap());
                async move { get(&http, url).await.len() }
            })
        };
        let asked: Vec<_> = (0..AT_ONCE).map(|_| ask()).collect();
        let mut bytes = 0;
        for answer in asked {
            bytes += answer.await.unwrap();
        }
        bytes
    });
    let name = format!("REST, {AT_ONCE} at once: the largest limit, count_total");
    row(&name, format!("{} for all", millis(begun.elapsed())), format!("{} KiB of answers", bytes / 1024));
}
