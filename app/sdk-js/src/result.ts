// Results of jobs: fetched from a provider's gateway, and believed only where the root on the chain vouches for them.
// The tree is that of the chain (gpu-runner/kernels, merkle): leaf and inner node are hashed under different tags, and
// leaves beyond the last chunk are 32 zero bytes, up to the next power of two.
import { fromUtf8, toUtf8 } from "@cosmjs/encoding";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Job } from "./gen/aliquot/compute/v1/types.js";
import type { LeaseId } from "./gen/aliquot/market/v1/types.js";

/** What a gateway has of a job. */
export interface Artifacts {
  /** The hash of each chunk's leaf, in order. */
  leaves: Uint8Array[];
  /** The outputs of all chunks, one after the other. */
  result: Uint8Array;
}

export interface ResultRequest {
  /** The address of the provider's gateway, as its record on the chain has it. */
  gateway: string;
  lease: LeaseId;
  /** Of `gatewayToken`, for the scope "result". */
  token: string;
  /** More bytes than that are not read. */
  most?: number;
}

export interface Picture {
  width: number;
  height: number;
  /** Row by row, four bytes a pixel, as a canvas takes them. */
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

const HASH = 32;
/** The most chunks that a job may have. */
const MAX_CHUNKS = 2 ** 20;
const MOST = 2 ** 28;
const LEAF = toUtf8("\0aliquot/job/leaf");
const NODE = Uint8Array.of(1);
const PIXEL = 4;
/** Pixels at each side of a RENDER_Q16 tile, which is a chunk. */
export const TILE = 16;
export const TILE_BYTES = TILE * TILE * PIXEL;
/** A gateway's download takes no longer, and its refusals no more bytes. */
const DOWNLOAD_MS = 60_000;
const MOST_REFUSAL = 4096;

export async function fetchResult({ gateway, lease, token, most = MOST }: ResultRequest): Promise<Artifacts> {
  const { owner, dseq, gseq, oseq } = lease;
  const base = `${gateway.replace(/\/+$/, "")}/lease/${owner}/${dseq}/${gseq}/${oseq}`;
  const [leaves, result] = await Promise.all([
    download(`${base}/leaves`, token, MAX_CHUNKS * HASH),
    download(`${base}/result`, token, most),
  ]);
  return { leaves: split(leaves, HASH), result };
}

async function download(url: string, token: string, most: number): Promise<Uint8Array> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (response.ok) return read(response, most);
  const why = (await reason(response)) ?? "no reason given";
  throw new Error(`the gateway refused: ${why} (status ${response.status})`);
}

/** Why a gateway refused, where it says so as it should. */
async function reason(response: Response): Promise<string | undefined> {
  try {
    return (JSON.parse(fromUtf8(await read(response, MOST_REFUSAL))) as { message?: string }).message;
  } catch {
    return undefined;
  }
}

async function read(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    length += part.value.length;
    if (length > most) {
      await reader?.cancel();
      throw new Error(`the gateway sends more than ${most} bytes`);
    }
    parts.push(part.value);
  }
  return joined(parts);
}

/** The outputs of all chunks, once each was found under the root that the chain holds; throws where one was not. */
export function verifyResult(job: Job, { leaves, result }: Artifacts): Uint8Array[] {
  if (!job.id || job.root.length !== HASH) throw new Error("the provider has not committed a result yet");
  if (leaves.length !== job.chunks) throw new Error(`there are ${leaves.length} leaf hashes for ${job.chunks} chunks`);
  if (!equal(resultRoot(leaves), job.root)) throw new Error("the leaf hashes are not those of the committed root");
  if (result.length === 0 || result.length % job.chunks !== 0) {
    throw new Error(`${result.length} bytes are no result of ${job.chunks} chunks`);
  }
  const outputs = split(result, result.length / job.chunks);
  const lease = leaseName(job.id);
  for (const [index, output] of outputs.entries()) {
    if (!equal(leafHash(job.kernel, lease, index, output), leaves[index])) {
      throw new Error(`chunk ${index} is not the one that was committed`);
    }
  }
  return outputs;
}

/** The picture of a RENDER_Q16 job: its chunks are tiles of 16 by 16, cropped at the edges. */
export function picture(scene: string, chunks: readonly Uint8Array[]): Picture {
  const [width, height] = sceneSize(scene);
  const across = Math.ceil(width / TILE);
  if (chunks.length !== across * Math.ceil(height / TILE))
    throw new Error(`${chunks.length} tiles do not make the picture`);
  const rgba = new Uint8ClampedArray(width * height * PIXEL);
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.length !== TILE_BYTES) throw new Error(`chunk ${index} has ${chunk.length} bytes`);
    const left = (index % across) * TILE;
    const top = Math.floor(index / across) * TILE;
    const cut = Math.min(TILE, width - left) * PIXEL;
    for (let row = 0; row < Math.min(TILE, height - top); row++) {
      const from = row * TILE * PIXEL;
      rgba.set(chunk.subarray(from, from + cut), ((top + row) * width + left) * PIXEL);
    }
  }
  return { width, height, rgba };
}

/** Width and height of the picture that a scene's text describes. */
export function sceneSize(scene: string): [number, number] {
  const found = /^[ \t]*size[ \t]+(\d+)[ \t]+(\d+)[ \t]*(?:\/\/.*)?$/m.exec(scene.replaceAll("\r", ""));
  if (!found) throw new Error("the scene says no size");
  return [Number(found[1]), Number(found[2])];
}

/** How a lease is written: `owner/dseq/gseq/oseq/provider`. */
export function leaseName({ owner, dseq, gseq, oseq, provider }: LeaseId): string {
  return `${owner}/${dseq}/${gseq}/${oseq}/${provider}`;
}

/** The leaf of one chunk's output. */
export function leafHash(kernel: string, lease: string, index: number, output: Uint8Array): Uint8Array {
  return sha256(joined([LEAF, prefixed(toUtf8(kernel)), prefixed(toUtf8(lease)), u32(index), output]));
}

/** The root over leaf hashes. */
export function resultRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length > MAX_CHUNKS) throw new Error(`a result has at most ${MAX_CHUNKS} chunks`);
  let level = [...leaves];
  // The hash of a subtree of zero leaves, as high as the level.
  let empty: Uint8Array = new Uint8Array(HASH);
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2)
      above.push(sha256(joined([NODE, level[i] ?? empty, level[i + 1] ?? empty])));
    empty = sha256(joined([NODE, empty, empty]));
    level = above;
  }
  const [root] = level;
  if (!root) throw new Error("a result needs at least one chunk");
  return root;
}

function split(bytes: Uint8Array, length: number): Uint8Array[] {
  if (bytes.length % length !== 0) throw new Error(`${bytes.length} bytes do not divide into parts of ${length}`);
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return joined([u32(bytes.length), bytes]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function equal(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, i) => byte === b[i]);
}
