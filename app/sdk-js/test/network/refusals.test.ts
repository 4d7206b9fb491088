// Refusals have the codes, codespaces and texts of the Cosmos SDK, which clients look for.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type StdFee } from "@cosmjs/amino";
import { BroadcastTxError, coins, type SignerData } from "@cosmjs/stargate";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { type Account, balance, DENOM, funded, network, stranger } from "./network.js";

let from: Account;
let to: Account;
let data: SignerData;

const fee = (gas: number, amount = gas): StdFee => ({ gas: String(gas), amount: coins(amount, DENOM) });
const FEE = fee(200_000, 200);

interface Change {
  fee?: StdFee;
  memo?: string;
  timeout?: bigint;
  amount?: number;
  signer?: Partial<SignerData>;
  typeUrl?: string;
}

before(async () => {
  [from, to] = await Promise.all([funded(), stranger()]);
  data = { ...(await from.client.getSequence(from.address)), chainId: network.chain_id };
});

async function signed(change: Change): Promise<Uint8Array> {
  const value = { fromAddress: from.address, toAddress: to.address, amount: coins(change.amount ?? 1, DENOM) };
  const message = { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value };
  const signer = { ...data, ...change.signer };
  const tx = from.client.sign(from.address, [message], change.fee ?? FEE, change.memo ?? "", signer, change.timeout);
  return TxRaw.encode(await tx).finish();
}

async function refused(change: Change): Promise<BroadcastTxError> {
  const sent: unknown = await from.client.broadcastTxSync(await signed(change)).catch((error) => error);
  assert.ok(sent instanceof BroadcastTxError, `${sent}`);
  return sent;
}

const CASES: ReadonlyArray<[string, Change, number, RegExp]> = [
  [
    "a sequence that is too high",
    { signer: { sequence: 9 } },
    32,
    /^account sequence mismatch, expected 0, got 9: incorrect account sequence$/,
  ],
  [
    "another chain's signature",
    { signer: { chainId: "another-1" } },
    4,
    /^signature verification failed; please verify account number \(\d+\), sequence \(0\) and chain-id \(.*unauthorized$/,
  ],
  [
    "another account number's signature",
    { signer: { accountNumber: 1n } },
    4,
    /^signature verification failed; please verify/,
  ],
  [
    "a fee below the node's least",
    { fee: fee(200_000, 199) },
    13,
    /^insufficient fees; got: 199ualq required: 200ualq: insufficient fee$/,
  ],
  [
    "no fee",
    { fee: { gas: "200000", amount: [] } },
    13,
    /^insufficient fees; got:  required: 200ualq: insufficient fee$/,
  ],
  ["a fee that the account does not have", { fee: fee(200_000, 1e12) }, 5, /insufficient funds$/],
  ["gas for not even the signature", { fee: fee(1000, 200) }, 11, /^out of gas in location: .*out of gas$/],
  [
    "a memo of 257 characters",
    { memo: "m".repeat(257) },
    12,
    /maximum number of characters is 256 but received 257 characters/,
  ],
  ["a height that has passed", { timeout: 1n }, 30, /timeout height$/],
];

for (const [what, change, code, text] of CASES) {
  test(`${what} is refused with code ${code}`, async () => {
    const { code: got, codespace, log } = await refused(change);
    assert.deepEqual([got, codespace], [code, "sdk"], log);
    assert.match(log ?? "", text);
  });
}

test("bytes that are no transaction are refused with code 2", async () => {
  const error: unknown = await from.client.broadcastTxSync(Uint8Array.of(1, 2, 3)).catch((e) => e);
  assert.ok(error instanceof BroadcastTxError);
  assert.deepEqual([error.code, error.codespace], [2, "sdk"]);
  assert.match(error.log ?? "", /tx parse error$/);
});

test("a transaction that runs out of gas in its block fails with code 11, and the fee is paid", async () => {
  const who = await funded();
  const before = await balance(who);
  const sends = Array.from({ length: 20 }, () => send(who, to));
  // Enough for the checks before the messages, too little for all of them.
  const gas = Math.floor((await who.client.simulate(who.address, sends, "")) * 0.7);
  const failed = await who.client.signAndBroadcast(who.address, sends, fee(gas));
  assert.equal(failed.code, 11, failed.rawLog);
  assert.match(failed.rawLog ?? "", /out of gas in location: .*; gasWanted: \d+, gasUsed: \d+: out of gas$/);
  assert.deepEqual(failed.msgResponses, []);
  assert.equal(await balance(who), before - BigInt(gas), "the messages before it are undone");
});

test("more coins than there are fail in the simulation, and in the block with code 5", async () => {
  const who = await funded();
  const much = { ...send(who, to), value: { ...send(who, to).value, amount: coins(1e15, DENOM) } };
  await assert.rejects(who.client.simulate(who.address, [much], ""), /insufficient funds/);
  const failed = await who.client.signAndBroadcast(who.address, [much], FEE);
  assert.equal(failed.code, 5);
  assert.match(failed.rawLog ?? "", /^failed to execute message; message index: 0: .*insufficient funds$/);
  const { sequence } = await who.client.getSequence(who.address);
  assert.equal(sequence, 1, "a failed transaction uses up its sequence");
});

test("the same bytes twice are refused with code 19, or with the sequence once they are in a block", async () => {
  const bytes = await signed({});
  await from.client.broadcastTxSync(bytes);
  const again: unknown = await from.client.broadcastTxSync(bytes).catch((error) => error);
  assert.match(
    String(again),
    /tx already exists in cache|tx already in mempool|account sequence mismatch, expected 1, got 0/,
  );
});

function send(who: Account, recipient: Account) {
  const value = { fromAddress: who.address, toAddress: recipient.address, amount: coins(1, DENOM) };
  return { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value };
}
