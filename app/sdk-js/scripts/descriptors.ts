// The descriptor set that the chain is built from, and how its options are read.
import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

export const descriptorSet = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(new URL("../../proto/src/gen/descriptors.bin", import.meta.url)),
);

export const descriptors = createFileRegistry(descriptorSet);

/** The value of a custom option as `amino.name`, or undefined where it is not set. */
export function option(desc: DescMessage | DescField, name: string): unknown {
  const extension = descriptors.getExtension(name);
  if (!extension) throw new Error(`the descriptor set does not know the option ${name}`);
  const typed = extension as DescExtension & Parameters<typeof getOption>[1];
  return hasOption(desc, typed) ? getOption(desc, typed) : undefined;
}

/** The requests of all Msg services, in the order of the set. */
export function transactionMessages(): DescMessage[] {
  return [...descriptors].flatMap((desc) =>
    desc.kind === "service" && desc.name === "Msg" ? desc.methods.map((method) => method.input) : [],
  );
}

export function ours(desc: { typeName: string }): boolean {
  return desc.typeName.startsWith("aliquot.");
}
