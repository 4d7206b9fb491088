//! What the daemon opens before it works: the gateway, and what runs services.

use std::{
    fs::{File, TryLockError},
    net::TcpListener,
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use axum_server::Handle;

use super::Serving;
use crate::{
    certificate::Certificate,
    chain::Chain,
    config::Config,
    gateway::{self, DeploymentLookup, Gateway, KeyLookup, Services},
    register::Endpoint,
    runtime::{Runtime, podman::Podman},
    services::{self, inventory::Inventory},
};

/// What runs services, where the configuration says that it should: tried once, so that a machine which cannot is told
/// of at the start.
pub(super) async fn open_services(home: &Path, config: &Config, chain: &Chain) -> Result<Option<Services>> {
    if !config.services.enabled {
        return Ok(None);
    }
    let runtime = Podman::new(config.services.podman.clone(), chain.provider());
    runtime.list().await.context("services are enabled, but containers cannot be run here")?;
    Ok(Some(Services {
        runtime: Arc::new(runtime),
        book: services::book::Book::open(home.join("services"))?,
        inventory: Inventory::new(config.services.capacity.clone()),
        lookup: deployments(chain),
    }))
}

fn deployments(chain: &Chain) -> DeploymentLookup {
    let chain = chain.clone();
    Arc::new(move |owner, dseq| {
        let chain = chain.clone();
        Box::pin(async move { chain.deployed(&owner, dseq).await.map_err(|e| e.to_string()) })
    })
}

/// Listens, and serves until `handle` says stop.
pub(super) async fn start_gateway(
    home: &Path,
    config: &Config,
    served: Gateway,
    handle: &Handle,
) -> Result<(Serving, Endpoint)> {
    let (listener, certificate, endpoint) = open_gateway(home, config)?;
    let tls = match &certificate {
        Some(certificate) => Some(certificate.server_config().await?),
        None => None,
    };
    tracing::info!(uri = endpoint.host_uri, "gateway");
    let serving = tokio::spawn(gateway::serve(listener, served, tls, handle.clone()));
    Ok((serving, endpoint))
}

/// Listens, and says what the provider's record must tell tenants.
pub(super) fn open_gateway(home: &Path, config: &Config) -> Result<(TcpListener, Option<Certificate>, Endpoint)> {
    let gateway = &config.gateway;
    let listener = TcpListener::bind(gateway.listen)
        .with_context(|| format!("the gateway cannot listen on {}", gateway.listen))?;
    let address = listener.local_addr()?;
    let scheme = if gateway.tls { "https" } else { "http" };
    let host_uri = match gateway.host_uri.trim_end_matches('/') {
        "" => format!("{scheme}://{address}"),
        given => given.to_string(),
    };
    let certificate = match gateway.tls {
        true => Some(Certificate::load_or_make(home, &host_of(&host_uri))?),
        false => None,
    };
    let certificate_hash = certificate.as_ref().map(|c| c.hash.to_vec()).unwrap_or_default();
    Ok((listener, certificate, Endpoint { host_uri, certificate_hash }))
}

/// The host in `https://host:port/path`.
fn host_of(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.to_string()
}

pub(super) fn lookup(chain: &Chain) -> KeyLookup {
    let chain = chain.clone();
    Arc::new(move |address| {
        let chain = chain.clone();
        Box::pin(async move { chain.public_key(&address).await.map_err(|e| e.to_string()) })
    })
}

/// Two daemons in one home would commit and open the same jobs.
pub(super) fn lock(home: &Path) -> Result<File> {
    let path = home.join("runner.lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another runner works in {}: stop it first", home.display())
        }
        Err(TryLockError::Error(e)) => Err(e).with_context(|| path.display().to_string()),
    }
}
