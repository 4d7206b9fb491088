//! `aliquot-runner`: the command line of the provider's daemon.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use aliquot_client::Keyring;
use aliquot_runner::{
    config::Answers,
    device::{Device, DeviceInfo, Reference, self_test},
    job::BARS,
    program::{OpenClDevice, list_devices},
    run::{self, Options, passphrase},
};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

/// Rents out an OpenCL device on an Aliquot chain.
///
/// The key's passphrase is read from ALIQUOT_PASSPHRASE. RUST_LOG filters what is logged.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// How to write the log, which goes to stderr.
    #[arg(long, global = true, value_enum, default_value_t = Log::Text)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a commented config.toml.
    Init(Box<Init>),
    /// Runs the daemon.
    Run {
        /// The folder that `init` made.
        #[arg(long, env = "ALIQUOT_RUNNER_HOME")]
        home: PathBuf,
    },
    /// Registers provider and device with its bond, or corrects the provider's record.
    Register {
        #[arg(long, env = "ALIQUOT_RUNNER_HOME")]
        home: PathBuf,
    },
    /// Lists OpenCL devices and tests each.
    Devices {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs all golden vectors on every device and on the host; fails on any difference.
    Check,
}

#[derive(Args)]
struct Init {
    /// The folder to make.
    #[arg(long, env = "ALIQUOT_RUNNER_HOME")]
    home: PathBuf,
    /// RPC port of a node.
    #[arg(long, default_value = "http://127.0.0.1:26657")]
    node: String,
    /// Name of the provider's key in the keyring.
    #[arg(long)]
    provider_key: String,
    /// Folder of the keyring; relative to the home.
    #[arg(long, default_value = "keys")]
    keyring: PathBuf,
    /// Makes the key and prints its words.
    #[arg(long, conflicts_with = "recover_key")]
    generate_key: bool,
    /// Makes the key from words on stdin.
    #[arg(long)]
    recover_key: bool,
    /// The provider's address, if the key is its operator's.
    #[arg(long, default_value = "")]
    owner: String,
    /// `auto`, `reference`, `PLATFORM:DEVICE`, or part of a device's name.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Bond of the device, as 1000000ualq; the chain's least if not given.
    #[arg(long, default_value = "")]
    bond: String,
    /// Base units for a million kernel operations.
    #[arg(long, default_value_t = 1.0)]
    per_mega_op: f64,
    /// Where the gateway listens.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Serves plain http, on loopback alone.
    #[arg(long)]
    no_tls: bool,
    /// The gateway's address for tenants, if it is not the one it listens on.
    #[arg(long, default_value = "")]
    host_uri: String,
    /// An attribute of the provider, as region=eu-west; may be given again.
    #[arg(long = "attribute", value_name = "KEY=VALUE")]
    attributes: Vec<String>,
    /// Registers provider and device at the first `run`.
    #[arg(long)]
    auto_register: bool,
    /// Writes over an existing config.toml.
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log);
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<()> {
    match command {
        Command::Init(init) => init.execute(),
        Command::Devices { json } => devices(json),
        Command::Check => check(),
        Command::Register { home } => on_runtime(run::register(&home)),
        Command::Run { home } => on_runtime(serve(home)),
    }
}

fn on_runtime(task: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(task);
    // A device that is still being tested is not waited for.
    runtime.shutdown_background();
    done
}

/// Runs the daemon until ctrl-c or SIGTERM.
async fn serve(home: PathBuf) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // Taken over before anything begins, so that a stop is never a kill.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    run::run(&home, Options::default(), stop).await
}

/// The log goes to stderr and lifts the progress bars out of its way.
struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        BARS.suspend(|| std::io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

fn start_log(log: Log) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tendermint_rpc=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| LogWriter);
    match log {
        Log::Text => {
            use std::io::IsTerminal;
            builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init()
        }
        Log::Json => builder.json().flatten_event(true).init(),
    }
}

impl Init {
    fn execute(self) -> Result<()> {
        let attributes = self.attributes.iter().map(|pair| {
            let (key, value) =
                pair.split_once('=').with_context(|| format!("--attribute {pair:?} is not KEY=VALUE"))?;
            Ok((key.to_string(), value.to_string()))
        });
        let answers = Answers {
            attributes: attributes.collect::<Result<_>>()?,
            node: self.node,
            key: self.provider_key,
            keyring: self.keyring,
            owner: self.owner,
            auto_register: self.auto_register,
            device: self.device,
            bond: self.bond,
            per_mega_op: self.per_mega_op,
            listen: self.listen,
            tls: !self.no_tls,
            host_uri: self.host_uri,
        };
        let path = answers.write(&self.home, self.force)?;
        println!("wrote {}", path.display());
        let keyring = Keyring::open(self.home.join(&answers.keyring))?;
        if self.generate_key {
            let words = keyring.generate(&answers.key, &passphrase()?)?;
            println!("Write these words down: whoever has them has the account, and they are shown this once.");
            println!("{}", words.phrase());
        } else if self.recover_key {
            let words = std::io::read_to_string(std::io::stdin())?;
            keyring.add(&answers.key, words.trim(), &passphrase()?)?;
        }
        match keyring.info(&answers.key) {
            Ok(key) => println!("provider {}", key.address),
            Err(_) => println!("key {:?} is not in the keyring yet: add it before `run`", answers.key),
        }
        Ok(())
    }
}

/// Opens and tests a device; says what came of it.
fn test(device: Result<Box<dyn Device>, aliquot_runner::device::DeviceError>) -> Result<(), String> {
    let mut device = device.map_err(|e| e.to_string())?;
    self_test(device.as_mut()).map_err(|e| e.to_string())
}

fn opened(
    info: &DeviceInfo,
    platform: ocl::Platform,
    device: ocl::Device,
) -> Result<Box<dyn Device>, aliquot_runner::device::DeviceError> {
    Ok(Box::new(OpenClDevice::new(info.clone(), platform, device)?))
}

fn devices(json: bool) -> Result<()> {
    let mut listed = Vec::new();
    for (info, platform, device) in list_devices()? {
        let tested = test(opened(&info, platform, device));
        if json {
            let mut entry = serde_json::to_value(&info)?;
            entry["self_test"] = tested.err().unwrap_or_else(|| "passed".into()).into();
            listed.push(entry);
            continue;
        }
        println!("{}  {}", info.id, info.name);
        println!("     platform      {}", info.platform);
        println!("     vendor        {}", info.vendor);
        println!("     driver        {}", info.driver);
        println!("     OpenCL C      {}", info.opencl_c);
        println!("     compute units {}", info.compute_units);
        println!("     memory        {} MiB", info.memory >> 20);
        println!("     self-test     {}", tested.err().unwrap_or_else(|| "passed".into()));
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
    } else if list_devices()?.is_empty() {
        println!("no OpenCL device: install a GPU driver with OpenCL, or pocl-opencl-icd to compute on the CPU");
    }
    Ok(())
}

fn check() -> Result<()> {
    let mut failed = 0;
    let mut report = |name: &str, tested: Result<(), String>| match tested {
        Ok(()) => println!("{name}: all golden vectors match"),
        Err(reason) => {
            failed += 1;
            println!("{name}: FAILED: {reason}");
        }
    };
    report("host reference", test(Ok(Box::new(Reference::new()))));
    let devices = list_devices()?;
    for (info, platform, device) in &devices {
        report(&format!("{} {}", info.id, info.name), test(opened(info, *platform, *device)));
    }
    ensure!(failed == 0, "{failed} of {} devices compute wrongly: they must not serve", devices.len() + 1);
    if devices.is_empty() {
        bail!("no OpenCL device: install a GPU driver with OpenCL, or pocl-opencl-icd to compute on the CPU");
    }
    Ok(())
}
