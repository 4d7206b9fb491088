// Values of all messages, made from the table of their fields: each field set, or random ones set.
import type { AminoField } from "../src/amino.js";
import { aminoMessages } from "../src/gen/amino.js";
import { registry } from "../src/registry.js";

/** A stream of numbers in [0, 1) that is the same on each run. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A message of the type; `chance` is how likely a field is set. */
export function sample(type: string, next: () => number, chance: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  const oneofs = new Set<string>();
  for (const field of aminoMessages[type]?.fields ?? []) {
    if (field.oneof && oneofs.has(field.oneof.name)) continue;
    if (field.oneof) oneofs.add(field.oneof.name);
    if (next() >= chance && !required(field)) continue;
    message[field.key] = field.repeated
      ? Array.from({ length: 1 + Math.floor(next() * 3) }, () => value(field, next, chance))
      : value(field, next, chance);
  }
  return message;
}

/** Amino JSON cannot say that these are absent. */
function required(field: AminoField): boolean {
  return field.keep === true || field.kind === "int" || field.kind === "dec" || field.kind === "json";
}

const STRINGS = ["aliquot1qqqsyqcyq5rqwzqf", "vendor/nvidia/model/*", "<a> & \"b\"\n", "Größe \u{1f680} \u2028", "0"];

function value(field: AminoField, next: () => number, chance: number): unknown {
  const integer = (bits: number): bigint => BigInt(Math.floor(next() * 2 ** Math.min(bits, 52))) << BigInt(Math.max(bits - 52, 0));
  switch (field.kind) {
    case "any":
      return registry.encodeAsAny({
        typeUrl: "/aliquot.escrow.v1.DepositAuthorization",
        value: { scopes: [1, 2], spendLimits: [{ denom: "ualq", amount: integer(80).toString() }] },
      });
    case "bool":
      return true;
    case "bytes":
      return Uint8Array.from({ length: 1 + Math.floor(next() * 40) }, () => Math.floor(next() * 256));
    case "dec":
      return integer(70).toString();
    case "decBytes":
      return new TextEncoder().encode(integer(70).toString());
    case "duration":
      return { seconds: integer(31), nanos: Number(integer(29)) };
    case "int":
      return integer(90).toString();
    case "int64":
      return 1n + integer(62);
    case "json":
      return new TextEncoder().encode(`{"a":{"c":"<${integer(20)}>"},"b":[1,null,true]}`);
    case "message":
      return sample(field.type ?? "", next, chance);
    case "number":
      // Within the small enums, too: a value that an enum does not know would be right, but is no message of ours.
      return 1;
    case "string":
      return STRINGS[Math.floor(next() * STRINGS.length)];
    case "timestamp":
      return { seconds: integer(31), nanos: Number(integer(29)) };
  }
}
