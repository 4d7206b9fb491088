// What the chain knows of one deployment with one job, gathered from its modules; and the transactions that made it.
import { type Device, type Job, JobPhase, type Params as ComputeParams } from "../src/gen/aliquot/compute/v1/types.js";
import { type Deployment, DeploymentState, type Group } from "../src/gen/aliquot/deployment/v1/types.js";
import type { Account, Hold, Params as EscrowParams } from "../src/gen/aliquot/escrow/v1/types.js";
import { type Bid, BidState, type Lease, type Order, OrderState } from "../src/gen/aliquot/market/v1/types.js";
import type { Provider } from "../src/gen/aliquot/provider/v1/types.js";
import { found, type Included, type Node } from "./node.js";

type Fields = Record<string, unknown>;

export interface Params {
  compute: ComputeParams;
  escrow: EscrowParams;
}

/** An open bid with what is known of who made it. */
export interface Offer {
  bid: Bid;
  provider: Provider | undefined;
  device: Device | undefined;
  /** Of 10000. */
  score: number;
  settled: bigint;
  failed: bigint;
}

type Standing = Omit<Offer, "bid" | "device">;

export interface Snapshot {
  height: bigint;
  deployment: Deployment;
  group: Group;
  order: Order | undefined;
  offers: Offer[];
  lease: Lease | undefined;
  job: Job | undefined;
  escrow: { account: Account | undefined; holds: Hold[] };
  provider: Provider | undefined;
  txs: { [S in Step]?: Included | undefined };
  /** Of deposits that the tenant added; known once the deployment is closed. */
  added: Included[];
  /** All that happened is known with its transaction: the index is a little behind the blocks. */
  found: boolean;
  /** Nothing will change any more, and nothing more is looked for. */
  complete: boolean;
}

/** The transactions of a job's life. */
export type Step = "create" | "lease" | "commit" | "open" | "close";

/** The job is over, well or not, or will never be. */
export function isOver({ deployment }: Snapshot): boolean {
  return deployment.state === CLOSED;
}

const CLOSED = DeploymentState.DEPLOYMENT_STATE_CLOSED;
/** How often transactions of what ended are looked for that a node may have forgotten. */
const PATIENCE = 20;
const NEWEST = { limit: 20n, reverse: true };

export async function loadParams({ query }: Node): Promise<Params> {
  const [compute, escrow] = await Promise.all([query.compute.params({}), query.escrow.params({})]);
  if (!compute.params || !escrow.params) throw new Error("the node tells no parameters");
  return { compute: compute.params, escrow: escrow.params };
}

export interface Own {
  dseq: bigint;
  open: boolean;
}

/** An account's deployments of one job, the newest first. */
export async function own({ query }: Node, owner: string): Promise<Own[]> {
  const { deployments } = await query.deployment.deployments({ filters: { owner }, pagination: NEWEST });
  const jobs = deployments.filter(({ groups }) => groups.length === 1 && groups[0]?.spec?.job);
  return jobs.flatMap(({ deployment }) =>
    deployment?.id ? [{ dseq: deployment.id.dseq, open: deployment.state !== CLOSED }] : [],
  );
}

/** Follows one deployment; what does not change is asked once. */
export class Follower {
  private readonly txs: { [S in Step]?: Included | undefined } = {};
  private added: Included[] = [];
  private looksSinceEnd = 0;
  private readonly providers = new Map<string, Promise<Standing>>();
  private readonly devices = new Map<string, Promise<Device | undefined>>();

  constructor(
    private readonly node: Node,
    private readonly params: Params,
    private readonly owner: string,
    readonly dseq: bigint,
  ) {}

  /** Nothing where there is no such deployment, or it is not one job. */
  async look(): Promise<Snapshot | undefined> {
    const { node, owner, dseq } = this;
    const { query } = node;
    const id = { owner, dseq };
    // First, because the other modules refuse to answer for a deployment that is not there.
    const { deployment, groups } = (await found(query.deployment.deployment(id))) ?? {};
    const group = groups?.[0];
    if (!deployment || !group?.spec?.job || groups?.length !== 1) return undefined;
    const [bids, leases, escrow] = await Promise.all([
      query.market.bids({ filters: { ...id, state: BidState.BID_STATE_OPEN } }),
      query.market.leases({ filters: id }),
      found(query.escrow.account(id)),
    ]);
    const lease = leases.leases[0];
    const [order, job, offers, facts] = await Promise.all([
      found(query.market.order({ id: { ...id, gseq: 1, oseq: group.oseq } })),
      lease && found(query.compute.job({ id: lease.id })),
      Promise.all(bids.bids.map((bid) => this.offer(bid))),
      lease && this.standing(lease.id?.provider ?? ""),
    ]);
    const allFound = await this.findTxs(deployment, order?.order, lease, job?.job);
    return {
      // Last, so that nothing is newer than it.
      height: await node.height(),
      deployment,
      group,
      order: order?.order,
      offers: offers.sort((a, b) => (price(a) < price(b) ? -1 : 1)),
      lease,
      job: job?.job,
      escrow: { account: escrow?.account, holds: escrow?.holds ?? [] },
      provider: facts?.provider,
      txs: { ...this.txs },
      added: this.added,
      found: allFound,
      complete: deployment.state === CLOSED && (allFound || this.looksSinceEnd > PATIENCE),
    };
  }

  private async offer(bid: Bid): Promise<Offer> {
    const [standing, device] = await Promise.all([
      this.standing(bid.id?.provider ?? ""),
      once(
        this.devices,
        bid.deviceId.join(),
        async () => (await found(this.node.query.compute.device({ id: bid.deviceId })))?.device,
      ),
    ]);
    return { ...standing, bid, device };
  }

  private standing(provider: string): Promise<Standing> {
    return once(this.providers, provider, () => this.ask(provider));
  }

  private async ask(owner: string): Promise<Standing> {
    const { query } = this.node;
    const [record, standing] = await Promise.all([
      found(query.provider.provider({ owner })),
      found(query.provider.reliability({ owner })),
    ]);
    return {
      provider: record?.provider,
      score: standing?.scoreBps ?? 0,
      settled: standing?.reliability?.leasesCompleted ?? 0n,
      failed: standing?.reliability?.leasesFailed ?? 0n,
    };
  }

  /** Looks for the transactions that there must be; whether all are found. */
  private async findTxs(deployment: Deployment, order?: Order, lease?: Lease, job?: Job): Promise<boolean> {
    const own = (message: Fields): boolean =>
      message["owner"] === this.owner && message["dseq"] === this.dseq.toString();
    const ofLease = ({ id }: Fields): boolean => {
      const { owner, dseq, provider } = (id ?? {}) as Fields;
      return owner === this.owner && dseq === this.dseq.toString() && provider === lease?.id?.provider;
    };
    const from = `tx.height>=${deployment.createdAt}`;
    const asked = [this.find("create", "deployment.v1.MsgCreateDeployment", `tx.height=${deployment.createdAt}`, own)];
    if (lease) asked.push(this.find("lease", "market.v1.MsgCreateLease", `tx.height=${lease.createdAt}`, ofLease));
    if (job && job.committedAt > 0n) {
      asked.push(this.find("commit", "compute.v1.MsgCommitResult", `tx.height=${job.committedAt}`, ofLease));
    }
    if (job && job.phase >= JobPhase.JOB_PHASE_OPENED && job.phase <= JobPhase.JOB_PHASE_SETTLED) {
      const [first, blocks] = [sampleHeight(job, this.params), BigInt(this.params.compute.openBlocks)];
      const opening = `tx.height>=${first} AND tx.height<=${first + blocks}`;
      asked.push(this.find("open", "compute.v1.MsgOpenSamples", opening, ofLease));
    }
    const ended = deployment.state === CLOSED && order?.state !== OrderState.ORDER_STATE_EXPIRED;
    if (ended && (!job || job.phase === JobPhase.JOB_PHASE_CANCELLED)) {
      asked.push(
        this.find("close", "deployment.v1.MsgCloseDeployment", `${from} AND message.sender='${this.owner}'`, own),
      );
    }
    if (deployment.state === CLOSED) {
      this.looksSinceEnd += 1;
      const by = `message.sender='${this.owner}' AND ${from}`;
      this.added = await this.node.search(`message.action='/aliquot.escrow.v1.MsgAccountDeposit' AND ${by}`, own);
    }
    return (await Promise.all(asked)).every(Boolean);
  }

  private async find(step: Step, type: string, where: string, fits: (message: Fields) => boolean): Promise<boolean> {
    this.txs[step] ??= (await this.node.search(`message.action='/aliquot.${type}' AND ${where}`, fits))[0];
    return this.txs[step] !== undefined;
  }
}

/** What failed is asked again. */
function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}

function price({ bid }: Offer): bigint {
  return BigInt(bid.price?.amount ?? "0");
}

/** The height whose beacon draws the sample. */
export function sampleHeight(job: Job, { compute }: Params): bigint {
  return job.committedAt + BigInt(compute.sampleDelayBlocks);
}
