// Amino JSON of single messages, written by hand from the SDK's rules.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { toBase64, toUtf8 } from "@cosmjs/encoding";
import { aliquot, aminoTypes, deployment, escrow, market, registry, validator } from "../src/index.js";

const DepositAuthorization = aliquot.escrow.v1.DepositAuthorization;

function amino(typeUrl: string, value: unknown): unknown {
  return aminoTypes.toAmino({ typeUrl, value });
}

test("zero values are left out", () => {
  const zero = deployment.createDeployment({});
  assert.deepEqual(aminoTypes.toAmino(zero), { type: "aliquot/MsgCreateDeployment", value: {} });
});

test("an optional field that is set is written, even as zero", () => {
  const composed = deployment.createDeployment({ owner: "aliquot1a", graceBlocks: 0, lowFundsBlocks: 0 });
  assert.deepEqual(aminoTypes.toAmino(composed).value, { owner: "aliquot1a", grace_blocks: 0 });
});

test("an empty message that is set is written, and a coin always has its amount", () => {
  const composed = deployment.createDeployment({ groups: [{ requirements: {}, maxPrice: {} }], deposit: { denom: "ualq" } });
  assert.deepEqual(aminoTypes.toAmino(composed).value, {
    groups: [{ requirements: {}, max_price: { amount: "0" } }],
    deposit: { denom: "ualq", amount: "0" },
  });
});

test("a deployment with all its fields", () => {
  const composed = deployment.createDeployment({
    owner: "aliquot1a",
    dseq: 18446744073709551615n,
    groups: [
      {
        name: "anywhere",
        requirements: { attributes: [{ key: "region", value: "eu" }], signedBy: { allOf: ["aliquot1b"], anyOf: ["c", ""] } },
        job: { kernel: "RENDER_Q16", input: toUtf8("<scene>"), samples: 16, commitBlocks: 4294967295 },
        maxPrice: { denom: "ualq", amount: "2000000" },
        service: {
          resources: [
            {
              id: 1,
              resources: {
                cpu: { milliUnits: 500 },
                memory: { bytes: 1073741824n },
                storage: [{ name: "data", bytes: 1n }],
                gpu: { units: 1, attributes: [{ key: "vendor/nvidia/model/*", value: "true" }] },
                endpoints: [{ kind: 0 }, { kind: 2, sequenceNumber: 3 }],
              },
              count: 2,
              price: { denom: "ualq", amountSub: "1622777778" },
            },
          ],
        },
        award: 2,
        bidWindowBlocks: 10,
        reclamationBlocks: 20,
      },
    ],
    hash: Uint8Array.of(0xfb, 0xff, 0x00),
    deposit: { denom: "ualq", amount: "5000000" },
    graceBlocks: 7,
    lowFundsBlocks: 8,
  });
  assert.deepEqual(aminoTypes.toAmino(composed), {
    type: "aliquot/MsgCreateDeployment",
    value: {
      owner: "aliquot1a",
      dseq: "18446744073709551615",
      groups: [
        {
          name: "anywhere",
          requirements: { attributes: [{ key: "region", value: "eu" }], signed_by: { all_of: ["aliquot1b"], any_of: ["c", ""] } },
          job: { kernel: "RENDER_Q16", input: "PHNjZW5lPg==", samples: 16, commit_blocks: 4294967295 },
          max_price: { denom: "ualq", amount: "2000000" },
          service: {
            resources: [
              {
                id: 1,
                resources: {
                  cpu: { milli_units: 500 },
                  memory: { bytes: "1073741824" },
                  storage: [{ name: "data", bytes: "1" }],
                  gpu: { units: 1, attributes: [{ key: "vendor/nvidia/model/*", value: "true" }] },
                  endpoints: [{}, { kind: 2, sequence_number: 3 }],
                },
                count: 2,
                price: { denom: "ualq", amount_sub: "1622777778" },
              },
            ],
          },
          award: 2,
          bid_window_blocks: 10,
          reclamation_blocks: 20,
        },
      ],
      hash: "+/8A",
      deposit: { denom: "ualq", amount: "5000000" },
      grace_blocks: 7,
      low_funds_blocks: 8,
    },
  });
});

test("enums are numbers", () => {
  const reason = aliquot.market.v1.LeaseClosedReason.LEASE_CLOSED_REASON_PROVIDER_UNSTABLE;
  const composed = market.closeBid({ signer: "aliquot1p", id: { owner: "aliquot1a", dseq: 5n, gseq: 1, oseq: 1 }, reason });
  assert.deepEqual(aminoTypes.toAmino(composed), {
    type: "aliquot/MsgCloseBid",
    value: { signer: "aliquot1p", id: { owner: "aliquot1a", dseq: "5", gseq: 1, oseq: 1 }, reason: 10000 },
  });
});

test("messages of one name in several modules have names of their own", () => {
  assert.equal(aminoTypes.toAmino(escrow.updateParams({})).type, "aliquot/escrow/MsgUpdateParams");
  assert.equal(aminoTypes.toAmino(market.updateParams({})).type, "aliquot/market/MsgUpdateParams");
});

test("lists of bytes and of messages", () => {
  const consensusKey = new Uint8Array(32);
  const composed = validator.updateValidators({ authority: "aliquot1a", validators: [{ consensusKey, power: 10n }, {}] });
  const key = `${"A".repeat(43)}=`;
  assert.deepEqual(aminoTypes.toAmino(composed).value, {
    authority: "aliquot1a",
    validators: [{ consensus_key: key, power: "10" }, {}],
  });
});

test("what stands in an Any has its type: authz with our authorization", () => {
  const authorization = registry.encodeAsAny({
    typeUrl: "/aliquot.escrow.v1.DepositAuthorization",
    value: DepositAuthorization.fromPartial({ scopes: [1], spendLimits: [{ denom: "ualq", amount: "9" }] }),
  });
  const expiration = { seconds: 1767225600n, nanos: 120000000 };
  const value = { granter: "aliquot1a", grantee: "aliquot1b", grant: { authorization, expiration } };
  assert.deepEqual(amino("/cosmos.authz.v1beta1.MsgGrant", value), {
    type: "cosmos-sdk/MsgGrant",
    value: {
      granter: "aliquot1a",
      grantee: "aliquot1b",
      grant: {
        authorization: {
          type: "aliquot/DepositAuthorization",
          value: { scopes: [1], spend_limits: [{ denom: "ualq", amount: "9" }] },
        },
        expiration: "2026-01-01T00:00:00.12Z",
      },
    },
  });
});

test("authz executes the SDK's messages and ours", () => {
  const send = { fromAddress: "aliquot1a", toAddress: "aliquot1b", amount: [{ denom: "ualq", amount: "1" }] };
  const msgs = [
    registry.encodeAsAny({ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: send }),
    registry.encodeAsAny(deployment.closeGroup({ owner: "aliquot1a", dseq: 3n, gseq: 1 })),
  ];
  assert.deepEqual(amino("/cosmos.authz.v1beta1.MsgExec", { grantee: "aliquot1b", msgs }), {
    type: "cosmos-sdk/MsgExec",
    value: {
      grantee: "aliquot1b",
      msgs: [
        {
          type: "cosmos-sdk/MsgSend",
          value: { from_address: "aliquot1a", to_address: "aliquot1b", amount: [{ denom: "ualq", amount: "1" }] },
        },
        { type: "aliquot/MsgCloseGroup", value: { owner: "aliquot1a", dseq: "3", gseq: 1 } },
      ],
    },
  });
});

test("feegrant: times, durations, and lists of no coins", () => {
  const periodic = {
    basic: { spendLimit: [], expiration: undefined },
    period: { seconds: 86400n, nanos: 5 },
    periodSpendLimit: [{ denom: "ualq", amount: "100" }],
    periodCanSpend: [],
    periodReset: { seconds: 0n, nanos: 0 },
  };
  const periodicAny = registry.encodeAsAny({ typeUrl: "/cosmos.feegrant.v1beta1.PeriodicAllowance", value: periodic });
  const allowed = { allowance: periodicAny, allowedMessages: ["/aliquot.market.v1.MsgCreateBid"] };
  const allowance = registry.encodeAsAny({ typeUrl: "/cosmos.feegrant.v1beta1.AllowedMsgAllowance", value: allowed });
  const grant = { granter: "aliquot1a", grantee: "aliquot1b", allowance };
  assert.deepEqual(amino("/cosmos.feegrant.v1beta1.MsgGrantAllowance", grant), {
    type: "cosmos-sdk/MsgGrantAllowance",
    value: {
      granter: "aliquot1a",
      grantee: "aliquot1b",
      allowance: {
        type: "cosmos-sdk/AllowedMsgAllowance",
        value: {
          allowance: {
            type: "cosmos-sdk/PeriodicAllowance",
            value: {
              basic: { spend_limit: [] },
              period: "86400000000005",
              period_spend_limit: [{ denom: "ualq", amount: "100" }],
              period_can_spend: [],
              period_reset: "1970-01-01T00:00:00Z",
            },
          },
          allowed_messages: ["/aliquot.market.v1.MsgCreateBid"],
        },
      },
    },
  });
});

test("a message that must be there and is not cannot be signed", () => {
  assert.throws(() => amino("/cosmos.authz.v1beta1.MsgGrant", { granter: "a", grantee: "b" }), /grant is missing/);
});

test("amino-lines prints what is signed, a line for a line", () => {
  const composed = market.createLease({ owner: "<&>", id: { owner: "é\u2028", dseq: 1n }, standby: '"' });
  const line = JSON.stringify({ typeUrl: composed.typeUrl, value: toBase64(registry.encode(composed)) });
  const script = new URL("../scripts/amino-lines.ts", import.meta.url).pathname;
  const run = spawnSync(process.execPath, ["--import", "tsx", script], { input: `${line}\nnonsense\n${line}\n`, encoding: "utf8" });
  const lines = run.stdout.split("\n");
  const expected = `{"type":"aliquot/MsgCreateLease","value":{"id":{"dseq":"1","owner":"é\u2028"},"owner":"\\u003c\\u0026\\u003e","standby":"\\""}}`;
  assert.equal(lines[0], expected);
  assert.match(lines[1] ?? "", /^\{"error":/);
  assert.equal(lines[2], expected);
});
