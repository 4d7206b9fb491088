//! The life of a grant: made, used, ended, expired.

use super::{
    Error,
    authorization::{Authorization, Left},
    state::{GRANTS, GRANTS_BY_EXPIRATION, GrantKey},
};
use aliquot_proto::{
    Any, Timestamp,
    cosmos::authz::v1beta1::{EventGrant, EventRevoke, Grant},
};
use aliquot_sdk::{Address, Ctx, Result, ensure};

/// Expired grants that one block removes at most.
pub const MAX_PRUNED: usize = 500;
/// The last second of the year 9999, where timestamps of protobuf end.
pub const LAST_SECOND: i64 = 253_402_300_799;

/// Whether it is a point in time that a queue can sort.
pub fn is_time(at: &Timestamp) -> bool {
    (0..=LAST_SECOND).contains(&at.seconds) && (0..1_000_000_000).contains(&at.nanos)
}

pub fn check_expiration(at: Option<&Timestamp>) -> Result<()> {
    ensure(at.is_none_or(is_time), || Error::InvalidExpiration("not a time between 1970 and 9999".into()))
}

pub fn expired(ctx: &Ctx, grant: &Grant) -> bool {
    let now = (ctx.block.time.seconds, ctx.block.time.nanos);
    grant.expiration.as_ref().is_some_and(|at| (at.seconds, at.nanos) <= now)
}

/// Makes a grant, in the place of the one for the same type of message if there is one.
pub fn save(ctx: &mut Ctx, key: &GrantKey, grant: &Grant) -> Result<()> {
    check_expiration(grant.expiration.as_ref())?;
    ensure(!expired(ctx, grant), || {
        let at = |at: &Timestamp| format!("{}.{:09} s", at.seconds, at.nanos);
        let (now, then) = (at(&ctx.block.time), grant.expiration.as_ref().map(at).unwrap_or_default());
        Error::InvalidExpiration(format!("expiration must be after the current block time ({now}), got {then}"))
    })?;
    GRANTS.set(ctx, key, grant)?;
    let (granter, grantee, msg_type_url) = key.clone();
    ctx.emit(&EventGrant { msg_type_url, granter: granter.to_string(), grantee: grantee.to_string() })
}

/// Ends a grant.
pub fn remove(ctx: &mut Ctx, key: &GrantKey) -> Result<()> {
    let (granter, grantee, msg_type_url) = key.clone();
    ensure(GRANTS.has(ctx, key)?, || Error::NotFound(granter, grantee, msg_type_url.clone()))?;
    GRANTS.remove(ctx, key)?;
    ctx.emit(&EventRevoke { msg_type_url, granter: granter.to_string(), grantee: grantee.to_string() })
}

/// Uses the grant of `granter` that lets `grantee` send `msg`, or refuses.
pub fn take(ctx: &mut Ctx, granter: &Address, grantee: &Address, msg: &Any) -> Result<()> {
    let url = &msg.type_url;
    let key = (*granter, *grantee, url.clone());
    let grant = GRANTS.get(ctx, &key)?.ok_or_else(|| Error::NotFound(*granter, *grantee, url.clone()))?;
    ensure(!expired(ctx, &grant), || Error::Expired(*granter, *grantee, url.clone()))?;
    match Authorization::parse(grant.authorization.as_ref())?.accept(msg)? {
        Left::Same => Ok(()),
        Left::Less(rest) => GRANTS.set(ctx, &key, &rest.granted_until(grant.expiration)),
        Left::Nothing => remove(ctx, &key),
    }
}

/// Removes those that have expired, the earliest first.
pub fn prune(ctx: &mut Ctx) -> Result<()> {
    let mut due = Vec::new();
    for key in GRANTS_BY_EXPIRATION.under(ctx, &()).take(MAX_PRUNED) {
        let key = key?;
        if GRANTS.get(ctx, &key)?.is_some_and(|grant| !expired(ctx, &grant)) {
            break;
        }
        due.push(key);
    }
    due.iter().try_for_each(|key| GRANTS.remove(ctx, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliquot_proto::cosmos::{authz::v1beta1::GenericAuthorization, bank::v1beta1::MsgSend};
    use prost::Name;

    fn key(grantee: &str) -> GrantKey {
        (Address::module("granter"), Address::module(grantee), MsgSend::type_url())
    }

    fn until(seconds: i64, nanos: i32) -> Grant {
        let generic = GenericAuthorization { msg: MsgSend::type_url() };
        Authorization::Generic(generic).granted_until(Some(Timestamp { seconds, nanos }))
    }

    fn at(seconds: i64, nanos: i32) -> Ctx {
        let mut ctx = Ctx::test();
        ctx.block.time = Timestamp { seconds, nanos };
        ctx
    }

    fn uses(ctx: &mut Ctx, grantee: &str) -> Result<()> {
        let msg = Any { type_url: MsgSend::type_url(), value: vec![] };
        take(ctx, &Address::module("granter"), &Address::module(grantee), &msg)
    }

    #[test]
    fn a_grant_counts_to_the_nanosecond_before_it_expires() {
        let mut ctx = at(100, 0);
        save(&mut ctx, &key("bob"), &until(200, 500)).unwrap();
        for (seconds, nanos, counts) in [(199, 999_999_999, true), (200, 499, true), (200, 500, false), (201, 0, false)]
        {
            ctx.block.time = Timestamp { seconds, nanos };
            let done = uses(&mut ctx, "bob");
            assert_eq!(done.map_err(|e| (e.codespace, e.code)), if counts { Ok(()) } else { Err(("authz", 6)) });
        }
    }

    #[test]
    fn what_has_already_expired_is_not_granted() {
        let mut ctx = at(100, 7);
        for (seconds, nanos) in [(100, 7), (100, 0), (99, 999), (-1, 0), (300, -1), (300, 1_000_000_000), (i64::MAX, 0)]
        {
            let error = save(&mut ctx, &key("bob"), &until(seconds, nanos)).unwrap_err();
            assert_eq!((error.codespace, error.code), ("authz", 3), "{seconds}.{nanos}");
        }
        save(&mut ctx, &key("bob"), &until(100, 8)).unwrap();
    }

    #[test]
    fn the_queue_gives_up_what_is_due_and_no_more_than_a_block_may() {
        let mut ctx = at(100, 0);
        let due = MAX_PRUNED + 10;
        for i in 0..due {
            save(&mut ctx, &key(&format!("grantee {i}")), &until(150, i as i32)).unwrap();
        }
        save(&mut ctx, &key("later"), &until(151, 0)).unwrap();
        save(&mut ctx, &key("never"), &Grant { expiration: None, ..until(0, 0) }).unwrap();
        let left = |ctx: &Ctx| GRANTS.under(ctx, &()).count();
        prune(&mut ctx).unwrap();
        assert_eq!(left(&ctx), due + 2, "none is due");
        ctx.block.time = Timestamp { seconds: 150, nanos: 999_999_999 };
        prune(&mut ctx).unwrap();
        assert_eq!(left(&ctx), 12);
        assert_eq!(uses(&mut ctx, &format!("grantee {}", due - 1)).unwrap_err().code, 6, "refused before it is pruned");
        prune(&mut ctx).unwrap();
        assert_eq!(left(&ctx), 2);
        assert!(ctx.take_events().iter().all(|event| !event.kind.ends_with("EventRevoke")));
        for name in ["later", "never"] {
            uses(&mut ctx, name).unwrap();
        }
    }

    #[test]
    fn granting_again_moves_the_expiration() {
        let mut ctx = at(100, 0);
        save(&mut ctx, &key("bob"), &until(150, 0)).unwrap();
        save(&mut ctx, &key("bob"), &until(300, 0)).unwrap();
        ctx.block.time.seconds = 200;
        prune(&mut ctx).unwrap();
        uses(&mut ctx, "bob").unwrap();
        remove(&mut ctx, &key("bob")).unwrap();
        assert_eq!(GRANTS_BY_EXPIRATION.under(&ctx, &()).count(), 0);
        assert_eq!(remove(&mut ctx, &key("bob")).unwrap_err().code, 2);
    }
}
