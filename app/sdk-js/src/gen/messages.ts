// Generated from the descriptors by `npm run generate`. Do not edit.
import type { GeneratedType } from "@cosmjs/proto-signing";
import { composer } from "../composer.js";
import * as aliquot_audit_v1_tx from "./aliquot/audit/v1/tx.js";
import * as aliquot_beacon_v1_tx from "./aliquot/beacon/v1/tx.js";
import * as aliquot_compute_v1_tx from "./aliquot/compute/v1/tx.js";
import * as aliquot_deployment_v1_tx from "./aliquot/deployment/v1/tx.js";
import * as aliquot_escrow_v1_tx from "./aliquot/escrow/v1/tx.js";
import * as aliquot_market_v1_tx from "./aliquot/market/v1/tx.js";
import * as aliquot_provider_v1_tx from "./aliquot/provider/v1/tx.js";
import * as aliquot_validator_v1_tx from "./aliquot/validator/v1/tx.js";
import * as cosmos_auth_v1beta1_tx from "cosmjs-types/cosmos/auth/v1beta1/tx";
import * as cosmos_authz_v1beta1_tx from "cosmjs-types/cosmos/authz/v1beta1/tx";
import * as cosmos_bank_v1beta1_tx from "cosmjs-types/cosmos/bank/v1beta1/tx";
import * as cosmos_consensus_v1_tx from "cosmjs-types/cosmos/consensus/v1/tx";
import * as cosmos_distribution_v1beta1_tx from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import * as cosmos_evidence_v1beta1_tx from "cosmjs-types/cosmos/evidence/v1beta1/tx";
import * as cosmos_feegrant_v1beta1_tx from "cosmjs-types/cosmos/feegrant/v1beta1/tx";
import * as cosmos_gov_v1_tx from "cosmjs-types/cosmos/gov/v1/tx";
import * as cosmos_mint_v1beta1_tx from "cosmjs-types/cosmos/mint/v1beta1/tx";
import * as cosmos_slashing_v1beta1_tx from "cosmjs-types/cosmos/slashing/v1beta1/tx";
import * as cosmos_staking_v1beta1_tx from "cosmjs-types/cosmos/staking/v1beta1/tx";
import * as cosmos_upgrade_v1beta1_tx from "cosmjs-types/cosmos/upgrade/v1beta1/tx";
import * as cosmwasm_wasm_v1_tx from "cosmjs-types/cosmwasm/wasm/v1/tx";
import * as cosmos_authz_v1beta1_authz from "cosmjs-types/cosmos/authz/v1beta1/authz";
import * as cosmos_bank_v1beta1_authz from "cosmjs-types/cosmos/bank/v1beta1/authz";
import * as cosmos_feegrant_v1beta1_feegrant from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import * as cosmos_staking_v1beta1_authz from "cosmjs-types/cosmos/staking/v1beta1/authz";
import * as cosmwasm_wasm_v1_authz from "cosmjs-types/cosmwasm/wasm/v1/authz";

/** Our messages, and our types that stand in an Any of others' messages. */
// Cast because CosmJS's declarations name the CommonJS form of the same writer.
export const ownTypes = [
  ["/aliquot.audit.v1.MsgSignProviderAttributes", aliquot_audit_v1_tx.MsgSignProviderAttributes],
  ["/aliquot.audit.v1.MsgDeleteProviderAttributes", aliquot_audit_v1_tx.MsgDeleteProviderAttributes],
  ["/aliquot.beacon.v1.MsgBeacon", aliquot_beacon_v1_tx.MsgBeacon],
  ["/aliquot.compute.v1.MsgRegisterDevice", aliquot_compute_v1_tx.MsgRegisterDevice],
  ["/aliquot.compute.v1.MsgUpdateBond", aliquot_compute_v1_tx.MsgUpdateBond],
  ["/aliquot.compute.v1.MsgCommitResult", aliquot_compute_v1_tx.MsgCommitResult],
  ["/aliquot.compute.v1.MsgOpenSamples", aliquot_compute_v1_tx.MsgOpenSamples],
  ["/aliquot.compute.v1.MsgUpdateParams", aliquot_compute_v1_tx.MsgUpdateParams],
  ["/aliquot.deployment.v1.MsgCreateDeployment", aliquot_deployment_v1_tx.MsgCreateDeployment],
  ["/aliquot.deployment.v1.MsgCloseDeployment", aliquot_deployment_v1_tx.MsgCloseDeployment],
  ["/aliquot.deployment.v1.MsgUpdateDeployment", aliquot_deployment_v1_tx.MsgUpdateDeployment],
  ["/aliquot.deployment.v1.MsgCloseGroup", aliquot_deployment_v1_tx.MsgCloseGroup],
  ["/aliquot.deployment.v1.MsgPauseGroup", aliquot_deployment_v1_tx.MsgPauseGroup],
  ["/aliquot.deployment.v1.MsgStartGroup", aliquot_deployment_v1_tx.MsgStartGroup],
  ["/aliquot.deployment.v1.MsgUpdateParams", aliquot_deployment_v1_tx.MsgUpdateParams],
  ["/aliquot.escrow.v1.MsgAccountDeposit", aliquot_escrow_v1_tx.MsgAccountDeposit],
  ["/aliquot.escrow.v1.MsgWithdraw", aliquot_escrow_v1_tx.MsgWithdraw],
  ["/aliquot.escrow.v1.MsgUpdateParams", aliquot_escrow_v1_tx.MsgUpdateParams],
  ["/aliquot.market.v1.MsgCreateBid", aliquot_market_v1_tx.MsgCreateBid],
  ["/aliquot.market.v1.MsgCloseBid", aliquot_market_v1_tx.MsgCloseBid],
  ["/aliquot.market.v1.MsgCreateLease", aliquot_market_v1_tx.MsgCreateLease],
  ["/aliquot.market.v1.MsgStartReclaim", aliquot_market_v1_tx.MsgStartReclaim],
  ["/aliquot.market.v1.MsgAmendLease", aliquot_market_v1_tx.MsgAmendLease],
  ["/aliquot.market.v1.MsgUpdateParams", aliquot_market_v1_tx.MsgUpdateParams],
  ["/aliquot.market.v1.MsgCloseLease", aliquot_market_v1_tx.MsgCloseLease],
  ["/aliquot.market.v1.MsgWithdrawLease", aliquot_market_v1_tx.MsgWithdrawLease],
  ["/aliquot.provider.v1.MsgCreateProvider", aliquot_provider_v1_tx.MsgCreateProvider],
  ["/aliquot.provider.v1.MsgUpdateProvider", aliquot_provider_v1_tx.MsgUpdateProvider],
  ["/aliquot.provider.v1.MsgDeleteProvider", aliquot_provider_v1_tx.MsgDeleteProvider],
  ["/aliquot.provider.v1.MsgHeartbeat", aliquot_provider_v1_tx.MsgHeartbeat],
  ["/aliquot.provider.v1.MsgUnjail", aliquot_provider_v1_tx.MsgUnjail],
  ["/aliquot.provider.v1.MsgUpdateParams", aliquot_provider_v1_tx.MsgUpdateParams],
  ["/aliquot.validator.v1.MsgUpdateValidators", aliquot_validator_v1_tx.MsgUpdateValidators],
  ["/aliquot.validator.v1.MsgReplaceVrfKey", aliquot_validator_v1_tx.MsgReplaceVrfKey],
  ["/aliquot.escrow.v1.DepositAuthorization", aliquot_escrow_v1_tx.DepositAuthorization],
] as ReadonlyArray<[string, unknown]> as ReadonlyArray<[string, GeneratedType]>;

/** Those of the Cosmos SDK and wasmd whose amino converters CosmJS lacks, or has wrong. */
export const foreignTypes: ReadonlyArray<[string, GeneratedType]> = [
  ["/cosmos.auth.v1beta1.MsgUpdateParams", cosmos_auth_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.authz.v1beta1.MsgGrant", cosmos_authz_v1beta1_tx.MsgGrant],
  ["/cosmos.authz.v1beta1.MsgExec", cosmos_authz_v1beta1_tx.MsgExec],
  ["/cosmos.authz.v1beta1.MsgRevoke", cosmos_authz_v1beta1_tx.MsgRevoke],
  ["/cosmos.bank.v1beta1.MsgUpdateParams", cosmos_bank_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.bank.v1beta1.MsgSetSendEnabled", cosmos_bank_v1beta1_tx.MsgSetSendEnabled],
  ["/cosmos.consensus.v1.MsgUpdateParams", cosmos_consensus_v1_tx.MsgUpdateParams],
  ["/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", cosmos_distribution_v1beta1_tx.MsgWithdrawValidatorCommission],
  ["/cosmos.distribution.v1beta1.MsgUpdateParams", cosmos_distribution_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.distribution.v1beta1.MsgCommunityPoolSpend", cosmos_distribution_v1beta1_tx.MsgCommunityPoolSpend],
  ["/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool", cosmos_distribution_v1beta1_tx.MsgDepositValidatorRewardsPool],
  ["/cosmos.evidence.v1beta1.MsgSubmitEvidence", cosmos_evidence_v1beta1_tx.MsgSubmitEvidence],
  ["/cosmos.feegrant.v1beta1.MsgGrantAllowance", cosmos_feegrant_v1beta1_tx.MsgGrantAllowance],
  ["/cosmos.feegrant.v1beta1.MsgRevokeAllowance", cosmos_feegrant_v1beta1_tx.MsgRevokeAllowance],
  ["/cosmos.gov.v1.MsgSubmitProposal", cosmos_gov_v1_tx.MsgSubmitProposal],
  ["/cosmos.gov.v1.MsgExecLegacyContent", cosmos_gov_v1_tx.MsgExecLegacyContent],
  ["/cosmos.gov.v1.MsgVote", cosmos_gov_v1_tx.MsgVote],
  ["/cosmos.gov.v1.MsgVoteWeighted", cosmos_gov_v1_tx.MsgVoteWeighted],
  ["/cosmos.gov.v1.MsgDeposit", cosmos_gov_v1_tx.MsgDeposit],
  ["/cosmos.gov.v1.MsgUpdateParams", cosmos_gov_v1_tx.MsgUpdateParams],
  ["/cosmos.mint.v1beta1.MsgUpdateParams", cosmos_mint_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.slashing.v1beta1.MsgUnjail", cosmos_slashing_v1beta1_tx.MsgUnjail],
  ["/cosmos.slashing.v1beta1.MsgUpdateParams", cosmos_slashing_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.staking.v1beta1.MsgUpdateParams", cosmos_staking_v1beta1_tx.MsgUpdateParams],
  ["/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", cosmos_upgrade_v1beta1_tx.MsgSoftwareUpgrade],
  ["/cosmos.upgrade.v1beta1.MsgCancelUpgrade", cosmos_upgrade_v1beta1_tx.MsgCancelUpgrade],
  ["/cosmwasm.wasm.v1.MsgUpdateInstantiateConfig", cosmwasm_wasm_v1_tx.MsgUpdateInstantiateConfig],
  ["/cosmwasm.wasm.v1.MsgUpdateParams", cosmwasm_wasm_v1_tx.MsgUpdateParams],
  ["/cosmwasm.wasm.v1.MsgSudoContract", cosmwasm_wasm_v1_tx.MsgSudoContract],
  ["/cosmwasm.wasm.v1.MsgPinCodes", cosmwasm_wasm_v1_tx.MsgPinCodes],
  ["/cosmwasm.wasm.v1.MsgUnpinCodes", cosmwasm_wasm_v1_tx.MsgUnpinCodes],
  ["/cosmwasm.wasm.v1.MsgStoreAndInstantiateContract", cosmwasm_wasm_v1_tx.MsgStoreAndInstantiateContract],
  ["/cosmwasm.wasm.v1.MsgRemoveCodeUploadParamsAddresses", cosmwasm_wasm_v1_tx.MsgRemoveCodeUploadParamsAddresses],
  ["/cosmwasm.wasm.v1.MsgAddCodeUploadParamsAddresses", cosmwasm_wasm_v1_tx.MsgAddCodeUploadParamsAddresses],
  ["/cosmwasm.wasm.v1.MsgStoreAndMigrateContract", cosmwasm_wasm_v1_tx.MsgStoreAndMigrateContract],
  ["/cosmwasm.wasm.v1.MsgUpdateContractLabel", cosmwasm_wasm_v1_tx.MsgUpdateContractLabel],
  ["/cosmos.authz.v1beta1.GenericAuthorization", cosmos_authz_v1beta1_authz.GenericAuthorization],
  ["/cosmos.bank.v1beta1.SendAuthorization", cosmos_bank_v1beta1_authz.SendAuthorization],
  ["/cosmos.feegrant.v1beta1.BasicAllowance", cosmos_feegrant_v1beta1_feegrant.BasicAllowance],
  ["/cosmos.feegrant.v1beta1.PeriodicAllowance", cosmos_feegrant_v1beta1_feegrant.PeriodicAllowance],
  ["/cosmos.feegrant.v1beta1.AllowedMsgAllowance", cosmos_feegrant_v1beta1_feegrant.AllowedMsgAllowance],
  ["/cosmos.staking.v1beta1.StakeAuthorization", cosmos_staking_v1beta1_authz.StakeAuthorization],
  ["/cosmwasm.wasm.v1.StoreCodeAuthorization", cosmwasm_wasm_v1_authz.StoreCodeAuthorization],
  ["/cosmwasm.wasm.v1.ContractExecutionAuthorization", cosmwasm_wasm_v1_authz.ContractExecutionAuthorization],
  ["/cosmwasm.wasm.v1.ContractMigrationAuthorization", cosmwasm_wasm_v1_authz.ContractMigrationAuthorization],
  ["/cosmwasm.wasm.v1.MaxCallsLimit", cosmwasm_wasm_v1_authz.MaxCallsLimit],
  ["/cosmwasm.wasm.v1.MaxFundsLimit", cosmwasm_wasm_v1_authz.MaxFundsLimit],
  ["/cosmwasm.wasm.v1.CombinedLimit", cosmwasm_wasm_v1_authz.CombinedLimit],
  ["/cosmwasm.wasm.v1.AllowAllMessagesFilter", cosmwasm_wasm_v1_authz.AllowAllMessagesFilter],
  ["/cosmwasm.wasm.v1.AcceptedMessageKeysFilter", cosmwasm_wasm_v1_authz.AcceptedMessageKeysFilter],
  ["/cosmwasm.wasm.v1.AcceptedMessagesFilter", cosmwasm_wasm_v1_authz.AcceptedMessagesFilter],
];

export const audit = {
  signProviderAttributes: composer("/aliquot.audit.v1.MsgSignProviderAttributes", aliquot_audit_v1_tx.MsgSignProviderAttributes),
  deleteProviderAttributes: composer("/aliquot.audit.v1.MsgDeleteProviderAttributes", aliquot_audit_v1_tx.MsgDeleteProviderAttributes),
};

export const beacon = {
  beacon: composer("/aliquot.beacon.v1.MsgBeacon", aliquot_beacon_v1_tx.MsgBeacon),
};

export const compute = {
  registerDevice: composer("/aliquot.compute.v1.MsgRegisterDevice", aliquot_compute_v1_tx.MsgRegisterDevice),
  updateBond: composer("/aliquot.compute.v1.MsgUpdateBond", aliquot_compute_v1_tx.MsgUpdateBond),
  commitResult: composer("/aliquot.compute.v1.MsgCommitResult", aliquot_compute_v1_tx.MsgCommitResult),
  openSamples: composer("/aliquot.compute.v1.MsgOpenSamples", aliquot_compute_v1_tx.MsgOpenSamples),
  updateParams: composer("/aliquot.compute.v1.MsgUpdateParams", aliquot_compute_v1_tx.MsgUpdateParams),
};

export const deployment = {
  createDeployment: composer("/aliquot.deployment.v1.MsgCreateDeployment", aliquot_deployment_v1_tx.MsgCreateDeployment),
  closeDeployment: composer("/aliquot.deployment.v1.MsgCloseDeployment", aliquot_deployment_v1_tx.MsgCloseDeployment),
  updateDeployment: composer("/aliquot.deployment.v1.MsgUpdateDeployment", aliquot_deployment_v1_tx.MsgUpdateDeployment),
  closeGroup: composer("/aliquot.deployment.v1.MsgCloseGroup", aliquot_deployment_v1_tx.MsgCloseGroup),
  pauseGroup: composer("/aliquot.deployment.v1.MsgPauseGroup", aliquot_deployment_v1_tx.MsgPauseGroup),
  startGroup: composer("/aliquot.deployment.v1.MsgStartGroup", aliquot_deployment_v1_tx.MsgStartGroup),
  updateParams: composer("/aliquot.deployment.v1.MsgUpdateParams", aliquot_deployment_v1_tx.MsgUpdateParams),
};

export const escrow = {
  accountDeposit: composer("/aliquot.escrow.v1.MsgAccountDeposit", aliquot_escrow_v1_tx.MsgAccountDeposit),
  withdraw: composer("/aliquot.escrow.v1.MsgWithdraw", aliquot_escrow_v1_tx.MsgWithdraw),
  updateParams: composer("/aliquot.escrow.v1.MsgUpdateParams", aliquot_escrow_v1_tx.MsgUpdateParams),
};

export const market = {
  createBid: composer("/aliquot.market.v1.MsgCreateBid", aliquot_market_v1_tx.MsgCreateBid),
  closeBid: composer("/aliquot.market.v1.MsgCloseBid", aliquot_market_v1_tx.MsgCloseBid),
  createLease: composer("/aliquot.market.v1.MsgCreateLease", aliquot_market_v1_tx.MsgCreateLease),
  startReclaim: composer("/aliquot.market.v1.MsgStartReclaim", aliquot_market_v1_tx.MsgStartReclaim),
  amendLease: composer("/aliquot.market.v1.MsgAmendLease", aliquot_market_v1_tx.MsgAmendLease),
  updateParams: composer("/aliquot.market.v1.MsgUpdateParams", aliquot_market_v1_tx.MsgUpdateParams),
  closeLease: composer("/aliquot.market.v1.MsgCloseLease", aliquot_market_v1_tx.MsgCloseLease),
  withdrawLease: composer("/aliquot.market.v1.MsgWithdrawLease", aliquot_market_v1_tx.MsgWithdrawLease),
};

export const provider = {
  createProvider: composer("/aliquot.provider.v1.MsgCreateProvider", aliquot_provider_v1_tx.MsgCreateProvider),
  updateProvider: composer("/aliquot.provider.v1.MsgUpdateProvider", aliquot_provider_v1_tx.MsgUpdateProvider),
  deleteProvider: composer("/aliquot.provider.v1.MsgDeleteProvider", aliquot_provider_v1_tx.MsgDeleteProvider),
  heartbeat: composer("/aliquot.provider.v1.MsgHeartbeat", aliquot_provider_v1_tx.MsgHeartbeat),
  unjail: composer("/aliquot.provider.v1.MsgUnjail", aliquot_provider_v1_tx.MsgUnjail),
  updateParams: composer("/aliquot.provider.v1.MsgUpdateParams", aliquot_provider_v1_tx.MsgUpdateParams),
};

export const validator = {
  updateValidators: composer("/aliquot.validator.v1.MsgUpdateValidators", aliquot_validator_v1_tx.MsgUpdateValidators),
  replaceVrfKey: composer("/aliquot.validator.v1.MsgReplaceVrfKey", aliquot_validator_v1_tx.MsgReplaceVrfKey),
};
