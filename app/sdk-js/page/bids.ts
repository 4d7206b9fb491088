// The bids of an order: who offers what for how much, and the button that takes one.
import { toHex } from "@cosmjs/encoding";
import { JobPhase } from "../src/gen/aliquot/compute/v1/types.js";
import { type Bid, OrderState } from "../src/gen/aliquot/market/v1/types.js";
import type { Offer, Snapshot } from "./deployment.js";
import { at, button, el, facts, fill, short } from "./dom.js";
import { alq, ualq } from "./money.js";

export function showBids(snapshot: Snapshot | undefined, accept: (bid: Bid, pressed: HTMLButtonElement) => void): void {
  const { offers = [], order, lease } = snapshot ?? {};
  const open = order?.state === OrderState.ORDER_STATE_OPEN;
  const key = [snapshot?.deployment.id, order?.state, lease?.id, open && offers];
  fill(at("bids"), key, () => {
    if (!snapshot) return [el("p", { class: "note" }, "Bids arrive here once there is a deployment.")];
    if (lease) return [taken(snapshot)];
    if (!open) return [el("p", { class: "note" }, "The order ended without a lease.")];
    if (offers.length === 0) {
      const until = order.dueHeight > 0n ? ` The order is open until height ${order.dueHeight} at the least.` : "";
      return [el("p", { class: "note waiting" }, `Waiting for providers to bid.${until}`)];
    }
    return [el("ul", { class: "bids" }, ...offers.map((offer) => card(offer, accept)))];
  });
}

function card(offer: Offer, accept: (bid: Bid, pressed: HTMLButtonElement) => void): HTMLElement {
  const { bid, provider, device, score, settled, failed } = offer;
  const price = BigInt(bid.price?.amount ?? "0");
  const take = button("Accept", () => accept(bid, take), {
    class: "main",
    "aria-label": `Accept the bid of ${alq(price)}`,
  });
  const attributes = (provider?.attributes ?? []).map(({ key, value }) =>
    el("span", { class: "tag" }, `${key}=${value}`),
  );
  const jobs = device ? `${device.jobsSettled} settled, ${device.jobsFailed} failed` : "";
  const bond = device?.bond && `bond ${alq(BigInt(device.bond.amount))}`;
  return el(
    "li",
    {},
    el("div", { class: "price" }, el("strong", {}, alq(price)), el("span", { class: "note" }, ualq(price))),
    facts(
      ["Provider", short(bid.id?.provider ?? "")],
      ["Device", el("span", { class: "mono" }, toHex(bid.deviceId).slice(0, 12)), bond && `, ${bond}`],
      ["Jobs", jobs],
      ["Reliability", `${(score / 100).toFixed(0)} %`, settled + failed > 0n && ` of ${settled + failed} leases`],
      attributes.length > 0 && ["Attributes", el("span", { class: "tags" }, ...attributes)],
    ),
    take,
  );
}

function taken({ lease, job }: Snapshot): HTMLElement {
  const price = BigInt(lease?.price?.amount ?? "0");
  const paid = job?.phase === JobPhase.JOB_PHASE_SETTLED ? "You paid" : "You took the bid of";
  return el("p", {}, `${paid} `, el("strong", {}, alq(price)), " to ", short(lease?.id?.provider ?? ""), ".");
}
