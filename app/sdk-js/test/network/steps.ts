// A story of numbered steps, each printed with what it found; and the parts of it that every signer shares.
import assert from "node:assert/strict";
import type { EncodeObject } from "@cosmjs/proto-signing";
import type { DeliverTxResponse } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { type AliquotEvent, type BlockEvents, followEvents, type Queries } from "../../src/index.js";
import { network } from "./network.js";

/** Who rents: an account of one key or of several. */
export interface Tenant {
  address: string;
  query: Queries;
  /** Signs, sends and waits for the block. */
  send(messages: EncodeObject[]): Promise<DeliverTxResponse>;
  simulate(messages: EncodeObject[]): Promise<number>;
  balance(): Promise<bigint>;
}

export class Steps {
  private done = 0;

  constructor(private readonly name: string) {}

  /** Prints the step; it has been asserted before. */
  tell(what: string): void {
    this.done += 1;
    console.log(`${this.name} ${String(this.done).padStart(2)}. ${what}`);
  }

  end(count: number): void {
    assert.equal(this.done, count);
  }
}

type Name = AliquotEvent["type"];
type Of<N extends Name> = Extract<AliquotEvent, { type: N }>["value"];

/** The events of the chain by websocket, block by block, from now on. */
export class Story {
  private readonly seen: Array<{ height: number; event: AliquotEvent }> = [];

  private constructor(
    private readonly comet: Comet38Client,
    private readonly blocks: AsyncGenerator<BlockEvents, void>,
    /** The height of the block that was read last. */
    public height: number,
  ) {}

  static async follow(): Promise<Story> {
    const comet = await Comet38Client.connect(network.rpc.replace("http", "ws"));
    const { syncInfo } = await comet.status();
    return new Story(comet, followEvents(comet, syncInfo.latestBlockHeight), syncInfo.latestBlockHeight);
  }

  /** Waits for an event of a type about one deployment. */
  async until<N extends Name>(type: N, owner: string, dseq: bigint): Promise<{ height: number; value: Of<N> }> {
    for (let looked = 0; ; looked++) {
      while (looked >= this.seen.length) await this.read();
      const { height, event } = this.seen[looked] ?? assert.fail();
      const id = (event.value as { id?: { owner: string; dseq: bigint } }).id;
      if (event.type === type && id?.owner === owner && id.dseq === dseq)
        return { height, value: event.value as Of<N> };
    }
  }

  /** The events of a block that was waited for. */
  at(height: number): AliquotEvent[] {
    return this.seen.filter((seen) => seen.height === height).map((seen) => seen.event);
  }

  private async read(): Promise<void> {
    const { value } = await this.blocks.next();
    if (!value) throw new Error("the chain can no longer be followed");
    this.height = value.height;
    this.seen.push(...value.events.map((event) => ({ height: value.height, event })));
  }

  async end(): Promise<void> {
    await this.blocks.return();
    this.comet.disconnect();
  }
}
