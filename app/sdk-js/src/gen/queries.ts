// Generated from the descriptors by `npm run generate`. Do not edit.
import type { ProtobufRpcClient } from "@cosmjs/stargate";
import { query } from "../query.js";
import * as aliquot_audit_v1_query from "./aliquot/audit/v1/query.js";
import * as aliquot_beacon_v1_query from "./aliquot/beacon/v1/query.js";
import * as aliquot_compute_v1_query from "./aliquot/compute/v1/query.js";
import * as aliquot_deployment_v1_query from "./aliquot/deployment/v1/query.js";
import * as aliquot_escrow_v1_query from "./aliquot/escrow/v1/query.js";
import * as aliquot_market_v1_query from "./aliquot/market/v1/query.js";
import * as aliquot_provider_v1_query from "./aliquot/provider/v1/query.js";
import * as aliquot_validator_v1_query from "./aliquot/validator/v1/query.js";

/** The queries of each module. */
export function moduleQueries(rpc: ProtobufRpcClient) {
  return {
    audit: {
      attestations: query(rpc, "aliquot.audit.v1.Query/Attestations", aliquot_audit_v1_query.QueryAttestationsRequest, aliquot_audit_v1_query.QueryAttestationsResponse),
      attestation: query(rpc, "aliquot.audit.v1.Query/Attestation", aliquot_audit_v1_query.QueryAttestationRequest, aliquot_audit_v1_query.QueryAttestationResponse),
    },
    beacon: {
      beacon: query(rpc, "aliquot.beacon.v1.Query/Beacon", aliquot_beacon_v1_query.QueryBeaconRequest, aliquot_beacon_v1_query.QueryBeaconResponse),
      omissions: query(rpc, "aliquot.beacon.v1.Query/Omissions", aliquot_beacon_v1_query.QueryOmissionsRequest, aliquot_beacon_v1_query.QueryOmissionsResponse),
    },
    compute: {
      devices: query(rpc, "aliquot.compute.v1.Query/Devices", aliquot_compute_v1_query.QueryDevicesRequest, aliquot_compute_v1_query.QueryDevicesResponse),
      device: query(rpc, "aliquot.compute.v1.Query/Device", aliquot_compute_v1_query.QueryDeviceRequest, aliquot_compute_v1_query.QueryDeviceResponse),
      kernels: query(rpc, "aliquot.compute.v1.Query/Kernels", aliquot_compute_v1_query.QueryKernelsRequest, aliquot_compute_v1_query.QueryKernelsResponse),
      jobs: query(rpc, "aliquot.compute.v1.Query/Jobs", aliquot_compute_v1_query.QueryJobsRequest, aliquot_compute_v1_query.QueryJobsResponse),
      job: query(rpc, "aliquot.compute.v1.Query/Job", aliquot_compute_v1_query.QueryJobRequest, aliquot_compute_v1_query.QueryJobResponse),
      params: query(rpc, "aliquot.compute.v1.Query/Params", aliquot_compute_v1_query.QueryParamsRequest, aliquot_compute_v1_query.QueryParamsResponse),
    },
    deployment: {
      deployments: query(rpc, "aliquot.deployment.v1.Query/Deployments", aliquot_deployment_v1_query.QueryDeploymentsRequest, aliquot_deployment_v1_query.QueryDeploymentsResponse),
      deployment: query(rpc, "aliquot.deployment.v1.Query/Deployment", aliquot_deployment_v1_query.QueryDeploymentRequest, aliquot_deployment_v1_query.QueryDeploymentResponse),
      group: query(rpc, "aliquot.deployment.v1.Query/Group", aliquot_deployment_v1_query.QueryGroupRequest, aliquot_deployment_v1_query.QueryGroupResponse),
      params: query(rpc, "aliquot.deployment.v1.Query/Params", aliquot_deployment_v1_query.QueryParamsRequest, aliquot_deployment_v1_query.QueryParamsResponse),
    },
    escrow: {
      accounts: query(rpc, "aliquot.escrow.v1.Query/Accounts", aliquot_escrow_v1_query.QueryAccountsRequest, aliquot_escrow_v1_query.QueryAccountsResponse),
      account: query(rpc, "aliquot.escrow.v1.Query/Account", aliquot_escrow_v1_query.QueryAccountRequest, aliquot_escrow_v1_query.QueryAccountResponse),
      earnings: query(rpc, "aliquot.escrow.v1.Query/Earnings", aliquot_escrow_v1_query.QueryEarningsRequest, aliquot_escrow_v1_query.QueryEarningsResponse),
      payment: query(rpc, "aliquot.escrow.v1.Query/Payment", aliquot_escrow_v1_query.QueryPaymentRequest, aliquot_escrow_v1_query.QueryPaymentResponse),
      blocksRemaining: query(rpc, "aliquot.escrow.v1.Query/BlocksRemaining", aliquot_escrow_v1_query.QueryBlocksRemainingRequest, aliquot_escrow_v1_query.QueryBlocksRemainingResponse),
      audit: query(rpc, "aliquot.escrow.v1.Query/Audit", aliquot_escrow_v1_query.QueryAuditRequest, aliquot_escrow_v1_query.QueryAuditResponse),
      params: query(rpc, "aliquot.escrow.v1.Query/Params", aliquot_escrow_v1_query.QueryParamsRequest, aliquot_escrow_v1_query.QueryParamsResponse),
    },
    market: {
      orders: query(rpc, "aliquot.market.v1.Query/Orders", aliquot_market_v1_query.QueryOrdersRequest, aliquot_market_v1_query.QueryOrdersResponse),
      order: query(rpc, "aliquot.market.v1.Query/Order", aliquot_market_v1_query.QueryOrderRequest, aliquot_market_v1_query.QueryOrderResponse),
      bids: query(rpc, "aliquot.market.v1.Query/Bids", aliquot_market_v1_query.QueryBidsRequest, aliquot_market_v1_query.QueryBidsResponse),
      bid: query(rpc, "aliquot.market.v1.Query/Bid", aliquot_market_v1_query.QueryBidRequest, aliquot_market_v1_query.QueryBidResponse),
      leases: query(rpc, "aliquot.market.v1.Query/Leases", aliquot_market_v1_query.QueryLeasesRequest, aliquot_market_v1_query.QueryLeasesResponse),
      lease: query(rpc, "aliquot.market.v1.Query/Lease", aliquot_market_v1_query.QueryLeaseRequest, aliquot_market_v1_query.QueryLeaseResponse),
      match: query(rpc, "aliquot.market.v1.Query/Match", aliquot_market_v1_query.QueryMatchRequest, aliquot_market_v1_query.QueryMatchResponse),
      quote: query(rpc, "aliquot.market.v1.Query/Quote", aliquot_market_v1_query.QueryQuoteRequest, aliquot_market_v1_query.QueryQuoteResponse),
      params: query(rpc, "aliquot.market.v1.Query/Params", aliquot_market_v1_query.QueryParamsRequest, aliquot_market_v1_query.QueryParamsResponse),
    },
    provider: {
      providers: query(rpc, "aliquot.provider.v1.Query/Providers", aliquot_provider_v1_query.QueryProvidersRequest, aliquot_provider_v1_query.QueryProvidersResponse),
      provider: query(rpc, "aliquot.provider.v1.Query/Provider", aliquot_provider_v1_query.QueryProviderRequest, aliquot_provider_v1_query.QueryProviderResponse),
      reliability: query(rpc, "aliquot.provider.v1.Query/Reliability", aliquot_provider_v1_query.QueryReliabilityRequest, aliquot_provider_v1_query.QueryReliabilityResponse),
      params: query(rpc, "aliquot.provider.v1.Query/Params", aliquot_provider_v1_query.QueryParamsRequest, aliquot_provider_v1_query.QueryParamsResponse),
    },
    validator: {
      validators: query(rpc, "aliquot.validator.v1.Query/Validators", aliquot_validator_v1_query.QueryValidatorsRequest, aliquot_validator_v1_query.QueryValidatorsResponse),
      params: query(rpc, "aliquot.validator.v1.Query/Params", aliquot_validator_v1_query.QueryParamsRequest, aliquot_validator_v1_query.QueryParamsResponse),
    },
  };
}
