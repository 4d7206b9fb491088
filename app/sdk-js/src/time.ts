// Times in amino JSON: a Timestamp is RFC 3339 in UTC without idle zeros, a Duration is its nanoseconds.
import type { Duration } from "cosmjs-types/google/protobuf/duration";
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";

const NANOS = 1_000_000_000n;

export function timestampToAmino({ seconds, nanos }: Timestamp): string {
  if (nanos < 0) throw new Error("a timestamp has negative nanoseconds");
  // Milliseconds that a Date would print are always zero here.
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length);
  const fraction = nanos === 0 ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${date}${fraction}Z`;
}

export function timestampFromAmino(text: string): Timestamp {
  const parts = /^([^.Z]+)(?:\.(\d{1,9}))?Z$/.exec(text);
  const millis = parts ? Date.parse(`${parts[1]}Z`) : Number.NaN;
  if (Number.isNaN(millis)) throw new Error(`${text} is not a time in UTC`);
  return { seconds: BigInt(millis / 1000), nanos: Number((parts?.[2] ?? "").padEnd(9, "0")) };
}

export function durationToAmino({ seconds, nanos }: Duration): string {
  return (seconds * NANOS + BigInt(nanos)).toString();
}

export function durationFromAmino(text: string): Duration {
  const nanos = BigInt(text);
  return { seconds: nanos / NANOS, nanos: Number(nanos % NANOS) };
}
