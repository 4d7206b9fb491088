// The node that the page came from: typed queries by gRPC-web, accounts and transactions by REST, all on one port.
import { toBase64 } from "@cosmjs/encoding";
import type { Queries } from "../src/client.js";
import { GrpcError, webQueries } from "../src/web.js";
import { NodeDown, Pending } from "./words.js";

export const DENOM = "ualq";

export interface ChainInfo {
  chainId: string;
  chainName: string;
  rest: string;
  feeCurrencies: Array<{ coinMinimalDenom: string; gasPriceStep: { average: number } }>;
}

export interface Account {
  number: bigint;
  sequence: bigint;
}

/** A transaction in a block. */
export interface Included {
  hash: string;
  height: bigint;
  messages: Array<Record<string, unknown>>;
  /** In ualq. */
  fee: bigint;
  /** Who paid the fee, which need not be who signed. */
  payer: string | undefined;
}

interface TxResponse {
  txhash: string;
  height: string;
  code: number;
  raw_log: string;
  events: Array<{ type: string; attributes: Array<{ key: string; value: string }> }>;
  tx: {
    body: { messages: Array<Record<string, unknown>> };
    auth_info: { fee: { amount: Array<{ denom: string; amount: string }> } };
  };
}

/** How often something that will come is asked for, and for how long. */
const POLL_MS = 500;
const TX_LIMIT_MS = 90_000;
const NOT_FOUND = 5;

export class Node {
  readonly query: Queries;

  constructor(readonly origin: string) {
    this.query = webQueries(origin, (url, init) => reach(url, init));
  }

  async chainInfo(): Promise<ChainInfo> {
    const info = await this.get<ChainInfo>("/keplr.json");
    return { ...info, rest: this.origin };
  }

  async height(): Promise<bigint> {
    const { height } = await this.get<{ height: string }>("/health");
    return BigInt(height);
  }

  async balance(address: string): Promise<bigint> {
    const path = `/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=${DENOM}`;
    const { balance } = await this.get<{ balance: { amount: string } }>(path);
    return BigInt(balance.amount);
  }

  /** Nothing where the chain has never seen the account. */
  async account(address: string): Promise<Account | undefined> {
    type Answer = { account: { account_number: string; sequence: string } };
    const answer = await found(this.get<Answer>(`/cosmos/auth/v1beta1/accounts/${address}`));
    return answer && { number: BigInt(answer.account.account_number), sequence: BigInt(answer.account.sequence) };
  }

  /** The gas that a transaction would use. */
  async simulate(tx: Uint8Array): Promise<bigint> {
    type Answer = { gas_info: { gas_used: string } };
    const answer = await this.post<Answer>("/cosmos/tx/v1beta1/simulate", { tx_bytes: toBase64(tx) });
    return BigInt(answer.gas_info.gas_used);
  }

  /** Sends a transaction and waits until a block has it. */
  async broadcast(tx: Uint8Array, accepted: () => void): Promise<Included> {
    type Answer = { tx_response: TxResponse };
    const body = { tx_bytes: toBase64(tx), mode: "BROADCAST_MODE_SYNC" };
    const { tx_response: checked } = await this.post<Answer>("/cosmos/tx/v1beta1/txs", body);
    if (checked.code !== 0) throw new Error(checked.raw_log);
    accepted();
    const end = Date.now() + TX_LIMIT_MS;
    while (Date.now() < end) {
      // From now on only a result counts: who is told of a question that failed would send the transaction again.
      const answer = await this.get<Answer>(`/cosmos/tx/v1beta1/txs/${checked.txhash}`).catch(() => undefined);
      if (answer?.tx_response.code === 0) return included(answer.tx_response);
      if (answer) throw new Error(answer.tx_response.raw_log);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Pending(checked.txhash);
  }

  /** The transactions that succeeded, fit CometBFT's query and hold a message that fits. */
  async search(query: string, fits: (message: Record<string, unknown>) => boolean): Promise<Included[]> {
    const path = `/cosmos/tx/v1beta1/txs?query=${encodeURIComponent(query)}&limit=100`;
    const { tx_responses } = await this.get<{ tx_responses: TxResponse[] }>(path);
    const succeeded = tx_responses.filter(({ code }) => code === 0).map(included);
    return succeeded.filter(({ messages }) => messages.some(fits));
  }

  private async get<T>(path: string): Promise<T> {
    return answer<T>(await reach(this.origin + path));
  }

  private async post<T>(path: string, body: object): Promise<T> {
    const headers = { "content-type": "application/json" };
    return answer<T>(await reach(this.origin + path, { method: "POST", headers, body: JSON.stringify(body) }));
  }
}

async function reach(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new NodeDown();
  }
}

async function answer<T>(response: Response): Promise<T> {
  const told = (await response.json().catch(() => undefined)) as (T & { code?: number; message?: string }) | undefined;
  if (response.ok && told) return told;
  throw new GrpcError(told?.code ?? 2, told?.message ?? `the node answers with status ${response.status}`);
}

/** Nothing where the node says that there is no such thing. */
export async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GrpcError && error.code === NOT_FOUND) return undefined;
    throw error;
  }
}

function included({ txhash, height, events, tx }: TxResponse): Included {
  const fee = tx.auth_info.fee.amount.find(({ denom }) => denom === DENOM)?.amount ?? "0";
  const told = events.flatMap(({ type, attributes }) => (type === "tx" ? attributes : []));
  const payer = told.find(({ key }) => key === "fee_payer")?.value;
  return { hash: txhash, height: BigInt(height), messages: tx.body.messages, fee: BigInt(fee), payer };
}
