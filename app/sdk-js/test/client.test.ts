// The client signs in both modes, asks the right queries, and makes the tokens that gateways take.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secp256k1HdWallet, serializeSignDoc } from "@cosmjs/amino";
import { Secp256k1, Secp256k1Signature, sha256 } from "@cosmjs/crypto";
import { fromBase64, fromUtf8, toBase64 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { AuthInfo, TxBody } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { moduleQueries } from "../src/gen/queries.js";
import { AliquotClient, aliquot, arbitrarySigner, deployment, gatewayToken, registry } from "../src/index.js";

// Nobody's: the first test vector of BIP-39.
const MNEMONIC = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PREFIX = { prefix: "aliquot" };
const FEE = { gas: "200000", amount: [{ denom: "ualq", amount: "200" }] };
const SIGNER_DATA = { accountNumber: 1n, sequence: 2, chainId: "aliquot-test-1" };

for (const [mode, wallet] of [
  ["SIGN_MODE_DIRECT", DirectSecp256k1HdWallet],
  ["SIGN_MODE_LEGACY_AMINO_JSON", Secp256k1HdWallet],
] as const) {
  test(`the client signs in ${mode}`, async () => {
    const signer = await wallet.fromMnemonic(MNEMONIC, PREFIX);
    const [account] = await signer.getAccounts();
    assert.ok(account);
    const client = await AliquotClient.offline(signer);
    const message = deployment.createDeployment({ owner: account.address, dseq: 7n, graceBlocks: 0 });
    const tx = await client.sign(account.address, [message], FEE, "", SIGNER_DATA);
    const any = TxBody.decode(tx.bodyBytes).messages[0];
    assert.ok(any);
    assert.deepEqual(registry.decode(any), message.value);
    const modes = { SIGN_MODE_DIRECT: 1, SIGN_MODE_LEGACY_AMINO_JSON: 127 };
    assert.equal(AuthInfo.decode(tx.authInfoBytes).signerInfos[0]?.modeInfo?.single?.mode, modes[mode]);
  });
}

test("queries go to the module's service and read its answer", async () => {
  const { QueryBidsRequest, QueryBidsResponse } = aliquot.market.v1;
  const answer = QueryBidsResponse.fromPartial({ bids: [{ id: { owner: "aliquot1a", dseq: 4n }, price: { amount: "3" } }] });
  const calls: string[] = [];
  const queries = moduleQueries({
    request: async (service, method, data) => {
      calls.push(`${service}/${method}`);
      assert.equal(QueryBidsRequest.decode(data).filters?.dseq, 4n);
      return QueryBidsResponse.encode(answer).finish();
    },
  });
  assert.deepEqual(await queries.market.bids({ filters: { dseq: 4n } }), answer);
  assert.deepEqual(calls, ["aliquot.market.v1.Query/Bids"]);
});

test("a gateway token is a JWT over the document that wallets sign", async () => {
  const signer = await Secp256k1HdWallet.fromMnemonic(MNEMONIC, PREFIX);
  const [account] = await signer.getAccounts();
  assert.ok(account);
  const request = {
    account: account.address,
    provider: "aliquot1p",
    leases: [{ dseq: 5n, gseq: 1, oseq: 2 }],
    scope: ["result"] as const,
  };
  const token = await gatewayToken(request, arbitrarySigner(signer, account.address));
  const [head = "", body = "", signature = ""] = token.split(".");
  const json = (part: string): any => JSON.parse(fromUtf8(fromBase64(Buffer.from(part, "base64url").toString("base64"))));
  assert.deepEqual(json(head), { alg: "ES256KADR36", typ: "JWT" });
  const claims = json(body);
  assert.equal(claims.exp - claims.iat, 600);
  assert.ok(Math.abs(claims.iat - Date.now() / 1000) < 60);
  assert.deepEqual(claims, {
    version: "v1",
    iss: account.address,
    aud: "aliquot1p",
    iat: claims.iat,
    nbf: claims.iat,
    exp: claims.exp,
    leases: {
      access: "granular",
      permissions: [
        {
          provider: "aliquot1p",
          access: "granular",
          deployments: [{ dseq: 5, gseq: 1, oseq: 2, scope: ["result"] }],
        },
      ],
    },
  });
  const signed = serializeSignDoc({
    chain_id: "",
    account_number: "0",
    sequence: "0",
    fee: { gas: "0", amount: [] },
    msgs: [{ type: "sign/MsgSignData", value: { signer: account.address, data: toBase64(Buffer.from(`${head}.${body}`)) } }],
    memo: "",
  });
  const parsed = Secp256k1Signature.fromFixedLength(Buffer.from(signature, "base64url"));
  assert.ok(await Secp256k1.verifySignature(parsed, sha256(signed), account.pubkey));
});

test("a token for all leases says so", async () => {
  const request = { account: "aliquot1a", provider: "aliquot1p" };
  const leases = async (more: object): Promise<unknown> => {
    const token = await gatewayToken({ ...request, ...more }, async () => ({ signature: "+/8=" }));
    assert.ok(token.endsWith("-_8"));
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).leases;
  };
  assert.deepEqual(await leases({}), { access: "full" });
  assert.deepEqual(await leases({ scope: ["logs"] }), { access: "scoped", scope: ["logs"] });
});
