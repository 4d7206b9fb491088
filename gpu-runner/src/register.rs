//! Getting provider and device onto the chain, and the provider's record in step with the configuration.

use std::collections::BTreeMap;

use aliquot_client::{Error, any};
use aliquot_proto::{
    compute::v1::{Device, MsgRegisterDevice},
    provider::v1::{Attribute, Info, MsgCreateProvider, MsgUpdateProvider, Provider},
};
use anyhow::{Context, Result, ensure};

use crate::{chain::Chain, config::Config, price::Coin, services::inventory::GpuConfig};

/// What the keys of attributes that say GPUs begin with.
const GPU: &str = "capabilities/gpu/";

/// What the provider's record must say of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host_uri: String,
    /// SHA-256 of the certificate, or empty with plain http.
    pub certificate_hash: Vec<u8>,
}

/// The record as the configuration wants it.
fn wanted(chain: &Chain, config: &Config, endpoint: &Endpoint) -> Provider {
    let it = &config.provider;
    // GPUs are asked for by attributes; those that services may have are said to be there.
    let gpus = config.services.capacity.gpus.iter().filter(|_| config.services.enabled).flat_map(GpuConfig::names);
    let gpus = gpus.map(|name| (format!("{GPU}{name}"), "true".to_string()));
    let all: BTreeMap<_, _> = gpus.chain(it.attributes.clone()).collect();
    let attributes = all.into_iter().map(|(key, value)| Attribute { key, value });
    Provider {
        owner: chain.provider().into(),
        host_uri: endpoint.host_uri.clone(),
        certificate_hash: endpoint.certificate_hash.clone(),
        attributes: attributes.collect(),
        info: Some(Info { email: it.email.clone(), website: it.website.clone() }),
        operator: it.operator.clone(),
        payout: it.payout.clone(),
        ..Provider::default()
    }
}

fn same(have: &Provider, want: &Provider) -> bool {
    let info = |p: &Provider| p.info.clone().unwrap_or_default();
    have.host_uri == want.host_uri
        && have.certificate_hash == want.certificate_hash
        && have.attributes == want.attributes
        && info(have) == info(want)
        && have.operator == want.operator
        && have.payout == want.payout
}

/// The device that the configuration means, if it is registered.
pub async fn own_device(chain: &Chain, config: &Config) -> Result<Option<Device>, Error> {
    let devices = chain.devices().await?;
    Ok(devices.into_iter().find(|d| d.nonce == config.device_nonce))
}

/// Sends what is missing: the provider's record or its correction, and the device with its bond. Gives the device.
/// Does nothing where all is in place.
pub async fn ensure_registered(chain: &Chain, config: &Config, endpoint: &Endpoint) -> Result<Device> {
    let want = wanted(chain, config, endpoint);
    let have = chain.record().await?;
    let device = own_device(chain, config).await?;
    let mut msgs = Vec::new();
    match &have {
        None => msgs.push(any(&MsgCreateProvider {
            owner: want.owner.clone(),
            host_uri: want.host_uri,
            certificate_hash: want.certificate_hash,
            attributes: want.attributes,
            info: want.info,
            operator: want.operator,
            payout: want.payout,
        })),
        Some(have) if !same(have, &want) => msgs.push(any(&MsgUpdateProvider {
            owner: want.owner.clone(),
            host_uri: want.host_uri,
            certificate_hash: want.certificate_hash,
            attributes: want.attributes,
            info: want.info,
            operator: want.operator,
            payout: want.payout,
        })),
        Some(_) => {}
    }
    if device.is_none() {
        let bond = bond(chain, config).await?;
        tracing::info!(%bond, "registering the device");
        msgs.push(any(&MsgRegisterDevice {
            provider: chain.provider().into(),
            nonce: config.device_nonce,
            bond: Some((&bond).into()),
        }));
    }
    if !msgs.is_empty() {
        ensure!(
            chain.signer() == chain.provider(),
            "{} is not registered as this configuration says, and its operator's key cannot change that: \
             run `aliquot-runner register` with the provider's own key",
            chain.provider()
        );
        let sent = chain.send(msgs, 0).await.context("registering")?;
        tracing::info!(tx = sent.hash, height = sent.height, "registered");
    }
    match device {
        Some(device) => Ok(device),
        None => own_device(chain, config)
            .await?
            .context("the device is not on the chain although its registration was accepted: ask another node"),
    }
}

async fn bond(chain: &Chain, config: &Config) -> Result<Coin> {
    if !config.bond.is_empty() {
        return Ok(config.bond.parse()?);
    }
    let params = chain.compute_params().await?;
    let least = params.min_bonds.first().context("the chain names no least bond")?;
    Ok(Coin::try_from(least)?)
}
