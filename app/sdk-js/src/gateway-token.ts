// Tokens by which an account proves itself to a provider's gateway: JSON Web Tokens signed as wallets sign arbitrary
// data (ADR-036), which gateways know as the algorithm ES256KADR36.
import type { OfflineAminoSigner, StdSignDoc } from "@cosmjs/amino";
import { toBase64, toUtf8 } from "@cosmjs/encoding";

/** What a gateway is asked for. */
export type Scope = "send-manifest" | "get-manifest" | "status" | "logs" | "events" | "shell" | "result";

export interface TokenRequest {
  /** The account that asks, and signs. */
  account: string;
  provider: string;
  /** The leases that the token opens; none given opens all of the account's at this provider. */
  leases?: ReadonlyArray<{ dseq: bigint; gseq: number; oseq: number }>;
  /** What it opens them for; not given, for everything. */
  scope?: readonly Scope[];
  /** Seconds that it lives; gateways take an hour at most. */
  life?: number;
}

/** Signs data by ADR-036; with Keplr, `(data) => keplr.signArbitrary(chainId, account, data)`. */
export type SignArbitrary = (data: string) => Promise<{ signature: string }>;

const LIFE = 600;

export async function gatewayToken(request: TokenRequest, sign: SignArbitrary): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    version: "v1",
    iss: request.account,
    aud: request.provider,
    iat: now,
    nbf: now,
    exp: now + (request.life ?? LIFE),
    leases: leaseClaims(request),
  };
  const signed = `${part({ alg: "ES256KADR36", typ: "JWT" })}.${part(claims)}`;
  const { signature } = await sign(signed);
  return `${signed}.${urlSafe(signature)}`;
}

function leaseClaims({ provider, leases = [], scope }: TokenRequest): object {
  if (leases.length === 0) return scope ? { access: "scoped", scope } : { access: "full" };
  const deployments = leases.map(({ dseq, gseq, oseq }) => {
    if (dseq > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`${dseq} is no number that JSON can hold`);
    // JSON leaves the scope out where it is undefined.
    return { dseq: Number(dseq), gseq, oseq, scope };
  });
  return { access: "granular", permissions: [{ provider, access: "granular", deployments }] };
}

function part(value: object): string {
  return urlSafe(toBase64(toUtf8(JSON.stringify(value))));
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Makes a signer without `signArbitrary`, as CosmJS's wallets are, sign arbitrary data. */
export function arbitrarySigner(signer: OfflineAminoSigner, account: string): SignArbitrary {
  return async (data) => {
    const document: StdSignDoc = {
      chain_id: "",
      account_number: "0",
      sequence: "0",
      fee: { gas: "0", amount: [] },
      msgs: [{ type: "sign/MsgSignData", value: { signer: account, data: toBase64(toUtf8(data)) } }],
      memo: "",
    };
    const { signature } = await signer.signAmino(account, document);
    return { signature: signature.signature };
  };
}
