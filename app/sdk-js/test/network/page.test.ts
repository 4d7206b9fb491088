// The page that the node serves, in a real browser on a real chain, used as a tenant uses it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { webQueries } from "../../src/index.js";
import { launch, SHOTS, Visit } from "./browser.js";
import { type Account, balance, funded, network, stranger } from "./network.js";
import { checkForgery, checkMoney, checkPicture, checkWords, leaseOf, START } from "./page-checks.js";

const queries = webQueries(network.rest);
const DESKTOP = { viewport: { width: 1280, height: 900 }, colorScheme: "light" } as const;
const PHONE = { viewport: { width: 360, height: 740 }, colorScheme: "dark", deviceScaleFactor: 2 } as const;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  console.log(`screenshots of the page: ${SHOTS}`);
});

async function connected(who: Account, ledger = false, context: object = DESKTOP): Promise<Visit> {
  const visit = await Visit.start(browser, { mnemonic: who.mnemonic, ledger }, context);
  await visit.page.click("#connect");
  await visit.page.waitForSelector("#address");
  assert.equal(await visit.text("address"), who.address);
  return visit;
}

/** Asks for a picture that takes seconds. */
async function order({ page }: Visit, scene: string): Promise<void> {
  await page.getByLabel(scene, { exact: true }).check();
  await page.fill("#width", "160");
  await page.fill("#height", "90");
  await page.click("#create");
}

for (const [mode, ledger, scene, context] of [
  ["protobuf", false, "First light", DESKTOP],
  ["amino JSON, as a Ledger does", true, "Arch", PHONE],
] as const) {
  test(`a picture is rented from the scene to the last ualq, the wallet signing ${mode}`, async () => {
    const who = await funded("Direct", START);
    const visit = await connected(who, ledger, context);
    const { page } = visit;
    const name = ledger ? "phone-dark" : "desktop-light";
    await visit.shot(`${name}-1-connected`);
    await order(visit, scene);
    await page
      .getByRole("button", { name: /^Accept the bid/ })
      .first()
      .waitFor();
    await visit.shot(`${name}-2-bids`);
    await page
      .getByRole("button", { name: /^Accept the bid/ })
      .first()
      .click();
    await page.waitForSelector("#step-lease.done");
    // What runs is found again.
    await page.goto(`${network.rest}/`);
    await page.waitForSelector("#step-commit.done");
    await checkForgery(visit);
    await page.click("#fetch");
    await page.waitForSelector("#canvas");
    await page.waitForSelector("#step-sample.done");
    await visit.shot(`${name}-3-sampled`);
    await page.waitForSelector("#step-payment.done");
    await page.waitForSelector("#fees");
    await visit.shot(`${name}-4-end`);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(wider, 0, "nothing is cut off at the side");
    const lease = await leaseOf(who);
    await checkWords(visit, lease);
    await checkPicture(visit, who, lease);
    await checkMoney(visit, who, lease);
    assert.deepEqual(visit.complaints, []);
    const signed = visit.asked.filter(([what]) => what === "sign").map(([, details]) => details);
    const urls = ["/aliquot.deployment.v1.MsgCreateDeployment", "/aliquot.market.v1.MsgCreateLease"];
    const aminos = ["aliquot/MsgCreateDeployment", "aliquot/MsgCreateLease"];
    assert.deepEqual(
      signed,
      [...(ledger ? aminos : urls), "sign/MsgSignData", "sign/MsgSignData"].map((type) => JSON.stringify([type])),
    );
    await visit.end();
  });
}

test("a deployment is closed by the keyboard before a bid is taken, and the deposit comes back", async () => {
  const who = await funded("Direct", START);
  const visit = await connected(who);
  const { page } = visit;
  const focused = async (id: string): Promise<void> => {
    await page.waitForFunction((id) => document.activeElement?.id === id, id);
  };
  // By the keyboard alone: what follows a button is where reading goes on.
  await page.getByLabel("Drops", { exact: true }).focus();
  await page.keyboard.press("Space");
  await page.focus("#create");
  await page.keyboard.press("Enter");
  await focused("bids-title");
  await page.focus("#close");
  await page.keyboard.press("Enter");
  await focused("money-title");
  await page.waitForSelector("#fees");
  assert.match(await visit.text("returned"), /3 ALQ/);
  assert.match(await visit.text("paid"), /0 ALQ/);
  const fees = BigInt(/([\d,]+) ualq/.exec(await visit.text("fees"))?.[1]?.replaceAll(",", "") ?? "");
  assert.equal(await balance(who), BigInt(START) - fees);
  await page.click("#new");
  await page.waitForSelector("#create:enabled");
  // An address may name what is not there.
  await page.goto(`${network.rest}/#1`);
  await page.reload();
  await page.waitForSelector("text=Deployment 1 of this account is no job of this page");
  assert.deepEqual(visit.complaints, []);
  await visit.end();
});

test("what the owner of the wallet declines is not sent, and can be tried again", async () => {
  const who = await funded("Direct", START);
  const visit = await Visit.start(browser, { mnemonic: who.mnemonic, ledger: false }, DESKTOP);
  visit.willing = false;
  await visit.page.click("#connect");
  const declined = /^You declined in the wallet, so nothing was sent\./;
  await visit.page.waitForSelector("#wallet-error:visible");
  assert.match(await visit.text("wallet-error"), declined);
  visit.willing = true;
  await visit.page.click("#connect");
  await visit.page.waitForSelector("#address");
  assert.ok(await visit.page.locator("#wallet-error").isHidden());
  visit.willing = false;
  await order(visit, "First light");
  await visit.page.waitForSelector("#create-error:visible");
  assert.match(await visit.text("create-error"), declined);
  await visit.shot("desktop-light-declined");
  assert.equal(await balance(who), BigInt(START));
  assert.deepEqual((await queries.deployment.deployments({ filters: { owner: who.address } })).deployments, []);
  visit.willing = true;
  await visit.page.click("#create");
  await visit.page.waitForSelector("#close");
  await visit.end();
});

test("an account without coins is told so, and what to do", async () => {
  const visit = await connected(await stranger());
  assert.equal(await visit.text("balance"), "0 ALQ");
  assert.match(await visit.text("poor"), /Send some to its address/);
  await order(visit, "First light");
  await visit.page.waitForSelector("#create-error:visible");
  assert.match(
    await visit.text("create-error"),
    /The account holds 0 ALQ, and the deposit is 3 ALQ\. .*send ALQ to the account/,
  );
  await visit.shot("desktop-light-poor");
  await visit.end();
});

test("a scene that the chain cannot read is named with its line, which the text shows", async () => {
  const visit = await connected(await funded("Direct", START));
  const { page } = visit;
  await page.getByLabel("Your own", { exact: true }).check();
  await page.fill("#scene-text", "size 64 64\ncamera from 0 2 6 look 0 1 0\nspher at 0 1 0 radius 1 color #e04030\n");
  await page.click("#create");
  await page.waitForSelector("#create-error:visible");
  assert.match(
    await visit.text("create-error"),
    /^The chain cannot read the scene\. Line 3, field spher: is no statement/,
  );
  const chosen = await page.$eval("#scene-text", (field: HTMLTextAreaElement) =>
    field.value.slice(field.selectionStart, field.selectionEnd),
  );
  assert.equal(chosen, "spher at 0 1 0 radius 1 color #e04030");
  await visit.shot("desktop-light-bad-scene");
  await page.fill("#scene-text", "");
  await page.click("#create");
  await page.waitForSelector("text=There is no scene yet");
  await page.fill("#scene-text", "size 64 64\ncamera from 0 2 6 look 0 1 0\n");
  await page.fill("#deposit", "1");
  await page.click("#create");
  await page.waitForSelector("text=The deposit must cover the price limit");
  await visit.end();
});

test("a browser without a wallet is told where to get one", async () => {
  const visit = await Visit.start(browser, undefined, PHONE);
  await visit.page.click("#connect");
  await visit.page.waitForSelector("#wallet-error:visible");
  assert.match(await visit.text("wallet-error"), /Install Keplr/);
  await visit.shot("phone-dark-no-wallet");
  await visit.end();
});

test("a node that does not answer is told of, and the page goes on when it does", async () => {
  const visit = await connected(await funded("Direct", START));
  const { page } = visit;
  await page.context().setOffline(true);
  await page.waitForSelector("#trouble:visible");
  assert.match(await visit.text("trouble"), /^The node does not answer\./);
  await page.click("#create");
  await page.waitForSelector("#create-error:visible");
  assert.match(await visit.text("create-error"), /^The node does not answer\./);
  await page.context().setOffline(false);
  await page.waitForSelector("#trouble", { state: "hidden" });
  await visit.end();
});

test("a node that fails while a deployment is awaited does not make its owner pay twice", async () => {
  const who = await funded("Direct", START);
  const visit = await connected(who);
  const { page } = visit;
  let failed = 0;
  await page.route("**/cosmos/tx/v1beta1/txs/*", async (route) => {
    failed += 1;
    if (failed === 1) await route.abort();
    else if (failed === 2) await route.fulfill({ status: 503, json: { code: 14, message: "catching up" } });
    else await route.fallback();
  });
  // The account cannot be looked at after the transaction either.
  await page.route("**/cosmos/tx/v1beta1/txs", async (route) => {
    await page.route("**/balances/**", (refresh) => refresh.fulfill({ status: 503, json: { code: 14, message: "" } }));
    await route.fallback();
  });
  await order(visit, "First light");
  await page.waitForSelector("#close");
  assert.ok(failed > 2);
  assert.ok(await page.locator("#create-error").isHidden());
  const { deployments } = await queries.deployment.deployments({ filters: { owner: who.address } });
  assert.equal(deployments.length, 1);
  await visit.end();
});
