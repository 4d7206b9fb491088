//! Messages of `provider`.

use super::{Error, load, state::PROVIDERS};
use aliquot_proto::provider::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, ensure};

const MAX_URI: usize = 256;
const MAX_ATTRIBUTES: usize = 64;
const MAX_ATTRIBUTE: usize = 128;

pub fn routes(r: &mut Routes) {
    r.msg(create_provider).msg(update_provider);
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
    ensure(provider.attributes.len() <= MAX_ATTRIBUTES, || invalid("at most 64 attributes"))?;
    for (i, attribute) in provider.attributes.iter().enumerate() {
        let fits = |text: &str| !text.is_empty() && text.len() <= MAX_ATTRIBUTE;
        ensure(fits(&attribute.key) && fits(&attribute.value), || {
            invalid("attribute keys and values must have 1 to 128 bytes")
        })?;
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
    };
    check(&provider)?;
    PROVIDERS.set(ctx, &owner, &provider)?;
    ctx.emit(&pb::EventProviderCreated { owner: provider.owner })?;
    Ok(pb::MsgCreateProviderResponse {})
}

fn update_provider(ctx: &mut Ctx, msg: pb::MsgUpdateProvider) -> Result<pb::MsgUpdateProviderResponse> {
    let owner = Address::parse(&msg.owner)?;
    let provider = pb::Provider {
        owner: msg.owner,
        host_uri: msg.host_uri,
        certificate_hash: msg.certificate_hash,
        attributes: msg.attributes,
        info: msg.info,
        operator: msg.operator,
        payout: msg.payout,
        created_at: load(ctx, &owner)?.created_at,
    };
    check(&provider)?;
    PROVIDERS.set(ctx, &owner, &provider)?;
    ctx.emit(&pb::EventProviderUpdated { owner: provider.owner })?;
    Ok(pb::MsgUpdateProviderResponse {})
}
