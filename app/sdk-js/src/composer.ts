// A composer makes of a message's fields what signing takes; src/gen/messages.ts has one for each message.

/** A message with its type, as CosmJS's `EncodeObject`. */
export interface Composed<T> {
  typeUrl: string;
  value: T;
}

/** Fields that are not given take their zero value. */
export function composer<T, P>(typeUrl: string, codec: { fromPartial(fields: P): T }): (fields: P) => Composed<T> {
  return (fields) => ({ typeUrl, value: codec.fromPartial(fields) });
}
