//! Transactions by their events, and those of one block.
//!
//! Clients ask in two dialects: `events`, a list whose conditions must all hold, of old; and `query`, one text, since
//! version 0.50 of the Cosmos SDK. Both are CometBFT's own query language. Pages are numbers from 1, or come as offset
//! and limit of `pagination`.

use super::{
    Table,
    comet::{Comet, Refusal},
    tx::{block_time, decode, shown},
};
use crate::app::App;
use aliquot_proto::cosmos::{
    base::query::v1beta1::{PageRequest, PageResponse},
    tx::v1beta1 as pb,
};
use aliquot_sdk::{Result, Sdk, ensure};
use std::collections::BTreeMap;
use tendermint_rpc::{Client as _, Order, endpoint::tx_search};

/// Transactions in a page that names no limit, and the most that CometBFT gives at once.
const LIMIT: u64 = 100;
const ORDER_BY_DESC: i32 = 2;

pub(super) fn register(table: &mut Table) {
    table
        .add("/cosmos.tx.v1beta1.Service/GetTxsEvent", get_txs_event)
        .add("/cosmos.tx.v1beta1.Service/GetBlockWithTxs", get_block_with_txs);
}

#[allow(deprecated)] // what clients of older versions send
fn get_txs_event(app: &App, q: pb::GetTxsEventRequest) -> Result<pb::GetTxsEventResponse> {
    let (events, pagination) = (q.events, q.pagination);
    let query = if q.query.is_empty() { events.join(" AND ") } else { q.query };
    ensure(!query.trim().is_empty(), || {
        Sdk::InvalidRequest("query cannot be empty: it should look like message.sender='aliquot1..'".into())
    })?;
    let (page, limit) = page(q.page, q.limit, pagination);
    let order = if q.order_by == ORDER_BY_DESC { Order::Descending } else { Order::Ascending };
    let comet = app.comet()?;
    let found = search(comet, &query, page, limit, order)?;
    let mut times = BTreeMap::new();
    let mut answer = pb::GetTxsEventResponse { total: u64::from(found.total_count), ..Default::default() };
    for tx in found.txs {
        let height = tx.height.value();
        let time = match times.get(&height) {
            Some(time) => String::clone(time),
            None => times.entry(height).or_insert(block_time(comet, height)?).clone(),
        };
        let (tx, response) = shown(tx, time)?;
        answer.txs.push(tx);
        answer.tx_responses.push(response);
    }
    Ok(answer)
}

fn search(comet: &Comet, query: &str, page: u32, limit: u8, order: Order) -> Result<tx_search::Response> {
    // The typed call takes only queries that its own parser knows.
    let ask = |page, limit, order| comet.rpc().perform(tx_search::Request::new(query, false, page, limit, order));
    match comet.try_ask(ask(page, limit, order))? {
        Ok(found) => Ok(found),
        // A page behind the last is empty, not an error.
        Err(Refusal(why)) if why.contains("page should be within") => {
            let total_count = comet.ask(ask(1, 1, Order::Ascending))?.total_count;
            Ok(tx_search::Response { txs: Vec::new(), total_count })
        }
        Err(Refusal(why)) if why.contains("disabled") => Err(super::comet::refused(&why)),
        Err(Refusal(why)) => Err(Sdk::InvalidRequest(format!("query {query:?}: {why}")).into()),
    }
}

/// The number and size of the page that was asked for, in either way.
fn page(page: u64, limit: u64, pagination: Option<PageRequest>) -> (u32, u8) {
    let old = pagination.unwrap_or_default();
    let limit = if limit == 0 { old.limit } else { limit };
    let limit = if limit == 0 { LIMIT } else { limit.min(LIMIT) };
    let page = if page == 0 { old.offset.checked_div(limit).unwrap_or_default().saturating_add(1) } else { page };
    (u32::try_from(page).unwrap_or(u32::MAX), u8::try_from(limit).unwrap_or(u8::MAX))
}

fn get_block_with_txs(app: &App, q: pb::GetBlockWithTxsRequest) -> Result<pb::GetBlockWithTxsResponse> {
    let found = super::blocks::fetch(app, q.height)?;
    let block = tendermint_proto::v0_38::types::Block::from(found.block);
    let raw = block.data.as_ref().map(|data| data.txs.as_slice()).unwrap_or_default();
    let page = q.pagination.unwrap_or_default();
    let limit = if page.limit == 0 { LIMIT } else { page.limit.min(LIMIT) };
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let txs = raw.iter().skip(offset).take(limit).map(|raw| decode(raw)).collect::<Result<_>>()?;
    let pagination = Some(PageResponse { next_key: Vec::new(), total: raw.len() as u64 });
    Ok(pb::GetBlockWithTxsResponse { txs, block_id: Some(found.block_id.into()), block: Some(block), pagination })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_in_two_ways() {
        let old = |offset, limit| Some(PageRequest { offset, limit, ..PageRequest::default() });
        assert_eq!(page(0, 0, None), (1, 100));
        assert_eq!(page(3, 20, None), (3, 20));
        assert_eq!(page(0, 0, old(40, 20)), (3, 20));
        assert_eq!(page(0, u64::MAX, old(u64::MAX, 0)), (u32::MAX, 100));
    }
}
