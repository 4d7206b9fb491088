// Amino JSON of messages, which wallets sign and show: the rules of the Cosmos SDK 0.50 (x/tx, aminojson), applied to
// the table that src/gen/amino.ts holds of the descriptors.
import type { AminoMsg } from "@cosmjs/amino";
import { fromAscii, fromBase64, fromUtf8, toAscii, toBase64, toUtf8 } from "@cosmjs/encoding";
import type { GeneratedType } from "@cosmjs/proto-signing";
import type { AminoConverters } from "@cosmjs/stargate";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { decimalFromAtomics, decimalToAtomics } from "./decimal.js";
import { durationFromAmino, durationToAmino, timestampFromAmino, timestampToAmino } from "./time.js";

export interface AminoMessage {
  /** Its amino name, where it has one. */
  amino?: string;
  fields: AminoField[];
}

export interface AminoField {
  /** Name in the TypeScript message. */
  key: string;
  /** Name in the JSON. */
  name: string;
  kind:
    | "access"
    | "any"
    | "bool"
    | "bytes"
    | "dec"
    | "decBytes"
    | "duration"
    | "int"
    | "int64"
    | "json"
    | "message"
    | "number"
    | "string"
    | "timestamp";
  /** Full name of the message, where it is one. */
  type?: string;
  repeated?: boolean;
  /** Written even when it is zero. */
  keep?: boolean;
  /** Coins of the SDK: none are written as an empty list instead of null. */
  coins?: boolean;
  /** Knows absence from zero. */
  optional?: boolean;
  oneof?: { name: string; type: string };
}

/** How what stands in an Any is written: with its amino name. */
export interface AnyConverter {
  toAmino(any: Any): AminoMsg;
  fromAmino(msg: AminoMsg): Any;
}

type Fields = Record<string, unknown>;

/** Who may instantiate a contract: an enum that CosmJS writes by name. */
const ACCESS: ReadonlyArray<[number, string]> = [
  [1, "Nobody"],
  [3, "Everybody"],
  [4, "AnyOfAddresses"],
];

/** Converters of the given types, which must all be in the table. */
export function aminoConverters(
  table: Record<string, AminoMessage>,
  types: ReadonlyArray<[string, GeneratedType]>,
  any: AnyConverter,
): AminoConverters {
  const json = new AminoJson(table, any);
  return Object.fromEntries(
    types.map(([typeUrl, codec]) => {
      const type = typeUrl.slice(1);
      const aminoType = table[type]?.amino;
      if (!aminoType || !("fromPartial" in codec)) throw new Error(`${type} has no amino name`);
      return [
        typeUrl,
        {
          aminoType,
          toAmino: (message: Fields) => json.write(type, message),
          fromAmino: (value: Fields) => codec.fromPartial(json.read(type, value)),
        },
      ];
    }),
  );
}

class AminoJson {
  constructor(
    private readonly table: Record<string, AminoMessage>,
    private readonly any: AnyConverter,
  ) {}

  write(type: string, message: Fields): Fields {
    const json: Fields = {};
    const fields = this.fields(type);
    for (const field of fields) {
      const value = message[field.key];
      if (field.oneof) {
        const { name, type } = field.oneof;
        if (value !== undefined) {
          json[name] = { type, value: { [field.name]: this.writeOne(field, value) } };
        } else if (!(name in json)) {
          // Overwritten where another field of the oneof is set.
          json[name] = null;
        }
      } else if (!isZero(field, value)) {
        json[field.name] = field.repeated
          ? (value as unknown[]).map((item) => this.writeOne(field, item))
          : this.writeOne(field, value);
      } else if (field.keep) {
        json[field.name] = this.writeZero(type, field, value);
      }
    }
    return json;
  }

  read(type: string, json: Fields): Fields {
    const message: Fields = {};
    for (const field of this.fields(type)) {
      const value = field.oneof ? (json[field.oneof.name] as AminoMsg | null)?.value[field.name] : json[field.name];
      if (value === undefined || value === null) continue;
      message[field.key] = field.repeated
        ? (value as unknown[]).map((item) => this.readOne(field, item))
        : this.readOne(field, value);
    }
    return message;
  }

  private fields(type: string): AminoField[] {
    const message = this.table[type];
    if (!message) throw new Error(`${type} has no amino JSON`);
    return message.fields;
  }

  private writeZero(type: string, field: AminoField, value: unknown): unknown {
    if (field.repeated) return field.coins ? [] : null;
    // The SDK refuses to sign it, too.
    if (value === undefined) throw new Error(`${type}: ${field.name} is missing`);
    return this.writeOne(field, value);
  }

  private writeOne(field: AminoField, value: any): unknown {
    switch (field.kind) {
      case "access":
        return ACCESS.find(([number]) => number === value)?.[1] ?? value;
      case "any":
        return this.any.toAmino(value);
      case "bool":
      case "number":
      case "string":
        return value;
      case "bytes":
        return toBase64(value);
      case "dec":
        return decimalFromAtomics(value);
      case "decBytes":
        return decimalFromAtomics(fromAscii(value));
      case "duration":
        return durationToAmino(value);
      case "int":
        return value === "" ? "0" : value;
      case "int64":
        return value.toString();
      case "json":
        return JSON.parse(fromUtf8(value));
      case "message":
        return this.write(field.type ?? "", value);
      case "timestamp":
        return timestampToAmino(value);
    }
  }

  private readOne(field: AminoField, value: any): unknown {
    switch (field.kind) {
      case "access":
        return ACCESS.find(([, name]) => name === value)?.[0] ?? value;
      case "any":
        return this.any.fromAmino(value);
      case "bool":
      case "int":
      case "number":
      case "string":
        return value;
      case "bytes":
        return fromBase64(value);
      case "dec":
        return decimalToAtomics(value);
      case "decBytes":
        return toAscii(decimalToAtomics(value));
      case "duration":
        return durationFromAmino(value);
      case "int64":
        return BigInt(value);
      case "json":
        return toUtf8(JSON.stringify(value));
      case "message":
        return this.read(field.type ?? "", value);
      case "timestamp":
        return timestampFromAmino(value);
    }
  }
}

/** Whether protobuf would not write it at all. */
function isZero(field: AminoField, value: unknown): boolean {
  if (value === undefined || field.optional) return value === undefined;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === 0 || value === 0n || value === false;
}
