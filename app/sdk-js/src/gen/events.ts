// Generated from the descriptors by `npm run generate`. Do not edit.
import * as aliquot_audit_v1_event from "./aliquot/audit/v1/event.js";
import * as aliquot_beacon_v1_event from "./aliquot/beacon/v1/event.js";
import * as aliquot_compute_v1_event from "./aliquot/compute/v1/event.js";
import * as aliquot_deployment_v1_event from "./aliquot/deployment/v1/event.js";
import * as aliquot_escrow_v1_event from "./aliquot/escrow/v1/event.js";
import * as aliquot_market_v1_event from "./aliquot/market/v1/event.js";
import * as aliquot_provider_v1_event from "./aliquot/provider/v1/event.js";
import * as aliquot_validator_v1_event from "./aliquot/validator/v1/event.js";

/** Our events by the name that they have in blocks. */
export const eventTypes = {
  "aliquot.audit.v1.EventAttestationSigned": aliquot_audit_v1_event.EventAttestationSigned,
  "aliquot.audit.v1.EventAttestationDeleted": aliquot_audit_v1_event.EventAttestationDeleted,
  "aliquot.beacon.v1.EventBeacon": aliquot_beacon_v1_event.EventBeacon,
  "aliquot.beacon.v1.EventBeaconOmitted": aliquot_beacon_v1_event.EventBeaconOmitted,
  "aliquot.compute.v1.EventDeviceRegistered": aliquot_compute_v1_event.EventDeviceRegistered,
  "aliquot.compute.v1.EventJobCommitted": aliquot_compute_v1_event.EventJobCommitted,
  "aliquot.compute.v1.EventJobSampled": aliquot_compute_v1_event.EventJobSampled,
  "aliquot.compute.v1.EventJobOpened": aliquot_compute_v1_event.EventJobOpened,
  "aliquot.compute.v1.EventJobVerified": aliquot_compute_v1_event.EventJobVerified,
  "aliquot.compute.v1.EventJobSettled": aliquot_compute_v1_event.EventJobSettled,
  "aliquot.compute.v1.EventJobFailed": aliquot_compute_v1_event.EventJobFailed,
  "aliquot.compute.v1.EventSlashed": aliquot_compute_v1_event.EventSlashed,
  "aliquot.deployment.v1.EventDeploymentCreated": aliquot_deployment_v1_event.EventDeploymentCreated,
  "aliquot.deployment.v1.EventDeploymentClosed": aliquot_deployment_v1_event.EventDeploymentClosed,
  "aliquot.deployment.v1.EventDeploymentUpdated": aliquot_deployment_v1_event.EventDeploymentUpdated,
  "aliquot.deployment.v1.EventDeploymentPaused": aliquot_deployment_v1_event.EventDeploymentPaused,
  "aliquot.deployment.v1.EventDeploymentResumed": aliquot_deployment_v1_event.EventDeploymentResumed,
  "aliquot.deployment.v1.EventGroupStarted": aliquot_deployment_v1_event.EventGroupStarted,
  "aliquot.deployment.v1.EventGroupPaused": aliquot_deployment_v1_event.EventGroupPaused,
  "aliquot.deployment.v1.EventGroupClosed": aliquot_deployment_v1_event.EventGroupClosed,
  "aliquot.escrow.v1.EventDeposited": aliquot_escrow_v1_event.EventDeposited,
  "aliquot.escrow.v1.EventRefunded": aliquot_escrow_v1_event.EventRefunded,
  "aliquot.escrow.v1.EventEarned": aliquot_escrow_v1_event.EventEarned,
  "aliquot.escrow.v1.EventWithdrawn": aliquot_escrow_v1_event.EventWithdrawn,
  "aliquot.escrow.v1.EventLowFunds": aliquot_escrow_v1_event.EventLowFunds,
  "aliquot.market.v1.EventOrderCreated": aliquot_market_v1_event.EventOrderCreated,
  "aliquot.market.v1.EventOrderClosed": aliquot_market_v1_event.EventOrderClosed,
  "aliquot.market.v1.EventOrderExpired": aliquot_market_v1_event.EventOrderExpired,
  "aliquot.market.v1.EventBidCreated": aliquot_market_v1_event.EventBidCreated,
  "aliquot.market.v1.EventBidLost": aliquot_market_v1_event.EventBidLost,
  "aliquot.market.v1.EventBidClosed": aliquot_market_v1_event.EventBidClosed,
  "aliquot.market.v1.EventLeaseCreated": aliquot_market_v1_event.EventLeaseCreated,
  "aliquot.market.v1.EventLeaseReclaimStarted": aliquot_market_v1_event.EventLeaseReclaimStarted,
  "aliquot.market.v1.EventLeaseAmended": aliquot_market_v1_event.EventLeaseAmended,
  "aliquot.market.v1.EventStandbyTookOver": aliquot_market_v1_event.EventStandbyTookOver,
  "aliquot.market.v1.EventLeaseClosed": aliquot_market_v1_event.EventLeaseClosed,
  "aliquot.provider.v1.EventProviderCreated": aliquot_provider_v1_event.EventProviderCreated,
  "aliquot.provider.v1.EventProviderUpdated": aliquot_provider_v1_event.EventProviderUpdated,
  "aliquot.provider.v1.EventProviderDeleted": aliquot_provider_v1_event.EventProviderDeleted,
  "aliquot.provider.v1.EventProviderSilent": aliquot_provider_v1_event.EventProviderSilent,
  "aliquot.provider.v1.EventProviderBack": aliquot_provider_v1_event.EventProviderBack,
  "aliquot.provider.v1.EventProviderJailed": aliquot_provider_v1_event.EventProviderJailed,
  "aliquot.provider.v1.EventProviderUnjailed": aliquot_provider_v1_event.EventProviderUnjailed,
  "aliquot.validator.v1.EventValidatorUpdated": aliquot_validator_v1_event.EventValidatorUpdated,
  "aliquot.validator.v1.EventVrfKeyReplaced": aliquot_validator_v1_event.EventVrfKeyReplaced,
};
