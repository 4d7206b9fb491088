//! `localnet demo`: a tenant's job from the scene file to the picture, told step by step with the commands that do it.

use crate::{
    signals::Signals,
    up::{print_environment, stay},
};
use aliquot_localnet::{
    Net, Options, Runner, RunnerOptions, Story, address,
    market::{self, Stage},
    teller::{Teller, number, text},
};
use aliquot_proto::compute::v1::{EventJobSettled, EventJobVerified};
use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::time::sleep;

const SDL: &str = "examples/first-light.sdl.yaml";
const SCENE: &str = "gpu-runner/kernels/scenes/first-light.scene";
const PICTURE: &str = "target/demo/render.png";
const REFERENCE: &str = "target/demo/reference.png";
const LIMIT: Duration = Duration::from_secs(180);

struct Demo {
    teller: Teller,
    runner: Runner,
    tenant: String,
    provider: String,
}

pub async fn run() -> Result<()> {
    to_root()?;
    let (begun, mut signals) = (Instant::now(), Signals::take()?);
    println!("starting CometBFT and aliquotd ...");
    let folder = Some(PathBuf::from("target/demo/net"));
    let options = Options { folder, usual_port: true, ..Options::default() };
    let Some(net) = signals.unless(Net::start(1, options)).await? else { return Ok(()) };
    let (tenant, provider) = (address("tenant")?, address("provider")?);
    let runner = net.start_runner(RunnerOptions::default())?;
    let mut demo = Demo { teller: Teller::new(net, begun), runner, tenant, provider };
    let told = signals.unless(demo.tell()).await.with_context(|| demo.runner.tail())?;
    if told.is_some() && env::var_os("KEEP").is_some_and(|keep| keep != "0") {
        print_environment(&demo.teller.net);
        stay(&mut demo.teller.net, &mut signals).await;
    }
    demo.runner.stop();
    demo.teller.net.stop();
    Ok(())
}

/// Where the paths of the commands begin.
fn to_root() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    env::set_current_dir(&root).with_context(|| root.display().to_string())
}

/// `localnet demo-market`.
pub async fn market() -> Result<()> {
    to_root()?;
    let folder = Some(PathBuf::from("target/demo-market/net"));
    let stage = Stage { folder, usual_port: true, ..Stage::default() };
    Signals::take()?.unless(market::run(stage)).await.map(drop)
}

impl Demo {
    async fn tell(&mut self) -> Result<()> {
        self.teller.headline("A chain of one validator");
        self.teller.introduce(&["tenant", "provider"])?;
        self.wait_for_device().await?;
        let before = self.teller.balance("tenant")?;
        let (lease, mut story) = self.deploy().await?;
        let dseq = part(&lease, 1).to_string();
        self.teller.headline("The provider works, and the chain checks it");
        story.until::<EventJobVerified>(LIMIT).await?;
        self.fetch(&lease).await?;
        self.teller.headline("After the challenge window the price is paid");
        story.until::<EventJobSettled>(LIMIT).await?;
        self.check_money(before, &dseq).await?;
        println!("\ndone in {} s: {PICTURE}", self.teller.seconds());
        Ok(())
    }

    async fn wait_for_device(&mut self) -> Result<()> {
        self.teller.headline("aliquot-runner tests its OpenCL device and registers provider and bond");
        println!("  $ aliquot-runner {}", self.runner.init.join(" "));
        println!("  $ aliquot-runner run --home {}", self.runner.home.display());
        let end = Instant::now() + LIMIT;
        loop {
            let devices =
                self.teller.net.aliquotd(&["query", "compute", "device", "list", "--provider", &self.provider])?;
            if let Some(device) = devices["devices"].get(0) {
                let bond = &device["bond"];
                println!("  $ aliquotd query compute device list");
                println!(
                    "  device {} with a bond of {}{}",
                    text(&device["id"]),
                    text(&bond["amount"]),
                    text(&bond["denom"])
                );
                let record = self.teller.run(&["query", "provider", "get", &self.provider])?;
                println!("  gateway {}", text(&record["provider"]["host_uri"]));
                return Ok(());
            }
            self.runner.check()?;
            ensure!(Instant::now() < end, "the provider did not register within {LIMIT:?}");
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// From the file to the lease, `owner/dseq/gseq/oseq/provider`.
    async fn deploy(&mut self) -> Result<(String, Story)> {
        self.teller.headline("The tenant deploys a scene");
        let from = self.teller.net.client(0)?.height().await?;
        let answer = self.teller.transact("tenant", &["tx", "deployment", "create", SDL])?;
        let dseq = text(&answer["deployment"]["dseq"]).to_string();
        let mut story = Story::follow(&self.teller.net.rpc_url(0), from, &[dseq.parse()?])?;
        let tenant = self.tenant.clone();
        self.teller.headline("Providers bid");
        story.until::<aliquot_proto::market::v1::EventBidCreated>(LIMIT).await?;
        let list = ["query", "market", "bid", "list", "--owner", &tenant, "--dseq", &dseq, "--state", "open"];
        let bids = self.teller.run(&list)?;
        let bid = bids["bids"].get(0).context("the bid is gone")?;
        let provider = text(&bid["id"]["provider"]).to_string();
        self.teller.headline("The tenant takes the bid");
        self.teller
            .transact("tenant", &["tx", "market", "lease", "create", "--dseq", &dseq, "--provider", &provider])?;
        Ok((format!("{tenant}/{dseq}/1/1/{provider}"), story))
    }

    /// The picture, and the reference's beside it.
    async fn fetch(&mut self, lease: &str) -> Result<()> {
        self.teller.headline("The tenant fetches the picture, and checks every chunk against the committed root");
        let fetched = self.teller.run(&["job", "fetch", "--lease", lease, "--from", "tenant", "--out", PICTURE])?;
        println!("  {}, {}", text(&fetched["size"]), text(&fetched["chunks"]));
        let reference = self.teller.run(&["job", "render", SCENE, "--out", REFERENCE])?;
        let (ours, theirs) = (text(&reference["sha256_of_pixels"]), text(&fetched["sha256_of_pixels"]));
        println!("  SHA-256 of its pixels      {theirs}");
        println!("  of the Rust reference's    {ours}");
        ensure!(ours == theirs, "the picture is not the reference's");
        Ok(())
    }

    /// To the unit: the tenant has all but price and fees, the provider the price but the protocol's part.
    async fn check_money(&mut self, before: u128, dseq: &str) -> Result<()> {
        self.teller.headline("Who has what");
        let leases = self.teller.run(&["query", "market", "lease", "list", "--dseq", dseq])?;
        let lease = leases["leases"].get(0).context("the lease is gone")?;
        let price = number(&lease["price"]["amount"])?;
        println!("  the lease is {}, {}", text(&lease["state"]), text(&lease["reason"]));
        let (after, fees) = (self.teller.balance("tenant")?, self.teller.fees("tenant"));
        println!("  tenant: {before} - price {price} - fees {fees} = {after} ualq");
        ensure!(before == after + price + fees, "the tenant's remainder did not return to the unit");
        let earned = self.wait_for_payout().await?;
        println!(
            "  provider: earned {earned} millionths of a ualq, {} of the price, and has it in its account",
            percent(earned, price)
        );
        let audit = self.teller.run(&["query", "escrow", "audit"])?;
        println!("  the escrow's books balance: {}", audit["balanced"]);
        ensure!(audit["balanced"] == true, "the escrow's books do not balance: {audit}");
        Ok(())
    }

    /// The runner withdraws by itself; what is below one unit stays with the chain.
    async fn wait_for_payout(&self) -> Result<u128> {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let answer = self.teller.net.aliquotd(&["query", "escrow", "earnings", &self.provider])?;
            if let Some(earnings) = answer["earnings"].get(0) {
                let (earned, withdrawn) = (number(&earnings["earned_sub"])?, number(&earnings["withdrawn_sub"])?);
                if withdrawn > 0 && earned - withdrawn < 1_000_000 {
                    return Ok(earned);
                }
            }
            sleep(Duration::from_millis(500)).await;
        }
        bail!("the provider did not withdraw what it earned within {LIMIT:?}")
    }
}

fn percent(earned_sub: u128, price: u128) -> String {
    let hundredths = earned_sub / (price * 100).max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn part(lease: &str, index: usize) -> &str {
    lease.split('/').nth(index).unwrap_or("")
}
