// The part of a rent that is the provider's: its gateway gives the picture to who shows a token that a wallet signed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchResult, leaseName, picture, verifyResult } from "../../src/index.js";
import { network } from "./network.js";
import { CHUNKS, type LeaseId, type Rent, SCENE } from "./renting.js";

/** Six steps: the result comes from the gateway, which asks who asks, and is that of the root. */
export async function fetchPicture(rent: Rent, token: (lease: LeaseId) => Promise<string>): Promise<void> {
  const { tenant, steps, lease } = rent;
  const id = lease ?? assert.fail();
  const { provider } = await tenant.query.provider.provider({ owner: id.provider });
  const gateway = provider?.hostUri ?? assert.fail();
  await assert.rejects(fetchResult({ gateway, lease: id, token: "" }), /status 401/);
  steps.tell(`the gateway at ${gateway} refuses who shows no token`);

  const signed = await token(id);
  steps.tell(`the wallet signs one of ${signed.length} characters`);

  const path = `${gateway}/lease/${id.owner}/${id.dseq}/${id.gseq}/${id.oseq}/status`;
  const answer = await fetch(path, { headers: { authorization: `Bearer ${signed}` } });
  assert.equal(answer.status, 200);
  const status = (await answer.json()) as { lease: string; chunks: number };
  assert.deepEqual([status.lease, status.chunks], [leaseName(id), CHUNKS]);
  steps.tell(`the gateway knows the lease by it, of ${status.chunks} chunks`);

  const artifacts = await fetchResult({ gateway, lease: id, token: signed });
  steps.tell(`${artifacts.leaves.length} leaf hashes and ${artifacts.result.length} bytes come from it`);

  const { job } = await tenant.query.compute.job({ id });
  const chunks = verifyResult(job ?? assert.fail(), artifacts);
  assert.equal(chunks.length, CHUNKS);
  steps.tell("every chunk is found under the root that the chain holds");

  const { width, height, rgba } = picture(SCENE, chunks);
  const pixels = createHash("sha256").update(rgba).digest("hex");
  assert.deepEqual([width, height, pixels], [160, 90, await referencePixels()]);
  steps.tell(`the picture of ${width}x${height} is the reference's: ${pixels.slice(0, 16)}…`);
}

/** The SHA-256 of the pixels that the chain's own reference renders. */
async function referencePixels(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "aliquot-picture-"));
  try {
    const scene = join(folder, "scene");
    writeFileSync(scene, SCENE);
    const args = ["job", "render", scene, "--out", join(folder, "picture.png"), "--output", "json"];
    // Not in place: the other tests of the file go on meanwhile.
    const { stdout } = await promisify(execFile)(network.aliquotd, args, { encoding: "utf8" });
    return JSON.parse(stdout).sha256_of_pixels;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
