// CosmJS's own client and ours send: coins and messages of ours, in both sign modes, with gas that the node estimates.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coin, coins, SigningStargateClient } from "@cosmjs/stargate";
import { MsgSendResponse } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { aliquot, decodeEvent, deployment, escrow } from "../../src/index.js";
import { accepted, attribute, balance, DENOM, feeOf, funded, MODES, network, OPTIONS, stranger } from "./network.js";

const SCENE = "size 16 16\ncamera from 0 2 6 look 0 1 0\nsphere at 0 1 0 radius 1 color #e04030\n";

for (const [mode, _] of MODES) {
  test(`coins are sent in ${mode}, to the unit`, async () => {
    const [from, to] = await Promise.all([funded(mode), stranger()]);
    const client = await SigningStargateClient.connectWithSigner(network.rpc, from.wallet, OPTIONS);
    const before = await balance(from);
    const sent = accepted(await client.sendTokens(from.address, to.address, coins(1234, DENOM), "auto", "for lunch"));

    const fee = feeOf(sent.events);
    assert.ok(fee > 0n);
    assert.equal(await balance(from), before - 1234n - fee);
    assert.deepEqual(await client.getBalance(to.address, DENOM), { denom: DENOM, amount: "1234" });
    assert.ok(sent.gasUsed > 0n && sent.gasUsed <= sent.gasWanted, `${sent.gasUsed} of ${sent.gasWanted}`);

    assert.deepEqual(
      sent.msgResponses.map((any) => any.typeUrl),
      ["/cosmos.bank.v1beta1.MsgSendResponse"],
    );
    assert.deepEqual(MsgSendResponse.decode(sent.msgResponses[0]?.value ?? assert.fail()), {});
    const events = sent.events;
    assert.equal(attribute(events, "transfer", "recipient"), attribute(events, "coin_received", "receiver"));
    assert.equal(attribute(events, "tx", "fee_payer"), from.address);
    assert.equal(attribute(events, "tx", "acc_seq"), `${from.address}/0`);
    assert.equal(attribute(events, "message", "sender"), from.address);
    assert.equal(attribute(events, "message", "action"), "/cosmos.bank.v1beta1.MsgSend");
    assert.equal(attribute(events, "message", "module"), "bank");
    const received = events.filter((event) => event.type === "coin_received").at(-1);
    assert.deepEqual(
      received?.attributes.map(({ key, value }) => [key, value]),
      [
        ["receiver", to.address],
        ["amount", "1234ualq"],
        ["msg_index", "0"],
      ],
    );
  });

  test(`a deployment is opened, filled up and closed in ${mode}`, async () => {
    const owner = await funded(mode);
    const { client, address } = owner;
    const before = await balance(owner);
    const dseq = BigInt(await client.getHeight());
    // Asked of nobody: no provider has such an attribute.
    const requirements = { attributes: [{ key: "region", value: "nowhere & <never>" }] };
    const job = { kernel: "RENDER_Q16", input: new TextEncoder().encode(SCENE) };
    const groups = [{ name: "job", requirements, job, maxPrice: coin(2_000_000, DENOM) }];
    const fields = { owner: address, dseq, groups, hash: new Uint8Array(32).fill(7), deposit: coin(2_000_000, DENOM) };
    const created = accepted(await client.signAndBroadcast(address, [deployment.createDeployment(fields)], "auto"));
    assert.equal(created.msgResponses[0]?.typeUrl, "/aliquot.deployment.v1.MsgCreateDeploymentResponse");
    const ours = created.events.map(decodeEvent).filter((event) => event !== undefined);
    const order = ours.find((event) => event.type === "aliquot.market.v1.EventOrderCreated");
    assert.deepEqual(order?.value, { id: { owner: address, dseq, gseq: 1, oseq: 1 } });

    const id = { owner: address, dseq };
    const more = escrow.accountDeposit({ depositor: address, ...id, amount: coin(500_000, DENOM) });
    const paid = accepted(await client.signAndBroadcast(address, [more], "auto", "more"));
    const open = await client.query.deployment.deployment(id);
    assert.equal(open.deployment?.state, aliquot.deployment.v1.DeploymentState.DEPLOYMENT_STATE_ACTIVE);
    const spec = open.groups[0]?.spec;
    assert.equal(spec?.requirements?.attributes[0]?.value, "nowhere & <never>");
    const { account } = await client.query.escrow.account(id);
    assert.equal(
      account?.deposits.reduce((sum, deposit) => sum + BigInt(deposit.amountSub ?? 0), 0n),
      2_500_000_000_000n,
    );

    const close = deployment.closeDeployment(id);
    const closed = accepted(await client.signAndBroadcast(address, [close], "auto"));
    assert.equal(attribute(closed.events, "message", "action"), close.typeUrl);
    const fees = [created, paid, closed].map((result) => feeOf(result.events)).reduce((a, b) => a + b);
    assert.equal(await balance(owner), before - fees, "all but the fees came back");
  });

  test(`several messages in one transaction answer each, in ${mode}`, async () => {
    const [from, a, b] = await Promise.all([funded(mode), stranger(), stranger()]);
    const typeUrl = "/cosmos.bank.v1beta1.MsgSend";
    const send = (toAddress: string, amount: number) => ({
      typeUrl,
      value: { fromAddress: from.address, toAddress, amount: coins(amount, DENOM) },
    });
    const messages = [send(a.address, 1), send(b.address, 2)];
    const sent = accepted(await from.client.signAndBroadcast(from.address, messages, "auto"));
    assert.equal(sent.msgResponses.length, 2);
    const places = sent.events
      .filter((event) => event.type === "message" && event.attributes.some((x) => x.key === "action"))
      .map((event) => event.attributes.find((x) => x.key === "msg_index")?.value);
    assert.deepEqual(places, ["0", "1"]);
    assert.deepEqual([await balance(a), await balance(b)], [1n, 2n]);
  });
}

test("a memo of < > & is signed in Amino, and so is one that Keplr has escaped", async () => {
  const [from, to] = await Promise.all([funded("Amino"), stranger()]);
  // Keplr writes the second where its user writes the first.
  for (const memo of [
    "hello <amino> & more",
    "hello \\u003camino\\u003e \\u0026 more",
    'Größe "\u2028"\n\t\u{1f680} \\',
  ]) {
    const result = await from.client.sendTokens(from.address, to.address, coins(1, DENOM), "auto", memo);
    const found = await from.client.getTx(accepted(result).transactionHash);
    assert.equal(TxBody.decode(TxRaw.decode(found?.tx ?? assert.fail()).bodyBytes).memo, memo);
  }
});
