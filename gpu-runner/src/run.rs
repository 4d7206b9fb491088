//! The daemon from start to stop: opens the home folder, tests the device, registers, serves.

mod opening;

use std::{path::Path, sync::Arc, thread::JoinHandle, time::Duration};

use aliquot_client::{Client, Error, Key, Keyring};
use aliquot_proto::compute::v1::Device as ChainDevice;
use anyhow::{Context, Result, anyhow, bail};
use axum_server::Handle;
use tokio::time::sleep;

use self::opening::{lock, lookup, open_gateway, open_services, start_gateway};
use crate::{
    book::Book,
    chain::Chain,
    config::Config,
    device::{Device, measure_speed, open, self_test},
    engine::{Desk, Engine},
    gateway::{Gateway, Services},
    job::{Tamper, Worker},
    now,
    queue::Queue,
    register::{Endpoint, ensure_registered, own_device},
    services::host::Host,
    store::Store,
};

/// Environment variable with the key's passphrase.
pub const PASSPHRASE: &str = "ALIQUOT_PASSPHRASE";

const RETRY: Duration = Duration::from_secs(2);
/// How long downloads may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(5);
const DAY: u64 = 86_400;

/// What the program adds to the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// See [`Worker::tamper`].
    pub tamper: Option<Tamper>,
}

/// Runs the daemon of a home folder until `stop` is done.
pub async fn run(home: &Path, options: Options, stop: impl Future<Output = ()>) -> Result<()> {
    let config = Config::load(home)?;
    let _lock = lock(home)?;
    let mut stop = std::pin::pin!(stop);
    let chain = connect(&config).await?;
    let (device, speed) = tokio::select! {
        ready = ready_device(&config.device) => ready?,
        () = &mut stop => return Ok(()),
    };
    let info = device.info().clone();
    tracing::info!(
        device = info.name,
        id = info.id,
        mega_ops_per_s = (speed / 1e6) as u64,
        "device passed its self-test"
    );

    let store = Store::open(home.join("jobs"))?;
    let removed = store.prune(now().saturating_sub(config.keep_days * DAY))?;
    if removed > 0 {
        tracing::info!(removed, "old results removed");
    }
    let (queue, thread) = start_worker(device, &store, &config, options, speed)?;
    let book = Book::default();
    let services = open_services(home, &config, &chain).await?;
    let served = Gateway {
        provider: chain.provider().into(),
        device: info,
        store: store.clone(),
        book: book.clone(),
        lookup: lookup(&chain),
        services: services.clone(),
    };
    let handle = Handle::new();
    let (mut gateway, endpoint) = start_gateway(home, &config, served, &handle).await?;

    let done = tokio::select! {
        done = work(config, chain, store, queue.clone(), (book, services), endpoint) => done,
        done = &mut gateway => Err(match done {
            Ok(Ok(())) => anyhow!("the gateway stopped"),
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        }),
        () = &mut stop => Ok(()),
    };
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(FAREWELL));
    queue.close();
    if !gateway.is_finished() {
        let _ = gateway.await;
    }
    // The thread ends with its batch; what it did is on disk.
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    done
}

fn start_worker(
    device: Box<dyn Device>,
    store: &Store,
    config: &Config,
    options: Options,
    speed: f64,
) -> Result<(Queue, JoinHandle<()>)> {
    let worker = Worker { device, store: store.clone(), spot_checks: config.spot_checks, tamper: options.tamper };
    Ok(Queue::start(worker, speed)?)
}

type Serving = tokio::task::JoinHandle<Result<()>>;

/// Registers where that is wanted, then follows the chain.
async fn work(
    config: Config,
    chain: Chain,
    store: Store,
    queue: Queue,
    (book, services): (Book, Option<Services>),
    endpoint: Endpoint,
) -> Result<()> {
    let device = registered(&chain, &config, &endpoint).await?;
    let record = chain.record().await?.context("the provider is not registered")?;
    let kernels = chain.shared_kernels().await?;
    let host = match services {
        Some(Services { runtime, book, inventory, .. }) => {
            let config = config.services.clone();
            let host = Host::new(chain.clone(), config, runtime, book, inventory, device.id.clone()).await?;
            Some(Arc::new(host))
        }
        None => None,
    };
    let engine = Engine {
        rule: config.price_rule()?,
        cover_fees: config.price.cover_fees,
        max_leases: config.max_leases,
        device_id: device.id,
        attributes: record.attributes,
        params: chain.compute_params().await?,
        market: chain.market_params().await?,
        block_ms: chain.deployment_params().await?.block_ms,
        kernels,
        store,
        queue,
        book,
        chain,
        desk: Desk::default(),
        host,
    };
    Arc::new(engine).serve().await
}

/// Waits for the node, and for the account to have coins, as long as it takes.
async fn registered(chain: &Chain, config: &Config, endpoint: &Endpoint) -> Result<ChainDevice> {
    let mut told = String::new();
    loop {
        let error = match try_registered(chain, config, endpoint).await {
            Ok(device) => return Ok(device),
            Err(error) => error,
        };
        let known = error.downcast_ref::<Error>();
        let passes = known.is_some_and(|e| e.is_transport() || matches!(e, Error::UnknownAccount(_)));
        if !passes {
            return Err(error);
        }
        let text = format!("{error:#}");
        if text != told {
            tracing::warn!(reason = text, "waiting");
            told = text;
        }
        sleep(RETRY).await;
    }
}

async fn try_registered(chain: &Chain, config: &Config, endpoint: &Endpoint) -> Result<ChainDevice> {
    if config.auto_register {
        return ensure_registered(chain, config, endpoint).await;
    }
    match own_device(chain, config).await? {
        Some(device) => Ok(device),
        None => bail!(
            "provider {} has no device with nonce {} on the chain: run `aliquot-runner register`, or set auto_register = true",
            chain.provider(),
            config.device_nonce
        ),
    }
}

/// Sends what is missing of the provider's registration, and no more.
pub async fn register(home: &Path) -> Result<()> {
    let config = Config::load(home)?;
    let chain = connect(&config).await?;
    let (_, _, endpoint) = open_gateway(home, &config)?;
    let device = ensure_registered(&chain, &config, &endpoint).await?;
    println!("provider {}", chain.provider());
    println!("device   {}", hex::encode(device.id));
    println!("gateway  {}", endpoint.host_uri);
    Ok(())
}

async fn connect(config: &Config) -> Result<Chain> {
    let client = Client::new(&config.node)?;
    let (keyring, name) = (config.keyring.clone(), config.key.clone());
    let key = tokio::task::spawn_blocking(move || load_key(&keyring, &name)).await??;
    let chain = Chain::new(client, key, &config.owner, config.gas_price()?);
    tracing::info!(provider = chain.provider(), signer = chain.signer(), node = config.node, "key opened");
    Ok(chain)
}

/// The passphrase from the environment.
pub fn passphrase() -> Result<String> {
    let given = std::env::var(PASSPHRASE);
    given.with_context(|| format!("the key's passphrase is needed: set {PASSPHRASE}"))
}

fn load_key(keyring: &Path, name: &str) -> Result<Key> {
    let keyring = Keyring::open(keyring)?;
    Ok(keyring.load(name, &passphrase()?)?)
}

/// Opens the device and tests it: one that fails does not serve. Gives its speed in operations per second.
async fn ready_device(wanted: &str) -> Result<(Box<dyn Device>, f64)> {
    let wanted = wanted.to_string();
    let ready = tokio::task::spawn_blocking(move || {
        let mut device = open(&wanted)?;
        self_test(device.as_mut())?;
        let speed = measure_speed(device.as_mut())?;
        Ok::<_, anyhow::Error>((device, speed))
    });
    ready.await?.context("the device is not fit to serve")
}
