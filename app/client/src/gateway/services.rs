//! Services: sending the manifest, and what its tenant sees of a lease.

use std::{collections::VecDeque, pin::Pin};

use aliquot_proto::market::v1::LeaseId;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Body, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Gateway, GatewayError, Result, failure, json};
use crate::{
    jwt::{Scope, scoped_token},
    key::Key,
};

/// Bytes of one line; a shell's come in pieces far below.
const LONGEST_LINE: usize = 1 << 20;
/// Bytes of stdin that travel at once.
const PIECE: usize = 16 << 10;

/// Which logs to read.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// All services where it is empty.
    pub service: String,
    /// Newest lines of each container; all where it is absent.
    pub tail: Option<u32>,
    pub follow: bool,
}

/// A command in a container.
pub struct ShellCommand {
    pub service: String,
    pub instance: u32,
    pub words: Vec<String>,
    /// With a terminal of its own.
    pub tty: bool,
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
}

/// What a command wrote, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrote {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    Exit(i32),
}

/// JSON, line by line as it comes.
pub struct Lines {
    response: Response,
    rest: VecDeque<u8>,
    ended: bool,
}

impl Gateway {
    /// Sends a manifest to the deployment's leases with this provider; gives what the gateway took it for.
    pub async fn send_manifest(&self, dseq: u64, manifest: &str, key: &Key, now: u64) -> Result<Value> {
        let token = scoped_token(key, &self.provider, &[], Scope::SendManifest, now);
        let body = manifest.to_string();
        let path = format!("deployment/{dseq}/manifest");
        json(self.ask(Method::PUT, &path, &token, |request| request.body(body)).await?).await
    }

    /// The manifest that runs.
    pub async fn manifest(&self, lease: &LeaseId, key: &Key, now: u64) -> Result<Value> {
        json(self.of(lease, Scope::GetManifest, key, now, |request| request).await?).await
    }

    /// Services with their instances and ports.
    pub async fn service_status(&self, lease: &LeaseId, key: &Key, now: u64) -> Result<Value> {
        json(self.of(lease, Scope::Status, key, now, |request| request).await?).await
    }

    pub async fn logs(&self, lease: &LeaseId, query: &LogQuery, key: &Key, now: u64) -> Result<Lines> {
        let mut words = vec![("follow", query.follow.to_string())];
        words.extend(query.tail.map(|tail| ("tail", tail.to_string())));
        if !query.service.is_empty() {
            words.push(("service", query.service.clone()));
        }
        let answer = self.of(lease, Scope::Logs, key, now, |request| request.query(&words)).await?;
        Ok(Lines::of(answer))
    }

    pub async fn events(&self, lease: &LeaseId, follow: bool, key: &Key, now: u64) -> Result<Lines> {
        let words = [("follow", follow)];
        let answer = self.of(lease, Scope::Events, key, now, |request| request.query(&words)).await?;
        Ok(Lines::of(answer))
    }

    /// Starts a command; read what it writes with [`Lines::wrote`].
    pub async fn shell(&self, lease: &LeaseId, command: ShellCommand, key: &Key, now: u64) -> Result<Lines> {
        let mut words = vec![
            ("service", command.service),
            ("instance", command.instance.to_string()),
            ("tty", command.tty.to_string()),
        ];
        words.extend(command.words.into_iter().map(|word| ("cmd", word)));
        let stdin = command.stdin.map(body);
        let more = |request: RequestBuilder| {
            let request = request.query(&words);
            match stdin {
                Some(stdin) => request.body(stdin),
                None => request,
            }
        };
        Ok(Lines::of(self.of(lease, Scope::Shell, key, now, more).await?))
    }

    async fn of(
        &self,
        lease: &LeaseId,
        scope: Scope,
        key: &Key,
        now: u64,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response> {
        let (method, what) = match scope {
            Scope::GetManifest => (Method::GET, "manifest"),
            Scope::Shell => (Method::POST, "exec"),
            other => (Method::GET, other.name()),
        };
        let path = format!("lease/{}/{}/{}/{what}", lease.dseq, lease.gseq, lease.oseq);
        let token = scoped_token(key, &self.provider, std::slice::from_ref(lease), scope, now);
        self.ask(method, &path, &token, more).await
    }
}

/// What is read, as a body that is sent while it comes.
fn body(reader: Box<dyn AsyncRead + Send + Unpin>) -> Body {
    let pieces = futures_util::stream::unfold(reader, |mut reader| async move {
        let mut piece = vec![0; PIECE];
        match Pin::new(&mut reader).read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(piece), reader))
            }
            Err(error) => Some((Err(error), reader)),
        }
    });
    Body::wrap_stream(pieces)
}

impl Lines {
    fn of(response: Response) -> Self {
        Lines { response, rest: VecDeque::new(), ended: false }
    }

    /// The next line; `None` at the end. Empty ones only say that the gateway is there.
    pub async fn next(&mut self) -> Result<Option<Value>> {
        loop {
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if end > 0 {
                    return read(&line).map(Some);
                }
            }
            if self.ended {
                let line: Vec<u8> = self.rest.drain(..).collect();
                return if line.is_empty() { Ok(None) } else { read(&line).map(Some) };
            }
            if self.rest.len() > LONGEST_LINE {
                return Err(GatewayError::TooLong(LONGEST_LINE as u64));
            }
            match self.response.chunk().await.map_err(failure)? {
                Some(more) => self.rest.extend(more),
                None => self.ended = true,
            }
        }
    }

    /// The next line of a shell.
    pub async fn wrote(&mut self) -> Result<Option<Wrote>> {
        let Some(line) = self.next().await? else { return Ok(None) };
        if let Some(code) = line["exit_code"].as_i64() {
            return Ok(Some(Wrote::Exit(i32::try_from(code).unwrap_or(1))));
        }
        let malformed = || GatewayError::Malformed(format!("{line} is nothing that a command writes"));
        let bytes = line["data"].as_str().and_then(|data| STANDARD.decode(data).ok()).ok_or_else(malformed)?;
        match line["stream"].as_str() {
            Some("stdout") => Ok(Some(Wrote::Stdout(bytes))),
            Some("stderr") => Ok(Some(Wrote::Stderr(bytes))),
            _ => Err(malformed()),
        }
    }
}

fn read(line: &[u8]) -> Result<Value> {
    serde_json::from_slice(line).map_err(|e| GatewayError::Malformed(e.to_string()))
}
