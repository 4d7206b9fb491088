// Results are believed only where every chunk is found under the committed root; pictures are put together from tiles.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { toHex } from "@cosmjs/encoding";
import { aliquot, type Artifacts, fetchResult, leaseName, picture, sceneSize, verifyResult } from "../src/index.js";
import { leafHash, resultRoot } from "../src/result.js";

const LEASE = { owner: "aliquot1x", dseq: 7n, gseq: 1, oseq: 1, provider: "aliquot1y" };
const hash = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** A job of as many chunks as outputs, with what its provider committed. */
function committed(outputs: Uint8Array[]): { job: aliquot.compute.v1.Job; artifacts: Artifacts } {
  const leaves = outputs.map((output, i) => leafHash("RENDER_Q16", leaseName(LEASE), i, output));
  const fields = { id: LEASE, kernel: "RENDER_Q16", chunks: outputs.length, root: resultRoot(leaves) };
  return {
    job: aliquot.compute.v1.Job.fromPartial(fields),
    artifacts: { leaves, result: Buffer.concat(outputs) },
  };
}

test("a leaf is hashed as the chain documents it", () => {
  const documented = Buffer.from("\0aliquot/job/leaf\0\0\0\x0aRENDER_Q16\0\0\0\x02ab\0\0\x01\x02out", "latin1");
  const leaf = leafHash("RENDER_Q16", "ab", 258, Buffer.from("out"));
  assert.equal(toHex(leaf), hash(documented).toString("hex"));
  // Of an implementation in another language.
  assert.equal(toHex(leaf), "1e324a6e442b391fbff516e0dcecdd30fe025eb20d612182d9e769e24e435dc1");
});

test("a root is that of the tree padded with zero leaves to a power of two", () => {
  const slow = (level: Uint8Array[]): Uint8Array => {
    while (level.length & (level.length - 1)) level.push(new Uint8Array(32));
    while (level.length > 1) {
      level = level.flatMap((left, i) => (i % 2 ? [] : [hash(Uint8Array.of(1), left, level[i + 1] ?? left)]));
    }
    return level[0] ?? assert.fail("no root");
  };
  const leaves = Array.from({ length: 40 }, (_, i) => hash(Uint8Array.of(i)));
  for (let n = 1; n <= leaves.length; n++) {
    assert.equal(toHex(resultRoot(leaves.slice(0, n))), toHex(slow(leaves.slice(0, n))), `${n} leaves`);
  }
  assert.equal(
    toHex(resultRoot(leaves.slice(0, 5))),
    "7661a1d3f4fcb94f3cd827dfdb88d4f0bd97a4ba32211f0198dc4120cfa5c07f",
  );
  assert.throws(() => resultRoot([]), /at least one chunk/);
});

test("a result is believed chunk by chunk", () => {
  const outputs = [10, 20, 30].map((byte) => new Uint8Array(8).fill(byte));
  const { job, artifacts } = committed(outputs);
  assert.deepEqual(verifyResult(job, artifacts).map(toHex), outputs.map(toHex));

  const forged = (change: Partial<Artifacts>): Artifacts => ({ ...artifacts, ...change });
  const result = Uint8Array.from(artifacts.result);
  result.set([99], 9);
  assert.throws(() => verifyResult(job, forged({ result })), /chunk 1 is not the one that was committed/);
  assert.throws(() => verifyResult(job, forged({ result: result.slice(1) })), /23 bytes are no result of 3 chunks/);
  const leaves = [...artifacts.leaves].reverse();
  assert.throws(() => verifyResult(job, forged({ leaves })), /not those of the committed root/);
  assert.throws(() => verifyResult(job, forged({ leaves: leaves.slice(1) })), /2 leaf hashes for 3 chunks/);
  const other = { ...job, id: { ...LEASE, dseq: 8n } };
  assert.throws(() => verifyResult(other, artifacts), /chunk 0 is not/, "another lease's result");
  assert.throws(() => verifyResult({ ...job, root: new Uint8Array() }, artifacts), /has not committed/);
});

test("a picture is put together from its tiles, cropped at the edges", () => {
  const scene = "// size 9 9\n  size 20 17 // pixels\r\ncamera from 0 2 6 look 0 1 0\n";
  assert.deepEqual(sceneSize(scene), [20, 17]);
  // Every pixel says its place in the picture.
  const tiles = Array.from({ length: 4 }, (_, tile) =>
    Uint8Array.from({ length: 1024 }, (_, at) => {
      const pixel = at >> 2;
      return [(tile % 2) * 16 + (pixel % 16), (tile >> 1) * 16 + (pixel >> 4), tile, 255][at % 4] ?? 0;
    }),
  );
  const { width, height, rgba } = picture(scene, tiles);
  assert.deepEqual([width, height, rgba.length], [20, 17, 20 * 17 * 4]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      assert.deepEqual([...rgba.subarray(at, at + 4)], [x, y, (x >> 4) + 2 * (y >> 4), 255]);
    }
  }
  assert.throws(() => picture(scene, tiles.slice(1)), /3 tiles do not make the picture/);
  assert.throws(() => picture("camera", tiles), /says no size/);
});

test("a gateway is shown the token, and its refusals are told", async () => {
  const { artifacts } = committed([new Uint8Array(4)]);
  const server = createServer((request, response) => {
    if (request.headers.authorization !== "Bearer right") {
      response.writeHead(401).end('{"code":401,"message":"show a token"}');
    } else if (request.url === "/base/lease/aliquot1x/7/1/1/leaves") {
      response.end(artifacts.leaves[0]);
    } else if (request.url === "/base/lease/aliquot1x/7/1/1/result") {
      response.end(artifacts.result);
    } else if (request.url?.startsWith("/base/talkative")) {
      response.writeHead(403).end(JSON.stringify({ message: "x".repeat(4096) }));
    } else {
      response.writeHead(404).end("{}");
    }
  });
  after(() => server.close());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
  const request = { gateway, lease: LEASE, token: "right" };
  const fetched = await fetchResult(request);
  assert.deepEqual(fetched.leaves.map(toHex), artifacts.leaves.map(toHex));
  assert.equal(toHex(fetched.result), toHex(artifacts.result));
  await assert.rejects(fetchResult({ ...request, most: 3 }), /more than 3 bytes/);
  await assert.rejects(fetchResult({ ...request, token: "wrong" }), /show a token \(status 401\)/);
  await assert.rejects(fetchResult({ ...request, gateway: `${gateway}other` }), /no reason given \(status 404\)/);
  const talkative = fetchResult({ ...request, gateway: `${gateway}talkative` });
  await assert.rejects(talkative, /no reason given \(status 403\)/, "more than a refusal may have");
});
