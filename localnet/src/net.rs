//! A network of validators, with its genesis, its keys and its command line.

use crate::{
    accounts::{self, PASSPHRASE},
    node::{Node, Part, Usual},
    programs::Programs,
};
use aliquot_client::{Client, Key};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// The account that runs every validator, and may change their set.
const OPERATOR: &str = "operator";

pub struct Options {
    pub chain_id: String,
    /// Accounts that exist from the start, with their coins.
    pub accounts: Vec<(String, String)>,
    /// Params that differ from the defaults of a local network, as `compute.open_blocks=5`.
    pub params: Vec<String>,
    /// Where the homes lie; emptied at start. None: a temporary folder, removed at the end.
    pub folder: Option<PathBuf>,
    /// Node 0 has the usual ports of RPC, gRPC and REST where they are free.
    pub usual_port: bool,
}

impl Default for Options {
    fn default() -> Self {
        let account = |name: &str| (name.to_string(), "1000000000000ualq,1000000000utest".to_string());
        Options {
            chain_id: "aliquot-local-1".into(),
            accounts: ["tenant", "provider"].map(account).to_vec(),
            params: Vec::new(),
            folder: None,
            usual_port: false,
        }
    }
}

impl Options {
    pub fn account(mut self, name: &str, coins: &str) -> Self {
        self.accounts.push((name.into(), coins.into()));
        self
    }
}

pub struct Net {
    // Before the folder, so that nothing runs any more when it is removed.
    pub nodes: Vec<Node>,
    pub programs: Programs,
    pub chain_id: String,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Net {
    /// Makes the homes and the genesis, starts every process, and waits for height 2.
    pub async fn start(validators: usize, options: Options) -> Result<Self> {
        let mut net = Self::prepare(validators, options)?;
        for node in &mut net.nodes {
            node.start()?;
        }
        for index in 0..net.nodes.len() {
            let reached = net.client(index)?.wait_for_height(2, Duration::from_secs(90)).await;
            reached.with_context(|| net.nodes[index].tail())?;
        }
        Ok(net)
    }

    fn prepare(validators: usize, options: Options) -> Result<Self> {
        let programs = Programs::find()?;
        let temporary = match &options.folder {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("aliquot-localnet").tempdir()?),
        };
        let folder = match (&temporary, options.folder) {
            (Some(temporary), _) => temporary.path().to_path_buf(),
            (None, folder) => folder.context("no folder")?,
        };
        if folder.exists() && temporary.is_none() {
            let ours = folder.join("node0").exists() || fs::read_dir(&folder)?.next().is_none();
            ensure!(ours, "{} holds no network: give a folder that may be emptied", folder.display());
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(&folder)?;
        let usual = if options.usual_port { Usual::free() } else { Usual::default() };
        let nodes = (0..validators)
            .map(|i| {
                let usual = if i == 0 { usual } else { Usual::default() };
                Node::new(&programs, folder.join(format!("node{i}")), usual)
            })
            .collect::<Result<Vec<_>>>()?;
        let chain_id = options.chain_id;
        let mut net = Net { nodes, programs, chain_id, folder, _temporary: temporary };
        net.init_homes()?;
        net.write_genesis(&options.accounts, &options.params)?;
        net.connect_peers()?;
        Ok(net)
    }

    fn init_homes(&self) -> Result<()> {
        for (i, node) in self.nodes.iter().enumerate() {
            let mut args = vec!["init".to_string(), format!("node{i}"), "--chain-id".into(), self.chain_id.clone()];
            args.push("--localnet".into());
            for setting in node.comet_settings() {
                args.extend(["--comet".into(), setting]);
            }
            self.on_home(&node.home, &args)?;
        }
        Ok(())
    }

    /// Written in the first home with the command line, then copied.
    fn write_genesis(&self, accounts: &[(String, String)], params: &[String]) -> Result<()> {
        let first = &self.nodes.first().context("a network has at least one validator")?.home;
        let operator = (OPERATOR.to_string(), "1000000000000ualq".to_string());
        for (name, coins) in accounts.iter().chain([&operator]) {
            accounts::keep(&self.folder, name)?;
            self.on_home(first, &["genesis", "add-account", &accounts::address(name)?, coins])?;
        }
        let operator = accounts::address(OPERATOR)?;
        for node in &self.nodes {
            let home = node.home.to_string_lossy();
            self.on_home(first, &["genesis", "add-validator", &operator, "--from-home", &home])?;
        }
        let authority = format!("validator.authority={operator}");
        let params: Vec<&str> = params.iter().map(String::as_str).chain([authority.as_str()]).collect();
        self.on_home(first, &[&["genesis", "params"], params.as_slice()].concat())?;
        self.on_home(first, &["genesis", "validate"])?;
        for node in self.nodes.iter().skip(1) {
            fs::copy(first.join("config/genesis.json"), node.home.join("config/genesis.json"))?;
        }
        Ok(())
    }

    fn connect_peers(&mut self) -> Result<()> {
        let addresses = self.nodes.iter().map(Node::peer_address).collect::<Result<Vec<_>>>()?;
        for (i, node) in self.nodes.iter_mut().enumerate() {
            let others = addresses.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, a)| a.as_str());
            node.set_peers(others.collect::<Vec<_>>().join(","));
        }
        Ok(())
    }

    /// Runs a command of `aliquotd` that works on a node's home.
    fn on_home<S: AsRef<str>>(&self, home: &Path, args: &[S]) -> Result<()> {
        let mut command = Command::new(&self.programs.aliquotd);
        command.args(args.iter().map(AsRef::as_ref)).arg("--home").arg(home);
        run(command).map(|_| ())
    }

    /// The command line as a user of this network has it: keyring, node and passphrase are set.
    pub fn command<S: AsRef<str>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.programs.aliquotd);
        command.args(args.iter().map(AsRef::as_ref)).envs(self.environment());
        command
    }

    /// What is set for [`Net::command`].
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "ALIQUOT_HOME",
                std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone()).display().to_string(),
            ),
            ("ALIQUOT_NODE", self.rpc_url(0)),
            ("ALIQUOT_PASSPHRASE", PASSPHRASE.into()),
        ]
    }

    /// Runs `aliquotd ... --output json` and reads its answer.
    pub fn aliquotd<S: AsRef<str>>(&self, args: &[S]) -> Result<Value> {
        let mut command = self.command(args);
        command.args(["--output", "json"]);
        let text = run(command)?;
        serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn rpc_url(&self, index: usize) -> String {
        self.nodes[index].rpc_url()
    }

    pub fn client(&self, index: usize) -> Result<Client> {
        Ok(Client::new(&self.rpc_url(index))?)
    }

    /// The key of an account, which every network of ours derives from its name.
    pub fn key(&self, name: &str) -> Result<Key> {
        accounts::key(name)
    }

    /// SIGKILL to a part of a validator.
    pub fn kill(&mut self, index: usize, part: Part) -> Result<()> {
        self.nodes[index].kill(part)
    }

    /// Starts again what of a validator is not running.
    pub fn restart(&mut self, index: usize) -> Result<()> {
        self.nodes[index].start()
    }

    /// Ends every process cleanly.
    pub fn stop(&mut self) {
        self.nodes.iter_mut().for_each(Node::stop);
    }
}

/// Runs to its end; what it printed, or its error.
fn run(mut command: Command) -> Result<String> {
    let done = command.output().with_context(|| format!("{:?} does not run", command.get_program()))?;
    if !done.status.success() {
        let args: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        bail!("aliquotd {}: {}", args.join(" "), String::from_utf8_lossy(&done.stderr).trim());
    }
    let text = String::from_utf8(done.stdout)?;
    ensure!(text.len() < 1 << 26, "an answer of {} bytes", text.len());
    Ok(text)
}
