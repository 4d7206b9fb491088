// What happened, as it stands in blocks and transactions: each of our events is named as its protobuf message, and its
// attributes are the message's fields as JSON.
import type { Comet38Client } from "@cosmjs/tendermint-rpc";
import { eventTypes } from "./gen/events.js";

/** An event as CometBFT tells it. */
export interface RawEvent {
  readonly type: string;
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: string }>;
}

type EventTypes = typeof eventTypes;

/** One of our events with its fields; `type` says which. */
export type AliquotEvent = {
  [Name in keyof EventTypes]: { type: Name; value: ReturnType<EventTypes[Name]["fromJSON"]> };
}[keyof EventTypes];

/** The runtime says with these where an event comes from; they are no fields of it. */
const PLACE = ["msg_index", "mode"];

/** The event if it is one of ours. */
export function decodeEvent(event: RawEvent): AliquotEvent | undefined {
  if (!Object.hasOwn(eventTypes, event.type)) return undefined;
  const type = event.type as keyof EventTypes;
  const fields = event.attributes.filter(({ key }) => !PLACE.includes(key));
  const json = Object.fromEntries(fields.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
  return { type, value: eventTypes[type].fromJSON(json) } as AliquotEvent;
}

/** What happened in one block, in its transactions and by itself. */
export interface BlockEvents {
  height: number;
  events: AliquotEvent[];
}

/**
 * Gives the events of every block from a height on (not given, from the next), none twice and none left out: past
 * blocks first, then each as it is made. `comet` must be connected to a websocket, as `ws://127.0.0.1:26657`. Ends with
 * `return()` of the generator, or with the connection.
 */
export async function* followEvents(comet: Comet38Client, from?: number): AsyncGenerator<BlockEvents, void> {
  const tops: number[] = [];
  let wake = (): void => undefined;
  let failure: unknown;
  // A block that is new only says how far to read.
  const told = comet.subscribeNewBlockHeader().subscribe({
    next: ({ height }) => (tops.push(height), wake()),
    error: (error) => ((failure = error), wake()),
    complete: () => ((failure = new Error("the connection has ended")), wake()),
  });
  try {
    let next = from;
    for (;;) {
      const top = tops.pop();
      for (next ??= top; top && next && next <= top; next++) yield await blockEvents(comet, next);
      if (failure) throw failure;
      if (tops.length === 0) await new Promise<void>((awake) => (wake = awake));
    }
  } finally {
    told.unsubscribe();
  }
}

async function blockEvents(comet: Comet38Client, height: number): Promise<BlockEvents> {
  const { results, finalizeBlockEvents } = await comet.blockResults(height);
  const raw = [...results.flatMap((result) => result.events), ...finalizeBlockEvents];
  return { height, events: raw.map(decodeEvent).filter((event) => event !== undefined) };
}
