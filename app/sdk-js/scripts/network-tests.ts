// Starts a real network of a validator and a provider, runs the tests of test/network on it, and stops it.
// Arguments are names of files there without their ending, as `sending`; none runs them all. ALIQUOT_NETWORK, if set,
// is the network.json of a network that runs already, which is then neither started nor stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MsgSendEncodeObject } from "@cosmjs/stargate";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { coins, SigningStargateClient } from "@cosmjs/stargate";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TESTS = fileURLToPath(new URL("../test/network", import.meta.url));
const LIMIT = 600_000;
/** They wait for blocks most of the time, and yet the network that they use has the same cores. */
const AT_ONCE = Math.min(6, Math.max(2, 2 * availableParallelism()));
/** What each file of tests may spend. */
const PURSE = coins(2_000_000_000, "ualq");

const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
const wanted = process.argv.slice(2);
const files = readdirSync(TESTS)
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.includes(name.replace(".test.ts", "")))
  .map((name) => join(TESTS, name));

/** Ends with the process, or with this one. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((end) => child.once("exit", (code) => end(code ?? 1)));
}

async function started(localnet: ChildProcess, file: string): Promise<void> {
  for (const end = Date.now() + LIMIT; !existsSync(file); await new Promise((next) => setTimeout(next, 200))) {
    const gone = localnet.exitCode !== null || localnet.signalCode !== null;
    if (gone) throw new Error("localnet ended before the network stood");
    if (Date.now() > end) throw new Error(`the network does not stand after ${LIMIT / 1000} s`);
  }
}

async function fillPurses(): Promise<void> {
  const { GAS_PRICE, mnemonic, network, purseOf } = await import("../test/network/network.js");
  const wallet = (words: string): Promise<DirectSecp256k1HdWallet> =>
    DirectSecp256k1HdWallet.fromMnemonic(words, { prefix: "aliquot" });
  const address = async (words: string): Promise<string> =>
    (await (await wallet(words)).getAccounts())[0]?.address ?? "";
  const tenant = await address(mnemonic("tenant"));
  const options = { gasPrice: GAS_PRICE, broadcastPollIntervalMs: 150 };
  const client = await SigningStargateClient.connectWithSigner(network.rpc, await wallet(mnemonic("tenant")), options);
  const sends = files.map(async (file): Promise<MsgSendEncodeObject> => {
    const value = { fromAddress: tenant, toAddress: await address(purseOf(file)), amount: PURSE };
    return { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value };
  });
  const result = await client.signAndBroadcast(tenant, await Promise.all(sends), "auto");
  if (result.code !== 0) throw new Error(`the purses stay empty: ${result.rawLog}`);
}

/** Runs the tests on the network that ALIQUOT_NETWORK tells of; their exit code. */
async function test(): Promise<number> {
  await fillPurses();
  // Forced, because CosmJS leaves a websocket open that it has disconnected.
  const flags = ["--import", "tsx", "--test", "--test-force-exit", "--test-reporter=spec"];
  const node = [...flags, `--test-concurrency=${AT_ONCE}`, ...files];
  return ended(spawn(process.execPath, node, { stdio: "inherit" }));
}

async function testOnOwnNetwork(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "aliquot-clients-"));
  const home = join(folder, "net");
  const args = ["up", "--validators", "1", "--provider", "--any-ports", "--folder", home];
  const localnet = spawn(join(target, "debug/localnet"), args, { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  localnet.stdout.on("data", (text) => (told += text));
  const end = ended(localnet);
  const stop = (): boolean => localnet.kill("SIGTERM");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  try {
    const file = join(home, "network.json");
    await started(localnet, file).catch((error) => {
      throw new Error(`${error}; it said: ${told}`);
    });
    process.env.ALIQUOT_NETWORK = file;
    return await test();
  } finally {
    if (stop()) await end;
    rmSync(folder, { recursive: true, force: true });
  }
}

if (files.length === 0) throw new Error(`no tests of that name in ${TESTS}`);
process.exitCode = await (process.env.ALIQUOT_NETWORK ? test() : testOnOwnNetwork());
