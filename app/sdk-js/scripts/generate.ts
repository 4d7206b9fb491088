// Writes src/gen from the chain's descriptor set; with --check it compares instead, and fails naming what differs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateAmino } from "./amino-table.js";
import { generateEvents, generateMessages, generateQueries } from "./messages.js";
import { generateTypes } from "./types.js";

const TARGET = fileURLToPath(new URL("../src/gen", import.meta.url));

function generate(): Map<string, string> {
  const files = generateTypes();
  files.set("amino.ts", generateAmino());
  files.set("events.ts", generateEvents());
  files.set("messages.ts", generateMessages());
  files.set("queries.ts", generateQueries());
  return files;
}

function existing(): Map<string, string> {
  if (!existsSync(TARGET)) return new Map();
  const names = readdirSync(TARGET, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Map(names.map((name) => [name, readFileSync(join(TARGET, name), "utf8")]));
}

const wanted = generate();
const found = existing();
const names = [...new Set([...wanted.keys(), ...found.keys()])].sort();
const differing = names.filter((name) => wanted.get(name) !== found.get(name));

if (process.argv.includes("--check")) {
  for (const name of differing) console.error(`src/gen/${name} is out of step: run \`npm run generate\``);
  process.exitCode = differing.length === 0 ? 0 : 1;
} else {
  for (const name of differing) {
    const path = join(TARGET, name);
    const content = wanted.get(name);
    if (content === undefined) {
      rmSync(path);
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    console.log(`src/gen/${name}`);
  }
}
