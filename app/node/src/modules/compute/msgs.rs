//! Messages of `compute`.

use super::{Error, address, bond, genesis, job, params, prepare, state::*, verify};
use crate::{
    ids::LeaseKey,
    modules::{bank, provider, validator},
};
use aliquot_proto::compute::v1::{self as pb, JobPhase};
use aliquot_sdk::{Address, Coin, Ctx, Result, Routes, Sdk, ensure};
use sha2::{Digest, Sha256};

pub fn routes(r: &mut Routes) {
    r.msg(register_device).msg(update_bond).msg(commit_result).msg(open_samples).msg(update_params);
}

/// `SHA256("aliquot/device" || provider || nonce)`.
fn device_id(provider: &Address, nonce: u64) -> [u8; 32] {
    let provider = provider.as_bytes();
    let nonce = nonce.to_be_bytes();
    Sha256::digest([b"aliquot/device".as_slice(), &[provider.len() as u8], provider, &nonce].concat()).into()
}

fn register_device(ctx: &mut Ctx, msg: pb::MsgRegisterDevice) -> Result<pb::MsgRegisterDeviceResponse> {
    let owner = Address::parse(&msg.provider)?;
    provider::load(ctx, &owner)?;
    let bond = Coin::parse_positive(&msg.bond)?;
    check_bond(ctx, &bond)?;
    let id = device_id(&owner, msg.nonce);
    ensure(!DEVICES.has(ctx, &id)?, || Error::DeviceExists(hex::encode(id)))?;
    let device = pb::Device {
        id: id.to_vec(),
        provider: msg.provider.clone(),
        nonce: msg.nonce,
        bond: Some((&bond).into()),
        locked: "0".into(),
        created_at: ctx.block.height,
        ..pb::Device::default()
    };
    DEVICES.set(ctx, &id, &device)?;
    bank::send(ctx, &owner, &address(), &bond)?;
    let event = pb::EventDeviceRegistered { device_id: id.to_vec(), provider: msg.provider, bond: device.bond };
    ctx.emit(&event)?;
    Ok(pb::MsgRegisterDeviceResponse { device_id: id.to_vec() })
}

fn check_bond(ctx: &Ctx, bond: &Coin) -> Result<()> {
    let bonds = Coin::parse_list(&params(ctx)?.min_bonds)?;
    let denoms = || bonds.iter().map(|least| least.denom.as_str()).collect::<Vec<_>>().join(", ");
    let least = bonds.iter().find(|least| least.denom == bond.denom);
    let least = least.ok_or_else(|| Error::BondDenom(bond.denom.clone(), denoms()))?;
    ensure(bond.amount >= least.amount, || Error::InvalidBond(bond.clone(), least.clone()))
}

fn update_bond(ctx: &mut Ctx, msg: pb::MsgUpdateBond) -> Result<pb::MsgUpdateBondResponse> {
    let owner = Address::parse(&msg.provider)?;
    let (key, mut device) = bond::load_of(ctx, &owner, &msg.device_id)?;
    let (amount, mut held) = (Coin::parse_positive(&msg.amount)?, bond::bond(&device)?);
    ensure(amount.denom == held.denom, || Error::InvalidBond(amount.clone(), held.clone()))?;
    if msg.withdraw {
        let free = bond::free(&device)?;
        ensure(free >= amount.amount, || Error::BondTooSmall { free, need: amount.clone() })?;
        held.amount = held.amount.saturating_sub(amount.amount);
        check_bond(ctx, &held)?;
        bank::send(ctx, &address(), &owner, &amount)?;
    } else {
        let sum = held.amount.checked_add(amount.amount);
        held.amount = sum.ok_or_else(|| Sdk::InvalidCoins(format!("adding {amount} passes 128 bits")))?;
        bank::send(ctx, &owner, &address(), &amount)?;
    }
    device.bond = Some(held.into());
    DEVICES.set(ctx, &key, &device)?;
    Ok(pb::MsgUpdateBondResponse {})
}

fn commit_result(ctx: &mut Ctx, msg: pb::MsgCommitResult) -> Result<pb::MsgCommitResultResponse> {
    let lease = LeaseKey::parse(&msg.id)?;
    provider::load_for(ctx, &lease.provider, &msg.signer)?;
    let mut job = job::load_in(ctx, &lease, JobPhase::Leased)?;
    ensure(msg.root.len() == 32, || Error::InvalidRoot)?;
    job.root = msg.root.clone();
    job.committed_at = ctx.block.height;
    let sample_height = job::height_after(ctx, params(ctx)?.sample_delay_blocks);
    job::advance(ctx, &lease, &mut job, JobPhase::Committed, sample_height)?;
    ctx.emit(&pb::EventJobCommitted { id: msg.id, root: msg.root, sample_height })?;
    Ok(pb::MsgCommitResultResponse { sample_height })
}

fn open_samples(ctx: &mut Ctx, msg: pb::MsgOpenSamples) -> Result<pb::MsgOpenSamplesResponse> {
    let lease = LeaseKey::parse(&msg.id)?;
    provider::load_for(ctx, &lease.provider, &msg.signer)?;
    let mut job = job::load_in(ctx, &lease, JobPhase::Sampled)?;
    let openings = msg.openings.unwrap_or_default();
    check_shape(ctx, &lease, &job, &openings)?;
    ctx.charge("verification", verify::declared_gas(&job))?;
    verify::enqueue(ctx, &lease, openings)?;
    job::advance(ctx, &lease, &mut job, JobPhase::Opened, 0)?;
    ctx.emit(&pb::EventJobOpened { id: msg.id })?;
    Ok(pb::MsgOpenSamplesResponse {})
}

/// Kernels are another matter: they come with the program.
fn update_params(ctx: &mut Ctx, msg: pb::MsgUpdateParams) -> Result<pb::MsgUpdateParamsResponse> {
    validator::check_authority(ctx, &msg.authority)?;
    let params = msg.params.unwrap_or_default();
    genesis::check(&params)?;
    PARAMS.set(ctx, &params)?;
    Ok(pb::MsgUpdateParamsResponse {})
}

/// Sizes alone; what the bytes are worth is judged at the end of a block.
fn check_shape(ctx: &Ctx, lease: &LeaseKey, job: &pb::Job, openings: &pb::Openings) -> Result<()> {
    let input = INPUTS.get(ctx, lease)?.ok_or_else(|| Sdk::Logic(format!("job {lease} has no input")))?;
    let size = prepare(&job.kernel, &input)?.output_len();
    let wrong = |what: String| Error::InvalidOpenings(what);
    let (given, sampled) = (openings.outputs.len(), job.sampled.len());
    ensure(given == sampled, || wrong(format!("{given} outputs where {sampled} are sampled")))?;
    ensure(openings.outputs.iter().all(|o| o.len() == size), || wrong(format!("an output has {size} bytes")))?;
    // A tree of at most 2^20 leaves: no path has more than 20 hashes.
    let most = sampled.saturating_mul(20);
    let hashes = openings.path.len() <= most && openings.path.iter().all(|hash| hash.len() == 32);
    ensure(hashes, || wrong(format!("the path has at most {most} hashes of 32 bytes")))
}
