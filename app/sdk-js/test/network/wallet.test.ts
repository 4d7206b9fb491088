// Keplr's own packages against the node: its description of the chain, its probes, its accounts, its signatures, and
// how it follows transactions.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";
import { type StdSignDoc, serializeSignDoc as cosmjsBytes } from "@cosmjs/amino";
import { coins } from "@cosmjs/stargate";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { sha256 } from "@cosmjs/crypto";
import { BaseAccount, serializeSignDoc, TendermintTxTracer, verifyADR36Amino } from "@keplr-wallet/cosmos";
import {
  checkChainFeatures,
  checkRestConnectivity,
  checkRPCConnectivity,
  validateBasicChainInfoType,
} from "@keplr-wallet/chain-validator";
import WebSocket from "ws";
import { arbitrarySigner } from "../../src/index.js";
import { type Account, attribute, DENOM, funded, network, stranger, until } from "./network.js";

type ChainInfo = Parameters<typeof validateBasicChainInfoType>[0];
const wsObject = WebSocket as unknown as NonNullable<ConstructorParameters<typeof TendermintTxTracer>[2]>["wsObject"];

let who: Account;

before(async () => {
  who = await funded("Amino");
});

/** What `aliquotd chain-info --keplr` prints. */
function chainInfo(): ChainInfo {
  const args = ["chain-info", "--keplr", "--node", network.rpc, "--rpc", network.rpc, "--rest", network.rest];
  return JSON.parse(execFileSync(network.aliquotd, args, { encoding: "utf8" }));
}

test("Keplr takes the description of the chain as it is printed, key by key", async () => {
  const info = chainInfo();
  // Keys that it does not know would be stripped.
  assert.deepEqual(await validateBasicChainInfoType(info), info);
  assert.deepEqual([info.chainId, info.rpc, info.rest], [network.chain_id, network.rpc, network.rest]);
});

test("Keplr's endpoint settings find the chain behind RPC, websocket and REST", async () => {
  const open = (url: string): WebSocket => new WebSocket(url);
  await checkRPCConnectivity(network.chain_id, network.rpc, open as Parameters<typeof checkRPCConnectivity>[2]);
  await checkRestConnectivity(network.chain_id, network.rest);
  await assert.rejects(checkRestConnectivity("another-1", network.rest), /different chain id/);
});

test("Keplr's probes find the features that there are, and no other", async () => {
  const info = chainInfo();
  assert.deepEqual(info.features, ["cosmwasm"]);
  const found = await checkChainFeatures(info);
  assert.deepEqual(found.sort(), ["query:/cosmos/bank/v1beta1/spendable_balances", "wasmd_0.24+"]);
});

test("Keplr reads accounts that are there, and takes a missing one for new", async () => {
  const { accountNumber } = await who.client.getSequence(who.address);
  const account = await BaseAccount.fetchFromRest(network.rest, who.address);
  assert.deepEqual(
    [account.getType(), account.getAddress(), account.getAccountNumber().toString(), account.getSequence().toString()],
    ["/cosmos.auth.v1beta1.BaseAccount", who.address, accountNumber.toString(), "0"],
  );
  const nobody = (await stranger()).address;
  const missing = await BaseAccount.fetchFromRest(network.rest, nobody, true);
  assert.deepEqual([missing.getAddress(), missing.getSequence().toString()], [nobody, "0"]);
});

test("Keplr verifies what signs a gateway's token", async () => {
  const sign = arbitrarySigner(who.wallet as Parameters<typeof arbitrarySigner>[0], who.address);
  const { signature } = await sign("header.claims");
  const [key] = await who.wallet.getAccounts();
  const parts = [key?.pubkey ?? assert.fail(), Buffer.from(signature, "base64")] as const;
  assert.ok(verifyADR36Amino("aliquot", who.address, "header.claims", ...parts));
  assert.ok(!verifyADR36Amino("aliquot", who.address, "header.others", ...parts));
});

test("Keplr and CosmJS write the same bytes to sign", () => {
  const msg = { type: "cosmos-sdk/MsgSend", value: { to_address: "b", amount: coins(1, DENOM), from_address: "<a>" } };
  const document: StdSignDoc = {
    chain_id: network.chain_id,
    account_number: "1",
    sequence: "2",
    fee: { gas: "3", amount: coins(4, DENOM) },
    msgs: [msg],
    memo: "hello \\u003camino\\u003e & <more>",
  };
  assert.deepEqual(Buffer.from(serializeSignDoc(document)), Buffer.from(cosmjsBytes(document)));
});

async function signed(): Promise<{ bytes: Uint8Array; sequence: number }> {
  const { accountNumber, sequence } = await who.client.getSequence(who.address);
  const value = { fromAddress: who.address, toAddress: who.address, amount: coins(1, DENOM) };
  const messages = [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value }];
  const fee = { gas: "200000", amount: coins(200, DENOM) };
  const data = { accountNumber, sequence, chainId: network.chain_id };
  return { bytes: TxRaw.encode(await who.client.sign(who.address, messages, fee, "", data)).finish(), sequence };
}

test("Keplr sees a transaction by its hash, and by account and sequence, as soon as it is in a block", async () => {
  const { bytes, sequence } = await signed();
  const tracers = [1, 2].map(() => new TendermintTxTracer(network.rpc, "/websocket", { wsObject }));
  const [first, second] = tracers as [TendermintTxTracer, TendermintTxTracer];
  try {
    const byHash = first.traceTx(sha256(bytes));
    const bySequence = second.traceTx({ "tx.acc_seq": `${who.address}/${sequence}` });
    await who.client.broadcastTxSync(bytes);
    for (const found of [await byHash, await bySequence]) {
      assert.equal(found.code ?? 0, 0);
      assert.equal(attribute(found.events, "tx", "acc_seq"), `${who.address}/${sequence}`);
    }
  } finally {
    for (const tracer of tracers) tracer.close();
  }
});

/** One call on Keplr's socket: its answers, one after the other. */
class Socket {
  readonly answers: any[] = [];
  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data) => this.answers.push(JSON.parse(data.toString())));
  }

  static async open(): Promise<Socket> {
    const socket = new WebSocket(`${network.rpc.replace("http", "ws")}/websocket`);
    await new Promise((open, fail) => socket.once("open", open).once("error", fail));
    return new Socket(socket);
  }

  call(id: number, method: string, params: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
  }

  answer(what: string, fits: (answer: any) => boolean): Promise<any> {
    return until(what, async () => this.answers.find(fits));
  }

  close(): void {
    this.socket.terminate();
  }
}

test("the socket answers each of Keplr's calls in the shape that was recorded", async () => {
  const { bytes, sequence } = await signed();
  const pages = { page: "1", per_page: "1", order_by: "asc" };
  const query = `tx.acc_seq='${who.address}/${sequence}'`;
  const hash = Buffer.from(sha256(bytes));
  const socket = await Socket.open();
  let last = 20;
  try {
    socket.call(11, "subscribe", { query: `tm.event='Tx' AND ${query}`, ...pages });
    socket.call(12, "tx_search", { query, ...pages });
    socket.call(13, "subscribe", { query: `tm.event='Tx' AND tx.hash='${hash.toString("hex").toUpperCase()}'` });
    socket.call(14, "tx", { hash: hash.toString("base64"), prove: false });
    assert.deepEqual((await socket.answer("subscribed", (x) => x.id === 11)).result, {});
    assert.deepEqual((await socket.answer("searched", (x) => x.id === 12)).result, { txs: [], total_count: "0" });
    const missing = await socket.answer("asked for the transaction", (x) => x.id === 14);
    assert.equal(missing.error.code, -32603);
    assert.match(missing.error.data, /^tx \([0-9A-F]{64}\) not found/);

    await who.client.broadcastTxSync(bytes);
    for (const id of [11, 13]) {
      const { result } = await socket.answer(`event of subscription ${id}`, (x) => x.id === id && x.result?.data);
      assert.equal(result.data.type, "tendermint/event/Tx");
      assert.equal(attribute(result.data.value.TxResult.result.events, "tx", "acc_seq"), `${who.address}/${sequence}`);
    }
    // The event is told before the index is written.
    const again = async (method: string, params: object, found: (result: any) => boolean): Promise<any> =>
      until(`${method} finds it`, async () => {
        const id = ++last;
        socket.call(id, method, params);
        const { result } = await socket.answer(method, (x) => x.id === id);
        return result && found(result) ? result : undefined;
      });
    await again("tx_search", { query, ...pages }, (result) => result.total_count === "1");
    const { tx_result } = await again("tx", { hash: hash.toString("base64"), prove: false }, () => true);
    assert.equal(tx_result.code, 0);
  } finally {
    socket.close();
  }
});
