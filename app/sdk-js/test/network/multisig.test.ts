// Accounts of several keys: two of three sign, one alone does not suffice, and wallets see what they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coins } from "@cosmjs/stargate";
import { multisig, type Multisig, sendTogether } from "./multisig.js";
import { accepted, attribute, DENOM, network, stranger } from "./network.js";

function send(from: string, to: string) {
  const value = { fromAddress: from, toAddress: to, amount: coins(5, DENOM) };
  return { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value };
}

async function account(address: string): Promise<any> {
  return (await (await fetch(`${network.rest}/cosmos/auth/v1beta1/accounts/${address}`)).json()).account;
}

test("any two of three keys send", async () => {
  const [from, to] = await Promise.all([multisig(10_000_000), stranger()]);
  for (const signers of [
    [0, 1],
    [1, 2],
    [0, 2],
  ]) {
    const sent = accepted(
      await sendTogether(from, [send(from.address, to.address)], { signers, memo: "<together> & more" }),
    );
    assert.equal(attribute(sent.events, "tx", "fee_payer"), from.address);
  }
  assert.equal((await to.client.getBalance(to.address, DENOM)).amount, "15");
  const { pub_key, sequence } = await account(from.address);
  assert.equal(sequence, "3");
  assert.equal(pub_key["@type"], "/cosmos.crypto.multisig.LegacyAminoPubKey");
  assert.deepEqual([pub_key.threshold, pub_key.public_keys.length], [2, 3]);
  const found = await to.client.getAccount(from.address);
  assert.deepEqual(found?.pubkey, from.pubkey);
});

test("one key of a 2 of 3 does not send, nor if it says that one suffices", async () => {
  const [from, to] = await Promise.all([multisig(10_000_000), stranger()]);
  const refused = (who: Multisig, code: number): Promise<void> =>
    assert.rejects(sendTogether(who, [send(from.address, to.address)], { signers: [1] }), (error: any) => {
      assert.deepEqual([error.code, error.codespace], [code, "sdk"], error.message);
      return true;
    });
  await refused(from, 4);
  const value = { ...from.pubkey.value, threshold: "1" };
  await refused({ ...from, pubkey: { ...from.pubkey, value } }, 8);
});
