//! The runner without a chain: devices against the reference, results through crashes, prices, tokens, the gateway.
//! The whole flow against a real chain is in `localnet`. The OpenCL tests need a device: PoCL will do. Those of
//! containers need podman, runc and busybox-static.

mod bids_follow_the_rule;
mod configuration_is_checked;
mod containers_run_on_podman;
mod devices_compute_alike;
mod gateway_knows_its_tenants;
mod gateway_serves_services;
mod images_are_those_that_the_provider_runs;
mod leases_are_tended;
mod manifests_are_known_by_their_hash;
mod manifests_become_workloads;
mod podman;
mod private_images_need_their_credentials;
mod providers_speak_to_the_chain;
mod reservations_are_kept;
mod results_survive_a_kill;
mod scripted_node;
mod services_are_priced_exactly;
mod services_follow_the_chain;
mod tenants_have_a_shell;
mod tokens_are_checked;
mod work_is_done_in_order;

use aliquot_proto::market::v1::LeaseId;

/// A scene of twelve chunks: small enough to compute many times.
const SCENE: &str = include_str!("../../kernels/vectors/odd-size.scene");

fn lease(dseq: u64) -> LeaseId {
    LeaseId { owner: "aliquot1tenant".into(), dseq, gseq: 1, oseq: 1, provider: "aliquot1provider".into() }
}

fn job() -> aliquot_kernels::Job {
    aliquot_kernels::Kernel::RenderQ16.prepare(SCENE.as_bytes()).expect("a scene of the golden vectors")
}
