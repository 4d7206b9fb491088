// The network of this run, which scripts/network-tests.ts started: its doors, and accounts with coins.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { Bip39, Random, sha256 } from "@cosmjs/crypto";
import { toUtf8 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  type Coin,
  coins,
  type DeliverTxResponse,
  type Event,
  GasPrice,
  type SigningStargateClientOptions,
} from "@cosmjs/stargate";
import { AliquotClient } from "../../src/index.js";

export interface Network {
  chain_id: string;
  rpc: string;
  rest: string;
  grpc: string;
  /** The path of the chain's program. */
  aliquotd: string;
  home: string;
}

export const DENOM = "ualq";
export const GAS_PRICE = GasPrice.fromString(`0.001${DENOM}`);
export const OPTIONS: SigningStargateClientOptions = { gasPrice: GAS_PRICE, broadcastPollIntervalMs: 150 };

/** The modes in which wallets sign, with CosmJS's wallets that do. */
export const MODES = [
  ["Direct", DirectSecp256k1HdWallet],
  ["Amino", Secp256k1HdWallet],
] as const;
export type Mode = (typeof MODES)[number][0];

export interface Account {
  mnemonic: string;
  address: string;
  wallet: DirectSecp256k1HdWallet | Secp256k1HdWallet;
  client: AliquotClient;
}

export const network: Network = read();

function read(): Network {
  const file = process.env.ALIQUOT_NETWORK;
  if (!file) throw new Error("these tests need a network: run them with `npm run test:network`");
  return JSON.parse(readFileSync(file, "utf8")) as Network;
}

/** The words of an account of a local network, which follow from its name. */
export function mnemonic(name: string): string {
  return Bip39.encode(sha256(toUtf8(`aliquot/localnet/${name}`))).toString();
}

/** The account that pays for one file of tests, so that files that run at once do not meet. */
export function purseOf(file: string): string {
  return mnemonic(`purse of ${basename(file)}`);
}

const purse = once(async () => account(purseOf(process.argv[1] ?? ""), "Direct"));
const asked: Asked[] = [];
let paying: Promise<void> = Promise.resolve();

interface Asked {
  send: { toAddress: string; amount: Coin[] };
  resolve: () => void;
  reject: (error: unknown) => void;
}

export async function account(words: string, mode: Mode): Promise<Account> {
  const kind = mode === "Direct" ? DirectSecp256k1HdWallet : Secp256k1HdWallet;
  const wallet = await kind.fromMnemonic(words, { prefix: "aliquot" });
  const [first] = await wallet.getAccounts();
  if (!first) throw new Error("a wallet has an account");
  const client = await AliquotClient.connectWithSigner(network.rpc, wallet, OPTIONS);
  return { mnemonic: words, address: first.address, wallet, client };
}

/** A new account that nobody knows of. */
export async function stranger(mode: Mode = "Direct"): Promise<Account> {
  return account(Bip39.encode(Random.getBytes(16)).toString(), mode);
}

/** A new account with coins. */
export async function funded(mode: Mode = "Direct", amount = 10_000_000): Promise<Account> {
  const made = await stranger(mode);
  await fund(made.address, amount);
  return made;
}

/** Those who ask while a block is awaited are paid together in the next. */
export function fund(address: string, amount: number): Promise<void> {
  const send = { toAddress: address, amount: coins(amount, DENOM) };
  const paid = new Promise<void>((resolve, reject) => asked.push({ send, resolve, reject }));
  paying = paying.then(payAll);
  return paid;
}

/** Never fails itself: each of those who asked learns of its own payment. */
async function payAll(): Promise<void> {
  const payer = purse();
  await payer.catch(() => undefined);
  const batch = asked.splice(0);
  if (batch.length === 0) return;
  try {
    const { client, address: fromAddress } = await payer;
    const typeUrl = "/cosmos.bank.v1beta1.MsgSend";
    const sends = batch.map(({ send }) => ({ typeUrl, value: { fromAddress, ...send } }));
    accepted(await client.signAndBroadcast(fromAddress, sends, "auto"));
    for (const { resolve } of batch) resolve();
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

/** The result, which must be a success. */
export function accepted(result: DeliverTxResponse): DeliverTxResponse {
  if (result.code !== 0) throw new Error(`code ${result.code}: ${result.rawLog}`);
  return result;
}

export async function balance(who: Account): Promise<bigint> {
  return BigInt((await who.client.getBalance(who.address, DENOM)).amount);
}

/** What a transaction paid as its fee. */
export function feeOf(events: readonly Event[]): bigint {
  return BigInt((attribute(events, "tx", "fee") ?? "0").replace(DENOM, ""));
}

/** The first attribute of that name in events of that type. */
export function attribute(events: readonly Event[], type: string, key: string): string | undefined {
  return events.flatMap((event) => (event.type === type ? event.attributes : [])).find((a) => a.key === key)?.value;
}

/** Asks until there is an answer. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
