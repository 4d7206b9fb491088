// The SDK's decimals: integers of 10^-18 in protobuf, with a point in amino JSON.

const PLACES = 18;

export function decimalFromAtomics(atomics: string): string {
  if (atomics === "") return "0";
  const sign = atomics.startsWith("-") ? "-" : "";
  const digits = BigInt(sign ? atomics.slice(1) : atomics).toString().padStart(PLACES + 1, "0");
  return `${sign}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
}

export function decimalToAtomics(decimal: string): string {
  const [whole = "", fraction = ""] = decimal.split(".");
  if (fraction.length > PLACES) throw new Error(`${decimal} has more than ${PLACES} decimals`);
  return BigInt(whole + fraction.padEnd(PLACES, "0")).toString();
}
