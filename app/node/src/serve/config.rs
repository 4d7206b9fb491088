//! Where the doors are and how wide they stand: sections of app.toml, named as the Cosmos SDK names them.

use serde::Deserialize;

#[derive(Debug, Clone, Default)]
pub struct Config {
    pub grpc: Grpc,
    pub grpc_web: GrpcWeb,
    pub api: Api,
    pub page: Page,
    pub telemetry: Telemetry,
}

/// `[grpc]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grpc {
    pub enable: bool,
    pub address: String,
    /// Bytes of the largest request.
    pub max_recv_msg_size: usize,
    /// Bytes of the largest answer, of REST too.
    pub max_send_msg_size: usize,
}

impl Default for Grpc {
    fn default() -> Self {
        // The largest transaction has half a megabyte.
        let (most_in, most_out) = (2_000_000, 64_000_000);
        Grpc { enable: true, address: "localhost:9090".into(), max_recv_msg_size: most_in, max_send_msg_size: most_out }
    }
}

/// `[grpc-web]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrpcWeb {
    pub enable: bool,
}

impl Default for GrpcWeb {
    fn default() -> Self {
        GrpcWeb { enable: true }
    }
}

/// `[api]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Api {
    pub enable: bool,
    pub address: String,
    /// Serves the OpenAPI document.
    pub swagger: bool,
    /// Lets pages of any origin ask. There are no cookies to steal, but it spends this node's time for strangers' pages.
    pub enabled_unsafe_cors: bool,
    /// Of each door.
    pub max_open_connections: usize,
    pub rpc_max_body_bytes: usize,
}

impl Default for Api {
    fn default() -> Self {
        Api {
            enable: true,
            address: "tcp://localhost:1317".into(),
            swagger: true,
            enabled_unsafe_cors: false,
            max_open_connections: 1000,
            rpc_max_body_bytes: 1_000_000,
        }
    }
}

/// `[page]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    /// Serves the page to rent a GPU on, beside REST; it asks over gRPC-web, which must be on.
    pub enable: bool,
    /// What wallets call the chain.
    pub chain_name: String,
    /// Where wallets reach CometBFT's RPC.
    pub rpc: String,
}

impl Default for Page {
    fn default() -> Self {
        Page { enable: true, chain_name: "Aliquot".into(), rpc: "http://localhost:26657".into() }
    }
}

/// `[telemetry]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Telemetry {
    pub enabled: bool,
    pub address: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry { enabled: false, address: "localhost:1319".into() }
    }
}
