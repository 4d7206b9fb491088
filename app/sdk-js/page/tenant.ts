// What the page shows of the tenant: the account in the wallet, and the deployment that is followed among its others.
import type { Own, Snapshot } from "./deployment.js";
import { at, button, el, facts, fill } from "./dom.js";
import { alq, ualq } from "./money.js";
import { sceneOf, sizeOf } from "./picture.js";
import type { Wallet } from "./wallet.js";

export function showWallet(
  wallet: Wallet | undefined,
  balance: bigint | undefined,
  connect: (pressed: HTMLButtonElement) => void,
): void {
  fill(at("wallet"), [wallet?.address, balance], () => {
    if (!wallet) {
      const about = "Keplr signs what you approve. It is told of this chain first.";
      const press = button("Connect Keplr", () => connect(press), { class: "main", id: "connect" });
      return [el("p", { class: "note" }, about), press];
    }
    const exact = balance === undefined ? "" : ualq(balance);
    const poor = "This account holds no ALQ. Send some to its address to rent anything.";
    return [
      facts(
        ["Account", wallet.name],
        ["Address", el("span", { id: "address", class: "mono whole" }, wallet.address)],
        ["Balance", el("span", { id: "balance", title: exact }, balance === undefined ? "…" : alq(balance))],
        wallet.ledger && ["Signs", "amino JSON, as a Ledger shows it"],
      ),
      balance === 0n && el("p", { class: "error", id: "poor" }, poor),
    ];
  });
}

export interface Followed {
  dseq: bigint;
  /** The chain has no such deployment of this account. */
  missing: boolean;
  snapshot: Snapshot | undefined;
}

/** The form, or the deployment that is followed; and the others. `follow` none is for a new one. */
export function showScene(
  connected: boolean,
  followed: Followed | undefined,
  others: Own[],
  follow: (dseq: bigint | undefined) => void,
): void {
  at("scene-form").hidden = followed !== undefined;
  at("deployed").hidden = followed === undefined;
  at("create-hint").hidden = connected;
  at<HTMLButtonElement>("create").disabled = !connected || at("create").getAttribute("aria-busy") === "true";
  const { dseq, missing, snapshot } = followed ?? {};
  fill(at("deployed"), [dseq, missing, snapshot?.deployment, snapshot?.txs.create?.hash], () => {
    if (dseq === undefined) return [];
    const another = button("New deployment", () => follow(undefined), { id: "new" });
    if (snapshot) return [...describe(dseq, snapshot), another];
    const none = `Deployment ${dseq} of this account is no job of this page, or is not on the chain yet.`;
    const words = missing ? none : `Asking the chain for deployment ${dseq} …`;
    return [el("p", { class: missing ? "note" : "note waiting" }, words), another];
  });
  fill(at("own"), [others, dseq], () => {
    const links = others.slice(0, 6).map((own) => {
      const current: Record<string, string> = own.dseq === dseq ? { "aria-current": "true" } : {};
      return button(`${own.dseq}${own.open ? " (open)" : ""}`, () => follow(own.dseq), { class: "link", ...current });
    });
    return [links.length > 0 && el("p", { class: "note own" }, "Your deployments: ", ...links)];
  });
}

function describe(dseq: bigint, snapshot: Snapshot): Element[] {
  const { deployment, group, txs } = snapshot;
  const size = sizeOf(snapshot);
  const limit = group.spec?.maxPrice?.amount;
  return [
    facts(
      ["Deployment", `${dseq}, created at height ${deployment.createdAt} `, txs.create && txLink(txs.create.hash)],
      size && ["Picture", `${size[0]} × ${size[1]} pixels`],
      limit !== undefined && ["Price limit", alq(BigInt(limit))],
    ),
    el("details", {}, el("summary", {}, "Scene text"), el("pre", { tabindex: "0" }, sceneOf(snapshot))),
  ];
}

/** A transaction, as the node tells it. */
export function txLink(hash: string): Element {
  const link = { href: `/cosmos/tx/v1beta1/txs/${hash}`, target: "_blank", rel: "noreferrer", title: hash };
  return el("a", link, `tx ${hash.slice(0, 8)}…`);
}
