// The money of a deployment: what was deposited, what is held, what was paid to whom, and what came back, to the ualq.
import { JobPhase } from "../src/gen/aliquot/compute/v1/types.js";
import { isOver, type Params, type Snapshot } from "./deployment.js";
import { at, button, el, facts, fill } from "./dom.js";
import { alq, part, split, subUnits, ualq } from "./money.js";

const SUB = 1_000_000n;

/** What leaves the deposit for good. */
export function paid({ job }: Snapshot, params: Params): bigint {
  const price = BigInt(job?.price?.amount ?? "0");
  if (job?.phase === JobPhase.JOB_PHASE_SETTLED) return price;
  if (job?.phase === JobPhase.JOB_PHASE_CANCELLED) return part(price, params.compute.jobCancelBps);
  return 0n;
}

function deposited({ txs }: Snapshot): bigint | undefined {
  const coin = txs.create?.messages.find((message) => "deposit" in message)?.["deposit"] as
    { amount?: string } | undefined;
  return coin?.amount === undefined ? undefined : BigInt(coin.amount);
}

/** Of the transactions that the tenant signed. */
function fees({ txs }: Snapshot): bigint {
  return sum([txs.create, txs.lease, txs.close].map((tx) => tx?.fee ?? 0n));
}

export function showMoney(
  snapshot: Snapshot | undefined,
  params: Params | undefined,
  close: (pressed: HTMLButtonElement) => void,
): void {
  const { deployment, escrow, job, complete } = snapshot ?? {};
  const key = [deployment, escrow, job?.phase, snapshot?.txs.create?.hash, complete];
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
  const cost = part(BigInt(job?.price?.amount ?? "0"), params.compute.jobCancelBps);
  const about = job
    ? `Closing now cancels the job. The provider then gets ${alq(cost)} for its trouble.`
    : "You may close at any time before you accept a bid: the whole deposit comes back.";
  const press = button(job ? "Cancel the job" : "Close the deployment", () => close(press), { id: "close" });
  return [list, el("p", { class: "note" }, about), press];
}

function receipt(snapshot: Snapshot, params: Params): Element[] {
  const { job, complete, txs } = snapshot;
  const [deposit, price] = [deposited(snapshot), paid(snapshot, params)];
  const parts = split(price, params.escrow.feeBps);
  const row = (name: string, amount: bigint, id: string): [string, Element] => [
    name,
    el("span", { id, class: "amount" }, el("strong", {}, alq(amount)), el("span", { class: "note" }, ualq(amount))),
  ];
  const list = facts(
    deposit !== undefined && row("Deposited", deposit, "deposited"),
    row("Paid for the work", price, "paid"),
    price > 0n && ["of it, the provider", subUnits(parts.provider)],
    price > 0n && ["of it, the protocol's fee", subUnits(parts.fee)],
    deposit !== undefined && row("Came back to you", deposit - price, "returned"),
    complete && txs.create && row("Transaction fees", fees(snapshot), "fees"),
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
  return sub % SUB === 0n ? alq(sub / SUB) : subUnits(sub);
}

function sum(amounts: bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
