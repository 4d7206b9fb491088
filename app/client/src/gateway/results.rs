//! Results of jobs. What comes back is bytes; that they are the result which the provider committed to is for the caller
//! to check, leaf by leaf.

use aliquot_proto::{market::v1::LeaseId, provider::v1::Provider};
use reqwest::{Method, Response};
use serde_json::Value;

use super::{Gateway, GatewayError, HASH, Result, failure, json};
use crate::{
    jwt::{Scope, scoped_token},
    key::Key,
};

/// What a gateway has of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The hash of each chunk's leaf, in order.
    pub leaves: Vec<[u8; HASH]>,
    /// The outputs of all chunks, one after the other.
    pub result: Vec<u8>,
}

/// Downloads leaf hashes and result of a lease. `chunks` and `output_len` say how much is expected (the job on the
/// chain has the one, its kernel the other), so that a gateway cannot send more. `now`: seconds since 1970.
pub async fn fetch_result(
    provider: &Provider,
    lease: &LeaseId,
    key: &Key,
    chunks: u32,
    output_len: usize,
    now: u64,
) -> Result<Artifacts> {
    let gateway = Gateway::new(provider)?;
    let chunks = u64::from(chunks);
    let leaves = gateway.download(lease, key, "leaves", chunks * HASH as u64, now).await?;
    let (leaves, _) = leaves.as_chunks::<HASH>();
    let leaves = leaves.to_vec();
    let result = gateway.download(lease, key, "result", chunks.saturating_mul(output_len as u64), now).await?;
    Ok(Artifacts { leaves, result })
}

impl Gateway {
    /// What the gateway tells the owner of a job about it.
    pub async fn job_status(&self, lease: &LeaseId, key: &Key, now: u64) -> Result<Value> {
        json(self.get(lease, key, "status", now).await?).await
    }

    /// One of a lease's files, which must have exactly `size` bytes.
    pub async fn download(&self, lease: &LeaseId, key: &Key, file: &str, size: u64, now: u64) -> Result<Vec<u8>> {
        let mut response = self.get(lease, key, file, now).await?;
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failure)? {
            if (bytes.len() + part.len()) as u64 > size {
                return Err(GatewayError::TooLong(size));
            }
            bytes.extend_from_slice(&part);
        }
        let got = bytes.len() as u64;
        match got == size {
            true => Ok(bytes),
            false => Err(GatewayError::WrongSize { got, wanted: size }),
        }
    }

    async fn get(&self, lease: &LeaseId, key: &Key, what: &str, now: u64) -> Result<Response> {
        let LeaseId { owner, dseq, gseq, oseq, .. } = lease;
        let path = format!("lease/{owner}/{dseq}/{gseq}/{oseq}/{what}");
        let scope = if what == "status" { Scope::Status } else { Scope::Result };
        let token = scoped_token(key, &self.provider, std::slice::from_ref(lease), scope, now);
        self.ask(Method::GET, &path, &token, |request| request).await
    }
}
