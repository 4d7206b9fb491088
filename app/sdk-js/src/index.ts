// What the package offers.
export { AliquotClient, connectQueries, type Queries } from "./client.js";
export type { Composed } from "./composer.js";
export { type AliquotEvent, type BlockEvents, decodeEvent, followEvents, type RawEvent } from "./events.js";
export { arbitrarySigner, gatewayToken, type Scope, type SignArbitrary, type TokenRequest } from "./gateway-token.js";
// The types of all our packages, as `aliquot.market.v1.Bid`.
export { aliquot } from "./gen/index.js";
// Composers of messages, as `deployment.createDeployment({...})`.
export { audit, beacon, compute, deployment, escrow, market, provider, validator } from "./gen/messages.js";
export { aminoTypes, registry } from "./registry.js";
export {
  type Artifacts,
  fetchResult,
  leaseName,
  type Picture,
  picture,
  type ResultRequest,
  sceneSize,
  verifyResult,
} from "./result.js";
export { GrpcError, webQueries, webRpc } from "./web.js";
