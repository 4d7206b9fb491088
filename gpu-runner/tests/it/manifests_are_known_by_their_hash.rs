use std::{net::TcpListener, sync::Arc};

use aliquot_client::{jwt::gateway_token, manifest};
use aliquot_proto::market::v1::{Lease, LeaseId};
use aliquot_runner::{
    book,
    device::{Device, Reference},
    gateway::{Gateway, Services, serve},
    store::Store,
};
use axum_server::Handle;

use crate::{
    gateway_serves_services::{bench, chain, group, now},
    tokens_are_checked::key,
};

#[tokio::test]
async fn a_manifest_is_taken_if_the_chain_knows_its_hash() {
    let bench = bench(31).await;
    let json = bench.json.clone();
    let owner = bench.token(1);
    let refused = async |dseq, token: &str, body: &str, status: u16, part: &str| {
        let (got, told) = bench.put(dseq, token, body).await;
        assert_eq!(got, status, "{told}");
        assert!(told["message"].as_str().unwrap().contains(part), "{told}");
    };
    refused(7, &owner, &json.replace("hello", "hallo"), 422, "hash").await;
    refused(7, &owner, "", 422, "hash").await;
    refused(7, &owner, &" ".repeat(manifest::MAX_BYTES + 1), 413, "limit").await;
    refused(8, &owner, &json, 404, "no lease with this provider").await;
    refused(9, &owner, &json, 502, "come again").await;
    refused(10, &owner, &json, 404, "no deployment").await;
    refused(7, &bench.token(2), &json, 404, "no deployment").await;
    refused(7, "abc", &json, 401, "token").await;
    let elsewhere = LeaseId { dseq: 8, ..bench.lease.clone() };
    let narrow = gateway_token(&key(1), &bench.lease.provider, &[elsewhere], now());
    refused(7, &narrow, &json, 403, "opens no lease").await;
    assert_eq!(bench.services.book.manifest(&bench.lease).unwrap(), None);

    let (status, told) = bench.put(7, &owner, &json).await;
    assert_eq!((status, &told["hash"]), (202, &hex::encode(manifest::hash(json.as_bytes())).into()), "{told}");
    assert_eq!(bench.get("/lease/7/1/1/manifest").await, (200, json));
    use std::os::unix::fs::PermissionsExt;
    let folder = bench.dir.path().join("services");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path().join("manifest.json");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "it may hold passwords");
}

#[tokio::test]
async fn a_manifest_that_is_not_what_was_bid_for_is_refused() {
    let bench = bench(32).await;
    // The chain has the hash of this text, but the group takes other resources than it says.
    let other = bench.json.replace("\"val\":\"500\"", "\"val\":\"4000\"");
    let (_, spec) = group();
    let lease = Lease { id: Some(bench.lease.clone()), ..Lease::default() };
    let known = |json: &str| chain(lease.clone(), spec.clone(), manifest::hash(json.as_bytes()).to_vec());
    for (json, status, part) in
        [(other.as_str(), 422, "resources"), ("[]", 422, "does not have it"), ("{", 400, "manifest")]
    {
        let services = Services { lookup: known(json), ..bench.services.clone() };
        let gateway = Gateway {
            provider: bench.lease.provider.clone(),
            device: Reference::new().info().clone(),
            store: Store::open(bench.dir.path().join("jobs")).unwrap(),
            book: book::Book::default(),
            lookup: Arc::new(|_| Box::pin(async { Ok(Some(key(1).public_key().to_vec())) })),
            services: Some(services),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/deployment/7/manifest", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, gateway, None, Handle::new()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.put(url).bearer_auth(bench.token(1)).body(json.to_string()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let told = response.text().await.unwrap();
        assert!(told.contains(part), "{told}");
    }
}
