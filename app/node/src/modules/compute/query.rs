//! Queries of `compute`.

use super::{bond, job, params, state::*};
use crate::ids::LeaseKey;
use aliquot_proto::compute::v1 as pb;
use aliquot_sdk::{Address, Ctx, Result, Routes, paginate};

pub fn routes(r: &mut Routes) {
    r.query(devices).query(device).query(kernels).query(jobs).query(query_job).query(query_params);
}

fn devices(ctx: &Ctx, q: pb::QueryDevicesRequest) -> Result<pb::QueryDevicesResponse> {
    let list = match q.provider.as_str() {
        "" => DEVICES.map().listed(&()),
        provider => DEVICES_BY_PROVIDER.listed(DEVICES.map(), &Address::parse(provider)?.to_string()),
    };
    let page = paginate(ctx, q.pagination, list, |(_, device)| Ok(Some(device)))?;
    Ok(pb::QueryDevicesResponse { devices: page.items, pagination: page.response })
}

fn device(ctx: &Ctx, q: pb::QueryDeviceRequest) -> Result<pb::QueryDeviceResponse> {
    Ok(pb::QueryDeviceResponse { device: Some(bond::load(ctx, &q.id)?.1) })
}

fn kernels(ctx: &Ctx, _: pb::QueryKernelsRequest) -> Result<pb::QueryKernelsResponse> {
    let kernels = KERNELS.under(ctx, &()).map(|e| e.map(|(_, kernel)| kernel)).collect::<Result<_>>()?;
    Ok(pb::QueryKernelsResponse { kernels })
}

fn jobs(ctx: &Ctx, q: pb::QueryJobsRequest) -> Result<pb::QueryJobsResponse> {
    let phase = q.phase;
    let list = match q.provider.as_str() {
        "" if phase != 0 => JOBS_BY_PHASE.listed(JOBS.map(), &phase.unsigned_abs()),
        "" => JOBS.map().listed(&()),
        provider => JOBS_BY_PROVIDER.listed(JOBS.map(), &Address::parse(provider)?),
    };
    let page = paginate(ctx, q.pagination, list, |(_, job)| Ok((phase == 0 || job.phase == phase).then_some(job)))?;
    Ok(pb::QueryJobsResponse { jobs: page.items, pagination: page.response })
}

fn query_job(ctx: &Ctx, q: pb::QueryJobRequest) -> Result<pb::QueryJobResponse> {
    Ok(pb::QueryJobResponse { job: Some(job::load(ctx, &LeaseKey::parse(&q.id)?)?) })
}

fn query_params(ctx: &Ctx, _: pb::QueryParamsRequest) -> Result<pb::QueryParamsResponse> {
    Ok(pb::QueryParamsResponse { params: Some(params(ctx)?) })
}
