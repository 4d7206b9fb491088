// Runs ts-proto over our packages, as protoc would: a CodeGeneratorRequest in, a CodeGeneratorResponse out.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSet } from "./descriptors.js";

const OPTIONS = [
  // As CosmJS has them.
  "forceLong=bigint",
  "esModuleInterop=true",
  "importSuffix=.js",
  "outputIndex=true",
  "outputJsonMethods=from-only",
  // messages.ts makes clients of the services.
  "outputServices=none",
  "useExactTypes=false",
  // Those named are all that is needed; the other imports only define options.
  "emitImportedFiles=false",
  "annotateFilesWithVersion=false",
];

// Types of other packages that ours contain. CosmJS has the same ones, but reads them with a reader of its own.
const FOREIGN = ["cosmos/base/v1beta1/coin.proto", "cosmos/base/query/v1beta1/pagination.proto"];

/** Generated files by their path. */
export function generateTypes(): Map<string, string> {
  const names = descriptorSet.file.map((file) => file.name);
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: names.filter((name) => name.startsWith("aliquot/") || FOREIGN.includes(name)),
    parameter: OPTIONS.join(","),
    protoFile: descriptorSet.file,
  });
  const plugin = createRequire(import.meta.url).resolve("ts-proto/protoc-gen-ts_proto");
  const run = spawnSync(process.execPath, [plugin], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`ts-proto failed: ${run.stderr}`);
  const response = fromBinary(CodeGeneratorResponseSchema, run.stdout);
  if (response.error) throw new Error(`ts-proto failed: ${response.error}`);
  return new Map(response.file.map((file) => [file.name, file.content]));
}
