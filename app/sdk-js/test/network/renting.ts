// The parts of a rent that are the chain's, from the deployment to the last unit; each step asserts what it prints.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { sha256 } from "@cosmjs/crypto";
import { toHex, toUtf8 } from "@cosmjs/encoding";
import { coin, type DeliverTxResponse } from "@cosmjs/stargate";
import { aliquot, decodeEvent, deployment, leaseName, market } from "../../src/index.js";
import { accepted, DENOM, feeOf } from "./network.js";
import type { Steps, Story, Tenant } from "./steps.js";

const { JobPhase } = aliquot.compute.v1;
const { BidState, LeaseClosedReason, LeaseState } = aliquot.market.v1;
export type LeaseId = aliquot.market.v1.LeaseId;

const FIRST_LIGHT = new URL("../../../../gpu-runner/kernels/scenes/first-light.scene", import.meta.url);
/** The picture of the front page in 160x90: 60 chunks. */
export const SCENE = readFileSync(FIRST_LIGHT, "utf8").replace("size 640 360", "size 160 90");
export const CHUNKS = 60;
const SAMPLES = 16;
const MOST = 2_000_000n;
const DEPOSIT = 2n * MOST;

/** What has become of one tenant's coins. */
export interface Rent {
  tenant: Tenant;
  steps: Steps;
  story: Story;
  dseq: bigint;
  before: bigint;
  fees: bigint;
  lease?: LeaseId;
  price: bigint;
}

async function pay(rent: Rent, message: Parameters<Tenant["send"]>[0][number]): Promise<DeliverTxResponse> {
  const result = accepted(await rent.tenant.send([message]));
  rent.fees += feeOf(result.events);
  return result;
}

/** Two groups: a job, and what nobody offers, so that the deployment outlives the job. */
function creation(owner: string, dseq: bigint) {
  const job = { kernel: "RENDER_Q16", input: toUtf8(SCENE), samples: SAMPLES };
  const maxPrice = coin(MOST.toString(), DENOM);
  const nowhere = { attributes: [{ key: "region", value: "nowhere" }] };
  const groups = [
    { name: "picture", requirements: {}, job, maxPrice },
    { name: "never", requirements: nowhere, job, maxPrice },
  ];
  const deposit = coin(DEPOSIT.toString(), DENOM);
  return deployment.createDeployment({ owner, dseq, groups, hash: sha256(toUtf8(SCENE)), deposit });
}

/** Six steps: the deployment is created, and its deposit is where it should be. */
export async function deploy(rent: Rent): Promise<void> {
  const { tenant, steps, dseq } = rent;
  const owner = tenant.address;
  const message = creation(owner, dseq);
  const gas = await tenant.simulate([message]);
  assert.ok(gas > 10_000 && gas < 2_000_000);
  steps.tell(`the deployment is simulated: ${gas} gas`);

  const created = await pay(rent, message);
  steps.tell(
    `deployment ${dseq} is created at height ${created.height} for ${rent.fees}${DENOM}, ${created.gasUsed} gas`,
  );

  const { MsgCreateDeploymentResponse } = aliquot.deployment.v1;
  assert.equal(created.msgResponses[0]?.typeUrl, "/aliquot.deployment.v1.MsgCreateDeploymentResponse");
  MsgCreateDeploymentResponse.decode(created.msgResponses[0]?.value ?? assert.fail());
  steps.tell("the transaction answers with MsgCreateDeploymentResponse");

  const events = created.events.map(decodeEvent).filter((event) => event !== undefined);
  const orders = events.filter((event) => event.type === "aliquot.market.v1.EventOrderCreated");
  assert.deepEqual(
    orders.map((order) => order.value.id?.gseq),
    [1, 2],
  );
  steps.tell("its events tell of two orders");

  const { account } = await tenant.query.escrow.account({ owner, dseq });
  const held = account?.deposits.reduce((sum, deposit) => sum + BigInt(deposit.amountSub), 0n);
  assert.equal(held, DEPOSIT * 1_000_000n);
  assert.equal(await tenant.balance(), rent.before - DEPOSIT - rent.fees);
  steps.tell(`escrow holds ${DEPOSIT}${DENOM} of it, to the unit`);

  const { order } = await tenant.query.market.order({ id: { owner, dseq, gseq: 1, oseq: 1 } });
  assert.equal(order?.state, aliquot.market.v1.OrderState.ORDER_STATE_OPEN);
  steps.tell("the order of the picture is open");
}

/** Seven steps: a bid comes, is chosen, and is a lease. */
export async function choose(rent: Rent): Promise<void> {
  const { tenant, steps, story, dseq } = rent;
  const owner = tenant.address;
  const bid = await story.until("aliquot.market.v1.EventBidCreated", owner, dseq);
  const id = bid.value.id ?? assert.fail();
  steps.tell(`height ${bid.height}: ${id.provider} bids ${bid.value.price?.amount}${DENOM}`);

  const filters = { owner, dseq, state: BidState.BID_STATE_OPEN };
  const { bids } = await tenant.query.market.bids({ filters });
  assert.deepEqual(
    bids.map((found) => [found.id, found.price]),
    [[id, bid.value.price]],
  );
  steps.tell("the query of open bids has it, and no other");

  rent.price = BigInt(bid.value.price?.amount ?? "");
  assert.ok(rent.price > 0n && rent.price <= MOST);
  steps.tell(`it is within the ${MOST}${DENOM} that the tenant pays at most`);

  const leased = await pay(rent, market.createLease({ owner, id }));
  rent.lease = id;
  steps.tell(`the tenant takes it at height ${leased.height}`);

  const made = leased.events.map(decodeEvent).find((event) => event?.type === "aliquot.market.v1.EventLeaseCreated");
  assert.deepEqual((made?.value as { id: unknown; price: unknown }).price, bid.value.price);
  steps.tell("the event of the lease has the price of the bid");

  const { lease } = await tenant.query.market.lease({ id });
  assert.equal(lease?.state, LeaseState.LEASE_STATE_ACTIVE);
  steps.tell(`the lease is active: ${leaseName(id)}`);

  const { job } = await tenant.query.compute.job({ id });
  assert.deepEqual([job?.chunks, job?.samples, job?.kernel], [CHUNKS, SAMPLES, "RENDER_Q16"]);
  assert.equal(toHex(job?.inputHash ?? new Uint8Array()), toHex(sha256(toUtf8(SCENE))));
  steps.tell(`its job has ${CHUNKS} chunks, of which ${SAMPLES} will be checked`);
}

/** Seven steps: commit, sample, opening and verification, by websocket. */
export async function watch(rent: Rent): Promise<void> {
  const { tenant, steps, story, dseq, lease: id } = rent;
  const owner = tenant.address;
  const committed = await story.until("aliquot.compute.v1.EventJobCommitted", owner, dseq);
  const { root, sampleHeight } = committed.value;
  assert.equal(root.length, 32);
  steps.tell(`height ${committed.height}: the provider commits to ${toHex(root).slice(0, 16)}…`);

  const { job } = await tenant.query.compute.job({ id });
  assert.equal(toHex(job?.root ?? new Uint8Array()), toHex(root));
  steps.tell("the chain holds that root");

  const sampled = await story.until("aliquot.compute.v1.EventJobSampled", owner, dseq);
  assert.equal(BigInt(sampled.height), sampleHeight);
  steps.tell(`height ${sampled.height}: the beacon samples it, as was said`);

  const chunks = sampled.value.sampled;
  // It may pick one twice.
  assert.ok(chunks.length > 0 && chunks.length <= SAMPLES);
  assert.deepEqual(
    chunks,
    [...new Set(chunks)].sort((a, b) => a - b),
  );
  assert.ok(chunks.every((chunk) => chunk < CHUNKS));
  steps.tell(`it picked chunks ${chunks.join(", ")}`);

  const opened = await story.until("aliquot.compute.v1.EventJobOpened", owner, dseq);
  assert.ok(BigInt(opened.height) <= sampled.value.openDeadline);
  steps.tell(`height ${opened.height}: the provider opens them, by ${sampled.value.openDeadline}`);

  const verified = await story.until("aliquot.compute.v1.EventJobVerified", owner, dseq);
  steps.tell(`height ${verified.height}: every node computed them again, and they are right`);

  const { job: after } = await tenant.query.compute.job({ id });
  assert.ok(after && [JobPhase.JOB_PHASE_VERIFIED, JobPhase.JOB_PHASE_SETTLED].includes(after.phase));
  steps.tell(`the job settles at ${verified.value.settlesAt}`);
}

/** Five steps: the price is paid, the rest comes back, the books balance. */
export async function settle(rent: Rent): Promise<void> {
  const { tenant, steps, story, dseq, lease: id, price } = rent;
  const owner = tenant.address;
  const settled = await story.until("aliquot.compute.v1.EventJobSettled", owner, dseq);
  const { job } = await tenant.query.compute.job({ id });
  assert.deepEqual([job?.phase, job?.endedAt], [JobPhase.JOB_PHASE_SETTLED, BigInt(settled.height)]);
  steps.tell(`height ${settled.height}: the job settles`);

  const { lease } = await tenant.query.market.lease({ id });
  assert.deepEqual(
    [lease?.state, lease?.reason],
    [LeaseState.LEASE_STATE_CLOSED, LeaseClosedReason.LEASE_CLOSED_REASON_COMPLETED],
  );
  steps.tell("its lease is closed, for it is completed");

  const { params } = await tenant.query.escrow.params({});
  const earned = (price * 1_000_000n * (10_000n - BigInt(params?.feeBps ?? 0))) / 10_000n;
  const { EventEarned } = aliquot.escrow.v1;
  const wanted = EventEarned.fromPartial({ payee: id?.provider, denom: DENOM, amountSub: earned.toString() });
  const paid = story.at(settled.height).filter((event) => event.type === "aliquot.escrow.v1.EventEarned");
  assert.ok(
    paid.some((event) => isDeepStrictEqual(event.value, wanted)),
    `${earned} was not earned`,
  );
  steps.tell(`the provider earned ${earned} millionths of a ${DENOM}, the price but the protocol's part`);

  const closed = await pay(rent, deployment.closeDeployment({ owner, dseq }));
  const refunds = closed.events.map(decodeEvent).filter((event) => event?.type === "aliquot.escrow.v1.EventRefunded");
  const rest = { denom: DENOM, amount: (DEPOSIT - price).toString() };
  assert.deepEqual(
    refunds.map((event) => event?.value),
    [{ owner, dseq, depositor: owner, amount: rest }],
  );
  assert.equal(await tenant.balance(), rent.before - price - rent.fees);
  steps.tell(
    `the deployment is closed: ${rent.before} - price ${price} - fees ${rent.fees} = ${await tenant.balance()}`,
  );

  const found = await tenant.query.deployment.deployment({ owner, dseq });
  assert.equal(found.deployment?.state, aliquot.deployment.v1.DeploymentState.DEPLOYMENT_STATE_CLOSED);
  assert.equal((await tenant.query.escrow.audit({})).balanced, true);
  steps.tell("the escrow's books balance");
}
