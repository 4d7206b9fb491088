// What the page must show of a picture that was rented: what the chain and the gateway say, to the pixel and the ualq.
import assert from "node:assert/strict";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { sha256 } from "@cosmjs/crypto";
import { toHex } from "@cosmjs/encoding";
import { aliquot, arbitrarySigner, gatewayToken, webQueries } from "../../src/index.js";
import { fetchResult, picture, verifyResult } from "../../src/result.js";
import type { Visit } from "./browser.js";
import { type Account, balance, network, until } from "./network.js";

const { JobPhase } = aliquot.compute.v1;
const queries = webQueries(network.rest);
/** What the account had. */
export const START = 10_000_000;

/** A gateway that sends other pixels than those committed to. */
export async function checkForgery(visit: Visit): Promise<void> {
  const { page } = visit;
  const forged = "**/lease/**/result";
  await page.route(forged, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[100] = (body[100] ?? 0) ^ 1;
    await route.fulfill({ response, body });
  });
  await page.click("#fetch");
  await page.waitForSelector("#picture-error:visible");
  const why = "This is not the result that the provider committed to, so it is not shown: chunk 0 is not the one";
  assert.ok((await visit.text("picture-error")).startsWith(why));
  assert.equal(await page.locator("#canvas").count(), 0);
  await page.unroute(forged);
}

type Lease = Required<Pick<aliquot.market.v1.Lease, "id" | "price">> & aliquot.market.v1.Lease;

export async function leaseOf(who: Account): Promise<Lease> {
  const { leases } = await queries.market.leases({ filters: { owner: who.address } });
  assert.equal(leases.length, 1);
  return leases[0] as Lease;
}

/** The steps tell what the chain knows. */
export async function checkWords({ page }: Visit, { id, createdAt }: Lease): Promise<void> {
  const { job } = await queries.compute.job(id ? { id } : {});
  assert.ok(job);
  assert.equal(job.phase, JobPhase.JOB_PHASE_SETTLED);
  const said = async (step: string): Promise<string> => page.locator(`#step-${step}`).innerText();
  assert.match(await said("lease"), new RegExp(`height ${createdAt}\\s+tx [0-9A-F]{8}…`));
  const commit = `height ${job.committedAt}\\s+tx [0-9A-F]{8}…[^]*${toHex(job.root)}`;
  assert.match(await said("commit"), new RegExp(commit));
  assert.ok((await said("sample")).includes(`${job.sampled.length} of ${job.chunks} chunks`));
  assert.ok((await said("sample")).includes(job.sampled.join(", ")));
  assert.match(await said("verification"), /height \d+\s+tx [0-9A-F]{8}…[^]*all are right/);
  assert.match(await said("payment"), new RegExp(`height ${job.endedAt}`));
}

/** The canvas holds what the gateway gives, whose root the chain has. */
export async function checkPicture(visit: Visit, who: Account, lease: Lease): Promise<void> {
  const { page } = visit;
  const { id } = lease;
  assert.ok(id);
  const [{ job }, { provider }, { group }] = await Promise.all([
    queries.compute.job({ id }),
    queries.provider.provider({ owner: id.provider }),
    queries.deployment.group({ owner: id.owner, dseq: id.dseq, gseq: 1 }),
  ]);
  assert.ok(job && provider && group?.spec?.job);
  const signer = arbitrarySigner(
    await Secp256k1HdWallet.fromMnemonic(who.mnemonic, { prefix: "aliquot" }),
    who.address,
  );
  const token = await gatewayToken({ account: who.address, provider: id.provider, scope: ["result"] }, signer);
  const outputs = verifyResult(job, await fetchResult({ gateway: provider.hostUri, lease: id, token }));
  const wanted = picture(new TextDecoder().decode(group.spec.job.input), outputs);
  const pixels = await page.evaluate(() => {
    const canvas = document.querySelector("canvas") as HTMLCanvasElement;
    const image = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    return [...(image?.data ?? [])];
  });
  assert.deepEqual([wanted.width, wanted.height], [160, 90]);
  assert.deepEqual(Uint8Array.from(pixels), new Uint8Array(wanted.rgba.buffer));
  assert.ok(new Set(pixels).size > 20, "the picture is not blank");
  const shown = await visit.text("picture");
  assert.ok(shown.includes("Root matches: all 60 chunks"));
  assert.ok(shown.includes(toHex(job.root)));
  assert.ok(shown.includes(toHex(sha256(new Uint8Array(wanted.rgba.buffer)))));
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download PNG")]);
  assert.equal(download.suggestedFilename(), `aliquot-${id.dseq}.png`);
}

/** What the page says of the money is what the account has. */
export async function checkMoney(visit: Visit, who: Account, { price }: Lease): Promise<void> {
  const amount = async (id: string): Promise<bigint> => {
    const ualq = /([\d,]+) ualq/.exec(await visit.text(id))?.[1];
    assert.ok(ualq, id);
    return BigInt(ualq.replaceAll(",", ""));
  };
  const [deposited, paid, returned, fees] = await Promise.all(["deposited", "paid", "returned", "fees"].map(amount));
  assert.deepEqual([deposited, paid, returned], [3_000_000n, BigInt(price?.amount ?? ""), 3_000_000n - (paid ?? 0n)]);
  assert.equal(await balance(who), BigInt(START) - (paid ?? 0n) - (fees ?? 0n));
  const left = await balance(who);
  await until(
    "the page shows the balance",
    async () => (await visit.text("balance")) === `${Number(left) / 1e6} ALQ` || undefined,
  );
}
