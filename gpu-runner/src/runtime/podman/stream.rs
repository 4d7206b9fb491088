//! What goes on for a while: reading logs, and commands inside a container.

use std::process::Stdio;

use aliquot_proto::market::v1::LeaseId;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::Child,
    sync::mpsc::{Receiver, Sender, channel},
};

use super::{Listed, Podman, arguments::container};
use crate::runtime::{Command, LogLine, LogQuery, Output, Result, RuntimeError, Stream};

/// A longer line is given in parts.
const LINE: u64 = 16 << 10;
const BLOCK: usize = 16 << 10;
/// Pieces that wait for a slow reader; podman is not read on until they are taken.
const AHEAD: usize = 64;

impl Podman {
    pub(super) async fn read_logs(&self, lease: &LeaseId, query: LogQuery) -> Result<Receiver<LogLine>> {
        let all: Vec<_> = self.listed(Some(lease)).await?.iter().map(Listed::container).collect();
        let wanted = |service: &str| query.service.as_deref().is_none_or(|name| name == service);
        let (sender, receiver) = channel(AHEAD);
        let mut any = false;
        for it in all.into_iter().filter(|c| wanted(&c.service)) {
            any = true;
            let mut command = self.command();
            command.arg("logs");
            if query.follow {
                command.arg("--follow");
            }
            if let Some(lines) = query.tail {
                command.arg(format!("--tail={lines}"));
            }
            command.arg(container(lease, &it.service, it.instance as usize));
            let mut child =
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| self.unusable(e))?;
            let head =
                LogLine { service: it.service, instance: it.instance, stream: Stream::Stdout, message: String::new() };
            let out = child.stdout.take().map(|s| lines(s, head.clone(), sender.clone()));
            let err = child.stderr.take().map(|s| lines(s, LogLine { stream: Stream::Stderr, ..head }, sender.clone()));
            let gone = sender.clone();
            tokio::spawn(async move {
                let read = async {
                    tokio::join!(maybe(out), maybe(err));
                    let _ = child.wait().await;
                };
                tokio::select! {
                    () = read => {}
                    // The child goes with this task.
                    () = gone.closed() => {}
                }
            });
        }
        match (any, query.service) {
            (false, Some(service)) => Err(RuntimeError::Absent { service, instance: 0 }),
            _ => Ok(receiver),
        }
    }

    pub(super) async fn run_command(&self, lease: &LeaseId, asked: Command) -> Result<Receiver<Output>> {
        let Command { service, instance, words, tty, stdin } = asked;
        let there = self.listed(Some(lease)).await?;
        let there = there.iter().map(Listed::container).any(|c| c.service == service && c.instance == instance);
        if !there {
            return Err(RuntimeError::Absent { service, instance });
        }
        let mut command = self.command();
        command.arg("exec");
        if stdin.is_some() {
            command.arg("--interactive").stdin(Stdio::piped());
        }
        if tty {
            command.arg("--tty");
        }
        command.arg("--").arg(container(lease, &service, instance as usize)).args(words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| self.unusable(e))?;
        let (sender, receiver) = channel(AHEAD);
        tokio::spawn(async move {
            let gone = sender.clone();
            tokio::select! {
                () = session(child, stdin, sender) => {}
                () = gone.closed() => {}
            }
        });
        Ok(receiver)
    }
}

async fn maybe(reading: Option<impl Future<Output = ()>>) {
    if let Some(reading) = reading {
        reading.await;
    }
}

async fn session(mut child: Child, stdin: Option<Box<dyn AsyncRead + Send + Unpin>>, sender: Sender<Output>) {
    let feeding = child.stdin.take().zip(stdin).map(|(mut to, mut from)| {
        tokio::spawn(async move {
            // A command need not read all that it is given. Dropping the pipe says that this was all.
            let _ = tokio::io::copy(&mut from, &mut to).await;
        })
    });
    let out = child.stdout.take().map(|s| blocks(s, Stream::Stdout, sender.clone()));
    let err = child.stderr.take().map(|s| blocks(s, Stream::Stderr, sender.clone()));
    tokio::join!(maybe(out), maybe(err));
    let status = child.wait().await;
    if let Some(feeding) = feeding {
        feeding.abort();
    }
    let code = status.ok().and_then(|status| status.code()).unwrap_or(-1);
    let _ = sender.send(Output::Exit(code)).await;
}

async fn blocks(mut from: impl AsyncRead + Unpin, stream: Stream, sender: Sender<Output>) {
    let mut block = vec![0; BLOCK];
    while let Ok(n) = from.read(&mut block).await {
        let read = block.get(..n).unwrap_or_default();
        if read.is_empty() || sender.send(Output::Bytes(stream, read.to_vec())).await.is_err() {
            return;
        }
    }
}

async fn lines(from: impl AsyncRead + Unpin, head: LogLine, sender: Sender<LogLine>) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(LINE).read_until(b'\n', &mut line).await {
            Ok(n) if n > 0 => {}
            _ => return,
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let message = String::from_utf8_lossy(text).into_owned();
        if sender.send(LogLine { message, ..head.clone() }).await.is_err() {
            return;
        }
    }
}
