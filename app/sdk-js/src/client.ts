// Clients of a node: CosmJS's SigningStargateClient that knows our messages, and typed queries of our modules.
import type { OfflineSigner } from "@cosmjs/proto-signing";
import {
  createProtobufRpcClient,
  QueryClient,
  SigningStargateClient,
  type SigningStargateClientOptions,
} from "@cosmjs/stargate";
import { type CometClient, connectComet, type HttpEndpoint } from "@cosmjs/tendermint-rpc";
import { moduleQueries } from "./gen/queries.js";
import { aminoTypes, registry } from "./registry.js";

export type Queries = ReturnType<typeof moduleQueries>;

export class AliquotClient extends SigningStargateClient {
  /** Queries of our modules, as `client.query.market.bids({...})`. */
  readonly query: Queries;

  protected constructor(comet: CometClient | undefined, signer: OfflineSigner, options: SigningStargateClientOptions) {
    super(comet, signer, { registry, aminoTypes, ...options });
    this.query = moduleQueries({
      request: (service, method, data) =>
        createProtobufRpcClient(this.forceGetQueryClient()).request(service, method, data),
    });
  }

  static override async connectWithSigner(
    endpoint: string | HttpEndpoint,
    signer: OfflineSigner,
    options: SigningStargateClientOptions = {},
  ): Promise<AliquotClient> {
    return AliquotClient.createWithSigner(await connectComet(endpoint), signer, options);
  }

  static override createWithSigner(
    comet: CometClient,
    signer: OfflineSigner,
    options: SigningStargateClientOptions = {},
  ): AliquotClient {
    return new AliquotClient(comet, signer, options);
  }

  static override async offline(
    signer: OfflineSigner,
    options: SigningStargateClientOptions = {},
  ): Promise<AliquotClient> {
    return new AliquotClient(undefined, signer, options);
  }
}

/** Queries of our modules for those who sign nothing. */
export async function connectQueries(endpoint: string | HttpEndpoint): Promise<Queries> {
  return moduleQueries(createProtobufRpcClient(new QueryClient(await connectComet(endpoint))));
}
