//! What a transaction must pass before its messages run, as a list of steps.
//!
//! Cheap refusals come first: nothing touches the curve before fee, sequence and balance are known to be right. A
//! failure leaves nothing behind. CheckTx and recheck run this alone, on their own state.

use crate::{
    modules::{
        auth::{self, FEE_COLLECTOR_ADDRESS},
        bank,
    },
    signatures::{Claim, Signatures},
};
use aliquot_proto::{
    Any,
    beacon::v1::MsgBeacon,
    cosmos::{
        auth::v1beta1::{BaseAccount, Params},
        crypto::secp256k1::PubKey,
        tx::v1beta1::{Fee, SignerInfo, mode_info::Sum},
    },
};
use aliquot_sdk::{Address, Coin, Ctx, Gas, MAX_SIGNATURES, Mode, Result, Sdk, SealedRoutes, Tx, ensure};
use prost::{Message, Name};
use std::fmt;

/// The most gas that one transaction may ask for, and all of a block together.
pub const MAX_TX_GAS: u64 = 50_000_000;
pub const MAX_BLOCK_GAS: u64 = 500_000_000;
const MAX_MESSAGES: usize = 256;
const SIGN_MODE_DIRECT: i32 = 1;

/// What a node asks beyond the rules of consensus.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Least price of a unit of gas in millionths of a base unit, per denom; empty takes anything.
    pub min_gas_prices: Vec<(String, u64)>,
}

/// As in app.toml: `0.025000ualq`, several parted by commas.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (denom, micro)) in self.min_gas_prices.iter().enumerate() {
            let (comma, digits) = (if index > 0 { "," } else { "" }, format!("{micro:07}"));
            let (whole, fraction) = digits.split_at(digits.len().saturating_sub(6));
            write!(f, "{comma}{whole}.{fraction}{denom}")?;
        }
        Ok(())
    }
}

/// Everything the ante needs beside state and transaction.
pub struct Gate<'a> {
    pub routes: &'a SealedRoutes,
    pub signatures: &'a Signatures,
    pub policy: &'a Policy,
}

/// One who must sign, with the account as it is before this transaction.
struct Signer {
    address: Address,
    account: BaseAccount,
    key: [u8; 33],
    sequence: u64,
}

/// Runs all steps. On success fee and sequences are written, and the meter of `ctx` is the transaction's.
pub fn run(ctx: &mut Ctx, gate: &Gate, tx: &Tx) -> Result<()> {
    let fee = tx.auth.fee.as_ref().ok_or_else(|| Sdk::InsufficientFee("a fee must be given, it may be zero".into()))?;
    ctx.meter(Gas::limited(gas_limit(ctx, fee)?));
    let params = auth::params(ctx)?;
    check_body(ctx, gate, tx, &params)?;
    let amounts = check_fee(ctx, gate, fee)?;
    let addresses = signer_addresses(ctx, gate, tx)?;
    check_payer(fee, &addresses)?;
    ctx.charge((tx.size as u64).saturating_mul(params.tx_size_cost_per_byte))?;
    let signers = load_signers(ctx, tx, &addresses)?;
    deduct_fee(ctx, &addresses, &amounts)?;
    for (index, signer) in signers.iter().enumerate() {
        ctx.charge(params.sig_verify_cost_secp256k1)?;
        if ctx.mode != Mode::Simulate {
            verify(ctx, gate, tx, signer, index)?;
        }
    }
    emit(ctx, tx, &amounts, &signers);
    for signer in signers {
        raise_sequence(ctx, signer)?;
    }
    Ok(())
}

/// A simulation asks what a transaction would need, so it may have all there is.
fn gas_limit(ctx: &Ctx, fee: &Fee) -> Result<u64> {
    if ctx.mode == Mode::Simulate {
        return Ok(MAX_TX_GAS);
    }
    ensure((1..=MAX_TX_GAS).contains(&fee.gas_limit), || {
        Sdk::InvalidGasLimit(format!("gas limit must be 1 to {MAX_TX_GAS}, got {}", fee.gas_limit))
    })?;
    Ok(fee.gas_limit)
}

fn check_body(ctx: &Ctx, gate: &Gate, tx: &Tx, params: &Params) -> Result<()> {
    let (body, count) = (&tx.body, tx.body.messages.len());
    #[allow(deprecated)] // the Cosmos SDK gave tips up; what would be ignored is refused
    let tipped = tx.auth.tip.is_some();
    ensure(!tipped, || Sdk::NotSupported("tips are not taken".into()))?;
    ensure(count <= MAX_MESSAGES, || Sdk::InvalidRequest(format!("{count} messages, at most {MAX_MESSAGES}")))?;
    let memo = body.memo.len() as u64;
    ensure(memo <= params.max_memo_characters, || {
        Sdk::MemoTooLarge(format!("maximum number of characters is {}, got {memo}", params.max_memo_characters))
    })?;
    ensure(body.timeout_height == 0 || ctx.block.height <= body.timeout_height, || {
        Sdk::TxTimeoutHeight(format!("block height {}, timeout height {}", ctx.block.height, body.timeout_height))
    })?;
    for msg in &body.messages {
        ensure(gate.routes.has_msg(&msg.type_url) && msg.type_url != MsgBeacon::type_url(), || {
            Sdk::UnknownRequest(format!("unrecognized message route: {}", clip(&msg.type_url)))
        })?;
    }
    Ok(())
}

fn clip(text: &str) -> String {
    text.chars().take(128).collect()
}

fn check_fee(ctx: &Ctx, gate: &Gate, fee: &Fee) -> Result<Vec<Coin>> {
    ensure(fee.granter.is_empty(), || Sdk::NotSupported("fee grants are not served yet".into()))?;
    let amounts = Coin::parse_list(&fee.amount)?;
    let prices = &gate.policy.min_gas_prices;
    if ctx.mode != Mode::Check || prices.is_empty() {
        return Ok(amounts);
    }
    let pays = |(denom, price): &(String, u64)| {
        let need = u128::from(fee.gas_limit).saturating_mul(u128::from(*price)).div_ceil(1_000_000);
        amounts.iter().any(|coin| coin.denom == *denom && coin.amount >= need)
    };
    ensure(prices.iter().any(pays), || {
        let gas = u128::from(fee.gas_limit);
        let need = |(d, p): &(String, u64)| format!("{}{d}", gas.saturating_mul(u128::from(*p)).div_ceil(1_000_000));
        let need: Vec<_> = prices.iter().map(need).collect();
        let got: Vec<_> = amounts.iter().map(Coin::to_string).collect();
        Sdk::InsufficientFee(format!("insufficient fees; got: {} required: {}", got.join(","), need.join(" or ")))
    })?;
    Ok(amounts)
}

/// The accounts that the messages name, each once, in order of appearance; the first pays the fee.
fn signer_addresses(ctx: &Ctx, gate: &Gate, tx: &Tx) -> Result<Vec<Address>> {
    let mut out: Vec<Address> = Vec::with_capacity(1);
    for msg in &tx.body.messages {
        for address in gate.routes.signers(msg)? {
            if !out.contains(&address) {
                out.push(address);
            }
        }
    }
    let (signers, infos, signatures) = (out.len(), tx.auth.signer_infos.len(), tx.signatures.len());
    ensure(signers <= MAX_SIGNATURES, || {
        Sdk::TooManySignatures(format!("signatures: {signers}, limit: {MAX_SIGNATURES}"))
    })?;
    if ctx.mode == Mode::Simulate {
        return Ok(out);
    }
    ensure(signatures > 0, || Sdk::NoSignatures("the transaction is not signed".into()))?;
    ensure(signatures == signers && infos == signers, || {
        Sdk::Unauthorized(format!(
            "wrong number of signers; expected {signers}, got {infos} infos, {signatures} signatures"
        ))
    })?;
    Ok(out)
}

fn check_payer(fee: &Fee, addresses: &[Address]) -> Result<()> {
    let is_first = || addresses.first().is_some_and(|first| fee.payer == first.to_string());
    ensure(fee.payer.is_empty() || is_first(), || Sdk::NotSupported("the fee payer must be the first signer".into()))
}

fn load_signers(ctx: &Ctx, tx: &Tx, addresses: &[Address]) -> Result<Vec<Signer>> {
    let nothing = SignerInfo::default();
    let info = |index: usize| tx.auth.signer_infos.get(index).unwrap_or(&nothing);
    let load = |(index, address)| match ctx.mode {
        Mode::Simulate => simulated_signer(ctx, address),
        _ => load_signer(ctx, address, info(index)),
    };
    addresses.iter().enumerate().map(load).collect()
}

/// Clients simulate without key, signature or sequence: only the account must exist.
fn simulated_signer(ctx: &Ctx, address: &Address) -> Result<Signer> {
    let account = auth::account(ctx, address)?;
    let account = account.ok_or_else(|| Sdk::UnknownAddress(format!("account {address} does not exist")))?;
    Ok(Signer { address: *address, sequence: account.sequence, account, key: [0; 33] })
}

fn load_signer(ctx: &Ctx, address: &Address, info: &SignerInfo) -> Result<Signer> {
    let account = auth::account(ctx, address)?;
    let account = account.ok_or_else(|| Sdk::UnknownAddress(format!("account {address} does not exist")))?;
    let single = info.mode_info.as_ref().and_then(|mode| mode.sum.as_ref());
    let direct = matches!(single, Some(Sum::Single(single)) if single.mode == SIGN_MODE_DIRECT);
    ensure(direct, || Sdk::NotSupported("sign mode must be SIGN_MODE_DIRECT".into()))?;
    ensure(info.sequence == account.sequence, || {
        Sdk::WrongSequence(format!("account sequence mismatch, expected {}, got {}", account.sequence, info.sequence))
    })?;
    let key = match (&account.pub_key, &info.public_key) {
        (Some(known), Some(given)) if known != given => {
            return Err(Sdk::InvalidPubKey(format!("the account {address} has another key")).into());
        }
        // It was held against the address when it was first given.
        (Some(known), _) => auth::parse_key(known)?,
        (None, Some(given)) => auth::ensure_key_of(address, given)?,
        (None, None) => {
            return Err(Sdk::InvalidPubKey("the first transaction of an account gives its key".into()).into());
        }
    };
    Ok(Signer { address: *address, account, key, sequence: info.sequence })
}

fn deduct_fee(ctx: &mut Ctx, addresses: &[Address], amounts: &[Coin]) -> Result<()> {
    let Some(payer) = addresses.first() else { return Ok(()) };
    for coin in amounts {
        bank::send(ctx, payer, &FEE_COLLECTOR_ADDRESS, coin)?;
    }
    Ok(())
}

fn verify(ctx: &Ctx, gate: &Gate, tx: &Tx, signer: &Signer, index: usize) -> Result<()> {
    let (chain_id, account_number) = (ctx.block.chain_id.as_str(), signer.account.account_number);
    ensure(gate.signatures.verify(&Claim { tx, index, key: signer.key, chain_id, account_number }), || {
        Sdk::Unauthorized(format!(
            "signature verification failed; please verify account number ({account_number}), sequence ({}) and chain-id ({chain_id})",
            signer.sequence
        ))
    })
}

fn raise_sequence(ctx: &mut Ctx, signer: Signer) -> Result<()> {
    let Signer { address, mut account, key, .. } = signer;
    account.sequence = account.sequence.checked_add(1).ok_or_else(|| Sdk::Logic("sequence is used up".into()))?;
    if account.pub_key.is_none() {
        let key = PubKey { key: key.to_vec() };
        account.pub_key = Some(Any { type_url: auth::SECP256K1_URL.into(), value: key.encode_to_vec() });
    }
    auth::set_account(ctx, &address, &account)
}

fn emit(ctx: &mut Ctx, tx: &Tx, amounts: &[Coin], signers: &[Signer]) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let fee: Vec<_> = amounts.iter().map(Coin::to_string).collect();
    let payer = signers.first().map_or("", |signer| &signer.account.address);
    ctx.emit_plain("tx", &[("fee", &fee.join(",")), ("fee_payer", payer)]);
    for Signer { account, sequence, .. } in signers {
        ctx.emit_plain("tx", &[("acc_seq", &format!("{}/{sequence}", account.address))]);
    }
    for signature in &tx.signatures {
        ctx.emit_plain("tx", &[("signature", &STANDARD.encode(signature))]);
    }
}

/// For verification ahead of execution: the signatures of all whose accounts stand in the state of `ctx`. Refuses
/// nothing; what it cannot tell is left to [`run`].
pub fn claims<'a>(ctx: &'a Ctx, routes: &SealedRoutes, tx: &'a Tx) -> Vec<Claim<'a>> {
    let mut out = Vec::new();
    let signers = tx.body.messages.iter().filter_map(|msg| routes.signers(msg).ok()).flatten();
    let mut addresses: Vec<Address> = Vec::new();
    for address in signers {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    for (index, (address, info)) in addresses.iter().zip(&tx.auth.signer_infos).enumerate() {
        let Ok(Some(account)) = auth::account(ctx, address) else { continue };
        let Some(key) = account.pub_key.as_ref().or(info.public_key.as_ref()) else { continue };
        let Ok(key) = auth::parse_key(key) else { continue };
        let account_number = account.account_number;
        out.push(Claim { tx, index, key, chain_id: &ctx.block.chain_id, account_number });
    }
    out
}

/// Whether messages of a block may ask for this much gas together.
pub fn fits_block(total: u64, fee: Option<&Fee>) -> Option<u64> {
    let total = total.checked_add(fee.map_or(0, |fee| fee.gas_limit))?;
    (total <= MAX_BLOCK_GAS).then_some(total)
}
