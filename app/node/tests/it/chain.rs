//! `TestChain`: one validator without CometBFT. Blocks go through Prepare-, ProcessProposal, FinalizeBlock and Commit of
//! the real application on a real database; after each, every invariant is checked.

use aliquot::{abci, app::App, app::Options, runtime, vrf::SecretKey};
use aliquot_client::{Key, TxBuilder, tx::SignerData};
use aliquot_kernels::Kernel;
use aliquot_proto::{
    Timestamp,
    cosmos::{auth::v1beta1 as auth, base::abci::v1beta1::TxMsgData},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use prost::{Message, Name, bytes::Bytes};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tendermint_proto::v0_38::abci::{
    ExecTxResult, Request, RequestCheckTx, RequestCommit, RequestFinalizeBlock, RequestInfo, RequestInitChain,
    RequestPrepareProposal, RequestProcessProposal, RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo,
    ResponseQuery, request::Value as In, response::Value as Out,
};

pub const CHAIN_ID: &str = "aliquot-test-1";
pub const FUNDS: u128 = 1_000_000_000_000;
pub const FEE: u128 = 5_000;
pub const GAS: u64 = 20_000_000;

pub fn key(name: &str) -> Key {
    use sha2::{Digest, Sha256};
    Key::from_secret(&Sha256::digest(name)).unwrap()
}

pub fn coin(amount: u128) -> aliquot_proto::Coin {
    aliquot_proto::Coin { denom: "ualq".into(), amount: amount.to_string() }
}

/// A block a second.
pub fn time_of(height: u64) -> Timestamp {
    Timestamp { seconds: 1_700_000_000 + height as i64, nanos: 0 }
}

pub struct TestChain {
    pub app: App,
    pub dir: TempDir,
    pub height: u64,
    pub proposer: Vec<u8>,
    /// Heights of history that are kept; none keeps all.
    retain: Option<u64>,
    /// Sequences as the next transaction of each key must carry them.
    sequences: BTreeMap<String, u64>,
    pub last: ResponseFinalizeBlock,
}

/// Accounts that genesis funds.
pub const NAMES: &[&str] = &["alice", "bob", "tenant", "provider", "rival", "authority"];

pub fn consensus_key() -> [u8; 32] {
    [7; 32]
}

pub fn vrf() -> SecretKey {
    SecretKey::from_bytes([9; 32])
}

pub fn genesis() -> Value {
    let b64 = |bytes: &[u8]| STANDARD.encode(bytes);
    let accounts: Vec<Value> = NAMES
        .iter()
        .map(|name| {
            json!({"address": key(name).address(), "coins": [
            {"denom": "ualq", "amount": FUNDS.to_string()}, {"denom": "utest", "amount": FUNDS.to_string()}]})
        })
        .collect();
    let kernels: Vec<Value> = Kernel::ALL
        .iter()
        .map(|k| json!({"name": k.name(), "spec_hash": b64(&k.spec_hash()), "vectors_hash": b64(&k.vectors_hash())}))
        .collect();
    json!({
        "bank": {"balances": accounts},
        "validator": {
            "params": {"authority": key("authority").address(), "epoch_blocks": "10"},
            "validators": [{"consensus_key": b64(&consensus_key()), "operator": key("authority").address(),
                "power": "10", "vrf_key": b64(&vrf().public_key())}],
        },
        "beacon": {"params": {"retain_blocks": "100"}},
        "escrow": {"params": {
            "min_deposits": [{"denom": "ualq", "amount": "1000000"}, {"denom": "utest", "amount": "1000000"}],
            "fee_bps": 333, "fee_stakers_bps": 4000, "fee_community_bps": 3333, "earnings_lag": 20, "max_due": 2000}},
        "compute": {
            "params": {
                "min_bonds": [{"denom": "ualq", "amount": "1000000"}, {"denom": "utest", "amount": "1000000"}], "lock_bps": 20000, "slash_burn_bps": 5000,
                "slash_tenant_bps": 3000, "late_bps": 1000, "job_cancel_bps": 1000, "sample_delay_blocks": 3,
                "open_blocks": 5, "challenge_blocks": 4, "commit_blocks": 10, "default_samples": 16,
                "verify_gas_per_block": "1280000000", "max_chunk_cost": "20000000", "service_lock_blocks": 1000, "service_fault_bps": 500},
            "kernels": kernels,
        },
        "market": {"params": {"min_bid_deposits": [{"denom": "ualq", "amount": "500000"}], "order_max_bids": 4, "bid_window_blocks": 200, "order_ttl_blocks": 200, "min_reclamation_blocks": 0,
            "max_reclamation_blocks": 1000, "early_exit_bps": 2000, "provider_max_leases": 1000}},
        "provider": {"params": {"heartbeat_blocks": 0, "jail_after": 3, "half_life_blocks": 1000}},
        "deployment": {"params": {"block_ms": 1000, "max_groups": 4, "max_inline_input": 65536, "grace_blocks": 10,
            "max_grace_blocks": 100, "retain_blocks": 100000}},
    })
}

impl TestChain {
    pub fn new() -> Self {
        Self::from_genesis(&genesis())
    }

    pub fn from_genesis(state: &Value) -> Self {
        Self::from_genesis_at(state, 1)
    }

    /// A chain whose first block has this height, as one that goes on from an export.
    pub fn from_genesis_at(state: &Value, height: u64) -> Self {
        Self::from_genesis_keeping(state, height, None)
    }

    pub fn from_genesis_keeping(state: &Value, height: u64, retain: Option<u64>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = open(dir.path(), retain);
        let mut chain = TestChain {
            app,
            dir,
            height: height - 1,
            proposer: aliquot::modules::validator::consensus_address(&consensus_key()).to_vec(),
            retain,
            sequences: BTreeMap::new(),
            last: ResponseFinalizeBlock::default(),
        };
        chain.init(state);
        chain
    }

    pub fn init(&mut self, state: &Value) {
        let init = RequestInitChain {
            chain_id: CHAIN_ID.into(),
            initial_height: self.height as i64 + 1,
            app_state_bytes: state.to_string().into_bytes().into(),
            ..RequestInitChain::default()
        };
        assert!(matches!(self.ask(In::InitChain(init)), Out::InitChain(_)));
    }

    pub fn ask(&self, request: In) -> Out {
        abci::handle(&self.app, Request { value: Some(request) }).value.unwrap()
    }

    pub fn info(&self) -> ResponseInfo {
        match self.ask(In::Info(RequestInfo::default())) {
            Out::Info(info) => info,
            other => panic!("{other:?}"),
        }
    }

    /// Stops without Commit and opens the same database again.
    pub fn reopen(self) -> Self {
        let TestChain { app, dir, proposer, retain, sequences, last, .. } = self;
        drop(app);
        let app = open(dir.path(), retain);
        let height = app.db().height();
        TestChain { app, dir, height, proposer, retain, sequences, last }
    }

    /// A signed transaction with the key's next sequence.
    pub fn tx(&mut self, key: &Key, builder: TxBuilder) -> Vec<u8> {
        let sequence = self.sequence(key);
        self.sequences.insert(key.address().into(), sequence + 1);
        self.tx_at(key, builder, sequence)
    }

    pub fn tx_at(&self, key: &Key, builder: TxBuilder, sequence: u64) -> Vec<u8> {
        let builder = if builder.gas_limit == 0 { builder.gas_limit(GAS).fee(coin(FEE)) } else { builder };
        let signer =
            SignerData { chain_id: CHAIN_ID.into(), account_number: self.account(key).account_number, sequence };
        builder.sign(key, &signer).bytes
    }

    pub fn sequence(&self, key: &Key) -> u64 {
        self.sequences.get(key.address()).copied().unwrap_or_else(|| self.account(key).sequence)
    }

    pub fn account(&self, key: &Key) -> auth::BaseAccount {
        let request = auth::QueryAccountInfoRequest { address: key.address().into() };
        // Genesis is not committed before the first block.
        match self.height {
            0 => auth::BaseAccount { account_number: genesis_number(key), ..Default::default() },
            _ => {
                let r: auth::QueryAccountInfoResponse = self.query("/cosmos.auth.v1beta1.Query/AccountInfo", &request);
                r.info.unwrap()
            }
        }
    }

    pub fn check_tx(&self, raw: &[u8]) -> ResponseCheckTx {
        match self.ask(In::CheckTx(RequestCheckTx { tx: raw.to_vec().into(), r#type: 0 })) {
            Out::CheckTx(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// What a proposer would put into the next block.
    pub fn propose(&self, txs: Vec<Vec<u8>>) -> Vec<Bytes> {
        let request = RequestPrepareProposal {
            max_tx_bytes: 4_000_000,
            txs: txs.into_iter().map(Into::into).collect(),
            height: (self.height + 1) as i64,
            proposer_address: self.proposer.clone().into(),
            ..RequestPrepareProposal::default()
        };
        match self.ask(In::PrepareProposal(request)) {
            Out::PrepareProposal(response) => response.txs,
            other => panic!("{other:?}"),
        }
    }

    pub fn accepts(&self, txs: &[Bytes]) -> bool {
        let request = RequestProcessProposal {
            txs: txs.to_vec(),
            height: (self.height + 1) as i64,
            proposer_address: self.proposer.clone().into(),
            ..RequestProcessProposal::default()
        };
        match self.ask(In::ProcessProposal(request)) {
            Out::ProcessProposal(response) => response.status == 1,
            other => panic!("{other:?}"),
        }
    }

    pub fn finalize(&self, txs: &[Bytes]) -> ResponseFinalizeBlock {
        let request = RequestFinalizeBlock {
            txs: txs.to_vec(),
            time: Some(time_of(self.height + 1)),
            height: (self.height + 1) as i64,
            proposer_address: self.proposer.clone().into(),
            ..RequestFinalizeBlock::default()
        };
        match self.ask(In::FinalizeBlock(request)) {
            Out::FinalizeBlock(response) => response,
            other => panic!("{other:?}"),
        }
    }

    pub fn commit(&mut self) {
        assert!(matches!(self.ask(In::Commit(RequestCommit {})), Out::Commit(_)));
        self.height += 1;
    }

    /// Finalizes and commits exactly these transactions, whatever an honest proposer would think of them.
    pub fn force(&mut self, txs: &[Bytes]) -> Vec<ExecTxResult> {
        let response = self.finalize(txs);
        self.commit();
        runtime::check_invariants(&self.app.state_at(0).unwrap()).unwrap();
        self.last = response.clone();
        response.tx_results
    }

    /// One honest block; results of the given transactions, in whatever order they were proposed.
    pub fn block(&mut self, txs: Vec<Vec<u8>>) -> Vec<ExecTxResult> {
        let proposal = self.propose(txs.clone());
        assert!(self.accepts(&proposal), "an honest proposal was rejected");
        let results = self.force(&proposal);
        let mut taken = vec![false; proposal.len()];
        let mut result_of = |raw: &Vec<u8>| {
            let place = (0..proposal.len()).find(|place| !taken[*place] && proposal[*place] == *raw);
            let place = place.expect("an honest proposer leaves this transaction out");
            taken[place] = true;
            results[place].clone()
        };
        txs.iter().map(&mut result_of).collect()
    }

    /// Signs and runs one message in a block of its own, which must succeed.
    pub fn run<M: Name>(&mut self, key: &Key, msg: &M) -> ExecTxResult {
        let tx = self.tx(key, TxBuilder::new().msg(msg));
        let result = self.block(vec![tx]).remove(0);
        assert_eq!(result.code, 0, "{}: {}", M::full_name(), result.log);
        result
    }

    /// Signs and runs one message, which must fail; gives codespace and code.
    pub fn fails<M: Name>(&mut self, key: &Key, msg: &M) -> (String, u32) {
        let tx = self.tx(key, TxBuilder::new().msg(msg));
        let result = self.block(vec![tx]).remove(0);
        assert_ne!(result.code, 0, "{} should have failed", M::full_name());
        (result.codespace, result.code)
    }

    pub fn blocks(&mut self, count: u64) {
        for _ in 0..count {
            self.block(vec![]);
        }
    }

    pub fn try_query<Q: Message>(&self, path: &str, request: &Q, height: u64) -> ResponseQuery {
        let request = RequestQuery {
            data: request.encode_to_vec().into(),
            path: path.into(),
            height: height as i64,
            prove: false,
        };
        match self.ask(In::Query(request)) {
            Out::Query(response) => response,
            other => panic!("{other:?}"),
        }
    }

    pub fn query<Q: Message, R: Message + Default>(&self, path: &str, request: &Q) -> R {
        let response = self.try_query(path, request, 0);
        assert_eq!(response.code, 0, "{path}: {}", response.log);
        assert!(response.height > 0);
        R::decode(response.value).unwrap()
    }

    pub fn balance(&self, address: &str) -> u128 {
        let ctx = self.app.state_at(0).unwrap();
        aliquot::modules::bank::balance(&ctx, &address.parse_address(), "ualq").unwrap()
    }

    /// Names of the events of the last block that are of our own modules, blocks' and transactions' alike.
    pub fn typed_events(&self) -> Vec<String> {
        let of_txs = self.last.tx_results.iter().flat_map(|result| &result.events);
        let all = of_txs.chain(&self.last.events).map(|event| event.r#type.clone());
        all.filter(|kind| kind.starts_with("aliquot.")).collect()
    }

    pub fn export(&self) -> Value {
        runtime::export(&self.app.state_at(0).unwrap()).unwrap()
    }
}

pub trait ParseAddress {
    fn parse_address(&self) -> aliquot_sdk::Address;
}

impl ParseAddress for str {
    fn parse_address(&self) -> aliquot_sdk::Address {
        aliquot_sdk::Address::parse(self).unwrap()
    }
}

fn open(path: &std::path::Path, retain: Option<u64>) -> App {
    let options = Options { vrf_key: Some(vrf()), no_sync: true, retain, ..Options::default() };
    App::open(path, options).unwrap()
}

/// Accounts are numbered in the order of genesis, behind the accounts of modules.
fn genesis_number(key: &Key) -> u64 {
    let modules = aliquot::modules::auth::MODULE_ACCOUNTS.len();
    let place = NAMES.iter().position(|name| self::key(name).address() == key.address()).unwrap();
    (modules + place) as u64
}

pub fn response<R: Message + Default>(result: &ExecTxResult) -> R {
    let data = TxMsgData::decode(result.data.clone()).unwrap();
    R::decode(data.msg_responses[0].value.as_slice()).unwrap()
}
