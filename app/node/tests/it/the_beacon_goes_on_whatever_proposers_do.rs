//! The beacon: valid items advance it, invalid ones reject a proposal, omitted ones are counted and never halt.

use crate::chain::*;
use aliquot::modules::beacon;
use aliquot_proto::beacon::v1 as pb;
use aliquot_sdk::{Block, Ctx, Mode};
use prost::bytes::Bytes;

fn value(chain: &TestChain, height: u64) -> pb::Beacon {
    let request = pb::QueryBeaconRequest { height };
    chain.query::<_, pb::QueryBeaconResponse>("/aliquot.beacon.v1.Query/Beacon", &request).beacon.unwrap()
}

fn omissions(chain: &TestChain) -> Vec<pb::Omissions> {
    let request = pb::QueryOmissionsRequest::default();
    chain.query::<_, pb::QueryOmissionsResponse>("/aliquot.beacon.v1.Query/Omissions", &request).omissions
}

#[test]
fn each_block_has_its_own_value_and_two_nodes_agree_on_it() {
    let (mut one, mut two) = (TestChain::new(), TestChain::new());
    one.blocks(3);
    two.blocks(3);
    let values: Vec<_> = (1..=3).map(|height| value(&one, height).value).collect();
    assert!(values[0] != values[1] && values[1] != values[2]);
    assert_eq!(values, (1..=3).map(|height| value(&two, height).value).collect::<Vec<_>>());
    assert_eq!(one.last.app_hash, two.last.app_hash);
}

#[test]
fn an_omission_is_counted_and_the_key_sleeps_an_epoch() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    chain.force(&[]);
    assert!(value(&chain, 2).omitted);
    let counted = omissions(&chain);
    assert_eq!((counted[0].count, counted[0].sleeps_until), (1, 12));
    // Asleep: an honest proposer leaves the item out, and that is not counted again.
    assert!(chain.propose(vec![]).is_empty());
    chain.blocks(9);
    assert_eq!(omissions(&chain)[0].count, 1);
    // Awake again.
    chain.blocks(1);
    assert_eq!(chain.height, 12);
    assert!(!value(&chain, 12).omitted);
}

#[test]
fn an_item_of_a_sleeping_key_rejects_the_proposal() {
    let mut chain = TestChain::new();
    let mut ctx = Ctx::new(chain.app.db().latest(), Block::default(), Mode::Query);
    chain.force(&[]);
    ctx = Ctx::new(chain.app.db().latest(), Block { chain_id: CHAIN_ID.into(), height: 2, ..ctx.block }, Mode::Query);
    let proof = vrf().prove(&beacon::alpha(&ctx).unwrap()).unwrap();
    assert!(!chain.accepts(&[beacon::item(&chain.proposer, &proof).into()]));
}

#[test]
fn what_is_no_valid_item_rejects_the_proposal_and_counts_as_omitted_in_a_block() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let good: Bytes = chain.propose(vec![]).remove(0);
    assert!(chain.accepts(std::slice::from_ref(&good)));
    let mut wrong_proof = good.to_vec();
    let last = wrong_proof.len() - 1;
    wrong_proof[last] ^= 1;
    let foreign = beacon::item(&[3; 20], &[5; 80]);
    let short = beacon::item(&chain.proposer, &[5; 79]);
    for bad in [wrong_proof.clone(), foreign, short] {
        assert!(!chain.accepts(&[bad.into()]));
    }
    assert!(!chain.accepts(&[good.clone(), good.clone()]), "an item anywhere but first");
    let results = chain.force(&[wrong_proof.into()]);
    assert_eq!((results[0].codespace.as_str(), results[0].code), ("beacon", 5));
    assert!(value(&chain, 2).omitted);
}

#[test]
fn check_tx_refuses_the_item() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let item = chain.propose(vec![]).remove(0);
    let refused = chain.check_tx(&item);
    assert_ne!(refused.code, 0);
}

#[test]
fn the_item_of_one_height_is_no_item_of_the_next() {
    let mut chain = TestChain::new();
    chain.blocks(1);
    let item = chain.propose(vec![]).remove(0);
    chain.blocks(1);
    assert!(!chain.accepts(&[item]));
}
