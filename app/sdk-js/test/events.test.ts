// Events of ours are read from what CometBFT tells, typed; those of others are left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comet38Client } from "@cosmjs/tendermint-rpc";
import { aliquot, decodeEvent, followEvents, type RawEvent } from "../src/index.js";

const LEASE = { owner: "aliquot1x", dseq: 7n, gseq: 1, oseq: 2, provider: "aliquot1y" };

/** An event with its fields as JSON. */
function raw(type: string, fields: Record<string, unknown>, more: Record<string, string> = {}): RawEvent {
  const json = Object.entries(fields).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
  return { type, attributes: [...json, ...Object.entries(more).map(([key, value]) => ({ key, value }))] };
}

const FAILED = raw(
  "aliquot.compute.v1.EventJobFailed",
  { id: { owner: "aliquot1x", dseq: "7", gseq: 1, oseq: 2, provider: "aliquot1y" }, fault: "JOB_FAULT_LATE_COMMIT" },
  { msg_index: "0", mode: "EndBlock" },
);

test("fields have the types of the message: 64-bit integers, enums, bytes", () => {
  const { JobFault } = aliquot.compute.v1;
  const failed = decodeEvent(FAILED);
  assert.deepEqual(failed?.value, { id: LEASE, fault: JobFault.JOB_FAULT_LATE_COMMIT });
  const fields = { id: null, root: "AAEC", sample_height: "9007199254740993" };
  const committed = decodeEvent(raw("aliquot.compute.v1.EventJobCommitted", fields));
  assert.equal(committed?.type, "aliquot.compute.v1.EventJobCommitted");
  assert.deepEqual(committed.value.sampleHeight, 9007199254740993n);
  assert.deepEqual([...committed.value.root], [0, 1, 2]);
  assert.equal(committed.value.id, undefined);
});

test("events of other modules are none of ours", () => {
  assert.equal(decodeEvent(raw("transfer", {}, { amount: "1ualq" })), undefined);
  assert.equal(decodeEvent(raw("toString", {})), undefined);
});

test("blocks are followed from the past on, none twice and none left out", async () => {
  interface Heads {
    next(head: { height: number }): void;
    complete(): void;
  }
  let heads: Heads | undefined;
  const comet = {
    subscribeNewBlockHeader: () => ({ subscribe: (to: Heads) => ((heads = to), { unsubscribe: () => undefined }) }),
    blockResults: async (height: number) => ({ height, results: [{ events: [FAILED] }], finalizeBlockEvents: [] }),
  };
  const blocks = followEvents(comet as unknown as Comet38Client, 3);
  const read = async (): Promise<number> => ((await blocks.next()).value ?? assert.fail()).height;
  const first = read();
  heads?.next({ height: 4 });
  assert.deepEqual([await first, await read()], [3, 4]);
  heads?.next({ height: 5 });
  heads?.next({ height: 7 });
  assert.deepEqual([await read(), await read(), await read()], [5, 6, 7]);
  const ended = assert.rejects(read(), /the connection has ended/);
  heads?.complete();
  await ended;
});
