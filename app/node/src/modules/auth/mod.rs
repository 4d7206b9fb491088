//! Accounts: a number, a sequence and a public key for every address that ever received or signed anything.
//!
//! Messages and queries are `cosmos.auth.v1beta1`. An account is made when its address first receives coins; its number
//! never changes and is part of what its owner signs, so that a signature holds for one account of one chain. Accounts
//! of modules have no key; nobody can sign for them, and `bank` refuses plain sends to them.

mod keys;
mod query;
mod state;

use crate::modules::auth::state::{ACCOUNTS, NEXT_NUMBER, PARAMS};
use aliquot_proto::{
    Any,
    cosmos::auth::v1beta1::{BaseAccount, GenesisState, Params},
};
use aliquot_sdk::{Address, At, Ctx, Error, Module, Result, Routes, Sdk};
use prost::Message;
use std::sync::LazyLock;

pub use keys::AccountKey;

/// Every account that belongs to the chain itself.
pub const MODULE_ACCOUNTS: &[&str] = &[FEE_COLLECTOR, "escrow", "market", "compute", FEE_STAKERS, COMMUNITY, INSURANCE];
/// Fees of transactions.
pub const FEE_COLLECTOR: &str = "fee_collector";
/// Parts of the protocol fee; nothing can spend them until their modules exist.
pub const FEE_STAKERS: &str = "fee_stakers";
pub const COMMUNITY: &str = "community";
pub const INSURANCE: &str = "insurance";

/// Their addresses, in the same order: hashed once, asked for by every send.
static MODULE_ADDRESSES: LazyLock<Vec<Address>> =
    LazyLock::new(|| MODULE_ACCOUNTS.iter().map(|name| Address::module(name)).collect());
pub static FEE_COLLECTOR_ADDRESS: LazyLock<Address> = LazyLock::new(|| Address::module(FEE_COLLECTOR));

/// The name of the module that an address belongs to, if it does.
pub fn module_of(address: &Address) -> Option<&'static str> {
    let place = MODULE_ADDRESSES.iter().position(|known| known == address)?;
    MODULE_ACCOUNTS.get(place).copied()
}

pub const BASE_ACCOUNT_URL: &str = "/cosmos.auth.v1beta1.BaseAccount";

pub struct Auth;

impl Module for Auth {
    const NAME: &'static str = "auth";
    const SCHEMA: &'static [At] = state::SCHEMA;
    type Genesis = GenesisState;

    fn routes(r: &mut Routes) {
        query::routes(r);
    }

    fn init(ctx: &mut Ctx, genesis: GenesisState) -> Result<()> {
        PARAMS.set(ctx, &genesis.params.unwrap_or_else(default_params))?;
        for any in &genesis.accounts {
            if any.type_url != BASE_ACCOUNT_URL {
                return Err(Sdk::InvalidType(format!("genesis account of type {}", any.type_url)).into());
            }
            let account = BaseAccount::decode(any.value.as_slice())
                .map_err(|e| Sdk::InvalidRequest(format!("genesis account: {e}")))?;
            let address = Address::parse(&account.address)?;
            if let Some(key) = &account.pub_key {
                AccountKey::parse_for(&address, key)?;
            }
            let next = NEXT_NUMBER.load_or_default(ctx)?.max(account.account_number.saturating_add(1));
            NEXT_NUMBER.set(ctx, &next)?;
            ACCOUNTS.set(ctx, &address, &account)?;
        }
        for name in MODULE_ACCOUNTS {
            ensure_account(ctx, &Address::module(name))?;
        }
        Ok(())
    }

    fn export(ctx: &Ctx) -> Result<GenesisState> {
        let pack = |entry: Result<(Address, BaseAccount)>| {
            let (_, account) = entry?;
            Ok(Any { type_url: BASE_ACCOUNT_URL.into(), value: account.encode_to_vec() })
        };
        let accounts = ACCOUNTS.under(ctx, &()).map(pack).collect::<Result<_>>()?;
        Ok(GenesisState { params: Some(params(ctx)?), accounts })
    }
}

fn default_params() -> Params {
    Params {
        max_memo_characters: 256,
        tx_sig_limit: 7,
        tx_size_cost_per_byte: 10,
        sig_verify_cost_ed25519: 590,
        sig_verify_cost_secp256k1: 1000,
    }
}

pub fn params(ctx: &Ctx) -> Result<Params> {
    PARAMS.load_or_default(ctx)
}

pub fn account(ctx: &Ctx, address: &Address) -> Result<Option<BaseAccount>> {
    ACCOUNTS.get(ctx, address)
}

pub fn set_account(ctx: &mut Ctx, address: &Address, account: &BaseAccount) -> Result<()> {
    ACCOUNTS.set(ctx, address, account)
}

/// Makes the account of an address that has none.
pub fn ensure_account(ctx: &mut Ctx, address: &Address) -> Result<()> {
    if ACCOUNTS.has(ctx, address)? {
        return Ok(());
    }
    let account_number = NEXT_NUMBER.load_or_default(ctx)?;
    let next = account_number.checked_add(1).ok_or_else(|| Sdk::Logic("account numbers are used up".into()))?;
    NEXT_NUMBER.set(ctx, &next)?;
    let account = BaseAccount { address: address.to_string(), account_number, ..BaseAccount::default() };
    ACCOUNTS.set(ctx, address, &account)
}

/// The error clients match on when an account does not exist.
fn not_found(address: &Address) -> Error {
    Sdk::KeyNotFound(format!("rpc error: code = NotFound desc = account {address} not found")).into()
}
