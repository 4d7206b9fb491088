// Writes src/gen/messages.ts (codecs by type URL, and a composer for each of our messages), src/gen/queries.ts (the
// typed queries of each of our modules) and src/gen/events.ts (the types of our events by their name).
import type { DescMessage, DescService } from "@bufbuild/protobuf";
import { ownMessages } from "./amino-table.js";
import { descriptors, ours, transactionMessages } from "./descriptors.js";
import { codecModule, foreignMessages } from "./foreign.js";

const HEAD = "// Generated from the descriptors by `npm run generate`. Do not edit.\n";

/** aliquot.market.v1 -> market */
function moduleOf(desc: { typeName: string }): string {
  return desc.typeName.split(".")[1] ?? "";
}

/** Imports of codecs, each file under an alias, so that equal names of two modules do not meet. */
class Imports {
  private readonly aliases = new Map<string, string>();

  codec(desc: DescMessage): string {
    const path = ours(desc) ? `./${desc.file.name}.js` : codecModule(desc);
    const alias = desc.file.name.replaceAll("/", "_");
    this.aliases.set(path, alias);
    return `${alias}.${desc.name}`;
  }

  toString(): string {
    return [...this.aliases].map(([path, alias]) => `import * as ${alias} from "${path}";\n`).join("");
  }
}

function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

export function generateMessages(): string {
  const imports = new Imports();
  const pair = (desc: DescMessage): string => `  ["/${desc.typeName}", ${imports.codec(desc)}],\n`;
  const own = ownMessages().map(pair).join("");
  const foreign = foreignMessages().map(pair).join("");
  const composers = new Map<string, string[]>();
  for (const desc of transactionMessages().filter(ours)) {
    const line = `  ${camel(desc.name.replace(/^Msg/, ""))}: composer("/${desc.typeName}", ${imports.codec(desc)}),\n`;
    composers.set(moduleOf(desc), [...(composers.get(moduleOf(desc)) ?? []), line]);
  }
  const modules = [...composers].map(([name, lines]) => `\nexport const ${name} = {\n${lines.join("")}};\n`);
  return `${HEAD}import type { GeneratedType } from "@cosmjs/proto-signing";
import { composer } from "../composer.js";
${imports}
/** Our messages, and our types that stand in an Any of others' messages. */
// Cast because CosmJS's declarations name the CommonJS form of the same writer.
export const ownTypes = [
${own}] as ReadonlyArray<[string, unknown]> as ReadonlyArray<[string, GeneratedType]>;

/** Those of the Cosmos SDK and wasmd whose amino converters CosmJS lacks, or has wrong. */
export const foreignTypes: ReadonlyArray<[string, GeneratedType]> = [
${foreign}];
${modules.join("")}`;
}

export function generateQueries(): string {
  const imports = new Imports();
  const services = [...descriptors].filter(
    (desc): desc is DescService => desc.kind === "service" && desc.name === "Query" && ours(desc),
  );
  const modules = services.map((service) => {
    const queries = service.methods.map(({ name, input, output }) => {
      const path = `${service.typeName}/${name}`;
      return `      ${camel(name)}: query(rpc, "${path}", ${imports.codec(input)}, ${imports.codec(output)}),\n`;
    });
    return `    ${moduleOf(service)}: {\n${queries.join("")}    },\n`;
  });
  return `${HEAD}import type { ProtobufRpcClient } from "@cosmjs/stargate";
import { query } from "../query.js";
${imports}
/** The queries of each module. */
export function moduleQueries(rpc: ProtobufRpcClient) {
  return {
${modules.join("")}  };
}
`;
}

export function generateEvents(): string {
  const imports = new Imports();
  const events = [...descriptors].filter(
    (desc): desc is DescMessage => desc.kind === "message" && ours(desc) && desc.file.name.endsWith("/event"),
  );
  const rows = events.map((desc) => `  "${desc.typeName}": ${imports.codec(desc)},\n`);
  return `${HEAD}${imports}
/** Our events by the name that they have in blocks. */
export const eventTypes = {
${rows.join("")}};
`;
}
