// Messages of the Cosmos SDK and wasmd that can be signed, but that CosmJS has no amino converters for, or under another name.
import { createRequire } from "node:module";
import type { DescMessage } from "@bufbuild/protobuf";
import { createWasmAminoConverters } from "@cosmjs/cosmwasm-stargate";
import { type AminoConverters, createDefaultAminoConverters } from "@cosmjs/stargate";
import { descriptors, option, ours, transactionMessages } from "./descriptors.js";

// What stands in an Any of a message that is signed.
const INTERFACES = [
  "cosmos.authz.v1beta1.Authorization",
  "cosmos.feegrant.v1beta1.FeeAllowanceI",
  "cosmwasm.wasm.v1.ContractAuthzLimitX",
  "cosmwasm.wasm.v1.ContractAuthzFilterX",
];

const converters: AminoConverters = { ...createDefaultAminoConverters(), ...createWasmAminoConverters() };

/** The module of cosmjs-types that has the types of a message's file. */
export function codecModule(desc: DescMessage): string {
  return `cosmjs-types/${desc.file.name}`;
}

function known(desc: DescMessage): boolean {
  const name = converters[`/${desc.typeName}`]?.aminoType;
  return name === option(desc, "amino.name");
}

function hasCodec(desc: DescMessage): boolean {
  const require = createRequire(import.meta.url);
  try {
    return desc.name in require(codecModule(desc));
  } catch {
    return false;
  }
}

export function foreignMessages(): DescMessage[] {
  const implementers = [...descriptors].filter((desc): desc is DescMessage => {
    if (desc.kind !== "message") return false;
    const interfaces = (option(desc, "cosmos_proto.implements_interface") as string[] | undefined) ?? [];
    return interfaces.some((name) => INTERFACES.includes(name));
  });
  return [...transactionMessages(), ...implementers].filter(
    (desc) => !ours(desc) && option(desc, "amino.name") && !known(desc) && hasCodec(desc),
  );
}
