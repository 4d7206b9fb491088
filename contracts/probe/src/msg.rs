//! The messages of the probe. JSON examples are in the README of the contracts.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Binary, Coin, CosmosMsg, ReplyOn};

/// No settings: every probe behaves the same.
#[cw_serde]
pub struct InstantiateMsg {}

#[cw_serde]
pub enum ExecuteMsg {
    /// Writes `value` under `key`. Neither may be empty.
    Set { key: String, value: String },
    /// Deletes `key`; deleting an absent key succeeds.
    Remove { key: String },
    /// Writes, then asks `contract` (itself included) for `get {key}` in the same execution and
    /// returns the answer, a JSON [`GetResponse`], as the response's data.
    WriteThenQuery {
        contract: String,
        key: String,
        value: String,
    },
    /// Executes the JSON `msg` on `contract` as a submessage. `on_error` replies only when it
    /// fails, otherwise always; the outcome is recorded under [`LAST_REPLY`].
    Call {
        contract: String,
        msg: Binary,
        on_error: bool,
    },
    /// Sends any message as a submessage. `record` travels as the reply's payload and names the
    /// key of the recorded outcome ([`LAST_REPLY`] when empty).
    Dispatch {
        msg: CosmosMsg,
        reply_on: ReplyOn,
        record: String,
        gas_limit: Option<u64>,
    },
    /// Writes, then fails: the write must not survive.
    FailAfterWrite { key: String, value: String },
    /// Emits one event `wasm-<name>` with one attribute, and the same attribute on `wasm`.
    Emit {
        name: String,
        key: String,
        value: String,
    },
    /// Never returns: ends only when gas runs out.
    Loop {},
    /// Sends coins of the contract's own account.
    Pay { to: String, amount: Vec<Coin> },
}

/// Writes `value` under `key` with the new code.
#[cw_serde]
pub struct MigrateMsg {
    pub key: String,
    pub value: String,
}

/// What only the chain itself may send.
#[cw_serde]
pub enum SudoMsg {
    Set { key: String, value: String },
}

#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The value under `key`, null when absent.
    #[returns(GetResponse)]
    Get { key: String },
    /// What `contract` answers to `get {key}`: a query inside a query.
    #[returns(GetResponse)]
    Ask { contract: String, key: String },
    /// Entries with `start <= key < end` in the order asked for, at most `limit` (30 unless told).
    #[returns(ListResponse)]
    List {
        start: Option<String>,
        end: Option<String>,
        descending: bool,
        limit: Option<u32>,
    },
    /// The protobuf answer of the chain's gRPC query service at `path`.
    #[returns(GrpcResponse)]
    Grpc { path: String, data: Binary },
    /// Never returns: ends only when gas runs out.
    #[returns(GetResponse)]
    Loop {},
}

#[cw_serde]
pub struct GetResponse {
    pub value: Option<String>,
}

#[cw_serde]
pub struct ListResponse {
    /// (key, value) pairs.
    pub entries: Vec<(String, String)>,
}

#[cw_serde]
pub struct GrpcResponse {
    pub data: Binary,
}

/// The key where a reply is recorded unless the message names another: `ok` or `failed: <error>`.
pub const LAST_REPLY: &str = "last_reply";
