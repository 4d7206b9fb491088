// The money of a deployment: what was deposited, what is held, what was paid to whom, and what came back, to the ualq.
import { JobPhase } from "../src/gen/aliquot/compute/v1/types.js";
import { isOver, type Params, type Snapshot } from "./deployment.js";
import { at, button, el, facts, fill } from "./dom.js";
import { alq, part, returned, split, subUnits, ualq, UNIT } from "./money.js";
import { DENOM, type Included } from "./node.js";

/** What leaves the deposit for good, in sub-units. */
function paid({ job }: Snapshot, params: Params): bigint {
  const price = BigInt(job?.price?.amount ?? "0") * UNIT;
  if (job?.phase === JobPhase.JOB_PHASE_SETTLED) return price;
  if (job?.phase === JobPhase.JOB_PHASE_CANCELLED) return part(price, params.compute.jobCancelBps);
  return 0n;
}

/** By the tenant, in ualq: with the deployment and later. */
function deposited({ deployment, txs, added }: Snapshot): bigint | undefined {
  const { owner, dseq } = deployment.id ?? {};
  const coins = (tx: Included, type: string, field: string): bigint[] =>
    tx.messages
      .filter((message) => message["@type"] === type && message["owner"] === owner && message["dseq"] === `${dseq}`)
      .filter(({ depositor }) => depositor === undefined || depositor === owner)
      .map((message) => message[field] as { denom: string; amount: string })
      .map(({ denom, amount }) => (denom === DENOM ? BigInt(amount) : 0n));
  if (!txs.create) return undefined;
  const first = coins(txs.create, "/aliquot.deployment.v1.MsgCreateDeployment", "deposit");
  const later = added.flatMap((tx) => coins(tx, "/aliquot.escrow.v1.MsgAccountDeposit", "amount"));
  return first.length === 1 ? sum([...first, ...later]) : undefined;
}

/** Of the transactions whose fee the tenant paid, each once. */
function fees({ deployment, txs, added }: Snapshot): bigint {
  const all = [txs.create, txs.lease, txs.close, ...added].filter((tx) => tx !== undefined);
  const mine = all.filter(({ payer }) => payer === deployment.id?.owner);
  return sum([...new Map(mine.map(({ hash, fee }) => [hash, fee])).values()]);
}

export function showMoney(
  snapshot: Snapshot | undefined,
  params: Params | undefined,
  close: (pressed: HTMLButtonElement) => void,
): void {
  const { deployment, escrow, job, complete } = snapshot ?? {};
  const key = [deployment, escrow, job?.phase, snapshot?.txs.create?.hash, snapshot?.added.length, complete];
  fill(at("money"), key, () => {
    if (!snapshot || !params)
      return [el("p", { class: "note" }, "Your deposit is held by the chain's escrow, not by the provider.")];
    return isOver(snapshot) ? receipt(snapshot, params) : running(snapshot, params, close);
  });
}

function running(snapshot: Snapshot, params: Params, close: (pressed: HTMLButtonElement) => void): Element[] {
  const { escrow, job } = snapshot;
  const held = sum(escrow.holds.flatMap(({ parts }) => parts.map(({ amountSub }) => BigInt(amountSub))));
  const free = sum((escrow.account?.deposits ?? []).map(({ amountSub }) => BigInt(amountSub)));
  const list = facts(["Free in escrow", subAlq(free)], held > 0n && ["Held for the job", subAlq(held)]);
  if (job && job.phase !== JobPhase.JOB_PHASE_LEASED) {
    return [
      list,
      el("p", { class: "note" }, "The result is committed: the job settles by itself, and what is left comes back."),
    ];
  }
  const cost = part(BigInt(job?.price?.amount ?? "0") * UNIT, params.compute.jobCancelBps);
  const about = job
    ? `Closing now cancels the job. That costs ${subAlq(cost)}, for the provider's trouble.`
    : "You may close at any time before you accept a bid: the whole deposit comes back.";
  const press = button(job ? "Cancel the job" : "Close the deployment", () => close(press), { id: "close" });
  return [list, el("p", { class: "note" }, about), press];
}

function receipt(snapshot: Snapshot, params: Params): Element[] {
  const { job, complete, found } = snapshot;
  const [deposit, spent] = [deposited(snapshot), paid(snapshot, params)];
  const parts = split(spent, params.escrow.feeBps);
  const row = (name: string, sub: bigint, id: string): [string, Element] => {
    const exact = sub % UNIT === 0n && el("span", { class: "note" }, ualq(sub / UNIT));
    return [name, el("span", { id, class: "amount" }, el("strong", {}, subAlq(sub)), exact)];
  };
  const list = facts(
    deposit !== undefined && row("Deposited", deposit * UNIT, "deposited"),
    row("Paid for the work", spent, "paid"),
    spent > 0n && ["of it, the provider", subUnits(parts.provider)],
    spent > 0n && ["of it, the protocol's fee", subUnits(parts.fee)],
    // Where more is spent than the tenant gave, somebody else gave it.
    deposit !== undefined &&
      deposit * UNIT >= spent &&
      row("Came back to you", returned(deposit, spent) * UNIT, "returned"),
    complete && found && row("Transaction fees", fees(snapshot) * UNIT, "fees"),
  );
  list.classList.add("receipt");
  const when = job && job.endedAt > 0n ? ` at height ${job.endedAt}` : "";
  return [
    list,
    el(
      "p",
      { class: "good", id: "closed" },
      `The deployment closed${when}, and the rest of the deposit is back in your account.`,
    ),
  ];
}

function subAlq(sub: bigint): string {
  return sub % UNIT === 0n ? alq(sub / UNIT) : subUnits(sub);
}

function sum(amounts: bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
