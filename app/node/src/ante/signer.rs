//! Who signs a transaction, and whether each did: in SIGN_MODE_DIRECT or SIGN_MODE_LEGACY_AMINO_JSON, with one key or,
//! in amino alone, with enough of several.

use super::Gate;
use crate::{
    modules::auth::{self, AccountKey},
    signatures::{Claim, SignMode},
};
use aliquot_proto::{
    cosmos::{
        auth::v1beta1::BaseAccount,
        crypto::multisig::v1beta1::{CompactBitArray, MultiSignature},
        tx::v1beta1::{
            ModeInfo, SignerInfo,
            mode_info::{Multi, Sum},
        },
    },
    strict,
};
use aliquot_sdk::{Address, Ctx, MAX_SIGNATURES, Mode, Result, Sdk, SealedRoutes, Tx, ensure};
use prost::Message;

const DIRECT: i32 = 1;
const LEGACY_AMINO_JSON: i32 = 127;

/// One who must sign, with the account as it is before this transaction.
pub struct Signer {
    pub address: Address,
    pub account: BaseAccount,
    pub sequence: u64,
    /// Signatures that gas is paid for.
    pub count: usize,
    key: Option<AccountKey>,
}

/// The accounts that must sign: those that the messages name, each once, in order of appearance, and who pays the fee.
pub fn addresses(routes: &SealedRoutes, tx: &Tx) -> Result<Vec<Address>> {
    let mut out: Vec<Address> = Vec::with_capacity(1);
    for msg in &tx.body.messages {
        for address in routes.signers(msg)? {
            if !out.contains(&address) {
                out.push(address);
            }
        }
    }
    let payer = tx.auth.fee.as_ref().map_or("", |fee| &fee.payer);
    if !payer.is_empty() {
        let payer = Address::parse(payer)?;
        if !out.contains(&payer) {
            out.push(payer);
        }
    }
    Ok(out)
}

pub fn load_all(ctx: &Ctx, tx: &Tx, addresses: &[Address]) -> Result<Vec<Signer>> {
    let nothing = SignerInfo::default();
    let info = |index: usize| tx.auth.signer_infos.get(index).unwrap_or(&nothing);
    let load = |(index, address)| match ctx.mode {
        Mode::Simulate => simulated(ctx, address),
        _ => load(ctx, address, info(index)),
    };
    let signers = addresses.iter().enumerate().map(load).collect::<Result<Vec<_>>>()?;
    let keys =
        signers.iter().filter_map(|signer| signer.key.as_ref()).map(AccountKey::count).fold(0, usize::saturating_add);
    ensure(keys <= MAX_SIGNATURES, || Sdk::TooManySignatures(format!("signatures: {keys}, limit: {MAX_SIGNATURES}")))?;
    Ok(signers)
}

/// Clients simulate without key, signature or sequence: only the account must exist.
fn simulated(ctx: &Ctx, address: &Address) -> Result<Signer> {
    let account = existing(ctx, address)?;
    let key = account.pub_key.as_ref().map(AccountKey::parse).transpose()?;
    let count = key.as_ref().map_or(1, AccountKey::threshold);
    Ok(Signer { address: *address, sequence: account.sequence, account, count, key: None })
}

fn existing(ctx: &Ctx, address: &Address) -> Result<BaseAccount> {
    let account = auth::account(ctx, address)?;
    Ok(account.ok_or_else(|| Sdk::UnknownAddress(format!("account {address} does not exist")))?)
}

fn load(ctx: &Ctx, address: &Address, info: &SignerInfo) -> Result<Signer> {
    let account = existing(ctx, address)?;
    ensure(info.sequence == account.sequence, || {
        Sdk::WrongSequence(format!("account sequence mismatch, expected {}, got {}", account.sequence, info.sequence))
    })?;
    let key = match (&account.pub_key, &info.public_key) {
        (Some(known), Some(given)) if known != given => {
            return Err(Sdk::InvalidPubKey(format!("the account {address} has another key")).into());
        }
        // It was held against the address when it was first given.
        (Some(known), _) => AccountKey::parse(known)?,
        (None, Some(given)) => AccountKey::parse_for(address, given)?,
        (None, None) => {
            return Err(Sdk::InvalidPubKey("the first transaction of an account gives its key".into()).into());
        }
    };
    let count = match info.mode_info.as_ref().and_then(|info| info.sum.as_ref()) {
        Some(Sum::Multi(multi)) => multi.mode_infos.len(),
        _ => 1,
    };
    Ok(Signer { address: *address, account, count, key: Some(key), sequence: info.sequence })
}

/// Refuses a transaction that this signer did not sign.
pub fn verify(ctx: &Ctx, gate: &Gate, tx: &Tx, signer: &Signer, index: usize) -> Result<()> {
    let Some(key) = &signer.key else { return Err(Sdk::Logic("a signer without a key".into()).into()) };
    let (chain_id, account_number) = (ctx.block.chain_id.as_str(), signer.account.account_number);
    for claim in claims_of(key, tx, index, chain_id, account_number)? {
        let right =
            gate.signatures.verify(&claim).map_err(|e| Sdk::Unauthorized(format!("no amino JSON to sign: {e}")))?;
        ensure(right, || {
            Sdk::Unauthorized(format!(
                "signature verification failed; please verify account number ({account_number}), sequence ({}) and chain-id ({chain_id})",
                signer.sequence
            ))
        })?;
    }
    Ok(())
}

/// For verification ahead of execution: the signatures of all whose accounts stand in the state of `ctx`. Refuses
/// nothing; what it cannot tell is left to [`verify`].
pub fn claims<'a>(ctx: &'a Ctx, routes: &SealedRoutes, tx: &'a Tx) -> Vec<Claim<'a>> {
    let addresses = addresses(routes, tx).unwrap_or_default();
    let claim = |(index, (address, info)): (usize, (&Address, &SignerInfo))| {
        let account = auth::account(ctx, address).ok()??;
        let key = AccountKey::parse(account.pub_key.as_ref().or(info.public_key.as_ref())?).ok()?;
        claims_of(&key, tx, index, &ctx.block.chain_id, account.account_number).ok()
    };
    addresses.iter().zip(&tx.auth.signer_infos).enumerate().filter_map(claim).flatten().collect()
}

fn claims_of<'a>(
    key: &AccountKey,
    tx: &'a Tx,
    index: usize,
    chain_id: &'a str,
    account_number: u64,
) -> Result<Vec<Claim<'a>>> {
    let signer = tx.auth.signer_infos.get(index);
    let mode = signer.and_then(|info| info.mode_info.as_ref());
    let sequence = signer.map_or(0, |info| info.sequence);
    let signature = tx.signatures.get(index).map_or(&[][..], Vec::as_slice);
    let (mode, parts) = match (key, mode.and_then(|mode| mode.sum.as_ref())) {
        (AccountKey::One(key), Some(Sum::Single(single))) => {
            (sign_mode(tx, single.mode)?, vec![(*key, signature.to_vec())])
        }
        (AccountKey::Several { threshold, keys }, Some(Sum::Multi(multi))) => {
            (sign_mode(tx, LEGACY_AMINO_JSON)?, several(*threshold, keys, multi, signature)?)
        }
        _ => {
            return Err(Sdk::NotSupported(
                "the mode info does not fit the account's key: single for one, multi for several".into(),
            )
            .into());
        }
    };
    let claim =
        |(part, (key, signature))| Claim { tx, index, part, key, signature, mode, sequence, chain_id, account_number };
    Ok(parts.into_iter().enumerate().map(claim).collect())
}

fn sign_mode(tx: &Tx, mode: i32) -> Result<SignMode> {
    match mode {
        DIRECT => Ok(SignMode::Direct),
        LEGACY_AMINO_JSON => {
            let covered = tx.body.non_critical_extension_options.is_empty();
            ensure(covered, || {
                Sdk::InvalidRequest("amino JSON does not cover extension options: leave them out".into())
            })?;
            Ok(SignMode::Amino)
        }
        _ => Err(Sdk::NotSupported("sign mode must be SIGN_MODE_DIRECT or SIGN_MODE_LEGACY_AMINO_JSON".into()).into()),
    }
}

/// The keys that signed, in their order, each with its signature: the bit array says which.
fn several(threshold: usize, keys: &[[u8; 33]], multi: &Multi, signature: &[u8]) -> Result<Vec<([u8; 33], Vec<u8>)>> {
    let wrong = |what: &str| Sdk::Unauthorized(format!("multisignature: {what}"));
    strict::check::<MultiSignature>(signature).map_err(|e| wrong(&e.to_string()))?;
    let signatures = MultiSignature::decode(signature).map_err(|e| wrong(&e.to_string()))?.signatures;
    let bits = multi.bitarray.as_ref().ok_or_else(|| wrong("a bit array must say who signed"))?;
    let signed: Vec<_> = keys.iter().enumerate().filter(|(place, _)| bit(bits, *place)).map(|(_, key)| key).collect();
    ensure(length(bits) == keys.len(), || wrong("the bit array has one bit for each key"))?;
    ensure(signed.len() >= threshold, || wrong(&format!("{threshold} must sign, {} did", signed.len())))?;
    ensure(signed.len() == signatures.len() && signed.len() == multi.mode_infos.len(), || {
        wrong("each who signed has one signature and one mode info")
    })?;
    let amino = |info: &ModeInfo| matches!(&info.sum, Some(Sum::Single(single)) if single.mode == LEGACY_AMINO_JSON);
    ensure(multi.mode_infos.iter().all(amino), || {
        Sdk::NotSupported("members of a multisig sign in SIGN_MODE_LEGACY_AMINO_JSON".into())
    })?;
    Ok(signed.into_iter().copied().zip(signatures).collect())
}

fn length(bits: &CompactBitArray) -> usize {
    let whole = bits.elems.len().saturating_mul(8);
    match bits.extra_bits_stored as usize {
        0 => whole,
        extra => whole.saturating_sub(8).saturating_add(extra),
    }
}

/// Bits are counted from the highest of the first byte.
fn bit(bits: &CompactBitArray, place: usize) -> bool {
    let byte = bits.elems.get(place >> 3).copied().unwrap_or_default();
    byte & (0x80 >> (place & 7)) != 0
}
