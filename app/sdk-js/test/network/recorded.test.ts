// Every request that Keplr was recorded to make, and what its page made beside it, byte for byte as it was asked; the
// answers must be of the same status and shape. Modules that are still to come answer 501.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { coins } from "@cosmjs/stargate";
import { type Answer, ask, GET, get, post, rpc } from "./doors.js";
import { type Account, accepted, DENOM, funded, network, stranger, until } from "./network.js";
import { signedSend, simulation } from "./shapes.js";

let who: Account;
/** Has coins, but never sent any. */
let silent: Account;
let nobody: Account;

before(async () => {
  [who, silent, nobody] = await Promise.all([funded("Amino"), funded("Amino"), stranger()]);
  accepted(await who.client.sendTokens(who.address, silent.address, coins(5, DENOM), "auto"));
});

const balances = (address: string): string => `/cosmos/bank/v1beta1/balances/${address}?pagination.limit=1000`;

test("GET /cosmos/bank/v1beta1/balances/{addr}?pagination.limit=1000", async () => {
  const { status, body } = await get(balances(silent.address));
  const pagination = { next_key: null, total: "0" };
  assert.equal(status, 200);
  assert.deepEqual(body, { balances: [{ denom: DENOM, amount: "10000005" }], pagination });
});

test("GET balances of an address that has none", async () => {
  const { status, body } = await get(balances(nobody.address));
  assert.deepEqual([status, body.balances, body.pagination.next_key], [200, [], null]);
});

test("GET /cosmwasm/wasm/v1/contract/test/smart/test", async () => {
  const { status, body } = await get("/cosmwasm/wasm/v1/contract/test/smart/test");
  assert.equal(status, 400);
  assert.deepEqual([body.code, typeof body.message, body.details], [3, "string", []]);
});

test("GET /cosmos/bank/v1beta1/spendable_balances/test", async () => {
  const { status, body } = await get("/cosmos/bank/v1beta1/spendable_balances/test");
  assert.deepEqual([status, body.code, body.details], [400, 3, []]);
  assert.match(body.message, /bech32/);
});

test("GET /cosmos/auth/v1beta1/accounts/{addr}", async () => {
  const { status, body } = await get(`/cosmos/auth/v1beta1/accounts/${who.address}`);
  assert.equal(status, 200);
  const { account } = body;
  assert.deepEqual(
    { ...account, account_number: "n", pub_key: { ...account.pub_key, key: "k" } },
    {
      "@type": "/cosmos.auth.v1beta1.BaseAccount",
      address: who.address,
      pub_key: { "@type": "/cosmos.crypto.secp256k1.PubKey", key: "k" },
      account_number: "n",
      sequence: "1",
    },
  );
  assert.match(account.account_number, /^\d+$/);
  assert.equal(Buffer.from(account.pub_key.key, "base64").length, 33);
});

test("GET accounts of one that never sent, and of one that is not", async () => {
  const quiet = await get(`/cosmos/auth/v1beta1/accounts/${silent.address}`);
  assert.deepEqual([quiet.status, quiet.body.account.pub_key, quiet.body.account.sequence], [200, null, "0"]);
  const missing = await get(`/cosmos/auth/v1beta1/accounts/${nobody.address}`);
  const message = `rpc error: code = NotFound desc = account ${nobody.address} not found: key not found`;
  assert.deepEqual([missing.status, missing.body], [404, { code: 5, message, details: [] }]);
});

test("POST /cosmos/tx/v1beta1/simulate", async () => {
  for (const [from, sequence, fee] of [
    [who, 1, 9000],
    [who, 1, 0],
    [silent, 0, 9000],
  ] as const) {
    const { status, body } = await post("/cosmos/tx/v1beta1/simulate", {
      tx_bytes: simulation(from, { sequence, fee }),
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(body.gas_info.gas_used, /^[1-9]\d{4,5}$/);
    assert.deepEqual(Object.keys(body.result).sort(), ["data", "events", "log", "msg_responses"]);
  }
});

test("POST simulate takes the fee in earnest, and says why it fails", async () => {
  const much = await post("/cosmos/tx/v1beta1/simulate", { tx_bytes: simulation(silent, { fee: 1e12 }) });
  assert.deepEqual([much.status, much.body.code, much.body.details], [500, 2, []]);
  assert.match(much.body.message, /insufficient funds.* with gas used: '\d+'$/);
});

const broadcast = (bytes: Uint8Array): Promise<Answer> =>
  post("/cosmos/tx/v1beta1/txs", { tx_bytes: Buffer.from(bytes).toString("base64"), mode: "BROADCAST_MODE_SYNC" });

test("POST /cosmos/tx/v1beta1/txs, then GET /cosmos/tx/v1beta1/txs/{hash}", async () => {
  const { status, body } = await broadcast(await signedSend(who));
  assert.equal(status, 200);
  const { txhash, ...rest } = body.tx_response;
  assert.match(txhash, /^[0-9A-F]{64}$/);
  const empty = { codespace: "", data: "", raw_log: "", info: "", timestamp: "" };
  const zero = { height: "0", code: 0, gas_wanted: "0", gas_used: "0" };
  assert.deepEqual(rest, { ...empty, ...zero, logs: [], events: [], tx: null });
  const found = await until("the transaction is in a block", async () => {
    const answer = await get(`/cosmos/tx/v1beta1/txs/${txhash}`);
    return answer.status === 200 ? answer.body.tx_response : undefined;
  });
  assert.deepEqual([found.code, found.txhash, found.logs], [0, txhash, []]);
});

test("POST txs that CheckTx refuses is 200 with its code and text", async () => {
  const { status, body } = await broadcast(await signedSend(who, { sequence: 99 }));
  assert.equal(status, 200);
  const { code, codespace, raw_log, height, tx, txhash } = body.tx_response;
  assert.deepEqual([code, codespace, height, tx], [32, "sdk", "0", null]);
  assert.match(raw_log, /^account sequence mismatch, expected \d+, got 99: incorrect account sequence$/);
  assert.match(txhash, /^[0-9A-F]{64}$/);
});

const LATER = [
  "/cosmos/staking/v1beta1/delegations/{addr}?pagination.limit=1000",
  "/cosmos/staking/v1beta1/delegators/{addr}/unbonding_delegations?pagination.limit=1000",
  "/cosmos/staking/v1beta1/validators?pagination.limit=1000&status=BOND_STATUS_BONDED",
  "/cosmos/staking/v1beta1/params",
  "/cosmos/staking/v1beta1/pool",
  "/cosmos/distribution/v1beta1/delegators/{addr}/rewards",
  "/cosmos/distribution/v1beta1/params",
  "/cosmos/gov/v1/proposals",
  "/cosmos/gov/v1beta1/params/voting",
  "/cosmos/slashing/v1beta1/signing_infos",
  "/cosmos/mint/v1beta1/inflation",
  "/ibc/apps/transfer/v1/params",
  "/ibc/apps/transfer/v1/denoms/test",
  "/ibc/apps/transfer/v1/denom_traces/00",
  "/ibc/core/channel/v1/channels/channel-0/ports/transfer",
  "/feemarket/v1/params",
  "/feemarket/v1/gas_prices",
  "/cosmos/nothing/of/the/kind",
];

for (const path of LATER) {
  test(`GET ${path} is not implemented`, async () => {
    const { status, body } = await get(path.replace("{addr}", who.address));
    assert.deepEqual([status, body], [501, { code: 12, message: "Not Implemented", details: [] }]);
  });
}

test("RPC GET /status", async () => {
  const { status, body } = await ask(`${network.rpc}/status`, "GET", GET);
  assert.deepEqual([status, body.result.node_info.network], [200, network.chain_id]);
  assert.match(body.result.node_info.version, /^0\.38\./);
  assert.match(body.result.sync_info.latest_block_height, /^[1-9]\d*$/);
});

test("RPC OPTIONS / from a page on another origin", async () => {
  const asked = { "access-control-request-headers": "content-type", "access-control-request-method": "POST" };
  const { status, headers } = await ask(`${network.rpc}/`, "OPTIONS", { ...asked, origin: "http://127.0.0.1:5173" });
  assert.deepEqual([status, headers["access-control-allow-origin"]], [204, "*"]);
});

test("RPC POST status, abci_query, broadcast_tx_sync and tx_search from a page", async () => {
  assert.equal((await rpc("status", {})).node_info.network, network.chain_id);
  const address = Buffer.concat([Buffer.from([0x0a, who.address.length]), Buffer.from(who.address)]);
  const denom = Buffer.concat([Buffer.from([0x12, DENOM.length]), Buffer.from(DENOM)]);
  const { sequence } = await who.client.getSequence(who.address);
  const simulate = Buffer.from(simulation(who, { sequence }), "base64");
  const length = Buffer.from([0x12, (simulate.length & 0x7f) | 0x80, simulate.length >> 7]);
  const queries: Array<[string, Buffer]> = [
    ["/cosmos.auth.v1beta1.Query/Account", address],
    ["/cosmos.bank.v1beta1.Query/Balance", Buffer.concat([address, denom])],
    ["/cosmos.tx.v1beta1.Service/Simulate", Buffer.concat([length, simulate])],
  ];
  for (const [path, data] of queries) {
    const { response } = await rpc("abci_query", { path, data: data.toString("hex"), prove: false });
    assert.deepEqual([response.code, response.log], [0, ""], path);
    assert.ok(response.value.length > 0 && Number(response.height) > 0, path);
  }
  const tx = Buffer.from(await signedSend(who)).toString("base64");
  const sent = await rpc("broadcast_tx_sync", { tx });
  assert.deepEqual([sent.code, sent.log], [0, ""]);
  const found = await until("the transaction is found", async () => {
    const { txs } = await rpc("tx_search", { query: `tx.hash='${sent.hash}'`, page: "1", per_page: "100" });
    return txs[0];
  });
  assert.deepEqual([found.hash, found.tx_result.code], [sent.hash, 0]);
});
