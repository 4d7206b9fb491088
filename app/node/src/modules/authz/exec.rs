//! MsgExec: messages of others, run through the same routes as those of a transaction.

use super::{Error, grants};
use crate::runtime;
use aliquot_proto::{
    Any,
    beacon::v1::MsgBeacon,
    cosmos::authz::v1beta1::{MsgExec, MsgExecResponse},
};
use aliquot_sdk::{Address, Ctx, Result, Sdk, SealedRoutes, ensure};
use prost::{Message, Name};

/// How deep execs are nested at most, the outermost counted. Decoding takes sixteen messages within messages, which four
/// execs and a send leave room in.
const MAX_DEPTH: u32 = 4;

/// Whether an exec may carry messages of this type, and a grant be for them.
pub fn may_run(type_url: &str) -> bool {
    type_url != MsgBeacon::type_url()
}

pub fn exec(ctx: &mut Ctx, msg: MsgExec) -> Result<MsgExecResponse> {
    check(&msg, 1)?;
    let (grantee, routes) = (Address::parse(&msg.grantee)?, runtime::routes()?);
    let mut results = Vec::with_capacity(msg.msgs.len());
    for (index, inner) in msg.msgs.iter().enumerate() {
        let done = authorize(ctx, routes, &grantee, inner).and_then(|()| run(ctx, routes, index, inner));
        results.push(done.map_err(|error| error.in_message(index))?);
    }
    Ok(MsgExecResponse { results })
}

/// Refuses before anything runs what must not run at any depth.
fn check(msg: &MsgExec, depth: u32) -> Result<()> {
    ensure(depth <= MAX_DEPTH, || Sdk::InvalidRequest(format!("MsgExec is nested at most {MAX_DEPTH} deep")))?;
    ensure(!msg.msgs.is_empty(), || Sdk::InvalidRequest("messages cannot be empty".into()))?;
    for inner in &msg.msgs {
        ensure(may_run(&inner.type_url), || {
            Sdk::UnknownRequest(format!("unrecognized message route: {}", inner.type_url))
        })?;
        if inner.type_url == MsgExec::type_url() {
            let nested = MsgExec::decode(inner.value.as_slice()).map_err(|e| Sdk::TxDecode(e.to_string()))?;
            check(&nested, depth.saturating_add(1))?;
        }
    }
    Ok(())
}

/// Uses the grant that lets `grantee` send `msg`; its own signer needs none.
fn authorize(ctx: &mut Ctx, routes: &SealedRoutes, grantee: &Address, msg: &Any) -> Result<()> {
    let signers = routes.signers(msg)?;
    let [granter] = signers.as_slice() else {
        return Err(Error::NumberOfSigners(msg.type_url.clone(), signers.len()).into());
    };
    if granter == grantee { Ok(()) } else { grants::take(ctx, granter, grantee, msg) }
}

/// Runs a message; gives its encoded response. Its events carry its place, as the Cosmos SDK writes them: in an exec within
/// an exec they carry one for each.
fn run(ctx: &mut Ctx, routes: &SealedRoutes, index: usize, msg: &Any) -> Result<Vec<u8>> {
    let earlier = ctx.take_events();
    let done = routes.execute(ctx, msg);
    let events = ctx.take_events();
    for event in earlier {
        ctx.push_event(event);
    }
    for mut event in events {
        event.attributes.push(("authz_msg_index".into(), index.to_string()));
        ctx.push_event(event);
    }
    done.map(|response| response.value)
}
