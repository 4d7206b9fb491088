// The parts of the page that need no browser: amounts to the last digit, and errors in plain words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alq, feeFor, parseAlq, part, split, subUnits, ualq } from "../page/money.js";
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
  assert.deepEqual(split(385_564n, 200), { provider: 377_852_720_000n, fee: 7_711_280_000n });
  assert.deepEqual(split(1n, 333), { provider: 966_700n, fee: 33_300n });
  assert.equal(part(385_569n, 1000), 38_556n);
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
