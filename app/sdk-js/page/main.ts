// The page: what it holds, what it does when a button is pressed, and the loop that follows the chain.
import { sha256 } from "@cosmjs/crypto";
import { toUtf8 } from "@cosmjs/encoding";
import { MsgCloseDeployment, MsgCreateDeployment } from "../src/gen/aliquot/deployment/v1/tx.js";
import { MsgCreateLease } from "../src/gen/aliquot/market/v1/tx.js";
import type { Bid } from "../src/gen/aliquot/market/v1/types.js";
import { showBids } from "./bids.js";
import { Follower, loadParams, type Own, own, type Params, type Snapshot } from "./deployment.js";
import { at, el, fill } from "./dom.js";
import { alq } from "./money.js";
import { type ChainInfo, DENOM, Node } from "./node.js";
import { type Checked, fetchPicture, showPicture, sizeOf } from "./picture.js";
import { showMoney } from "./receipt.js";
import { pointAt, readForm, setPrices, setUpForm } from "./scenes.js";
import { showScene, showWallet } from "./tenant.js";
import { type Message, type Say, send } from "./tx.js";
import { connect, type Wallet } from "./wallet.js";
import { Pending, plain, Told } from "./words.js";
import { showWork } from "./work.js";

const POLL_MS = 1000;
const KERNEL = "RENDER_Q16";
/** Remembered by the browser: that this page was connected to the wallet. */
const CONNECTED = "aliquot.connected";
/** What comes after what is done at a place. */
const NEXT = { wallet: "scene", create: "bids", bids: "work", picture: "picture", money: "money" } as const;
type Place = keyof typeof NEXT;

const node = new Node(location.origin);
let chain: ChainInfo | undefined;
let params: Params | undefined;
let wallet: Wallet | undefined;
let balance: bigint | undefined;
let others: Own[] = [];
let follower: Follower | undefined;
let missing = false;
let snapshot: Snapshot | undefined;
let checked: Checked | undefined;
/** Looks that began, and the newest whose answer is shown. */
let looks = 0;
let shownLook = 0;
/** Where a button is at work. That part stays as it is meanwhile, or the button would come back unpressed. */
const busy = new Set<Place>();

function render(): void {
  if (!busy.has("wallet")) showWallet(wallet, balance, (pressed) => void act("wallet", pressed, connectWallet));
  showScene(wallet !== undefined, follower && { dseq: follower.dseq, missing, snapshot }, others, follow);
  if (!busy.has("bids")) showBids(snapshot, (bid, pressed) => void act("bids", pressed, (say) => accept(bid, say)));
  showWork(snapshot, params, snapshot && sizeOf(snapshot));
  if (!busy.has("picture")) {
    showPicture(snapshot, checked, () => void act("picture", at<HTMLButtonElement>("fetch"), show));
  }
  if (!busy.has("money")) showMoney(snapshot, params, (pressed) => void act("money", pressed, close));
}

/** Does what a button is for, telling how far it is, and what went wrong where it was pressed. */
async function act(place: Place, pressed: HTMLButtonElement, work: (say: Say) => Promise<void>): Promise<boolean> {
  const [progress, error] = [at(`${place}-progress`), at(`${place}-error`)];
  if (busy.has(place)) return false;
  busy.add(place);
  const focused = document.activeElement === pressed;
  pressed.setAttribute("aria-busy", "true");
  pressed.disabled = true;
  error.hidden = true;
  try {
    await work((text) => void (progress.textContent = text));
  } catch (thrown) {
    error.textContent = plain(thrown);
    error.hidden = false;
  } finally {
    busy.delete(place);
    progress.textContent = "";
    pressed.removeAttribute("aria-busy");
    pressed.disabled = false;
    render();
  }
  // Who pressed it goes on reading where it led to, or at the button.
  if (focused) (error.hidden ? at(`${NEXT[place]}-title`) : pressed).focus();
  return error.hidden;
}

async function connectWallet(say: Say): Promise<void> {
  params ??= await loadParams(node);
  say("Waiting for your wallet …");
  wallet = await connect(node);
  localStorage.setItem(CONNECTED, "yes");
  await lookAtAccount();
  // What runs is found again; an address that names a deployment goes before.
  const asked = /^#(\d{1,19})$/.exec(location.hash)?.[1];
  const running = asked ? BigInt(asked) : others.find(({ open }) => open)?.dseq;
  if (running !== undefined) follow(running);
}

function ready(): { wallet: Wallet; params: Params } {
  if (!wallet || !params) throw new Told("Connect a wallet first.");
  return { wallet, params };
}

async function create(say: Say): Promise<void> {
  const { wallet, params } = ready();
  const least = params.escrow.minDeposits.find(({ denom }) => denom === DENOM)?.amount ?? "0";
  const { scene, limit, deposit } = readForm(BigInt(least));
  const holds = await node.balance(wallet.address);
  if (holds < deposit) {
    const what = `The account holds ${alq(holds)}, and the deposit is ${alq(deposit)}.`;
    throw new Told(`${what} Lower the deposit, or send ALQ to the account.`);
  }
  const dseq = await freeDseq(wallet.address);
  const input = toUtf8(scene);
  const coin = (amount: bigint): object => ({ denom: DENOM, amount: amount.toString() });
  const group = { name: "picture", requirements: {}, job: { kernel: KERNEL, input }, maxPrice: coin(limit) };
  const fields = { owner: wallet.address, dseq, groups: [group], hash: sha256(input), deposit: coin(deposit) };
  const value = MsgCreateDeployment.fromPartial(fields);
  await submit({ typeUrl: "/aliquot.deployment.v1.MsgCreateDeployment", value }, say).catch((error: unknown) => {
    // Who saw the form again would send a second one, with a second deposit.
    if (!(error instanceof Pending)) throw error;
  });
  follow(dseq);
}

/** The newest height, or the number after the newest deployment's. */
async function freeDseq(owner: string): Promise<bigint> {
  const newest = { filters: { owner }, pagination: { limit: 1n, reverse: true } };
  const [{ deployments }, height] = await Promise.all([node.query.deployment.deployments(newest), node.height()]);
  const taken = deployments[0]?.deployment?.id?.dseq ?? 0n;
  return taken >= height ? taken + 1n : height;
}

async function accept({ id }: Bid, say: Say): Promise<void> {
  if (!id) return;
  const value = MsgCreateLease.fromPartial({ owner: id.owner, id });
  await submit({ typeUrl: "/aliquot.market.v1.MsgCreateLease", value }, say);
}

async function close(say: Say): Promise<void> {
  const { owner, dseq } = snapshot?.deployment.id ?? {};
  if (owner === undefined || dseq === undefined) return;
  const value = MsgCloseDeployment.fromPartial({ owner, dseq });
  await submit({ typeUrl: "/aliquot.deployment.v1.MsgCloseDeployment", value }, say);
}

async function submit(message: Message, say: Say): Promise<void> {
  await send(node, ready().wallet, message, say);
  // The transaction stands, whatever becomes of these: the loop asks again.
  await Promise.allSettled([lookAtAccount(), look()]);
}

async function show(say: Say): Promise<void> {
  if (!snapshot) throw new Told("There is no job yet.");
  const asked = follower;
  const fetched = await fetchPicture(ready().wallet, snapshot, say);
  if (asked === follower) checked = fetched;
}

/** From now on, what is shown is of this deployment; of none, the form is. */
function follow(dseq: bigint | undefined): void {
  if (checked) URL.revokeObjectURL(checked.url);
  [missing, snapshot, checked] = [false, undefined, undefined];
  follower = dseq !== undefined && wallet && params ? new Follower(node, params, wallet.address, dseq) : undefined;
  history.replaceState(null, "", dseq === undefined ? location.pathname : `#${dseq}`);
  for (const place of ["create", "bids", "picture", "money"]) at(`${place}-error`).hidden = true;
  render();
  // What goes wrong is said by the next look of the loop.
  look().catch(() => undefined);
}

/** Asks the chain for the deployment that is followed. */
async function look(): Promise<void> {
  const followed = follower;
  if (!followed || snapshot?.complete) return;
  const number = ++looks;
  const seen = await followed.look();
  // Another one may have been chosen meanwhile, and answers may come out of order.
  if (followed !== follower || number < shownLook) return;
  [shownLook, snapshot, missing] = [number, seen, !seen];
  render();
  if (seen?.complete) await lookAtAccount();
}

async function lookAtAccount(): Promise<void> {
  if (!wallet) return;
  [balance, others] = await Promise.all([node.balance(wallet.address), own(node, wallet.address)]);
  render();
}

async function poll(): Promise<never> {
  for (;;) {
    try {
      await tick();
      at("trouble").hidden = true;
    } catch (error) {
      at("trouble").textContent = plain(error);
      at("trouble").hidden = false;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function tick(): Promise<void> {
  chain ??= await node.chainInfo();
  const { chainId } = chain;
  const height = await node.height();
  fill(at("chain"), [chainId, height], () => [`${chainId} `, el("span", { class: "height" }, `height ${height}`)]);
  await look();
  if (wallet) balance = await node.balance(wallet.address);
  render();
}

async function tellPrices(): Promise<void> {
  const quote = await node.query.market.quote({ class: KERNEL, denom: DENOM });
  if (quote.awards > 0) setPrices(`Half of the last pictures went for ${alq(BigInt(quote.median))} or less.`);
}

async function submitForm(): Promise<void> {
  const done = await act("create", at<HTMLButtonElement>("create"), create);
  if (!done) pointAt(at("create-error").textContent ?? "");
}

function start(): void {
  setUpForm();
  at("scene-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void submitForm();
  });
  // Keplr says so when its owner takes another account.
  window.addEventListener("keplr_keystorechange", () => {
    history.replaceState(null, "", location.pathname);
    location.reload();
  });
  render();
  void poll();
  void tellPrices().catch(() => undefined);
  if (localStorage.getItem(CONNECTED)) void act("wallet", at<HTMLButtonElement>("connect"), connectWallet);
}

start();
