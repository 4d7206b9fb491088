//! What a transaction must pass before its messages run, as a list of steps.
//!
//! Cheap refusals come first: nothing touches the curve before fee, sequence and balance are known to be right. A
//! failure leaves nothing behind. CheckTx and recheck run this alone, on their own state.

mod signer;

use crate::{
    modules::{
        auth::{self, AccountKey, FEE_COLLECTOR_ADDRESS},
        bank, feegrant,
    },
    signatures::Signatures,
};
use aliquot_client::BASE_DENOM;
use aliquot_proto::{
    Any,
    beacon::v1::MsgBeacon,
    cosmos::{auth::v1beta1::Params, tx::v1beta1::Fee},
};
use aliquot_sdk::{Address, Coin, Ctx, Error, Gas, MAX_SIGNATURES, Mode, Result, Sdk, SealedRoutes, Tx, ensure};
use prost::Name;
use std::fmt;

use signer::Signer;
pub use signer::{addresses as signers, claims};

/// The most gas that one transaction may ask for, and all of a block together.
pub const MAX_TX_GAS: u64 = 50_000_000;
pub const MAX_BLOCK_GAS: u64 = 500_000_000;
const MAX_MESSAGES: usize = 256;

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

/// Runs all steps. On success fee and sequences are written, and the meter of `ctx` is the transaction's.
pub fn run(ctx: &mut Ctx, gate: &Gate, tx: &Tx) -> Result<()> {
    let fee = tx.auth.fee.as_ref().ok_or_else(|| Sdk::InsufficientFee("a fee must be given, it may be zero".into()))?;
    ctx.meter(Gas::limited(gas_limit(ctx, fee)?));
    let params = auth::params(ctx)?;
    check_body(ctx, gate, tx, &params)?;
    let amounts = check_fee(ctx, gate, fee)?;
    let addresses = signer_addresses(ctx, gate, tx)?;
    let signers = signer::load_all(ctx, tx, &addresses)?;
    let payer = payer(ctx, fee, &addresses, &amounts, &tx.body.messages)?;
    let size = (tx.size as u64).saturating_add(left_out(ctx, tx, &signers));
    ctx.charge("txSize", size.saturating_mul(params.tx_size_cost_per_byte))?;
    match amounts.is_empty() && ctx.mode == Mode::Simulate {
        true => deduct_fee(ctx, &payer, &[some_fee(ctx, gate, &payer)?])?,
        false => deduct_fee(ctx, &payer, &amounts)?,
    }
    for (index, signer) in signers.iter().enumerate() {
        ctx.charge("ante verify: secp256k1", params.sig_verify_cost_secp256k1.saturating_mul(signer.count as u64))?;
        if ctx.mode != Mode::Simulate {
            signer::verify(ctx, gate, tx, signer, index)?;
        }
    }
    emit(ctx, tx, &amounts, &payer, &signers);
    for (index, signer) in signers.into_iter().enumerate() {
        let key = tx.auth.signer_infos.get(index).and_then(|info| info.public_key.clone());
        raise_sequence(ctx, signer, key)?;
    }
    Ok(())
}

/// Bytes by which the signed transaction will be longer than the one that is simulated: clients leave out signatures,
/// keys and the fee.
fn left_out(ctx: &Ctx, tx: &Tx, signers: &[Signer]) -> u64 {
    const SIGNATURE: usize = 66;
    const KEY: usize = 76;
    const FEE: usize = 30;
    if ctx.mode != Mode::Simulate {
        return 0;
    }
    let mut bytes = if tx.auth.fee.as_ref().is_none_or(|fee| fee.amount.is_empty()) { FEE } else { 0 };
    for (index, signer) in signers.iter().enumerate() {
        let signed = tx.signatures.get(index).map_or(0, Vec::len);
        let key = tx.auth.signer_infos.get(index).is_some_and(|info| info.public_key.is_some());
        bytes = bytes.saturating_add(signer.count.saturating_mul(SIGNATURE).saturating_sub(signed));
        bytes = bytes.saturating_add(if key { 0 } else { KEY });
    }
    bytes as u64
}

/// What stands for the fee that a simulation does not know yet: to move it takes gas as well.
fn some_fee(ctx: &Ctx, gate: &Gate, payer: &Address) -> Result<Coin> {
    let denom = gate.policy.min_gas_prices.first().map_or(BASE_DENOM, |(denom, _)| denom);
    let amount = bank::balance(ctx, payer, denom)?.min(1);
    Ok(Coin { denom: denom.into(), amount })
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
        let most = params.max_memo_characters;
        Sdk::MemoTooLarge(format!("maximum number of characters is {most} but received {memo} characters"))
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

/// The accounts that must sign.
fn signer_addresses(ctx: &Ctx, gate: &Gate, tx: &Tx) -> Result<Vec<Address>> {
    let out = signer::addresses(gate.routes, tx)?;
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

/// Whose account the fee is taken from: the payer's, who signs, or that of a granter whose allowance bears it.
fn payer(ctx: &mut Ctx, fee: &Fee, addresses: &[Address], amounts: &[Coin], msgs: &[Any]) -> Result<Address> {
    let first = addresses.first().copied().ok_or_else(|| Sdk::Logic("a transaction that nobody signs".into()))?;
    let payer = if fee.payer.is_empty() { first } else { Address::parse(&fee.payer)? };
    if fee.granter.is_empty() {
        return Ok(payer);
    }
    let granter = Address::parse(&fee.granter)?;
    if granter != payer {
        feegrant::use_grant(ctx, &granter, &payer, amounts, msgs).map_err(|error| {
            let text = format!("{granter} does not allow to pay fees for {payer}: {}", error.text);
            Error { text, ..error }
        })?;
    }
    Ok(granter)
}

fn deduct_fee(ctx: &mut Ctx, payer: &Address, amounts: &[Coin]) -> Result<()> {
    amounts.iter().try_for_each(|coin| bank::send(ctx, payer, &FEE_COLLECTOR_ADDRESS, coin))
}

/// The first transaction of an account also leaves its key.
fn raise_sequence(ctx: &mut Ctx, signer: Signer, key: Option<Any>) -> Result<()> {
    let Signer { address, mut account, .. } = signer;
    account.sequence = account.sequence.checked_add(1).ok_or_else(|| Sdk::Logic("sequence is used up".into()))?;
    if account.pub_key.is_none() {
        account.pub_key = key.or_else(|| (ctx.mode == Mode::Simulate).then(AccountKey::unknown));
    }
    auth::set_account(ctx, &address, &account)
}

fn emit(ctx: &mut Ctx, tx: &Tx, amounts: &[Coin], payer: &Address, signers: &[Signer]) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let fee: Vec<_> = amounts.iter().map(Coin::to_string).collect();
    ctx.emit_plain("tx", &[("fee", &fee.join(",")), ("fee_payer", &payer.to_string())]);
    for Signer { account, sequence, .. } in signers {
        ctx.emit_plain("tx", &[("acc_seq", &format!("{}/{sequence}", account.address))]);
    }
    for signature in &tx.signatures {
        ctx.emit_plain("tx", &[("signature", &STANDARD.encode(signature))]);
    }
}

/// Whether messages of a block may ask for this much gas together.
pub fn fits_block(total: u64, fee: Option<&Fee>) -> Option<u64> {
    let total = total.checked_add(fee.map_or(0, |fee| fee.gas_limit))?;
    (total <= MAX_BLOCK_GAS).then_some(total)
}
