// gRPC-web: frames, answers, and refusals in each of the places where they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aliquot, GrpcError, webQueries } from "../src/index.js";

const { QueryBidsRequest, QueryBidsResponse } = aliquot.market.v1;
const ANSWER = QueryBidsResponse.fromPartial({
  bids: [{ id: { owner: "aliquot1a", dseq: 4n }, price: { amount: "3" } }],
});

function framed(flags: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

const message = framed(0, QueryBidsResponse.encode(ANSWER).finish());
const trailers = (text: string): Buffer => framed(0x80, Buffer.from(text));

function ask(body: Uint8Array, headers: Record<string, string> = {}): Promise<unknown> {
  const fetcher = async (): Promise<Response> => new Response(new Uint8Array(body), { headers });
  return webQueries("http://node", fetcher).market.bids({ filters: { dseq: 4n } });
}

test("a query is a framed POST to the method's path", async () => {
  let seen: [string, RequestInit | undefined] | undefined;
  const queries = webQueries("http://node:1317/", async (url, init) => {
    seen = [String(url), init];
    return new Response(new Uint8Array(Buffer.concat([message, trailers("grpc-status:0\r\n")])));
  });
  assert.deepEqual(await queries.market.bids({ filters: { dseq: 4n } }), ANSWER);
  assert.ok(seen);
  const [url, init] = seen;
  assert.equal(url, "http://node:1317/aliquot.market.v1.Query/Bids");
  assert.equal(init?.method, "POST");
  assert.equal(new Headers(init.headers).get("content-type"), "application/grpc-web+proto");
  const body = Buffer.from(init.body as Uint8Array);
  assert.equal(body[0], 0);
  assert.equal(body.readUInt32BE(1), body.length - 5);
  assert.equal(QueryBidsRequest.decode(body.subarray(5)).filters?.dseq, 4n);
});

test("an empty answer is a message of zero bytes", async () => {
  const none = await ask(
    Buffer.concat([framed(0, new Uint8Array()), trailers("grpc-status: 0\r\ngrpc-message: \r\n")]),
  );
  assert.deepEqual(none, QueryBidsResponse.fromPartial({}));
});

test("a refusal has its code and its text, in trailers or in headers", async () => {
  const wanted = { code: 5, message: "no bid 7: ask again ☺" };
  const text = "no bid 7: ask again %E2%98%BA";
  await assert.rejects(ask(trailers(`grpc-status:5\r\ngrpc-message:${text}\r\n`)), wanted);
  await assert.rejects(ask(new Uint8Array(), { "grpc-status": "5", "grpc-message": text }), wanted);
  await assert.rejects(ask(trailers("grpc-status:3\r\ngrpc-message:100% wrong\r\n")), {
    code: 3,
    message: "100% wrong",
  });
  await assert.rejects(
    ask(trailers("grpc-status:13\r\n")),
    (error) => error instanceof GrpcError && error.message === "",
  );
});

test("an answer that is cut off, compressed or no gRPC-web is refused", async () => {
  const whole = Buffer.concat([message, trailers("grpc-status:0\r\n")]);
  for (const end of [1, 4, message.length - 1, whole.length - 3]) {
    await assert.rejects(ask(whole.subarray(0, end)), { code: 2, message: "the answer ended early" });
  }
  await assert.rejects(ask(message), { code: 2, message: "the answer is no gRPC-web (HTTP status 200)" });
  await assert.rejects(ask(trailers("grpc-status:0\r\n")), { code: 2, message: "the answer is empty" });
  await assert.rejects(ask(Buffer.concat([framed(1, Buffer.from("x")), trailers("grpc-status:0\r\n")])), { code: 2 });
});
