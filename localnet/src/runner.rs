//! A provider: an `aliquot-runner` process with its home and configuration.

use crate::{
    Net,
    accounts::{self, PASSPHRASE},
    node::free_ports,
    process::Process,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How a provider is run.
pub struct RunnerOptions {
    /// The account that provides.
    pub account: String,
    /// As the runner's configuration names devices: `auto`, or `reference` to compute on the host.
    pub device: String,
    /// Of the one device.
    pub bond: String,
    /// Another program than the one of the workspace, as one that cheats.
    pub program: Option<PathBuf>,
    /// Arguments after `run`.
    pub args: Vec<String>,
    /// Arguments of `init` beside those that the network gives.
    pub init: Vec<String>,
    /// What stands in the configuration instead of its part `[services]`, which is the last.
    pub services: Option<String>,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        RunnerOptions {
            account: "provider".into(),
            device: "auto".into(),
            bond: "100000000ualq".into(),
            program: None,
            args: Vec::new(),
            init: Vec::new(),
            services: None,
        }
    }
}

pub struct Runner {
    pub home: PathBuf,
    /// The arguments that made its home.
    pub init: Vec<String>,
    command: Box<dyn Fn() -> Command + Send>,
    process: Process,
}

impl Net {
    /// Starts a provider on node 0. It registers itself and its device.
    pub fn start_runner(&self, options: RunnerOptions) -> Result<Runner> {
        let home = self.folder().join(format!("runner-{}", options.account));
        accounts::keep(self.folder(), &options.account)?;
        let program = options.program.clone().unwrap_or_else(|| self.programs.runner.clone());
        let init = self.init_args(&home, &options)?;
        // Whatever program runs, its home is made by the one that is released.
        let done = Command::new(&self.programs.runner).args(&init).output()?;
        ensure!(done.status.success(), "aliquot-runner init: {}", String::from_utf8_lossy(&done.stderr));
        if let Some(services) = &options.services {
            configure(&home, services)?;
        }
        let (home_arg, args) = (home.clone(), options.args);
        let command = Box::new(move || {
            let mut command = Command::new(&program);
            command.arg("run").arg("--home").arg(&home_arg).args(&args).env("ALIQUOT_PASSPHRASE", PASSPHRASE);
            command
        });
        let process = Process::start(command(), &log(&home))?;
        Ok(Runner { home, init, command, process })
    }

    fn init_args(&self, home: &Path, options: &RunnerOptions) -> Result<Vec<String>> {
        let [port] = free_ports()?;
        let home = home.display().to_string();
        let (node, listen) = (self.rpc_url(0), format!("127.0.0.1:{port}"));
        let flags = [
            ("--home", home.as_str()),
            ("--node", &node),
            ("--provider-key", &options.account),
            ("--keyring", "../keyring"),
            ("--device", &options.device),
            ("--bond", &options.bond),
            ("--listen", &listen),
        ];
        let mut args = vec!["init".to_string(), "--auto-register".into(), "--force".into()];
        args.extend(flags.iter().flat_map(|(flag, value)| [flag.to_string(), value.to_string()]));
        args.extend(options.init.iter().cloned());
        Ok(args)
    }
}

fn configure(home: &Path, services: &str) -> Result<()> {
    let path = home.join("config.toml");
    let text = fs::read_to_string(&path)?;
    let (head, _) = text.split_once("\n[services]\n").context("config.toml has no part [services]")?;
    Ok(fs::write(&path, format!("{head}\n{services}"))?)
}

fn log(home: &Path) -> PathBuf {
    home.join("runner.log")
}

impl Runner {
    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same home.
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill();
        self.process = Process::start((self.command)(), &log(&self.home))?;
        Ok(())
    }

    /// Ends it cleanly.
    pub fn stop(&mut self) {
        self.process.stop(Duration::from_secs(10));
    }

    /// What it printed last.
    pub fn tail(&self) -> String {
        self.process.tail()
    }

    /// Fails with its last words if it has ended.
    pub fn check(&mut self) -> Result<()> {
        if !self.is_running() {
            bail!("the runner has ended; {}", self.tail());
        }
        Ok(())
    }
}
