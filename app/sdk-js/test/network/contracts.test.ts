// CosmJS's client of contracts: code goes up, a token is made of it, coins of it move, and the node says what it holds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import type { StdFee } from "@cosmjs/amino";
import { type ExecuteResult, SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { sha256 } from "@cosmjs/crypto";
import { toHex } from "@cosmjs/encoding";
import { calculateFee } from "@cosmjs/stargate";
import { type Account, attribute, funded, GAS_PRICE, MODES, network, stranger } from "./network.js";

const CODE = readFileSync(new URL("../../../../contracts/artifacts/cw20_base.wasm", import.meta.url));
let checksum = "";
let codeId = 0;

const connect = (who: Account): Promise<SigningCosmWasmClient> =>
  SigningCosmWasmClient.connectWithSigner(network.rpc, who.wallet, { broadcastPollIntervalMs: 150 });
/** Not "auto": the client brings a CosmJS of its own along, whose gas prices are not this one's. */
const fee = (gas: number): StdFee => calculateFee(gas, GAS_PRICE);

before(async () => {
  const who = await funded("Direct", 100_000_000);
  const uploaded = await (await connect(who)).upload(who.address, CODE, fee(20_000_000));
  ({ codeId, checksum } = uploaded);
});

test("code goes up gzipped, and is known by the checksum of what it was", async () => {
  assert.equal(checksum, toHex(sha256(CODE)));
  const client = await connect(await stranger());
  const { data, ...details } = await client.getCodeDetails(codeId);
  assert.deepEqual([details.id, details.checksum, Buffer.from(data).equals(CODE)], [codeId, checksum, true]);
});

for (const [mode, _] of MODES) {
  test(`a token is made, moved and asked for in ${mode}`, async () => {
    const [who, to] = await Promise.all([funded(mode, 50_000_000), stranger()]);
    const client = await connect(who);
    const initial = [{ address: who.address, amount: "1000" }];
    const message = { name: "Test token", symbol: "TEST", decimals: 6, initial_balances: initial };
    const made = await client.instantiate(who.address, codeId, message, "a token", fee(1_000_000), {
      admin: who.address,
    });
    const contract = made.contractAddress;
    assert.equal(attribute(made.events, "instantiate", "_contract_address"), contract);

    const transfer = { transfer: { recipient: to.address, amount: "250" } };
    const moved: ExecuteResult = await client.execute(who.address, contract, transfer, fee(400_000));
    assert.equal(attribute(moved.events, "wasm", "action"), "transfer");
    assert.equal(attribute(moved.events, "execute", "_contract_address"), contract);
    const ask = { balance: { address: to.address } };
    assert.deepEqual(await client.queryContractSmart(contract, ask), { balance: "250" });

    const path = `/cosmwasm/wasm/v1/contract/${contract}/smart/${Buffer.from(JSON.stringify(ask)).toString("base64")}`;
    const answer = await fetch(network.rest + path);
    assert.deepEqual([answer.status, await answer.json()], [200, { data: { balance: "250" } }]);

    const info = await client.getContract(contract);
    assert.deepEqual(
      [info.codeId, info.creator, info.admin, info.label],
      [codeId, who.address, who.address, "a token"],
    );

    const much = { transfer: { recipient: to.address, amount: "751" } };
    const failing = client.execute(who.address, contract, much, fee(400_000));
    await assert.rejects(failing, /Code: 5; .*execute wasm contract failed$/);
  });
}
