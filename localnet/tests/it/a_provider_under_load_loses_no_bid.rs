//! Bids of one key sent all at once, while other programs use the same key: each is on the chain once.

use crate::{MACHINE, from_env};
use aliquot_client::{Client, Gas, Key, SendOptions, TxOutcome, any};
use aliquot_localnet::{Net, Options, small_scene};
use aliquot_proto::{
    compute::v1::{MsgRegisterDevice, MsgRegisterDeviceResponse},
    cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin},
    deployment::v1::{GroupSpec, JobSpec, MsgCreateDeployment},
    market::v1::{BidFilters, LeaseId, MsgCreateBid, QueryBidsRequest, QueryBidsResponse},
    provider::v1::MsgCreateProvider,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

const PRICE: &str = "1000";
/// Programs that use the key beside the one that bids, and what each sends.
const STRANGERS: u64 = 4;
const ROUNDS: u64 = 6;
/// Deployments that one transaction opens.
const TOGETHER: u64 = 20;

fn coin(amount: &str) -> Option<Coin> {
    Some(Coin { denom: "ualq".into(), amount: amount.into() })
}

fn deployment(owner: &str, dseq: u64) -> MsgCreateDeployment {
    let job = JobSpec { kernel: "RENDER_Q16".into(), input: small_scene().into_bytes(), samples: 16, commit_blocks: 0 };
    let group = GroupSpec { name: "job".into(), job: Some(job), max_price: coin("2000000"), ..Default::default() };
    MsgCreateDeployment {
        owner: owner.into(),
        dseq,
        groups: vec![group],
        hash: Sha256::digest(dseq.to_be_bytes()).to_vec(),
        deposit: coin("2000000"),
        ..Default::default()
    }
}

fn bid(owner: &str, provider: &str, dseq: u64, device_id: &[u8]) -> MsgCreateBid {
    let id = LeaseId { owner: owner.into(), dseq, gseq: 1, oseq: 1, provider: provider.into() };
    MsgCreateBid {
        signer: provider.into(),
        id: Some(id),
        price: coin(PRICE),
        device_id: device_id.to_vec(),
        deposit: coin("500000"),
        ..Default::default()
    }
}

async fn registered(client: &Client, key: &Key) -> Vec<u8> {
    let owner = key.address().to_string();
    let provider =
        MsgCreateProvider { owner: owner.clone(), host_uri: "http://127.0.0.1:1".into(), ..Default::default() };
    let device = MsgRegisterDevice { provider: owner, nonce: 1, bond: coin("100000000") };
    client.send(key, vec![any(&provider)], &SendOptions::default()).await.unwrap();
    let done = client.send(key, vec![any(&device)], &SendOptions::default()).await.unwrap();
    done.response::<MsgRegisterDeviceResponse>(0).unwrap().device_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_under_load_loses_no_bid() {
    let _turn = MACHINE.read().await;
    let bids = from_env("ALIQUOT_BIDS", 200);
    let net = Net::start(1, Options::default()).await.unwrap();
    let (tenant, provider) = (net.key("tenant").unwrap(), net.key("provider").unwrap());
    let client = net.client(0).unwrap();
    let device = registered(&client, &provider).await;
    let dseqs: Vec<u64> = (1..=bids).collect();
    for part in dseqs.chunks(TOGETHER as usize) {
        let messages = part.iter().map(|dseq| any(&deployment(tenant.address(), *dseq))).collect();
        client.send(&tenant, messages, &SendOptions::default()).await.unwrap();
    }

    let mut sending = JoinSet::new();
    for dseq in dseqs {
        let (client, provider) = (client.clone(), provider.clone());
        let message = any(&bid(tenant.address(), provider.address(), dseq, &device));
        sending.spawn(async move { client.send(&provider, vec![message], &SendOptions::default()).await });
    }
    // Programs that know nothing of that queue, as a second runner or a person at the command line: each with its own.
    // No two of them send the same: the same bytes of the same key and sequence would be one transaction.
    for amount in 1..=STRANGERS {
        let (client, provider) = (net.client(0).unwrap(), provider.clone());
        let message = |round: u64| MsgSend {
            from_address: provider.address().into(),
            to_address: tenant.address().into(),
            amount: coin(&(round * STRANGERS + amount).to_string()).into_iter().collect(),
        };
        let messages = (0..ROUNDS).map(|round| any(&message(round))).collect::<Vec<_>>();
        sending.spawn(async move {
            let options = SendOptions { gas: Gas::Limit(150_000), ..SendOptions::default() };
            let mut last = TxOutcome::default();
            for message in messages {
                last = client.send(&provider, vec![message], &options).await?;
            }
            Ok(last)
        });
    }
    let mut hashes = BTreeSet::new();
    while let Some(sent) = sending.join_next().await {
        hashes.insert(sent.unwrap().unwrap().hash);
    }
    assert_eq!(hashes.len() as u64, bids + STRANGERS, "each in a transaction of its own");

    let filters = BidFilters { provider: provider.address().into(), ..Default::default() };
    let pagination =
        Some(aliquot_proto::cosmos::base::query::v1beta1::PageRequest { limit: 1000, ..Default::default() });
    let request = QueryBidsRequest { filters: Some(filters), pagination };
    let answer: QueryBidsResponse = client.query("/aliquot.market.v1.Query/Bids", &request, None).await.unwrap();
    let standing: BTreeSet<u64> = answer.bids.iter().map(|bid| bid.id.as_ref().unwrap().dseq).collect();
    assert_eq!(standing.len() as u64, bids, "every bid stands");
    // Two to register, the bids, and what the strangers sent: no sequence was used twice, none for nothing.
    let (_, sequence) = client.account(provider.address()).await.unwrap();
    assert_eq!(sequence, 2 + bids + STRANGERS * ROUNDS);
}
