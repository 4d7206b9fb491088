// A job in forty steps, from the first connection to the last unit, by a wallet that signs protobuf and by one that
// signs amino JSON; and what of it is the chain's by an account of several keys.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";
import { arbitrarySigner, gatewayToken } from "../../src/index.js";
import { fetchPicture } from "./fetching.js";
import { multisig, sendTogether } from "./multisig.js";
import { type Account, balance, DENOM, fund, MODES, network, stranger } from "./network.js";
import { choose, deploy, type LeaseId, type Rent, settle, watch } from "./renting.js";
import { Steps, Story, type Tenant } from "./steps.js";

const PURSE = 10_000_000;

/** Nine steps: a new account meets the chain, and the chain's providers. */
async function meet(steps: Steps, who: Account): Promise<void> {
  assert.ok((await connectComet(network.rpc)) instanceof Comet38Client);
  steps.tell(`CometBFT 0.38 answers at ${network.rpc}`);
  assert.equal(await who.client.getChainId(), network.chain_id);
  steps.tell(`the chain is ${network.chain_id}`);
  assert.equal(await who.client.getAccount(who.address), null);
  steps.tell(`${who.address} is not known`);
  await fund(who.address, PURSE);
  const account = await who.client.getAccount(who.address);
  assert.deepEqual([account?.sequence, account?.pubkey], [0, null]);
  steps.tell(`it is sent coins, and is account ${account?.accountNumber}`);
  assert.equal(await balance(who), BigInt(PURSE));
  steps.tell(`it has ${PURSE}${DENOM}`);
  const config = await (await fetch(`${network.rest}/cosmos/base/node/v1beta1/config`)).json();
  assert.match(config.minimum_gas_price, /^0\.\d+ualq$/);
  steps.tell(`gas costs at least ${config.minimum_gas_price}`);

  const { query } = who.client;
  const { kernels } = await query.compute.kernels({});
  const kernel = kernels.find((found) => found.name === "RENDER_Q16") ?? assert.fail();
  steps.tell(`the chain knows the kernel ${kernel.name}`);
  const { devices } = await query.compute.devices({});
  const device = devices[0] ?? assert.fail();
  steps.tell(`a provider has a device with a bond of ${device.bond?.amount}${device.bond?.denom}`);
  const { provider } = await query.provider.provider({ owner: device.provider });
  const status = await (await fetch(`${provider?.hostUri}/status`)).json();
  assert.equal(status.kernels[0].spec_hash, Buffer.from(kernel.specHash).toString("hex"));
  steps.tell(`its gateway serves the same kernel on ${status.devices[0].name}`);
}

/** Follows the chain while `told` tells. */
async function rent(steps: Steps, tenant: Tenant, told: (rent: Rent) => Promise<void>): Promise<void> {
  const story = await Story.follow();
  try {
    // Heights are good names: the owner's next deployment has another.
    const dseq = BigInt(story.height);
    await told({ tenant, steps, story, dseq, before: await tenant.balance(), fees: 0n, price: 0n });
  } finally {
    await story.end();
  }
}

function single({ address, client, ...who }: Account): Tenant {
  return {
    address,
    query: client.query,
    send: (messages) => client.signAndBroadcast(address, messages, "auto"),
    simulate: (messages) => client.simulate(address, messages, ""),
    balance: () => balance({ address, client, ...who }),
  };
}

async function together(): Promise<Tenant> {
  const account = await multisig(PURSE);
  const client = account.members[0]?.client ?? assert.fail();
  const [gas, address] = [400_000, account.address];
  return {
    address,
    query: client.query,
    send: (messages) => sendTogether(account, messages, { gas }),
    // CosmJS simulates for accounts of one key only.
    simulate: async () => gas,
    balance: async () => BigInt((await client.getBalance(address, DENOM)).amount),
  };
}

describe("a job from the first connection to the last unit", { concurrency: true, timeout: 600_000 }, () => {
  for (const [mode, _] of MODES) {
    test(`in forty steps by a wallet that signs in ${mode}`, async () => {
      const [steps, who] = [new Steps(mode), await stranger(mode)];
      await meet(steps, who);
      const signer = await Secp256k1HdWallet.fromMnemonic(who.mnemonic, { prefix: "aliquot" });
      await rent(steps, single(who), async (story) => {
        await deploy(story);
        await choose(story);
        await watch(story);
        await fetchPicture(story, ({ provider, dseq, gseq, oseq }: LeaseId) => {
          const request = { account: who.address, provider, leases: [{ dseq, gseq, oseq }] };
          return gatewayToken(request, arbitrarySigner(signer, who.address));
        });
        await settle(story);
      });
      steps.end(40);
    });
  }

  test("what of it is the chain's by two keys of three", async () => {
    const steps = new Steps("2 of 3");
    await rent(steps, await together(), async (story) => {
      await deploy(story);
      await choose(story);
      await watch(story);
      await settle(story);
    });
    steps.end(25);
  });
});
