// An account of two keys out of three: what it sends is signed by two, each over amino JSON.
import assert from "node:assert/strict";
import {
  createMultisigThresholdPubkey,
  encodeSecp256k1Pubkey,
  type MultisigThresholdPubkey,
  pubkeyToAddress,
} from "@cosmjs/amino";
import type { EncodeObject } from "@cosmjs/proto-signing";
import { calculateFee, type DeliverTxResponse, makeMultisignedTxBytes } from "@cosmjs/stargate";
import { type Account, fund, GAS_PRICE, network, stranger } from "./network.js";

export interface Multisig {
  address: string;
  pubkey: MultisigThresholdPubkey;
  members: Account[];
}

/** An account with coins. */
export async function multisig(amount: number): Promise<Multisig> {
  const members = await Promise.all([1, 2, 3].map(() => stranger("Amino")));
  const keys = members.map(async ({ wallet }) => {
    const [key] = await wallet.getAccounts();
    return encodeSecp256k1Pubkey(key?.pubkey ?? assert.fail());
  });
  const pubkey = createMultisigThresholdPubkey(await Promise.all(keys), 2);
  const address = pubkeyToAddress(pubkey, "aliquot");
  await fund(address, amount);
  return { address, pubkey, members };
}

export interface Sending {
  gas?: number;
  /** Of the members, who signs. */
  signers?: number[];
  memo?: string;
}

/** Signs by some members, sends and waits for the block. */
export async function sendTogether(
  { address, pubkey, members }: Multisig,
  messages: readonly EncodeObject[],
  { gas = 400_000, signers = [0, 2], memo = "" }: Sending = {},
): Promise<DeliverTxResponse> {
  const { client } = members[0] ?? assert.fail();
  const { accountNumber, sequence } = await client.getSequence(address);
  const fee = calculateFee(gas, GAS_PRICE);
  const data = { accountNumber, sequence, chainId: network.chain_id };
  const signatures = new Map<string, Uint8Array>();
  let body = new Uint8Array();
  for (const member of signers.map((index) => members[index] ?? assert.fail())) {
    const { bodyBytes, signatures: own } = await member.client.sign(member.address, messages, fee, memo, data);
    signatures.set(member.address, own[0] ?? assert.fail());
    body = Uint8Array.from(bodyBytes);
  }
  const bytes = makeMultisignedTxBytes(pubkey, sequence, fee, body, signatures);
  return client.broadcastTx(bytes, undefined, 150);
}
