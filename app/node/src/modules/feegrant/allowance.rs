//! Kinds of allowance: what fees it pays, and how paying them wears it out.

use super::Error;
use crate::modules::authz::{LAST_SECOND, is_time, limit, unpack};
use aliquot_client::any;
use aliquot_proto::{
    Any, Coin as PbCoin, Timestamp,
    cosmos::feegrant::v1beta1::{AllowedMsgAllowance, BasicAllowance, PeriodicAllowance},
};
use aliquot_sdk::{Coin, Result, Sdk, ensure};
use prost::Name;

const NANOS: i128 = 1_000_000_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Allowance {
    /// Up to a limit, until a time; either may be missing.
    Basic(BasicAllowance),
    /// Up to a limit in each period, besides.
    Periodic(PeriodicAllowance),
    /// One of the others, for messages of some types.
    AllowedMsg(Box<Allowance>, Vec<String>),
}

impl Allowance {
    pub fn parse(any: Option<&Any>) -> Result<Self> {
        let any = any.ok_or_else(|| Sdk::InvalidType("allowance is nil".into()))?;
        if any.type_url != AllowedMsgAllowance::type_url() {
            return Self::parse_plain(any);
        }
        let outer: AllowedMsgAllowance = unpack(any)?;
        let inner = outer.allowance.ok_or_else(|| Sdk::InvalidType("allowance is nil".into()))?;
        Ok(Allowance::AllowedMsg(Box::new(Self::parse_plain(&inner)?), outer.allowed_messages))
    }

    fn parse_plain(any: &Any) -> Result<Self> {
        if any.type_url == BasicAllowance::type_url() {
            unpack(any).map(Allowance::Basic)
        } else if any.type_url == PeriodicAllowance::type_url() {
            unpack(any).map(Allowance::Periodic)
        } else {
            let url: String = any.type_url.chars().take(128).collect();
            Err(Sdk::InvalidType(format!("{url:?} is no allowance that can stand here")).into())
        }
    }

    pub fn pack(&self) -> Any {
        match self {
            Allowance::Basic(basic) => any(basic),
            Allowance::Periodic(periodic) => any(periodic),
            Allowance::AllowedMsg(inner, urls) => {
                any(&AllowedMsgAllowance { allowance: Some(inner.pack()), allowed_messages: urls.clone() })
            }
        }
    }

    fn basic(&self) -> Option<&BasicAllowance> {
        match self {
            Allowance::Basic(basic) => Some(basic),
            Allowance::Periodic(periodic) => periodic.basic.as_ref(),
            Allowance::AllowedMsg(inner, _) => inner.basic(),
        }
    }

    pub fn expiration(&self) -> Option<&Timestamp> {
        self.basic()?.expiration.as_ref()
    }

    /// Refuses an allowance that could never be used as it says.
    pub fn check(&self) -> Result<()> {
        ensure(self.expiration().is_none_or(is_time), || {
            Error::InvalidDuration("expiration is not a time between 1970 and 9999")
        })?;
        let limit = self.basic().map_or(&[][..], |basic| &basic.spend_limit);
        Coin::parse_list(limit)?;
        match self {
            Allowance::Basic(_) => Ok(()),
            Allowance::Periodic(periodic) => check_period(periodic, limit),
            Allowance::AllowedMsg(inner, urls) => {
                ensure(!urls.is_empty(), || Error::NoMessages)?;
                inner.check()
            }
        }
    }

    /// A period begins when it is granted.
    pub fn begun(self, now: &Timestamp) -> Self {
        match self {
            Allowance::Periodic(periodic) if nanos(periodic.period_reset.as_ref()) == 0 => {
                let end = nanos(Some(now)).saturating_add(period(&periodic));
                Allowance::Periodic(PeriodicAllowance {
                    period_can_spend: periodic.period_spend_limit.clone(),
                    period_reset: Some(time(end)),
                    ..periodic
                })
            }
            Allowance::AllowedMsg(inner, urls) => Allowance::AllowedMsg(Box::new(inner.begun(now)), urls),
            other => other,
        }
    }

    pub fn expired(&self, now: &Timestamp) -> bool {
        self.expiration().is_some_and(|at| nanos(Some(at)) < nanos(Some(now)))
    }

    /// What is left after a fee; none when that was all.
    pub fn spend(&self, now: &Timestamp, fee: &[PbCoin], msgs: &[Any]) -> Result<Option<Self>> {
        ensure(!self.expired(now), || Error::Expired)?;
        match self {
            Allowance::Basic(basic) => Ok(spend_basic(basic, fee, "basic allowance")?.map(Allowance::Basic)),
            Allowance::Periodic(periodic) => Ok(spend_periodic(periodic, now, fee)?.map(Allowance::Periodic)),
            Allowance::AllowedMsg(inner, urls) => {
                let refused = msgs.iter().find(|msg| !urls.contains(&msg.type_url));
                ensure(refused.is_none(), || Error::MessageNotAllowed)?;
                Ok(inner.spend(now, fee, msgs)?.map(|left| Allowance::AllowedMsg(Box::new(left), urls.clone())))
            }
        }
    }
}

fn check_period(periodic: &PeriodicAllowance, limit: &[PbCoin]) -> Result<()> {
    ensure(periodic.basic.is_some(), || Sdk::InvalidRequest("a periodic allowance has a basic one".into()))?;
    limit::check(&periodic.period_spend_limit)?;
    Coin::parse_list(&periodic.period_can_spend)?;
    let within = |coin: &PbCoin| limit.iter().any(|most| most.denom == coin.denom);
    ensure(limit.is_empty() || periodic.period_spend_limit.iter().all(within), || {
        Sdk::InvalidCoins("period spend limit has different currency than basic spend limit".into())
    })?;
    ensure(period(periodic) > 0, || Error::InvalidDuration("a period is more than zero"))
}

/// An empty limit is none.
fn spend_basic(basic: &BasicAllowance, fee: &[PbCoin], which: &'static str) -> Result<Option<BasicAllowance>> {
    if basic.spend_limit.is_empty() {
        return Ok(Some(basic.clone()));
    }
    let left = limit::spend(&basic.spend_limit, fee).map_err(|_| Error::LimitExceeded(which))?;
    Ok(left.map(|spend_limit| BasicAllowance { spend_limit, ..basic.clone() }))
}

fn spend_periodic(periodic: &PeriodicAllowance, now: &Timestamp, fee: &[PbCoin]) -> Result<Option<PeriodicAllowance>> {
    let mut left = periodic.clone();
    reset(&mut left, now)?;
    let can = limit::spend(&left.period_can_spend, fee).map_err(|_| Error::LimitExceeded("period limit"))?;
    left.period_can_spend = can.unwrap_or_default();
    let basic = spend_basic(left.basic.as_ref().unwrap_or(&BasicAllowance::default()), fee, "absolute limit")?;
    Ok(basic.map(|basic| PeriodicAllowance { basic: Some(basic), ..left }))
}

/// Begins the next period when the present one has ended: no more can be spent in it than is left of the whole.
fn reset(periodic: &mut PeriodicAllowance, now: &Timestamp) -> Result<()> {
    let (end, now) = (nanos(periodic.period_reset.as_ref()), nanos(Some(now)));
    if now < end {
        return Ok(());
    }
    let whole = periodic.basic.as_ref().map_or(&[][..], |basic| &basic.spend_limit);
    let covers = whole.is_empty() || limit::spend(whole, &periodic.period_spend_limit).is_ok();
    periodic.period_can_spend = if covers { periodic.period_spend_limit.clone() } else { whole.to_vec() };
    let next = end.saturating_add(period(periodic));
    periodic.period_reset = Some(time(if now > next { now.saturating_add(period(periodic)) } else { next }));
    Ok(())
}

fn period(periodic: &PeriodicAllowance) -> i128 {
    periodic.period.as_ref().map_or(0, |p| i128::from(p.seconds).saturating_mul(NANOS).saturating_add(p.nanos.into()))
}

fn nanos(at: Option<&Timestamp>) -> i128 {
    at.map_or(0, |at| i128::from(at.seconds).saturating_mul(NANOS).saturating_add(at.nanos.into()))
}

fn time(nanos: i128) -> Timestamp {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).unwrap_or(LAST_SECOND).min(LAST_SECOND);
    Timestamp { seconds, nanos: i32::try_from(nanos.rem_euclid(NANOS)).unwrap_or_default() }
}
