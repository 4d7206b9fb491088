//! Messages of `provider`.

use super::{Error, attributes, heartbeat, load, load_for, params, state::*};
use crate::{hooks, modules::validator};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, ensure};

const MAX_URI: usize = 256;

pub fn routes(r: &mut Routes) {
    r.msg(create_provider).msg(update_provider).msg(delete_provider).msg(msg_heartbeat).msg(unjail).msg(update_params);
}

pub fn check(provider: &pb::Provider) -> Result<()> {
    let invalid = |what: &str| Error::Invalid(what.into());
    let uri = &provider.host_uri;
    let https = uri.starts_with("https://");
    let loopback = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|p| uri.starts_with(p));
    ensure(uri.len() <= MAX_URI && uri.is_ascii(), || invalid("host_uri must be ASCII of at most 256 bytes"))?;
    ensure(https || loopback, || invalid("host_uri must begin with https:// (http:// is for loopback alone)"))?;
    let hash = provider.certificate_hash.len();
    ensure(if https { hash == 32 } else { hash == 0 }, || {
        invalid("certificate_hash must be 32 bytes with https and empty with http")
    })?;
    if let Some(problem) = attributes::problem(&provider.attributes) {
        return Err(invalid(problem).into());
    }
    for (i, attribute) in provider.attributes.iter().enumerate() {
        let doubled = provider.attributes.iter().take(i).any(|other| other.key == attribute.key);
        ensure(!doubled, || Error::Invalid(format!("attribute {:?} appears twice", attribute.key)))?;
    }
    let info = provider.info.clone().unwrap_or_default();
    ensure(info.email.len() <= MAX_URI && info.website.len() <= MAX_URI, || invalid("info is too long"))?;
    for account in [&provider.operator, &provider.payout] {
        if !account.is_empty() {
            Address::parse(account)?;
        }
    }
    Ok(())
}

fn create_provider(ctx: &mut Ctx, msg: pb::MsgCreateProvider) -> Result<pb::MsgCreateProviderResponse> {
    let owner = Address::parse(&msg.owner)?;
    ensure(!PROVIDERS.has(ctx, &owner)?, || Error::Exists(msg.owner.clone()))?;
    let provider = pb::Provider {
        owner: msg.owner,
        host_uri: msg.host_uri,
        certificate_hash: msg.certificate_hash,
        attributes: msg.attributes,
        info: msg.info,
        operator: msg.operator,
        payout: msg.payout,
        created_at: ctx.block.height,
        ..pb::Provider::default()
    };
    check(&provider)?;
    PROVIDERS.set(ctx, &owner, &provider)?;
    ctx.emit(&pb::EventProviderCreated { owner: provider.owner })?;
    Ok(pb::MsgCreateProviderResponse {})
}

fn update_provider(ctx: &mut Ctx, msg: pb::MsgUpdateProvider) -> Result<pb::MsgUpdateProviderResponse> {
    let owner = Address::parse(&msg.owner)?;
    let old = load(ctx, &owner)?;
    // Leases were made for these attributes: they may be added to, not taken away.
    let lost = old.attributes.iter().find(|attribute| !msg.attributes.contains(attribute));
    if let Some(lost) = lost.filter(|_| old.leases > 0) {
        return Err(Error::InUse(msg.owner, format!("leases that may need {}={}", lost.key, lost.value)).into());
    }
    let provider = pb::Provider {
        owner: msg.owner,
        host_uri: msg.host_uri,
        certificate_hash: msg.certificate_hash,
        attributes: msg.attributes,
        info: msg.info,
        operator: msg.operator,
        payout: msg.payout,
        ..old
    };
    check(&provider)?;
    PROVIDERS.set(ctx, &owner, &provider)?;
    ctx.emit(&pb::EventProviderUpdated { owner: provider.owner })?;
    Ok(pb::MsgUpdateProviderResponse {})
}

fn delete_provider(ctx: &mut Ctx, msg: pb::MsgDeleteProvider) -> Result<pb::MsgDeleteProviderResponse> {
    let owner = Address::parse(&msg.owner)?;
    let provider = load(ctx, &owner)?;
    ensure(provider.leases == 0, || Error::InUse(msg.owner.clone(), format!("{} service leases", provider.leases)))?;
    let tied = hooks::provider_is_tied(ctx, &owner)?;
    ensure(!tied, || Error::InUse(msg.owner.clone(), "open bids or leases".into()))?;
    hooks::provider_deleted(ctx, &owner)?;
    PROVIDERS.remove(ctx, &owner)?;
    ctx.emit(&pb::EventProviderDeleted { owner: msg.owner })?;
    Ok(pb::MsgDeleteProviderResponse {})
}

fn msg_heartbeat(ctx: &mut Ctx, msg: pb::MsgHeartbeat) -> Result<pb::MsgHeartbeatResponse> {
    let owner = Address::parse(&msg.provider)?;
    load_for(ctx, &owner, &msg.signer)?;
    Ok(pb::MsgHeartbeatResponse { due_height: heartbeat::beat(ctx, &owner)? })
}

fn unjail(ctx: &mut Ctx, msg: pb::MsgUnjail) -> Result<pb::MsgUnjailResponse> {
    heartbeat::unjail(ctx, &Address::parse(&msg.owner)?)?;
    Ok(pb::MsgUnjailResponse {})
}

/// A heartbeat must be missed before what it would have stopped is verified; escrow knows when that is.
fn update_params(ctx: &mut Ctx, msg: pb::MsgUpdateParams) -> Result<pb::MsgUpdateParamsResponse> {
    validator::check_authority(ctx, &msg.authority)?;
    let (new, old) = (msg.params.unwrap_or_default(), params(ctx)?);
    ensure(new.jail_after > 0 && new.half_life_blocks > 0, || {
        Error::InvalidParams("jail_after and half_life_blocks must be more than zero".into())
    })?;
    // Providers stand in a queue by the present span.
    ensure(new.heartbeat_blocks == old.heartbeat_blocks, || {
        Error::InvalidParams(format!("heartbeat_blocks stays {}", old.heartbeat_blocks))
    })?;
    PARAMS.set(ctx, &new)?;
    Ok(pb::MsgUpdateParamsResponse {})
}
