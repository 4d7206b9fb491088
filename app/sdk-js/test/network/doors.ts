// The doors of the node as wallets' requests come to them: REST and CometBFT's RPC, with the recorded headers.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { network } from "./network.js";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any;
}

/** As the extension's background page asks: without an origin for GET, as an extension for POST. */
export const GET = { accept: "application/json, text/plain, */*", "sec-fetch-site": "none" };
export const POST = {
  ...GET,
  "content-type": "application/json",
  origin: "chrome-extension://dmkamcknogkgcdfhhbddcghachkejeap",
};

export function ask(url: string, method: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((answer, fail) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (text) assert.match(response.headers["content-type"] ?? "", /^application\/json/, `${method} ${url}`);
        answer({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text ? JSON.parse(text) : undefined,
        });
      });
    });
    request.on("error", fail).end(body);
  });
}

export const get = (path: string): Promise<Answer> => ask(network.rest + path, "GET", GET);
export const post = (path: string, body: object): Promise<Answer> =>
  ask(network.rest + path, "POST", POST, JSON.stringify(body));

let id = 0;
/** A call from a page on another origin. */
export async function rpc(method: string, params: object): Promise<any> {
  const headers = { "content-type": "application/json", origin: "http://127.0.0.1:5173" };
  const call = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
  const { status, headers: got, body } = await ask(network.rpc, "POST", headers, call);
  assert.deepEqual([status, got["access-control-allow-origin"], body.id], [200, "*", id], JSON.stringify(body));
  return body.result;
}
