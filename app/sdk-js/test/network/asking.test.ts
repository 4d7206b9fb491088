// What CosmJS asks a node: accounts, balances, blocks, transactions by hash and by search.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { encodeSecp256k1Pubkey } from "@cosmjs/amino";
import { sha256 } from "@cosmjs/crypto";
import { toHex } from "@cosmjs/encoding";
import { coins, type DeliverTxResponse, StargateClient } from "@cosmjs/stargate";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";
import { connectQueries } from "../../src/index.js";
import { type Account, accepted, DENOM, funded, network, stranger } from "./network.js";

const ABSENT = "aliquot1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnwv0jnk";
let client: StargateClient;
let from: Account;
let to: Account;
let sent: DeliverTxResponse;

before(async () => {
  client = await StargateClient.connect(network.rpc);
  [from, to] = await Promise.all([funded(), stranger()]);
  sent = accepted(await from.client.sendTokens(from.address, to.address, coins(77, DENOM), "auto", "found again"));
});

test("CosmJS takes the node for CometBFT 0.38, and the chain id is the network's", async () => {
  assert.ok((await connectComet(network.rpc)) instanceof Comet38Client);
  assert.equal(await client.getChainId(), network.chain_id);
});

test("a missing account is null, not an error", async () => {
  const nobody = await stranger();
  assert.equal(await client.getAccount(nobody.address), null);
  await assert.rejects(client.getSequence(nobody.address), /does not exist on chain/);
  assert.deepEqual(await client.getBalance(nobody.address, DENOM), { denom: DENOM, amount: "0" });
  assert.deepEqual(await client.getAllBalances(nobody.address), []);
});

test("an account exists from its first coin on, and has a key from its first transaction on", async () => {
  const made = await client.getAccount(to.address);
  assert.deepEqual([made?.address, made?.pubkey, made?.sequence], [to.address, null, 0]);
  const used = await client.getAccount(from.address);
  assert.equal(used?.sequence, 1);
  const [key] = await from.wallet.getAccounts();
  const pubkey = used?.pubkey ?? assert.fail("it has no key");
  assert.deepEqual(pubkey, encodeSecp256k1Pubkey(key?.pubkey ?? assert.fail()));
  assert.equal(typeof used?.accountNumber, "bigint");
});

test("balances are strings of digits, of any denom", async () => {
  assert.deepEqual(await client.getBalance(to.address, DENOM), { denom: DENOM, amount: "77" });
  assert.deepEqual(await client.getBalance(to.address, "unothing"), { denom: "unothing", amount: "0" });
  assert.deepEqual(await client.getAllBalances(to.address), [{ denom: DENOM, amount: "77" }]);
});

test("a transaction is found by its hash, and a missing one is null", async () => {
  const found = (await client.getTx(sent.transactionHash)) ?? assert.fail("not found");
  assert.equal(toHex(sha256(found.tx)).toUpperCase(), sent.transactionHash);
  assert.deepEqual([found.height, found.code, found.gasUsed], [sent.height, 0, sent.gasUsed]);
  assert.deepEqual(found.events, sent.events);
  assert.equal(await client.getTx("0".repeat(64)), null);
});

test("a search is a text or pairs, and both find the same", async () => {
  // CometBFT finds conditions that hold of one event.
  const text = `transfer.sender='${from.address}' AND transfer.recipient='${to.address}'`;
  const pairs = [
    { key: "transfer.sender", value: from.address },
    { key: "transfer.recipient", value: to.address },
  ];
  for (const query of [text, pairs, `tx.hash='${sent.transactionHash}'`, `tx.acc_seq='${from.address}/0'`]) {
    const found = await client.searchTx(query);
    assert.deepEqual(
      found.map((tx) => tx.hash),
      [sent.transactionHash],
      JSON.stringify(query),
    );
  }
  const block = await client.searchTx([{ key: "tx.height", value: sent.height }]);
  assert.ok(block.some((tx) => tx.hash === sent.transactionHash));
  assert.deepEqual(await client.searchTx(`transfer.recipient='${ABSENT}'`), []);
});

test("a block has its header and the transactions that are in it", async () => {
  const block = await client.getBlock(sent.height);
  assert.deepEqual([block.header.height, block.header.chainId], [sent.height, network.chain_id]);
  assert.match(block.header.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert.ok(block.txs.some((tx) => toHex(sha256(tx)).toUpperCase() === sent.transactionHash));
  assert.ok((await client.getBlock()).header.height >= sent.height);
  assert.ok((await client.getHeight()) >= sent.height);
});

test("what a module does not have yet is refused as not implemented", async () => {
  await assert.rejects(client.getBalanceStaked(from.address), /code = Unimplemented/);
});

test("our queries are asked without a signer, too", async () => {
  const query = await connectQueries(network.rpc);
  const { kernels } = await query.compute.kernels({});
  assert.ok(kernels.some((kernel) => kernel.name === "RENDER_Q16"));
  assert.equal((await query.escrow.audit({})).balanced, true);
});
