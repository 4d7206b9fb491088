// Writes src/gen/amino.ts: how each message that can be signed is written in amino JSON, from the options of its
// descriptor. src/amino.ts reads the table.
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { descriptors, option, ours, transactionMessages } from "./descriptors.js";
import { foreignMessages } from "./foreign.js";

const WELL_KNOWN: Record<string, string> = {
  "google.protobuf.Any": "any",
  "google.protobuf.Duration": "duration",
  "google.protobuf.Timestamp": "timestamp",
};

const SCALARS: Partial<Record<ScalarType, string>> = {
  [ScalarType.BOOL]: "bool",
  [ScalarType.BYTES]: "bytes",
  [ScalarType.INT32]: "number",
  [ScalarType.INT64]: "int64",
  [ScalarType.STRING]: "string",
  [ScalarType.UINT32]: "number",
  [ScalarType.UINT64]: "int64",
};

function kind(field: DescField): { kind: string; type?: string } {
  const encoding = option(field, "amino.encoding");
  const scalar = option(field, "cosmos_proto.scalar");
  const message = field.message;
  if (message) {
    const wellKnown = WELL_KNOWN[message.typeName];
    return wellKnown ? { kind: wellKnown } : { kind: "message", type: message.typeName };
  }
  // The one enum that clients write by name.
  if (field.enum) return { kind: field.enum.typeName === "cosmwasm.wasm.v1.AccessType" ? "access" : "number" };
  if (encoding === "inline_json") return { kind: "json" };
  const bytes = field.scalar === ScalarType.BYTES;
  if (scalar === "cosmos.Int" && !bytes) return { kind: "int" };
  if (scalar === "cosmos.Dec") return { kind: bytes ? "decBytes" : "dec" };
  const plain = field.scalar && SCALARS[field.scalar];
  if (!plain || field.fieldKind === "map") throw new Error(`${field} has no amino JSON`);
  return { kind: plain };
}

function row(field: DescField): string {
  const name = option(field, "amino.field_name") ?? field.name;
  const properties: Record<string, unknown> = { key: field.jsonName, name, ...kind(field) };
  if (field.fieldKind === "list") properties.repeated = true;
  if (option(field, "amino.dont_omitempty")) properties.keep = true;
  if (option(field, "amino.encoding") === "legacy_coins") properties.coins = true;
  if (field.proto.proto3Optional) properties.optional = true;
  if (field.oneof) {
    const type = option(field, "amino.oneof_name");
    if (!type) throw new Error(`${field} has no amino.oneof_name`);
    const words = field.oneof.name.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    properties.oneof = { name: words.join(""), type };
  }
  return `      ${literal(properties)},\n`;
}

function literal(value: unknown): string {
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as object).map(([key, inner]) => `${key}: ${literal(inner)}`);
  return `{ ${entries.join(", ")} }`;
}

function entry(desc: DescMessage): string {
  if (option(desc, "amino.message_encoding")) throw new Error(`${desc} has an encoding of its own`);
  const amino = option(desc, "amino.name");
  const name = amino === undefined ? "" : `    amino: ${JSON.stringify(amino)},\n`;
  const fields = desc.fields.map(row).join("");
  return `  "${desc.typeName}": {\n${name}    fields: ${fields ? `[\n${fields}    ]` : "[]"},\n  },\n`;
}

/** The messages and all that they contain, sorted. */
function closure(roots: DescMessage[]): DescMessage[] {
  const found = new Map<string, DescMessage>();
  const visit = (desc: DescMessage): void => {
    if (desc.typeName in WELL_KNOWN || found.has(desc.typeName)) return;
    found.set(desc.typeName, desc);
    for (const field of desc.fields) if (field.message) visit(field.message);
  };
  roots.forEach(visit);
  return [...found.values()].sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
}

/** Our messages, and our types that stand in an Any of others' messages. */
export function ownMessages(): DescMessage[] {
  const requests = transactionMessages().filter(ours);
  const named = [...descriptors].filter(
    (desc): desc is DescMessage =>
      desc.kind === "message" && ours(desc) && option(desc, "amino.name") !== undefined && !requests.includes(desc),
  );
  return [...requests, ...named];
}

export function generateAmino(): string {
  const entries = closure([...ownMessages(), ...foreignMessages()]).map(entry);
  return `// Generated from the descriptors by \`npm run generate\`. Do not edit.
import type { AminoMessage } from "../amino.js";

export const aminoMessages: Record<string, AminoMessage> = {
${entries.join("")}};
`;
}
