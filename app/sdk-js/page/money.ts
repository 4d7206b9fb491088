// Amounts, exact: whole numbers of ualq, millionths of an ALQ, and of escrow's sub-units, millionths of a ualq.
import { Told } from "./words.js";

const DECIMALS = 6;
/** Ualq in an ALQ, and sub-units in a ualq. */
export const UNIT = 10n ** BigInt(DECIMALS);
const BPS = 10_000n;

/** `1234.5 ALQ`, with what is needed after the point. */
export function alq(ualq: bigint): string {
  return `${decimal(ualq)} ALQ`;
}

/** `385,564 ualq` */
export function ualq(amount: bigint): string {
  return `${grouped(amount.toString())} ualq`;
}

/** Sub-units as ualq, with their fraction. */
export function subUnits(sub: bigint): string {
  return `${decimal(sub)} ualq`;
}

function decimal(millionths: bigint): string {
  const sign = millionths < 0n ? "−" : "";
  const size = millionths < 0n ? -millionths : millionths;
  const fraction = (size % UNIT).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${grouped((size / UNIT).toString())}${fraction && `.${fraction}`}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** What somebody typed, in ALQ, as ualq. */
export function parseAlq(text: string, what: string): bigint {
  const parts = /^(\d{1,12})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (!parts) throw new Told(`${what} must be an amount in ALQ with at most six decimals, like 2.5.`);
  return BigInt(parts[1] ?? "") * UNIT + BigInt((parts[2] ?? "").padEnd(DECIMALS, "0"));
}

/** A fee for gas, rounded up. The price has at most six decimals, as a number of JSON. */
export function feeFor(gas: bigint, price: number): bigint {
  const millionths = BigInt(Math.round(price * Number(UNIT)));
  return (gas * millionths + UNIT - 1n) / UNIT;
}

/** How what is paid for a job is split, in sub-units: the protocol's fee is rounded down. */
export function split(sub: bigint, feeBps: number): { provider: bigint; fee: bigint } {
  const fee = part(sub, feeBps);
  return { provider: sub - fee, fee };
}

/** The part of sub-units that basis points are, rounded down. */
export function part(sub: bigint, bps: number): bigint {
  return (sub * BigInt(bps)) / BPS;
}

/** What of a deposit comes back, in ualq, once sub-units of it are spent: escrow pays whole ones. */
export function returned(deposit: bigint, spent: bigint): bigint {
  return (deposit * UNIT - spent) / UNIT;
}
