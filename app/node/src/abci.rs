//! ABCI 0.38: one match, requests in, responses out. What the requests mean is in `app.rs`.
//!
//! An error below means that this node can no longer compute what the others do: it says so and stops.

use crate::{
    app::{App, BlockInput},
    deliver::abci_events,
    query,
};
use aliquot_proto::validator::v1::Validator;
use aliquot_sdk::Error;
use serde_json::Value as Json;
use std::time::Instant;
use tendermint_abci::Application;
use tendermint_proto::{
    crypto::{PublicKey, public_key},
    v0_38::abci::{
        Request, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain, RequestPrepareProposal,
        RequestProcessProposal, RequestQuery, Response, ResponseCheckTx, ResponseCommit, ResponseException,
        ResponseFinalizeBlock, ResponseInfo, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal,
        ResponseQuery, ValidatorUpdate, request::Value as In, response::Value as Out,
        response_process_proposal::ProposalStatus,
    },
};

/// Answers one request.
pub fn handle(app: &App, request: Request) -> Response {
    let value = match request.value {
        None => Out::Exception(ResponseException { error: "empty request".into() }),
        Some(In::Echo(r)) => Out::Echo(app.echo(r)),
        Some(In::Flush(_)) => Out::Flush(app.flush()),
        Some(In::Info(r)) => Out::Info(app.info(r)),
        Some(In::InitChain(r)) => Out::InitChain(Application::init_chain(app, r)),
        Some(In::Query(r)) => Out::Query(Application::query(app, r)),
        Some(In::CheckTx(r)) => Out::CheckTx(Application::check_tx(app, r)),
        Some(In::PrepareProposal(r)) => Out::PrepareProposal(Application::prepare_proposal(app, r)),
        Some(In::ProcessProposal(r)) => Out::ProcessProposal(Application::process_proposal(app, r)),
        Some(In::FinalizeBlock(r)) => Out::FinalizeBlock(Application::finalize_block(app, r)),
        Some(In::Commit(_)) => Out::Commit(Application::commit(app)),
        Some(In::ExtendVote(r)) => Out::ExtendVote(app.extend_vote(r)),
        Some(In::VerifyVoteExtension(r)) => Out::VerifyVoteExtension(app.verify_vote_extension(r)),
        Some(In::ListSnapshots(_)) => Out::ListSnapshots(app.list_snapshots()),
        Some(In::OfferSnapshot(r)) => Out::OfferSnapshot(app.offer_snapshot(r)),
        Some(In::LoadSnapshotChunk(r)) => Out::LoadSnapshotChunk(app.load_snapshot_chunk(r)),
        Some(In::ApplySnapshotChunk(r)) => Out::ApplySnapshotChunk(app.apply_snapshot_chunk(r)),
    };
    Response { value: Some(value) }
}

fn or_stop<T>(what: &str, result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| crate::abort(&format!("{what}: {error}")))
}

fn height(raw: i64) -> u64 {
    u64::try_from(raw).unwrap_or_default()
}

fn update(validator: &Validator) -> ValidatorUpdate {
    let sum = Some(public_key::Sum::Ed25519(validator.consensus_key.clone()));
    let power = i64::try_from(validator.power).unwrap_or(i64::MAX);
    ValidatorUpdate { pub_key: Some(PublicKey { sum }), power }
}

impl Application for App {
    fn info(&self, _: RequestInfo) -> ResponseInfo {
        let (height, app_hash) = (self.db().height(), self.db().app_hash());
        ResponseInfo {
            data: "aliquot".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            app_version: 1,
            last_block_height: i64::try_from(height).unwrap_or(i64::MAX),
            last_block_app_hash: if height == 0 { Default::default() } else { app_hash.to_vec().into() },
        }
    }

    fn init_chain(&self, r: RequestInitChain) -> ResponseInitChain {
        let state: Json = serde_json::from_slice(&r.app_state_bytes)
            .unwrap_or_else(|e| crate::abort(&format!("app_state of the genesis file is not JSON: {e}")));
        let done = App::init_chain(self, &r.chain_id, height(r.initial_height), &state);
        let (validators, app_hash) = or_stop("genesis", done);
        ResponseInitChain {
            consensus_params: r.consensus_params,
            validators: validators.iter().map(update).collect(),
            app_hash: app_hash.to_vec().into(),
        }
    }

    fn query(&self, r: RequestQuery) -> ResponseQuery {
        let begun = Instant::now();
        let response = query::answer(self, &r);
        self.stats().asked(begun.elapsed(), response.code == 0);
        response
    }

    fn check_tx(&self, r: RequestCheckTx) -> ResponseCheckTx {
        let out = or_stop("CheckTx", App::check_tx(self, &r.tx));
        self.stats().checked(out.error.is_none());
        let result = tendermint_proto::v0_38::abci::ExecTxResult::from(out);
        ResponseCheckTx {
            code: result.code,
            data: result.data,
            log: result.log,
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            codespace: result.codespace,
            ..ResponseCheckTx::default()
        }
    }

    fn prepare_proposal(&self, r: RequestPrepareProposal) -> ResponsePrepareProposal {
        let block = BlockInput {
            height: height(r.height),
            time: r.time.unwrap_or_default(),
            proposer: &r.proposer_address,
            txs: &r.txs,
        };
        let max_bytes = usize::try_from(r.max_tx_bytes).unwrap_or_default();
        ResponsePrepareProposal { txs: or_stop("PrepareProposal", App::prepare_proposal(self, &block, max_bytes)) }
    }

    fn process_proposal(&self, r: RequestProcessProposal) -> ResponseProcessProposal {
        let block = BlockInput {
            height: height(r.height),
            time: r.time.unwrap_or_default(),
            proposer: &r.proposer_address,
            txs: &r.txs,
        };
        let accepted = or_stop("ProcessProposal", App::process_proposal(self, &block));
        let status = if accepted { ProposalStatus::Accept } else { ProposalStatus::Reject };
        ResponseProcessProposal { status: status.into() }
    }

    fn finalize_block(&self, r: RequestFinalizeBlock) -> ResponseFinalizeBlock {
        let block = BlockInput {
            height: height(r.height),
            time: r.time.unwrap_or_default(),
            proposer: &r.proposer_address,
            txs: &r.txs,
        };
        let out = or_stop("FinalizeBlock", App::finalize_block(self, &block));
        self.stats().finalized(out.outcomes.iter().map(|outcome| outcome.error.is_none()));
        ResponseFinalizeBlock {
            events: abci_events(out.events),
            tx_results: out.outcomes.into_iter().map(Into::into).collect(),
            validator_updates: out.updates.iter().map(update).collect(),
            consensus_param_updates: None,
            app_hash: out.app_hash.to_vec().into(),
        }
    }

    fn commit(&self) -> ResponseCommit {
        or_stop("Commit", App::commit(self));
        ResponseCommit { retain_height: 0 }
    }
}
