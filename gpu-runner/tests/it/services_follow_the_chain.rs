use std::{future::Future, sync::Arc, time::Duration};

use aliquot_client::{
    BlockEvents, Event,
    manifest::{Group, Manifest},
};
use aliquot_proto::{
    deployment::v1::{GroupSpec, Rate, ResourceUnit, ServiceSpec},
    market::v1::{Lease, LeaseId, LeaseState, Order, OrderId, OrderState},
};
use aliquot_runner::{
    chain::Chain,
    config::ServicesConfig,
    runtime::{
        Container, State,
        podman::{Network, Podman},
    },
    services::{book::Book, host::Host, inventory::Inventory},
    store::lease_name,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    manifests_become_workloads::service,
    podman::{Cleaned, IMAGE, config},
    scripted_node::Node,
    services_are_priced_exactly::{gpu, prices},
    tokens_are_checked::key,
};

pub struct Bench {
    pub node: Node,
    chain: Chain,
    pub host: Arc<Host>,
    pub id: LeaseId,
    dir: tempfile::TempDir,
    _cleaned: Cleaned,
}

pub fn settings() -> ServicesConfig {
    let mut settings =
        ServicesConfig { enabled: true, look_every_s: 1, prices: prices(""), ..ServicesConfig::default() };
    settings.capacity.cpu_millis = 2_000;
    settings.capacity.memory_mib = 1_024;
    settings.capacity.storage_mib = [("ephemeral".to_string(), 100)].into();
    settings.capacity.gpus = vec![gpu("nvidia", "a"), gpu("nvidia", "b"), gpu("nvidia", "c")];
    for gpu in &mut settings.capacity.gpus {
        gpu.devices = vec!["/dev/null".into()];
    }
    settings.prices.gpus[0].gpu = "nvidia/*".into();
    settings.podman = config(Network::None);
    settings
}

/// A manifest of one service with a GPU that runs a script.
fn manifest(script: &str) -> (String, ResourceUnit) {
    let mut web = service("web", IMAGE);
    web.command = vec!["/bin/sh".into(), "-c".into()];
    web.args = vec![script.into()];
    web.resources.gpu.units = 1;
    let any = aliquot_client::manifest::Attribute { key: "vendor/nvidia/model/*".into(), value: "true".into() };
    web.resources.gpu.attributes = vec![any];
    let price = Some(Rate { denom: "ualq".into(), amount_sub: "1000000000000".into() });
    let unit = ResourceUnit { id: 1, count: 1, resources: Some(web.resources.to_proto()), price };
    let manifest = Manifest { groups: vec![Group { name: "eu".into(), services: vec![web], job: None }] };
    (manifest.to_json().unwrap(), unit)
}

pub fn order(id: &LeaseId) -> Order {
    let service = Some(ServiceSpec { resources: vec![manifest("").1] });
    Order {
        id: Some(OrderId { owner: id.owner.clone(), dseq: id.dseq, gseq: id.gseq, oseq: id.oseq }),
        state: OrderState::Open.into(),
        spec: Some(GroupSpec { name: "eu".into(), service, ..GroupSpec::default() }),
        ..Order::default()
    }
}

/// The engine of services, as it is after a start of the runner.
async fn started(chain: &Chain, dir: &tempfile::TempDir, settings: ServicesConfig) -> Arc<Host> {
    let runtime = Arc::new(Podman::new(settings.podman.clone(), chain.provider()));
    let book = Book::open(dir.path()).unwrap();
    let inventory = Inventory::new(settings.capacity.clone());
    let host = Host::new(chain.clone(), settings, runtime, book, inventory, vec![1; 32]).await.unwrap();
    Arc::new(host)
}

/// A chain with a lease in a state, and a provider of its own for each test.
pub async fn bench(provider: u8, state: LeaseState, settings: ServicesConfig) -> Bench {
    let (node, dir) = (Node::default(), tempfile::tempdir().unwrap());
    let chain = node.start(provider).await;
    let id = LeaseId { owner: key(1).address().into(), dseq: 7, gseq: 1, oseq: 1, provider: chain.provider().into() };
    let rate = Some(Rate { denom: "ualq".into(), amount_sub: "5".into() });
    let lease = Lease { id: Some(id.clone()), state: state.into(), rate, reclamation_blocks: 10, ..Lease::default() };
    {
        let mut ledger = node.ledger();
        ledger.height = 100;
        ledger.orders.push(order(&id));
        if state != LeaseState::Unspecified {
            ledger.leases.push(lease);
        }
    }
    let host = started(&chain, &dir, settings).await;
    Bench { node, chain, host, _cleaned: Cleaned(id.clone()), id, dir }
}

pub async fn within<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        sleep(Duration::from_millis(100)).await;
    }
}

impl Bench {
    async fn containers(&self) -> Vec<Container> {
        self.host.runtime.status(&self.id).await.unwrap()
    }

    /// Waits until the one container is in a state.
    async fn until(&self, state: State) -> Container {
        let look = || async { self.containers().await.into_iter().find(|c| c.state == state) };
        within(&format!("{state:?}: {:?}", self.host.book.events(&self.id).map(|e| e.0)), look).await
    }

    pub fn say(&self, kind: &str, attributes: Value) {
        let attributes = attributes.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.to_string())).collect();
        let event = Event { kind: kind.into(), attributes, tx: None };
        let height = self.node.ledger().height;
        self.host.take(&BlockEvents { height, events: vec![event] });
    }

    pub fn id(&self) -> Value {
        let id = &self.id;
        json!({"owner": id.owner, "dseq": id.dseq.to_string(), "gseq": id.gseq, "oseq": id.oseq, "provider": id.provider})
    }
}

#[tokio::test]
async fn a_workload_follows_its_lease() {
    let bench = bench(51, LeaseState::Active, settings()).await;
    bench.host.adopt().await.unwrap();
    assert_eq!(bench.host.inventory.free()["gpu"], 2, "it is reserved before anything runs");
    assert_eq!(bench.containers().await, []);
    let (json, _) = manifest("sleep 1000");
    bench.host.book.put_manifest(&bench.id, json.as_bytes()).unwrap();
    let first = bench.until(State::Running).await;
    assert_eq!(first.gpus, [0]);

    let deployment = json!({"id": {"owner": bench.id.owner, "dseq": "7"}});
    bench.node.set_state(LeaseState::Paused);
    bench.say("aliquot.deployment.v1.EventDeploymentPaused", deployment.clone());
    bench.until(State::Paused).await;
    bench.node.set_state(LeaseState::Active);
    bench.say("aliquot.deployment.v1.EventDeploymentResumed", deployment);
    assert_eq!(bench.until(State::Running).await.started_at, first.started_at, "the process was only held");

    let (json, _) = manifest("sleep 2000");
    bench.host.book.put_manifest(&bench.id, json.as_bytes()).unwrap();
    within("a new container", || async {
        let now = bench.containers().await;
        now.iter().any(|c| c.manifest != first.manifest && c.state == State::Running).then_some(())
    })
    .await;

    bench.node.set_state(LeaseState::Closed);
    bench.say("aliquot.market.v1.EventLeaseClosed", json!({"id": bench.id(), "reason": "LEASE_CLOSED_REASON_OWNER"}));
    within("the end", || async { bench.host.book.is_empty().then_some(()) }).await;
    assert_eq!(bench.containers().await, []);
    assert_eq!(bench.host.book.manifest(&bench.id).unwrap(), None, "its secrets go with it");
    within("the release", || async { (bench.host.inventory.free()["gpu"] == 3).then_some(()) }).await;
}

#[tokio::test]
async fn a_restarted_runner_goes_on_with_what_runs() {
    let bench = bench(52, LeaseState::Active, settings()).await;
    let mut service = crate::podman::script("web", "sleep 1000", 1);
    service.instances[0].gpus = vec![2];
    let (json, _) = manifest("sleep 1000");
    let mut work = crate::podman::workload(&bench.id, vec![service]);
    work.manifest = hex::encode(aliquot_client::manifest::hash(json.as_bytes()));
    bench.host.runtime.start(&work).await.unwrap();
    bench.host.book.put_manifest(&bench.id, json.as_bytes()).unwrap();
    // Of another lease, which the chain does not know any more, and one whose manifest alone is left.
    let stale = LeaseId { dseq: 99, ..bench.id.clone() };
    bench
        .host
        .runtime
        .start(&crate::podman::workload(&stale, vec![crate::podman::script("x", "sleep 1000", 1)]))
        .await
        .unwrap();
    let gone = LeaseId { dseq: 98, ..bench.id.clone() };
    bench.host.book.put_manifest(&gone, b"[]").unwrap();
    let before = bench.until(State::Running).await;

    let again = started(&bench.chain, &bench.dir, settings()).await;
    again.adopt().await.unwrap();
    let taken = again.inventory.of(&lease_name(&bench.id)).unwrap();
    assert_eq!(taken.gpus, [(1, vec![2])], "the GPU that the container has");
    within("the stale lease is cleared", || async {
        let left = again.runtime.status(&stale).await.unwrap();
        (left.is_empty() && again.book.kept().unwrap() == [bench.id.clone()]).then_some(())
    })
    .await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(bench.containers().await, [before], "nothing was started again");
}

#[tokio::test]
async fn a_standby_runs_when_it_takes_over() {
    let bench = bench(53, LeaseState::Standby, settings()).await;
    bench.host.adopt().await.unwrap();
    let (json, _) = manifest("sleep 1000");
    bench.host.book.put_manifest(&bench.id, json.as_bytes()).unwrap();
    within("it is seen", || async { (bench.host.book.state(&bench.id) == Some(LeaseState::Standby)).then_some(()) })
        .await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(bench.containers().await, [], "it is not paid yet");
    bench.node.set_state(LeaseState::Active);
    bench.say("aliquot.market.v1.EventStandbyTookOver", json!({"id": bench.id()}));
    bench.until(State::Running).await;
}

#[tokio::test]
async fn a_container_that_ends_is_restarted_and_counted() {
    let bench = bench(55, LeaseState::Active, settings()).await;
    bench.host.adopt().await.unwrap();
    let (json, _) = manifest("exit 4");
    bench.host.book.put_manifest(&bench.id, json.as_bytes()).unwrap();
    within("two restarts", || async {
        let restarts = bench.host.book.health(&bench.id, |health| health.restarts("web", 0));
        (restarts >= Some(2)).then_some(())
    })
    .await;
    let events = bench.host.book.events(&bench.id).unwrap().0;
    assert!(events.iter().any(|e| e.kind == "restarted" && e.message.contains("ended with 4")), "{events:?}");
}
