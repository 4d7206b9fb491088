// What chains that are not the Cosmos SDK's get wrong towards wallets and explorers, most harmful first; here each is
// right.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";
import { fromBase64, toBase64, toHex } from "@cosmjs/encoding";
import { coins, StargateClient } from "@cosmjs/stargate";
import { PubKey } from "cosmjs-types/cosmos/crypto/secp256k1/keys";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { SimulateRequest } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { AuthInfo, SignDoc, Tx, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import type { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { validateBasicChainInfoType } from "@keplr-wallet/chain-validator";
import { ask, get, post, rpc } from "./doors.js";
import { type Account, accepted, attribute, DENOM, funded, network, stranger } from "./network.js";
import { signedSend, simulation } from "./shapes.js";

let who: Account;
let client: StargateClient;

before(async () => {
  who = await funded("Direct");
  client = await StargateClient.connect(network.rpc);
});

function chainInfo(): any {
  const args = ["chain-info", "--keplr", "--node", network.rpc, "--rpc", network.rpc, "--rest", network.rest];
  return JSON.parse(execFileSync(network.aliquotd, args, { encoding: "utf8" }));
}

test("1. a send signed as amino JSON is accepted, with characters that JSON escapes", async () => {
  const ledger = await funded("Amino");
  accepted(
    await ledger.client.sendTokens(ledger.address, who.address, coins(1, DENOM), "auto", 'a<b>&c "d" \\ \u2028 é'),
  );
});

test("2. simulations need no public key, no gas, no signature and no mode", async () => {
  const [key] = await who.wallet.getAccounts();
  const { sequence } = await who.client.getSequence(who.address);
  const value = PubKey.encode({ key: key?.pubkey ?? assert.fail() }).finish();
  const publicKey = { typeUrl: "/cosmos.crypto.secp256k1.PubKey", value };
  const signatures = [new Uint8Array(), new Uint8Array(64), new Uint8Array([1, 2, 3])];
  for (const signature of signatures) {
    for (const mode of [
      SignMode.SIGN_MODE_UNSPECIFIED,
      SignMode.SIGN_MODE_DIRECT,
      SignMode.SIGN_MODE_LEGACY_AMINO_JSON,
    ]) {
      for (const shape of [{ publicKey }, {}]) {
        const tx_bytes = simulation(who, { ...shape, signature, mode, sequence });
        const { status, body } = await post("/cosmos/tx/v1beta1/simulate", { tx_bytes });
        assert.equal(status, 200, `${mode}: ${JSON.stringify(body)}`);
      }
    }
  }
  // The Go relayer gives the transaction itself instead of its bytes.
  const tx = Tx.decode(fromBase64(simulation(who, { sequence })));
  const data = toHex(SimulateRequest.encode(SimulateRequest.fromPartial({ tx })).finish());
  const { response } = await rpc("abci_query", { path: "/cosmos.tx.v1beta1.Service/Simulate", data });
  assert.deepEqual([response.code, response.log], [0, ""]);
});

test("3. balances are strings, and a list even where there are none", async () => {
  for (const address of [who.address, (await stranger()).address]) {
    const { status, body } = await get(`/cosmos/bank/v1beta1/balances/${address}?pagination.limit=1000`);
    assert.ok(status === 200 && Array.isArray(body.balances));
    assert.ok(body.balances.every((coin: any) => /^\d+$/.test(coin.amount)));
  }
});

test("4. a missing account is 404 with code 5, and is made by the first coin that it gets", async () => {
  const to = await stranger();
  const path = `/cosmos/auth/v1beta1/accounts/${to.address}`;
  const missing = await get(path);
  assert.deepEqual([missing.status, missing.body.code], [404, 5]);
  assert.match(missing.body.message, /rpc error: code = NotFound desc = account .* not found: key not found/);
  accepted(await who.client.sendTokens(who.address, to.address, coins(1, DENOM), "auto"));
  const made = await get(path);
  assert.deepEqual([made.status, made.body.account.sequence, made.body.account.pub_key], [200, "0", null]);
});

test("5. JSON has snake_case names, 64-bit integers as strings, and zero fields", async () => {
  const { body } = await get(`/cosmos/tx/v1beta1/txs?query=message.sender%3D%27${who.address}%27&limit=1`);
  assert.equal(typeof body.total, "string");
  const [response] = body.tx_responses;
  assert.deepEqual(
    [typeof response.height, typeof response.gas_used, typeof response.code],
    ["string", "string", "number"],
  );
  const { body: inner, auth_info } = body.txs[0];
  assert.deepEqual(
    [inner.memo, inner.timeout_height, inner.extension_options, auth_info.fee.payer, auth_info.tip],
    ["", "0", [], "", null],
  );
  const { params } = (await get("/cosmos/bank/v1beta1/params")).body;
  assert.deepEqual(params, { send_enabled: [], default_send_enabled: true });
});

test("6. answers of abci_query say their height, from the first block on", async () => {
  for (const path of ["/cosmos.bank.v1beta1.Query/Params", "/cosmos.auth.v1beta1.Query/Account"]) {
    const { body } = await ask(`${network.rpc}/abci_query?path="${path}"&height=0`, "GET", {});
    assert.match(body.result.response.height, /^[1-9]\d*$/, path);
  }
});

test("7. an unknown route is 501 and JSON", async () => {
  for (const path of [
    "/favicon.ico",
    "/cosmos/unknown/v1/thing",
    "/feemarket/v1/params",
    "/ibc/apps/transfer/v1/params",
  ]) {
    const { status, body } = await get(path);
    assert.deepEqual([status, body], [501, { code: 12, message: "Not Implemented", details: [] }], path);
  }
});

test("8. accounts and keys have the type URLs of the Cosmos SDK", async () => {
  const { account } = (await get(`/cosmos/auth/v1beta1/accounts/${who.address}`)).body;
  assert.equal(account["@type"], "/cosmos.auth.v1beta1.BaseAccount");
  assert.equal(account.pub_key["@type"], "/cosmos.crypto.secp256k1.PubKey");
});

test("9. the chain id has one dash and 50 characters at most, and is the same everywhere", async () => {
  const { body } = await get("/cosmos/base/tendermint/v1beta1/node_info");
  const genesis = (await ask(`${network.rpc}/genesis`, "GET", {})).body.result.genesis;
  const found = [await client.getChainId(), body.default_node_info.network, genesis.chain_id, chainInfo().chainId];
  assert.deepEqual(new Set(found), new Set([network.chain_id]));
  assert.match(network.chain_id, /^(?=.{1,50}$)[a-z-]*[a-z]-\d+$/);
});

test("10. what CheckTx refuses is 200 with raw_log and txhash", async () => {
  const tx_bytes = toBase64(await signedSend(who, { sequence: 77 }));
  const { status, body } = await post("/cosmos/tx/v1beta1/txs", { tx_bytes, mode: "BROADCAST_MODE_SYNC" });
  const { code, raw_log, txhash } = body.tx_response;
  assert.deepEqual([status, code, raw_log.length > 0, txhash.length], [200, 32, true, 64]);
});

test("11. transactions are indexed by account and sequence", async () => {
  const { sequence } = await who.client.getSequence(who.address);
  const result = accepted(await who.client.broadcastTx(await signedSend(who), undefined, 150));
  const found = await client.searchTx(`tx.acc_seq='${who.address}/${sequence}'`);
  assert.deepEqual(
    found.map((tx) => tx.hash),
    [result.transactionHash],
  );
});

test("12. results carry TxMsgData, events are text and no key is empty", async () => {
  const result = accepted(await who.client.broadcastTx(await signedSend(who), undefined, 150));
  assert.deepEqual(
    result.msgResponses.map((any) => any.typeUrl),
    ["/cosmos.bank.v1beta1.MsgSendResponse"],
  );
  assert.ok(result.events.every((event) => event.attributes.every(({ key }) => key.length > 0)));
  assert.equal(attribute(result.events, "message", "action"), "/cosmos.bank.v1beta1.MsgSend");
});

test("13. a wallet that encodes the transaction anew and sets its own fee is accepted", async () => {
  const raw = TxRaw.decode(await signedSend(who));
  const info = AuthInfo.decode(raw.authInfoBytes);
  const body = TxBody.decode(raw.bodyBytes);
  const signed = SignDoc.fromPartial({
    bodyBytes: TxBody.encode({ ...body, memo: "of the wallet" }).finish(),
    authInfoBytes: AuthInfo.encode({
      ...info,
      fee: { ...(info.fee ?? assert.fail()), amount: coins(5000, DENOM) },
    }).finish(),
    chainId: network.chain_id,
    accountNumber: (await who.client.getSequence(who.address)).accountNumber,
  });
  const { signature } = await (who.wallet as DirectSecp256k1HdWallet).signDirect(who.address, signed);
  const bytes = TxRaw.encode({ ...signed, signatures: [fromBase64(signature.signature)] }).finish();
  const result = accepted(await who.client.broadcastTx(bytes, undefined, 150));
  assert.equal(attribute(result.events, "tx", "fee"), `5000${DENOM}`);
});

test("14. coins have type 118, which Ledgers' Cosmos app signs for", () => {
  assert.equal(chainInfo().bip44.coinType, 118);
});

test("15. the description of the chain is whole, and pages of other origins may ask", async () => {
  const info = chainInfo();
  assert.deepEqual(await validateBasicChainInfoType(info), info);
  const origin = "https://app.example";
  const asked = { origin, "access-control-request-headers": "content-type,x-cosmos-block-height" };
  for (const method of ["GET", "POST"]) {
    const url = `${network.rest}/cosmos/tx/v1beta1/txs`;
    const { status, headers } = await ask(url, "OPTIONS", { ...asked, "access-control-request-method": method });
    assert.ok(status === 200 || status === 204, `${status}`);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.match(String(headers["access-control-allow-headers"]), /\*|content-type.*x-cosmos-block-height/i);
    assert.match(String(headers["access-control-allow-methods"]), new RegExp(`\\*|${method}`));
  }
  const { headers } = await ask(`${network.rest}/cosmos/bank/v1beta1/params`, "GET", { origin });
  assert.equal(headers["access-control-allow-origin"], "*");
});
