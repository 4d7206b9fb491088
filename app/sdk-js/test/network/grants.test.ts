// One account acts for another, and one pays for another: authz and feegrant, in both sign modes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSecp256k1Pubkey, makeSignDoc as makeAminoDoc, type Secp256k1HdWallet, type StdFee } from "@cosmjs/amino";
import { fromBase64 } from "@cosmjs/encoding";
import {
  type DirectSecp256k1HdWallet,
  type EncodeObject,
  encodePubkey,
  makeAuthInfoBytes,
  makeSignDoc,
} from "@cosmjs/proto-signing";
import { coins, type DeliverTxResponse } from "@cosmjs/stargate";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { aminoTypes, registry } from "../../src/index.js";
import {
  type Account,
  accepted,
  attribute,
  balance,
  DENOM,
  feeOf,
  funded,
  MODES,
  network,
  stranger,
} from "./network.js";

const FEE = { gas: "300000", amount: coins(300, DENOM) };

function message(name: string, value: object): EncodeObject {
  return { typeUrl: `/cosmos.${name}`, value };
}

function send(from: Account, to: Account, amount: number) {
  const value = { fromAddress: from.address, toAddress: to.address, amount: coins(amount, DENOM) };
  return { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value };
}

for (const [mode, _] of MODES) {
  test(`an account with an allowance spends without coins for gas, in ${mode}`, async () => {
    const [granter, grantee, to] = await Promise.all([funded(mode), funded(mode, 100), stranger()]);
    const value = { spendLimit: coins(500, DENOM) };
    const allowance = registry.encodeAsAny({ typeUrl: "/cosmos.feegrant.v1beta1.BasicAllowance", value });
    const both = { granter: granter.address, grantee: grantee.address };
    const grant = message("feegrant.v1beta1.MsgGrantAllowance", { ...both, allowance });
    const granted = accepted(await granter.client.signAndBroadcast(granter.address, [grant], "auto"));
    assert.equal(granted.msgResponses[0]?.typeUrl, "/cosmos.feegrant.v1beta1.MsgGrantAllowanceResponse");

    const before = await balance(granter);
    const fee = { ...FEE, granter: granter.address };
    const sent = accepted(await grantee.client.signAndBroadcast(grantee.address, [send(grantee, to, 100)], fee));
    assert.equal(attribute(sent.events, "tx", "fee_payer"), granter.address);
    assert.equal(await balance(granter), before - 300n);
    assert.deepEqual([await balance(grantee), await balance(to)], [0n, 100n]);

    // 200 of the allowance are left.
    const more = grantee.client.signAndBroadcast(grantee.address, [send(grantee, to, 0)], fee);
    await assert.rejects(more, /fee limit exceeded/);
    const revoke = message("feegrant.v1beta1.MsgRevokeAllowance", both);
    accepted(await granter.client.signAndBroadcast(granter.address, [revoke], "auto"));
    const none = grantee.client.signAndBroadcast(grantee.address, [send(grantee, to, 0)], fee);
    await assert.rejects(none, /fee-grant not found|does not allow to pay fees/);
  });

  test(`an account sends another's coins up to what it was granted, in ${mode}`, async () => {
    const [granter, grantee, to] = await Promise.all([funded(mode), funded(mode), stranger()]);
    const value = { spendLimit: coins(1000, DENOM), allowList: [] };
    const authorization = registry.encodeAsAny({ typeUrl: "/cosmos.bank.v1beta1.SendAuthorization", value });
    const expiration = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600), nanos: 0 };
    const both = { granter: granter.address, grantee: grantee.address };
    const grant = message("authz.v1beta1.MsgGrant", { ...both, grant: { authorization, expiration } });
    accepted(await granter.client.signAndBroadcast(granter.address, [grant], "auto"));

    const before = await balance(granter);
    const exec = (amount: number) =>
      message("authz.v1beta1.MsgExec", {
        grantee: grantee.address,
        msgs: [registry.encodeAsAny(send(granter, to, amount))],
      });
    const first = accepted(await grantee.client.signAndBroadcast(grantee.address, [exec(600)], "auto"));
    assert.equal(first.msgResponses[0]?.typeUrl, "/cosmos.authz.v1beta1.MsgExecResponse");
    assert.deepEqual([before - (await balance(granter)), await balance(to)], [600n, 600n]);

    const second = await grantee.client.signAndBroadcast(grantee.address, [exec(401)], FEE);
    assert.notEqual(second.code, 0);
    assert.match(second.rawLog ?? "", /requested amount is more than spend limit/);
    const msgTypeUrl = "/cosmos.bank.v1beta1.MsgSend";
    const revoke = message("authz.v1beta1.MsgRevoke", { ...both, msgTypeUrl });
    accepted(await granter.client.signAndBroadcast(granter.address, [revoke], "auto"));
    const third = await grantee.client.signAndBroadcast(grantee.address, [exec(1)], FEE);
    assert.match(third.rawLog ?? "", /authorization not found/);
  });

  test(`a payer who signs pays for what another does, in ${mode}`, async () => {
    const [from, payer, to] = await Promise.all([funded(mode), funded(mode), stranger()]);
    const before = [await balance(from), await balance(payer)] as const;
    const sent = accepted(await sendPaid(mode, send(from, to, 7), from, payer));
    assert.equal(attribute(sent.events, "tx", "fee_payer"), payer.address);
    const [left, paid] = [before[0] - (await balance(from)), before[1] - (await balance(payer))];
    assert.deepEqual([left, paid, await balance(to)], [7n, feeOf(sent.events), 7n]);
  });
}

/** CosmJS signs for one signer; this is what it does, for two. */
async function sendPaid(
  mode: string,
  msg: ReturnType<typeof send>,
  from: Account,
  payer: Account,
): Promise<DeliverTxResponse> {
  const direct = mode === "Direct";
  const signMode = direct ? SignMode.SIGN_MODE_DIRECT : SignMode.SIGN_MODE_LEGACY_AMINO_JSON;
  const bodyBytes = registry.encodeTxBody({ messages: [msg] });
  const accounts = await Promise.all(
    [from, payer].map(async (who) => ({ who, ...(await who.client.getSequence(who.address)) })),
  );
  const signers = accounts.map(async ({ who, sequence }) => {
    const [key] = await who.wallet.getAccounts();
    return { pubkey: encodePubkey(encodeSecp256k1Pubkey(key?.pubkey ?? assert.fail())), sequence };
  });
  const { gas, amount } = FEE;
  const authInfo = makeAuthInfoBytes(
    await Promise.all(signers),
    amount,
    Number(gas),
    undefined,
    payer.address,
    signMode,
  );
  const signatures = accounts.map(async ({ who, accountNumber, sequence }) => {
    if (direct) {
      const wallet = who.wallet as DirectSecp256k1HdWallet;
      const document = makeSignDoc(bodyBytes, authInfo, network.chain_id, accountNumber);
      return fromBase64((await wallet.signDirect(who.address, document)).signature.signature);
    }
    const fee: StdFee = { ...FEE, payer: payer.address };
    const document = makeAminoDoc([aminoTypes.toAmino(msg)], fee, network.chain_id, "", accountNumber, sequence);
    const wallet = who.wallet as Secp256k1HdWallet;
    return fromBase64((await wallet.signAmino(who.address, document)).signature.signature);
  });
  const raw = TxRaw.fromPartial({ bodyBytes, authInfoBytes: authInfo, signatures: await Promise.all(signatures) });
  return from.client.broadcastTx(TxRaw.encode(raw).finish(), undefined, 150);
}
