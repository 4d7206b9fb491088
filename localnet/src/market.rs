//! The story of a market: two providers with containers, three tenants, and whatever can happen to a lease.
//!
//! Everything is real: CometBFT and `aliquotd`, two `aliquot-runner` processes with podman, the commands as users type
//! them. Each step is checked, and at the end every balance is compared, to the sub-unit, with books that are kept
//! apart from the chain's, from its events alone ([`books`]).

mod books;
mod cast;
mod clients;
mod reckoning;
mod steps;
mod troubles;

use crate::{Net, Options, Story, containers, teller::Teller};
use anyhow::{Context, Result};
use cast::{Cast, Provider, params};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// For whatever is waited for: a slow machine may take long, a right one comes to it.
const LIMIT: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_millis(500);

/// Where the story plays.
#[derive(Default)]
pub struct Stage {
    /// Where the homes lie; none for a temporary folder.
    pub folder: Option<PathBuf>,
    /// Behind the names of the accounts, so that several stories on one machine keep to their own containers.
    pub suffix: String,
    pub usual_port: bool,
}

/// Dropped in this order: first who makes containers, then the containers, then the chain.
struct Market {
    cheap: Provider,
    dear: Provider,
    _containers: containers::Cleared,
    cast: Cast,
    story: Story,
    teller: Teller,
}

/// Tells the story. The current folder is the repository's root, where the SDL files are.
pub async fn run(stage: Stage) -> Result<()> {
    let begun = Instant::now();
    println!("starting CometBFT and aliquotd ...");
    let cast = Cast::named(&stage.suffix)?;
    let options =
        Options { folder: stage.folder, usual_port: stage.usual_port, params: params(), ..Options::default() };
    let net = Net::start(1, cast.accounts(options)).await?;
    let cleared = containers::Cleared(cast.provider_addresses()?);
    // Of a story that was killed.
    cleared.clear()?;
    containers::make_image(net.folder())?;
    let story = Story::follow(&net.rpc_url(0), 1, &cast.dseqs())?.naming(cast.names()?);
    let mut market = Market {
        cheap: Provider::start(&net, &cast.cheap, 0)?,
        dear: Provider::start(&net, &cast.dear, 3_300)?,
        _containers: cleared,
        cast,
        story,
        teller: Teller::new(net, begun),
    };
    let told = market.tell().await;
    told.with_context(|| format!("{}\n{}", market.cheap.runner.tail(), market.dear.runner.tail()))?;
    println!("\ndone in {} s", market.teller.seconds());
    market.cheap.runner.stop();
    market.dear.runner.stop();
    market.teller.net.stop();
    Ok(())
}

impl Market {
    async fn tell(&mut self) -> Result<()> {
        self.introduce()?;
        self.providers_register().await?;
        let before = self.balances()?;
        self.tenants_deploy().await?;
        self.mia_chooses().await?;
        self.chain_awards().await?;
        self.manifests_are_sent().await?;
        self.noah_amends().await?;
        self.a_provider_is_killed().await?;
        self.olga_runs_dry().await?;
        self.the_killed_comes_back().await?;
        let end = self.everything_closes().await?;
        self.who_has_what(&before, end).await
    }
}
