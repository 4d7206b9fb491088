//! Answers that go on for a while: lines of JSON, written as they come.

use std::{future::Future, time::Duration};

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio_util::io::ReaderStream;

use super::{Refused, Shared};

/// Bytes that wait for a slow client.
const AHEAD: usize = 64 << 10;
/// An empty line comes after this long without another: clients and proxies give up on silence.
const SILENCE: Duration = Duration::from_secs(10);

/// Where the lines go.
pub(super) struct Lines(DuplexStream);

/// The client is gone.
pub(super) struct Gone;

impl Lines {
    pub async fn write(&mut self, line: &impl Serialize) -> Result<(), Gone> {
        let mut bytes = serde_json::to_vec(line).map_err(|_| Gone)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes).await.map_err(|_| Gone)
    }

    /// Waits for something to write, and says to the client that it waits.
    pub async fn next<T>(&mut self, coming: impl Future<Output = T>) -> Result<T, Gone> {
        let mut coming = std::pin::pin!(coming);
        loop {
            match tokio::time::timeout(SILENCE, &mut coming).await {
                Ok(item) => return Ok(item),
                Err(_) => self.0.write_all(b"\n").await.map_err(|_| Gone)?,
            }
        }
    }
}

impl Shared {
    /// Answers with what `write` writes. It is dropped soon after the client is gone.
    pub(super) fn lines<W>(&self, write: impl FnOnce(Lines) -> W) -> Result<Response, Refused>
    where
        W: Future<Output = Result<(), Gone>> + Send + 'static,
    {
        let Ok(permit) = self.streams.clone().try_acquire_owned() else {
            return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "too many streams at once: come again".into()));
        };
        let (near, far) = duplex(AHEAD);
        let writing = write(Lines(near));
        tokio::spawn(async move {
            let _permit = permit;
            let _ = writing.await;
        });
        let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
        Ok((kind, Body::from_stream(ReaderStream::new(far))).into_response())
    }
}
