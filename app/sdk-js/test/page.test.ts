// The parts of the page that need no browser: amounts to the last digit, errors in plain words, and patience.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { alq, feeFor, parseAlq, part, returned, split, subUnits, ualq, UNIT } from "../page/money.js";
import { Node } from "../page/node.js";
import { NodeDown, plain, Told } from "../page/words.js";

test("amounts are shown to the last digit", () => {
  const shown = [0n, 1n, 1_500_000n, 385_564n, 9_007_199_254_740_993n, -2_000_000n].map(alq);
  assert.deepEqual(shown, ["0 ALQ", "0.000001 ALQ", "1.5 ALQ", "0.385564 ALQ", "9,007,199,254.740993 ALQ", "−2 ALQ"]);
  assert.equal(ualq(9_007_199_254_740_993n), "9,007,199,254,740,993 ualq");
  assert.equal(subUnits(377_852_720_000n), "377,852.72 ualq");
});

test("amounts are read as they are written, or refused", () => {
  const read = (text: string): bigint => parseAlq(text, "It");
  assert.deepEqual(["2", "2.5", " 0,000001 ", "123456789012.654321"].map(read), [
    2_000_000n,
    2_500_000n,
    1n,
    123_456_789_012_654_321n,
  ]);
  for (const text of ["", "-1", ".5", "1.", "1e3", "0.0000001", "1,000,000", "2 ALQ", "1234567890123", "٣"]) {
    assert.throws(() => read(text), /^Error: It must be an amount in ALQ/, text);
  }
});

test("fees are rounded up, the protocol's part down", () => {
  assert.equal(feeFor(100_001n, 0.025), 2501n);
  assert.equal(feeFor(100_000n, 0.025), 2500n);
  assert.equal(feeFor(3n, 0.000001), 1n);
  assert.equal(feeFor(3n, 0), 0n);
  assert.deepEqual(split(385_564n * UNIT, 200), { provider: 377_852_720_000n, fee: 7_711_280_000n });
  assert.deepEqual(split(UNIT, 333), { provider: 966_700n, fee: 33_300n });
});

test("what a cancelled job leaves of a deposit comes back in whole ualq", () => {
  const cancelled = part(385_569n * UNIT, 1000);
  assert.equal(subUnits(cancelled), "38,556.9 ualq");
  assert.equal(returned(3_000_000n, cancelled), 2_961_443n);
  assert.equal(returned(3_000_000n, 385_564n * UNIT), 2_614_436n);
  assert.equal(part(7n, 1000), 0n);
});

test("errors are told in plain words, with what to do", () => {
  const scene = "failed to execute message; message index: 0: input of kernel RENDER_Q16: line 3, field at: is missing";
  assert.equal(plain(new Error(scene)), "The chain cannot read the scene. Line 3, field at: is missing.");
  assert.match(plain(new Error("Request rejected")), /^You declined in the wallet, so nothing was sent\. Press/);
  assert.match(plain(new Error("spendable balance 5ualq is smaller than 9ualq: insufficient funds")), /too few coins/);
  assert.match(plain(new NodeDown()), /goes on by itself/);
  assert.equal(plain(new Told("As it is")), "As it is");
  assert.equal(plain("rpc error: code = Unknown desc = it broke"), "It broke.");
});

test("a transaction that was accepted is waited for, whatever the node answers meanwhile", async () => {
  const events = [{ type: "tx", attributes: [{ key: "fee_payer", value: "aliquot1x" }] }];
  const tx = { body: { messages: [] }, auth_info: { fee: { amount: [{ denom: "ualq", amount: "5" }] } } };
  const included = { txhash: "AB", height: "7", code: 0, raw_log: "", events, tx };
  const answers: Array<[number, object]> = [
    [503, { code: 14, message: "catching up" }],
    [404, { code: 5, message: "not found" }],
    [200, { tx_response: included }],
  ];
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      response.end(JSON.stringify({ tx_response: included }));
    } else {
      const [status, body] = answers.shift() ?? [500, {}];
      response.writeHead(status).end(JSON.stringify(body));
    }
  });
  after(() => server.close());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const node = new Node(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { hash, height, fee, payer } = await node.broadcast(new Uint8Array(), () => undefined);
  assert.deepEqual([hash, height, fee, payer, answers.length], ["AB", 7n, 5n, "aliquot1x", 0]);
});
