use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::UNIX_EPOCH,
};

use aliquot_client::{
    Key,
    gateway::{Gateway as Remote, GatewayError, fetch_result},
    jwt::gateway_token,
};
use aliquot_kernels::merkle::root;
use aliquot_proto::{market::v1::LeaseId, provider::v1::Provider};
use aliquot_runner::{
    book::Book,
    certificate::Certificate,
    device::{Device, Reference},
    gateway::{Gateway, KeyLookup, serve},
    store::{Record, Store},
};
use axum_server::Handle;
use serde_json::Value;

use crate::{job, tokens_are_checked::key};

struct Bench {
    provider: Provider,
    lease: LeaseId,
    lookups: Arc<AtomicUsize>,
    handle: Handle,
    store: Store,
    book: Book,
    _dir: tempfile::TempDir,
}

fn now() -> u64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// The chain knows the keys of accounts 1 and 2; account 3 has never signed; asking for account 4 fails.
fn chain(lookups: Arc<AtomicUsize>) -> KeyLookup {
    Arc::new(move |address| {
        lookups.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match (1..=4).find(|n| key(*n).address() == address) {
                Some(n @ 1..=2) => Ok(Some(key(n).public_key().to_vec())),
                Some(4) => Err("the node is away".into()),
                _ => Ok(None),
            }
        })
    })
}

async fn bench(tls: bool) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("jobs")).unwrap();
    let (book, lookups) = (Book::default(), Arc::new(AtomicUsize::new(0)));
    let provider = key(9).address().to_string();
    let lease = LeaseId { owner: key(1).address().into(), dseq: 7, gseq: 1, oseq: 1, provider: provider.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let certificate = tls.then(|| Certificate::load_or_make(dir.path(), "127.0.0.1").unwrap());
    let config = match &certificate {
        Some(certificate) => Some(certificate.server_config().await.unwrap()),
        None => None,
    };
    let gateway = Gateway {
        provider: provider.clone(),
        device: Reference::new().info().clone(),
        store: store.clone(),
        book: book.clone(),
        lookup: chain(lookups.clone()),
        services: None,
    };
    let handle = Handle::new();
    tokio::spawn(serve(listener, gateway, config, handle.clone()));
    handle.listening().await.unwrap();
    let provider = Provider {
        owner: provider,
        host_uri: format!("{}://{address}", if tls { "https" } else { "http" }),
        certificate_hash: certificate.map(|c| c.hash.to_vec()).unwrap_or_default(),
        ..Provider::default()
    };
    Bench { provider, lease, lookups, handle, store, book, _dir: dir }
}

fn record(id: &LeaseId) -> Record {
    Record {
        owner: id.owner.clone(),
        dseq: id.dseq,
        gseq: id.gseq,
        oseq: id.oseq,
        provider: id.provider.clone(),
        kernel: "RENDER_Q16".into(),
        input_hash: String::new(),
        chunks: job().chunks(),
        output_len: job().output_len(),
        root: None,
        ended: None,
    }
}

/// Puts a finished result into the store; gives its outputs.
fn finish(bench: &Bench) -> Vec<u8> {
    let outputs: Vec<u8> = (0..job().chunks()).flat_map(|i| job().run(i)).collect();
    let mut files = bench.store.begin(&record(&bench.lease)).unwrap();
    files.append(&outputs).unwrap();
    files.finish().unwrap();
    outputs
}

/// Status and message of a GET with an authorization header.
async fn get(bench: &Bench, path: &str, authorization: Option<String>) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("{}{path}", bench.provider.host_uri));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

fn bearer(key: &Key, bench: &Bench) -> Option<String> {
    Some(format!("Bearer {}", gateway_token(key, &bench.provider.owner, &[], now())))
}

#[tokio::test]
async fn the_owner_gets_the_result() {
    let bench = bench(false).await;
    let outputs = finish(&bench);
    let (chunks, len) = (job().chunks(), job().output_len());
    let got = fetch_result(&bench.provider, &bench.lease, &key(1), chunks, len, now()).await.unwrap();
    assert_eq!(got.result, outputs);
    let tree = bench.store.tree(&bench.lease).unwrap().unwrap();
    assert_eq!(root(&got.leaves).unwrap(), tree.root());
    let status = Remote::new(&bench.provider).unwrap().job_status(&bench.lease, &key(1), now()).await.unwrap();
    assert_eq!((&status["chunks"], &status["chunks_done"]), (&chunks.into(), &chunks.into()));
    assert_eq!(status["root"], hex::encode(tree.root()));
    // A job of another size is not what the gateway has.
    let error = fetch_result(&bench.provider, &bench.lease, &key(1), chunks - 1, len, now()).await.unwrap_err();
    assert!(matches!(error, GatewayError::TooLong(_)), "{error}");
    let error = fetch_result(&bench.provider, &bench.lease, &key(1), chunks + 1, len, now()).await.unwrap_err();
    assert!(matches!(error, GatewayError::WrongSize { .. }), "{error}");
    assert_eq!(bench.lookups.load(Ordering::SeqCst), 1, "the key is remembered");
    bench.handle.shutdown();
}

#[tokio::test]
async fn strangers_are_refused() {
    let bench = bench(false).await;
    finish(&bench);
    let place = format!("/lease/{}/7/1/1", key(1).address());
    assert_eq!(get(&bench, "/never", None).await.0, 404);
    for file in ["status", "leaves", "result"] {
        let path = format!("{place}/{file}");
        let old = gateway_token(&key(1), &bench.provider.owner, &[], now() - 5_000);
        let astray = gateway_token(&key(1), key(8).address(), &[], now());
        let other_lease = LeaseId { dseq: 8, ..bench.lease.clone() };
        let narrow = gateway_token(&key(1), &bench.provider.owner, &[other_lease], now());
        let forged = forged(&bench);
        let table = [
            ("no token", None, 401),
            ("another scheme", Some("Basic abc".into()), 401),
            ("no JWT", Some("Bearer abc".into()), 401),
            ("expired", Some(format!("Bearer {old}")), 401),
            ("for another provider", Some(format!("Bearer {astray}")), 401),
            ("signed by another", Some(format!("Bearer {forged}")), 401),
            ("for another lease", Some(format!("Bearer {narrow}")), 403),
            ("another account", bearer(&key(2), &bench), 403),
            ("an account that never signed", bearer(&key(3), &bench), 403),
        ];
        for (who, authorization, expected) in table {
            let (status, body) = get(&bench, &path, authorization).await;
            assert_eq!(status, expected, "{who}: {body}");
            assert_eq!(body["code"], expected, "{who}");
            assert!(body["message"].as_str().is_some_and(|m| m.len() > 10), "{who}: {body}");
        }
    }
    let own = format!("/lease/{}/7/1/1/result", key(3).address());
    assert_eq!(get(&bench, &own, bearer(&key(3), &bench)).await.0, 403, "the chain has no key of it");
    let own = format!("/lease/{}/7/1/1/result", key(4).address());
    assert_eq!(get(&bench, &own, bearer(&key(4), &bench)).await.0, 502, "the chain cannot be asked");
}

/// Account 2 says that it is account 1.
fn forged(bench: &Bench) -> String {
    use aliquot_client::jwt::{peek, sign};
    let claims = peek(&gateway_token(&key(1), &bench.provider.owner, &[], now())).unwrap();
    sign(&key(2), &claims)
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let bench = bench(false).await;
    let path = |file: &str| format!("/lease/{}/7/1/1/{file}", key(1).address());
    for file in ["status", "leaves", "result"] {
        assert_eq!(get(&bench, &path(file), bearer(&key(1), &bench)).await.0, 404, "{file}");
    }
    bench.store.begin(&record(&bench.lease)).unwrap().append(&job().run(0)).unwrap();
    let (status, body) = get(&bench, &path("status"), bearer(&key(1), &bench)).await;
    assert_eq!((status, &body["chunks_done"]), (200, &1.into()));
    assert!(body["root"].is_null());
    assert_eq!(get(&bench, &path("result"), bearer(&key(1), &bench)).await.0, 409, "unfinished");
    assert!(bench.book.enter(&bench.lease).is_some());
    bench.book.note(&bench.lease, aliquot_proto::compute::v1::JobPhase::Leased);
    let (_, body) = get(&bench, &path("status"), bearer(&key(1), &bench)).await;
    assert_eq!(body["phase"], "JOB_PHASE_LEASED");
}

#[tokio::test]
async fn everyone_sees_the_status() {
    let bench = bench(false).await;
    let (status, body) = get(&bench, "/status", None).await;
    assert_eq!(status, 200);
    assert_eq!(body["provider"], bench.provider.owner);
    assert_eq!(body["kernels"][0]["name"], "RENDER_Q16");
    assert_eq!(body["devices"][0]["id"], "reference");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = client.post(format!("{}/status", bench.provider.host_uri)).body(vec![0; 100_000]);
    assert_eq!(post.send().await.unwrap().status().as_u16(), 405);
}

#[tokio::test]
async fn the_certificate_is_known_by_its_hash() {
    let bench = bench(true).await;
    let outputs = finish(&bench);
    let (chunks, len) = (job().chunks(), job().output_len());
    let fetch = |provider: Provider| {
        let lease = bench.lease.clone();
        async move { fetch_result(&provider, &lease, &key(1), chunks, len, now()).await }
    };
    assert_eq!(fetch(bench.provider.clone()).await.unwrap().result, outputs);
    let mut other = bench.provider.clone();
    other.certificate_hash[0] ^= 1;
    let error = fetch(other).await.unwrap_err();
    assert!(matches!(error, GatewayError::Certificate), "{error:?}");
    let hashless = Provider { certificate_hash: Vec::new(), ..bench.provider.clone() };
    assert!(matches!(fetch(hashless).await, Err(GatewayError::Unusable { .. })));
    let plain = Provider { host_uri: "http://192.0.2.1:80".into(), ..bench.provider.clone() };
    assert!(matches!(fetch(plain).await, Err(GatewayError::Unusable { .. })), "plain http is for loopback");
}

#[tokio::test]
async fn the_certificate_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = Certificate::load_or_make(dir.path(), "gpu.example.org").unwrap();
    let again = Certificate::load_or_make(dir.path(), "gpu.example.org").unwrap();
    assert_eq!(first.hash, again.hash);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(dir.path().join("gateway.key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn slow_and_silent_clients_do_not_stop_others() {
    let bench = bench(false).await;
    let address: SocketAddr = bench.provider.host_uri.strip_prefix("http://").unwrap().parse().unwrap();
    let _silent: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    assert_eq!(get(&bench, "/status", None).await.0, 200);
}
