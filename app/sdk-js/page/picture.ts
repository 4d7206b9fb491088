// The picture: fetched from the provider's gateway, checked against the root on the chain, and only then shown.
import { sha256 } from "@cosmjs/crypto";
import { fromUtf8, toHex } from "@cosmjs/encoding";
import { type Job, JobFault } from "../src/gen/aliquot/compute/v1/types.js";
import { fetchResult, type Picture, picture, sceneSize, TILE, TILE_BYTES, verifyResult } from "../src/result.js";
import { isOver, type Snapshot } from "./deployment.js";
import { at, button, el, facts, fill, svg } from "./dom.js";
import type { Say } from "./tx.js";
import type { Wallet } from "./wallet.js";
import { Told } from "./words.js";

export interface Checked {
  picture: Picture;
  root: string;
  pixels: string;
  chunks: number;
  /** A PNG of it. */
  url: string;
  canvas: HTMLCanvasElement;
}

/** The scene of a deployment, as it stands on the chain. */
export function sceneOf({ group }: Snapshot): string {
  return fromUtf8(group.spec?.job?.input ?? new Uint8Array(), true);
}

export function sizeOf(snapshot: Snapshot): [number, number] | undefined {
  try {
    return sceneSize(sceneOf(snapshot));
  } catch {
    return undefined;
  }
}

export async function fetchPicture(wallet: Wallet, snapshot: Snapshot, say: Say): Promise<Checked> {
  const { job, provider } = snapshot;
  if (!job?.id || !provider) throw new Told("The chain has no record of this job any more.");
  say("Waiting for your wallet to sign the request …");
  const token = await wallet.token(job.id);
  say("Fetching from the provider …");
  const request = { gateway: provider.hostUri, lease: job.id, token, most: job.chunks * TILE_BYTES };
  const artifacts = await reached(fetchResult(request), provider.hostUri);
  say("Checking every chunk …");
  const checked = picture(sceneOf(snapshot), verified(job, artifacts));
  const canvas = el("canvas", { id: "canvas", role: "img", "aria-label": "The rendered picture" });
  [canvas.width, canvas.height] = [checked.width, checked.height];
  canvas.getContext("2d")?.putImageData(new ImageData(checked.rgba, checked.width, checked.height), 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Told("This browser cannot make a PNG of the picture.");
  const pixels = toHex(sha256(new Uint8Array(checked.rgba.buffer)));
  return {
    picture: checked,
    root: toHex(job.root),
    pixels,
    chunks: job.chunks,
    url: URL.createObjectURL(blob),
    canvas,
  };
}

async function reached<T>(asked: Promise<T>, gateway: string): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError")
      throw new Told(`The provider's gateway at ${gateway} takes too long. Press the button again.`);
    // What `fetch` throws says nothing of the cause.
    if (!(error instanceof TypeError)) throw error;
    const own = "It is down, or its certificate is its own, which browsers refuse: then take `aliquotd job fetch`.";
    throw new Told(`The provider's gateway at ${gateway} cannot be reached from this browser. ${own}`);
  }
}

function verified(job: Job, artifacts: Parameters<typeof verifyResult>[1]): Uint8Array[] {
  try {
    return verifyResult(job, artifacts);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Told(`This is not the result that the provider committed to, so it is not shown: ${why}.`);
  }
}

export function showPicture(snapshot: Snapshot | undefined, checked: Checked | undefined, fetchIt: () => void): void {
  const { job } = snapshot ?? {};
  const ready = (job?.committedAt ?? 0n) > 0n;
  const wrong = job?.fault ?? JobFault.JOB_FAULT_NONE;
  const over = snapshot && isOver(snapshot);
  fill(at("picture"), [snapshot?.deployment.id, ready, over, wrong, job?.sampled, checked?.pixels], () => {
    if (checked) return shown(checked, job?.sampled ?? [], snapshot?.deployment.id?.dseq ?? 0n);
    if (wrong) return [empty("There is no picture: the provider failed.")];
    if (!ready)
      return [
        empty(over ? "There is no picture: the job ended before it." : "The picture comes when the work is committed."),
      ];
    const about =
      "Your wallet signs a request to the provider, free of charge. Every chunk is checked against the committed root.";
    return [empty(about, button("Fetch the picture", fetchIt, { class: "main", id: "fetch" }))];
  });
}

function empty(words: string, ...more: Element[]): Element {
  const box = el("div", { class: "empty" }, el("p", { class: "note" }, words));
  box.append(...more);
  return box;
}

function shown({ picture, root, pixels, chunks, url, canvas }: Checked, sampled: number[], dseq: bigint): Element[] {
  const outlines = svg("svg", {
    viewBox: `0 0 ${picture.width} ${picture.height}`,
    class: "outlines",
    "aria-hidden": "true",
  });
  outlines.append(...sampled.map((index) => outline(index, picture)));
  outlines.toggleAttribute("hidden", true);
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => outlines.toggleAttribute("hidden", !box.checked));
  const frame = el("div", { class: "frame" }, canvas);
  frame.append(outlines);
  const matches = el(
    "p",
    { class: "good", id: "matches" },
    `Root matches: all ${chunks} chunks are those that were committed.`,
  );
  const save = el("a", { class: "button", href: url, download: `aliquot-${dseq}.png` }, "Download PNG");
  return [
    frame,
    el(
      "div",
      { class: "bar" },
      save,
      sampled.length > 0 && el("label", {}, box, " Show which tiles the chain computed again"),
    ),
    matches,
    facts(
      ["Committed root", el("code", { class: "hash", id: "root" }, root)],
      ["SHA-256 of the pixels", el("code", { class: "hash" }, pixels)],
    ),
  ];
}

function outline(index: number, { width }: Picture): SVGElement {
  const across = Math.ceil(width / TILE);
  const place = { x: (index % across) * TILE + 0.5, y: Math.floor(index / across) * TILE + 0.5 };
  return svg("rect", { ...place, width: TILE - 1, height: TILE - 1 });
}
