use std::{net::TcpListener, sync::Arc, time::Duration};

use aliquot_client::{
    jwt::{gateway_token, peek},
    manifest::{self, Group, Manifest},
};
use aliquot_proto::{
    deployment::v1::{GroupSpec, ResourceUnit, ServiceSpec},
    market::v1::{Lease, LeaseId, LeaseState},
};
use aliquot_runner::{
    book,
    device::{Device, Reference},
    gateway::{DeploymentLookup, Gateway, Services, serve},
    runtime::podman::Network,
    services::{Deployed, book::Book, inventory::Taken, workload::plan},
    store::Store,
};
use axum_server::Handle;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    manifests_become_workloads::service,
    podman::{Cleaned, IMAGE, runtime, until},
    services_are_priced_exactly::inventory,
    tokens_are_checked::key,
};

const SCRIPT: &str = "echo hello; echo again; sleep 1000";

pub struct Bench {
    pub base: String,
    pub lease: LeaseId,
    pub services: Services,
    pub json: String,
    pub dir: tempfile::TempDir,
    _cleaned: Cleaned,
}

pub fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// A manifest of one service, and the group on the chain that it is for.
pub fn group() -> (String, GroupSpec) {
    let mut web = service("web", IMAGE);
    web.command = vec!["/bin/sh".into(), "-c".into()];
    web.args = vec![SCRIPT.into()];
    let unit = ResourceUnit { id: 1, count: 1, resources: Some(web.resources.to_proto()), price: None };
    let manifest = Manifest { groups: vec![Group { name: "eu".into(), services: vec![web], job: None }] };
    let service = Some(ServiceSpec { resources: vec![unit] });
    (manifest.to_json().unwrap(), GroupSpec { name: "eu".into(), service, ..GroupSpec::default() })
}

/// The chain: account 1 has deployment 7 with a lease here, and deployment 8 with none; its node hangs up on 9.
pub fn chain(lease: Lease, spec: GroupSpec, hash: Vec<u8>) -> DeploymentLookup {
    Arc::new(move |owner, dseq| {
        let (lease, spec, hash) = (lease.clone(), spec.clone(), hash.clone());
        Box::pin(async move {
            match (owner == key(1).address(), dseq) {
                (true, 7) => Ok(Some(Deployed { hash, leases: vec![(lease, spec)] })),
                (true, 8) => Ok(Some(Deployed { hash, leases: Vec::new() })),
                (true, 9) => Err("the node is away".into()),
                _ => Ok(None),
            }
        })
    })
}

/// Each test has its own provider, so that none removes another's containers.
pub async fn bench(provider: u8) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let provider = key(provider).address().to_string();
    let id = LeaseId { owner: key(1).address().into(), dseq: 7, gseq: 1, oseq: 1, provider: provider.clone() };
    let (json, spec) = group();
    let lease = Lease { id: Some(id.clone()), state: LeaseState::Active.into(), ..Lease::default() };
    let services = Services {
        runtime: Arc::new(runtime(&id, Network::None)),
        book: Book::open(dir.path().join("services")).unwrap(),
        inventory: inventory(),
        lookup: chain(lease, spec, manifest::hash(json.as_bytes()).to_vec()),
    };
    let gateway = Gateway {
        provider,
        device: Reference::new().info().clone(),
        store: Store::open(dir.path().join("jobs")).unwrap(),
        book: book::Book::default(),
        lookup: Arc::new(|address| {
            let known = (1..=2).find(|n| key(*n).address() == address);
            Box::pin(async move { Ok(known.map(|n| key(n).public_key().to_vec())) })
        }),
        services: Some(services.clone()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let handle = Handle::new();
    tokio::spawn(serve(listener, gateway, None, handle.clone()));
    handle.listening().await.unwrap();
    Bench { base, services, json, dir, _cleaned: Cleaned(id.clone()), lease: id }
}

impl Bench {
    pub fn token(&self, account: u8) -> String {
        gateway_token(&key(account), &self.lease.provider, &[], now())
    }

    pub fn request(&self, method: &str, path: &str, token: &str) -> reqwest::RequestBuilder {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let method = method.parse::<reqwest::Method>().unwrap();
        client.request(method, format!("{}{path}", self.base)).bearer_auth(token)
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let response = self.request("GET", path, &self.token(1)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn put(&self, dseq: u64, token: &str, body: &str) -> (u16, Value) {
        let path = format!("/deployment/{dseq}/manifest");
        let response = self.request("PUT", &path, token).body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// What the lease's task does when a manifest has come.
    pub async fn start(&self) {
        let json = self.services.book.manifest(&self.lease).unwrap().unwrap();
        let manifest = manifest::parse(&json).unwrap();
        let hash = manifest::hash(&json);
        let workload = plan(&self.lease, &hash, &manifest.groups[0], &Taken::default(), &self.services.inventory);
        self.services.book.want(&self.lease, [("web".to_string(), 1)].into());
        self.services.runtime.start(&workload.unwrap()).await.unwrap();
    }
}

/// The values of a stream of lines; empty ones say only that the other side is there.
pub fn values(text: &str) -> Vec<Value> {
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_tenant_sees_state_logs_and_events() {
    let bench = bench(33).await;
    assert_eq!(bench.get("/lease/7/1/1/status").await.0, 404, "nothing is here yet");
    assert!(bench.services.book.enter(&bench.lease).is_some());
    bench.services.book.note(&bench.lease, LeaseState::Active);
    assert_eq!(bench.put(7, &bench.token(1), &bench.json).await.0, 202);
    bench.start().await;
    let (status, told) = bench.get("/lease/7/1/1/status").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["state"]), (200, &"LEASE_STATE_ACTIVE".into()), "{told}");
    let web = &told["services"][0];
    assert_eq!((&web["name"], &web["desired"], &web["running"]), (&"web".into(), &1.into(), &1.into()));
    let instance = &web["instances"][0];
    assert_eq!((&instance["state"], &instance["restarts"]), (&"running".into(), &0.into()));
    assert!(instance["started_at"].as_u64().is_some_and(|at| at + 120 > now()), "{instance}");

    let logs = async |path: &str| values(&bench.get(path).await.1);
    until(&*bench.services.runtime, &bench.lease, |all| (!all.is_empty()).then_some(())).await;
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while logs("/lease/7/1/1/logs").await.len() < 2 {
        assert!(tokio::time::Instant::now() < end, "no logs");
    }
    let newest = logs("/lease/7/1/1/logs?service=web&tail=1").await;
    assert_eq!(newest, [json!({"service": "web", "instance": 0, "stream": "stdout", "message": "again"})]);
    assert_eq!(bench.get("/lease/7/1/1/logs?service=db").await.0, 404);
    let (status, told) = bench.get("/lease/7/1/1/logs?tail=x").await;
    assert!(status == 400 && told.starts_with('{'), "{told}");
    let mut followed = bench.request("GET", "/lease/7/1/1/logs?follow=true", &bench.token(1)).send().await.unwrap();
    let mut text = String::new();
    while values(&text).len() < 2 {
        text += std::str::from_utf8(&followed.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(values(&text)[0]["message"], "hello", "and the stream is still open");

    let events = values(&bench.get("/lease/7/1/1/events").await.1);
    assert_eq!(events[0]["kind"], "manifest");
    let mut coming = bench.request("GET", "/lease/7/1/1/events?follow=true", &bench.token(1)).send().await.unwrap();
    bench.services.book.tell(&bench.lease, "restarted", "web-0".into());
    let mut text = String::new();
    while !text.contains("restarted") {
        text += std::str::from_utf8(&coming.chunk().await.unwrap().unwrap()).unwrap();
    }
}

/// A token as a wallet might make it: `leases` is what the tenant says that it opens.
fn scoped(bench: &Bench, leases: Value) -> String {
    let claims = peek(&bench.token(1)).unwrap();
    let mut body = serde_json::to_value(&claims).unwrap();
    body["leases"] = leases;
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(json!({"alg": "ES256K", "typ": "JWT"})), part(body));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(1).sign(signed.as_bytes())))
}

#[tokio::test]
async fn scopes_narrow_a_token() {
    let bench = bench(35).await;
    assert!(bench.services.book.enter(&bench.lease).is_some());
    let provider = &bench.lease.provider;
    let tokens = [
        ("no scopes", json!({"access": "full"}), [200, 202]),
        ("events alone", json!({"access": "full", "scope": ["events"]}), [200, 403]),
        ("manifests alone", json!({"access": "full", "scope": ["send-manifest", "logs"]}), [403, 202]),
        ("nothing", json!({"access": "full", "scope": []}), [403, 403]),
        (
            "events of this provider",
            json!({"access": "granular", "permissions": [{"provider": provider, "scope": ["events"]}]}),
            [200, 403],
        ),
        (
            "manifests of this deployment",
            json!({"access": "granular", "permissions":
                [{"provider": provider, "deployments": [{"dseq": 7, "scope": ["send-manifest"]}]}]}),
            [403, 202],
        ),
    ];
    for (what, leases, [events, put]) in tokens {
        let token = scoped(&bench, leases);
        let response = bench.request("GET", "/lease/7/1/1/events", &token).send().await.unwrap();
        assert_eq!(response.status().as_u16(), events, "{what}");
        assert_eq!(bench.put(7, &token, &bench.json).await.0, put, "{what}");
    }
}

#[tokio::test]
async fn everyone_sees_version_and_free_capacity() {
    let bench = bench(36).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let response = client.get(format!("{}{path}", bench.base)).send().await.unwrap();
        response.json::<Value>().await.unwrap()
    };
    assert_eq!(get("/version").await["name"], "aliquot-runner");
    let status = get("/status").await;
    assert_eq!((&status["services"]["free"]["gpu"], &status["services"]["leases"]), (&4.into(), &0.into()), "{status}");
}
