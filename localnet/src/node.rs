//! A validator: a CometBFT and an `aliquotd` process with one home.

use crate::{process::Process, programs::Programs};
use anyhow::{Context, Result, bail, ensure};
use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// What of a validator is killed or started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Aliquotd,
    Comet,
}

/// Ports that clients try first, where they are free.
#[derive(Clone, Copy, Default)]
pub struct Usual {
    pub rpc: Option<u16>,
    pub grpc: Option<u16>,
    pub api: Option<u16>,
}

impl Usual {
    pub fn free() -> Self {
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port);
        Usual { rpc: free(26657), grpc: free(9090), api: free(1317) }
    }
}

pub struct Node {
    pub home: PathBuf,
    programs: Programs,
    abci: u16,
    rpc: u16,
    p2p: u16,
    grpc: u16,
    api: u16,
    peers: String,
    aliquotd: Option<Process>,
    comet: Option<Process>,
}

impl Node {
    /// A node that has a home and ports, and is not running.
    pub fn new(programs: &Programs, home: PathBuf, usual: Usual) -> Result<Self> {
        let [abci, rpc, p2p, grpc, api] = free_ports()?;
        let (rpc, grpc, api) = (usual.rpc.unwrap_or(rpc), usual.grpc.unwrap_or(grpc), usual.api.unwrap_or(api));
        let programs = programs.clone();
        Ok(Node { home, programs, abci, rpc, p2p, grpc, api, peers: String::new(), aliquotd: None, comet: None })
    }

    /// Where REST is served.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api)
    }

    /// Where gRPC is served.
    pub fn grpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc)
    }

    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.rpc)
    }

    /// Settings of CometBFT's config.toml that make it live on this node's ports.
    pub fn comet_settings(&self) -> Vec<String> {
        vec![
            format!("proxy_app=tcp://127.0.0.1:{}", self.abci),
            format!("rpc.laddr=tcp://127.0.0.1:{}", self.rpc),
            format!("p2p.laddr=tcp://127.0.0.1:{}", self.p2p),
            "p2p.addr_book_strict=false".into(),
            "p2p.allow_duplicate_ip=true".into(),
            "p2p.pex=false".into(),
            "p2p.flush_throttle_timeout=10ms".into(),
            "consensus.timeout_propose=1s".into(),
            "consensus.timeout_propose_delta=200ms".into(),
            "consensus.timeout_prevote=300ms".into(),
            "consensus.timeout_precommit=300ms".into(),
            "consensus.peer_gossip_sleep_duration=20ms".into(),
        ]
    }

    /// As others dial it: `id@host:port`.
    pub fn peer_address(&self) -> Result<String> {
        let shown = Command::new(&self.programs.cometbft).arg("show-node-id").arg("--home").arg(&self.home).output()?;
        ensure!(shown.status.success(), "cometbft show-node-id failed");
        Ok(format!("{}@127.0.0.1:{}", String::from_utf8(shown.stdout)?.trim(), self.p2p))
    }

    pub fn set_peers(&mut self, peers: String) {
        self.peers = peers;
    }

    /// Starts whatever part is not running.
    pub fn start(&mut self) -> Result<()> {
        if !self.runs(Part::Aliquotd) {
            // CometBFT ends by itself when its state machine is gone.
            if let Some(comet) = &mut self.comet
                && !comet.wait(Duration::from_secs(10))
            {
                comet.kill();
            }
            self.start_aliquotd()?;
        }
        if !self.runs(Part::Comet) {
            let mut command = Command::new(&self.programs.cometbft);
            command.arg("start").arg("--home").arg(&self.home).args(["--p2p.persistent_peers", &self.peers]);
            self.comet = Some(Process::start(command, &self.home.join("cometbft.log"))?);
        }
        Ok(())
    }

    fn start_aliquotd(&mut self) -> Result<()> {
        let listen = format!("tcp://127.0.0.1:{}", self.abci);
        let mut command = Command::new(&self.programs.aliquotd);
        command.arg("start").arg("--home").arg(&self.home).args(["--listen", &listen]);
        command.args(["--grpc.address", &format!("127.0.0.1:{}", self.grpc)]);
        command.args(["--api.address", &format!("127.0.0.1:{}", self.api)]);
        command.args(["--page.rpc", &self.rpc_url()]);
        let mut process = Process::start(command, &self.home.join("aliquotd.log"))?;
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", self.abci)).is_err() {
            if !process.is_running() || Instant::now() > end {
                bail!("aliquotd does not serve; {}", process.tail());
            }
            sleep(Duration::from_millis(50));
        }
        self.aliquotd = Some(process);
        Ok(())
    }

    fn part(&mut self, part: Part) -> &mut Option<Process> {
        match part {
            Part::Aliquotd => &mut self.aliquotd,
            Part::Comet => &mut self.comet,
        }
    }

    pub fn runs(&mut self, part: Part) -> bool {
        self.part(part).as_mut().is_some_and(Process::is_running)
    }

    /// SIGKILL.
    pub fn kill(&mut self, part: Part) -> Result<()> {
        self.part(part).as_mut().with_context(|| format!("{part:?} was never started"))?.kill();
        Ok(())
    }

    /// Ends both parts cleanly.
    pub fn stop(&mut self) {
        for part in [Part::Comet, Part::Aliquotd] {
            if let Some(process) = self.part(part) {
                process.stop(Duration::from_secs(10));
            }
        }
    }

    /// What both parts printed last.
    pub fn tail(&self) -> String {
        [&self.aliquotd, &self.comet].into_iter().flatten().map(Process::tail).collect::<Vec<_>>().join("\n")
    }
}

/// Ports that were free a moment ago, and that no other call of this process is given meanwhile.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0"));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.as_ref().map_err(|e| anyhow::anyhow!("no free port: {e}"))?.local_addr()?.port();
    }
    Ok(ports)
}
