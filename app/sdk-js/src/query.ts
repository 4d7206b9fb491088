// A query asks a node for one method of a module's Query service; src/gen/queries.ts has one for each method.
import type { ProtobufRpcClient } from "@cosmjs/stargate";

interface RequestCodec<Q, P> {
  fromPartial(fields: P): Q;
  encode(request: Q): { finish(): Uint8Array };
}

interface ResponseCodec<R> {
  decode(bytes: Uint8Array): R;
}

/** Fields that are not given take their zero value. */
export function query<Q, P, R>(
  rpc: ProtobufRpcClient,
  path: string,
  request: RequestCodec<Q, P>,
  response: ResponseCodec<R>,
): (fields: P) => Promise<R> {
  const [service = "", method = ""] = path.split("/");
  return async (fields) => {
    const bytes = request.encode(request.fromPartial(fields)).finish();
    return response.decode(await rpc.request(service, method, bytes));
  };
}
