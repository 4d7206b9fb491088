//! Genesis of `escrow`. Queues are made again from the accounts.

use super::{Error, account, check_params, params, state::*};
use crate::{ids::LeaseKey, modules::provider};
use aliquot_proto::escrow::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, ensure};

pub fn init(ctx: &mut Ctx, genesis: pb::GenesisState) -> Result<()> {
    let params = genesis.params.unwrap_or_default();
    check_params(&params)?;
    ensure(params.max_due > 0, || Error::InvalidParams("max_due must be more than zero".into()))?;
    // What a missed heartbeat stops must not be verified before the miss is found.
    ensure(provider::params(ctx)?.heartbeat_blocks <= params.earnings_lag, || {
        Error::InvalidParams("earnings_lag must be at least the heartbeat_blocks of provider".into())
    })?;
    PARAMS.set(ctx, &params)?;
    for account in &genesis.accounts {
        account::import(ctx, &(Address::parse(&account.owner)?, account.dseq), account)?;
    }
    for hold in &genesis.holds {
        HOLDS.set(ctx, &LeaseKey::parse(&hold.id)?, hold)?;
    }
    for earnings in &genesis.earnings {
        EARNINGS.set(ctx, &(Address::parse(&earnings.payee)?, earnings.denom.clone()), earnings)?;
    }
    for remainder in &genesis.remainders {
        REMAINDERS.set(ctx, &(Address::parse(&remainder.depositor)?, remainder.denom.clone()), remainder)?;
    }
    for payment in &genesis.payments {
        PAYMENTS.set(ctx, &LeaseKey::parse(&payment.id)?, payment)?;
    }
    for turn in &genesis.turns {
        let payee = Address::parse(&turn.payee)?;
        TURNS.set(ctx, &(turn.height, payee, turn.denom.clone()), turn)?;
        TURNS_DUE.insert(ctx, turn.height, (payee, turn.denom.clone()))?;
    }
    Ok(())
}

pub fn export(ctx: &Ctx) -> Result<pb::GenesisState> {
    Ok(pb::GenesisState {
        params: Some(params(ctx)?),
        accounts: ACCOUNTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        holds: HOLDS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        earnings: EARNINGS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        remainders: REMAINDERS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        payments: PAYMENTS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
        turns: TURNS.under(ctx, &()).map(|e| e.map(|(_, v)| v)).collect::<Result<_>>()?,
    })
}
