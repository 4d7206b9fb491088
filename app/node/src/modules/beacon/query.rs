//! Queries of `beacon`.

use super::{Error, state::*};
use aliquot_proto::beacon::v1 as pb;
use aliquot_sdk::{Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(beacon).query(omissions);
}

fn beacon(ctx: &Ctx, q: pb::QueryBeaconRequest) -> Result<pb::QueryBeaconResponse> {
    let height = if q.height == 0 { ctx.block.height } else { q.height };
    let beacon = BEACONS.get(ctx, &height)?.ok_or(Error::NotFound(height))?;
    Ok(pb::QueryBeaconResponse { beacon: Some(beacon) })
}

fn omissions(ctx: &Ctx, q: pb::QueryOmissionsRequest) -> Result<pb::QueryOmissionsResponse> {
    let page = paginate(ctx, q.pagination, OMISSIONS.listed(&()), |(_, omissions)| Ok(Some(omissions)))?;
    Ok(pb::QueryOmissionsResponse { omissions: page.items, pagination: page.response })
}
