// All that a transaction may hold: the Cosmos SDK's and wasmd's messages as CosmJS has them, and ours; as protobuf
// (registry) and as amino JSON (aminoTypes).
import { createWasmAminoConverters, wasmTypes } from "@cosmjs/cosmwasm-stargate";
import { Registry } from "@cosmjs/proto-signing";
import { AminoTypes, createDefaultAminoConverters, defaultRegistryTypes } from "@cosmjs/stargate";
import { aminoConverters } from "./amino.js";
import { aminoMessages } from "./gen/amino.js";
import { foreignTypes, ownTypes } from "./gen/messages.js";

export const registry = new Registry([...defaultRegistryTypes, ...wasmTypes, ...foreignTypes, ...ownTypes]);

export const aminoTypes: AminoTypes = new AminoTypes({
  ...createDefaultAminoConverters(),
  ...createWasmAminoConverters(),
  ...aminoConverters(aminoMessages, [...foreignTypes, ...ownTypes], {
    toAmino: (any) => aminoTypes.toAmino({ typeUrl: any.typeUrl, value: registry.decode(any) }),
    fromAmino: (msg) => registry.encodeAsAny(aminoTypes.fromAmino(msg)),
  }),
});
