// Queries over gRPC-web, which a node answers on its REST port: for pages, and for all who reach only HTTP.
import type { ProtobufRpcClient } from "@cosmjs/stargate";
import type { Queries } from "./client.js";
import { moduleQueries } from "./gen/queries.js";

/** What a node refuses with: a gRPC code, as 5 for what it does not find. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Queries of our modules, as `webQueries("http://127.0.0.1:1317").market.bids({...})`. */
export function webQueries(origin: string, fetcher: typeof fetch = fetch): Queries {
  return moduleQueries(webRpc(origin, fetcher));
}

/** Any unary method, of other modules too. */
export function webRpc(origin: string, fetcher: typeof fetch = fetch): ProtobufRpcClient {
  const base = origin.replace(/\/+$/, "");
  return {
    request: async (service, method, data) => {
      const response = await fetcher(`${base}/${service}/${method}`, {
        method: "POST",
        headers: {
          "content-type": "application/grpc-web+proto",
          accept: "application/grpc-web+proto",
          "x-grpc-web": "1",
        },
        body: frame(data),
      });
      return answer(response, new Uint8Array(await response.arrayBuffer()));
    },
  };
}

const HEADER = 5;
const COMPRESSED = 0x01;
const TRAILERS = 0x80;
const UNKNOWN = 2;

/** A message behind its flags and its length. */
function frame(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + data.length);
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, HEADER);
  return bytes;
}

function answer(response: Response, bytes: Uint8Array): Uint8Array {
  // A refusal without an answer has its status among the headers.
  let status = readStatus((name) => response.headers.get(name));
  let message: Uint8Array | undefined;
  for (const { flags, data } of frames(bytes)) {
    if (flags & COMPRESSED) throw new GrpcError(UNKNOWN, "the answer is compressed, which was not asked for");
    if (flags & TRAILERS) status = readStatus(trailers(new TextDecoder().decode(data)));
    else message = data;
  }
  if (!status) throw new GrpcError(UNKNOWN, `the answer is no gRPC-web (HTTP status ${response.status})`);
  if (status.code !== 0) throw new GrpcError(status.code, status.message);
  if (!message) throw new GrpcError(UNKNOWN, "the answer is empty");
  return message;
}

function* frames(bytes: Uint8Array): Generator<{ flags: number; data: Uint8Array }> {
  for (let at = 0; at < bytes.length;) {
    const flags = bytes[at] ?? 0;
    const end = bytes.length - at < HEADER ? Infinity : at + HEADER + length(bytes, at);
    if (end > bytes.length) throw new GrpcError(UNKNOWN, "the answer ended early");
    yield { flags, data: bytes.subarray(at + HEADER, end) };
    at = end;
  }
}

function length(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(1);
}

function trailers(text: string): (name: string) => string | null {
  const pairs = text.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return (name) => pairs.find(([key]) => key === name)?.[1] ?? null;
}

function readStatus(get: (name: string) => string | null): { code: number; message: string } | undefined {
  const code = get("grpc-status");
  return code === null ? undefined : { code: Number(code), message: unescaped(get("grpc-message") ?? "") };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
