//! What the chain says about some deployments, block by block, as it happens.

mod lines;

use aliquot_client::{Event, events, follow};
use aliquot_proto::prost::{Message, Name};
use anyhow::{Context, Result, bail};
use lines::line;
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};

/// Follows a chain and prints what happens to deployments, and to providers that have names.
pub struct Story {
    blocks: mpsc::Receiver<aliquot_client::rpc::Result<events::BlockEvents>>,
    dseqs: Vec<u64>,
    names: Names,
    height: u64,
    seen: Vec<(u64, Event)>,
}

/// Addresses with what they are called.
#[derive(Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    pub fn of(&self, address: &str) -> String {
        let found = self.0.iter().find(|(known, _)| known == address);
        found.map_or(address, |(_, name)| name).to_string()
    }

    fn has(&self, address: &str) -> bool {
        self.0.iter().any(|(known, _)| known == address)
    }
}

impl Story {
    pub fn follow(rpc_url: &str, from_height: u64, dseqs: &[u64]) -> Result<Self> {
        let blocks = follow(rpc_url, from_height)?;
        Ok(Story { blocks, dseqs: dseqs.to_vec(), names: Names::default(), height: 0, seen: Vec::new() })
    }

    /// Calls accounts by their names instead of their addresses.
    pub fn naming(mut self, names: Vec<(String, String)>) -> Self {
        self.names = Names(names);
        self
    }

    /// Prints until an event of the type has come, and gives it with its height.
    pub async fn until<T: Name + Message + Default>(&mut self, limit: Duration) -> Result<(u64, T)> {
        self.until_one(limit, |_, _| true).await
    }

    /// As [`Story::until`], for the first that is as wanted at its height; it may have been printed already.
    pub async fn until_one<T: Name + Message + Default>(
        &mut self,
        limit: Duration,
        wanted: impl Fn(u64, &T) -> bool,
    ) -> Result<(u64, T)> {
        let mut looked = 0;
        let wait = async {
            loop {
                for (height, event) in &self.seen[looked..] {
                    if let Some(event) = event.decode::<T>().transpose()?.filter(|event| wanted(*height, event)) {
                        return Ok((*height, event));
                    }
                }
                looked = self.seen.len();
                self.block().await?;
            }
        };
        timeout(limit, wait).await.with_context(|| format!("no {} within {limit:?}", T::NAME))?
    }

    /// Prints up to and with a height.
    pub async fn until_height(&mut self, height: u64, limit: Duration) -> Result<()> {
        let wait = async {
            while self.height < height {
                self.block().await?;
            }
            Ok(())
        };
        timeout(limit, wait).await.with_context(|| format!("the chain is not at height {height} after {limit:?}"))?
    }

    /// Up to which it has been printed.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Every event of the blocks so far, with its height.
    pub fn seen(&self) -> &[(u64, Event)] {
        &self.seen
    }

    async fn block(&mut self) -> Result<()> {
        let Some(block) = self.blocks.recv().await else { bail!("the chain can no longer be followed") };
        let block = block?;
        for event in &block.events {
            if let Some(line) = line(event, &self.dseqs, &self.names)? {
                println!("  height {:>4}  {line}", block.height);
            }
        }
        self.height = block.height;
        self.seen.extend(block.events.into_iter().map(|event| (block.height, event)));
        Ok(())
    }
}
