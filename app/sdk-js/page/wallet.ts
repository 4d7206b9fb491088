// The wallet: Keplr, or one that puts itself in its place. It is told of this chain by the node's own description.
import type { OfflineAminoSigner } from "@cosmjs/amino";
import type { OfflineDirectSigner } from "@cosmjs/proto-signing";
import { gatewayToken } from "../src/gateway-token.js";
import type { LeaseId } from "../src/gen/aliquot/market/v1/types.js";
import { DENOM, type Node } from "./node.js";
import { Told } from "./words.js";

export interface Wallet {
  address: string;
  name: string;
  publicKey: Uint8Array;
  /** A Ledger shows and signs amino JSON alone. */
  ledger: boolean;
  chainId: string;
  /** Of one gas, in ualq. */
  gasPrice: number;
  direct(): OfflineDirectSigner;
  amino(): OfflineAminoSigner;
  /** Opens the result of a lease at its provider's gateway, for ten minutes. */
  token(lease: LeaseId): Promise<string>;
}

export async function connect(node: Node): Promise<Wallet> {
  const keplr = await injected();
  if (!keplr) {
    throw new Told("There is no wallet in this browser. Install Keplr from keplr.app, then reload this page.");
  }
  const info = await node.chainInfo();
  const { chainId } = info;
  await keplr.experimentalSuggestChain(info);
  await keplr.enable(chainId);
  const key = await keplr.getKey(chainId);
  const address = key.bech32Address;
  const gasPrice = info.feeCurrencies.find(({ coinMinimalDenom }) => coinMinimalDenom === DENOM)?.gasPriceStep.average;
  return {
    address,
    name: key.name,
    publicKey: key.pubKey,
    ledger: key.isNanoLedger,
    chainId,
    gasPrice: gasPrice ?? 0,
    direct: () => keplr.getOfflineSigner(chainId),
    amino: () => keplr.getOfflineSignerOnlyAmino(chainId),
    token: ({ provider, dseq, gseq, oseq }) => {
      const request = { account: address, provider, leases: [{ dseq, gseq, oseq }], scope: ["result"] as const };
      return gatewayToken(request, (data) => keplr.signArbitrary(chainId, address, data));
    },
  };
}

/** Wallets inject themselves at the latest when the page has loaded. */
async function injected(): Promise<Keplr | undefined> {
  if (!window.keplr && document.readyState !== "complete") {
    await new Promise((resolve) => window.addEventListener("load", resolve, { once: true }));
  }
  return window.keplr;
}
