//! Lists: a filter holds on every page, whichever way they are walked; a page is never larger than it may be; pages
//! together are the list.

use crate::{
    a_job_is_bid_for_proven_and_paid::SCENE,
    bare::{Chain, SUB, bid, coin, service, text},
    chain::genesis,
};
use aliquot_proto::{
    audit::v1 as audit,
    compute::v1 as compute,
    cosmos::base::query::v1beta1::{PageRequest, PageResponse},
    deployment::v1::{self as deployment, GroupSpec, JobSpec},
    escrow::v1 as escrow,
    market::v1::{self as market, LeaseId},
    provider::v1::{self as provider, Attribute},
};
use prost::Message;
use serde_json::{Value, json};

const OWNERS: [&str; 3] = ["tenant", "alice", "bob"];
const PROVIDERS: [&str; 2] = ["provider", "rival"];
/// The most that a page may hold.
const MOST: usize = 1_000;

fn state() -> Value {
    let mut state = genesis();
    state["escrow"]["params"]["min_deposits"] = json!([{"denom": "ualq", "amount": "1"}]);
    state["market"]["params"]["provider_max_leases"] = json!(10_000);
    state
}

fn create(owner: &str, dseq: u64, groups: Vec<GroupSpec>) -> deployment::MsgCreateDeployment {
    let (owner, deposit) = (text(owner), coin(1_000));
    deployment::MsgCreateDeployment { owner, dseq, groups, hash: vec![1; 32], deposit, ..Default::default() }
}

fn job() -> GroupSpec {
    let job = JobSpec { kernel: "RENDER_Q16".into(), input: SCENE.into(), ..JobSpec::default() };
    GroupSpec { name: "j".into(), job: Some(job), max_price: coin(100), ..GroupSpec::default() }
}

fn id(owner: &str, dseq: u64, gseq: u32, provider: &str) -> LeaseId {
    LeaseId { owner: text(owner), dseq, gseq, oseq: 1, provider: text(provider) }
}

fn accept(chain: &mut Chain, id: &LeaseId) {
    let accept = market::MsgCreateLease { owner: id.owner.clone(), id: Some(id.clone()), standby: String::new() };
    chain.run(&accept).unwrap();
}

fn take_service(chain: &mut Chain, id: &LeaseId, device: usize) {
    chain.run(&bid(id, &chain.devices[device], SUB)).unwrap();
    accept(chain, id);
}

fn take_job(chain: &mut Chain, id: &LeaseId, device: usize) {
    let bid = market::MsgCreateBid { price: coin(10), rate: None, items: vec![], ..bid(id, &chain.devices[device], 1) };
    chain.run(&bid).unwrap();
    accept(chain, id);
}

fn device(provider: &str, nonce: u64) -> compute::MsgRegisterDevice {
    compute::MsgRegisterDevice { provider: text(provider), nonce, bond: coin(1_000_000) }
}

fn attest(chain: &mut Chain, auditor: &str, provider: &str) {
    let attributes = vec![Attribute { key: "tier".into(), value: "1".into() }];
    let (auditor, provider) = (text(auditor), text(provider));
    let msg = audit::MsgSignProviderAttributes { auditor, provider, attributes, ..Default::default() };
    chain.run(&msg).unwrap();
}

/// Something in every list and, where there are states, in several of them.
fn world() -> Chain {
    let mut chain = Chain::new(&state());
    for provider in PROVIDERS {
        chain.register(provider);
        (2..5).for_each(|nonce| drop(chain.run(&device(provider, nonce)).unwrap()));
    }
    for owner in OWNERS {
        for dseq in 1..=4u64 {
            chain.run(&create(owner, dseq, vec![service(SUB), service(SUB), job()])).unwrap();
            chain.run(&bid(&id(owner, dseq, 1, "rival"), &chain.devices[1], SUB)).unwrap();
            chain.run(&bid(&id(owner, dseq, 2, "rival"), &chain.devices[1], SUB)).unwrap();
            take_service(&mut chain, &id(owner, dseq, 1, "provider"), 0);
            let at = (dseq % 2) as usize;
            take_job(&mut chain, &id(owner, dseq, 3, PROVIDERS[at]), at);
        }
        let leaves = id(owner, 2, 1, "provider");
        let closes = market::MsgCloseLease { owner: text(owner), id: Some(leaves) };
        chain.run(&closes).unwrap();
        chain.run(&deployment::MsgCloseDeployment { owner: text(owner), dseq: 3 }).unwrap();
        let id = Some(id(owner, 4, 3, PROVIDERS[0]));
        chain.run(&compute::MsgCommitResult { signer: text(PROVIDERS[0]), id, root: vec![1; 32] }).unwrap();
        PROVIDERS.iter().for_each(|provider| attest(&mut chain, owner, provider));
    }
    chain.next_block();
    chain
}

type Ask<'a, T> = &'a dyn Fn(Option<PageRequest>) -> (Vec<T>, Option<PageResponse>);

fn page(limit: usize, key: Vec<u8>, reverse: bool) -> Option<PageRequest> {
    Some(PageRequest { limit: limit as u64, key, reverse, ..PageRequest::default() })
}

/// All pages of a list, one after the other.
fn walk<T: Message>(ask: Ask<T>, limit: usize, reverse: bool) -> Vec<Vec<u8>> {
    let (mut all, mut key) = (Vec::new(), Vec::new());
    loop {
        let (items, response) = ask(page(limit, key, reverse));
        assert!(items.len() <= limit, "{} entries in a page of {limit}", items.len());
        all.extend(items.iter().map(Message::encode_to_vec));
        key = response.unwrap().next_key;
        if key.is_empty() {
            return all;
        }
    }
}

/// Whether a list with a filter gives just what `keep` keeps of the whole list; gives how many that are.
fn check<T: Message>(whole: Ask<T>, ask: Ask<T>, keep: impl Fn(&T) -> bool) -> usize {
    let (items, response) = whole(page(MOST, vec![], false));
    assert!(response.unwrap().next_key.is_empty());
    let sorted = |mut list: Vec<Vec<u8>>| {
        list.sort();
        list
    };
    let expected = sorted(items.iter().filter(|item| keep(item)).map(Message::encode_to_vec).collect());
    for limit in [1, 2, 3, MOST] {
        let there = walk(ask, limit, false);
        let mut back = walk(ask, limit, true);
        back.reverse();
        assert_eq!(there, back, "pages of {limit}");
        assert_eq!(sorted(there), expected, "pages of {limit}");
    }
    let counted = ask(Some(PageRequest { limit: 1, count_total: true, ..PageRequest::default() }));
    assert_eq!(counted.1.unwrap().total, expected.len() as u64);
    expected.len()
}

fn or_none(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| text(name)).chain([String::new()]).collect()
}

fn fits<T: PartialEq + Default>(wanted: &T, has: &T) -> bool {
    *wanted == T::default() || wanted == has
}

#[test]
fn of_deployments_and_orders() {
    let chain = world();
    let deployments = |filters: deployment::DeploymentFilters, pagination| {
        let request = deployment::QueryDeploymentsRequest { filters: Some(filters), pagination };
        let page: deployment::QueryDeploymentsResponse =
            chain.query("/aliquot.deployment.v1.Query/Deployments", &request);
        (page.deployments, page.pagination)
    };
    let orders = |filters: market::OrderFilters, pagination| {
        let request = market::QueryOrdersRequest { filters: Some(filters), pagination };
        let page: market::QueryOrdersResponse = chain.query("/aliquot.market.v1.Query/Orders", &request);
        (page.orders, page.pagination)
    };
    let (mut found, mut all) = (0, 0);
    for owner in or_none(&OWNERS) {
        for state in 0..=3 {
            let filters = deployment::DeploymentFilters { owner: owner.clone(), state };
            all += check(
                &|page| deployments(Default::default(), page),
                &|page| deployments(filters.clone(), page),
                |row| {
                    let row = row.deployment.as_ref().unwrap();
                    fits(&owner, &row.id.as_ref().unwrap().owner) && fits(&state, &row.state)
                },
            );
        }
        for (dseq, state) in (0..=5).flat_map(|dseq| (0..=4).map(move |state| (dseq, state))) {
            let filters = market::OrderFilters { owner: owner.clone(), dseq, state };
            found += check(&|page| orders(Default::default(), page), &|page| orders(filters.clone(), page), |order| {
                let id = order.id.as_ref().unwrap();
                fits(&owner, &id.owner) && fits(&dseq, &id.dseq) && fits(&state, &order.state)
            });
        }
    }
    assert!(all > 12 && found > 36, "{all} and {found}");
}

#[test]
fn of_bids_and_leases() {
    let chain = world();
    let bids = |filters: market::BidFilters, pagination| {
        let request = market::QueryBidsRequest { filters: Some(filters), pagination };
        let page: market::QueryBidsResponse = chain.query("/aliquot.market.v1.Query/Bids", &request);
        (page.bids, page.pagination)
    };
    let leases = |filters: market::LeaseFilters, pagination| {
        let request = market::QueryLeasesRequest { filters: Some(filters), pagination };
        let page: market::QueryLeasesResponse = chain.query("/aliquot.market.v1.Query/Leases", &request);
        (page.leases, page.pagination)
    };
    let (mut of_bids, mut of_leases) = (0, 0);
    for owner in or_none(&OWNERS) {
        for provider in or_none(&PROVIDERS) {
            for (dseq, state) in [0, 1, 2, 3, 9].into_iter().flat_map(|dseq| (0..=5).map(move |state| (dseq, state))) {
                let fits_id = |id: &Option<LeaseId>| {
                    let id = id.as_ref().unwrap();
                    fits(&owner, &id.owner) && fits(&dseq, &id.dseq) && fits(&provider, &id.provider)
                };
                let (owner, provider) = (owner.clone(), provider.clone());
                let filters = market::BidFilters { owner: owner.clone(), dseq, provider: provider.clone(), state };
                of_bids += check(&|page| bids(Default::default(), page), &|page| bids(filters.clone(), page), |bid| {
                    fits_id(&bid.id) && fits(&state, &bid.state)
                });
                let filters = market::LeaseFilters { owner, dseq, provider, state };
                of_leases +=
                    check(&|page| leases(Default::default(), page), &|page| leases(filters.clone(), page), |lease| {
                        fits_id(&lease.id) && fits(&state, &lease.state)
                    });
            }
        }
    }
    assert!(of_bids > 48 && of_leases > 24, "{of_bids} and {of_leases}");
}

#[test]
fn of_devices_jobs_and_attestations() {
    let chain = world();
    let devices = |provider: &str, pagination| {
        let request = compute::QueryDevicesRequest { provider: provider.into(), pagination };
        let page: compute::QueryDevicesResponse = chain.query("/aliquot.compute.v1.Query/Devices", &request);
        (page.devices, page.pagination)
    };
    let jobs = |provider: &str, phase, pagination| {
        let request = compute::QueryJobsRequest { provider: provider.into(), phase, pagination };
        let page: compute::QueryJobsResponse = chain.query("/aliquot.compute.v1.Query/Jobs", &request);
        (page.jobs, page.pagination)
    };
    let attestations = |auditor: &str, provider: &str, pagination| {
        let (auditor, provider) = (auditor.into(), provider.into());
        let request = audit::QueryAttestationsRequest { auditor, provider, pagination };
        let page: audit::QueryAttestationsResponse = chain.query("/aliquot.audit.v1.Query/Attestations", &request);
        (page.attestations, page.pagination)
    };
    let mut found = [0; 3];
    for provider in &or_none(&PROVIDERS) {
        found[0] += check(&|page| devices("", page), &|page| devices(provider, page), |device| {
            fits(provider, &device.provider)
        });
        for phase in 0..=8 {
            found[1] += check(&|page| jobs("", 0, page), &|page| jobs(provider, phase, page), |job| {
                fits(provider, &job.id.as_ref().unwrap().provider) && fits(&phase, &job.phase)
            });
        }
        for auditor in &or_none(&OWNERS) {
            found[2] +=
                check(&|page| attestations("", "", page), &|page| attestations(auditor, provider, page), |row| {
                    fits(auditor, &row.auditor) && fits(provider, &row.provider)
                });
        }
    }
    assert!(found[0] == 16 && found[1] > 24 && found[2] == 24, "{found:?}");
}

#[test]
fn a_page_holds_a_thousand_entries_at_most_and_the_next_goes_on() {
    let mut chain = Chain::new(&state());
    PROVIDERS.iter().for_each(|provider| chain.register(provider));
    let many = MOST as u64 + 3;
    for n in 1..=many {
        let name = format!("provider {n}");
        let host_uri = "http://127.0.0.1:1".into();
        chain.run(&provider::MsgCreateProvider { owner: text(&name), host_uri, ..Default::default() }).unwrap();
        chain.run(&device("rival", n + 1)).unwrap();
        attest(&mut chain, &name, "rival");
        chain.run(&create("tenant", n, vec![service(SUB), job()])).unwrap();
        take_service(&mut chain, &id("tenant", n, 1, "provider"), 0);
        take_job(&mut chain, &id("tenant", n, 2, "rival"), 1);
    }
    macro_rules! pages {
        ($path:literal, $response:ty, $list:ident, $request:expr) => {
            let mut request = $request.clone();
            request.pagination = page(5 * MOST, vec![], false);
            let first: $response = chain.query($path, &request);
            let next_key = first.pagination.unwrap().next_key;
            assert!(first.$list.len() == MOST && !next_key.is_empty(), $path);
            request.pagination = page(MOST, next_key, false);
            let rest: $response = chain.query($path, &request);
            let new = rest.$list.iter().all(|entry| !first.$list.contains(entry));
            assert!(new && rest.$list.len() >= 3, $path);
        };
    }
    use {audit as a, compute as c, deployment as d, escrow as e, market as m, provider as p};
    let order = market::OrderId { owner: text("tenant"), dseq: 1, gseq: 1, oseq: 1 };
    let matched = m::QueryMatchRequest { id: Some(order), ..Default::default() };
    pages!(
        "/aliquot.provider.v1.Query/Providers",
        p::QueryProvidersResponse,
        providers,
        p::QueryProvidersRequest::default()
    );
    pages!(
        "/aliquot.audit.v1.Query/Attestations",
        a::QueryAttestationsResponse,
        attestations,
        a::QueryAttestationsRequest::default()
    );
    pages!("/aliquot.compute.v1.Query/Devices", c::QueryDevicesResponse, devices, c::QueryDevicesRequest::default());
    pages!("/aliquot.compute.v1.Query/Jobs", c::QueryJobsResponse, jobs, c::QueryJobsRequest::default());
    pages!("/aliquot.escrow.v1.Query/Accounts", e::QueryAccountsResponse, accounts, e::QueryAccountsRequest::default());
    pages!(
        "/aliquot.deployment.v1.Query/Deployments",
        d::QueryDeploymentsResponse,
        deployments,
        d::QueryDeploymentsRequest::default()
    );
    pages!("/aliquot.market.v1.Query/Orders", m::QueryOrdersResponse, orders, m::QueryOrdersRequest::default());
    pages!("/aliquot.market.v1.Query/Bids", m::QueryBidsResponse, bids, m::QueryBidsRequest::default());
    pages!("/aliquot.market.v1.Query/Leases", m::QueryLeasesResponse, leases, m::QueryLeasesRequest::default());
    pages!("/aliquot.market.v1.Query/Match", m::QueryMatchResponse, providers, matched);
}
