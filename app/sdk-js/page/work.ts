// The life of the job in five steps, each with its height, its transaction and what came of it.
import { toHex } from "@cosmjs/encoding";
import { type Job, JobFault, JobPhase } from "../src/gen/aliquot/compute/v1/types.js";
import { TILE } from "../src/result.js";
import { type Params, sampleHeight, type Snapshot } from "./deployment.js";
import { at, el, facts, fill, short, svg } from "./dom.js";
import { alq, split, subUnits, UNIT } from "./money.js";
import type { Included } from "./node.js";
import { txLink } from "./tenant.js";

const { JOB_PHASE_LEASED: LEASED, JOB_PHASE_COMMITTED: COMMITTED, JOB_PHASE_SAMPLED: SAMPLED } = JobPhase;
const { JOB_PHASE_OPENED: OPENED, JOB_PHASE_VERIFIED: VERIFIED, JOB_PHASE_SETTLED: SETTLED } = JobPhase;
const { JOB_PHASE_FAILED: FAILED, JOB_PHASE_CANCELLED: CANCELLED } = JobPhase;

type State = "todo" | "now" | "done" | "failed";

interface Stage {
  name: string;
  /** What it is for, while it is still to come. */
  about: string;
  state: State;
  height?: bigint;
  tx?: Included | undefined;
  body: Array<Element | string | false | undefined>;
}

const FAULTS: Partial<Record<JobFault, string>> = {
  [JobFault.JOB_FAULT_WRONG_CHUNK]:
    "A chunk is not what every node computed. The provider's bond was slashed, your price came back.",
  [JobFault.JOB_FAULT_MISSING_OPENING]:
    "The provider did not show the chunks in time. Its bond was slashed, your price came back.",
  [JobFault.JOB_FAULT_LATE_COMMIT]:
    "The provider did not finish in time. It lost a part of its bond, your price came back.",
};

export function showWork(
  snapshot: Snapshot | undefined,
  params: Params | undefined,
  size: [number, number] | undefined,
): void {
  const stages = params && snapshot?.lease && snapshot.job ? stagesOf(snapshot, snapshot.job, params, size) : idle();
  const { job, txs, height = 0n } = snapshot ?? {};
  const left = job && job.dueHeight > height ? job.dueHeight - height : 0n;
  fill(at("work"), [job, snapshot?.lease?.id, left, Object.keys(txs ?? {})], () => stages.map(row));
  const now =
    stages.find(({ state }) => state === "now" || state === "failed") ??
    [...stages].reverse().find(({ state }) => state === "done");
  const said = snapshot?.lease ? `${now?.name}: ${now && MARKS[now.state]}` : "";
  if (at("work-status").textContent !== said) at("work-status").textContent = said;
}

const ABOUT: ReadonlyArray<[string, string]> = [
  ["Lease", "Your price is set aside, and the provider's device locks bond."],
  ["Commit", "The provider computes every chunk and commits to all of them by one root."],
  ["Sample", "A later block's beacon draws chunks that nobody could foresee."],
  ["Verification", "The provider shows those chunks, and every node computes them again."],
  ["Payment", "After a time for challenges the escrow pays the provider and returns the rest."],
];

function idle(): Stage[] {
  return ABOUT.map(([name, about]) => ({ name, about, state: "todo", body: [] }));
}

function stagesOf(snapshot: Snapshot, job: Job, params: Params, size: [number, number] | undefined): Stage[] {
  const made = [lease, commit, sample, verification, payment].map((stage) => stage(snapshot, job, params, size));
  return made.map((stage, i) => ({ ...stage, name: ABOUT[i]?.[0] ?? "", about: ABOUT[i]?.[1] ?? "" }));
}

type Facts = Omit<Stage, "name" | "about">;

/** Done in the phases after it, failed where the job ended in it. */
function stateOf(job: Job, now: JobPhase[], failed: boolean): State {
  if (job.phase === FAILED || job.phase === CANCELLED) return failed ? "failed" : "todo";
  if (now.includes(job.phase)) return "now";
  return job.phase > Math.max(...now) ? "done" : "todo";
}

function lease({ lease, txs }: Snapshot, job: Job): Facts {
  const price = alq(BigInt(job.price?.amount ?? "0"));
  const locked = alq(BigInt(job.locked || "0"));
  return {
    state: "done",
    height: lease?.createdAt ?? 0n,
    tx: txs.lease,
    body: [`${price} are set aside. The provider ${job.endedAt > 0n ? "had" : "has"} ${locked} of bond at stake.`],
  };
}

function commit({ height, txs }: Snapshot, job: Job): Facts {
  const late = job.fault === JobFault.JOB_FAULT_LATE_COMMIT;
  const state = job.committedAt > 0n ? "done" : stateOf(job, [LEASED], late || job.phase === CANCELLED);
  if (state === "failed") {
    const why = late ? FAULTS[job.fault] : "You closed the deployment before there was a result.";
    return { state, height: job.endedAt, body: [why] };
  }
  if (state === "now")
    return { state, body: [`The provider computes ${job.chunks} chunks. ${due(job, height, "It must commit")}`] };
  const root = facts([`Root of ${job.chunks} chunks`, el("code", { class: "hash" }, toHex(job.root))]);
  return { state, height: job.committedAt, tx: txs.commit, body: [root] };
}

function sample({ height }: Snapshot, job: Job, params: Params, size: [number, number] | undefined): Facts {
  if (job.sampled.length === 0) {
    const state = stateOf(job, [COMMITTED], false);
    return { state, body: state === "now" ? [due(job, height, "The beacon draws")] : [] };
  }
  const drawn = job.sampled.length;
  const odds = `Had half of the chunks been faked, one such sample in ${odd(job.samples)} would miss them all.`;
  return {
    state: "done",
    height: sampleHeight(job, params),
    body: [
      el("p", {}, `${job.samples} draws hit ${drawn} of ${job.chunks} chunks. ${odds}`),
      tileMap(job, size),
      el("p", { class: "mono note" }, `Chunks ${job.sampled.join(", ")}`),
    ],
  };
}

function verification({ height, txs }: Snapshot, job: Job, params: Params): Facts {
  const fault = job.fault === JobFault.JOB_FAULT_WRONG_CHUNK || job.fault === JobFault.JOB_FAULT_MISSING_OPENING;
  const state = stateOf(job, [SAMPLED, OPENED], fault);
  const { open } = txs;
  if (state === "failed") return { state, height: job.endedAt, tx: open, body: [FAULTS[job.fault]] };
  if (state === "todo") return { state, body: [] };
  if (job.phase === SAMPLED) return { state, body: [due(job, height, "The provider must show the chunks")] };
  if (state === "now")
    return { state, tx: open, body: ["The provider showed the chunks; the nodes compute them again."] };
  const settles = job.phase === VERIFIED ? job.dueHeight : job.endedAt;
  const verified = settles - BigInt(params.compute.challengeBlocks);
  const shown = open ? `The provider showed them at height ${open.height}. ` : "";
  const body = `${shown}Every node computed the ${job.sampled.length} chunks again: all are right.`;
  return { state, height: verified, tx: open, body: [body] };
}

function payment({ height }: Snapshot, job: Job, params: Params): Facts {
  const state = stateOf(job, [VERIFIED], false);
  if (job.phase === VERIFIED) return { state, body: [due(job, height, "The escrow pays")] };
  if (job.phase !== SETTLED) return { state: "todo", body: [] };
  const { provider } = split(BigInt(job.price?.amount ?? "0") * UNIT, params.escrow.feeBps);
  const payee = short(job.id?.provider ?? "");
  return { state: "done", height: job.endedAt, body: ["The provider ", payee, ` earned ${subUnits(provider)}.`] };
}

/** `It must commit by height 199, in 12 blocks.` */
function due(job: Job, height: bigint, what: string): string {
  const left = job.dueHeight - height;
  const when = left > 0n ? `, ${left === 1n ? "the next block" : `in ${left} blocks`}` : "";
  return `${what} ${job.phase === COMMITTED || job.phase === VERIFIED ? "at" : "by"} height ${job.dueHeight}${when}.`;
}

function odd(samples: number): string {
  return (2n ** BigInt(samples)).toLocaleString("en");
}

let drawnMap: { key: string; map: Element | false } | undefined;

/** The map of what is shown, made once: every block shows the steps anew, and there may be many thousand tiles. */
function tileMap(job: Job, size: [number, number] | undefined): Element | false {
  const key = [size, job.chunks, job.sampled].join(";");
  if (drawnMap?.key !== key) drawnMap = { key, map: size ? drawTiles(job, size) : false };
  return drawnMap.map;
}

/** The picture's chunks, the sampled ones filled. */
function drawTiles(job: Job, size: [number, number]): Element | false {
  const across = Math.ceil(size[0] / TILE);
  const down = Math.ceil(size[1] / TILE);
  if (across * down !== job.chunks) return false;
  const drawn = new Set(job.sampled);
  const gap = 0.12;
  const tiles = Array.from({ length: job.chunks }, (_, i) => {
    const place = { x: (i % across) + gap / 2, y: Math.floor(i / across) + gap / 2 };
    return svg("rect", { ...place, width: 1 - gap, height: 1 - gap, class: drawn.has(i) ? "drawn" : "tile" });
  });
  const label = `${job.sampled.length} of ${job.chunks} tiles of the picture are sampled`;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${across} ${down}`,
      class: "tiles",
      preserveAspectRatio: "xMinYMid",
      role: "img",
      "aria-label": label,
    },
    ...tiles,
  );
}

const MARKS: Record<State, string> = { todo: "to come", now: "under way", done: "done", failed: "failed" };

function row({ name, about, state, height, tx, body }: Stage): HTMLElement {
  const where = height !== undefined && el("span", { class: "height" }, `height ${height}`);
  return el(
    "li",
    { class: state, id: `step-${name.toLowerCase()}`, "aria-current": state === "now" ? "step" : undefined },
    el("h3", {}, name, el("span", { class: "hidden" }, `: ${MARKS[state]}`), where, tx && txLink(tx.hash)),
    el("div", { class: "body" }, ...(state === "todo" ? [about] : body)),
  );
}
