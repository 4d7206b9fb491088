//! `aliquotd job`: the result of a job, fetched from its provider and believed only where the chain vouches for it.

use super::{Globals, ids, keys, provider};
use aliquot_client::{Client, gateway};
use aliquot_kernels::{Kernel, merkle};
use aliquot_proto::{
    compute::v1 as compute,
    market::v1::{LeaseId, OrderId, QueryOrderRequest, QueryOrderResponse},
};
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

#[derive(Subcommand)]
pub enum Job {
    /// Downloads a result, checks every chunk against the root on the chain, and writes the picture.
    Fetch {
        /// As owner/dseq/gseq/oseq/provider.
        #[arg(long)]
        lease: String,
        /// The tenant's key, by which the gateway knows them.
        #[arg(long, env = "ALIQUOT_FROM", hide_env = true)]
        from: String,
        /// Where the picture goes.
        #[arg(long, default_value = "picture.png")]
        out: PathBuf,
    },
    /// Renders a scene with the reference that validators use, to compare with.
    Render {
        scene: PathBuf,
        #[arg(long, default_value = "reference.png")]
        out: PathBuf,
    },
}

impl Job {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        match self {
            Job::Fetch { lease, from, out } => {
                let lease = ids::lease(&lease)?;
                let key = globals.keyring()?.load(&from, &keys::passphrase(&from)?)?;
                let (job, input) = on_chain(&globals.client()?, &lease).await?;
                let artifacts = download(&globals.client()?, &lease, &key, &job, &input).await?;
                let picture = checked(&lease, &job, &input, &artifacts)?;
                let chunks = format!("{} of {} are those that the chain knows", job.chunks, job.chunks);
                print(globals, &out, &input, &picture, json!({ "root": hex::encode(&job.root), "chunks": chunks }))
            }
            Job::Render { scene, out } => {
                let text = fs::read(&scene).with_context(|| scene.display().to_string())?;
                let kernel = Kernel::by_name("RENDER_Q16").context("this program has no kernel RENDER_Q16")?;
                let input = kernel.prepare(&text).map_err(|e| anyhow::anyhow!("{}: {e}", scene.display()))?;
                print(globals, &out, &input, &input.picture(), json!({}))
            }
        }
    }
}

/// The job as the chain holds it, and its input made ready.
async fn on_chain(client: &Client, lease: &LeaseId) -> Result<(compute::Job, aliquot_kernels::Job)> {
    let request = compute::QueryJobRequest { id: Some(lease.clone()) };
    let answer: compute::QueryJobResponse = client.query("/aliquot.compute.v1.Query/Job", &request, None).await?;
    let job = answer.job.context("the chain has no such job")?;
    ensure!(!job.root.is_empty(), "the provider has not committed a result yet: ask again later");
    let LeaseId { owner, dseq, gseq, oseq, .. } = lease.clone();
    let request = QueryOrderRequest { id: Some(OrderId { owner, dseq, gseq, oseq }) };
    let answer: QueryOrderResponse = client.query("/aliquot.market.v1.Query/Order", &request, None).await?;
    let spec = answer.order.and_then(|order| order.spec).and_then(|spec| spec.job);
    let spec = spec.context("the chain has no order of that job")?;
    let kernel = Kernel::by_name(&job.kernel)
        .with_context(|| format!("this program has no kernel {}: take a newer one", job.kernel))?;
    let input = kernel.prepare(&spec.input).map_err(|e| anyhow::anyhow!("the input on the chain: {e}"))?;
    ensure!(input.chunks() == job.chunks, "the chain counts {} chunks, the input makes {}", job.chunks, input.chunks());
    Ok((job, input))
}

async fn download(
    client: &Client,
    lease: &LeaseId,
    key: &aliquot_client::Key,
    job: &compute::Job,
    input: &aliquot_kernels::Job,
) -> Result<gateway::Artifacts> {
    let record = provider::record(client, &lease.provider).await?;
    let now = provider::now()?;
    Ok(gateway::fetch_result(&record, lease, key, job.chunks, input.output_len(), now).await?)
}

/// The picture, once every chunk was found under the committed root.
fn checked(
    lease: &LeaseId,
    job: &compute::Job,
    input: &aliquot_kernels::Job,
    artifacts: &gateway::Artifacts,
) -> Result<Vec<u8>> {
    let root = merkle::root(&artifacts.leaves).map_err(|e| anyhow::anyhow!("the leaf hashes: {e}"))?;
    ensure!(root.as_slice() == job.root, "the leaf hashes are not those of the committed root: do not use this result");
    let (width, height) = input.picture_size();
    let mut picture = vec![0; width as usize * height as usize * 4];
    let name = ids::lease_text(lease);
    let outputs = artifacts.result.chunks_exact(input.output_len());
    ensure!(outputs.len() == artifacts.leaves.len(), "the result has {} chunks, not {}", outputs.len(), job.chunks);
    for (index, (output, leaf)) in (0u32..).zip(outputs.zip(&artifacts.leaves)) {
        if merkle::leaf_hash(&job.kernel, name.as_bytes(), index, output) != *leaf {
            bail!("chunk {index} is not the one that was committed: do not use this result");
        }
        ensure!(input.place(index, output, &mut picture), "chunk {index} has no place in the picture");
    }
    Ok(picture)
}

fn print(
    globals: &Globals,
    out: &Path,
    input: &aliquot_kernels::Job,
    picture: &[u8],
    mut told: serde_json::Value,
) -> Result<()> {
    let (width, height) = input.picture_size();
    write_png(out, width, height, picture).with_context(|| out.display().to_string())?;
    told["picture"] = json!(out.display().to_string());
    told["size"] = json!(format!("{width}x{height}"));
    told["sha256_of_pixels"] = json!(hex::encode(Sha256::digest(picture)));
    globals.output.print(&told)
}

fn write_png(out: &Path, width: u32, height: u32, rgba: &[u8]) -> Result<()> {
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(out)?), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_believed_chunk_by_chunk() {
        let scene = include_bytes!("../../../../gpu-runner/kernels/vectors/odd-size.scene");
        let input = Kernel::by_name("RENDER_Q16").unwrap().prepare(scene).unwrap();
        let lease = ids::lease("aliquot1x/7/1/1/aliquot1y").unwrap();
        let outputs: Vec<Vec<u8>> = (0..input.chunks()).map(|i| input.run(i)).collect();
        let name = ids::lease_text(&lease);
        let leaf = |(i, output): (u32, &Vec<u8>)| merkle::leaf_hash("RENDER_Q16", name.as_bytes(), i, output);
        let leaves: Vec<_> = (0u32..).zip(&outputs).map(leaf).collect();
        let root = merkle::root(&leaves).unwrap().to_vec();
        let job = compute::Job { kernel: "RENDER_Q16".into(), chunks: input.chunks(), root, ..Default::default() };
        let mut artifacts = gateway::Artifacts { leaves, result: outputs.concat() };
        assert_eq!(checked(&lease, &job, &input, &artifacts).unwrap(), input.picture());
        artifacts.result[5] ^= 1;
        assert!(checked(&lease, &job, &input, &artifacts).unwrap_err().to_string().starts_with("chunk 0 "));
        artifacts.result[5] ^= 1;
        artifacts.leaves.swap(0, 1);
        assert!(checked(&lease, &job, &input, &artifacts).unwrap_err().to_string().contains("committed root"));
    }
}
