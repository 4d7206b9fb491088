//! Providers: their record, and what is known of them.

use crate::{a_job_is_bid_for_proven_and_paid::register, a_service_is_paid_per_block_and_to_the_sub_unit::*, chain::*};
use aliquot_proto::{deployment::v1 as deployment, market::v1 as market, provider::v1 as provider};
use serde_json::json;

// Deleting a provider answers that it is not implemented.
#[test]
fn a_provider_can_be_deleted_and_has_its_bond_back() {
    let (mut chain, lease, _) = leased_at_100(0, 15 * SUB, 1_000_000);
    let delete = provider::MsgDeleteProvider { owner: lease.provider.clone() };
    assert_eq!(chain.fails(&key("provider"), &delete), ("provider".into(), 8));
    chain.run(&key("tenant"), &deployment::MsgCloseDeployment { owner: lease.owner.clone(), dseq: 7 });
    let before = chain.balance(&lease.provider);
    chain.run(&key("provider"), &delete);
    assert_eq!(chain.balance(&lease.provider), before + 1_000_000_000 - FEE);
}

// Nobody knows how reliable a provider has been.
#[test]
fn a_score_follows_what_leases_came_to() {
    let mut genesis = plain(0);
    genesis["escrow"]["params"]["fee_bps"] = json!(1_000);
    let mut chain = TestChain::from_genesis(&genesis);
    let devices = ["provider", "rival"].map(|name| register(&mut chain, name, 100_000_000_000));
    let score = |chain: &TestChain, name: &str| {
        let request = provider::QueryReliabilityRequest { owner: key(name).address().into() };
        let path = "/aliquot.provider.v1.Query/Reliability";
        chain.query::<_, provider::QueryReliabilityResponse>(path, &request).score_bps
    };
    assert_eq!(score(&chain, "provider"), 5_000, "a provider that nobody knows has half");
    for (dseq, name, device) in [(7, "provider", &devices[0]), (8, "rival", &devices[1])] {
        let lease = id(dseq, 1, name);
        chain.run(&key("tenant"), &create(dseq, &[10_000_000 * SUB], 1_000_000_000));
        chain.run(&key(name), &bid(&lease, device, 10_000_000 * SUB));
        accept(&mut chain, &lease);
        chain.blocks(9);
        let (owner, id) = (lease.owner.clone(), Some(lease.clone()));
        match name {
            "provider" => drop(chain.run(&key("tenant"), &market::MsgCloseLease { owner, id })),
            _ => {
                drop(chain.run(&key(name), &market::MsgCloseBid { signer: lease.provider.clone(), id, reason: 10_000 }))
            }
        }
    }
    let (kept, left) = (score(&chain, "provider"), score(&chain, "rival"));
    assert!(kept > 5_000 && left < 5_000, "{kept} and {left}");
}
