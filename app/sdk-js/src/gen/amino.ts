// Generated from the descriptors by `npm run generate`. Do not edit.
import type { AminoMessage } from "../amino.js";

export const aminoMessages: Record<string, AminoMessage> = {
  "aliquot.audit.v1.MsgDeleteProviderAttributes": {
    amino: "aliquot/MsgDeleteProviderAttributes",
    fields: [
      { key: "auditor", name: "auditor", kind: "string" },
      { key: "provider", name: "provider", kind: "string" },
      { key: "keys", name: "keys", kind: "string", repeated: true },
    ],
  },
  "aliquot.audit.v1.MsgSignProviderAttributes": {
    amino: "aliquot/MsgSignProviderAttributes",
    fields: [
      { key: "auditor", name: "auditor", kind: "string" },
      { key: "provider", name: "provider", kind: "string" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
      { key: "expiresAt", name: "expires_at", kind: "int64" },
      { key: "evidenceHash", name: "evidence_hash", kind: "bytes" },
    ],
  },
  "aliquot.beacon.v1.MsgBeacon": {
    amino: "aliquot/MsgBeacon",
    fields: [
      { key: "proposer", name: "proposer", kind: "string" },
      { key: "proof", name: "proof", kind: "bytes" },
    ],
  },
  "aliquot.compute.v1.MsgCommitResult": {
    amino: "aliquot/MsgCommitResult",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "root", name: "root", kind: "bytes" },
    ],
  },
  "aliquot.compute.v1.MsgOpenSamples": {
    amino: "aliquot/MsgOpenSamples",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "openings", name: "openings", kind: "message", type: "aliquot.compute.v1.Openings" },
    ],
  },
  "aliquot.compute.v1.MsgRegisterDevice": {
    amino: "aliquot/MsgRegisterDevice",
    fields: [
      { key: "provider", name: "provider", kind: "string" },
      { key: "nonce", name: "nonce", kind: "int64" },
      { key: "bond", name: "bond", kind: "message", type: "cosmos.base.v1beta1.Coin" },
    ],
  },
  "aliquot.compute.v1.MsgUpdateBond": {
    amino: "aliquot/MsgUpdateBond",
    fields: [
      { key: "provider", name: "provider", kind: "string" },
      { key: "deviceId", name: "device_id", kind: "bytes" },
      { key: "amount", name: "amount", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "withdraw", name: "withdraw", kind: "bool" },
    ],
  },
  "aliquot.compute.v1.MsgUpdateParams": {
    amino: "aliquot/compute/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "aliquot.compute.v1.Params" },
    ],
  },
  "aliquot.compute.v1.Openings": {
    fields: [
      { key: "outputs", name: "outputs", kind: "bytes", repeated: true },
      { key: "path", name: "path", kind: "bytes", repeated: true },
    ],
  },
  "aliquot.compute.v1.Params": {
    fields: [
      { key: "minBonds", name: "min_bonds", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true },
      { key: "lockBps", name: "lock_bps", kind: "number" },
      { key: "slashBurnBps", name: "slash_burn_bps", kind: "number" },
      { key: "slashTenantBps", name: "slash_tenant_bps", kind: "number" },
      { key: "lateBps", name: "late_bps", kind: "number" },
      { key: "jobCancelBps", name: "job_cancel_bps", kind: "number" },
      { key: "sampleDelayBlocks", name: "sample_delay_blocks", kind: "number" },
      { key: "openBlocks", name: "open_blocks", kind: "number" },
      { key: "challengeBlocks", name: "challenge_blocks", kind: "number" },
      { key: "commitBlocks", name: "commit_blocks", kind: "number" },
      { key: "defaultSamples", name: "default_samples", kind: "number" },
      { key: "verifyGasPerBlock", name: "verify_gas_per_block", kind: "int64" },
      { key: "maxChunkCost", name: "max_chunk_cost", kind: "int64" },
      { key: "serviceLockBlocks", name: "service_lock_blocks", kind: "number" },
      { key: "serviceFaultBps", name: "service_fault_bps", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.Cpu": {
    fields: [
      { key: "milliUnits", name: "milli_units", kind: "number" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
    ],
  },
  "aliquot.deployment.v1.Endpoint": {
    fields: [
      { key: "kind", name: "kind", kind: "number" },
      { key: "sequenceNumber", name: "sequence_number", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.Gpu": {
    fields: [
      { key: "units", name: "units", kind: "number" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
    ],
  },
  "aliquot.deployment.v1.GroupSpec": {
    fields: [
      { key: "name", name: "name", kind: "string" },
      { key: "requirements", name: "requirements", kind: "message", type: "aliquot.deployment.v1.PlacementRequirements" },
      { key: "job", name: "job", kind: "message", type: "aliquot.deployment.v1.JobSpec" },
      { key: "maxPrice", name: "max_price", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "service", name: "service", kind: "message", type: "aliquot.deployment.v1.ServiceSpec" },
      { key: "award", name: "award", kind: "number" },
      { key: "bidWindowBlocks", name: "bid_window_blocks", kind: "number" },
      { key: "reclamationBlocks", name: "reclamation_blocks", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.JobSpec": {
    fields: [
      { key: "kernel", name: "kernel", kind: "string" },
      { key: "input", name: "input", kind: "bytes" },
      { key: "samples", name: "samples", kind: "number" },
      { key: "commitBlocks", name: "commit_blocks", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.Memory": {
    fields: [
      { key: "bytes", name: "bytes", kind: "int64" },
    ],
  },
  "aliquot.deployment.v1.MsgCloseDeployment": {
    amino: "aliquot/MsgCloseDeployment",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
    ],
  },
  "aliquot.deployment.v1.MsgCloseGroup": {
    amino: "aliquot/MsgCloseGroup",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "gseq", name: "gseq", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.MsgCreateDeployment": {
    amino: "aliquot/MsgCreateDeployment",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "groups", name: "groups", kind: "message", type: "aliquot.deployment.v1.GroupSpec", repeated: true },
      { key: "hash", name: "hash", kind: "bytes" },
      { key: "deposit", name: "deposit", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "graceBlocks", name: "grace_blocks", kind: "number", optional: true },
      { key: "lowFundsBlocks", name: "low_funds_blocks", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.MsgPauseGroup": {
    amino: "aliquot/MsgPauseGroup",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "gseq", name: "gseq", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.MsgStartGroup": {
    amino: "aliquot/MsgStartGroup",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "gseq", name: "gseq", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.MsgUpdateDeployment": {
    amino: "aliquot/MsgUpdateDeployment",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "hash", name: "hash", kind: "bytes" },
    ],
  },
  "aliquot.deployment.v1.MsgUpdateParams": {
    amino: "aliquot/deployment/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "aliquot.deployment.v1.Params" },
    ],
  },
  "aliquot.deployment.v1.Params": {
    fields: [
      { key: "blockMs", name: "block_ms", kind: "number" },
      { key: "maxGroups", name: "max_groups", kind: "number" },
      { key: "maxInlineInput", name: "max_inline_input", kind: "number" },
      { key: "graceBlocks", name: "grace_blocks", kind: "number" },
      { key: "maxGraceBlocks", name: "max_grace_blocks", kind: "number" },
      { key: "retainBlocks", name: "retain_blocks", kind: "number" },
    ],
  },
  "aliquot.deployment.v1.PlacementRequirements": {
    fields: [
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
      { key: "signedBy", name: "signed_by", kind: "message", type: "aliquot.deployment.v1.SignedBy" },
    ],
  },
  "aliquot.deployment.v1.Rate": {
    fields: [
      { key: "denom", name: "denom", kind: "string" },
      { key: "amountSub", name: "amount_sub", kind: "string" },
    ],
  },
  "aliquot.deployment.v1.ResourceUnit": {
    fields: [
      { key: "id", name: "id", kind: "number" },
      { key: "resources", name: "resources", kind: "message", type: "aliquot.deployment.v1.Resources" },
      { key: "count", name: "count", kind: "number" },
      { key: "price", name: "price", kind: "message", type: "aliquot.deployment.v1.Rate" },
    ],
  },
  "aliquot.deployment.v1.Resources": {
    fields: [
      { key: "cpu", name: "cpu", kind: "message", type: "aliquot.deployment.v1.Cpu" },
      { key: "memory", name: "memory", kind: "message", type: "aliquot.deployment.v1.Memory" },
      { key: "storage", name: "storage", kind: "message", type: "aliquot.deployment.v1.Storage", repeated: true },
      { key: "gpu", name: "gpu", kind: "message", type: "aliquot.deployment.v1.Gpu" },
      { key: "endpoints", name: "endpoints", kind: "message", type: "aliquot.deployment.v1.Endpoint", repeated: true },
    ],
  },
  "aliquot.deployment.v1.ServiceSpec": {
    fields: [
      { key: "resources", name: "resources", kind: "message", type: "aliquot.deployment.v1.ResourceUnit", repeated: true },
    ],
  },
  "aliquot.deployment.v1.SignedBy": {
    fields: [
      { key: "allOf", name: "all_of", kind: "string", repeated: true },
      { key: "anyOf", name: "any_of", kind: "string", repeated: true },
    ],
  },
  "aliquot.deployment.v1.Storage": {
    fields: [
      { key: "name", name: "name", kind: "string" },
      { key: "bytes", name: "bytes", kind: "int64" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
    ],
  },
  "aliquot.escrow.v1.DepositAuthorization": {
    amino: "aliquot/DepositAuthorization",
    fields: [
      { key: "scopes", name: "scopes", kind: "number", repeated: true },
      { key: "spendLimits", name: "spend_limits", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true },
    ],
  },
  "aliquot.escrow.v1.MsgAccountDeposit": {
    amino: "aliquot/MsgAccountDeposit",
    fields: [
      { key: "depositor", name: "depositor", kind: "string" },
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "amount", name: "amount", kind: "message", type: "cosmos.base.v1beta1.Coin" },
    ],
  },
  "aliquot.escrow.v1.MsgUpdateParams": {
    amino: "aliquot/escrow/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "aliquot.escrow.v1.Params" },
    ],
  },
  "aliquot.escrow.v1.MsgWithdraw": {
    amino: "aliquot/MsgWithdraw",
    fields: [
      { key: "payee", name: "payee", kind: "string" },
      { key: "denom", name: "denom", kind: "string" },
    ],
  },
  "aliquot.escrow.v1.Params": {
    fields: [
      { key: "minDeposits", name: "min_deposits", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true },
      { key: "feeBps", name: "fee_bps", kind: "number" },
      { key: "feeStakersBps", name: "fee_stakers_bps", kind: "number" },
      { key: "feeCommunityBps", name: "fee_community_bps", kind: "number" },
      { key: "earningsLag", name: "earnings_lag", kind: "number" },
      { key: "maxDue", name: "max_due", kind: "number" },
    ],
  },
  "aliquot.market.v1.LeaseId": {
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "dseq", name: "dseq", kind: "int64" },
      { key: "gseq", name: "gseq", kind: "number" },
      { key: "oseq", name: "oseq", kind: "number" },
      { key: "provider", name: "provider", kind: "string" },
    ],
  },
  "aliquot.market.v1.MsgAmendLease": {
    amino: "aliquot/MsgAmendLease",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "rate", name: "rate", kind: "message", type: "aliquot.deployment.v1.Rate" },
      { key: "resources", name: "resources", kind: "message", type: "aliquot.deployment.v1.ResourceUnit", repeated: true },
    ],
  },
  "aliquot.market.v1.MsgCloseBid": {
    amino: "aliquot/MsgCloseBid",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "reason", name: "reason", kind: "number" },
    ],
  },
  "aliquot.market.v1.MsgCloseLease": {
    amino: "aliquot/MsgCloseLease",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
    ],
  },
  "aliquot.market.v1.MsgCreateBid": {
    amino: "aliquot/MsgCreateBid",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "price", name: "price", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "deviceId", name: "device_id", kind: "bytes" },
      { key: "deposit", name: "deposit", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "rate", name: "rate", kind: "message", type: "aliquot.deployment.v1.Rate" },
      { key: "items", name: "items", kind: "message", type: "aliquot.market.v1.PriceItem", repeated: true },
      { key: "reclamationBlocks", name: "reclamation_blocks", kind: "number" },
      { key: "payees", name: "payees", kind: "message", type: "aliquot.market.v1.Payee", repeated: true },
    ],
  },
  "aliquot.market.v1.MsgCreateLease": {
    amino: "aliquot/MsgCreateLease",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "standby", name: "standby", kind: "string" },
    ],
  },
  "aliquot.market.v1.MsgStartReclaim": {
    amino: "aliquot/MsgStartReclaim",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
      { key: "reason", name: "reason", kind: "number" },
    ],
  },
  "aliquot.market.v1.MsgUpdateParams": {
    amino: "aliquot/market/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "aliquot.market.v1.Params" },
    ],
  },
  "aliquot.market.v1.MsgWithdrawLease": {
    amino: "aliquot/MsgWithdrawLease",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "id", name: "id", kind: "message", type: "aliquot.market.v1.LeaseId" },
    ],
  },
  "aliquot.market.v1.Params": {
    fields: [
      { key: "minBidDeposits", name: "min_bid_deposits", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true },
      { key: "orderMaxBids", name: "order_max_bids", kind: "number" },
      { key: "bidWindowBlocks", name: "bid_window_blocks", kind: "number" },
      { key: "orderTtlBlocks", name: "order_ttl_blocks", kind: "number" },
      { key: "minReclamationBlocks", name: "min_reclamation_blocks", kind: "number" },
      { key: "maxReclamationBlocks", name: "max_reclamation_blocks", kind: "number" },
      { key: "earlyExitBps", name: "early_exit_bps", kind: "number" },
      { key: "providerMaxLeases", name: "provider_max_leases", kind: "number" },
    ],
  },
  "aliquot.market.v1.Payee": {
    fields: [
      { key: "address", name: "address", kind: "string" },
      { key: "weight", name: "weight", kind: "number" },
    ],
  },
  "aliquot.market.v1.PriceItem": {
    fields: [
      { key: "resourceId", name: "resource_id", kind: "number" },
      { key: "cpuSub", name: "cpu_sub", kind: "string" },
      { key: "memorySub", name: "memory_sub", kind: "string" },
      { key: "storageSub", name: "storage_sub", kind: "string" },
      { key: "gpuSub", name: "gpu_sub", kind: "string" },
      { key: "endpointsSub", name: "endpoints_sub", kind: "string" },
    ],
  },
  "aliquot.provider.v1.Attribute": {
    fields: [
      { key: "key", name: "key", kind: "string" },
      { key: "value", name: "value", kind: "string" },
    ],
  },
  "aliquot.provider.v1.Info": {
    fields: [
      { key: "email", name: "email", kind: "string" },
      { key: "website", name: "website", kind: "string" },
    ],
  },
  "aliquot.provider.v1.MsgCreateProvider": {
    amino: "aliquot/MsgCreateProvider",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "hostUri", name: "host_uri", kind: "string" },
      { key: "certificateHash", name: "certificate_hash", kind: "bytes" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
      { key: "info", name: "info", kind: "message", type: "aliquot.provider.v1.Info" },
      { key: "operator", name: "operator", kind: "string" },
      { key: "payout", name: "payout", kind: "string" },
    ],
  },
  "aliquot.provider.v1.MsgDeleteProvider": {
    amino: "aliquot/MsgDeleteProvider",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
    ],
  },
  "aliquot.provider.v1.MsgHeartbeat": {
    amino: "aliquot/MsgHeartbeat",
    fields: [
      { key: "signer", name: "signer", kind: "string" },
      { key: "provider", name: "provider", kind: "string" },
    ],
  },
  "aliquot.provider.v1.MsgUnjail": {
    amino: "aliquot/MsgUnjail",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
    ],
  },
  "aliquot.provider.v1.MsgUpdateParams": {
    amino: "aliquot/provider/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "aliquot.provider.v1.Params" },
    ],
  },
  "aliquot.provider.v1.MsgUpdateProvider": {
    amino: "aliquot/MsgUpdateProvider",
    fields: [
      { key: "owner", name: "owner", kind: "string" },
      { key: "hostUri", name: "host_uri", kind: "string" },
      { key: "certificateHash", name: "certificate_hash", kind: "bytes" },
      { key: "attributes", name: "attributes", kind: "message", type: "aliquot.provider.v1.Attribute", repeated: true },
      { key: "info", name: "info", kind: "message", type: "aliquot.provider.v1.Info" },
      { key: "operator", name: "operator", kind: "string" },
      { key: "payout", name: "payout", kind: "string" },
    ],
  },
  "aliquot.provider.v1.Params": {
    fields: [
      { key: "heartbeatBlocks", name: "heartbeat_blocks", kind: "number" },
      { key: "jailAfter", name: "jail_after", kind: "number" },
      { key: "halfLifeBlocks", name: "half_life_blocks", kind: "number" },
    ],
  },
  "aliquot.validator.v1.MsgReplaceVrfKey": {
    amino: "aliquot/MsgReplaceVrfKey",
    fields: [
      { key: "operator", name: "operator", kind: "string" },
      { key: "consensusKey", name: "consensus_key", kind: "bytes" },
      { key: "vrfKey", name: "vrf_key", kind: "bytes" },
    ],
  },
  "aliquot.validator.v1.MsgUpdateValidators": {
    amino: "aliquot/MsgUpdateValidators",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "validators", name: "validators", kind: "message", type: "aliquot.validator.v1.Validator", repeated: true },
    ],
  },
  "aliquot.validator.v1.Validator": {
    fields: [
      { key: "consensusKey", name: "consensus_key", kind: "bytes" },
      { key: "operator", name: "operator", kind: "string" },
      { key: "power", name: "power", kind: "int64" },
      { key: "vrfKey", name: "vrf_key", kind: "bytes" },
      { key: "nextVrfKey", name: "next_vrf_key", kind: "bytes" },
      { key: "nextVrfHeight", name: "next_vrf_height", kind: "int64" },
    ],
  },
  "cosmos.auth.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/auth/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.auth.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.auth.v1beta1.Params": {
    amino: "cosmos-sdk/x/auth/Params",
    fields: [
      { key: "maxMemoCharacters", name: "max_memo_characters", kind: "int64" },
      { key: "txSigLimit", name: "tx_sig_limit", kind: "int64" },
      { key: "txSizeCostPerByte", name: "tx_size_cost_per_byte", kind: "int64" },
      { key: "sigVerifyCostEd25519", name: "sig_verify_cost_ed25519", kind: "int64" },
      { key: "sigVerifyCostSecp256k1", name: "sig_verify_cost_secp256k1", kind: "int64" },
    ],
  },
  "cosmos.authz.v1beta1.GenericAuthorization": {
    amino: "cosmos-sdk/GenericAuthorization",
    fields: [
      { key: "msg", name: "msg", kind: "string" },
    ],
  },
  "cosmos.authz.v1beta1.Grant": {
    fields: [
      { key: "authorization", name: "authorization", kind: "any" },
      { key: "expiration", name: "expiration", kind: "timestamp" },
    ],
  },
  "cosmos.authz.v1beta1.MsgExec": {
    amino: "cosmos-sdk/MsgExec",
    fields: [
      { key: "grantee", name: "grantee", kind: "string" },
      { key: "msgs", name: "msgs", kind: "any", repeated: true },
    ],
  },
  "cosmos.authz.v1beta1.MsgGrant": {
    amino: "cosmos-sdk/MsgGrant",
    fields: [
      { key: "granter", name: "granter", kind: "string" },
      { key: "grantee", name: "grantee", kind: "string" },
      { key: "grant", name: "grant", kind: "message", type: "cosmos.authz.v1beta1.Grant", keep: true },
    ],
  },
  "cosmos.authz.v1beta1.MsgRevoke": {
    amino: "cosmos-sdk/MsgRevoke",
    fields: [
      { key: "granter", name: "granter", kind: "string" },
      { key: "grantee", name: "grantee", kind: "string" },
      { key: "msgTypeUrl", name: "msg_type_url", kind: "string" },
    ],
  },
  "cosmos.bank.v1beta1.MsgSetSendEnabled": {
    amino: "cosmos-sdk/MsgSetSendEnabled",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "sendEnabled", name: "send_enabled", kind: "message", type: "cosmos.bank.v1beta1.SendEnabled", repeated: true },
      { key: "useDefaultFor", name: "use_default_for", kind: "string", repeated: true },
    ],
  },
  "cosmos.bank.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/bank/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.bank.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.bank.v1beta1.Params": {
    amino: "cosmos-sdk/x/bank/Params",
    fields: [
      { key: "sendEnabled", name: "send_enabled", kind: "message", type: "cosmos.bank.v1beta1.SendEnabled", repeated: true },
      { key: "defaultSendEnabled", name: "default_send_enabled", kind: "bool" },
    ],
  },
  "cosmos.bank.v1beta1.SendAuthorization": {
    amino: "cosmos-sdk/SendAuthorization",
    fields: [
      { key: "spendLimit", name: "spend_limit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "allowList", name: "allow_list", kind: "string", repeated: true },
    ],
  },
  "cosmos.bank.v1beta1.SendEnabled": {
    fields: [
      { key: "denom", name: "denom", kind: "string" },
      { key: "enabled", name: "enabled", kind: "bool" },
    ],
  },
  "cosmos.base.v1beta1.Coin": {
    fields: [
      { key: "denom", name: "denom", kind: "string" },
      { key: "amount", name: "amount", kind: "int", keep: true },
    ],
  },
  "cosmos.consensus.v1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/consensus/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "block", name: "block", kind: "message", type: "tendermint.types.BlockParams" },
      { key: "evidence", name: "evidence", kind: "message", type: "tendermint.types.EvidenceParams" },
      { key: "validator", name: "validator", kind: "message", type: "tendermint.types.ValidatorParams" },
      { key: "abci", name: "abci", kind: "message", type: "tendermint.types.ABCIParams" },
    ],
  },
  "cosmos.distribution.v1beta1.MsgCommunityPoolSpend": {
    amino: "cosmos-sdk/distr/MsgCommunityPoolSpend",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "recipient", name: "recipient", kind: "string" },
      { key: "amount", name: "amount", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
    ],
  },
  "cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool": {
    amino: "cosmos-sdk/distr/MsgDepositValRewards",
    fields: [
      { key: "depositor", name: "depositor", kind: "string" },
      { key: "validatorAddress", name: "validator_address", kind: "string" },
      { key: "amount", name: "amount", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
    ],
  },
  "cosmos.distribution.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/distribution/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.distribution.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission": {
    amino: "cosmos-sdk/MsgWithdrawValCommission",
    fields: [
      { key: "validatorAddress", name: "validator_address", kind: "string" },
    ],
  },
  "cosmos.distribution.v1beta1.Params": {
    amino: "cosmos-sdk/x/distribution/Params",
    fields: [
      { key: "communityTax", name: "community_tax", kind: "dec", keep: true },
      { key: "baseProposerReward", name: "base_proposer_reward", kind: "dec", keep: true },
      { key: "bonusProposerReward", name: "bonus_proposer_reward", kind: "dec", keep: true },
      { key: "withdrawAddrEnabled", name: "withdraw_addr_enabled", kind: "bool" },
    ],
  },
  "cosmos.evidence.v1beta1.MsgSubmitEvidence": {
    amino: "cosmos-sdk/MsgSubmitEvidence",
    fields: [
      { key: "submitter", name: "submitter", kind: "string" },
      { key: "evidence", name: "evidence", kind: "any" },
    ],
  },
  "cosmos.feegrant.v1beta1.AllowedMsgAllowance": {
    amino: "cosmos-sdk/AllowedMsgAllowance",
    fields: [
      { key: "allowance", name: "allowance", kind: "any" },
      { key: "allowedMessages", name: "allowed_messages", kind: "string", repeated: true },
    ],
  },
  "cosmos.feegrant.v1beta1.BasicAllowance": {
    amino: "cosmos-sdk/BasicAllowance",
    fields: [
      { key: "spendLimit", name: "spend_limit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "expiration", name: "expiration", kind: "timestamp" },
    ],
  },
  "cosmos.feegrant.v1beta1.MsgGrantAllowance": {
    amino: "cosmos-sdk/MsgGrantAllowance",
    fields: [
      { key: "granter", name: "granter", kind: "string" },
      { key: "grantee", name: "grantee", kind: "string" },
      { key: "allowance", name: "allowance", kind: "any" },
    ],
  },
  "cosmos.feegrant.v1beta1.MsgRevokeAllowance": {
    amino: "cosmos-sdk/MsgRevokeAllowance",
    fields: [
      { key: "granter", name: "granter", kind: "string" },
      { key: "grantee", name: "grantee", kind: "string" },
    ],
  },
  "cosmos.feegrant.v1beta1.PeriodicAllowance": {
    amino: "cosmos-sdk/PeriodicAllowance",
    fields: [
      { key: "basic", name: "basic", kind: "message", type: "cosmos.feegrant.v1beta1.BasicAllowance", keep: true },
      { key: "period", name: "period", kind: "duration", keep: true },
      { key: "periodSpendLimit", name: "period_spend_limit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "periodCanSpend", name: "period_can_spend", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "periodReset", name: "period_reset", kind: "timestamp", keep: true },
    ],
  },
  "cosmos.gov.v1.MsgDeposit": {
    amino: "cosmos-sdk/v1/MsgDeposit",
    fields: [
      { key: "proposalId", name: "proposal_id", kind: "int64", keep: true },
      { key: "depositor", name: "depositor", kind: "string" },
      { key: "amount", name: "amount", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true },
    ],
  },
  "cosmos.gov.v1.MsgExecLegacyContent": {
    amino: "cosmos-sdk/v1/MsgExecLegacyContent",
    fields: [
      { key: "content", name: "content", kind: "any" },
      { key: "authority", name: "authority", kind: "string" },
    ],
  },
  "cosmos.gov.v1.MsgSubmitProposal": {
    amino: "cosmos-sdk/v1/MsgSubmitProposal",
    fields: [
      { key: "messages", name: "messages", kind: "any", repeated: true },
      { key: "initialDeposit", name: "initial_deposit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "proposer", name: "proposer", kind: "string" },
      { key: "metadata", name: "metadata", kind: "string" },
      { key: "title", name: "title", kind: "string" },
      { key: "summary", name: "summary", kind: "string" },
      { key: "expedited", name: "expedited", kind: "bool" },
    ],
  },
  "cosmos.gov.v1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/gov/v1/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.gov.v1.Params", keep: true },
    ],
  },
  "cosmos.gov.v1.MsgVote": {
    amino: "cosmos-sdk/v1/MsgVote",
    fields: [
      { key: "proposalId", name: "proposal_id", kind: "int64", keep: true },
      { key: "voter", name: "voter", kind: "string" },
      { key: "option", name: "option", kind: "number" },
      { key: "metadata", name: "metadata", kind: "string" },
    ],
  },
  "cosmos.gov.v1.MsgVoteWeighted": {
    amino: "cosmos-sdk/v1/MsgVoteWeighted",
    fields: [
      { key: "proposalId", name: "proposal_id", kind: "int64", keep: true },
      { key: "voter", name: "voter", kind: "string" },
      { key: "options", name: "options", kind: "message", type: "cosmos.gov.v1.WeightedVoteOption", repeated: true },
      { key: "metadata", name: "metadata", kind: "string" },
    ],
  },
  "cosmos.gov.v1.Params": {
    fields: [
      { key: "minDeposit", name: "min_deposit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true },
      { key: "maxDepositPeriod", name: "max_deposit_period", kind: "duration" },
      { key: "votingPeriod", name: "voting_period", kind: "duration" },
      { key: "quorum", name: "quorum", kind: "dec" },
      { key: "threshold", name: "threshold", kind: "dec" },
      { key: "vetoThreshold", name: "veto_threshold", kind: "dec" },
      { key: "minInitialDepositRatio", name: "min_initial_deposit_ratio", kind: "dec" },
      { key: "proposalCancelRatio", name: "proposal_cancel_ratio", kind: "dec" },
      { key: "proposalCancelDest", name: "proposal_cancel_dest", kind: "string" },
      { key: "expeditedVotingPeriod", name: "expedited_voting_period", kind: "duration" },
      { key: "expeditedThreshold", name: "expedited_threshold", kind: "dec" },
      { key: "expeditedMinDeposit", name: "expedited_min_deposit", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true },
      { key: "burnVoteQuorum", name: "burn_vote_quorum", kind: "bool" },
      { key: "burnProposalDepositPrevote", name: "burn_proposal_deposit_prevote", kind: "bool" },
      { key: "burnVoteVeto", name: "burn_vote_veto", kind: "bool" },
      { key: "minDepositRatio", name: "min_deposit_ratio", kind: "dec" },
    ],
  },
  "cosmos.gov.v1.WeightedVoteOption": {
    fields: [
      { key: "option", name: "option", kind: "number" },
      { key: "weight", name: "weight", kind: "dec" },
    ],
  },
  "cosmos.mint.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/mint/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.mint.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.mint.v1beta1.Params": {
    amino: "cosmos-sdk/x/mint/Params",
    fields: [
      { key: "mintDenom", name: "mint_denom", kind: "string" },
      { key: "inflationRateChange", name: "inflation_rate_change", kind: "dec", keep: true },
      { key: "inflationMax", name: "inflation_max", kind: "dec", keep: true },
      { key: "inflationMin", name: "inflation_min", kind: "dec", keep: true },
      { key: "goalBonded", name: "goal_bonded", kind: "dec", keep: true },
      { key: "blocksPerYear", name: "blocks_per_year", kind: "int64" },
    ],
  },
  "cosmos.slashing.v1beta1.MsgUnjail": {
    amino: "cosmos-sdk/MsgUnjail",
    fields: [
      { key: "validatorAddr", name: "address", kind: "string", keep: true },
    ],
  },
  "cosmos.slashing.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/slashing/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.slashing.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.slashing.v1beta1.Params": {
    amino: "cosmos-sdk/x/slashing/Params",
    fields: [
      { key: "signedBlocksWindow", name: "signed_blocks_window", kind: "int64" },
      { key: "minSignedPerWindow", name: "min_signed_per_window", kind: "decBytes", keep: true },
      { key: "downtimeJailDuration", name: "downtime_jail_duration", kind: "duration", keep: true },
      { key: "slashFractionDoubleSign", name: "slash_fraction_double_sign", kind: "decBytes", keep: true },
      { key: "slashFractionDowntime", name: "slash_fraction_downtime", kind: "decBytes", keep: true },
    ],
  },
  "cosmos.staking.v1beta1.MsgUpdateParams": {
    amino: "cosmos-sdk/x/staking/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmos.staking.v1beta1.Params", keep: true },
    ],
  },
  "cosmos.staking.v1beta1.Params": {
    amino: "cosmos-sdk/x/staking/Params",
    fields: [
      { key: "unbondingTime", name: "unbonding_time", kind: "duration", keep: true },
      { key: "maxValidators", name: "max_validators", kind: "number" },
      { key: "maxEntries", name: "max_entries", kind: "number" },
      { key: "historicalEntries", name: "historical_entries", kind: "number" },
      { key: "bondDenom", name: "bond_denom", kind: "string" },
      { key: "minCommissionRate", name: "min_commission_rate", kind: "dec", keep: true },
    ],
  },
  "cosmos.staking.v1beta1.StakeAuthorization": {
    amino: "cosmos-sdk/StakeAuthorization",
    fields: [
      { key: "maxTokens", name: "max_tokens", kind: "message", type: "cosmos.base.v1beta1.Coin" },
      { key: "allowList", name: "allow_list", kind: "message", type: "cosmos.staking.v1beta1.StakeAuthorization.Validators", oneof: { name: "Validators", type: "cosmos-sdk/StakeAuthorization/AllowList" } },
      { key: "denyList", name: "deny_list", kind: "message", type: "cosmos.staking.v1beta1.StakeAuthorization.Validators", oneof: { name: "Validators", type: "cosmos-sdk/StakeAuthorization/DenyList" } },
      { key: "authorizationType", name: "authorization_type", kind: "number" },
    ],
  },
  "cosmos.staking.v1beta1.StakeAuthorization.Validators": {
    fields: [
      { key: "address", name: "address", kind: "string", repeated: true },
    ],
  },
  "cosmos.upgrade.v1beta1.MsgCancelUpgrade": {
    amino: "cosmos-sdk/MsgCancelUpgrade",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
    ],
  },
  "cosmos.upgrade.v1beta1.MsgSoftwareUpgrade": {
    amino: "cosmos-sdk/MsgSoftwareUpgrade",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "plan", name: "plan", kind: "message", type: "cosmos.upgrade.v1beta1.Plan", keep: true },
    ],
  },
  "cosmos.upgrade.v1beta1.Plan": {
    amino: "cosmos-sdk/Plan",
    fields: [
      { key: "name", name: "name", kind: "string" },
      { key: "time", name: "time", kind: "timestamp", keep: true },
      { key: "height", name: "height", kind: "int64" },
      { key: "info", name: "info", kind: "string" },
      { key: "upgradedClientState", name: "upgraded_client_state", kind: "any" },
    ],
  },
  "cosmwasm.wasm.v1.AcceptedMessageKeysFilter": {
    amino: "wasm/AcceptedMessageKeysFilter",
    fields: [
      { key: "keys", name: "keys", kind: "string", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.AcceptedMessagesFilter": {
    amino: "wasm/AcceptedMessagesFilter",
    fields: [
      { key: "messages", name: "messages", kind: "json", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.AccessConfig": {
    fields: [
      { key: "permission", name: "permission", kind: "access" },
      { key: "addresses", name: "addresses", kind: "string", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.AllowAllMessagesFilter": {
    amino: "wasm/AllowAllMessagesFilter",
    fields: [],
  },
  "cosmwasm.wasm.v1.CodeGrant": {
    fields: [
      { key: "codeHash", name: "code_hash", kind: "bytes" },
      { key: "instantiatePermission", name: "instantiate_permission", kind: "message", type: "cosmwasm.wasm.v1.AccessConfig" },
    ],
  },
  "cosmwasm.wasm.v1.CombinedLimit": {
    amino: "wasm/CombinedLimit",
    fields: [
      { key: "callsRemaining", name: "calls_remaining", kind: "int64" },
      { key: "amounts", name: "amounts", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
    ],
  },
  "cosmwasm.wasm.v1.ContractExecutionAuthorization": {
    amino: "wasm/ContractExecutionAuthorization",
    fields: [
      { key: "grants", name: "grants", kind: "message", type: "cosmwasm.wasm.v1.ContractGrant", repeated: true, keep: true },
    ],
  },
  "cosmwasm.wasm.v1.ContractGrant": {
    fields: [
      { key: "contract", name: "contract", kind: "string" },
      { key: "limit", name: "limit", kind: "any" },
      { key: "filter", name: "filter", kind: "any" },
    ],
  },
  "cosmwasm.wasm.v1.ContractMigrationAuthorization": {
    amino: "wasm/ContractMigrationAuthorization",
    fields: [
      { key: "grants", name: "grants", kind: "message", type: "cosmwasm.wasm.v1.ContractGrant", repeated: true, keep: true },
    ],
  },
  "cosmwasm.wasm.v1.MaxCallsLimit": {
    amino: "wasm/MaxCallsLimit",
    fields: [
      { key: "remaining", name: "remaining", kind: "int64" },
    ],
  },
  "cosmwasm.wasm.v1.MaxFundsLimit": {
    amino: "wasm/MaxFundsLimit",
    fields: [
      { key: "amounts", name: "amounts", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
    ],
  },
  "cosmwasm.wasm.v1.MsgAddCodeUploadParamsAddresses": {
    amino: "wasm/MsgAddCodeUploadParamsAddresses",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "addresses", name: "addresses", kind: "string", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.MsgPinCodes": {
    amino: "wasm/MsgPinCodes",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "codeIds", name: "code_ids", kind: "int64", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.MsgRemoveCodeUploadParamsAddresses": {
    amino: "wasm/MsgRemoveCodeUploadParamsAddresses",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "addresses", name: "addresses", kind: "string", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.MsgStoreAndInstantiateContract": {
    amino: "wasm/MsgStoreAndInstantiateContract",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "wasmByteCode", name: "wasm_byte_code", kind: "bytes" },
      { key: "instantiatePermission", name: "instantiate_permission", kind: "message", type: "cosmwasm.wasm.v1.AccessConfig" },
      { key: "unpinCode", name: "unpin_code", kind: "bool" },
      { key: "admin", name: "admin", kind: "string" },
      { key: "label", name: "label", kind: "string" },
      { key: "msg", name: "msg", kind: "json" },
      { key: "funds", name: "funds", kind: "message", type: "cosmos.base.v1beta1.Coin", repeated: true, keep: true, coins: true },
      { key: "source", name: "source", kind: "string" },
      { key: "builder", name: "builder", kind: "string" },
      { key: "codeHash", name: "code_hash", kind: "bytes" },
    ],
  },
  "cosmwasm.wasm.v1.MsgStoreAndMigrateContract": {
    amino: "wasm/MsgStoreAndMigrateContract",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "wasmByteCode", name: "wasm_byte_code", kind: "bytes" },
      { key: "instantiatePermission", name: "instantiate_permission", kind: "message", type: "cosmwasm.wasm.v1.AccessConfig" },
      { key: "contract", name: "contract", kind: "string" },
      { key: "msg", name: "msg", kind: "json" },
    ],
  },
  "cosmwasm.wasm.v1.MsgSudoContract": {
    amino: "wasm/MsgSudoContract",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "contract", name: "contract", kind: "string" },
      { key: "msg", name: "msg", kind: "json" },
    ],
  },
  "cosmwasm.wasm.v1.MsgUnpinCodes": {
    amino: "wasm/MsgUnpinCodes",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "codeIds", name: "code_ids", kind: "int64", repeated: true },
    ],
  },
  "cosmwasm.wasm.v1.MsgUpdateContractLabel": {
    amino: "wasm/MsgUpdateContractLabel",
    fields: [
      { key: "sender", name: "sender", kind: "string" },
      { key: "newLabel", name: "new_label", kind: "string" },
      { key: "contract", name: "contract", kind: "string" },
    ],
  },
  "cosmwasm.wasm.v1.MsgUpdateInstantiateConfig": {
    amino: "wasm/MsgUpdateInstantiateConfig",
    fields: [
      { key: "sender", name: "sender", kind: "string" },
      { key: "codeId", name: "code_id", kind: "int64" },
      { key: "newInstantiatePermission", name: "new_instantiate_permission", kind: "message", type: "cosmwasm.wasm.v1.AccessConfig" },
    ],
  },
  "cosmwasm.wasm.v1.MsgUpdateParams": {
    amino: "wasm/MsgUpdateParams",
    fields: [
      { key: "authority", name: "authority", kind: "string" },
      { key: "params", name: "params", kind: "message", type: "cosmwasm.wasm.v1.Params", keep: true },
    ],
  },
  "cosmwasm.wasm.v1.Params": {
    fields: [
      { key: "codeUploadAccess", name: "code_upload_access", kind: "message", type: "cosmwasm.wasm.v1.AccessConfig", keep: true },
      { key: "instantiateDefaultPermission", name: "instantiate_default_permission", kind: "access" },
    ],
  },
  "cosmwasm.wasm.v1.StoreCodeAuthorization": {
    amino: "wasm/StoreCodeAuthorization",
    fields: [
      { key: "grants", name: "grants", kind: "message", type: "cosmwasm.wasm.v1.CodeGrant", repeated: true, keep: true },
    ],
  },
  "tendermint.types.ABCIParams": {
    fields: [
      { key: "voteExtensionsEnableHeight", name: "vote_extensions_enable_height", kind: "int64" },
    ],
  },
  "tendermint.types.BlockParams": {
    fields: [
      { key: "maxBytes", name: "max_bytes", kind: "int64" },
      { key: "maxGas", name: "max_gas", kind: "int64" },
    ],
  },
  "tendermint.types.EvidenceParams": {
    fields: [
      { key: "maxAgeNumBlocks", name: "max_age_num_blocks", kind: "int64" },
      { key: "maxAgeDuration", name: "max_age_duration", kind: "duration" },
      { key: "maxBytes", name: "max_bytes", kind: "int64" },
    ],
  },
  "tendermint.types.ValidatorParams": {
    fields: [
      { key: "pubKeyTypes", name: "pub_key_types", kind: "string", repeated: true },
    ],
  },
};
