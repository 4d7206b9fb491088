// Bundles page/ into the files that aliquotd serves; with --check it compares instead, and fails naming what differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGET = fileURLToPath(new URL("../../node/page", import.meta.url));

/** File names with their content. */
async function bundle(): Promise<Map<string, string>> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: { page: "page/main.ts", style: "page/style.css" },
    outdir: TARGET,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    loader: { ".scene": "text" },
    // CosmJS's module of all cryptography has a quarter of a megabyte, of which the page needs SHA-256.
    alias: { "@cosmjs/crypto": "@noble/hashes/sha2.js" },
  });
  const files = new Map(result.outputFiles.map((file) => [file.path.slice(TARGET.length + 1), file.text]));
  return files.set("index.html", readFileSync(join(ROOT, "page/index.html"), "utf8"));
}

const wanted = await bundle();
const found = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
const differing = [...wanted].filter(([name, content]) => found(join(TARGET, name)) !== content);

if (process.argv.includes("--check")) {
  for (const [name] of differing) console.error(`app/node/page/${name} is out of step: run \`npm run page\``);
  process.exitCode = differing.length === 0 ? 0 : 1;
} else {
  mkdirSync(TARGET, { recursive: true });
  for (const [name, content] of differing) {
    writeFileSync(join(TARGET, name), content);
    console.log(`app/node/page/${name}: ${Buffer.byteLength(content)} bytes`);
  }
}
