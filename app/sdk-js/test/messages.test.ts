// Every message that can be signed survives both of its encodings.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GeneratedType } from "@cosmjs/proto-signing";
import type { Composed } from "../src/composer.js";
import * as messages from "../src/gen/messages.js";
import { aminoTypes, registry } from "../src/registry.js";
import { random, sample } from "./samples.js";

const { foreignTypes, ownTypes, ...modules } = messages;

type Codec = Extract<GeneratedType, { fromPartial: unknown }>;

const CASES = 30;

for (const [typeUrl] of [...ownTypes, ...foreignTypes]) {
  test(`${typeUrl} round-trips`, () => {
    const next = random(typeUrl.length);
    const codec = registry.lookupType(typeUrl) as Codec;
    for (let run = 0; run < CASES; run++) {
      // The first with all fields set, the second with none, then random ones.
      const chance = run === 0 ? 1 : run === 1 ? 0 : next();
      const message = codec.fromPartial(sample(typeUrl.slice(1), next, chance));
      const bytes = registry.encode({ typeUrl, value: message });
      assert.deepEqual(registry.decode({ typeUrl, value: bytes }), message);

      const amino = aminoTypes.toAmino({ typeUrl, value: message });
      const read = aminoTypes.fromAmino(JSON.parse(JSON.stringify(amino)));
      assert.equal(read.typeUrl, typeUrl);
      assert.deepEqual(registry.encode(read), bytes);
      assert.deepEqual(read.value, message);
      assert.deepEqual(aminoTypes.toAmino(read), amino);
    }
  });
}

test("amino names are short enough for a Ledger, and unique", () => {
  const names = ownTypes.map(([typeUrl, codec]) => {
    const value = (codec as Codec).fromPartial({});
    return aminoTypes.toAmino({ typeUrl, value }).type;
  });
  for (const name of names) assert.ok(name.length <= 39, name);
  assert.equal(new Set(names).size, ownTypes.length);
});

test("every message of every module has a composer", () => {
  const composers = Object.values(modules).flatMap((module) => Object.values<(fields: object) => Composed<unknown>>(module));
  const composed = composers.map((compose) => compose({}).typeUrl);
  const expected = ownTypes.map(([typeUrl]) => typeUrl).filter((typeUrl) => typeUrl.includes(".Msg"));
  assert.ok(expected.length >= 34, `${expected.length} messages`);
  assert.deepEqual(composed.sort(), expected.sort());
});
